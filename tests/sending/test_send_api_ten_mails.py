# pylint: disable=translation-required
"""Ten mails as Odoo really sends them, by SMTP and by the Send API, compared.

docs/sending.rst, "Hand over by", has the table of what differs.
"""

import base64
import re
from pathlib import Path

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..standins import delivered
from .send_api_common import SendApiCommon

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sending.rst"
# Written by Mailjet, both ways or by the API; the structure says how parts are encoded
ALWAYS = {"content-type", "content-transfer-encoding", "date", "mime-version"}
ALWAYS |= {"message-id", "return-path", "x-mj-mid", "x-mj-smtpguid"}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
MAILS = (
    "a mailing",
    "a chatter reply with attachments",
    "an invoice by template",
    "a password reset",
    "umlauts and emoji",
    "inline images",
    "14 MB with its attachment",
    "several recipients",
    "Cc and Bcc",
    "an alias domain of a company",
)
# What the table says of each
ALIKE = "nothing else"


@tagged("post_install", "-at_install")
class TestTenMails(SendApiCommon):
    def test_what_arrives_is_the_same(self):
        for name, make in zip(MAILS, self.makers(), strict=True):
            with self.subTest(name), mute_logger("odoo.addons.mail.models.mail_mail"):
                mails = make()
                self.assertTrue(mails)
                mails.write({"mail_server_id": self.server.id, "state": "outgoing"})
                by_smtp, _reason = self.deliver(mails, "smtp")
                by_api, reason = self.deliver(mails, "api")
                self.assertEqual(list(by_smtp), list(by_api))
                self.assertFalse(reason)
                self.assertEqual(self.by_api(), self.arrived())
                for to, message in by_smtp.items():
                    self.assertEqual(parts(message), parts(by_api[to]), to)
                    self.assertEqual(differing(message, by_api[to]), set(), to)

    def test_the_page_has_the_table(self):
        page = PAGE.read_text()
        section = page[page.index("Hand over by\n") :]
        for name in MAILS:
            row = rf"\* - {re.escape(name)}\n +- {ALIKE}\n"
            self.assertRegex(section, row)

    def makers(self):
        return (
            self.make_mailing,
            self.make_reply,
            self.make_invoice,
            self.make_password_reset,
            self.make_umlauts,
            self.make_images,
            self.make_large,
            lambda: self.make(email_to="a@example.org, Bea <b@example.org>"),
            lambda: self.make(
                email_to="a@example.org",
                email_cc='"Cäcilie" <c@example.org>',
                headers="{'Bcc': 'hidden@example.org'}",
            ),
            self.make_for_company,
        )

    def deliver(self, mails, transport):
        """Send mails one way; return what each recipient gets, and why not by the API.

        Then undo it.
        """
        self.mailjet.store.clear_messages()
        with self.cr.savepoint(flush=True) as savepoint:
            self.server.mailjet_transport = transport
            mails.auto_delete = False
            self.send(mails, "engine")
            self.assertEqual(
                set(mails.mapped("state")), {"sent"}, mails.mapped("failure_reason")
            )
            reason = mails[0].mailjet_by_smtp_reason
            savepoint.rollback()
        self.env.invalidate_all()
        messages = self.mailjet.store.messages
        found = {to: delivered(one) for one in messages for to in one.rcpt_tos}
        return dict(sorted(found.items())), reason

    # -- The mails -------------------------------------------------------------------

    def make(self, **vals):
        [mail] = self.create_mails(1, **vals)
        return mail

    def make_mailing(self):
        mailing = self.create_mailing(
            "a@example.org",
            body_html='<p>News <a href="https://company.example/shop">here</a> '
            '<a href="/unsubscribe_from_list">out</a></p>',
        )
        return self.make_mails(mailing)

    def make_reply(self):
        self.mailjet.store.add_sender(self.server.smtp_user, "*@example.com")
        [partner] = self.create_partners("ann@example.org")
        lead = self.create_partners("record@example.org")
        first = lead.message_post(body="Hello", message_type="comment")
        with self.nothing_is_sent():
            message = lead.message_post(
                body="See the plans",
                subject="Re: Plans",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=partner.ids,
                parent_id=first.id,
                attachments=[("Plän.pdf", b"%PDF-1.4 1"), ("b.csv", b"a;b\r\n1;2\r\n")],
            )
        return self.env["mail.mail"].search([("mail_message_id", "=", message.id)])

    def make_invoice(self):
        [customer] = self.create_partners("customer@example.org")
        template = self.env["mail.template"].create(
            {
                "name": "Invoice",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Invoice of {{ object.name }}",
                "body_html": "<p>Dear <t t-out='object.name'/>, find it attached.</p>",
                "email_from": '"Accounting, Example" <billing@company.example>',
                "email_to": "{{ object.email }}",
                "reply_to": '"Accounts" <accounts@company.example>',
                "attachment_ids": [
                    Command.create({"name": "INV-2026-0001.pdf", "raw": b"%PDF-1.4 2"})
                ],
            }
        )
        mail_id = template.send_mail(customer.id, force_send=False)
        return self.env["mail.mail"].browse(mail_id)

    def make_password_reset(self):
        [partner] = self.create_partners("user@example.org")
        return self.make(
            email_to=False,
            recipient_ids=[Command.link(partner.id)],
            subject="Password reset",
            body_html='<p><a href="https://company.example/web/reset?token=aB1">Reset</a>',
            email_from='"OdooBot" <odoobot@company.example>',
            headers="{'Auto-Submitted': 'auto-generated', 'X-Odoo-Objects': 'a-1'}",
        )

    def make_umlauts(self):
        return self.make(
            subject="🎉 Größe, Été & 日本語 – " + "sehr lang " * 9,
            body_html="<p>Grüße 👋 aus Köln,<br/>日本語</p>",
            email_from='"Zoë, Söhne & Co 🎉" <zoe@company.example>',
            email_to='"Jörg Müller" <joerg@example.org>',
            reply_to='"Antwort, bitte" <reply@company.example>',
            references="<1@company.example> <2@company.example>",
        )

    def make_images(self):
        image = base64.b64encode(PIXEL).decode()
        return self.make(
            body_html=f'<p>Logo <img src="data:image/png;base64,{image}"/></p>',
            attachment_ids=[Command.create({"name": "logo.png", "raw": PIXEL})],
        )

    def make_large(self):
        content = bytes(range(256)) * (10 << 12)  # 14 MB in base64
        return self.make(
            attachment_ids=[Command.create({"name": "film.bin", "raw": content})]
        )

    def make_for_company(self):
        domain = self.env["mail.alias.domain"].create(
            {
                "name": "second.example",
                "bounce_alias": "bounces",
                "catchall_alias": "catch",
                "default_from": "hello",
            }
        )
        self.mailjet.store.add_sender(self.server.smtp_user, "*@second.example")
        return self.make(
            email_from='"Second" <hello@second.example>',
            record_alias_domain_id=domain.id,
            reply_to='"Second" <catch@second.example>',
        )


def parts(message):
    """Return what a mail program shows: type, name and content of each part."""
    return [
        (
            part.get_content_type(),
            part.get_filename(),
            part.get("Content-ID"),
            content(part),
        )
        for part in message.walk()
        if not part.is_multipart()
    ]


def content(part):
    if part.get_content_maintype() == "text" and not part.is_attachment():
        return part.get_content().replace("\r\n", "\n").strip()
    return part.get_payload(decode=True)


def differing(first, second):
    """Return the names of the headers that differ, apart from those that always do."""
    mails = [
        {
            name.lower(): " ".join(str(value).split())
            for name, value in message.items()
            if name.lower() not in ALWAYS and str(value).strip()
        }
        for message in (first, second)
    ]
    return {
        name
        for name in mails[0].keys() | mails[1].keys()
        if mails[0].get(name) != mails[1].get(name)
    }
