from datetime import date
from itertools import permutations

from odoo.tests import tagged

from ...models.figures.mailjet_statistic import LOCK
from ..common import MailjetCommon
from ..reports.test_mailjet_report_run import MailjetReportCommon

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
MACHINE = "Mozilla/5.0"  # Apple's proxy
# Events of a database that has many
DAYS, EVENTS_A_DAY = 1000, 20
SUMS = ("opened", "clicked", "opens", "clicks", "machine_opens")


@tagged("post_install", "-at_install")
class TestMailjetStatistic(MailjetReportCommon):
    """Opens and clicks, whichever datasets were imported, in whatever order."""

    def read_in(self, *names):
        """Import these datasets one after the other."""
        for name in names:
            self.run_report(self.create_report(name))
            self.refresh()

    def refresh(self):
        with self.enter_registry_test_mode():
            cron = self.env.ref("mail_mailjet.ir_cron_refresh_statistics")
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def forget(self):
        """Remove everything that was imported."""
        for model in ("event", "message", "report", "statistic", "statistic.stale"):
            self.env[f"mailjet.{model}"].search([]).unlink()

    def sums(self):
        [sums] = self.env["mailjet.deliverability"]._read_group(
            [], [], [f"{name}:sum" for name in SUMS]
        )
        return dict(zip(SUMS, sums, strict=True))

    def true_sums(self):
        """Count in the details, one by one."""
        events = self.env["mailjet.event"].search([])
        people = events.filtered(lambda event: not event.is_automatic)
        opens = events.filtered(lambda event: event.event == "open")
        clicks = events.filtered(lambda event: event.event == "click")

        def messages(found):
            return len(set(found.mapped("mailjet_message_id")))

        return {
            "opened": messages(people & (opens + clicks)),
            "clicked": messages(people & clicks),
            "opens": len(opens),
            "clicks": len(clicks),
            "machine_opens": len(opens - people),
        }

    def test_opens_do_not_depend_on_whether_messages_were_imported(self):
        self.fill(late=0.05)
        for order in permutations(("open", "click", "message")):
            with self.subTest(order=order):
                self.forget()
                self.read_in(*order)
                self.assertEqual(self.sums(), self.true_sums())
        self.forget()
        self.read_in("open", "click")
        before = self.sums()
        self.assertEqual(before, self.true_sums())
        self.assertGreaterEqual(before["opened"], before["clicked"])
        self.read_in("message")
        self.assertEqual(self.sums(), before)

    def test_a_click_without_an_open_counts_as_opened_once(self):
        message = self.add_message(status="clicked")
        for hours in (1, 2):
            self.statistics.add_click(
                message, "https://x.example/", at=self.ago(hours=hours), agent=PERSON
            )
        right = {"opened": 1, "clicked": 1, "opens": 0, "clicks": 2, "machine_opens": 0}
        for names in (("click",), ("click", "open"), ("click", "open", "message")):
            with self.subTest(names=names):
                self.forget()
                self.read_in(*names)
                self.assertEqual(self.sums(), right)

    def test_a_message_is_opened_on_the_day_of_the_first_open_or_click(self):
        message = self.add_message(arrived_at=self.ago(days=4))
        self.statistics.add_click(
            message, "https://x.example/", at=self.ago(days=3), agent=PERSON
        )
        self.statistics.add_open(message, at=self.ago(days=2), agent=PERSON)
        self.read_in("open", "click")
        rows = self.env["mailjet.deliverability"].search([], order="date")
        self.assertEqual(rows.mapped("date")[0], self.ago(days=3).date())
        self.assertEqual(rows.mapped("opened"), [1, 0])

    def test_a_message_that_only_machines_opened_is_not_opened(self):
        message = self.add_message(status="opened")
        self.statistics.add_open(message, at=self.ago(hours=1), agent=MACHINE)
        right = {"opened": 0, "clicked": 0, "opens": 1, "clicks": 0, "machine_opens": 1}
        self.read_in("open")
        self.assertEqual(self.sums(), right)
        self.read_in("message")
        self.assertEqual(self.sums(), right)

    def test_a_status_adds_no_event(self):
        """Without the events, a status shows that a message was opened, not when."""
        self.add_message("a@x.example", status="opened")
        self.add_message("b@x.example", status="clicked")
        self.read_in("message")
        right = {"opened": 2, "clicked": 1, "opens": 0, "clicks": 0, "machine_opens": 0}
        self.assertEqual(self.sums(), right)

    def test_the_next_open_counts_when_the_first_one_is_removed(self):
        message = self.add_message(arrived_at=self.ago(days=4))
        first = self.statistics.add_open(message, at=self.ago(days=3), agent=PERSON)
        self.statistics.add_open(message, at=self.ago(days=1), agent=PERSON)
        report = self.create_report(update_mode="replace")
        self.run_report(report)
        self.refresh()
        self.statistics.delete_event("open", first)
        self.run_report(report)
        self.refresh()
        self.assertEqual(self.sums(), self.true_sums())

    # ------------------------------------------------------------------
    # Two refreshes at a time
    # ------------------------------------------------------------------

    def test_the_lock_holds_for_the_whole_refresh(self):
        for days in (1, 2, 3):
            message = self.add_message(arrived_at=self.ago(days=4))
            self.statistics.add_open(message, at=self.ago(days=days), agent=PERSON)
        self.run_report(self.create_report())
        statistic = type(self.env["mailjet.statistic"])
        rebuild, answers = statistic._rebuild_day, []

        def rebuilt(records, server_id, date):
            # As another worker, which has a connection of its own
            with records.env.registry._db.cursor() as cr:
                cr.execute(
                    "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
                    [LOCK],
                )
                answers.append(cr.fetchone()[0])
            return rebuild(records, server_id, date)

        self.patch(statistic, "_rebuild_day", rebuilt)
        self.refresh()
        self.assertEqual(answers, [False, False, False])


@tagged("post_install", "-at_install")
class TestMailjetStatisticReading(MailjetCommon):
    """Rebuilding a day stays as cheap as the day, however many events there are."""

    def test_a_day_does_not_read_the_events_of_other_days(self):
        server = self.create_server()
        # One in four names no message, and counts by itself
        self.env.cr.execute(
            """
            INSERT INTO mailjet_event (server_id, key, event, date, state,
                                       mailjet_message_id)
            SELECT %s, number, 'sent',
                   timestamp '2026-01-01 12:00' + number %% %s * interval '1 day',
                   'foreign',
                   CASE WHEN number %% 4 > 0 THEN number::varchar END
              FROM generate_series(1, %s) AS number
            """,
            [server.id, DAYS, DAYS * EVENTS_A_DAY],
        )
        self.env.cr.execute("ANALYZE mailjet_event")
        statistic = self.env["mailjet.statistic"]
        before = self.rows_read("mailjet_event")
        statistic._rebuild_day(server.id, date(2026, 3, 1))
        sums = statistic.search([("server_id", "=", server.id)])
        self.assertEqual(sum(sums.mapped("delivered")), EVENTS_A_DAY)
        self.assertLess(self.rows_read("mailjet_event") - before, 5 * EVENTS_A_DAY)
