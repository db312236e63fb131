import json

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ...tools.mailjet.delivery_failure import REASON_CODES
from ...tools.mailjet.event import read_post
from ...tools.report.row import read_bounce
from .common import MailjetEventsCommon


@tagged("post_install", "-at_install")
class TestMailjetBounceReason(MailjetEventsCommon):
    """Short bounce reasons to group by, for posted and imported events alike."""

    def post(self, *events):
        post = read_post(json.dumps(events).encode())
        self.env["mailjet.event"]._insert(self.server.id, post.events)

    def test_every_reason_has_a_label(self):
        labels = dict(self.env["mailjet.event"]._fields["failure_reason"].selection)
        self.assertEqual(labels.keys(), set(REASON_CODES))
        self.assertEqual(len(set(labels.values())), len(labels))

    def test_posted_and_read_events_meet_in_one_group(self):
        unknown = {"error_related_to": "recipient", "error": "user unknown"}
        self.post(
            self.event("bounce", self.traces[0], hard_bounce=True, **unknown),
            self.event("blocked", self.traces[1], error="preblocked"),
            self.event("bounce", self.traces[2], error="as never before"),
            self.event("bounce", self.traces[3]),
            self.event("open", self.traces[4], error="of no use"),
        )
        report = self.env["mailjet.report"].create({"server_id": self.server.id})
        row = {"ID": 99, "BouncedAt": "2026-03-05T09:00:00Z", "StateID": 1}
        self.env["mailjet.event"]._store_page(report, [read_bounce(row, {})])
        groups = self.env["mailjet.event"]._read_group(
            [("server_id", "=", self.server.id)], ["failure_reason"], ["__count"]
        )
        self.assertEqual(
            dict(groups),
            {"user_unknown": 2, "preblocked": 1, "other": 1, "none": 1, False: 1},
        )

    def test_the_action_shows_reasons(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_event_action_reason"
        )
        for view_id, mode in action["views"][:2]:
            arch = self.env["mailjet.event"].get_view(view_id, mode)["arch"]
            self.assertIn("failure_reason", arch)
        self.post(
            self.event("blocked", self.traces[0], error="blacklisted"),
            self.event("sent", self.traces[1]),
        )
        domain = safe_eval(action["domain"])
        event = self.env["mailjet.event"].search(domain)
        self.assertEqual(event.failure_reason, "blacklisted")

    def test_a_refusal_names_the_record_that_is_missing(self):
        self.traces.mass_mailing_id.email_from = "News <news@company.example>"
        domain = self.env["mailjet.domain"].create(
            {
                "server_id": self.server.id,
                "mailjet_id": "77",
                "name": "company.example",
            }
        )
        domain._add_missing_records()
        for kind, state in (("dkim", "missing"), ("dmarc", "ok"), ("spf", "missing")):
            domain.record_ids.filtered(lambda r: r.kind == kind).state = state  # noqa: B023
        reply = (
            "550 5.7.515 Access denied, sending domain COMPANY.EXAMPLE does not meet "
            "the required authentication level."
        )
        self.receive(
            self.event(
                "bounce",
                self.traces[0],
                hard_bounce=True,
                error_related_to="domain",
                error="relay/access denied",
                comment=reply,
            )
        )
        trace = self.traces[0]
        self.assertEqual(trace.failure_type, "mail_spam")
        self.assertIn("could not verify", trace.failure_reason)
        self.assertIn("DNS now: DKIM company.example.", trace.failure_reason)
        self.assertNotIn("SPF", trace.failure_reason)
        self.assertIn(reply, trace.failure_reason)
        self.assertIn(
            "could not verify",
            self.env["mailjet.event"].search([("trace_id", "=", trace.id)]).reason,
        )
