# pylint: disable=translation-required
from datetime import date, datetime

from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, Form, new_test_user, tagged

from ...models.sending.limits import WarmUpPlan
from .test_mail_refused import MailRefusedCommon


@tagged("post_install", "-at_install")
class TestWarmUpPlan(BaseCase):
    def test_it_grows_until_it_ends(self):
        plan = WarmUpPlan(date(2026, 3, 5), start=50, factor=2, target=400)
        self.assertEqual(plan.sizes, [50, 100, 200])
        self.assertEqual(plan.end, date(2026, 3, 8))
        sizes = [plan.size_on(date(2026, 3, day)) for day in range(4, 9)]
        self.assertEqual(sizes, [None, 50, 100, 200, None])

    def test_when_it_has_grown_to_a_number(self):
        plan = WarmUpPlan(date(2026, 3, 5), start=50, factor=2, target=400)
        self.assertEqual(plan.grown_to(50), datetime(2026, 3, 5))
        self.assertEqual(plan.grown_to(51), datetime(2026, 3, 6))
        self.assertEqual(plan.grown_to(5000), datetime(2026, 3, 8))

    @given(
        st.builds(
            WarmUpPlan,
            begin=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
            start=st.integers(1, 10000),
            factor=st.floats(1.01, 10),
            target=st.integers(0, 10**7),
        )
    )
    def test_it_never_shrinks_and_allows_somebody_every_day(self, plan):
        sizes = plan.sizes
        self.assertEqual(sizes, sorted(sizes))
        self.assertTrue(all(1 <= size <= plan.target for size in sizes))
        self.assertIsNone(plan.size_on(plan.end))


