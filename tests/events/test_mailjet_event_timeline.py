# pylint: disable=translation-required
from datetime import datetime

from odoo.tests import tagged

from .common import MailjetEventsCommon

APPLE = "Mozilla/5.0"


@tagged("post_install", "-at_install")
class TestMailjetEventTimeline(MailjetEventsCommon):
    def timeline(self, trace):
        trace.invalidate_recordset()
        return [
            (moment["kind"], moment["label"], moment["detail"])
            for moment in trace.mailjet_timeline
            if moment["kind"] != "queued"
        ]

    def test_nothing_before_the_first_event(self):
        self.assertFalse(self.traces[0].mailjet_timeline)

    def test_moments_of_a_trace_in_the_order_of_time(self):
        trace = self.traces[0]
        self.receive(
            self.event("click", trace, 300, url="https://example.com/a"),
            self.event("open", trace, 1, agent=APPLE),
            self.event("sent", trace),
        )
        self.assertEqual(
            self.timeline(trace),
            [
                ("handed", "Handed to Mailjet", ""),
                ("sent", "Delivered", ""),
                ("open", "Opened", "By a machine, not counted"),
                ("click", "Clicked", "https://example.com/a"),
            ],
        )

    def test_what_odoo_has_seen_itself(self):
        trace = self.traces[0]
        trace.write(
            {
                "trace_status": "reply",
                "open_datetime": datetime(2026, 3, 5, 8, 41),
                "reply_datetime": datetime(2026, 3, 5, 8, 42),
            }
        )
        self.receive(self.event("sent", trace))
        self.assertEqual(
            self.timeline(trace)[2:],
            [
                ("open", "Opened", "Tracked by Odoo"),
                ("reply", "Replied", ""),
            ],
        )

    def test_why_it_did_not_arrive(self):
        self.receive(self.hard_bounce(self.traces[0]))
        self.assertEqual(
            self.timeline(self.traces[0])[-1],
            ("bounce", "Bounced", "There is no such mailbox."),
        )
        self.assertIn("no such user", self.traces[0].failure_reason)
        self.assertEqual(self.traces[0].mailjet_reason, "There is no such mailbox.")
        self.traces[1].failure_reason = "Refused\nat once"
        self.assertEqual(self.traces[1].mailjet_reason, "Refused")

    def test_moments_of_a_message(self):
        partner = self.env["res.partner"].create(
            {"name": "Zoe", "email": "zoe@example.org"}
        )
        message = partner.message_post(body="Invoice", message_type="comment")

        def moments():
            action = message.action_mailjet_timeline()
            timeline = self.env[action["res_model"]].browse(action["res_id"])
            return [
                (moment["label"], moment.get("email")) for moment in timeline.moments
            ]

        self.assertEqual(
            moments(),
            [("Written", None), ("No event from Mailjet yet", None)],
        )
        self.receive(self.event("sent", self.custom_id(None, message, partner)))
        self.assertEqual(
            moments(), [("Written", None), ("Delivered", "zoe@example.org")]
        )

    def test_an_event_is_named_by_what_it_says(self):
        self.receive(self.hard_bounce(self.traces[0]))
        event = self.traces[0].mailjet_event_ids
        self.assertEqual(event.display_name, "Bounced: c0@example.org")

    def test_events_that_failed_come_first(self):
        Event = self.env["mailjet.event"]
        self.receive(self.event("sent", self.traces[0]))
        self.assertNotIn("parked", str(Event.action_open_parked_first()["context"]))
        Event.search([]).state = "parked"
        self.assertIn("parked", str(Event.action_open_parked_first()["context"]))

    def test_no_warning_of_the_sender_when_all_is_sent(self):
        self.assertFalse(self.mailing.warning_message)
        self.mailing.state = "draft"
        self.assertIn("Mailjet", self.mailing.warning_message)
