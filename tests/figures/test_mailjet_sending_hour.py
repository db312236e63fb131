from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..common import MailjetCommon

# A Monday
MONDAY = datetime(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestMailjetSendingHour(MailjetCommon):
    """Hourly counters by weekday and hour, in the user's time zone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.create_server()

    def add_counter(self, date, delivered=100, opened=0, **vals):
        kind = {"source": "APIKey", "timing": "Message", "resolution": "Hour", **vals}
        self.env["mailjet.counter"].create(
            {
                "server_id": self.server.id,
                "key": f"{sorted(kind.items())}/{date}",
                "date": date,
                "processed": delivered,
                "delivered": delivered,
                "opened": opened,
                **kind,
            }
        )

    def hours(self, zone):
        hours = self.env["mailjet.sending.hour"].with_context(tz=zone)
        return hours._read_group([], ["weekday", "hour"], ["delivered:sum"])

    def test_users_see_hours_in_their_time_zone(self):
        self.add_counter(MONDAY + timedelta(hours=23), delivered=7)
        for zone, weekday, hour in (
            ("UTC", "0", "23:00"),
            ("Europe/Paris", "1", "00:00"),
            ("America/New_York", "0", "18:00"),
            ("Asia/Kolkata", "1", "04:00"),  # half an hour off
        ):
            with self.subTest(zone=zone):
                self.assertEqual(self.hours(zone), [(weekday, hour, 7)])

    def test_summer_time(self):
        """Ten o'clock in Paris stays ten o'clock."""
        self.add_counter(datetime(2026, 1, 5, 9), delivered=1)
        self.add_counter(datetime(2026, 7, 6, 8), delivered=2)
        self.assertEqual(self.hours("Europe/Paris"), [("0", "10:00", 3)])

    def test_other_counters_are_left_out(self):
        for vals in (
            {"resolution": "Day"},
            {"timing": "Event"},
            {"source": "Campaign", "mailjet_source_id": "1"},
        ):
            self.add_counter(MONDAY, **vals)
        self.assertFalse(self.hours("UTC"))

    def test_rates_are_those_of_sums(self):
        self.add_counter(MONDAY, delivered=100, opened=50)
        self.add_counter(MONDAY + timedelta(days=7), delivered=900, opened=0)
        [[rate]] = self.env["mailjet.sending.hour"]._read_group(
            [], aggregates=["opened_rate:avg"]
        )
        self.assertEqual(rate, 5)

    def test_the_missing_report_is_offered_and_run(self):
        hours = self.env["mailjet.sending.hour"]
        self.assertIn('data-method="action_import"', hours.get_empty_list_help(""))
        action = hours.action_import()
        report = self.env["mailjet.report"].browse(action["res_id"])
        self.assertEqual(report.state, "running")
        self.assertEqual(report.server_id, self.server)
        self.assertEqual(
            (report.report, report.counter_resolution, report.counter_timing),
            ("counter", "Hour", "Message"),
        )
        self.assertTrue(report.item_ids)
        self.assertEqual(
            hours.action_import()["res_id"], report.id, "Not created twice"
        )

    def test_each_account_has_a_report_of_its_own(self):
        self.create_server("Second")
        action = self.env["mailjet.sending.hour"].action_import()
        reports = self.env["mailjet.report"].search(action["domain"])
        self.assertEqual(len(reports.server_id), 2)

    def test_without_a_server(self):
        self.server.unlink()
        with self.assertRaisesRegex(UserError, "Set up a Mailjet server"):
            self.env["mailjet.sending.hour"].action_import()

    def test_marketing_users_read_but_cannot_import(self):
        self.add_counter(MONDAY)
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        user = new_test_user(self.env, "marketing", groups)
        hours = self.env["mailjet.sending.hour"].with_user(user)
        self.assertEqual(hours.search([]).mapped("weekday"), ["0"])
        text = hours.get_empty_list_help("")
        self.assertNotIn("data-method", text)
        self.assertIn("An administrator", text)
        with self.assertRaises(AccessError):
            hours.action_import()
