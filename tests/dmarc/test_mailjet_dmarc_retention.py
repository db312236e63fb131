from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..standins.dmarc_reports import DAY, gzipped, record, report_xml
from .common import DmarcCommon


@tagged("post_install", "-at_install")
class TestMailjetDmarcRetention(DmarcCommon):
    def age(self, reports, days):
        """Date their arrival back by so many days."""
        moment = fields.Datetime.now() - timedelta(days=days)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mailjet_dmarc_report SET create_date = %s WHERE id IN %s",
            [moment, reports._ids],
        )
        self.env.invalidate_all()

    def report_of(self, days, *records, **options):
        """Read a report about a day so many days ago, on which it also arrived."""
        begin = int(fields.Datetime.now().timestamp()) // DAY * DAY - days * DAY
        report = self.read_xml(*records, begin=begin, end=begin + DAY - 1, **options)
        self.age(report, days)
        return report

    def collect(self):
        self.Report._gc_files()
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_dmarc_refresh").method_direct_trigger()
        while self.Row._gc_rows():
            pass
        self.Report._gc_reports()

    def test_files(self):
        old, new = self.report_of(31), self.report_of(29)
        files = old.attachment_id + new.attachment_id
        self.collect()
        self.assertEqual(files.exists(), new.attachment_id)
        self.assertEqual((old + new).exists().mapped("state"), ["done", "done"])
        self.assertEqual(len(old.row_ids), 1)

    def test_what_is_nothing_but_a_file(self):
        kept = self.read_xml()
        useless = self.read_xml() + self.read_xml(domain="other.example")
        useless += self.upload(b"PK\3\4", gzipped("unused"))
        for report in useless[2:]:
            report._read()
        waiting = self.upload(gzipped(report_xml(report_id=7)))
        self.age(useless + waiting, 29)
        self.collect()
        self.assertEqual(len(useless.exists()), 4)
        self.age(useless + waiting, 31)
        files = useless.attachment_id
        self.collect()
        self.assertFalse(useless.exists())
        self.assertFalse(files.exists())
        self.assertEqual((kept + waiting).exists(), kept + waiting)

    def test_addresses(self):
        domain = self.domain
        old = self.report_of(181, record("192.0.2.1", 3), record("192.0.2.2", 4))
        old += self.report_of(181, record("192.0.2.3", 5, dkim="fail"), org="b.example")
        new = self.report_of(179, record("192.0.2.4", 6))
        apart = self.upload(gzipped(report_xml(report_id=8)))
        apart.authentication = "failed"
        apart._read()
        self.age(apart, 200)
        self.collect()
        rows = self.Row.search([("domain_id", "=", domain.id)])
        self.assertEqual(sum(rows.mapped("count")), 18)
        sums = rows.filtered(lambda row: not row.report_id)
        self.assertEqual(set(sums.mapped("source_ip")), {False})
        self.assertEqual(
            sorted(sums.mapped(lambda row: (row.count, row.passes))),
            [(5, False), (7, True)],
        )
        self.assertEqual(set(sums.mapped("counted")), {True})
        self.assertFalse((old + apart).exists())
        self.assertEqual(new.row_ids.source_ip, "192.0.2.4")
        # A late one adds a sum
        self.report_of(181, record(count=2), org="late.example")
        self.collect()
        total = sum(self.Row.search([("domain_id", "=", domain.id)]).mapped("count"))
        self.assertEqual(total, 20)

    def test_forever(self):
        settings = self.env["res.config.settings"].create(
            {"mailjet_dmarc_file_days": 0, "mailjet_dmarc_row_days": 0}
        )
        settings.set_values()
        old = self.report_of(2000, record("192.0.2.1"))
        self.collect()
        self.assertTrue(old.attachment_id.exists())
        self.assertEqual(old.row_ids.source_ip, "192.0.2.1")
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.mailjet_dmarc_file_days, 0)
