# pylint: disable=translation-required
import json
from ast import literal_eval
from datetime import datetime
from unittest.mock import patch

from lxml import etree

from odoo.tests import tagged

from ...tools.mailjet.event import read_post
from .common import MailjetEventsCommon


@tagged("post_install", "-at_install")
class TestMailjetEvents(MailjetEventsCommon):
    def test_the_life_of_a_trace(self):
        trace = self.traces[0]
        self.receive(self.event("sent", trace))
        self.assertEqual(trace.trace_status, "sent")
        self.assertEqual(trace.mailjet_delivered_on, datetime(2026, 3, 5, 8, 40))
        self.assertEqual(trace.sent_datetime, datetime(2026, 3, 5, 8, 39))
        self.receive(
            self.event("open", trace, 120),
            self.event("open", trace, 60),
            self.event("click", trace, 300, url="https://example.com/a"),
        )
        self.assertEqual(trace.trace_status, "open")
        self.assertEqual(trace.open_datetime, datetime(2026, 3, 5, 8, 41))
        self.assertEqual(trace.links_click_datetime, datetime(2026, 3, 5, 8, 45))
        self.assertEqual(self.states(), ["applied"] * 4)
        event = trace.mailjet_event_ids[0]
        self.assertEqual(event.mailing_id, self.mailing)
        self.assertEqual(event.sender_domain, "company.example")
        self.assertEqual(event.recipient_domain, "example.org")

    def test_a_reply_is_never_undone(self):
        trace = self.traces[0]
        trace.set_replied()
        self.receive(self.event("sent", trace), self.hard_bounce(trace))
        self.assertEqual(trace.trace_status, "reply")

    def test_a_repeated_post_changes_nothing(self):
        trace = self.traces[0]
        bounce = self.hard_bounce(trace)
        self.receive(bounce)
        bounces = self.contacts[0].message_bounce
        self.assertEqual(bounces, 1)
        self.receive(bounce, bounce)
        # The same fact at another time
        self.receive(self.hard_bounce(trace, 9000))
        self.assertEqual(self.contacts[0].message_bounce, bounces)
        self.assertEqual(len(self.env["mailjet.event"].search([])), 2)

    def test_a_hard_bounce(self):
        trace = self.traces[0]
        self.receive(self.event("sent", trace), self.hard_bounce(trace, 60))
        self.assertEqual(trace.trace_status, "bounce")
        self.assertEqual(trace.failure_type, "mail_bounce")
        self.assertIn("There is no such mailbox", trace.failure_reason)
        self.assertIn("550 5.1.1 no such user", trace.failure_reason)
        self.assertIn("Check the address", self.contacts[0].mailjet_suppression)
        self.assertFalse(self.contacts[1].mailjet_suppression)

    def test_five_hard_bounces_block_and_soft_ones_do_not(self):
        blacklist = self.env["mail.blacklist"].with_context(active_test=False)
        for number, (contact, is_hard) in enumerate(
            ((self.contacts[0], True), (self.contacts[1], False))
        ):
            traces = self.create_traces([contact] * 6)
            for week, trace in enumerate(traces):
                error = "user unknown" if is_hard else "quota exceeded"
                self.receive(
                    self.event("bounce", trace, week, hard_bounce=is_hard, error=error)
                )
                # The rule checks when traces were last written
                self.env.cr.execute(
                    "UPDATE mailing_trace SET write_date = now() - %s * interval '2d'"
                    " WHERE id = %s",
                    (20 - week, trace.id),
                )
            found = blacklist.search([("email", "=", contact.email)])
            self.assertEqual(bool(found), is_hard, number)
            status = "bounce" if is_hard else "error"
            self.assertEqual(set(traces.mapped("trace_status")), {status})
            self.assertEqual(set(traces.mapped("failure_type")), {"mail_bounce"})

    def test_greylisting_is_no_failure(self):
        trace = self.traces[0]
        self.receive(self.event("bounce", trace, hard_bounce=False, error="greylisted"))
        self.assertEqual(trace.trace_status, "pending")
        self.assertFalse(trace.failure_type)
        self.assertEqual(self.states(), ["applied"])

    def test_a_soft_bounce_that_was_delivered_after_all(self):
        trace = self.traces[0]
        self.receive(
            self.event("bounce", trace, hard_bounce=False, error="quota exceeded")
        )
        self.assertEqual(trace.trace_status, "error")
        self.assertIn("mailbox is full", trace.failure_reason)
        self.receive(self.event("sent", trace, 600))
        self.assertEqual(trace.trace_status, "sent")
        self.assertFalse(trace.failure_type)
        self.assertFalse(trace.failure_reason)

    def test_blocked(self):
        for trace, error, failure_type, words, suppressed in (
            (self.traces[0], "preblocked", "mail_bl", "Mailjet did not try", True),
            (self.traces[1], "spam reporter", "mail_bl", "email as spam", True),
            (
                self.traces[2],
                "duplicate in campaign",
                "mail_dup",
                "already received",
                False,
            ),
            (self.traces[3], "content blocked", "mail_spam", "the content", False),
        ):
            with self.subTest(error=error):
                self.receive(self.event("blocked", trace, error=error))
                self.assertEqual(trace.trace_status, "error")
                self.assertEqual(trace.failure_type, failure_type)
                self.assertIn(words, trace.failure_reason)
                contact = self.env["mailing.contact"].browse(trace.res_id)
                self.assertEqual(bool(contact.mailjet_suppression), suppressed)
                self.assertFalse(contact.is_blacklisted)

    def test_the_reason_is_in_the_senders_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.mailing.user_id.lang = "fr_FR"
        self.receive(self.hard_bounce(self.traces[0]))
        self.assertIn("boîte", self.traces[0].failure_reason)
        self.assertIn("550 5.1.1 no such user", self.traces[0].failure_reason)

    def test_a_later_delivery_ends_the_suppression(self):
        self.receive(self.event("blocked", self.traces[0], error="preblocked"))
        self.assertTrue(self.contacts[0].mailjet_suppression)
        later = self.create_traces(self.contacts[0])
        self.receive(self.event("sent", later, 3600))
        self.assertFalse(self.contacts[0].mailjet_suppression)
        self.assertEqual(
            self.env["mailjet.suppression"]
            .with_context(active_test=False)
            .search_count([]),
            1,
        )

    def test_a_complaint_blocks_everywhere(self):
        self.receive(self.event("spam", self.traces[0], source="JMRPP"))
        self.assertTrue(self.contacts[0].is_blacklisted)
        self.assertTrue(self.traces[0].mailjet_complained_on)

    def test_a_manual_unblock_is_respected(self):
        spam = self.event("spam", self.traces[0])
        self.receive(spam)
        self.env["mail.blacklist"]._remove(self.contacts[0].email)
        self.receive(spam, {**spam, "time": spam["time"] + 9000})
        self.contacts.invalidate_recordset()
        self.assertFalse(self.contacts[0].is_blacklisted)

    def test_an_unsubscription_leaves_the_lists_only(self):
        self.receive(self.event("unsub", self.traces[0], mj_list_id=0))
        subscription = self.contacts[0].subscription_ids
        self.assertTrue(subscription.opt_out)
        self.assertFalse(self.contacts[0].is_blacklisted)
        self.assertFalse(self.contacts[1].subscription_ids.opt_out)

    def test_an_unsubscription_without_a_list_blocks(self):
        partner = self.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@example.org"}
        )
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "Partners",
                "mailing_model_id": self.env["ir.model"]._get_id("res.partner"),
                "mail_server_id": self.server.id,
            }
        )
        trace = self.create_traces(partner, mailing)
        self.receive(self.event("unsub", trace))
        self.assertTrue(partner.is_blacklisted)

    def test_an_unsubscription_from_no_mailing_changes_no_list(self):
        partner = self.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@example.org"}
        )
        message = partner.message_post(body="Invoice", message_type="comment")
        self.receive(self.event("unsub", self.custom_id(None, message, partner)))
        self.assertFalse(partner.is_blacklisted)
        self.assertIn("unsubscribed at Mailjet", partner.mailjet_suppression)

    def test_opens_by_machines_are_marked_and_not_counted(self):
        trace = self.traces[0]
        self.receive(
            self.event("open", trace, 1),
            self.event("open", trace, 600, agent="Mozilla/5.0"),
        )
        self.assertEqual(trace.trace_status, "open", "The delivery is not known yet")
        self.receive(self.event("sent", trace))
        self.assertEqual(trace.trace_status, "sent")
        self.assertFalse(trace.open_datetime)
        opens = trace.mailjet_event_ids.filtered(lambda e: e.event == "open")
        self.assertEqual(opens.mapped("is_automatic"), [True, True])
        self.mailing.invalidate_recordset()
        self.assertEqual(self.mailing.mailjet_automatic, 1)

    def test_foreign_and_forged_ids_touch_nothing(self):
        own = self.custom_id(self.traces[0])
        for custom_id in (
            "",
            "Welcome mail",
            own[:-1] + "a",
            "o1-aaaaaa-t1-" + "a" * 16,
        ):
            self.receive(self.event("spam", custom_id, email=self.traces[0].email))
        self.assertEqual(set(self.states()), {"foreign"})
        self.assertFalse(self.contacts[0].is_blacklisted)
        self.assertEqual(set(self.traces.mapped("trace_status")), {"pending"})

    def test_an_address_in_another_spelling(self):
        self.receive(self.event("sent", self.traces[0], email='"C0@Example.ORG"'))
        self.assertEqual(self.traces[0].trace_status, "sent")

    def test_a_trace_that_is_gone(self):
        event = self.event("sent", self.traces[0])
        self.traces[0].unlink()
        self.receive(event)
        self.assertEqual(self.states(), ["foreign"])

    def test_a_bad_event_is_parked_alone_and_applied_again(self):
        MailingTrace = self.registry["mailing.trace"]
        original = MailingTrace._mailjet_vals

        def fail(traces, row, summary):
            if row["id"] == self.traces[2].id:
                raise ValueError("something is wrong")
            return original(traces, row, summary)

        events = [self.event("sent", trace) for trace in self.traces]
        with (
            patch.object(MailingTrace, "_mailjet_vals", fail),
            self.assertLogs(
                "odoo.addons.mail_mailjet.models.events.mailjet_event_apply"
            ),
        ):
            self.receive(*events)
        parked = self.env["mailjet.event"].search([("state", "=", "parked")])
        self.assertEqual(parked.email, "c2@example.org")
        self.assertIn("something is wrong", parked.problem)
        status = self.traces.mapped("trace_status")
        self.assertEqual(status, ["sent", "sent", "pending", "sent", "sent"])
        parked.action_apply_again()
        self.apply()
        self.assertEqual(self.traces[2].trace_status, "sent")
        self.assertFalse(parked.problem)

    def test_figures_of_the_mailing(self):
        self.receive(
            *(self.event("sent", trace) for trace in self.traces[:3]),
            self.hard_bounce(self.traces[0], 60),
            self.event("spam", self.traces[1], 60),
            self.event("unsub", self.traces[1], 70),
            self.event("blocked", self.traces[3], error="preblocked"),
            self.event(
                "bounce", self.traces[4], hard_bounce=False, error="system issue"
            ),
            self.event("bounce", self.traces[2], hard_bounce=False, error="greylisted"),
        )
        self.mailing.invalidate_recordset()
        for name, value in (
            # The one that bounced in the end does not count
            ("mailjet_delivered", 2),
            ("mailjet_hard_bounced", 1),
            ("mailjet_soft_bounced", 1),
            ("mailjet_blocked", 1),
            ("mailjet_complained", 1),
            ("mailjet_unsubscribed", 1),
        ):
            self.assertEqual(self.mailing[name], value, name)
        action = self.mailing.with_context(mailjet_event="soft").action_mailjet_events()
        self.assertEqual(action["context"], {"search_default_soft": 1})
        [search] = etree.fromstring(
            self.env["mailjet.event"].get_view(view_type="search")["arch"]
        ).xpath("//filter[@name='soft']")
        domain = action["domain"] + literal_eval(search.get("domain"))
        found = self.env["mailjet.event"].search(domain)
        self.assertEqual(found.trace_id, self.traces[4])

    def test_queries_do_not_grow_with_the_batch(self):
        def queries(contacts):
            traces = self.create_traces(contacts)
            events = [self.event("sent", trace) for trace in traces]
            post = read_post(json.dumps(events).encode())
            self.env["mailjet.event"]._receive(self.server, post)
            new = self.env["mailjet.event"].search([("state", "=", "new")])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            new._apply_or_park()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        contacts = self.env["mailing.contact"].create(
            [{"email": f"more{number}@example.org"} for number in range(60)]
        )
        queries(contacts[:1])
        self.assertEqual(queries(contacts[:5]), queries(contacts))
