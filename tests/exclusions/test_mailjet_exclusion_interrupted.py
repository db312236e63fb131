from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged

from ...models.server import ir_mail_server_account
from ...tools.mailjet.resources import MailjetApi
from .common import ANNA, BERT, MailjetExclusionCommon


class Killed(BaseException):
    """The end of a process, which no code catches."""


@tagged("post_install", "-at_install")
class TestMailjetExclusionInterrupted(MailjetExclusionCommon):
    """Outages, kills and conflicts leave both lists consistent."""

    @contextmanager
    def failing_after(self, count, kind, **options):
        """Make all requests fail after the first `count`."""
        request = MailjetApi.request
        left = [count]

        def counted(client, *args, **kwargs):
            if left[0] == 0:
                self.rest.faults.add(kind, times=None, **options)
            left[0] -= 1
            return request(client, *args, **kwargs)

        with (
            patch.object(MailjetApi, "request", counted),
            patch.object(ir_mail_server_account, "API_DEADLINE", 0.2),
        ):
            yield
        self.rest.faults.clear()

    def test_an_outage_at_any_request_is_for_the_next_run(self):
        for kind, count in (
            *(("rate_limited", count) for count in range(6)),
            ("error", 3),
            ("closed", 5),
            ("garbage", 4),
            ("unauthorized", 2),
        ):
            with self.subTest(kind=kind, count=count):
                emails = [f"{kind}{count}{letter}@example.com" for letter in "abcd"]
                self.exclude(*emails[:2])
                self.block(*emails[2:])
                with self.failing_after(count, kind):
                    self.sync()
                progress = self.progress()
                self.assertTrue(progress.problem)
                self.assertGreater(progress.next_on, self.now)
                self.assertEqual(progress.tries, 1)
                trigger = self.env["ir.cron.trigger"].search(
                    [("cron_id", "=", self.cron.id)], order="id desc", limit=1
                )
                self.assertEqual(trigger.call_at, progress.next_on)
                # Nothing is lost
                self.assertLessEqual(set(emails[2:]), self.in_odoo())
                self.assertLessEqual(set(emails[:2]), self.excluded())
                self.sync()
                self.assertFalse(self.progress().problem)
                self.assertEqual(self.in_odoo(), self.excluded())
                self.assertLessEqual(set(emails), self.in_odoo())

    def test_an_unreadable_list_unblocks_nobody(self):
        self.exclude(ANNA)
        self.block(BERT)
        self.sync()
        for kind in ("unauthorized", "garbage", "error"):
            self.rest.faults.add(kind, times=None)
            with patch.object(ir_mail_server_account, "API_DEADLINE", 0.2):
                self.sync()
            self.rest.faults.clear()
            self.assert_both(ANNA, BERT)
        # An empty list, as in an answer that is not Mailjet's
        body = b'{"Count": 0, "Data": [], "Total": 0}'
        self.rest.faults.add("garbage", times=None, path="contact?", body=body)
        self.rest.faults.add("garbage", times=2, method="GET", body=body)
        self.sync()
        self.rest.faults.clear()
        self.assert_both(ANNA, BERT)

    def test_no_wait_longer_than_mailjet_asks_for(self):
        with self.failing_after(0, "rate_limited", retry_after=120):
            self.sync()
        wait = self.progress().next_on - self.now
        self.assertEqual(wait, timedelta(seconds=120))

    def test_other_accounts_go_on(self):
        second = self.add_server()
        self.server.smtp_pass = "wrong"
        self.exclude(ANNA, server=second)
        self.sync()
        self.assertEqual(self.in_odoo(), {ANNA})
        self.assertIn("does not accept the API key", self.progress().problem)
        self.assertFalse(self.progress(second).problem)

    def killed_at(self, number, is_done):
        """Kill the cron at a request, before or after Mailjet has received it."""
        self.tick(hours=1)
        request = MailjetApi.request
        left = [number]

        def mortal(client, *args, **kwargs):
            left[0] -= 1
            if left[0] < 0 and not is_done:
                raise Killed
            answer = request(client, *args, **kwargs)
            if left[0] < 0:
                raise Killed
            return answer

        with (
            self.enter_registry_test_mode(),
            patch.object(MailjetApi, "request", mortal),
        ):
            cursor = self.registry.cursor()
            try:
                env = api.Environment(cursor, SUPERUSER_ID, {})
                env["mailjet.exclusion.sync"]._cron_sync()
                cursor.commit()
            except Killed:
                return True
            finally:
                cursor.close()
                self.env.invalidate_all()
        return False

    def test_killed_at_any_request(self):
        number = 0
        was_killed = True
        while was_killed:
            for is_done in (False, True):
                letters = [f"{letter}{number}{is_done:d}" for letter in "abcd"]
                emails = [f"{name}@example.com" for name in letters]
                self.exclude(*emails[:2])
                self.block(*emails[2:])
                was_killed = self.killed_at(number, is_done)
                # Whatever was done before, the later changes of people count
                self.unblock(emails[2])
                self.include(emails[0])
                for _hour in range(2):
                    self.sync()
                self.assertEqual(self.in_odoo(), self.excluded())
                self.assertEqual(self.in_odoo() & set(emails), {emails[1], emails[3]})
            number += 1
        self.assertGreater(number, 6)
        self.assert_settled()

    def test_killed_when_mailjet_has_it_and_unblocked_meanwhile(self):
        """Our own change is not mistaken for a person's."""
        request = MailjetApi.request

        def die_after_writing(client, method, *args, **kwargs):
            answer = request(client, method, *args, **kwargs)
            if method in ("PUT", "POST"):
                raise Killed
            return answer

        for unblock in (self.unblock, self.delete):
            self.block(ANNA)
            with patch.object(MailjetApi, "request", die_after_writing):
                self.killed_at(99, is_done=True)
            self.assertEqual(self.excluded(), {ANNA})
            self.assertEqual(self.exclusion(ANNA).begun, "excluded")
            unblock(ANNA)
            self.sync()
            self.assert_both()

    def delete(self, email):
        self.env["mail.blacklist"].search([("email", "=", email)]).unlink()

    def test_a_conflict_repeats_the_step(self):
        """After a serialization failure, the step is repeated."""
        self.exclude(ANNA)
        set_entries = type(self.env["mail.blacklist"])._mailjet_set
        calls = []

        def refused_once(entries, *args):
            calls.append(args)
            if len(calls) == 1:
                raise psycopg2.errors.SerializationFailure
            return set_entries(entries, *args)

        with patch.object(
            type(self.env["mail.blacklist"]), "_mailjet_set", refused_once
        ):
            self.sync()
        self.assertEqual(len(calls), 2)
        self.assert_both(ANNA)

    def test_endless_conflicts_end_the_run(self):
        self.exclude(ANNA)
        with patch.object(
            type(self.env["mail.blacklist"]),
            "_mailjet_set",
            side_effect=psycopg2.errors.SerializationFailure,
        ) as set_entries:
            self.sync()
        self.assertFalse(self.in_odoo())
        self.assertEqual(set_entries.call_count, 5)
        self.sync()
        self.assert_both(ANNA)
