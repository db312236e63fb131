import json
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ...const import LIMITS
from ..common import MailjetRestCommon
from ..sending.test_mail_refused import MailRefusedCommon
from ..standins import RestStandin

NOW = datetime(2026, 3, 31, 12)


def counter_row(day, **counts):
    """Return a row of /statcounters; `counts` as Mailjet names them."""
    return {"SourceID": 0, "Timeslice": f"{day:%Y-%m-%dT00:00:00Z}", **counts}


class MailjetPolicyLimitCommon:
    def answer_counters(self, *rows):
        """Make the stand-in answer with these counters, whatever was sent."""
        self.rest.faults.clear()
        body = json.dumps({"Count": len(rows), "Data": rows, "Total": len(rows)})
        self.rest.faults.add(
            "garbage", path="statcounters", times=None, body=body.encode()
        )

    def answer_sums(self, total=10_000, **counts):
        """Make the stand-in count these emails in the last 30 days, on two of them."""
        blocked = counts.get("MessageBlockedCount", 0)
        bounced = counts.get("MessageHardBouncedCount", 0)
        sums = {
            "Total": total,
            "MessageSentCount": total - blocked - bounced,
            "MessageClickedCount": total // 10,
            **counts,
        }
        halves = {name: count // 2 for name, count in sums.items()}
        rest = {name: sums[name] - halves[name] for name in sums}
        today = fields.Date.today()
        self.answer_counters(
            counter_row(today - timedelta(days=30), **halves),
            counter_row(today, **rest),
        )

    def limit(self, kind):
        limits = self.server.mailjet_policy_limit_ids
        return limits.filtered(lambda limit: limit.kind == kind)


@tagged("post_install", "-at_install")
class TestMailjetPolicyLimit(MailjetPolicyLimitCommon, MailjetRestCommon):
    """The rates of Mailjet's own counters against the limits of its policy."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time(NOW))

    def read_figures(self, **counts):
        self.answer_sums(**counts)
        self.server.action_mailjet_read_policy_limits()

    def states(self):
        return {
            limit.kind: limit.state for limit in self.server.mailjet_policy_limit_ids
        }

    def test_one_request_for_thirty_days(self):
        self.rest.clear_requests()
        self.read_figures()
        [request] = self.rest.requests
        self.assertEqual(request.path, "/v3/REST/statcounters")
        wanted = {
            "CounterSource": "APIKey",
            "CounterTiming": "Message",
            "CounterResolution": "Day",
            "FromTS": "2026-02-28T23:59:59Z",
            "ToTS": "2026-03-31T12:00:00Z",
        }
        self.assertLessEqual(wanted.items(), dict(request.params).items())

    def test_states(self):
        for counts, kind, state, rate in (
            ({"total": 999, "MessageHardBouncedCount": 500}, "bounced", "few", 50.050),
            ({"total": 1000, "MessageHardBouncedCount": 39}, "bounced", "fine", 3.9),
            ({"MessageSoftBouncedCount": 400}, "bounced", "half", 4),
            ({"MessageHardBouncedCount": 800}, "bounced", "half", 8),
            (
                {"MessageHardBouncedCount": 800, "MessageSoftBouncedCount": 1},
                "bounced",
                "over",
                8.01,
            ),
            ({"MessageBlockedCount": 1499}, "blocked", "fine", 14.99),
            ({"MessageBlockedCount": 3001}, "blocked", "over", 30.01),
            ({"MessageUnsubscribedCount": 69}, "unsubscribed", "fine", 0.69),
            ({"MessageUnsubscribedCount": 70}, "unsubscribed", "half", 0.7),
            ({"MessageUnsubscribedCount": 141}, "unsubscribed", "over", 1.41),
            ({"MessageSpamCount": 3}, "complained", "fine", 0.03),
            ({"MessageSpamCount": 4}, "complained", "half", 0.04),
            ({"MessageSpamCount": 9}, "complained", "over", 0.09),
        ):
            with self.subTest(counts=counts):
                self.read_figures(**counts)
                limit = self.limit(kind)
                self.assertEqual(limit.state, state)
                self.assertAlmostEqual(limit.rate, rate, 2)
                others = {k: v for k, v in self.states().items() if k != kind}
                expected = "few" if state == "few" else "fine"
                self.assertEqual(set(others.values()), {expected})

    def test_fewer_clicks_than_unsubscriptions_lower_the_limit(self):
        for clicks, unsubscriptions, limit, state in (
            (70, 70, 1.4, "half"),
            (69, 70, 1.0, "half"),
            (100, 101, 1.0, "over"),
            (101, 101, 1.4, "half"),
            (0, 0, 1.4, "fine"),
            (0, 49, 1.0, "fine"),
        ):
            with self.subTest(clicks=clicks, unsubscriptions=unsubscriptions):
                self.read_figures(
                    MessageClickedCount=clicks, MessageUnsubscribedCount=unsubscriptions
                )
                found = self.limit("unsubscribed")
                self.assertEqual((found.limit, found.state), (limit, state))
        self.read_figures(MessageClickedCount=5, MessageUnsubscribedCount=120)
        self.assertIn("as only 5 clicked, Mailjet allows 1 %", found.words)

    def test_fifty_complaints_in_a_day_are_the_most(self):
        """However low the rate is, and however few emails were sent."""
        total = 1_000_000
        for day, complaints, state in (
            (NOW, 24, "fine"),
            (NOW, 25, "half"),
            (NOW, 50, "half"),
            (NOW, 51, "over"),
            (NOW - timedelta(days=6), 51, "over"),
            (NOW - timedelta(days=9), 51, "fine"),
        ):
            with self.subTest(day=day, complaints=complaints):
                row = counter_row(
                    day,
                    Total=total,
                    MessageSentCount=total,
                    MessageSpamCount=complaints,
                )
                self.answer_counters(row)
                self.server.action_mailjet_read_policy_limits()
                self.assertEqual(self.limit("complained").state, state)
        for complaints, state in ((20, "few"), (60, "over")):
            row = counter_row(
                NOW, Total=900, MessageSentCount=900, MessageSpamCount=complaints
            )
            self.answer_counters(row)
            self.server.action_mailjet_read_policy_limits()
            self.assertEqual(self.limit("complained").state, state)
        limit = self.limit("complained")
        self.assertIn("Complaints about the emails of 03/31/2026: 60.", limit.words)
        self.assertIn("allows 50 in a day", limit.words)
        self.assertIn("spam trap", limit.cure)
        self.assertEqual(limit.used, 120)

    def test_the_contacts_of_the_plan(self):
        self.server.action_mailjet_free_plan()
        self.assertEqual(self.server.mailjet_contact_limit, 1500)
        for count, state in ((700, "fine"), (1500, "half"), (1501, "over")):
            self.answer_sums()
            body = json.dumps({"Count": count, "Data": [], "Total": count}).encode()
            self.rest.faults.add("garbage", path="contact", times=None, body=body)
            self.server.action_mailjet_read_policy_limits()
            self.assertEqual(self.limit("contacts").state, state)
        self.assertEqual(
            self.limit("contacts").words,
            "Mailjet has 1,501 contacts; your plan allows 1,500.",
        )
        self.server.mailjet_pause_at_policy_limit = True
        self.server._mailjet_pause_at_policy_limits()
        self.assertFalse(self.server.mailjet_is_paused, "Waiting removes no contact")
        self.server.mailjet_contact_limit = 0
        self.read_figures()
        self.assertFalse(self.limit("contacts"))

    def test_the_unsubscription_rate_refers_to_delivered_emails(self):
        """Blocked emails reached nobody who could unsubscribe."""
        self.read_figures(MessageBlockedCount=2000, MessageUnsubscribedCount=80)
        self.assertEqual(self.limit("unsubscribed").whole, 8000)
        self.assertEqual(self.limit("unsubscribed").rate, 1)
        self.assertEqual(self.limit("blocked").whole, 10_000)

    def test_there_is_one_limit_of_each_kind(self):
        self.read_figures()
        self.read_figures()
        self.assertEqual(
            self.server.mailjet_policy_limit_ids.mapped("kind"), list(LIMITS)
        )

    def test_explanations(self):
        self.read_figures(MessageHardBouncedCount=924)
        limit = self.limit("bounced")
        self.assertEqual(
            limit.words,
            "Bounces in the last 30 days: 924 of 10,000 emails. That is 9.24 %; "
            "Mailjet allows 8 %.",
        )
        self.assertIn("bounce reasons", limit.cure)
        self.assertFalse(self.limit("blocked").cure)
        complaints = self.limit("complained")
        self.assertIn("Mailjet allows 0.08 %", complaints.words)
        self.read_figures(total=12)
        self.assertEqual(
            limit.words,
            "Mailjet applies its limits from 1,000 emails in 30 days; you sent 12.",
        )

    def test_a_rounded_rate_has_no_trailing_zero(self):
        self.read_figures(total=1616, MessageUnsubscribedCount=8)  # 0.4950 %
        self.assertIn("That is 0.5 %;", self.limit("unsubscribed").words)

    def test_a_rate_is_rounded_once(self):
        self.read_figures(total=1732, MessageHardBouncedCount=95)  # 5.48499 %
        self.assertIn("That is 5.48 %;", self.limit("bounced").words)

    def test_the_days_are_stored_as_counters(self):
        self.read_figures(MessageSpamCount=3, MessageOpenedCount=10)
        counters = self.env["mailjet.counter"].search(
            [("server_id", "=", self.server.id)]
        )
        self.assertEqual(
            sorted(counters.mapped("date")),
            [datetime(2026, 3, 1), datetime(2026, 3, 31)],
        )
        self.assertEqual(sum(counters.mapped("complained")), 3)
        kinds = counters.mapped(lambda one: (one.source, one.timing, one.resolution))
        self.assertEqual(set(kinds), {("APIKey", "Message", "Day")})
        self.read_figures(total=12_000, MessageOpenedCount=20)
        self.assertEqual(sum(counters.mapped("opened")), 20)
        self.assertEqual(sum(counters.mapped("processed")), 12_000)
        self.assertEqual(
            self.env["mailjet.counter"].search_count(
                [("server_id", "=", self.server.id)]
            ),
            2,
        )

    # ------------------------------------------------------------------
    # Activities
    # ------------------------------------------------------------------

    def test_one_activity_at_half_and_one_when_over(self):
        user = new_test_user(self.env, "keeper", "base.group_system")
        self.server.with_user(user).name = "Shop"
        user.lang = "en_US"
        limit = self.limit
        self.read_figures(MessageHardBouncedCount=500)
        activity = limit("bounced").activity_ids
        self.assertEqual(activity.summary, "Half of the limit reached")
        self.assertIn("That is 5 %", activity.note)
        self.assertEqual(activity.user_id, user)
        self.read_figures(MessageHardBouncedCount=600)
        self.assertEqual(limit("bounced").activity_ids, activity, "Not every day")
        activity.action_done()
        self.read_figures(MessageHardBouncedCount=700)
        self.assertFalse(limit("bounced").activity_ids, "Somebody is dealing with it")
        self.read_figures(MessageHardBouncedCount=900)
        self.assertEqual(limit("bounced").activity_ids.summary, "Over the limit")
        self.assertFalse(
            (self.server.mailjet_policy_limit_ids - limit("bounced")).activity_ids
        )

    def test_the_activity_closes_itself(self):
        self.read_figures(MessageHardBouncedCount=900)
        limit = self.limit("bounced")
        self.read_figures(MessageHardBouncedCount=500)
        self.assertTrue(limit.activity_ids, "Half of the limit is still too much")
        self.read_figures(MessageHardBouncedCount=100)
        self.assertFalse(limit.activity_ids)
        bodies = " ".join(limit.message_ids.mapped("body"))
        self.assertIn("below half of the limit again", bodies)
        self.read_figures(MessageHardBouncedCount=500)
        self.assertEqual(len(limit.activity_ids), 1)

    # ------------------------------------------------------------------
    # Outages
    # ------------------------------------------------------------------

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "mail_mailjet.ir_cron_read_policy_limits"
            ).method_direct_trigger()

    def test_an_outage_keeps_the_last_known_figures(self):
        self.read_figures(MessageHardBouncedCount=900)
        self.rest.faults.clear()
        self.rest.faults.add("unauthorized", times=None)
        for days in (1, 2):
            with freeze_time(NOW + timedelta(days=days)):
                self.run_cron()
        self.env.invalidate_all()
        limit = self.limit("bounced")
        self.assertEqual((limit.state, limit.part), ("over", 900))
        self.assertEqual(limit.read_on, NOW)
        self.assertEqual(limit.outage_since, NOW + timedelta(days=1))
        with self.assertRaises(UserError):
            self.server.action_mailjet_read_policy_limits()
        self.answer_sums()
        self.run_cron()
        self.env.invalidate_all()
        self.assertFalse(limit.outage_since)
        self.assertEqual(limit.state, "fine")

    def test_one_unreachable_account_does_not_hold_up_the_others(self):
        other = self.create_server("Second", mailjet_api_url=self.rest.url)
        self.answer_sums()
        self.rest.faults.clear()
        self.rest.faults.add("unauthorized")
        self.run_cron()
        self.env.invalidate_all()
        servers = self.server + other
        self.assertEqual(len(servers.filtered("mailjet_policy_read_on")), 1)
        self.assertEqual(len(servers.filtered("mailjet_policy_outage_since")), 1)

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_marketing_reads(self):
        self.read_figures(MessageHardBouncedCount=900)
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        user = new_test_user(self.env, "marketing", groups)
        limit = self.limit("bounced").with_user(user)
        self.assertIn("9 %", limit.words)
        self.assertEqual(limit.read_on, NOW)
        for action in (limit.action_read, limit.browse().action_read, limit.unlink):
            with self.assertRaises(AccessError):
                action()
        internal = new_test_user(self.env, "internal", "base.group_user")
        with self.assertRaises(AccessError):
            limit.with_user(internal).read(["state"])

    def test_an_administrator_reads_all_accounts(self):
        admin = new_test_user(self.env, "chief", "base.group_system")
        other = self.create_server("Second", mailjet_api_url=self.rest.url)
        self.answer_sums()
        self.env["mailjet.policy.limit"].with_user(admin).action_read()
        self.assertEqual(len((self.server + other).mailjet_policy_limit_ids), 8)


@tagged("post_install", "-at_install")
class TestMailjetPolicyLimitPause(MailjetPolicyLimitCommon, MailRefusedCommon):
    """Servers that are set to pause at a limit do so while over it."""

    _request_handler = MailjetRestCommon._request_handler

    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        self.point_at(self.server, mailjet_api_url=self.rest.url)
        self.server.mailjet_pause_at_policy_limit = True

    def read_figures(self, later=timedelta(0), **counts):
        with freeze_time(fields.Datetime.now() + later):
            self.answer_sums(**counts)
            self.server.action_mailjet_read_policy_limits()

    def test_no_pause_by_default(self):
        self.assertFalse(self.create_server("New").mailjet_pause_at_policy_limit)
        self.server.mailjet_pause_at_policy_limit = False
        self.read_figures(MessageHardBouncedCount=900)
        self.assertFalse(self.server.mailjet_is_paused)

    def test_half_of_a_limit_does_not_pause(self):
        self.read_figures(MessageHardBouncedCount=500)
        self.assertFalse(self.server.mailjet_is_paused)

    def test_emails_wait_and_the_form_says_why(self):
        self.read_figures(MessageHardBouncedCount=900)
        mails = self.create_mails(2)
        mails.send()
        self.assertFalse(self.arrived())
        self.assertEqual(set(mails.mapped("mailjet_waits_for")), {"pause"})
        reason = self.server.mailjet_pause_reason
        self.assertIn("Bounces in the last 30 days: 900 of 10,000 emails", reason)
        self.assertIn("resume sending", reason)

    def test_the_pause_lasts_until_the_rate_falls(self):
        self.read_figures(MessageHardBouncedCount=900)
        mails = self.create_mails(1)
        mails.send()
        day = timedelta(days=1)
        self.read_figures(later=day, MessageHardBouncedCount=850)
        self.run_queue(later=day + timedelta(hours=25))
        self.assertFalse(self.arrived())
        self.read_figures(later=2 * day, MessageHardBouncedCount=100)
        self.env.invalidate_all()
        self.assertFalse(self.server.mailjet_paused_until)
        self.run_queue(later=2 * day + timedelta(minutes=1))
        self.assertEqual(len(self.arrived()), 1)

    def test_an_outage_does_not_end_the_pause(self):
        self.read_figures(MessageHardBouncedCount=900)
        self.rest.faults.clear()
        self.rest.faults.add("unauthorized", times=None)
        with freeze_time(fields.Datetime.now() + timedelta(hours=25)):
            with self.enter_registry_test_mode():
                self.env.ref(
                    "mail_mailjet.ir_cron_read_policy_limits"
                ).method_direct_trigger()
            self.env.invalidate_all()
            self.assertTrue(self.server.mailjet_is_paused)
        with freeze_time(fields.Datetime.now() + timedelta(hours=50)):
            self.env.invalidate_all()
            self.assertTrue(self.server.mailjet_is_paused)

    def test_resuming_accepts_the_limit_for_a_day(self):
        self.read_figures(MessageHardBouncedCount=900)
        mails = self.create_mails(1)
        mails.send()
        self.server.action_mailjet_resume()
        self.assertFalse(self.server.mailjet_is_paused)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(len(self.arrived()), 1)
        self.read_figures(later=timedelta(hours=23), MessageHardBouncedCount=950)
        self.assertFalse(self.server.mailjet_paused_until)
        # A limit that was not accepted pauses
        self.read_figures(
            later=timedelta(hours=23),
            MessageHardBouncedCount=950,
            MessageSpamCount=50,
        )
        self.assertTrue(self.server.mailjet_paused_until)

    def test_after_a_day_the_same_limit_pauses_again(self):
        self.read_figures(MessageHardBouncedCount=900)
        self.server.action_mailjet_resume()
        self.read_figures(later=timedelta(hours=25), MessageHardBouncedCount=900)
        self.assertTrue(self.server.mailjet_paused_until)

    def test_an_email_in_transit_does_not_end_the_pause(self):
        """Another worker may deliver its last email after the pause has begun."""
        self.read_figures(MessageHardBouncedCount=900)
        until = self.server.mailjet_paused_until
        self.server._mailjet_end_pause()
        self.assertEqual(self.server.mailjet_paused_until, until)

    def test_unticking_the_option_ends_the_pause(self):
        self.read_figures(MessageHardBouncedCount=900)
        mails = self.create_mails(1)
        mails.send()
        self.server.mailjet_pause_at_policy_limit = False
        self.assertFalse(self.server.mailjet_is_paused)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(len(self.arrived()), 1)
