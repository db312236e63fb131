# pylint: disable=translation-required
"""Mails whose worker was killed, and how Mailjet is asked for them."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo.sql_db import db_connect
from odoo.tests import tagged

from ...models.sending import recovery
from ...models.sending.recovery import Recovery
from ...models.sending.results import Entry
from ...tools.smtp.pipeline import Fate
from ..common import SECRET_KEY
from .recovery_common import IN_FLIGHT, MailRecoveryCommon


@tagged("post_install", "-at_install")
class TestMailRecovery(MailRecoveryCommon):
    # ------------------------------------------------------------------
    # Killed
    # ------------------------------------------------------------------

    def test_what_had_not_begun_goes_at_once(self):
        self.server.mailjet_daily_limit = 100
        mails = self.create_mails(3)
        self.leave_in_flight(mails, notes=False)
        self.assertEqual(self.server.mailjet_used_today, 3)
        self.recover(minutes=10)
        self.assertEqual(set(mails.mapped("state")), {IN_FLIGHT}, "It was too soon")
        self.recover(minutes=16)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertFalse(any(mails.mapped("mailjet_claim")))
        self.assertEqual(self.server.mailjet_used_today, 0)
        self.assertFalse(self.asked())
        self.run_queue(timedelta(minutes=16))
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(len(self.arrived()), 3)

    def test_what_mailjet_has_is_sent(self):
        mailing, mails = self.create_queued_mailing("a@example.org", "b@example.org")
        self.leave_in_flight(mails)
        self.mailjet_takes(mails[0])
        self.recover(minutes=16)
        traces = mailing.mailing_trace_ids
        self.assertEqual(sorted(traces.mapped("trace_status")), ["outgoing", "sent"])
        self.assertEqual(mails.exists(), mails[1])
        self.assertEqual(mails[1].state, IN_FLIGHT)

    def test_what_mailjet_has_not_is_sent_again(self):
        self.server.mailjet_daily_limit = 100
        mails = self.create_mails(2)
        self.leave_in_flight(mails)
        ids = mails.mapped("mailjet_custom_ids")
        self.other_mail_arrives(minutes=20)
        self.recover(minutes=16)
        self.assertEqual(set(mails.mapped("state")), {IN_FLIGHT})
        self.recover(minutes=31)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(self.server.mailjet_used_today, 0)
        self.run_queue(timedelta(minutes=32))
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        used = {m.parsed()["X-MJ-CustomID"] for m in self.mailjet.store.messages}
        self.assertLessEqual({one[""] for one in ids}, used)

    def test_one_empty_answer_sends_nothing_again(self):
        """Lists may lag for hours; without later mails in them, nobody can say."""
        mails = self.create_mails(2)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails)
        self.statistics.lag = 5 * 3600
        self.other_mail_arrives(20, minutes=10)
        for minutes in (16, 31, 61, 121, 241):
            self.recover(minutes=minutes)
            self.assertEqual(set(mails.mapped("state")), {IN_FLIGHT}, minutes)
            self.assertTrue(self.asked())
        self.recover(hours=8, minutes=1)
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(set(self.mailjet.store.taken().values()), {1})

    def test_mailjet_is_asked_less_and_less_often(self):
        mail = self.create_mails(1)
        self.leave_in_flight(mail)
        looks = []
        for minutes in range(5, 300, 5):
            self.recover(minutes=minutes + 1)
            if self.asked():
                looks.append(minutes + 1)
        self.assertEqual(looks, [16, 31, 61, 121, 241])

    def test_too_few_later_mails(self):
        mail = self.create_mails(1)
        self.leave_in_flight(mail)
        self.other_mail_arrives(4, minutes=10)
        self.recover(minutes=31)
        self.assertEqual(mail.state, IN_FLIGHT)
        self.other_mail_arrives(1, minutes=40)
        self.recover(minutes=61)
        self.assertEqual(mail.state, "outgoing")

    def test_a_mail_of_before_the_claim_is_another(self):
        mail = self.create_mails(1)
        self.later = timedelta(minutes=-5)
        self.take(mail._mailjet_custom_id(None), "to0@example.org")
        self.leave_in_flight(mail)
        self.other_mail_arrives(minutes=10)
        self.recover(minutes=31)
        self.assertEqual(mail.state, "outgoing")

    def test_a_worker_that_lives_keeps_its_mails(self):
        mail = self.create_mails(1)
        claims = self.leave_in_flight(mail)
        self.mailjet_takes(mail)
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute(
                "SELECT pg_advisory_lock(hashtextextended(%s, 0))", [claims.token]
            )
            self.recover(hours=2)
            self.assertEqual(mail.state, IN_FLIGHT)
            cr.execute("SELECT pg_advisory_unlock_all()")
        self.recover(hours=2)
        self.assertEqual(mail.state, "sent")

    def test_a_worker_that_wakes_up_late_writes_nothing(self):
        """Neither over what recovery has found, nor into another worker's claim."""
        mails = self.create_mails(3)
        claims = self.leave_in_flight(mails)
        self.mailjet_takes(mails[0])
        self.other_mail_arrives(minutes=10)
        self.recover(minutes=31)
        self.assertEqual(mails.mapped("state"), ["sent", "outgoing", "outgoing"])
        self.leave_in_flight(mails[1])
        late = {mail.id: [Entry(0, {mail.email_to: Fate.UNCERTAIN})] for mail in mails}
        self.assertEqual(mails._mailjet_keep(claims.token, self.server, late), 0)
        self.assertEqual(
            mails.mapped("state"), ["sent", IN_FLIGHT, "outgoing"], "As before"
        )
        with self.enter_registry_test_mode(), claims:
            claims.release(mails.ids)
        self.env.invalidate_all()
        self.assertEqual(mails.mapped("state"), ["sent", IN_FLIGHT, "outgoing"])

    def test_recovery_is_killed(self):
        """What it had found is kept; the next one goes on with the rest."""
        mails = self.create_mails(4)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails)
        keep = self.registry["mail.mail"]._mailjet_keep_recovered
        calls = []

        def killed_at_the_third(*args):
            calls.append(args)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return keep(*args)

        with (
            patch.object(
                self.registry["mail.mail"],
                "_mailjet_keep_recovered",
                killed_at_the_third,
            ),
            suppress(KeyboardInterrupt),
            self.at(minutes=16),
            self.enter_registry_test_mode(),
        ):
            with self.registry.cursor() as cr:
                Recovery(self.env(cr=cr)).run()
        self.assertEqual(len(calls), 3)
        self.env.invalidate_all()
        self.assertEqual(sorted(mails.mapped("state")), [IN_FLIGHT] * 2 + ["sent"] * 2)
        self.recover(minutes=17)
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_two_recoveries_at_once(self):
        """The second one finds its mails settled by the first and changes nothing."""
        mails = self.create_mails(2)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails)

        ask, keep = Recovery._ask, self.registry["mail.mail"]._mailjet_keep_recovered
        kept = []

        def run_another_first(*args):
            with patch.object(Recovery, "_ask", ask), self.registry.cursor() as cr:
                Recovery(self.env(cr=cr)).run()
            return ask(*args)

        def note_kept(*args):
            kept.append(keep(*args))
            return kept[-1]

        with (
            patch.object(Recovery, "_ask", run_another_first),
            patch.object(
                self.registry["mail.mail"], "_mailjet_keep_recovered", note_kept
            ),
        ):
            self.recover(minutes=16)
        self.assertEqual(kept, [[one] for one in mails.ids] + [[], []])
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def test_many_are_asked_for_by_pages(self):
        mails = self.create_mails(recovery.MOST_SINGLE + 20)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails[::2])
        self.other_mail_arrives(minutes=12)
        with patch.object(recovery, "API_PAGE_SIZE", 50):
            self.recover(minutes=31)
        self.assertLessEqual(self.asked(), 6)
        self.assertEqual(set(mails[::2].mapped("state")), {"sent"})
        self.assertEqual(set(mails[1::2].mapped("state")), {"outgoing"})

    def test_many_pages_are_not_begun(self):
        """They would not fit into one run; asked for one by one, each gets its turn."""
        mails = self.create_mails(recovery.MOST_SINGLE + 1)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails)
        with patch.object(recovery, "MOST_PAGES", 0):
            self.recover(minutes=16)
        self.assertGreater(self.asked(), len(mails))
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_found_pages_are_kept_when_mailjet_fails(self):
        mails = self.create_mails(recovery.MOST_SINGLE + 20)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails)
        self.other_mail_arrives(minutes=12)

        def fail_at_the_second_page(request):
            if request.params.get("Offset") == "50":
                self.rest.faults.add("error", status=500, times=None)

        self.rest.on_request = fail_at_the_second_page
        with patch.object(recovery, "API_PAGE_SIZE", 50):
            self.recover(minutes=31)
        self.assertEqual(len(mails.filtered(lambda m: m.state == "sent")), 50)
        self.assertEqual(len(mails.filtered(lambda m: m.state == IN_FLIGHT)), 70)
        self.rest.on_request = lambda request: None
        self.rest.faults.clear()
        self.recover(minutes=36)
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_when_time_is_up_the_rest_is_for_the_next_run(self):
        mails = self.create_mails(5)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails)
        ask, asked = Recovery._ask_singly, []

        def slow(run, *args):
            asked.append(args)
            run._ends_at -= recovery.BUDGET_SECONDS / 2
            return ask(run, *args)

        with (
            patch.object(Recovery, "_ask_singly", slow),
            self.at(minutes=16),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.assertTrue(Recovery(self.env(cr=cr)).run())
        self.env.invalidate_all()
        self.assertEqual(len(asked), 2)
        self.assertEqual(len(mails.filtered(lambda m: m.state == "sent")), 2)
        self.recover(minutes=16)
        self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_an_outage_is_no_verdict_and_ends_the_asking(self):
        mails = self.create_mails(3)
        self.leave_in_flight(mails)
        self.other_mail_arrives(minutes=10)
        self.rest.faults.add("unauthorized", times=None)
        self.recover(minutes=31)
        self.assertEqual(self.asked(), 1)
        self.assertEqual(set(mails.mapped("state")), {IN_FLIGHT})
        self.rest.faults.clear()
        self.recover(minutes=36)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})

    def test_another_account_proves_nothing(self):
        mail = self.create_mails(1)
        self.leave_in_flight(mail)
        other_key = "f" * 32
        self.mailjet.store.add_key(other_key, SECRET_KEY)
        self.server.smtp_user = other_key
        self.later = timedelta(minutes=20)
        for number in range(5):
            self.take("", f"other{number}@elsewhere.example", api_key=other_key)
        self.recover(minutes=31)
        self.assertEqual(mail.state, IN_FLIGHT)
        self.recover(hours=25)
        self.assertEqual(mail.state, "exception")
        self.assertTrue(mail.mailjet_is_undecided)

    def test_the_server_that_took_it_is_asked(self):
        """Even if it is archived, and whatever the database's secret is by now."""
        mail = self.create_mails(1)
        self.leave_in_flight(mail)
        self.mailjet_takes(mail)
        other = self.create_standin_server(name="Other", mailjet_api_url=self.rest.url)
        mail.mail_server_id = other
        other.smtp_pass = "wrong"
        self.server.active = False
        params = self.env["ir.config_parameter"]
        params.set_param("database.secret", "another")
        params.set_param("database.uuid", "another")
        self.recover(minutes=16)
        self.assertEqual(mail.state, "sent")
