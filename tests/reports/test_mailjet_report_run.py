import random
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import chain, repeat
from math import inf
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...models.reports import (
    mailjet_report_item,
    mailjet_report_item_step,
    mailjet_report_run,
)
from ...tools.mailjet.link import without_values
from ...tools.mailjet.resources import MailjetApi
from ..common import MailjetRestCommon

PAGE = 20  # rows; few, so that small histories have many pages
EVENTS = {"open": "open", "click": "click", "bounce": ("bounce", "blocked")}


class Killed(BaseException):
    """Ends the work like a signal that kills the process: no code catches it."""


class MailjetReportCommon(MailjetRestCommon):
    """A Mailjet account with a history, and reports that read it."""

    def setUp(self):
        super().setUp()
        self.statistics = self.account.statistics
        self.now = fields.Datetime.now().replace(microsecond=0)
        self.statistics.clock = self.seconds
        page = MailjetApi.page

        def small_page(client, resource, offset, limit=PAGE, **filters):
            return page(client, resource, offset, limit, **filters)

        self.enterContext(patch.object(MailjetApi, "page", small_page))
        self.enterContext(patch.object(mailjet_report_item_step, "API_PAGE_SIZE", PAGE))

    def seconds(self):
        return (self.now - datetime(1970, 1, 1)).total_seconds()

    def ago(self, **units):
        return self.now - timedelta(**units)

    def fill(self, events=600, **options):
        """Create half a year of history that ended an hour ago."""
        options = {"campaigns": 6, "contacts": 400, "days": 182, **options}
        self.statistics.fill(events=events, end=self.seconds() - 3600, **options)

    def create_report(self, report="open", **vals):
        """Create a report that reads everything, deleted lists included."""
        vals = {"deleted_campaigns": True, "deleted_lists": True, **vals}
        return self.env["mailjet.report"].create(
            {"server_id": self.server.id, "report": report, **vals}
        )

    def add_message(self, email="a@x.example", **vals):
        """Add a message of a campaign at Mailjet; return its id."""
        campaign = self.statistics.add_campaign("News", send_start_at=self.ago(hours=3))
        vals = {"arrived_at": self.ago(hours=2), **vals}
        return self.statistics.add_message(email, campaign_id=campaign, **vals)

    def work(self):
        """Run the cron once."""
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_reports_1").method_direct_trigger()
        self.env.invalidate_all()

    def run_report(self, report, state="done"):
        report.action_run()
        self.work()
        self.assertEqual(report.state, state, report.problem)

    def later(self, **units):
        """Let time pass, here and at Mailjet."""
        self.now += timedelta(**units)
        return self.enterContext(
            patch.object(fields.Datetime, "now", lambda *args: self.now)
        )

    def stored(self, report):
        """Return what Odoo has of an event report."""
        kinds = EVENTS[report]
        kinds = [kinds] if isinstance(kinds, str) else kinds
        events = self.env["mailjet.event"].search([("event", "in", kinds)])
        return sorted(
            (event.mailjet_message_id, event.date, event.url or "") for event in events
        )

    def held(self, report):
        """Return what the stand-in has of an event report, without duplicates."""
        return sorted(
            {
                (
                    str(event.message_id),
                    datetime(1970, 1, 1) + timedelta(seconds=event.at),
                    without_values(event.url),
                )
                for event in self.statistics.events(report)
            }
        )

    def assertSame(self, report):
        self.assertEqual(self.stored(report), self.held(report))


