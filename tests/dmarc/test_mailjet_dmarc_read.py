# pylint: disable=translation-required
from datetime import date
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.dmarc import mailjet_dmarc_report_keep
from ..standins.dmarc_reports import BEGIN, DAY, gzipped, record, report_xml, zipped
from .common import DmarcCommon


@tagged("post_install", "-at_install")
class TestMailjetDmarcRead(DmarcCommon):
    def test_a_report(self):
        report = self.read_xml(
            record(count=5), record("2001:db8::1", 2, dkim="fail"), record("")
        )
        self.assertRecordValues(
            report,
            [
                {
                    "state": "done",
                    "domain_id": self.domain.id,
                    "server_id": self.server.id,
                    "org_name": "google.com",
                    "report_id": "1",
                    "schema": "rfc7489",
                    "p": "none",
                    "row_count": 2,
                    "message_count": 7,
                    "skipped_count": 1,
                    "reason": False,
                }
            ],
        )
        self.assertRecordValues(
            report.row_ids.sorted("count"),
            [
                {
                    "day": date(2026, 3, 5),
                    "source_ip": ip,
                    "count": count,
                    "domain_id": self.domain.id,
                    "passes": passes,
                    "dkim_aligned": passes,
                    "spf_aligned": False,
                    "header_from": "example.com",
                    "dkim_selector": "mailjet",
                    "spf_result": "pass",
                    "reason_types": False,
                    "counted": True,
                    "is_split": False,
                }
                for ip, count, passes in (
                    ("2001:db8::1", 2, False),
                    ("192.0.2.1", 5, True),
                )
            ],
        )

    def test_batches(self):
        with patch.object(mailjet_dmarc_report_keep, "BATCH", 3):
            report = self.read_xml(*(record(f"192.0.2.{i}") for i in range(8)))
        self.assertEqual(len(report.row_ids), 8)

    def test_reading_again_doubles_nothing(self):
        report = self.read_xml(record(count=5), record("192.0.2.2"))
        for _time in range(2):
            report.state = "received"
            report._read()
            self.assertEqual(report.state, "done")
            self.assertEqual(sum(report.row_ids.mapped("count")), 6)
        self.assertEqual(self.Row.search_count([("report_id", "=", report.id)]), 2)

    def test_domains_of_rows(self):
        shop = self.create_domain("shop.example.com")
        names = ("example.com", "a.shop.example.com", "b.example.com")
        report = self.read_xml(*(record(header_from=name) for name in names))
        self.assertEqual(report.domain_id, self.domain)
        owners = (self.domain, shop, self.domain)
        found = {row.header_from: row.domain_id for row in report.row_ids}
        self.assertEqual(found, dict(zip(names, owners, strict=True)))

    def test_the_policy_of_our_domains_parent(self):
        news = self.create_domain("news.other.example")
        report = self.read_xml(
            record(header_from="news.other.example"),
            record(header_from="other.example"),
            domain="other.example",
        )
        self.assertEqual(report.domain_id, news)
        self.assertEqual(report.row_ids.domain_id, news)

    def test_foreign_domains_wait_until_they_are_ours(self):
        report = self.read_xml(record(header_from="new.example"), domain="new.example")
        self.assertEqual(report.state, "foreign")
        self.assertIn("new.example", report.reason)
        self.assertFalse(report.row_ids)
        action = report.action_add_domain()
        self.assertEqual(action["context"]["default_domain"], "new.example")
        self.assertEqual(action["context"]["default_server_id"], self.server.id)
        self.run_cron()
        self.assertEqual(report.state, "foreign")
        domain = self.create_domain("new.example")
        self.run_cron()
        self.assertEqual((report.state, report.domain_id), ("done", domain))
        self.assertEqual(len(report.row_ids), 1)

    def test_an_archive_read_again_stores_nothing_again(self):
        xml = [report_xml(domain="late.example", report_id=n) for n in range(3)]
        self.upload(zipped(*((f"{n}.xml", one) for n, one in enumerate(xml))))
        self.run_cron()
        reports = self.Report.search([])
        self.assertEqual(reports.mapped("state"), ["foreign"] * 3)
        self.create_domain("late.example")
        self.run_cron()
        self.assertEqual(reports.mapped("state"), ["done"] * 3)
        self.assertEqual(self.Report.search([]), reports)
        self.assertEqual(reports.mapped("duplicate_count"), [0] * 3)

    def test_absurd_dates_are_kept_apart(self):
        report = self.read_xml(begin=BEGIN + 3650 * DAY, end=BEGIN + 3651 * DAY)
        self.assertEqual(report.state, "done")
        self.assertIn("not counted", report.reason)
        self.assertEqual(report.row_ids.mapped("counted"), [False])

    def test_long_periods_are_spread(self):
        report = self.read_xml(record(count=48), end=BEGIN + 24 * DAY)
        self.assertIn("24 days", report.reason)
        self.assertEqual(report.day_count, 24)
        self.assertEqual(report.row_ids.mapped("count"), [2] * 24)
        self.assertEqual(set(report.row_ids.mapped("is_split")), {True})
        self.assertEqual((report.row_count, report.message_count), (24, 48))

    def test_damaged_files(self):
        xml = report_xml(record(), record("192.0.2.2"))
        report = self.upload(gzipped(xml[:-200]))
        report._read()
        self.assertEqual((report.state, len(report.row_ids)), ("partial", 1))
        self.assertIn("incomplete", report.reason)

    def test_no_report(self):
        for data, state in (
            (gzipped("unused"), "ignored"),
            (gzipped("<html/>"), "ignored"),
            (b"PK\3\4", "refused"),
            (b"", "ignored"),
        ):
            report = self.upload(data)
            report._read()
            self.assertEqual(report.state, state)
            self.assertTrue(report.reason)
            self.assertFalse(report.row_ids)

    def test_reading_again_by_hand(self):
        report = self.upload(gzipped("unused"))
        report._read()
        report.action_read_again()
        self.assertEqual(report.state, "received")
        done = self.read_xml()
        self.assertEqual(done.state, "done")

    def test_an_error_of_ours_is_said_and_stops_nothing(self):
        bad, good = self.upload(
            gzipped(report_xml(report_id=1)), gzipped(report_xml(report_id=2))
        )
        keep = type(bad)._keep

        def fail(report, read):
            keep(report, read)
            if report == bad:
                raise ZeroDivisionError

        with (
            patch.object(type(bad), "_keep", fail),
            mute_logger(
                "odoo.addons.mail_mailjet.models.dmarc.mailjet_dmarc_report_read"
            ),
        ):
            self.run_cron()
        self.assertEqual((bad.state, good.state), ("refused", "done"))
        self.assertIn("ZeroDivisionError", bad.reason)
        self.assertFalse(bad.row_ids)

    def test_a_file_that_ends_workers_is_given_up(self):
        report = self.upload(gzipped(report_xml()))
        report.attempts = 3
        self.run_cron()
        self.assertEqual(report.state, "refused")
        self.assertIn("interrupted 3 times", report.reason)
        report.action_read_again()
        self.run_cron()
        self.assertEqual((report.state, report.attempts), ("done", 1))


