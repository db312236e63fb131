from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...models.events import mailjet_event_retention
from .common import SENT_AT, MailjetEventsCommon


@tagged("post_install", "-at_install")
class TestMailjetEventRetention(MailjetEventsCommon):
    def kept(self):
        return sorted(self.env["mailjet.event"].search([]).mapped("event"))

    def set_months(self, months):
        """Save the number of months in Settings."""
        settings = self.env["res.config.settings"].create(
            {"mailjet_event_months": months}
        )
        settings.execute()

    def shown_months(self):
        return self.env["res.config.settings"].create({}).mailjet_event_months

    def receive_days_ago(self, days, *names, trace=None):
        then = fields.Datetime.now() - timedelta(days=days)
        seconds = int(then.timestamp()) - SENT_AT
        events = [self.event(name, trace or self.traces[0], seconds) for name in names]
        self.receive(*events)

    def vacuum(self):
        """Run one step, which commits; return its result."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            result = self.env(cr=cr)["mailjet.event"]._gc_events()
        self.env.invalidate_all()
        return result

    def forget(self):
        """Let all current events expire, and delete them."""
        self.env["mailjet.event"].search([]).date = datetime(2020, 1, 1)
        self.vacuum()
        self.assertFalse(self.kept())

    def test_half_a_year_by_default(self):
        self.assertEqual(self.shown_months(), 6)
        self.receive_days_ago(200, "sent")
        self.receive_days_ago(150, "open")
        self.vacuum()
        self.assertEqual(self.kept(), ["open"])
        self.assertEqual(self.traces[0].trace_status, "open")

    def test_as_many_months_as_settings_say(self):
        self.receive_days_ago(40, "sent")
        self.receive_days_ago(20, "open")
        self.set_months(2)
        self.assertEqual(self.shown_months(), 2)
        self.vacuum()
        self.assertEqual(self.kept(), ["open", "sent"])
        self.set_months(1)
        self.vacuum()
        self.assertEqual(self.kept(), ["open"])

    def test_for_ever(self):
        self.receive_days_ago(3000, "sent")
        self.set_months(0)
        self.assertEqual(self.shown_months(), 0)
        self.vacuum()
        self.assertEqual(self.kept(), ["sent"])
        self.set_months(6)
        self.assertEqual(self.shown_months(), 6)
        self.vacuum()
        self.assertEqual(self.kept(), [])

    def test_in_small_steps(self):
        """Each step is its own transaction; the scheduled action repeats them."""
        for trace in self.traces:
            self.receive_days_ago(300, "sent", trace=trace)
        self.receive_days_ago(3, "open")
        with patch.object(mailjet_event_retention, "GC_STEP", 2):
            self.assertEqual(self.vacuum(), (2, True))
            self.assertEqual(len(self.kept()), 4)
            with self.enter_registry_test_mode():
                self.env.ref("base.autovacuum_job").method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(self.kept(), ["open"])

    def test_the_effects_of_deleted_events_stay(self):
        trace = self.traces[0]
        self.receive(
            self.event("sent", trace),
            self.event("open", trace, 60),
            self.event("click", trace, 120, url="https://example.com"),
            self.event("spam", trace, 180),
        )
        self.forget()
        self.receive(self.event("open", trace, 9000), self.event("unsub", trace, 9001))
        self.assertEqual(trace.trace_status, "open")
        self.assertEqual(trace.mailjet_delivered_on, datetime(2026, 3, 5, 8, 40))
        self.assertEqual(trace.open_datetime, datetime(2026, 3, 5, 8, 41))
        self.assertEqual(trace.links_click_datetime, datetime(2026, 3, 5, 8, 42))
        self.assertEqual(trace.mailjet_complained_on, datetime(2026, 3, 5, 8, 43))
        self.assertTrue(trace.mailjet_unsubscribed_on)

    def test_the_reason_of_a_failure_stays(self):
        trace = self.traces[0]
        self.receive(self.hard_bounce(trace))
        reason = trace.failure_reason
        self.forget()
        self.receive(self.event("unsub", trace, 9000))
        self.assertEqual(self.states(), ["applied"])
        self.assertEqual(trace.trace_status, "bounce")
        self.assertEqual(trace.failure_type, "mail_bounce")
        self.assertEqual(trace.failure_reason, reason)
