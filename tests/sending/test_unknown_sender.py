# pylint: disable=translation-required
"""Mailjet is asked before a mail is refused for its From."""

from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...tools.mailjet.resources import MailjetApi
from ..common import API_KEY, SECRET_KEY
from ..standins import RestStandin
from .fates_common import FatesCommon


@tagged("post_install", "-at_install")
class TestUnknownSender(FatesCommon):
    """A From that Mailjet did not know when its senders were last read."""

    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        self.point_at(self.server, mailjet_api_url=self.rest.url)
        self.server.mailjet_refreshed_on = fields.Datetime.now()
        self.account = self.mailjet.store.account(API_KEY)
        self.addCleanup(self.account.senders.clear)

    def ask(self, *froms):
        mails = self.env["mail.mail"]
        for email_from in froms:
            mails += self.create_mails(1, email_from=email_from)
        self.in_queue("send", mails.ids, auto_commit=True)
        return mails

    def know(self, email):
        with MailjetApi(API_KEY, SECRET_KEY, self.rest.url) as client:
            client.create_sender(email)
        for row in self.account.senders:
            row["Status"] = "Active"
        self.rest.clear_requests()

    def test_known_by_now(self):
        self.know("late@company.example")
        mails = self.ask(*["late@company.example"] * 3)
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(len(self.rest.requests), 1)
        # What it said is kept
        self.ask("late@company.example")
        self.assertEqual(len(self.rest.requests), 1)

    def test_not_known(self):
        self.know("late@company.example")
        mails = self.ask(*["x@third.example"] * 3)
        self.assertEqual(mails.mapped("state"), ["exception"] * 3)
        self.assertEqual(mails[0].failure_type, "mail_from_invalid")
        self.assertIn("x@third.example", mails[0].failure_reason)
        self.assertEqual(len(self.rest.requests), 1)

    def test_an_outage_leaves_the_mail_waiting(self):
        self.know("late@company.example")
        self.rest.faults.add("error", status=503, times=None)
        mail = self.ask("late@company.example")
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.mailjet_waits_for, "retry")
        self.assertGreater(mail.scheduled_date, fields.Datetime.now())
        self.rest.faults.clear()
        self.in_queue("send", mail.ids, auto_commit=True)
        self.assertEqual(mail.state, "sent")

    def test_within_a_transaction_the_queue_asks(self):
        mail = self.create_mails(1, email_from="x@third.example")
        mail.send()
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.mailjet_waits_for, "sender")
        self.assertFalse(self.rest.requests)
        self.in_queue("send", mail.ids, auto_commit=True)
        self.assertEqual(mail.state, "exception")

    def test_beside_modules_that_send_one_by_one(self):
        self.know("late@company.example")
        mails = self.env.registry["mail.mail"]
        with patch.object(mails, "_mailjet_foreign_senders", lambda self: {"foreign"}):
            mails = self.ask(*["late@company.example"] * 2, *["x@third.example"] * 2)
        states = ["sent", "sent", "exception", "exception"]
        self.assertEqual(mails.mapped("state"), states)
        self.assertEqual(len(self.rest.requests), 2, "Once for each From")
