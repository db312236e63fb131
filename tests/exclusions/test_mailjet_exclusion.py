"""Odoo's blacklist and Mailjet's exclusion list, over real HTTP with the stand-in."""

import random
from contextlib import contextmanager
from datetime import timedelta, timezone
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.exclusions import (
    mailjet_exclusion_sync,
    mailjet_exclusion_sync_compare,
)
from ...models.server import ir_mail_server_account
from ...tools.mailjet.client import MailjetApi
from ...tools.mailjet.errors import NotFoundError
from ..common import API_KEY, SECRET_KEY, MailjetRestCommon
from ..server.test_neutralize import NeutralizeCommon

OTHER_KEY, OTHER_SECRET = "f" * 32, "0" * 32
ANNA, BERT, CARA = (f"{name}@example.com" for name in ("anna", "bert", "cara"))


class Killed(BaseException):
    """What ends a process: nobody catches it."""


class MailjetExclusionCommon(MailjetRestCommon):
    def setUp(self):
        super().setUp()
        self.env["mail.blacklist"].with_context(active_test=False).search([]).unlink()
        self.cron = self.env.ref("mail_mailjet.ir_cron_sync_exclusions")
        self.now = fields.Datetime.now()
        self.enterContext(patch.object(fields.Datetime, "now", lambda *args: self.now))
        self.statistics = self.with_clock(self.account)
        self.server.mailjet_exclusion_direction = "both"

    def with_clock(self, account):
        """Let an account at Mailjet live in the time of the test."""
        account.statistics.clock = lambda: self.now.replace(
            tzinfo=timezone.utc
        ).timestamp()
        return account.statistics

    def add_server(self, direction="both"):
        """Add a second account and its server."""
        self.with_clock(self.store.add_key(OTHER_KEY, OTHER_SECRET))
        return self.create_server(
            "Second",
            mailjet_api_url=self.rest.url,
            smtp_user=OTHER_KEY,
            smtp_pass=OTHER_SECRET,
            mailjet_exclusion_direction=direction,
        )

    # -- What people do ----------------------------------------------------------------

    def tick(self, **delta):
        self.now += timedelta(**(delta or {"minutes": 1}))

    def block(self, *emails, reason=None):
        self.tick()
        with freeze_time(self.now):  # for the dates of messages
            for email in emails:
                self.env["mail.blacklist"]._add(email, message=reason)
            self.flush_tracking()

    def unblock(self, *emails, reason=None):
        self.tick()
        with freeze_time(self.now):
            for email in emails:
                self.env["mail.blacklist"]._remove(email, message=reason)
            self.flush_tracking()

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def at_mailjet(self, server=None):
        server = server or self.server
        return MailjetApi(server.smtp_user, server.smtp_pass, self.rest.url)

    def exclude(self, *emails, server=None, is_excluded=True):
        self.tick()
        with self.at_mailjet(server) as client:
            for email in emails:
                try:
                    client.set_exclusion(email, is_excluded)
                except NotFoundError:
                    client.create_contact(email, is_excluded)

    def include(self, *emails, server=None):
        self.exclude(*emails, server=server, is_excluded=False)

    # -- What comes of it --------------------------------------------------------------

    def sync(self):
        """Run the cron as in the next hour; return what was written to Mailjet."""
        self.tick(hours=1)
        self.rest.clear_requests()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        return [one for one in self.rest.requests if one.method != "GET"]

    def in_odoo(self):
        return set(self.env["mail.blacklist"].search([]).mapped("email"))

    def excluded(self, server=None):
        with self.at_mailjet(server) as client:
            rows = client.page("contact", 0, IsExcludedFromCampaigns="true")
        return {row["Email"].lower() for row in rows}

    def exclusion(self, email, server=None):
        return self.env["mailjet.exclusion"].search(
            [("email", "=", email), ("server_id", "=", (server or self.server).id)]
        )

    def progress(self, server=None):
        return (server or self.server).mailjet_exclusion_sync_ids

    def assert_both(self, *emails):
        self.assertEqual(self.in_odoo(), set(emails))
        self.assertEqual(self.excluded(), set(emails))

    def assert_settled(self):
        """Nothing is left to do: there is no to and fro."""
        before = self.env["mailjet.exclusion"].search([]).read()
        self.assertFalse(self.sync())
        self.assertEqual(self.progress().to_odoo_count, 0)
        after = self.env["mailjet.exclusion"].search([]).read()
        noise = ("write_date", "reading")
        for row in (*before, *after):
            for name in noise:
                row.pop(name, None)
        self.assertEqual(after, before)

    def notes(self, email):
        blacklist = self.env["mail.blacklist"].with_context(active_test=False)
        entry = blacklist.search([("email", "=", email)])
        return " ".join(entry.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
class TestMailjetExclusion(MailjetExclusionCommon):
    def test_off_by_default_and_nothing_is_asked(self):
        self.assertEqual(self.create_server().mailjet_exclusion_direction, "off")
        self.server.mailjet_exclusion_direction = "off"
        self.exclude(ANNA)
        self.block(BERT)
        self.sync()
        self.assertFalse(self.rest.requests)
        self.assertFalse(self.env["mailjet.exclusion"].search([]))

    def test_both_ways(self):
        self.exclude(ANNA)
        self.block(BERT, reason="He has asked for it.")
        self.sync()
        self.assert_both(ANNA, BERT)
        anna, bert = self.exclusion(ANNA), self.exclusion(BERT)
        self.assertEqual((anna.state, anna.origin), ("excluded", "mailjet"))
        self.assertEqual(anna.reason, "Excluded at Mailjet.")
        self.assertEqual((bert.state, bert.origin), ("excluded", "odoo"))
        self.assertEqual(bert.reason, "He has asked for it.")
        self.assertEqual(bert.changed_on - anna.changed_on, timedelta(minutes=1))
        self.assertIn("Excluded at Mailjet.", self.notes(ANNA))
        self.assert_settled()

    def test_from_mailjet_only(self):
        self.server.mailjet_exclusion_direction = "from_mailjet"
        self.exclude(ANNA)
        self.block(BERT)
        self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {ANNA, BERT})
        self.assertEqual(self.excluded(), {ANNA})
        self.assertFalse(self.exclusion(BERT))
        self.unblock(ANNA)
        for _hour in range(2):
            self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {BERT}, "a person has unblocked her")
        self.assertIn("Excluded at Mailjet only", self.exclusion(ANNA).difference)
        self.include(ANNA)
        self.exclude(ANNA)
        self.sync()
        self.assertEqual(self.in_odoo(), {ANNA, BERT}, "excluded anew, and later")
        self.include(ANNA)
        self.sync()
        self.assertEqual(self.in_odoo(), {BERT})
        self.assert_settled()

    def test_to_mailjet_only(self):
        self.server.mailjet_exclusion_direction = "to_mailjet"
        self.exclude(ANNA)
        self.block(BERT)
        self.sync()
        self.assertEqual(self.in_odoo(), {BERT})
        self.assertEqual(self.excluded(), {ANNA, BERT})
        self.include(BERT)
        for _hour in range(2):
            self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {BERT})
        self.assertEqual(self.excluded(), {ANNA})
        self.assertIn("Blocked in Odoo only", self.exclusion(BERT).difference)
        self.unblock(BERT)
        self.block(BERT)
        self.sync()
        self.assertEqual(self.excluded(), {ANNA, BERT}, "blocked anew, and later")
        self.unblock(BERT)
        self.sync()
        self.assertEqual(self.excluded(), {ANNA})
        self.assert_settled()

    def test_what_was_left_different_follows_when_the_way_is_opened(self):
        self.server.mailjet_exclusion_direction = "to_mailjet"
        self.exclude(ANNA)
        self.sync()
        self.assertFalse(self.in_odoo())
        self.server.mailjet_exclusion_direction = "both"
        self.sync()
        self.assert_both(ANNA)
        self.assertFalse(self.exclusion(ANNA).is_different)

    def test_who_was_unblocked_later_stays_unblocked(self):
        self.block(ANNA)
        self.exclude(ANNA, BERT)
        self.unblock(ANNA)
        self.block(CARA)
        self.exclude(CARA)
        self.include(CARA)
        self.sync()
        self.assert_both(BERT)
        self.assertEqual(self.exclusion(ANNA).origin, "odoo")
        self.assertEqual(self.exclusion(CARA).origin, "mailjet")
        self.assert_settled()

    def test_who_was_unblocked_before_is_blocked(self):
        self.exclude(ANNA)
        self.include(ANNA)
        self.block(ANNA, BERT)
        self.unblock(BERT)
        self.exclude(BERT)
        self.sync()
        self.assert_both(ANNA, BERT)

    def test_changes_go_on_to_the_other_side(self):
        self.block(ANNA, BERT)
        self.sync()
        self.unblock(ANNA, reason="She has called.")
        self.include(BERT)
        self.sync()
        self.assert_both()
        self.assertEqual(self.exclusion(ANNA).reason, "She has called.")
        self.assertIn("lifted at Mailjet", self.exclusion(BERT).reason)
        self.assertIn("lifted at Mailjet", self.notes(BERT))
        self.assertEqual(self.exclusion(BERT).state, "allowed")
        self.assert_settled()

    def test_a_deleted_entry_is_an_unblocked_address(self):
        self.block(ANNA)
        self.sync()
        self.env["mail.blacklist"].search([]).unlink()
        self.sync()
        self.assert_both()
        self.assert_settled()

    def test_both_have_changed_and_the_later_one_wins(self):
        for later_in_odoo in (True, False):
            self.exclude(ANNA)
            self.sync()
            self.assert_both(ANNA)
            if later_in_odoo:
                self.include(ANNA)
                self.unblock(ANNA)
                self.block(ANNA)
            else:
                self.unblock(ANNA)
                self.include(ANNA)
                self.exclude(ANNA)
            self.sync()
            self.assert_both(ANNA)
            origin = self.exclusion(ANNA).origin
            self.assertEqual(origin, "odoo" if later_in_odoo else "mailjet")
            self.include(ANNA)
            self.sync()

    def test_a_feedback_afterwards_blocks_nobody_again(self):
        self.block(ANNA)
        self.sync()
        self.include(ANNA)
        self.tick()
        reason = self.env["mailing.subscription.optout"].create({"name": "Too many"})
        self.env["mail.blacklist"].search([]).opt_out_reason_id = reason
        self.sync()
        self.assert_both()

    def test_the_reason_given_goes_with_it(self):
        self.block(ANNA)
        reason = self.env["mailing.subscription.optout"].create({"name": "Too many"})
        self.env["mail.blacklist"].search([]).opt_out_reason_id = reason
        self.block(BERT)
        self.sync()
        self.assertEqual(self.exclusion(ANNA).reason, "Too many")
        self.assertEqual(self.exclusion(BERT).reason, "Blocked in Odoo.")
        # An old note is no reason for what was done later
        self.unblock(ANNA, BERT)
        self.sync()
        self.assertEqual(self.exclusion(ANNA).reason, "Unblocked in Odoo.")

    def test_a_complaint_is_the_reason(self):
        self.exclude(ANNA)
        [contact_id] = self.contact_ids(ANNA)
        self.statistics.change_contact(contact_id, IsSpamComplaining=True)
        self.sync()
        self.assertIn("as spam", self.exclusion(ANNA).reason)
        self.assertIn("as spam", self.notes(ANNA))

    def contact_ids(self, *emails):
        with self.at_mailjet() as client:
            return [int(client.contact(email).id) for email in emails]

    def test_an_old_entry_of_before_the_add_on(self):
        self.block(ANNA, BERT)
        self.env.flush_all()
        self.env.cr.execute("UPDATE mail_blacklist SET mailjet_changed_on = NULL")
        self.env.invalidate_all()
        self.sync()
        self.assert_both(ANNA, BERT)
        self.assert_settled()

    # -- Addresses ---------------------------------------------------------------------

    def test_addresses_in_any_case_are_one(self):
        self.statistics.add_contact("Anna@Example.COM", is_excluded=True)
        self.block("BERT@example.com")
        self.sync()
        self.assertEqual(self.in_odoo(), {ANNA, BERT})
        self.include(ANNA)
        self.sync()
        self.assertEqual(self.in_odoo(), {BERT})

    def test_who_asked_to_be_forgotten_is_left_alone(self):
        self.exclude(ANNA, BERT)
        self.sync()
        for contact_id in self.contact_ids(ANNA, BERT):
            self.statistics.erase_contact(contact_id)
        for _hour in range(2):
            self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {ANNA, BERT})
        self.assertIn("no longer knows", self.exclusion(ANNA).difference)
        self.rest.clear_requests()
        self.sync()
        asked = [one.path for one in self.rest.requests if "@" in one.path]
        self.assertFalse(asked, "nor is Mailjet asked about them every hour")
        self.unblock(ANNA)
        self.sync()
        self.assertEqual(self.exclusion(ANNA).state, "allowed")
        self.block(ANNA)
        self.sync()
        self.assertEqual(self.excluded(), {ANNA}, "blocked anew, by a person")
        self.assertFalse(
            self.env["mailjet.exclusion"].search([("email", "like", "domain.invalid")])
        )

    def test_another_contact_of_the_same_address_frees_nobody(self):
        """A contact that was deleted and comes back was never excluded."""
        self.exclude(ANNA)
        self.sync()
        self.statistics.delete_contact(self.contact_ids(ANNA)[0])
        self.statistics.add_contact(ANNA)
        self.sync()
        self.assert_both(ANNA)
        self.assert_settled()

    def test_another_account_behind_the_server_frees_nobody(self):
        self.exclude(ANNA, BERT)
        self.sync()
        self.with_clock(self.store.add_key(OTHER_KEY, OTHER_SECRET))
        self.server.write({"smtp_user": OTHER_KEY, "smtp_pass": OTHER_SECRET})
        self.store.account(OTHER_KEY).statistics.add_contact(BERT)
        self.sync()
        self.assert_both(ANNA, BERT)

    def test_what_mailjet_refuses_is_said_and_tried_again_a_day_later(self):
        odd = "anna@example"  # nothing wrong with it for Odoo
        self.block(odd, BERT)
        refuse = self.refuse_contact(odd)
        with refuse:
            self.sync()
            self.assertEqual(self.excluded(), {BERT})
            exclusion = self.exclusion(odd)
            self.assertIn("refuses this address", exclusion.difference)
            self.assertIn("MJ08", exclusion.difference)
            self.sync()
            self.assertFalse([one for one in self.rest.requests if odd in one.path])
        self.tick(days=1)
        self.sync()
        self.assertEqual(self.excluded(), {odd, BERT})
        self.assertFalse(self.exclusion(odd).is_different)

    @contextmanager
    def refuse_contact(self, email):
        answer = self.rest.answer

        def refuse(method, url, login, body):
            if method == "POST" and email.encode() in body:
                body = b'{"Email": "no address"}'
            return answer(method, url, login, body)

        with patch.object(self.rest, "answer", refuse):
            yield

    def test_a_contact_that_somebody_makes_meanwhile(self):
        self.block(ANNA)
        create = MailjetApi.create_contact

        def create_late(client, email, is_excluded):
            self.statistics.add_contact(email)
            return create(client, email, is_excluded)

        with patch.object(MailjetApi, "create_contact", create_late):
            self.sync()
        self.assert_both(ANNA)
        self.assert_settled()

    # -- Several accounts --------------------------------------------------------------

    def test_one_list_for_all_accounts(self):
        second = self.add_server()
        self.exclude(ANNA)
        self.exclude(BERT, server=second)
        for _hour in range(2):
            self.sync()
        for server in (self.server, second):
            self.assertEqual(self.excluded(server), {ANNA, BERT})
        self.unblock(ANNA)
        self.sync()
        for server in (self.server, second):
            self.assertEqual(self.excluded(server), {BERT}, "a person's word in Odoo")
        self.assert_settled()

    def test_blocked_as_long_as_an_account_that_feeds_odoo_excludes(self):
        second = self.add_server()
        self.exclude(ANNA)
        for _hour in range(2):
            self.sync()
        self.include(ANNA)
        for _hour in range(2):
            self.assertFalse(self.sync())
            self.assertEqual(self.in_odoo(), {ANNA})
        self.assertIn("still excludes", self.exclusion(ANNA).difference)
        self.include(ANNA, server=second)
        for _hour in range(2):
            self.sync()
        self.assert_both()
        self.assertFalse(self.exclusion(ANNA).is_different)
        self.assert_settled()

    def test_an_account_that_does_not_feed_odoo_holds_nobody(self):
        second = self.add_server("to_mailjet")
        self.exclude(ANNA)
        self.exclude(ANNA, server=second)
        self.sync()
        self.assertEqual(self.in_odoo(), {ANNA})
        self.include(ANNA)
        for _hour in range(2):
            self.sync()
        self.assertFalse(self.in_odoo())
        self.assertFalse(self.excluded(second))

    # -- Pages -------------------------------------------------------------------------

    def small_pages(self):
        page = MailjetApi.excluded_contact_page
        self.enterContext(patch.object(mailjet_exclusion_sync, "API_PAGE_SIZE", 3))
        self.enterContext(
            patch.object(
                MailjetApi,
                "excluded_contact_page",
                lambda client, offset: page(client, offset, limit=3),
            )
        )
        self.enterContext(patch.object(mailjet_exclusion_sync_compare, "STEP", 2))

    def test_page_by_page(self):
        self.small_pages()
        emails = [f"{number}@example.com" for number in range(10)]
        self.exclude(*emails[:8])
        self.block(*emails[8:])
        self.statistics.erase_contact(self.contact_ids(emails[0])[0])
        self.sync()
        self.assert_both(*emails[1:])
        self.assertEqual(self.progress().readings, 1)

    @contextmanager
    def after_the_first_page(self, act):
        """Let somebody do something once, while the list is being read."""
        page, acts = MailjetApi.excluded_contact_page, [act]

        def page_and_act(client, offset):
            contacts = page(client, offset)
            if acts:
                acts.pop()()
            return contacts

        with patch.object(MailjetApi, "excluded_contact_page", page_and_act):
            yield

    def test_a_contact_that_comes_while_the_list_is_read(self):
        self.small_pages()
        self.statistics.add_contact(ANNA)
        emails = [f"{number}@example.com" for number in range(9)]
        self.exclude(*emails)
        with self.after_the_first_page(lambda: self.exclude(ANNA)):
            self.sync()
        self.assertEqual(self.progress().readings, 2, "the list is read once more")
        self.assert_both(ANNA, *emails)

    def test_a_contact_that_moves_to_a_page_that_was_read(self):
        """The numbers are even: one was not seen, and one is there no more."""
        self.small_pages()
        emails = [f"{number}@example.com" for number in range(9)]
        self.exclude(*emails)
        self.sync()
        with self.after_the_first_page(lambda: self.include(emails[0])):
            self.sync()
        self.assertEqual(self.progress().readings, 1)
        self.assertLessEqual(set(emails[1:]), self.in_odoo(), "nobody is freed")
        self.sync()
        self.assert_both(*emails[1:])
        self.assert_settled()

    def test_a_list_that_never_comes_out_even_frees_nobody(self):
        self.exclude(ANNA, BERT)
        self.sync()
        page = MailjetApi.excluded_contact_page
        with patch.object(
            MailjetApi,
            "excluded_contact_page",
            lambda client, offset: page(client, offset)[1:],
        ):
            self.assertFalse(self.sync())
        self.assertEqual(self.progress().readings, 3)
        self.assert_both(ANNA, BERT)

    def test_the_same_page_again_is_an_error(self):
        self.small_pages()
        self.exclude(*(f"{number}@example.com" for number in range(5)))
        page = MailjetApi.excluded_contact_page
        with patch.object(
            MailjetApi, "excluded_contact_page", lambda client, offset: page(client, 0)
        ):
            self.sync()
        self.assertIn("same page", self.progress().problem)
        self.assertFalse(self.in_odoo())

    # -- Interrupted -------------------------------------------------------------------

    @contextmanager
    def failing_after(self, count, kind, **options):
        """Let Mailjet fail for good after so many requests."""
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
                # It gets no worse for that
                self.assertLessEqual(set(emails[2:]), self.in_odoo())
                self.assertLessEqual(set(emails[:2]), self.excluded())
                self.sync()
                self.assertFalse(self.progress().problem)
                self.assertEqual(self.in_odoo(), self.excluded())
                self.assertLessEqual(set(emails), self.in_odoo())

    def test_what_cannot_be_read_frees_nobody(self):
        self.exclude(ANNA)
        self.block(BERT)
        self.sync()
        for kind in ("unauthorized", "garbage", "error"):
            self.rest.faults.add(kind, times=None)
            with patch.object(ir_mail_server_account, "API_DEADLINE", 0.2):
                self.sync()
            self.rest.faults.clear()
            self.assert_both(ANNA, BERT)
        # A list without anybody in it, as somebody else's answer may be
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
        """Run the cron and kill it at a request, before or after Mailjet has it."""
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
                # Whatever was done by then: what people do now counts
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
        """Our own change is not taken for somebody's."""
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

    def test_somebody_is_quicker(self):
        """The database says so, and the step is done again."""
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

    def test_it_ends_when_somebody_always_is(self):
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

    # -- Twenty histories --------------------------------------------------------------

    def test_random_histories_end_equal(self):
        emails = [f"{letter}@example.com" for letter in "abcdef"]
        for seed in range(20):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                expected = {email: email in self.in_odoo() for email in emails}
                for _act in range(25):
                    self.act(chance, chance.choice(emails), expected)
                self.sync()
                wanted = {email for email in emails if expected[email]}
                self.assertEqual(self.in_odoo(), wanted)
                self.assertEqual(self.excluded(), wanted)
                self.assert_settled()

    def act(self, chance, email, expected):
        """Do something to an address; keep what the last real change has made of it."""
        acts = {
            self.block: lambda: email not in self.in_odoo(),
            self.unblock: lambda: email in self.in_odoo(),
            self.exclude: lambda: email not in self.excluded(),
            self.include: lambda: email in self.excluded(),
        }
        if chance.random() < 0.15:
            self.sync()
            return
        act = chance.choice(list(acts))
        if acts[act]():
            act(email)
            expected[email] = act in (self.block, self.exclude)

    # -- On the server -----------------------------------------------------------------

    def test_the_server_shows_what_was_done(self):
        self.exclude(ANNA)
        self.block(BERT, CARA)
        self.sync()
        server = self.server
        self.assertEqual(server.mailjet_exclusion_sync_stage, "idle")
        self.assertEqual(server.mailjet_exclusion_synced_on, self.now)
        self.assertEqual(server.mailjet_to_odoo_count, 1)
        self.assertEqual(server.mailjet_to_mailjet_count, 2)
        self.assertEqual(server.mailjet_excluded_count, 3)
        self.assertEqual(server.mailjet_exclusion_difference_count, 0)
        action = server.action_mailjet_exclusions()
        self.assertEqual(action["context"], {"search_default_server_id": server.id})

    def test_exchange_now(self):
        self.sync()
        self.block(ANNA)
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.excluded(), "not within the hour")
        self.server.action_mailjet_sync_exclusions()
        self.assertTrue(
            self.env["ir.cron.trigger"].search(
                [("cron_id", "=", self.cron.id), ("call_at", "<=", self.now)]
            )
        )
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.excluded(), {ANNA})

    def test_who_may_see_and_do_what(self):
        self.block(ANNA)
        self.sync()
        marketing = new_test_user(
            self.env, "marketing", "mass_mailing.group_mass_mailing_user"
        )
        internal = new_test_user(self.env, "internal", "base.group_user")
        admin = new_test_user(self.env, "system", "base.group_system")
        exclusion = self.exclusion(ANNA)
        self.assertEqual(exclusion.with_user(marketing).email, ANNA)
        for act in (
            lambda: exclusion.with_user(internal).read(["email"]),
            lambda: exclusion.with_user(marketing).unlink(),
            lambda: exclusion.with_user(admin).write({"state": False}),
            lambda: self.progress().with_user(marketing).read(["stage"]),
            lambda: self.progress().with_user(admin).write({"stage": "idle"}),
            self.server.with_user(marketing).action_mailjet_sync_exclusions,
        ):
            with self.assertRaises(AccessError):
                act()
        self.server.with_user(admin).action_mailjet_sync_exclusions()
        exclusion.with_user(admin).unlink()


