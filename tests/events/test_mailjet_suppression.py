import json
from itertools import permutations

from odoo.tests import tagged

from ...tools.mailjet.event import read_post
from .common import MailjetEventsCommon


@tagged("post_install", "-at_install")
class TestMailjetSuppression(MailjetEventsCommon):
    def suppressions(self):
        return (
            self.env["mailjet.suppression"]
            .with_context(active_test=False)
            .search([], order="email")
        )

    def blocked(self, record, seconds=0, error="preblocked", **vals):
        return self.event("blocked", record, seconds, error=error, **vals)

    def test_what_suppresses_an_address(self):
        soft = {"hard_bounce": False, "blocked": False, "error": "quota exceeded"}
        hard = {"hard_bounce": True, "error": "user unknown"}
        for event, vals, words in (
            ("blocked", {"error": "preblocked"}, "Mailjet did not try"),
            ("blocked", {"error": "blacklisted"}, "on the block list of your Mailjet"),
            ("blocked", {"error": "spam reporter"}, "an earlier email as spam"),
            ("blocked", {"error": "duplicate in campaign"}, False),
            ("blocked", {"error": "content blocked"}, False),
            ("bounce", {**hard, "blocked": True}, "There is no such mailbox"),
            ("bounce", {**hard, "blocked": False}, False),
            ("bounce", soft, False),
            ("bounce", {**soft, "error": "greylisted"}, False),
            ("spam", {}, "reported one of your emails as spam"),
            ("unsub", {}, "has unsubscribed at Mailjet"),
            ("sent", {}, False),
            ("open", {}, False),
            ("click", {}, False),
        ):
            with self.subTest(event=event, vals=vals):
                contact = self.env["mailing.contact"].create(
                    {"email": f"{event}{len(self.suppressions())}@example.org"}
                )
                [trace] = self.create_traces(contact)
                self.receive(self.event(event, trace, **vals))
                if words:
                    self.assertIn(words, contact.mailjet_suppression)
                else:
                    self.assertFalse(contact.mailjet_suppression)
                contact.unlink()

    def test_shown_wherever_the_address_is(self):
        partner, other = self.env["res.partner"].create(
            [
                {"name": "Zoé", "email": '"Zoé" <C0@Example.org>'},
                {"name": "Max", "email": "max@example.org"},
            ]
        )
        nobody = self.env["res.partner"].create({"name": "Without an address"})
        self.receive(self.hard_bounce(self.traces[0]))
        words = "There is no such mailbox. Check the address; it may no longer exist."
        self.assertEqual(self.contacts[0].mailjet_suppression, words)
        self.assertEqual(partner.mailjet_suppression, words)
        self.assertFalse(other.mailjet_suppression)
        self.assertFalse(nobody.mailjet_suppression)
        self.assertFalse(self.contacts[1].mailjet_suppression)

    def test_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.receive(self.event("unsub", self.traces[0]))
        contact = self.contacts[0].with_context(lang="fr_FR")
        self.assertIn("désabonné", contact.mailjet_suppression)
        self.assertIn("unsubscribed", self.contacts[0].mailjet_suppression)

    def test_only_a_later_delivery_lifts_it(self):
        """The order of the events does not matter."""
        contacts = self.env["mailing.contact"].create(
            [{"email": f"order{number}@example.org"} for number in range(8)]
        )
        remaining = iter(contacts)
        for events, is_suppressed in (
            ((("sent", -60), ("blocked", 0)), True),
            ((("sent", -60), ("blocked", 0), ("sent", 60)), False),
        ):
            for order in permutations(events):
                with self.subTest(order=order):
                    contact = next(remaining)
                    for event, seconds in order:
                        [trace] = self.create_traces(contact)
                        vals = {"error": "preblocked"} if event == "blocked" else {}
                        self.receive(self.event(event, trace, seconds, **vals))
                    self.assertEqual(bool(contact.mailjet_suppression), is_suppressed)
        self.assertFalse(list(remaining))

    def test_lifted_within_one_batch(self):
        [later] = self.create_traces(self.contacts[0])
        self.receive(self.event("sent", later, 60), self.blocked(self.traces[0]))
        self.assertFalse(self.contacts[0].mailjet_suppression)

    def test_a_lifted_one_is_kept_and_comes_back(self):
        second, third = self.create_traces(self.contacts[0] + self.contacts[0])
        self.receive(self.blocked(self.traces[0]))
        self.receive(self.event("sent", second, 60))
        self.assertEqual(self.suppressions().mapped("active"), [False])
        self.receive(self.blocked(third, 120, "blacklisted"))
        [suppression] = self.suppressions()
        self.assertTrue(suppression.active)
        self.assertIn("block list", suppression.reason)

    def test_the_latest_reason_counts(self):
        [second] = self.create_traces(self.contacts[0])
        self.receive(self.blocked(second, 60, "blacklisted"))
        self.receive(self.blocked(self.traces[0]))
        self.assertIn("block list", self.suppressions().reason)

    def test_many_at_once(self):
        self.receive(
            self.blocked(self.traces[0]),
            self.event("unsub", self.traces[0], 30),
            *(self.event("spam", trace) for trace in self.traces[1:]),
        )
        self.assertEqual(
            self.suppressions().mapped("email"), self.contacts.mapped("email")
        )
        self.assertIn("unsubscribed", self.suppressions()[0].reason)

    def test_each_account_has_its_own(self):
        other = self.create_server(name="Sub-account")
        [second, third] = self.create_traces(self.contacts[0] + self.contacts[0])
        self.receive(self.blocked(self.traces[0]))
        self.receive_at(other, self.event("unsub", second, 10))
        words = self.contacts[0].mailjet_suppression
        self.assertIn("Mailjet did not try", words)
        self.assertIn("unsubscribed", words)
        self.receive_at(other, self.event("sent", third, 20))
        words = self.contacts[0].mailjet_suppression
        self.assertIn("Mailjet did not try", words)
        self.assertNotIn("unsubscribed", words)

    def receive_at(self, server, *events):
        post = read_post(json.dumps(events).encode())
        self.env["mailjet.event"]._receive(server, post)
        self.apply()

    def test_a_repeated_event_suppresses_nobody_again(self):
        unsub = self.event("unsub", self.traces[0])
        [later] = self.create_traces(self.contacts[0])
        self.receive(unsub, self.event("sent", later, 60))
        # Mailjet has been seen to repeat an unsubscription hours later
        self.receive({**unsub, "time": unsub["time"] + 9000})
        self.assertFalse(self.contacts[0].mailjet_suppression)

    def test_one_query_for_a_whole_list(self):
        emails = [f"many{number}@example.org" for number in range(80)]
        for model in ("res.partner", "mailing.contact"):
            records = self.env[model].create(
                [{"name": email, "email": email} for email in emails]
            )
            traces = self.create_traces(records[:40])
            self.receive(*(self.blocked(trace) for trace in traces))
            for some in (records[38:42], records):
                with self.subTest(model=model, count=len(some)):
                    self.env.invalidate_all()
                    some.fetch(["email_normalized"])
                    before = self.cr.sql_log_count
                    found = some.filtered("mailjet_suppression")
                    self.assertEqual(found, some & records[:40])
                    self.assertEqual(self.cr.sql_log_count - before, 1)
