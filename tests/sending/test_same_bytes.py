# pylint: disable=translation-required
import base64
import re

from odoo import Command
from odoo.tests import tagged

from ...tools.smtp.message_memory import remembering
from ...tools.smtp.session import Outcome
from ..common import MailjetSmtpCommon

EMOJI = "🎉 Été, Straße & 日本語: " + "a very long subject " * 8
BODY = """
<div>
  <p>.leading dot</p>
<p>From the start of a line, with Grüße und ein 👍</p>
  <p><a href="https://company.example/shop?a=1&amp;b=2">Shop</a></p>
  <p>%s</p>
  <p><a href="/unsubscribe_from_list">Unsubscribe</a> <a href="/view">View</a></p>
</div>
"""
MESSAGE = b"Subject: Inner\r\nFrom: a@example.org\r\n\r\n.Hello\r\n"


@tagged("post_install", "-at_install")
class TestSameBytes(MailjetSmtpCommon):
    """The engine writes the very bytes that core would send.

    Core's own way is run against a server on loopback, and the engine prepares the
    same mails; only what is random or a time differs.
    """

    def setUp(self):
        super().setUp()
        self.server = self.create_standin_server()
        context = {**self.env.context, "mailjet_outcome": Outcome()}
        self.outcome_env = self.env(context=context)
        self.session = self.outcome_env["ir.mail_server"]._connect__(
            mail_server_id=self.server.id
        )
        self.addCleanup(self.session.quit)
        policy = self.session.mailjet_message_policy
        # Core's way looks at these, whatever connection it is given
        self.session.connection.mailjet_message_policy = policy
        self.session.connection.outcome = self.session.outcome
        # One for all mails of a test, as for those of a run
        self.session.mailjet_message_policy = remembering(policy)

    def assert_same_bytes(self, mails):
        """Prepare mails, then have core send them; compare."""
        mails = mails.with_env(self.outcome_env)
        prepared = [
            self.same_form(envelope.sender, envelope.recipients, envelope.content)
            for mail in mails
            for envelope in self.prepare(mail)
        ]
        self.session.smtp_from = mails[0].email_from
        self.mailjet.store.clear_messages()
        mails._send(
            smtp_session=self.session.connection,
            mail_server=self.server,
            alias_domain_id=mails[0].record_alias_domain_id.id,
            raise_exception=True,
        )
        sent = [
            self.same_form(message.mail_from, message.rcpt_tos, message.content)
            for message in self.mailjet.store.messages
        ]
        self.assertGreaterEqual(len(sent), len(mails))
        self.assertEqual(prepared, sent)

    def prepare(self, mail):
        prepared = mail._mailjet_prepare(
            self.session, self.server, 0, False, None, mail._mailjet_followers()
        )
        self.assertFalse(prepared.failed)
        return prepared.envelopes

    def same_form(self, sender, recipients, content):
        """Replace the date, and the boundaries by their order."""
        content = re.sub(rb"(?m)^Date: .*\r$", b"Date: now\r", content, count=1)
        boundaries = dict.fromkeys(re.findall(rb"={15}\d+==", content))
        for number, boundary in enumerate(boundaries):
            content = content.replace(boundary, b"boundary %d" % number)
        return sender, tuple(recipients), content

    def create_attachments(self, **vals):
        return self.env["ir.attachment"].create(
            [
                {"name": "Prüfung.pdf", "raw": b"%PDF-1.4 " * 999, **vals},
                {"name": "note.txt", "raw": b"one\ntwo\r\n.three\r", **vals},
                {"name": "inner.eml", "raw": MESSAGE, "mimetype": "message/rfc822"},
            ]
        )

    def create_mails(self, *values):
        return self.env["mail.mail"].create(
            [
                {
                    "subject": EMOJI,
                    "body_html": BODY % number,
                    "email_from": '"Zoë, Söhne & Co" <zoe@company.example>',
                    "mail_server_id": self.server.id,
                    **vals,
                }
                for number, vals in enumerate(values)
            ]
        )

    def test_mailing(self):
        members = self.env["mailing.list"].create({"name": "Friends"})
        self.env["mailing.contact"].create(
            [
                {
                    "name": f"Zoë Müller {number}",
                    "email": f"zoe{number}@example.org",
                    "list_ids": [Command.link(members.id)],
                }
                for number in range(4)
            ]
        )
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": EMOJI,
                "body_html": BODY % "<t t-out='object.name'/>",
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(members.ids)],
                "mail_server_id": self.server.id,
                "email_from": '"Zoë" <zoe@company.example>',
                "attachment_ids": [Command.set(self.create_attachments().ids)],
            }
        )
        self.env["ir.config_parameter"].set_param("mail.mail.force.send.limit", 0)
        mailing.action_send_mail()
        mails = self.env["mail.mail"].search([("mailing_id", "=", mailing.id)])
        self.assertEqual(len(mails), 4)
        self.assert_same_bytes(mails)

    def test_chatter_with_attachments_and_followers(self):
        partners = self.env["res.partner"].create(
            [
                {"name": "Jörg O'Neil", "email": "joerg@example.org"},
                {"name": "Two", "email": "two@example.org, second@example.org"},
                {"name": "名前", "email": "three@example.org"},
            ]
        )
        record = partners[0]
        record.message_subscribe(partners.ids)
        record.with_context(mail_notify_force_send=False).message_post(
            body="Grüße 👋",
            subject=EMOJI,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=partners.ids,
            attachments=[("Plan.pdf", b"%PDF " * 500), ("b.bin", bytes(range(256)))],
        )
        mails = self.env["mail.mail"].search([("res_id", "=", record.id)])
        self.assertTrue(mails)
        self.assert_same_bytes(mails)

    def test_addresses_and_headers(self):
        headers = {"X-Own": "Ä", "List-Id": "<a.example>", "x-mj-customid": "mine"}
        self.assert_same_bytes(
            self.create_mails(
                {"email_to": "a@example.org"},
                {"email_to": '"Ann, Ä" <a@example.org>, b@example.org'},
                {"email_to": "a@example.org", "email_cc": "Ünal <c@example.org>"},
                {"email_cc": "c@example.org, d@example.org"},
                {"email_to": "a@xn--bcher-kva.example", "headers": repr(headers)},
                {"email_to": "a@example.org", "subject": False, "body_html": False},
                {"email_to": "a@example.org", "references": "<r@example.org> " * 30},
                {"email_to": "a@example.org", "reply_to": "Grüße <r@example.org>"},
                {
                    "email_to": "a@example.org",
                    "headers": repr({"X-Msg-To-Add": "Bö <x@example.org>"}),
                },
            )
        )

    def test_bodies(self):
        text = base64.b64encode(bytes(range(256)) * 40).decode()
        self.assert_same_bytes(
            self.create_mails(
                *(
                    {"email_to": "a@example.org", "body_html": body}
                    for body in (
                        "plain",
                        "<p>.\r\n.</p>\r\n\r\n<p>ends with a dot</p>\n.",
                        "<p>one\rtwo\r\nthree\n\nfour</p>",
                        f"<p>{text}</p>",
                        "<p>日本語</p>" * 300,
                        "<p>--boundary\n===============1==</p>",
                    )
                )
            )
        )

    def test_attachments(self):
        attachments = self.create_attachments()
        vals = {"email_to": "a@example.org", "attachment_ids": attachments.ids}
        other = {"email_to": "b@example.org", "attachment_ids": attachments[:1].ids}
        self.assert_same_bytes(self.create_mails(vals, other, vals, {**vals}))
