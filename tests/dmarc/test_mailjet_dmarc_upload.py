# pylint: disable=translation-required
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..standins.dmarc_reports import gzipped, report_xml, zipped
from .common import DmarcCommon


@tagged("post_install", "-at_install")
class TestMailjetDmarcUpload(DmarcCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(cls.env, "mj_admin", groups="base.group_system")
        cls.Upload = cls.env["mailjet.dmarc.upload"].with_user(cls.admin)

    def upload_files(self, *files):
        attachments = self.env["ir.attachment"].with_user(self.admin)
        attachments = attachments.create(
            [{"name": name, "raw": data} for name, data in files]
        )
        action = self.Upload.create({"file_ids": attachments.ids}).action_upload()
        self.assertFalse(attachments.exists())
        reports = self.Report.with_user(self.admin)
        return reports.search(action["domain"], order="id")

    def test_several_files(self):
        before = self.read_xml(report_id=9)
        two = [(f"{number}.xml", report_xml(report_id=number)) for number in range(2)]
        reports = self.upload_files(
            ("two.zip", zipped(*two)),
            ("a.xml", report_xml(report_id=1).encode()),
            ("b.xml.gz", gzipped(report_xml(report_id=2))),
            ("c.pdf", b"%PDF-1.7"),
            ("d.zip", b"PK\3\4"),
            ("e.zip", bytes(11 * 2**20)),
        )
        self.assertNotIn(before.id, reports.ids)
        # The second of the archive is read after those beside it
        self.assertEqual(
            reports.mapped("state"),
            ["done", "done", "done", "ignored", "refused", "refused", "duplicate"],
        )
        self.assertEqual(sum(reports.mapped("message_count")), 3)

    def test_more_than_somebody_waits_for(self):
        reports = self.upload_files(
            *(
                (f"{number}", gzipped(report_xml(report_id=number)))
                for number in range(22)
            )
        )
        self.assertEqual(reports.mapped("state"), ["done"] * 20 + ["received"] * 2)
        self.run_cron()
        self.assertEqual(reports.mapped("state"), ["done"] * 22)

    def test_nothing_chosen(self):
        with self.assertRaises(UserError):
            self.Upload.create({}).action_upload()
