from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import MailjetCommon

# However many events, mailings and servers there are
MAX_QUERIES = 22
COUNTS = (
    "delivered opened clicked opens clicks machine_opens hard_bounced soft_bounced"
    " blocked complained unsubscribed"
).split()


class MailjetDashboardCommon(MailjetCommon):
    """Creates figures, limits, hours and bounce reasons as if from Mailjet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.create_server("Shop")
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        cls.user = new_test_user(cls.env, "marketing", groups)
        cls.today = fields.Date.today()
        cls.mailing = cls.env["mailing.mailing"].create({"subject": "Summer"})

    @classmethod
    def add_sums(cls, days_ago, server=None, **counts):
        cls.env["mailjet.statistic"].create(
            {
                "server_id": (server or cls.server).id,
                "date": cls.today - timedelta(days=days_ago),
                **dict.fromkeys(COUNTS, 0),
                **counts,
            }
        )

    @classmethod
    def add_counter(cls, date, resolution="Day", **counts):
        cls.env["mailjet.counter"].create(
            {
                "server_id": cls.server.id,
                "key": f"{resolution}/{date}",
                "date": date,
                "source": "APIKey",
                "timing": "Message",
                "resolution": resolution,
                **counts,
            }
        )

    @classmethod
    def add_bounce(cls, reason, count=1, days_ago=1, event="bounce"):
        cls.env["mailjet.event"].create(
            [
                {
                    "server_id": cls.server.id,
                    "key": f"{reason}/{event}/{days_ago}/{number}",
                    "event": event,
                    "date": fields.Datetime.now() - timedelta(days=days_ago),
                    "failure_reason": reason,
                    "mailing_id": cls.mailing.id,
                    "state": "applied",
                }
                for number in range(count)
            ]
        )

    @classmethod
    def add_limit(cls, kind, state="fine", part=1, whole=10_000, processed=10_000):
        cls.env["mailjet.policy.limit"].create(
            {
                "server_id": cls.server.id,
                "kind": kind,
                "state": state,
                "part": part,
                "whole": whole,
                "processed": processed,
            }
        )

    @classmethod
    def fill(cls):
        """Create data for every part of the dashboard."""
        for days_ago in range(0, 29, 4):
            cls.add_sums(
                days_ago,
                delivered=900 + 10 * days_ago,
                opened=300 + 7 * days_ago,
                clicked=60,
                hard_bounced=50,
                soft_bounced=5,
                blocked=40,
                complained=1,
                unsubscribed=8,
            )
        cls.add_limit("bounced", "over", part=924)
        cls.add_limit("unsubscribed", "half", part=90)
        cls.add_limit("blocked", "fine", part=400)
        cls.add_limit("complained", "fine", part=1)
        cls.server.mailjet_policy_read_on = fields.Datetime.now()
        monday = fields.Datetime.to_datetime(cls.today)
        monday -= timedelta(days=cls.today.weekday())
        for number, opened in enumerate((60, 90, 20, 40, 10, 70, 30)):
            date = monday - timedelta(days=number, hours=number)
            cls.add_counter(date, "Hour", delivered=150, processed=155, opened=opened)
        cls.add_bounce("user_unknown", 5)
        cls.add_bounce("quota_exceeded", 3)
        cls.add_bounce("preblocked", 2, event="blocked")

    def dashboard_of(self, server_id=False, zone="Europe/Paris"):
        dashboard = self.env["mailjet.dashboard"].with_user(self.user)
        return dashboard.with_context(tz=zone).read_dashboard(server_id)

    def figure(self, data, name):
        [figure] = [one for one in data["figures"] if one["name"] == name]
        return figure["count"], figure["rate"]


@tagged("post_install", "-at_install")
class TestMailjetDashboard(MailjetDashboardCommon):
    """The figures that the dashboard reads, and who may read them."""

    def test_figures_are_those_of_the_deliverability_view(self):
        self.add_sums(0, delivered=90, opened=45, hard_bounced=7, soft_bounced=3)
        self.add_sums(29, delivered=100, clicked=19, complained=2)
        self.add_sums(40, delivered=5000)
        self.add_sums(1, self.create_server("Other"), delivered=7000)
        data = self.dashboard_of()
        self.assertEqual(data["source"], "events")
        self.assertEqual(self.figure(data, "processed"), (200, None))
        self.assertEqual(self.figure(data, "delivered"), (190, 95))
        self.assertEqual(self.figure(data, "bounced"), (10, 5))
        self.assertEqual(self.figure(data, "clicked"), (19, 10))
        [rows] = self.env["mailjet.deliverability"]._read_group(
            [("server_id", "=", self.server.id), ("date", ">=", "-30d")],
            aggregates=["processed:sum", "opened:sum"],
        )
        self.assertEqual(rows, (200, self.figure(data, "opened")[0]))

    def test_days_without_figures_are_included(self):
        self.add_sums(2, delivered=90, opened=45, hard_bounced=7)
        days = self.dashboard_of()["days"]
        dates = [day["date"] for day in days]
        self.assertEqual(len(days), 31)
        self.assertEqual(dates, sorted(set(dates)))
        self.assertEqual(dates[-1], fields.Date.to_string(self.today))
        day = days[-3]
        self.assertEqual((day["delivered"], day["opened"], day["bounced"]), (90, 45, 7))
        self.assertEqual(sum(day["delivered"] for day in days), 90)

    def test_mailjets_own_counters_are_shown_without_events(self):
        midnight = fields.Datetime.to_datetime(self.today - timedelta(days=3))
        self.add_counter(midnight, processed=50, delivered=40, bounced=10)
        self.add_counter(midnight, "Hour", processed=3, delivered=3)
        self.add_counter(midnight - timedelta(days=60), processed=9, delivered=9)
        data = self.dashboard_of()
        self.assertEqual(data["source"], "counters")
        self.assertEqual(self.figure(data, "processed"), (50, None))
        self.assertEqual(self.figure(data, "bounced"), (10, 20))
        # Days are in UTC, even for a user in New York
        days = self.dashboard_of(zone="America/New_York")["days"]
        [day] = [day for day in days if day["processed"]]
        self.assertEqual(day["date"], fields.Date.to_string(midnight))

    def test_mailjets_first_day_counts_completely(self):
        midnight = fields.Datetime.to_datetime(self.today - timedelta(days=30))
        self.add_counter(midnight, processed=50, delivered=50)
        self.add_counter(midnight - timedelta(days=1), processed=9, delivered=9)
        for zone in ("America/New_York", "Asia/Tokyo"):
            data = self.dashboard_of(zone=zone)
            self.assertEqual(self.figure(data, "processed"), (50, None))

    def test_bounces_alone_do_not_hide_the_counters(self):
        """A report “Bounce events” imports nothing else."""
        self.add_sums(1, hard_bounced=10)
        self.assertEqual(self.dashboard_of()["source"], "events")
        midnight = fields.Datetime.to_datetime(self.today)
        self.add_counter(midnight, processed=50, delivered=40, bounced=10)
        self.assertEqual(self.dashboard_of()["source"], "counters")

    def test_events_since_yesterday_do_not_hide_the_counters(self):
        self.add_sums(0, delivered=100, opened=45)
        midnight = fields.Datetime.to_datetime(self.today)
        self.add_counter(midnight, processed=105, delivered=105)
        self.assertEqual(self.dashboard_of()["source"], "events")
        self.add_counter(midnight - timedelta(days=9), processed=50, delivered=50)
        data = self.dashboard_of()
        self.assertEqual(data["source"], "counters")
        self.assertEqual(self.figure(data, "processed"), (155, None))

    def test_zero_emails_is_a_figure(self):
        midnight = fields.Datetime.to_datetime(self.today)
        self.add_counter(midnight, processed=0)
        data = self.dashboard_of()
        self.assertEqual(data["source"], "counters")
        self.assertEqual(self.figure(data, "processed"), (0, None))
        self.assertEqual(self.figure(data, "delivered"), (0, None))

    def test_no_figures_yet(self):
        data = self.dashboard_of()
        self.assertEqual(data["source"], False)
        self.assertEqual((data["days"], data["limits"], data["reasons"]), ([], [], []))
        self.assertIsNone(data["hours"])
        self.assertFalse(data["has_events"])

    def test_without_a_server(self):
        self.MailServer.search([]).unlink()
        self.assertEqual(
            self.dashboard_of(), {"servers": [], "server_id": False, "is_admin": False}
        )

    def test_a_chosen_server(self):
        other = self.create_server("Other")
        self.add_sums(1, delivered=5)
        self.add_sums(1, other, delivered=7)
        data = self.dashboard_of(other.id)
        self.assertEqual([one["name"] for one in data["servers"]], ["Shop", "Other"])
        self.assertEqual(data["server_id"], other.id)
        self.assertEqual(self.figure(data, "delivered"), (7, 100))
        unknown = self.create_other_server().id
        self.assertEqual(self.dashboard_of(unknown)["server_id"], self.server.id)

    def test_servers_for_mass_mailing_come_first(self):
        self.create_server("News", mailjet_purpose="mass_mailing")
        data = self.dashboard_of()
        self.assertEqual([one["name"] for one in data["servers"]], ["News", "Shop"])
        self.assertEqual(data["server_id"], data["servers"][0]["id"])

    def test_limits_are_explained(self):
        self.fill()
        limits = self.dashboard_of()["limits"]
        self.assertEqual(
            [(one["label"], one["state_label"], one["rate"]) for one in limits],
            [
                ("Bounces", "Over the limit", "9.24\N{NO-BREAK SPACE}%"),
                (
                    "Unsubscriptions",
                    "Half of the limit reached",
                    "0.9\N{NO-BREAK SPACE}%",
                ),
                ("Blocked emails", "Well below the limit", "4\N{NO-BREAK SPACE}%"),
                ("Complaints", "Well below the limit", "0.01\N{NO-BREAK SPACE}%"),
            ],
        )
        self.assertAlmostEqual(limits[0]["used"], 115.5)
        self.assertIn("924 of 10,000", limits[0]["words"])

    def test_a_pause_is_explained(self):
        self.fill()
        self.assertFalse(self.dashboard_of()["pause_reason"])
        self.server.mailjet_pause_at_policy_limit = True
        self.server._mailjet_pause_at_policy_limits()
        self.assertIn("924 of 10,000", self.dashboard_of()["pause_reason"])

    def test_hours_with_too_few_emails_do_not_count(self):
        midnight = fields.Datetime.to_datetime(self.today)
        self.add_counter(midnight, "Hour", delivered=99, opened=99)
        self.assertEqual(self.dashboard_of()["hours"], [])
        self.add_counter(midnight - timedelta(hours=5), "Hour", delivered=100)
        self.assertEqual(self.dashboard_of()["hours"], [], "Nothing was opened")
        weeks = [midnight - timedelta(days=7 * number, hours=9) for number in (1, 2)]
        for date, opened in zip(weeks, (20, 10), strict=True):
            self.add_counter(date, "Hour", delivered=60, opened=opened)
        [hour] = self.dashboard_of()["hours"]
        self.assertEqual((hour["delivered"], hour["rate"]), (120, 25))
        # In the time zone of the user
        [hour] = self.dashboard_of(zone="UTC")["hours"]
        self.assertEqual(hour["hour"], "15:00")

    def test_the_best_hour_comes_first(self):
        self.fill()
        rates = [hour["rate"] for hour in self.dashboard_of()["hours"]]
        self.assertEqual(len(rates), 5)
        self.assertEqual(rates, sorted(rates, reverse=True))
        self.assertEqual(rates[0], 60)

    def test_reasons(self):
        self.fill()
        self.add_bounce("greylisted", 50, days_ago=45)
        self.add_bounce(False, 4)
        self.assertEqual(
            [(one["label"], one["count"]) for one in self.dashboard_of()["reasons"]],
            [
                ("No such mailbox", 5),
                ("No reason given", 4),
                ("Mailbox full", 3),
                ("Not sent: bounced recently", 2),
            ],
        )

    def test_whether_mailjet_counts_opens(self):
        self.add_sums(1, delivered=5)
        self.assertFalse(self.dashboard_of()["counts_opens"])
        self.server.mailjet_tracking = "mailjet"
        self.assertTrue(self.dashboard_of()["counts_opens"])
        self.server.mailjet_tracking = "odoo"
        self.add_sums(2, delivered=5, opened=1)
        self.assertTrue(self.dashboard_of()["counts_opens"])

    def test_access(self):
        self.fill()
        self.assertFalse(self.dashboard_of()["is_admin"])
        self.user = new_test_user(self.env, "chief", "base.group_system")
        self.assertTrue(self.dashboard_of()["is_admin"])
        for groups in ("base.group_user", "base.group_portal"):
            self.user = new_test_user(self.env, groups, groups)
            with self.assertRaises(AccessError):
                self.dashboard_of()

    def test_the_number_of_queries_is_bounded(self):
        def queries():
            self.env.invalidate_all()
            self.dashboard_of()
            before = self.cr.sql_log_count
            self.env.invalidate_all()
            self.dashboard_of()
            return self.cr.sql_log_count - before

        self.fill()
        few = queries()
        self.assertLessEqual(few, MAX_QUERIES)
        for number in range(5):
            other = self.create_server(f"Other {number}")
            for days_ago in range(30):
                self.add_sums(days_ago, other, delivered=5, opened=3)
                self.add_sums(days_ago, delivered=5, provider=f"{number}")
        for number, reason in enumerate(("typofix", "other", "none", "greylisted")):
            self.add_bounce(reason, 20, days_ago=number)
        self.assertEqual(queries(), few)
