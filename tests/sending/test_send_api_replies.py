# pylint: disable=translation-required
"""Replies find their thread, whichever way the mail went."""

import base64
import itertools
import json
from email.message import EmailMessage

from odoo.tests import tagged

from ...tools.mailjet.event import read_post
from ..events.common import MailjetEventsCommon
from ..standins import delivered, events_of
from .send_api_common import SendApiCommon

NUMBERS = itertools.count()


@tagged("post_install", "-at_install")
class TestReplies(SendApiCommon):
    apply = MailjetEventsCommon.apply

    def setUp(self):
        super().setUp()
        self.mailjet.store.add_sender(self.server.smtp_user, "*@example.com")
        [self.record] = self.create_partners("record@example.org")
        [self.anna] = self.create_partners("anna@example.org")

    def write_to_anna(self, transport):
        """Post a message that goes to Anna; return what arrives, and its row."""
        self.mailjet.store.clear_messages()
        self.server.mailjet_transport = transport
        with self.nothing_is_sent():
            message = self.record.message_post(
                body="Hello Anna",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.anna.ids,
            )
        mail = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        mail.mail_server_id = self.server
        self.send(mail, "engine")
        [taken] = self.mailjet.store.messages
        self.assertEqual(taken.auth_mechanism == "API", transport == "api")
        return delivered(taken), taken

    def reply(self, **headers):
        """Have Anna reply; return whether it comes to the thread."""
        mail = EmailMessage()
        mail["From"] = "Anna <anna@example.org>"
        mail["To"] = "catchall@company.example"
        mail["Subject"] = "Re: Hello"
        mail["Message-Id"] = f"<reply{next(NUMBERS)}@example.org>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content("Thank you")
        before = self.record.message_ids
        self.env["mail.thread"].message_process(False, mail.as_bytes())
        return self.record.message_ids - before

    def test_by_the_references_that_mail_programs_write(self):
        for transport in ("smtp", "api"):
            with self.subTest(transport):
                arrived, _taken = self.write_to_anna(transport)
                references = f"{arrived['References'] or ''} {arrived['Message-Id']}"
                self.assertTrue(
                    self.reply(In_Reply_To=arrived["Message-Id"], References=references)
                )

    def test_by_mailjets_message_id_alone(self):
        """By the API it is known at once, by SMTP from the first event on."""
        for transport in ("smtp", "api"):
            with self.subTest(transport):
                _arrived, taken = self.write_to_anna(transport)
                written = mailjet_message_id(taken.message_ids[0])
                if transport == "smtp":
                    self.receive(taken)
                self.assertTrue(self.reply(In_Reply_To=written))

    def test_an_event_without_a_custom_id_finds_its_mail(self):
        _arrived, taken = self.write_to_anna("api")
        [event, *_others] = events_of(taken, {})
        event["CustomID"] = ""
        self.receive_rows([event])
        notification = self.anna_is_notified()
        self.assertEqual(notification.notification_status, "sent")
        # The id alone is not enough, as it can be guessed
        _arrived, taken = self.write_to_anna("api")
        [event, *_others] = events_of(taken, {})
        self.receive_rows([{**event, "CustomID": "", "email": "eve@evil.example"}])
        stored = self.env["mailjet.event"].search([], order="id desc", limit=1)
        self.assertEqual(stored.state, "foreign")

    def test_an_event_of_another_account_moves_no_mail(self):
        """A MessageID can be guessed: it is that of the account that gave it."""
        _arrived, taken = self.write_to_anna("api")
        other = self.server.copy({"name": "Another account"})
        [event, *_others] = events_of(taken, {})
        before = self.anna_is_notified().notification_status
        post = read_post(
            json.dumps([{**event, "event": "bounce", "CustomID": ""}]).encode()
        )
        self.env["mailjet.event"]._receive(other, post)
        self.apply()
        stored = self.env["mailjet.event"].search([], order="id desc", limit=1)
        self.assertEqual((stored.server_id, stored.state), (other, "foreign"))
        self.assertEqual(self.anna_is_notified().notification_status, before)

    def anna_is_notified(self):
        return self.env["mail.notification"].search(
            [("res_partner_id", "=", self.anna.id)], order="id desc", limit=1
        )

    def receive(self, taken):
        self.receive_rows(events_of(taken, {}))

    def receive_rows(self, rows):
        post = read_post(json.dumps(rows).encode())
        self.env["mailjet.event"]._receive(self.server, post)
        self.apply()


def mailjet_message_id(number):
    """Return the Message-Id that Mailjet gives to the mail with this MessageID."""
    data = base64.urlsafe_b64encode(number.to_bytes(8, "big") + bytes(31)).decode()
    return f"<0123abcd.{data}@mailjet.com>"