@tagged("post_install", "-at_install")
class TestMailjetExclusionNeutralized(MailjetExclusionCommon, NeutralizeCommon):
    def test_a_copy_exchanges_nothing(self):
        self.exclude(ANNA)
        self.block(BERT)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.sync()
        self.assertFalse(self.rest.requests)
        self.assertEqual(self.in_odoo(), {BERT})

    def test_a_copy_is_switched_off(self):
        self.neutralize()
        self.assertEqual(self.server.mailjet_exclusion_direction, "off")
        self.assertFalse(self.cron.active)


@tagged("post_install", "-at_install")
class TestMailjetExclusionRace(MailjetExclusionCommon):
    """Real transactions side by side, so what they need is committed and removed."""

    def setUp(self):
        super().setUp()
        self.cursor = self.enterContext(self.registry.cursor())
        self.real_env = api.Environment(self.cursor, SUPERUSER_ID, {})
        self.addCleanup(self.remove)
        self.real_server = self.real_env["ir.mail_server"].create(
            {
                "name": "Race",
                "smtp_authentication": "mailjet",
                "smtp_host": "in-v3.mailjet.com",
                "smtp_port": 587,
                "smtp_encryption": "starttls_strict",
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
                "mailjet_api_url": self.rest.url,
                "mailjet_exclusion_direction": "both",
            }
        )
        self.cursor.commit()

    def remove(self):
        self.cursor.rollback()
        blacklist = self.real_env["mail.blacklist"].with_context(active_test=False)
        blacklist.search([("email", "in", [ANNA, BERT])]).unlink()
        self.real_server.unlink()
        self.cursor.commit()

    @contextmanager
    def meanwhile(self, act):
        """Let a person do something in Odoo once, just before we write there."""
        blacklist = type(self.env["mail.blacklist"])
        set_entries, acts = blacklist._mailjet_set, [act]

        def act_and_set(entries, *args):
            if acts:
                with self.registry.cursor() as cursor:
                    acts.pop()(api.Environment(cursor, SUPERUSER_ID, {}))
            return set_entries(entries, *args)

        with (
            patch.object(blacklist, "_mailjet_set", act_and_set),
            mute_logger("odoo.sql_db"),
        ):
            yield

    def run_cron(self):
        self.tick(hours=1)
        self.real_env["mailjet.exclusion.sync"]._cron_sync()
        self.cursor.commit()

    def blocked(self):
        return set(self.real_env["mail.blacklist"].search([]).mapped("email"))

    def test_blocked_by_a_person_at_the_same_moment(self):
        self.exclude(ANNA, BERT)
        with self.meanwhile(lambda env: env["mail.blacklist"]._add(ANNA)):
            self.run_cron()
        self.assertEqual(self.blocked() & {ANNA, BERT}, {ANNA, BERT})
        rows = self.real_env["mailjet.exclusion"].search([("email", "=", ANNA)])
        self.assertEqual((rows.state, rows.origin), ("excluded", "same"))

    def test_unblocked_by_a_person_at_the_same_moment(self):
        self.exclude(ANNA)
        self.run_cron()
        self.tick()
        self.real_env["mail.blacklist"]._remove(ANNA)
        self.cursor.commit()
        self.include(ANNA)
        self.exclude(ANNA)  # later than in Odoo
        self.tick()
        with self.meanwhile(lambda env: env["mail.blacklist"]._add(ANNA)):
            self.run_cron()
        self.assertIn(ANNA, self.blocked())
        self.real_env["mail.blacklist"]._remove(ANNA)
        self.cursor.commit()
        self.run_cron()
        self.assertNotIn(ANNA, self.blocked())
        self.assertNotIn(ANNA, self.excluded())
