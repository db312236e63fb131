# pylint: disable=translation-required
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged

from .common import SENT_AT, MailjetEventsCommon


@tagged("post_install", "-at_install")
class TestMailjetEventRecipient(MailjetEventsCommon):
    """The address that an event names, and records that have moved or are missing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zoe, cls.other = cls.env["res.partner"].create(
            [
                {"name": "Zoé", "email": "zoe@old.example"},
                {"name": "Zoé M.", "email": "zoe@new.example"},
            ]
        )
        document = cls.env["res.partner"].create({"name": "Customer"})
        cls.message = document.message_post(
            body="Invoice", message_type="comment", partner_ids=cls.zoe.ids
        )
        cls.notification = cls.message.notification_ids
        cls.notification.notification_status = "pending"

    def two_addresses(self):
        contact = self.env["mailing.contact"].create(
            {
                "email": "first@example.org, second@example.org",
                "list_ids": [Command.link(self.mailing_list.id)],
            }
        )
        second = self.env["mailing.contact"].create({"email": "second@example.org"})
        [trace] = self.create_traces(contact)
        return contact, second, trace

    def test_the_second_address_bounces(self):
        contact, second, trace = self.two_addresses()
        self.receive(
            self.event("sent", trace),
            self.hard_bounce(trace, 60, email="Second@example.org"),
        )
        self.assertEqual(self.states(), ["applied"] * 2)
        self.assertEqual(trace.trace_status, "sent")
        self.assertEqual((contact.message_bounce, second.message_bounce), (0, 1))
        self.assertFalse(contact.mailjet_suppression)
        self.assertIn("no such mailbox", second.mailjet_suppression)

    def test_the_second_address_complains(self):
        contact, second, trace = self.two_addresses()
        self.receive(self.event("spam", trace, email="second@example.org"))
        self.assertEqual(trace.trace_status, "pending")
        self.assertFalse(trace.mailjet_complained_on)
        self.assertFalse(contact.is_blacklisted)
        self.assertTrue(second.is_blacklisted)
        self.assertEqual(trace.mailjet_event_ids.mailing_id, self.mailing)

    def test_the_second_address_unsubscribes(self):
        contact, second, trace = self.two_addresses()
        second.list_ids = self.mailing_list
        self.receive(self.event("unsub", trace, email="second@example.org"))
        self.assertFalse(contact.subscription_ids.opt_out)
        self.assertTrue(second.subscription_ids.opt_out)

    def bounce_of_zoe(self, email="zoe@old.example"):
        custom_id = self.custom_id(None, self.message, self.zoe)
        return self.hard_bounce(custom_id, email=email)

    def merge(self, source, target):
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (source + target).ids, target
        )
        self.assertFalse(source.exists())

    def test_a_contact_merged_before_its_bounce(self):
        bounce = self.bounce_of_zoe()
        self.merge(self.zoe, self.other)
        self.receive(bounce)
        self.assertEqual(self.notification.res_partner_id, self.other)
        self.assertEqual(self.notification.notification_status, "bounce")
        event = self.env["mailjet.event"].search([])
        self.assertEqual(event.partner_id, self.other)
        self.assertTrue(
            self.env["mailjet.suppression"].search([("email", "=", "zoe@old.example")])
        )

    def test_a_contact_merged_twice(self):
        bounce = self.bounce_of_zoe()
        self.merge(self.zoe, self.other)
        third = self.env["res.partner"].create({"name": "Z", "email": "z@b.example"})
        self.merge(self.other, third)
        self.receive(bounce)
        self.assertEqual(self.notification.res_partner_id, third)
        self.assertEqual(self.notification.notification_status, "bounce")

    def test_a_contact_merged_between_two_events(self):
        custom_id = self.custom_id(None, self.message, self.zoe)
        sent = self.event("sent", custom_id, email=self.zoe.email)
        bounce = self.bounce_of_zoe()
        self.receive(sent)
        self.merge(self.zoe, self.other)
        self.receive({**bounce, "time": SENT_AT + 9})
        self.assertEqual(self.notification.notification_status, "bounce")

    def test_the_mail_is_sent_in_a_transaction_that_is_still_open(self):
        """The event comes first: it waits for its record, for a day."""
        now = fields.Datetime.now()
        missing = self.env["mailing.trace"].browse(self.traces[-1].id + 1)
        self.assertFalse(missing.exists())
        bounce = self.hard_bounce(
            self.custom_id(missing), time=int(now.timestamp()), email="new@example.org"
        )
        self.receive(bounce)
        self.assertEqual(self.states(), ["new"])
        self.receive(bounce)
        self.assertEqual(self.states(), ["new"])
        contact = self.env["mailing.contact"].create({"email": "new@example.org"})
        trace = self.create_traces(contact)
        self.assertEqual(trace, missing)
        self.apply()
        self.assertEqual(self.states(), ["applied"])
        self.assertEqual(trace.trace_status, "bounce")
        self.assertEqual(contact.message_bounce, 1)

    def test_a_record_that_never_appears(self):
        now = fields.Datetime.now()
        missing = self.env["mailing.trace"].browse(self.traces[-1].id + 1)
        custom_id = self.custom_id(missing)
        self.receive(self.event("sent", custom_id, time=int(now.timestamp())))
        event = self.env["mailjet.event"].search([])
        tries = 0
        for minutes in range(0, 25 * 60, 10):
            moment = now + timedelta(minutes=minutes)
            with patch.object(fields.Datetime, "now", lambda *_, moment=moment: moment):
                before = event.retry_on
                self.apply()
            tries += event.retry_on != before
            if event.state != "new":
                break
        self.assertEqual(event.state, "foreign")
        self.assertEqual(minutes, 24 * 60)
        self.assertLess(tries, 40, "The pauses grow")

    def test_an_event_from_the_future_does_not_wait_for_ever(self):
        now = fields.Datetime.now()
        missing = self.env["mailing.trace"].browse(self.traces[-1].id + 1)
        future = int((now + timedelta(days=400)).timestamp())
        self.receive(self.event("sent", self.custom_id(missing), time=future))
        event = self.env["mailjet.event"].search([])
        self.assertEqual(event.date, now + timedelta(days=400))
        later = now + timedelta(days=1, minutes=1)
        with patch.object(fields.Datetime, "now", lambda *_: later):
            self.apply()
        self.assertEqual(event.state, "foreign")

    def test_the_cron_comes_back_for_what_waits(self):
        cron = self.env.ref("mail_mailjet.ir_cron_apply_events")
        missing = self.env["mailing.trace"].browse(self.traces[-1].id + 1)
        now = int(fields.Datetime.now().timestamp())
        self.receive(self.event("sent", self.custom_id(missing), time=now))
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertGreater(max(triggers.mapped("call_at")), fields.Datetime.now())
