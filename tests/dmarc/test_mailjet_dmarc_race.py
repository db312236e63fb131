"""Two workers at a time, in real transactions."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged

from ..common import API_KEY, SECRET_KEY, MailjetCommon
from ..standins.dmarc_reports import DOMAIN, gzipped, record, report_xml


class _KilledError(BaseException):
    """What ends a worker is no exception that code may catch."""


@tagged("post_install", "-at_install")
class TestMailjetDmarcRace(MailjetCommon):
    def setUp(self):
        super().setUp()
        self.cursor = self.enterContext(self.registry.cursor())
        self.real_env = self.env_of(self.cursor)
        self.addCleanup(self.remove)
        server = self.real_env["ir.mail_server"].create(
            {
                "name": "Race",
                "smtp_authentication": "mailjet",
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
            }
        )
        self.domain = self.real_env["mailjet.domain"].create(
            {"server_id": server.id, "name": DOMAIN}
        )
        self.cursor.commit()

    def env_of(self, cr):
        # The registry is locked for other threads while tests run
        cr.transaction = type(self.env.transaction)(self.registry)
        return api.Environment(cr, SUPERUSER_ID, {})

    def remove(self):
        self.cursor.rollback()
        self.real_env.invalidate_all()
        reports = self.real_env["mailjet.dmarc.report"].search([])
        reports.attachment_id.unlink()
        reports.unlink()
        self.domain.server_id.unlink()
        self.cursor.commit()

    @contextmanager
    def other_transaction(self):
        with self.registry.cursor() as cr:
            yield self.env_of(cr)

    def receive(self, *files):
        reports = self.real_env["mailjet.dmarc.report"]._receive(
            [(f"{number}", file) for number, file in enumerate(files)]
        )
        self.cursor.commit()
        return reports

    def work(self, results=None):
        with self.other_transaction() as env:
            try:
                env["mailjet.dmarc.report"]._cron_read()
            except BaseException as error:
                if results is None:
                    raise
                results.append(error)

    def states(self):
        self.cursor.rollback()
        self.real_env.invalidate_all()
        reports = self.real_env["mailjet.dmarc.report"].search([], order="id")
        return reports.mapped("state"), sum(reports.row_ids.mapped("count"))

    def test_two_workers_share_the_files(self):
        xml = [
            report_xml(*(record(f"192.0.2.{i}") for i in range(50)), report_id=number)
            for number in range(8)
        ]
        # Each twice
        self.receive(*map(gzipped, xml), *map(gzipped, xml))
        errors = []
        threads = [threading.Thread(target=self.work, args=[errors]) for _n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertFalse(errors)
        # What one left to the other
        self.work()
        states, total = self.states()
        self.assertEqual(sorted(states), ["done"] * 8 + ["duplicate"] * 8)
        self.assertEqual(total, 400)

    def test_a_copy_waits_for_the_other(self):
        first, second = self.receive(*[gzipped(report_xml())] * 2)
        inside, go_on = threading.Event(), threading.Event()
        insert = type(first)._insert_rows

        def wait(report, *args):
            if report.id == first.id:
                inside.set()
                go_on.wait(30)
            return insert(report, *args)

        def read(record_id, done):
            with self.other_transaction() as env:
                env["mailjet.dmarc.report"].browse(record_id)._read_alone()
                env.cr.commit()
            done.set()

        done = [threading.Event(), threading.Event()]
        with patch.object(type(first), "_insert_rows", wait):
            threads = [
                threading.Thread(target=read, args=[report.id, event])
                for report, event in zip(first + second, done, strict=True)
            ]
            threads[0].start()
            self.assertTrue(inside.wait(30))
            threads[1].start()
            self.assertFalse(done[1].wait(1))
            go_on.set()
            for thread in threads:
                thread.join(30)
        self.assertEqual(self.states(), (["done", "duplicate"], 1))

    def test_a_worker_killed_in_the_middle(self):
        [report] = self.receive(gzipped(report_xml(record(count=5))))
        insert = type(report)._insert_rows

        def die(record_, *args):
            insert(record_, *args)
            record_.env.flush_all()
            raise _KilledError

        errors = []
        with patch.object(type(report), "_insert_rows", die):
            for _time in range(2):
                self.work(errors)
        self.assertEqual([type(error) for error in errors], [_KilledError] * 2)
        self.assertEqual(self.states(), (["received"], 0))
        self.assertEqual(report.attempts, 2)
        self.work()
        self.assertEqual(self.states(), (["done"], 5))
