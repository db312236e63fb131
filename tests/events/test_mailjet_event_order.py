import random

from odoo import Command
from odoo.tests import tagged

from .common import MailjetEventsCommon


@tagged("post_install", "-at_install")
class TestMailjetEventOrder(MailjetEventsCommon):
    """Events give the same result in any order and number."""

    def events(self, trace):
        return [
            self.event("sent", trace),
            self.event("open", trace, 1),
            self.event("open", trace, 90),
            self.event("click", trace, 120, url="https://example.com"),
            self.event("bounce", trace, 40, hard_bounce=False, error="system issue"),
            self.hard_bounce(trace, 50),
            self.event("blocked", trace, 60, error="preblocked"),
            self.event("spam", trace, 200),
            self.event("unsub", trace, 210),
            self.event("unsub", trace, 9000),
        ]

    def end_of(self, number, events):
        """Apply events to a new contact; return the resulting state."""
        for event in events:
            self.receive(event)
        contact = self.env["mailing.contact"].search(
            [("email", "=", f"order{number}@example.org")]
        )
        trace = self.env["mailing.trace"].search(
            [("model", "=", "mailing.contact"), ("res_id", "=", contact.id)]
        )
        found = trace.mailjet_event_ids
        return {
            "trace": [
                trace[name]
                for name in (
                    "trace_status",
                    "sent_datetime",
                    "open_datetime",
                    "links_click_datetime",
                    "failure_type",
                    "failure_reason",
                    "mailjet_delivered_on",
                    "mailjet_complained_on",
                    "mailjet_unsubscribed_on",
                )
            ],
            "automatic": sorted(found.filtered("is_automatic").mapped("date")),
            "bounces": contact.message_bounce,
            "blacklisted": contact.is_blacklisted,
            "opt_out": contact.subscription_ids.opt_out,
            "suppressed": bool(contact.mailjet_suppression),
            "events": len(found),
        }

    def test_any_order_and_repeats(self):
        randomly = random.Random(5)
        contacts = self.env["mailing.contact"].create(
            [
                {
                    "email": f"order{number}@example.org",
                    "list_ids": [Command.link(self.mailing_list.id)],
                }
                for number in range(25)
            ]
        )
        traces = self.create_traces(contacts)
        for size in (3, 6, 10):
            chosen = randomly.sample(range(10), size)
            ends = []
            for number in range(8):
                trace = traces[{3: 0, 6: 8, 10: 16}[size] + number]
                events = [self.events(trace)[index] for index in chosen]
                if number:
                    events += randomly.sample(events, size // 2)
                    randomly.shuffle(events)
                contact = contacts[{3: 0, 6: 8, 10: 16}[size] + number]
                ends.append(self.end_of(contact.email[5:-12], events))
            for end in ends[1:]:
                self.assertEqual(end, ends[0], chosen)

    def test_applying_all_again_changes_nothing(self):
        trace = self.traces[0]
        for event in self.events(trace):
            self.receive(event)
        contact = self.contacts[0]
        before = trace.read(), contact.message_bounce
        self.env["mailjet.event"].search([]).state = "new"
        self.apply()
        after = trace.read(), contact.message_bounce
        for values in (before[0][0], after[0][0]):
            values.pop("write_date")
            values.pop("__last_update", None)
        self.assertEqual(before, after)
