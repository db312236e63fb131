import base64
import re

from lxml import html

from odoo import Command
from odoo.tests import Form, tagged

from ..common import MailjetSmtpCommon

CONTACTS = 25
BODY = """
<div>
  <p>Grüße aus Köln, <t t-out="object.name"/>!</p>
  <p><a href="/unsubscribe_from_list">Unsubscribe</a></p>
</div>
"""


@tagged("post_install", "-at_install")
class TestMailingSent(MailjetSmtpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.mailing_list = cls.env["mailing.list"].create({"name": "Newsletter"})
        cls.contacts = cls.env["mailing.contact"].create(
            [
                {
                    "name": f"Zoë Müller {number:02}",
                    "email": f"zoe{number:02}@example.org",
                    "list_ids": [Command.link(cls.mailing_list.id)],
                }
                for number in range(CONTACTS)
            ]
        )

    def create_mailing(self, server, subject="Grüße"):
        """Make the mailing in its form, as a marketing manager does."""
        with Form(self.env["mailing.mailing"]) as form:
            form.subject = subject
            form.contact_list_ids.add(self.mailing_list)
            form.email_from = '"Zoë" <zoe@company.example>'
            form.mail_server_id = server
            form.attachment_ids.add(
                self.env["ir.attachment"].create(
                    {"name": "plan.pdf", "datas": base64.b64encode(b"%PDF-1.4 plan")}
                )
            )
        mailing = form.record
        mailing.write({"body_arch": BODY, "body_html": BODY})
        return mailing

    def send(self, mailing):
        """Press *Send* and let the queue's scheduled action do it."""
        mailing.action_launch()
        with self.enter_registry_test_mode():
            self.env.ref(
                "mass_mailing.ir_cron_mass_mailing_queue"
            ).method_direct_trigger()

    def assert_arrived(self, mailing, messages):
        self.assertEqual(len(messages), CONTACTS)
        self.assertEqual(
            sorted(message.rcpt_tos for message in messages),
            [(contact.email,) for contact in self.contacts.sorted("email")],
        )
        for message in messages:
            parsed = message.parsed()
            self.assertEqual(message.mail_from, "bounce@company.example")
            self.assertEqual(parsed["Subject"], mailing.subject)
            self.assertEqual(parsed["From"], "Zoë <zoe@company.example>")
            self.assertEqual(parsed["To"].addresses[0].addr_spec, message.rcpt_tos[0])
            self.assertEqual(parsed["Precedence"], "list")
            self.assert_unsubscribe(mailing, message)
            [attachment] = parsed.iter_attachments()
            self.assertEqual(attachment.get_filename(), "plan.pdf")
            self.assertEqual(attachment.get_content(), b"%PDF-1.4 plan")
            self.assertIn(
                "Grüße aus Köln, Zoë Müller",
                html.fromstring(
                    parsed.get_body(("html",)).get_content()
                ).text_content(),
            )
        self.assertEqual(
            len({message.parsed()["Message-Id"] for message in messages}), CONTACTS
        )

    def assert_unsubscribe(self, mailing, message):
        """Odoo's own one-click unsubscribe is there, once, in plain text on one line.

        Read off the bytes: Python would decode what it should not have encoded.
        """
        head = message.content.partition(b"\r\n\r\n")[0].decode("ascii")
        [header] = re.findall(r"^List-Unsubscribe: *(.*)\r$", head, re.MULTILINE)
        self.assertRegex(
            header, rf"^<https?://\S+/mailing/{mailing.id}/unsubscribe_oneclick\?\S+>$"
        )
        self.assertEqual(head.count("List-Unsubscribe-Post: List-Unsubscribe=One-"), 1)

    def assert_delivered(self, mailing):
        traces = mailing.mailing_trace_ids
        self.assertEqual(len(traces), CONTACTS)
        self.assertEqual(set(traces.mapped("trace_status")), {"sent"})
        self.assertEqual(mailing.state, "done")

    def test_over_starttls_in_two_languages(self):
        server = self.create_standin_server(mailjet_purpose="mass_mailing")
        mailing = self.create_mailing(server)
        self.send(mailing)
        messages = self.mailjet.store.wait_for(CONTACTS)
        self.assert_arrived(mailing, messages)
        self.assert_delivered(mailing)
        self.assertEqual({message.security for message in messages}, {"starttls"})
        self.assertEqual({m.auth_mechanism for m in messages}, {"CRAM-MD5"})

        self.mailjet.store.clear_messages()
        french = self.create_mailing(server, "Été à Besançon — œuvre nº 1")
        french.lang = "fr_FR"
        self.send(french)
        self.assert_arrived(french, self.mailjet.store.wait_for(CONTACTS))
        self.assert_delivered(french)

    def test_each_in_their_own_language(self):
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"Partner {number:02}",
                    "email": f"partner{number:02}@example.org",
                    "lang": "fr_FR" if number % 2 else "en_US",
                }
                for number in range(CONTACTS)
            ]
        )
        body = """<p><t t-out="format_date('2026-03-05', date_format='MMMM')"/></p>"""
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "Spring",
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "mailing_domain": [("id", "in", partners.ids)],
                "lang": "{{ object.lang }}",
                "mail_server_id": self.create_standin_server().id,
                "body_arch": body,
                "body_html": body,
            }
        )
        self.send(mailing)
        messages = self.mailjet.store.wait_for(CONTACTS)
        self.assertEqual(len(messages), CONTACTS)
        for message in messages:
            number = int(re.search(r"partner(\d\d)@", message.rcpt_tos[0])[1])
            body = message.parsed().get_body(("html",)).get_content()
            self.assertIn("mars" if number % 2 else "March", body)

    def test_over_tls(self):
        server = self.create_standin_server(
            mailjet_purpose="mass_mailing",
            smtp_port=self.mailjet.tls_port,
            smtp_encryption="ssl_strict",
        )
        mailing = self.create_mailing(server)
        self.send(mailing)
        messages = self.mailjet.store.wait_for(CONTACTS)
        self.assert_arrived(mailing, messages)
        self.assert_delivered(mailing)
        self.assertEqual({message.security for message in messages}, {"tls"})

    def test_sending_again_sends_nothing(self):
        mailing = self.create_mailing(self.create_standin_server())
        self.send(mailing)
        self.mailjet.store.wait_for(CONTACTS)
        self.send(mailing)
        self.assertEqual(len(self.mailjet.store.messages), CONTACTS)

    def test_stops_before_any_content(self):
        """Wrong certificate, stripped STARTTLS, wrong secret: nothing leaves."""
        wrong_name = self.start_standin(self.authority.issue("other.example"))
        stripped = self.start_standin(offer_starttls=False)
        for standin, vals, reason in (
            (wrong_name, {}, "is not for localhost"),
            (stripped, {}, "does not offer encryption"),
            (self.mailjet, {"smtp_pass": "wrong"}, "Mailjet refused the pair"),
        ):
            with self.subTest(reason=reason):
                before = len(standin.connections)
                server = self.create_standin_server(standin, **vals)
                mailing = self.create_mailing(server)
                self.send(mailing)
                connections = standin.connections[before:]
                self.assertTrue(connections)
                for connection in connections:
                    self.assertNotIn("MAIL", connection.commands)
                    self.assertFalse(connection.content_received)
                self.assertFalse(standin.store.messages)
                traces = mailing.mailing_trace_ids
                self.assertEqual(set(traces.mapped("trace_status")), {"outgoing"})
                self.assertFalse(any(traces.mapped("failure_type")))
                mails = self.env["mail.mail"].search([("mailing_id", "=", mailing.id)])
                self.assertEqual(len(mails), CONTACTS)
                self.assertEqual(set(mails.mapped("state")), {"outgoing"})
                self.assertTrue(server.mailjet_is_paused)
                self.assertIn(reason, server.mailjet_pause_reason)
