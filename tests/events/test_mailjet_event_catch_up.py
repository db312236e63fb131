from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.base.models import ir_cron

from ...models.events import ir_mail_server_catch_up
from ..standins import RestStandin, Store
from .test_mailjet_event_loop import MailjetLoopCommon

EMAILS = [f"{name}@example.org" for name in ("a", "bounce", "c", "open", "e")]


@tagged("post_install", "-at_install")
class TestMailjetEventCatchUp(MailjetLoopCommon):
    """Emails were sent while Mailjet could not post their events."""

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(ir_mail_server_catch_up, "PAGE_SIZE", 2))
        self.server.mailjet_tracking = "mailjet"
        self.mailing = self.create_mailing(*EMAILS)
        self.mailing.action_send_mail()
        self.cron = self.env.ref("mail_mailjet.ir_cron_catch_up")
        self.since = fields.Datetime.now() - timedelta(hours=1)

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def run_cron_for_one_page(self):
        """Run the cron as if its time were up after one page."""
        with (
            patch.object(ir_cron, "MIN_RUNS_PER_JOB", 1),
            patch.object(ir_cron, "MIN_TIME_PER_JOB", 0),
        ):
            self.run_cron()

    def asked(self, resource):
        """Return the parameters of the requests to a resource, and clear the log."""
        found = [
            request.params
            for request in self.rest.requests
            if request.path.removeprefix("/v3/REST/").partition("/")[0] == resource
        ]
        self.rest.clear_requests()
        return found

    def is_done(self):
        """Return whether the job is complete, so that Odoo waits for the next hour."""
        progress = self.env["ir.cron.progress"].search(
            [("cron_id", "=", self.cron.id)], order="id desc", limit=1
        )
        return progress and not progress.remaining

    def known_mails(self):
        events = self.env["mailjet.event"].search([])
        return len(set(events.mapped("mailjet_message_id")))

    def statuses(self):
        self.apply()
        return {t.email: t.trace_status for t in self.mailing.mailing_trace_ids}

    def assert_caught_up(self):
        self.assertFalse(self.server.mailjet_catch_up_from)
        self.assertFalse(self.server.mailjet_catch_up_to)
        self.assertFalse(self.server.mailjet_catch_up_offset)
        sent = dict.fromkeys(EMAILS, "sent")
        special = {"bounce@example.org": "bounce", "open@example.org": "open"}
        self.assertEqual(self.statuses(), {**sent, **special})
        self.assertEqual(self.env["mailjet.event"].search_count([]), 6)

    def test_a_stopped_run_resumes_where_it_was(self):
        self.server._mailjet_schedule_catch_up(self.since)
        self.run_cron_for_one_page()
        self.assertEqual(self.server.mailjet_catch_up_from, self.since)
        self.assertEqual(self.server.mailjet_catch_up_offset, 2)
        self.assertEqual(self.known_mails(), 2)
        [first] = self.asked("message")
        self.assertEqual(first["Offset"], "0")
        self.assertFalse(self.is_done())
        until = self.server.mailjet_catch_up_to

        self.run_cron_for_one_page()
        self.assertEqual(self.server.mailjet_catch_up_offset, 4)
        self.assertEqual(self.server.mailjet_catch_up_to, until)
        [second] = self.asked("message")
        self.assertEqual(second["Offset"], "2")
        self.assertEqual(second["ToTS"], first["ToTS"])

        self.run_cron_for_one_page()
        self.assertEqual(len(self.asked("messagehistory")), 1)
        self.assert_caught_up()
        self.rest.clear_requests()
        self.run_cron()
        self.assertFalse(self.rest.requests)
        self.assertTrue(self.is_done())

    def test_an_outage_in_a_page_repeats_the_page(self):
        self.server._mailjet_schedule_catch_up(self.since)
        self.run_cron_for_one_page()
        self.rest.faults.add("unauthorized", path="messagehistory", times=None)
        self.run_cron()
        self.assertEqual(self.server.mailjet_catch_up_offset, 2)
        self.assertEqual(self.server.mailjet_catch_up_from, self.since)
        self.assertEqual(self.known_mails(), 2)
        self.assertTrue(self.is_done())
        self.rest.faults.clear()
        self.asked("message")
        self.run_cron()
        offsets = [params["Offset"] for params in self.asked("message")]
        self.assertEqual(offsets, ["2", "4"])
        self.assert_caught_up()

    def test_the_outage_of_one_account_does_not_stop_others(self):
        failing = RestStandin(Store())  # knows no key
        self.enterContext(failing)
        broken = self.create_server(
            name="Broken", mailjet_api_url=failing.url, sequence=1
        )
        self.server.sequence = 2
        for server in broken + self.server:
            server._mailjet_schedule_catch_up(self.since)
        self.run_cron()
        self.assertTrue(failing.requests)
        self.assertEqual(broken.mailjet_catch_up_from, self.since)
        self.assert_caught_up()

    def test_mails_of_others_are_not_looked_up(self):
        self.create_mails(2, headers=repr({"X-MJ-CustomID": "newsletter"})).send()
        self.server._mailjet_schedule_catch_up(self.since)
        self.run_cron()
        self.assertEqual(len(self.asked("messagehistory")), len(EMAILS))
        self.assert_caught_up()

    def test_events_posted_after_all_are_not_duplicated(self):
        self.take_in_events()
        before = self.env["mailjet.event"].search([])
        self.server._mailjet_schedule_catch_up(self.since)
        self.run_cron()
        self.assertEqual(self.env["mailjet.event"].search([]), before)
        self.assert_caught_up()

    def test_scheduling_again_while_catching_up(self):
        self.server._mailjet_schedule_catch_up(self.since)
        self.run_cron_for_one_page()
        later = self.since + timedelta(minutes=30)
        self.server._mailjet_schedule_catch_up(later)
        self.assertEqual(self.server.mailjet_catch_up_from, self.since)
        self.assertEqual(self.server.mailjet_catch_up_offset, 0)
        earlier = self.since - timedelta(days=2)
        self.server._mailjet_schedule_catch_up(earlier)
        self.assertEqual(self.server.mailjet_catch_up_from, earlier)
        self.run_cron()
        self.assert_caught_up()

    def test_catch_up_on_the_last_week(self):
        before = self.env["ir.cron.trigger"].search([])
        self.server.action_mailjet_catch_up()
        triggers = self.env["ir.cron.trigger"].search([]) - before
        self.assertEqual(triggers.cron_id, self.cron)
        week = fields.Datetime.now() - self.server.mailjet_catch_up_from
        self.assertEqual(week.days, 7)
        self.run_cron()
        self.assert_caught_up()

    def test_an_archived_server_waits(self):
        self.server._mailjet_schedule_catch_up(self.since)
        self.server.active = False
        self.run_cron()
        self.assertFalse(self.rest.requests)
        self.server.active = True
        self.run_cron()
        self.assert_caught_up()
