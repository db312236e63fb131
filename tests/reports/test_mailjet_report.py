from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .test_mailjet_report_run import MailjetReportCommon


@tagged("post_install", "-at_install")
class TestMailjetReport(MailjetReportCommon):
    """Import profiles: their filters, schedule, preview and access."""

    # ------------------------------------------------------------------
    # Filters
    # ------------------------------------------------------------------

    def shown(self, form, names):
        return {name for name in names if not form._get_modifier(name, "invisible")}

    def test_only_filters_that_the_report_has_are_shown(self):
        names = {
            *("filter_type", "deleted_lists", "deleted_campaigns", "newsletter_tool"),
            *("starred", "overview", "memberships", "segment_status"),
            *("counter_source", "counter_timing", "counter_resolution", "date_filter"),
        }
        form = Form(self.env["mailjet.report"])
        flags = {"deleted_campaigns", "newsletter_tool", "starred"}
        counters = {"counter_source", "counter_timing", "counter_resolution"}
        for report, wanted in {
            "bounce": {"filter_type", *flags, "date_filter"},
            "click": {"filter_type", *flags, "date_filter"},
            "open": {"filter_type", *flags, "date_filter"},
            "contact": {"memberships"},
            "contact_list": {"deleted_lists"},
            "message": {"date_filter"},
            "segment": {"segment_status"},
            "campaign": {*flags, "overview", "date_filter"},
            "counter": {*counters, "date_filter"},
        }.items():
            with self.subTest(report=report):
                form.report = report
                self.assertEqual(self.shown(form, names), wanted)

    def test_a_report_is_named_after_what_it_reads(self):
        form = Form(self.env["mailjet.report"])
        self.assertEqual(form.name, "Bounce events")
        form.report = "counter"
        self.assertEqual(form.name, "Counters")
        form.name = "My counters"
        form.report = "open"
        self.assertEqual(form.name, "My counters")

    def test_only_counters_that_mailjet_has_can_be_chosen(self):
        form = Form(self.env["mailjet.report"])
        form.report = "counter"
        form.counter_source = "List"
        self.assertEqual(
            (form.counter_timing, form.counter_resolution), ("Message", "Lifetime")
        )
        self.assertEqual(form.counter_timings, ["Message"])
        self.assertEqual(form.counter_resolutions, ["Lifetime"])
        self.assertIn("contact lists", form.counter_hint)
        for vals in (
            {"counter_timing": "Event", "counter_resolution": "Lifetime"},
            {"counter_source": "Sender", "counter_timing": "Event"},
            {"counter_source": "Campaign"},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self.create_report("counter", **vals)

    def test_missing_filters_are_refused(self):
        for report, vals in (
            ("open", {"filter_type": "campaign"}),
            ("open", {"filter_type": "list"}),
            ("message", {"date_filter": "since"}),
            ("message", {"date_filter": "range", "date_from": "2026-01-02"}),
            (
                "message",
                {
                    "date_filter": "range",
                    "date_from": "2026-01-02",
                    "date_to": "2026-01-01",
                },
            ),
            ("open", {"schedule": "daily", "schedule_hour": 24}),
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self.create_report(report, **vals)

    def test_dates_are_in_the_time_zone_of_the_author(self):
        self.env.user.tz = "Asia/Kolkata"
        report = self.create_report(
            date_filter="range", date_from="2026-03-01", date_to="2026-03-01"
        )
        self.assertEqual(
            report._chosen_dates(),
            (datetime(2026, 2, 28, 18, 30), datetime(2026, 3, 1, 18, 29, 59)),
        )

    # ------------------------------------------------------------------
    # Schedule
    # ------------------------------------------------------------------

    def test_next_run_in_summer_time(self):
        """Four in the morning stays four in the morning."""
        self.env.user.tz = "Europe/Paris"
        with freeze_time("2026-03-28 12:00:00"):
            report = self.create_report(schedule="daily", schedule_hour=4)
            self.assertEqual(report.next_run, datetime(2026, 3, 29, 2, 0))
            report.write({"schedule": "weekly", "schedule_weekday": "2"})
            self.assertEqual(report.next_run, datetime(2026, 4, 1, 2, 0))
            report.schedule = "hourly"
            self.assertEqual(report.next_run, datetime(2026, 3, 28, 13, 0))
            report.schedule = "manual"
            self.assertFalse(report.next_run)

    def test_a_scheduled_report_runs_and_schedules_the_next_run(self):
        self.fill(events=60)
        report = self.create_report(schedule="hourly")
        self.work()
        self.assertEqual(report.state, "idle", "not yet")
        self.later(minutes=61)
        self.work()
        self.assertEqual(report.state, "done")
        self.assertGreater(report.next_run, self.now)
        self.assertSame("open")

    def test_a_stopped_report_does_not_restart_on_schedule(self):
        report = self.create_report(schedule="hourly")
        report.action_run()
        report.action_stop()
        self.later(minutes=61)
        self.work()
        self.assertEqual(report.state, "stopped")

    def test_nothing_is_read_from_an_archived_server(self):
        report = self.create_report(schedule="hourly")
        self.server.active = False
        with self.assertRaises(UserError):
            report.action_run()
        self.later(minutes=61)
        self.work()
        self.assertEqual(report.state, "failed")
        self.assertIn("in use", report.problem)
        self.assertFalse(self.rest.requests)

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def preview(self, report, **vals):
        vals = {"server_id": self.server.id, "report": report, **vals}
        return self.env["mailjet.report"].preview(vals)

    def test_preview_of_each_report(self):
        self.fill(events=200)
        for report in dict(self.env["mailjet.report"]._fields["report"].selection):
            with self.subTest(report=report):
                preview = self.preview(report)
                self.assertTrue(preview["rows"])
                self.assertLessEqual(len(preview["rows"]), 20)
                for row in preview["rows"]:
                    self.assertEqual(len(row), len(preview["columns"]))
        preview = self.preview("open", deleted_campaigns=True)
        self.assertGreaterEqual(preview["count"], len(preview["rows"]))

    def test_preview_stores_nothing(self):
        self.fill(events=60)
        self.preview("open")
        self.assertFalse(self.stored("open"))
        self.assertFalse(self.env["mailjet.report"].search([]))

    def test_preview_fails_with_the_reason(self):
        self.rest.faults.add("unauthorized")
        with self.assertRaises(UserError):
            self.preview("open")

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_marketing_users_read_and_administrators_run(self):
        marketing = new_test_user(
            self.env,
            "marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        report = self.create_report().with_user(marketing)
        self.assertTrue(report.name)
        for method in (report.action_run, report.action_stop, report.unlink):
            with self.assertRaises(AccessError):
                method()
        with self.assertRaises(AccessError):
            report.preview({"server_id": self.server.id, "report": "open"})

    def test_deleting_a_server_deletes_its_imports(self):
        self.fill(events=60)
        self.run_report(self.create_report())
        self.server.unlink()
        self.assertFalse(self.env["mailjet.report"].search([]))
        self.assertFalse(self.stored("open"))