@tagged("post_install", "-at_install")
class TestWarmUp(MailRefusedCommon):
    def start_warm_up(self, **vals):
        self.server.write(
            {
                "mailjet_warm_up_begin": date(2026, 3, 5),
                "mailjet_warm_up_start": 2,
                "mailjet_warm_up_factor": 2,
                "mailjet_warm_up_target": 9,
                **vals,
            }
        )

    def send_on(self, day):
        """Run the queue on a day of March; return how many have arrived then."""
        before = len(self.arrived())
        with freeze_time(datetime(2026, 3, day, 9)):
            self.env.invalidate_all()
            self.env["mail.mail"].process_email_queue()
        return len(self.arrived()) - before

    def test_each_day_sends_more_until_the_plan_ends(self):
        self.start_warm_up()
        with freeze_time(datetime(2026, 3, 5, 9)):
            mails = self.create_mails(30)
            mails.send()
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual([self.send_on(day) for day in (6, 7, 8)], [4, 8, 16])
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_the_daily_limit_counts_too(self):
        self.start_warm_up(mailjet_daily_limit=3)
        with freeze_time(datetime(2026, 3, 5, 9)):
            self.create_mails(10).send()
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual([self.send_on(day) for day in (6, 7)], [3, 3])

    def test_a_large_mail_waits_for_its_day_and_is_not_split(self):
        self.start_warm_up()
        many = ", ".join(f"m{number}@example.org" for number in range(7))
        with freeze_time(datetime(2026, 3, 5, 9)):
            mail = self.create_mails(1, email_to=many)
            mail.send()
        self.assertEqual(mail.scheduled_date, datetime(2026, 3, 7))
        self.assertEqual([self.send_on(day) for day in (6, 7)], [0, 7])
        self.assertEqual(len(self.mailjet.store.messages), 1)

    def test_a_mailing_says_that_it_waits_for_the_warm_up(self):
        self.start_warm_up()
        mailing = self.create_mailing(*(f"c{number}@example.org" for number in "abcd"))
        with freeze_time(datetime(2026, 3, 5, 9)):
            mailing.action_send_mail()
            self.assertEqual(mailing.mailjet_waiting_count, 2)
            self.assertEqual(
                mailing.mailjet_waiting_reason,
                "The warm-up allows no more emails today.",
            )

    def test_nothing_is_limited_before_it_begins(self):
        self.start_warm_up(mailjet_warm_up_begin=date(2026, 3, 6))
        with freeze_time(datetime(2026, 3, 5, 9)):
            self.create_mails(5).send()
        self.assertEqual(len(self.arrived()), 5)

    def test_a_change_releases_what_waits(self):
        self.start_warm_up(mailjet_warm_up_begin=fields.Date.today())
        mails = self.create_mails(5)
        mails.send()
        self.assertEqual(len(self.arrived()), 2)
        self.server.mailjet_warm_up_begin = False
        self.run_queue()
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_where_it_stands_in_words_and_for_the_graph(self):
        self.start_warm_up()
        for day, words in (
            (4, "Begins on 03/05/2026 with 2 emails."),
            (6, "Day 2 of 3: up to 4 emails today."),
            (8, "Ended on 03/08/2026: the warm-up no longer limits anything."),
        ):
            with freeze_time(datetime(2026, 3, day, 9)):
                self.env.invalidate_all()
                self.assertEqual(self.server.mailjet_warm_up_words, words)
        with freeze_time(datetime(2026, 3, 5, 23, 30)):
            self.create_mails(3).send()
        with freeze_time(datetime(2026, 3, 6, 9)):
            self.create_mails(1).send()
            self.env.invalidate_all()
            server = self.server.with_context(tz="Pacific/Auckland")
            self.assertEqual(
                server.mailjet_warm_up_days,
                [
                    {"date": "2026-03-05", "limit": 2, "sent": 2, "is_today": False},
                    {"date": "2026-03-06", "limit": 4, "sent": 1, "is_today": True},
                    {"date": "2026-03-07", "limit": 8, "sent": None, "is_today": False},
                ],
            )

    def test_large_numbers_are_grouped(self):
        self.start_warm_up(mailjet_warm_up_start=4096, mailjet_warm_up_target=20_000)
        for day, words in (
            (4, "Begins on 03/05/2026 with 4,096 emails."),
            (5, "Day 1 of 3: up to 4,096 emails today."),
        ):
            with freeze_time(datetime(2026, 3, day, 9)):
                self.env.invalidate_all()
                self.assertEqual(self.server.mailjet_warm_up_words, words)

    def test_nonsense_is_refused(self):
        for vals in (
            {"mailjet_warm_up_start": 0},
            {"mailjet_warm_up_factor": 1},
            {"mailjet_warm_up_factor": 1.001, "mailjet_warm_up_target": 10**6},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.start_warm_up(**vals)
        self.server.mailjet_warm_up_begin = False
        self.server.mailjet_warm_up_factor = 0
        self.assertFalse(self.server.mailjet_warm_up_days)

    def test_a_new_server_shows_its_plan_while_it_is_entered(self):
        with Form(self.server) as form:
            form.mailjet_warm_up_begin = fields.Date.today()
            form.mailjet_warm_up_target = 100
            self.assertEqual(len(form.mailjet_warm_up_days), 2)


@tagged("post_install", "-at_install")
class TestHourlyBrake(MailRefusedCommon):
    def test_the_limit_that_mailjet_names_is_offered(self):
        reply = "421 4.7.0 Limited to 50 emails per hour"
        self.mailjet.faults.add("MAIL", reply, after=1)
        self.create_mails(3).send()
        self.assertTrue(self.server.mailjet_is_paused)
        self.assertFalse(self.server.mailjet_hourly_limit, "It is not forced")
        self.assertEqual(self.server.mailjet_hourly_offer, 50)
        self.assertEqual(
            self.server.mailjet_hourly_offer_label, "Limit to 50 emails an hour"
        )
        met_on = self.server.mailjet_braked_on
        self.server.action_mailjet_accept_hourly_offer()
        self.assertEqual(self.server.mailjet_hourly_limit, 50)
        days = (self.server.mailjet_hourly_limit_until - met_on).days
        self.assertEqual(days, 7)
        self.assertFalse(self.server.mailjet_hourly_offer)

    def test_without_a_figure_what_mailjet_took_in_an_hour_is_offered(self):
        with freeze_time(datetime(2026, 3, 5, 8)):
            self.create_mails(4).send()
        self.mailjet.faults.add(
            "MAIL", "450 4.7.1 Hourly limit reached for new accounts", after=3
        )
        with freeze_time(datetime(2026, 3, 5, 9, 30)):
            self.create_mails(8).send()
            self.env.invalidate_all()
            self.assertEqual(self.server.mailjet_hourly_offer, 3)
        with freeze_time(datetime(2026, 3, 12, 10)):
            self.env.invalidate_all()
            self.assertFalse(self.server.mailjet_hourly_offer, "It has ended")

    def test_a_lower_limit_needs_no_offer(self):
        self.server.mailjet_hourly_limit = 10
        self.mailjet.faults.add("MAIL", "421 4.7.0 Limited to 50 emails per hour")
        self.create_mails(1).send()
        self.assertFalse(self.server.mailjet_hourly_offer)
        self.server.mailjet_hourly_limit = 60
        self.assertEqual(self.server.mailjet_hourly_offer, 50)

    def test_declined_until_the_next_refusal(self):
        self.mailjet.faults.add("MAIL", "421 4.7.0 Limited to 50 emails per hour")
        self.create_mails(1).send()
        self.server.action_mailjet_decline_hourly_offer()
        self.assertFalse(self.server.mailjet_hourly_offer)
        self.assertFalse(self.server.mailjet_hourly_limit)

    def test_another_limit_offers_nothing(self):
        self.mailjet.faults.add("MAIL", "450 4.7.1 Too many messages", after=1)
        self.create_mails(3).send()
        self.assertFalse(self.server.mailjet_hourly_offer)

    def test_only_administrators_decide(self):
        user = new_test_user(
            self.env, "marketer", "mass_mailing.group_mass_mailing_user"
        )
        self.server.mailjet_braked_on = fields.Datetime.now()
        self.server.mailjet_brake_limit = 5
        for action in ("accept", "decline"):
            with self.assertRaises(AccessError):
                server = self.server.with_user(user)
                getattr(server, f"action_mailjet_{action}_hourly_offer")()