@tagged("post_install", "-at_install")
class TestMailjetDmarcDuplicates(DmarcCommon):
    def test_the_same_file_twice(self):
        first, second, third = (self.read_xml() for _time in range(3))
        self.assertEqual((second + third).mapped("state"), ["duplicate"] * 2)
        self.assertEqual((second + third).duplicate_of_id, first)
        self.assertEqual((first.state, first.duplicate_count), ("done", 2))
        self.assertFalse((second + third).row_ids)

    def test_a_copy_that_the_transaction_cannot_see(self):
        """As in an upload that began before another worker read the report."""
        self.read_xml(org="ö" * 900, report_id="ß" * 900)
        copy = self.upload(
            gzipped(report_xml(record(), record(), org="ö" * 900, report_id="ß" * 900))
        )
        none = self.Report.browse()
        with (
            patch.object(type(copy), "_find_first", lambda _report: none),
            mute_logger("odoo.sql_db"),
        ):
            copy._read()
        self.assertEqual(copy.state, "received")
        copy._read()
        kept = self.Report.search([("state", "=", "done")])
        self.assertEqual((kept, kept.message_count), (copy, 2))

    def test_same_id_of_another_period_or_organization(self):
        reports = self.read_xml()
        reports += self.read_xml(begin=BEGIN + DAY, end=BEGIN + 2 * DAY - 1)
        reports += self.read_xml(org="yahoo.com")
        self.assertEqual(reports.mapped("state"), ["done"] * 3)

    def test_of_other_numbers_the_larger_is_kept(self):
        few = self.read_xml(record(count=3))
        many = self.read_xml(record(count=9))
        self.assertEqual((few.state, many.state), ("duplicate", "done"))
        self.assertFalse(few.row_ids)
        self.assertEqual(few.duplicate_of_id, many)
        self.assertIn("several versions", many.reason)
        fewer = self.read_xml(record(count=2))
        self.assertEqual(fewer.state, "duplicate")
        self.assertFalse(fewer.row_ids)
        self.assertEqual(many.duplicate_count, 2)
        self.assertEqual(sum(self.Row.search([]).mapped("count")), 9)

    def test_a_proven_author_counts_more_than_numbers(self):
        proven = self.upload(gzipped(report_xml(record(count=3))))
        proven.authentication = "authenticated"
        proven._read()
        self.assertEqual(self.read_xml(record(count=9)).state, "duplicate")
        self.assertEqual(proven.state, "done")

    def test_a_copy_that_proves_the_author(self):
        first = self.read_xml()
        copy = self.upload(gzipped(report_xml()))
        copy.authentication = "authenticated"
        copy._read()
        self.assertEqual((copy.state, first.state), ("duplicate", "done"))
        self.assertEqual(first.authentication, "authenticated")
