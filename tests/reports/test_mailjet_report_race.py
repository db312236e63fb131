"""Two workers at a time, in real transactions."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

import psycopg2
from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, fields
from odoo.tests import tagged

from ...models.locking import begin, try_lock
from ...models.reports import mailjet_report_item_step
from ...tools.mailjet.resources import MailjetApi
from ..common import API_KEY, SECRET_KEY, MailjetRestCommon

PAGE = 20
MODELS = ("mailjet.event", "mailjet.contact", "mailjet.subscription")


@tagged("post_install", "-at_install")
class TestMailjetReportRace(MailjetRestCommon):
    """What one worker changes while another is at work; committed and cleaned up."""

    def setUp(self):
        super().setUp()
        self.account.statistics.fill(
            events=300, campaigns=4, contacts=200, days=60, end=self.seconds() - 3600
        )
        page = MailjetApi.page

        def small_page(client, resource, offset, limit=PAGE, **filters):
            return page(client, resource, offset, limit, **filters)

        self.enterContext(patch.object(MailjetApi, "page", small_page))
        self.enterContext(patch.object(mailjet_report_item_step, "API_PAGE_SIZE", PAGE))
        self.cursor = self.enterContext(self.registry.cursor())
        self.real_env = self.env_of(self.cursor)
        self.addCleanup(self.remove)
        self.real_server = self.real_env["ir.mail_server"].create(
            {
                "name": "Race",
                "smtp_authentication": "mailjet",
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
                "mailjet_api_url": self.rest.url,
            }
        )
        self.cursor.commit()

    def seconds(self):
        return int(fields.Datetime.now().timestamp())

    def remove(self):
        self.cursor.rollback()
        self.real_env.invalidate_all()
        for model in MODELS:
            self.real_env[model].search([]).unlink()
        self.real_env["mailjet.report"].search([]).unlink()
        self.real_server.unlink()
        self.cursor.commit()

    def env_of(self, cr):
        # The registry is locked for other threads while tests run
        cr.transaction = type(self.env.transaction)(self.registry)
        return api.Environment(cr, SUPERUSER_ID, {})

    @contextmanager
    def other_transaction(self):
        """Yield the environment of another worker; commit at the end."""
        with self.registry.cursor() as cr:
            yield self.env_of(cr)

    def start(self, *names, **vals):
        """Create reports and start them."""
        reports = self.real_env["mailjet.report"].create(
            [
                {"server_id": self.real_server.id, "report": name, **vals}
                for name in names
            ]
        )
        reports.action_run()
        self.cursor.commit()
        return reports

    def work(self, env=None):
        env = env or self.real_env
        env["mailjet.report.item"]._cron_work()
        env.cr.commit()
        env.invalidate_all()

    def assertDone(self, reports):
        self.real_env.invalidate_all()
        self.assertEqual(set(reports.mapped("state")), {"done"})
        self.assertFalse(reports.item_ids.filtered("lease"))
        self.assertEqual(set(reports.mapped("is_complete")), {True})

    def test_two_workers_side_by_side(self):
        """Both store the same contacts, and both want to finish the reports."""
        reports = self.start("open", "click", "contact", "contact")
        errors = []

        def run():
            try:
                with self.registry.cursor() as cr:
                    env = self.env_of(cr)
                    for _ in range(3):
                        self.work(env)
            except Exception as error:
                errors.append(error)

        with self.assertNoLogs("odoo", "ERROR"):
            workers = [threading.Thread(target=run) for _ in range(2)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(timeout=120)
        self.assertFalse(errors)
        self.assertDone(reports)
        opens = self.real_env["mailjet.event"].search_count([("event", "=", "open")])
        self.assertEqual(opens, reports[0].row_count)

    def test_rows_that_another_worker_stores_during_the_request(self):
        reports = self.start("contact")
        stored, page = [], MailjetApi.page

        def slow(client, resource, offset, *args, **filters):
            rows = page(client, resource, offset, *args, **filters)
            if resource == "contact" and not stored:
                with self.other_transaction() as env:
                    report = env["mailjet.report"].browse(reports.id)
                    stored.append(
                        env["mailjet.contact"].create(
                            {
                                "server_id": report.server_id.id,
                                "key": str(rows[0]["ID"]),
                                "report_id": report.id,
                            }
                        )
                    )
            return rows

        with (
            patch.object(MailjetApi, "page", slow),
            self.assertNoLogs("odoo", "ERROR"),
        ):
            self.work()
        self.assertTrue(stored)
        self.assertDone(reports)

    def test_a_report_that_is_changed_before_it_is_finished(self):
        """The snapshot of a transaction that has begun would be too old to lock it."""
        reports = self.start("click")
        item_class = mailjet_report_item_step.MailjetReportItem
        finish = item_class._finish

        def changed(item, **vals):
            finish(item, **vals)
            with self.other_transaction() as env:
                report = env["mailjet.report"].browse(reports.id)
                report.name = f"{report.name}!"

        with (
            patch.object(item_class, "_finish", changed),
            self.assertNoLogs("odoo", "ERROR"),
        ):
            self.work()
        self.assertDone(reports)

    def test_a_report_that_is_changed_before_it_starts(self):
        reports = self.start("click")
        self.work()
        reports.write({"schedule": "hourly"})
        reports.next_run = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)
        self.cursor.commit()
        self.real_env["mailjet.report"].search([]).mapped("name")  # a snapshot begins
        with self.other_transaction() as env:
            env["mailjet.report"].browse(reports.id).name = "Renamed"
        with self.assertNoLogs("odoo", "ERROR"):
            self.work()
        self.assertEqual(reports.run, 2)
        self.assertDone(reports)

    def test_a_conflict_leaves_no_part_leased(self):
        reports = self.start("click")
        model = type(self.real_env["mailjet.event"])
        store, conflicts = model._store_page, []

        def conflicting(records, report, rows):
            if len(conflicts) < 2:
                conflicts.append(report)
                raise psycopg2.errors.DeadlockDetected("deadlock detected")
            return store(records, report, rows)

        with (
            patch.object(model, "_store_page", conflicting),
            self.assertNoLogs("odoo", "ERROR"),
        ):
            self.work()
        self.assertEqual(len(conflicts), 2)
        self.assertDone(reports)

    def test_a_part_that_another_worker_has_taken_over_keeps_its_lease(self):
        reports = self.start("click")
        item = reports.item_ids[0]
        item.lease = "another"
        self.cursor.commit()
        item._give_up_lease("mine")
        self.assertEqual(item.lease, "another")

    # ------------------------------------------------------------------
    # The helper
    # ------------------------------------------------------------------

    def test_locking_after_a_change(self):
        """A conflict for whoever has begun to read, but not for whoever begins."""
        reports = self.start("click")
        self.real_env["mailjet.report"].search([]).mapped("name")  # a snapshot begins
        with self.other_transaction() as env:
            env["mailjet.report"].browse(reports.id).name = "Renamed"
        with self.assertNoLogs("odoo.sql_db"), self.assertRaises(SerializationFailure):
            try_lock(reports)
        self.cursor.rollback()
        begin(self.real_env)
        self.real_env["mailjet.report"].search([]).mapped("name")
        with self.other_transaction() as env:
            env["mailjet.report"].browse(reports.id).name = "Again"
        self.assertEqual(try_lock(reports), reports)
        self.real_env.invalidate_all()
        self.assertEqual(reports.name, "Again")

    def test_what_another_worker_holds_is_left_to_it(self):
        reports = self.start("click", "open")
        with self.other_transaction() as env:
            held = env["mailjet.report"].browse(reports[0].id)
            self.assertEqual(try_lock(held), held)
            begin(self.real_env)
            self.assertEqual(try_lock(reports), reports[1])
            self.cursor.rollback()