@tagged("post_install", "-at_install")
class TestMailjetReportRun(MailjetReportCommon):
    """Runs: windows and pages; rows that are new, late, gone or moving; failures."""

    def test_a_first_run_reads_all_events(self):
        self.fill()
        for name in EVENTS:
            report = self.create_report(name)
            self.run_report(report)
            self.assertSame(name)
            count = self.statistics.count(name)
            self.assertEqual(report.remote_count, count)
            self.assertEqual(report.row_count + report.repeat_count, count)
            self.assertTrue(report.is_complete)
            self.assertEqual(report.progress, 100)
            self.assertGreater(report.complete_until, self.ago(minutes=6))

    def test_large_windows_are_halved_and_read_with_small_offsets(self):
        self.fill()
        self.run_report(self.create_report())
        offsets = [
            int(request.params.get("Offset", 0)) for request in self.rest.requests
        ]
        self.assertLess(max(offsets), mailjet_report_item_step.MAX_PAGES * PAGE)
        limits = {r.params["Limit"] for r in self.rest.requests if "Limit" in r.params}
        self.assertEqual(limits, {str(PAGE)})

    def test_every_request_has_both_bounds(self):
        self.fill(events=100)
        for name in (*EVENTS, "message", "campaign", "counter"):
            self.rest.clear_requests()
            self.run_report(self.create_report(name))
            for request in self.rest.requests:
                with self.subTest(name=name, params=request.params):
                    self.assertLessEqual({"FromTS", "ToTS"}, request.params.keys())
                    if name in EVENTS:
                        wanted = {"EventFromTs", "EventToTs"}
                        self.assertLessEqual(wanted, request.params.keys())

    def test_a_run_without_changes_takes_few_requests(self):
        self.fill()
        report = self.create_report()
        self.run_report(report)
        self.rest.clear_requests()
        self.run_report(report)
        self.assertLessEqual(len(self.rest.requests), 2)
        self.assertEqual(report.changed_count, 0)
        self.assertSame("open")

    def test_a_second_run_without_filters_takes_few_requests(self):
        self.fill(events=200)
        report = self.create_report("message")
        self.run_report(report)
        self.later(days=40)
        self.run_report(report)
        self.rest.clear_requests()
        self.run_report(report)
        self.assertLessEqual(len(self.rest.requests), 2)

    def test_new_events_are_added(self):
        self.fill(events=100)
        report = self.create_report()
        self.run_report(report)
        before = len(self.stored("open"))
        message = self.add_message("new@x.example")
        self.statistics.add_open(message, at=self.now)
        self.later(hours=1)
        self.run_report(report)
        self.assertEqual(len(self.stored("open")), before + 1)
        self.assertEqual(report.changed_count, 1)

    def test_late_events_are_found_within_a_day(self):
        """Hours after a window was read, Mailjet adds an event to it."""
        self.fill(events=300)
        report = self.create_report()
        event = list(self.statistics.events("open"))[50]
        late_at = datetime(1970, 1, 1) + timedelta(seconds=event.at + 1)
        visible_at = self.seconds() + 7200
        self.statistics.add_open(event.message_id, at=late_at, visible_at=visible_at)
        self.run_report(report)
        self.assertSame("open")
        self.later(hours=21)
        self.rest.clear_requests()
        self.run_report(report)
        self.assertSame("open")
        self.assertEqual(report.changed_count, 1)
        pages = [r for r in self.rest.requests if "countOnly" not in r.params]
        self.assertLess(len(pages), 25, "Only the changed window is read again")

    def test_no_row_is_missed_when_rows_move_between_pages(self):
        """A row before the offset is deleted, so that all later ones move up."""
        self.fill(events=150, campaigns=2)
        report = self.create_report()
        gone = []

        def move(request):
            if int(request.params.get("Offset", 0)) and not gone:
                gone.append(next(self.statistics.events("open")).number)
                self.statistics.delete_event("open", gone[0])

        self.rest.on_request = move
        self.run_report(report)
        self.assertTrue(gone)
        self.assertLessEqual(set(self.held("open")), set(self.stored("open")))

    def test_a_repeated_page_is_an_error_and_is_read_again(self):
        self.fill(events=150, campaigns=2)
        report = self.create_report()
        page, calls = MailjetApi.page, []

        def stuck(client, resource, offset, *args, **kwargs):
            calls.append(offset)
            if len(calls) == 3:
                offset = calls[1]
            return page(client, resource, offset, *args, **kwargs)

        with patch.object(MailjetApi, "page", stuck):
            report.action_run()
            self.work()
            self.assertEqual(report.state, "running")
            self.assertTrue(report.item_ids.filtered("problem"))
            self.later(minutes=10)
            self.work()
        self.assertEqual(report.state, "done")
        self.assertSame("open")

    def test_rows_outside_the_window_are_an_error(self):
        """Mailjet ignores a filter it does not know, and sends everything."""
        self.fill(events=100)
        report = self.create_report(retries=0)
        rename = {"EventFromTs": "Nonsense", "EventToTs": "Rubbish"}
        page = MailjetApi.page

        def dropped(client, resource, offset, *args, **filters):
            filters = {rename.get(name, name): v for name, v in filters.items()}
            return page(client, resource, offset, *args, **filters)

        with patch.object(MailjetApi, "page", dropped):
            report.write({"date_filter": "since", "date_from": self.ago(days=90)})
            self.run_report(report, "failed")
        self.assertIn("another period", report.problem)
        dates = [date for _message, date, _url in self.stored("open")]
        self.assertGreater(min(dates, default=self.now), self.ago(days=91))

    def test_rate_limiting_without_a_retry_time(self):
        self.fill(events=100)
        report = self.create_report()
        self.rest.faults.add("rate_limited", path="openinformation", times=20)
        report.action_run()
        self.work()
        self.assertEqual(report.state, "running")
        self.assertTrue(report.item_ids.filtered("problem").mapped("next_try"))
        self.rest.faults.clear()
        self.work()
        self.assertFalse(self.stored("open"), "It waits")
        self.later(minutes=5)
        self.work()
        self.assertEqual(report.state, "done")
        self.assertSame("open")

    def test_a_long_outage_fails_with_the_reason(self):
        self.fill(events=100)
        report = self.create_report(retries=1)
        self.rest.faults.add("error", status=500, times=None)
        report.action_run()
        self.work()
        self.assertEqual(report.state, "running")
        self.later(hours=2)
        self.work()
        self.assertEqual(report.state, "failed")
        self.assertTrue(report.problem)
        self.rest.faults.clear()
        self.run_report(report)
        self.assertFalse(report.problem)
        self.assertSame("open")

    def test_wrong_keys_fail_at_once(self):
        self.server.smtp_pass = "wrong"
        report = self.create_report()
        self.rest.clear_requests()
        self.run_report(report, "failed")
        self.assertEqual(len(self.rest.requests), 1)
        self.assertNotIn("wrong", report.problem)

    def test_stop_and_resume(self):
        self.fill()
        report = self.create_report()
        keep, pages = mailjet_report_item_step.MailjetReportItem._handle_page, []

        def stop_after_three(item, *args):
            keep(item, *args)
            pages.append(item)
            if len(pages) == 3:
                item.report_id.action_stop()

        with patch.object(
            mailjet_report_item_step.MailjetReportItem, "_handle_page", stop_after_three
        ):
            report.action_run()
            self.work()
        self.assertEqual(report.state, "stopped")
        self.assertEqual(len(pages), 3)
        here = len(self.stored("open"))
        self.assertGreaterEqual(here, 2 * PAGE)
        self.work()
        self.assertEqual(
            len(self.stored("open")), here, "A stopped report stays stopped"
        )
        self.rest.clear_requests()
        self.run_report(report)
        self.assertSame("open")
        pages = [r for r in self.rest.requests if "countOnly" not in r.params]
        count = self.statistics.count("open")
        self.assertLess((len(pages) - 20) * PAGE, count - here, "Nothing is read twice")

    @contextmanager
    def killed_at(self, chance):
        """Kill the worker at random moments: before, after and within a page."""
        item_class = mailjet_report_item_step.MailjetReportItem
        originals = {
            name: getattr(item_class, name)
            for name in (
                "_request",
                "_handle_page",
                "_handle_count",
                "_finish",
                "_restart",
            )
        }

        def dying(name):
            def method(item, *args, **kwargs):
                if chance.random() < 0.1:
                    raise Killed
                result = originals[name](item, *args, **kwargs)
                if chance.random() < 0.1:
                    raise Killed
                return result

            return method

        with patch.multiple(item_class, **{name: dying(name) for name in originals}):
            yield

    def test_the_result_is_the_same_after_random_kills(self):
        self.fill(late=0.05)
        reports = [self.create_report(name) for name in EVENTS]
        for report in reports:
            report.action_run()
        chance, kills = random.Random(7), 0
        for _ in range(200):
            with self.killed_at(chance):
                try:
                    self.env["mailjet.report.item"].flush_model()
                    with self.env.cr.savepoint():
                        self.work_step()
                except Killed:
                    kills += 1
                    self.env.invalidate_all()
            # Leases of killed workers expire
            self.env.cr.execute("UPDATE mailjet_report_item SET lease_until = NULL")
            self.env.invalidate_all()
            if all(report.state == "done" for report in reports):
                break
        self.assertGreaterEqual(kills, 20)
        for report in reports:
            self.assertEqual(report.state, "done")
            self.assertSame(report.report)
            self.assertTrue(report.is_complete)

    def work_step(self):
        """Do one step, which is one transaction: stored completely or not at all."""
        seconds_left = chain([inf, inf], repeat(0))  # time is up after the first step
        with ExitStack() as stack:
            stack.enter_context(
                patch.object(
                    type(self.env["ir.cron"]),
                    "_commit_progress",
                    side_effect=seconds_left,
                )
            )
            # The test's own transaction goes on
            for module in (mailjet_report_item, mailjet_report_run):
                stack.enter_context(patch.object(module, "begin"))
            self.env["mailjet.report.item"]._cron_work()

    def test_replace_removes_what_mailjet_no_longer_has(self):
        self.fill(events=200)
        report = self.create_report(update_mode="replace")
        self.run_report(report)
        for event in list(self.statistics.events("open"))[:30]:
            self.statistics.delete_event("open", event.number)
        self.run_report(report)
        self.assertSame("open")

    def test_append_keeps_what_mailjet_no_longer_has(self):
        self.fill(events=200)
        report = self.create_report()
        self.run_report(report)
        before = self.stored("open")
        event = next(self.statistics.events("open"))
        self.statistics.delete_event("open", event.number)
        self.later(hours=21)
        self.run_report(report)
        self.assertEqual(self.stored("open"), before)

    def test_replace_keeps_rows_of_other_reports(self):
        self.fill(events=200)
        campaigns = self.create_report("campaign")
        self.run_report(campaigns)
        self.run_report(self.create_report())
        first = self.env["mailjet.campaign"].search([("kind", "=", "sent")], limit=1)
        narrow = self.create_report(
            filter_type="campaign",
            campaign_ids=first.ids,
            update_mode="replace",
        )
        self.run_report(narrow)
        self.run_report(narrow)
        self.assertSame("open")

    def test_two_workers_do_not_take_the_same_item(self):
        self.fill(events=100)
        for name in ("open", "click"):
            self.create_report(name).action_run()
        count = len(self.env["mailjet.report.item"].search([]))
        taken = self.take(count + 1)
        self.assertEqual(len(set(taken)), count + 1, "Each once, and then none")
        self.assertFalse(taken[-1])
        self.later(minutes=6)
        self.assertEqual(self.take(1), taken[:1], "The lease of a dead worker expires")

    def take(self, times):
        """Take items as workers do; return their ids."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            items = self.env["mailjet.report.item"].with_env(self.env(cr=cr))
            return [items._lease_next().id for _ in range(times)]

    def test_an_unfinished_item_is_free_for_the_next_run(self):
        self.fill()
        report = self.create_report()
        report.action_run()
        self.env["ir.cron.trigger"].search([]).unlink()
        self.work_step()
        self.assertEqual(report.state, "running")
        self.assertFalse(report.item_ids.filtered("lease"))
        triggers = self.env["ir.cron.trigger"].search([]).cron_id
        self.assertIn(self.env.ref("mail_mailjet.ir_cron_reports_2"), triggers)

    def test_a_worker_that_lost_its_lease_stores_nothing(self):
        self.fill(events=100)
        report = self.create_report()
        report.action_run()
        ask = mailjet_report_item_step.MailjetReportItem._request

        def slow(item, client):
            keep = ask(item, client)
            item.lease = "another"
            item.flush_recordset()
            return keep

        with patch.object(mailjet_report_item_step.MailjetReportItem, "_request", slow):
            self.work()
        self.assertFalse(self.stored("open"))
        self.assertEqual(set(report.item_ids.mapped("remote_count")), {-1})

    def test_ids_of_64_bits(self):
        message = self.add_message(message_id=2**62 + 1)
        self.statistics.add_click(message, "https://x.example/", at=self.ago(hours=1))
        self.run_report(self.create_report("click"))
        self.assertEqual(self.stored("click")[0][0], str(2**62 + 1))

    def test_duplicate_opens_are_stored_once_and_counted(self):
        message = self.add_message()
        for _ in range(3):
            self.statistics.add_open(message, at=self.ago(hours=1))
        report = self.create_report()
        self.run_report(report)
        self.assertEqual((report.row_count, report.repeat_count), (1, 2))
        self.assertTrue(report.is_complete)

    def test_the_server_is_archived_during_a_run(self):
        self.fill(events=100)
        report = self.create_report()
        report.action_run()
        self.server.active = False
        self.work()
        self.assertFalse(self.stored("open"))
