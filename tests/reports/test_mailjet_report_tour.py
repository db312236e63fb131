from odoo.tests import HttpCase, tagged

from .test_mailjet_report_run import MailjetReportCommon


@tagged("post_install", "-at_install")
class TestMailjetReportTour(MailjetReportCommon, HttpCase):
    """A report in the browser, from the empty form to its rows."""

    def test_from_preview_to_rows(self):
        self.fill(events=200)
        self.start_tour("/odoo", "mailjet_report", login="admin")
        report = self.env["mailjet.report"].search([])
        self.assertEqual((report.report, report.state), ("open", "running"))
        report.deleted_campaigns = True
        self.work()
        self.assertEqual(report.state, "done")
        self.start_tour(
            f"/odoo/mailjet.report/{report.id}", "mailjet_report_done", login="admin"
        )
