import json
import logging
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.bus.models.bus import channel_with_db, json_dump
from odoo.addons.http_routing.tests.common import MockRequest

from ...models.sending import progress
from .test_mail_refused import MailRefusedCommon

EMAILS = [f"friend{number}@example.org" for number in range(6)]


class MailingWatchedCommon(MailRefusedCommon):
    """A mailing whose emails are made, and a marketing user who watches it."""

    def setUp(self):
        super().setUp()
        self.marketing = new_test_user(
            self.env,
            "mj_marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        # Odoo has welcomed the new user
        self.mailjet.store.clear_messages()

    def make(self, *emails):
        """Make the emails of a mailing, and send none."""
        mailing = self.create_mailing(*(emails or EMAILS), state="sending")
        self.server.mailjet_paused_until = "2999-01-01 00:00:00"
        mailing.action_send_mail()
        self.server.mailjet_paused_until = False
        nothing = dict.fromkeys(
            ("mailjet_waits_for", "scheduled_date", "mailjet_server_id"), False
        )
        self.mails(mailing).write(nothing)
        return mailing

    def mails(self, mailing):
        return self.env["mail.mail"].search([("mailing_id", "=", mailing.id)])

    def send_queue(self):
        """Run Mailjet's queue, as its scheduled action does."""
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_mailjet_send_1").method_direct_trigger()
        self.env.invalidate_all()

    def progress(self, mailing):
        self.env.invalidate_all()
        return mailing.with_user(self.marketing).mailjet_progress

    def reasons(self, mailing):
        progress = self.progress(mailing)
        return {each["reason"]: each["count"] for each in progress["waiting"]}

    def news(self, record):
        """Return what those who watch a record were notified of."""
        channel = json_dump(channel_with_db(self.env.cr.dbname, record))
        rows = self.env["bus.bus"].sudo().search([("channel", "=", channel)])
        return [json.loads(row.message) for row in rows.sorted("id")]


@tagged("post_install", "-at_install")
class TestMailingProgress(MailingWatchedCommon):
    """What people see of a mailing that is being sent."""

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def test_a_marketing_user_sees_how_far_a_mailing_is(self):
        mailing = self.make()
        with self.assertRaises(AccessError):
            self.mails(mailing).with_user(self.marketing).read(["state"])
        progress = self.progress(mailing)
        self.assertEqual((progress["sent"], progress["total"]), (0, 6))
        self.assertEqual(progress["left"], 6)
        self.assertEqual(self.reasons(mailing), {"queue": 6})

        self.mailjet.faults.add("RCPT", "450 4.2.1 Later", address=EMAILS[0])
        self.mailjet.faults.add("RCPT", "550 5.1.1 User unknown", address=EMAILS[1])
        self.send_queue()
        progress = self.progress(mailing)
        self.assertEqual(progress["sent"], 4)
        self.assertEqual(progress["failed"], 1)
        self.assertEqual(progress["left"], 0)
        self.assertGreater(progress["rate"], 0)
        self.assertEqual(self.reasons(mailing), {"retry": 1})

    def test_why_emails_wait(self):
        mailing = self.make()
        mails = self.mails(mailing)
        now = fields.Datetime.now()
        in_flight = {"state": "mailjet_in_flight", "mailjet_claim": "x"}
        later = fields.Datetime.add(now, hours=1)
        for mail, waits_for in zip(mails, ("pause", "limit", "retry"), strict=False):
            mail.write({"mailjet_waits_for": waits_for, "scheduled_date": later})
        mails[3].write({**in_flight, "mailjet_claimed_on": now})
        mails[4].write(
            {**in_flight, "mailjet_claimed_on": fields.Datetime.add(now, minutes=-6)}
        )
        expected = {
            "pause": 1,
            "limit": 1,
            "retry": 1,
            "in_flight": 1,
            "uncertain": 1,
            "queue": 1,
        }
        self.assertEqual(self.reasons(mailing), expected)
        traces = self.env["mailing.trace"].with_user(self.marketing)
        for reason in expected:
            with self.subTest(reason=reason):
                action = mailing.with_user(self.marketing).action_mailjet_waiting(
                    reason
                )
                trace = traces.search(action["domain"])
                self.assertEqual(len(trace), 1)
                self.assertEqual(trace.mailjet_waiting, reason)
                action = self.server.action_mailjet_queue(reason)
                self.assertEqual(
                    self.env["mail.mail"].search(action["domain"]),
                    trace.sudo().mail_mail_id,
                )
        queue = {each["reason"]: each["count"] for each in self.server.mailjet_queue}
        self.assertEqual(queue, expected)

    def test_an_email_whose_time_has_come_is_in_the_queue(self):
        mailing = self.make(EMAILS[0])
        now = fields.Datetime.now()
        self.mails(mailing).write({"mailjet_waits_for": "pause", "scheduled_date": now})
        self.assertEqual(self.reasons(mailing), {"queue": 1})
        self.assertEqual(self.progress(mailing)["left"], 1)

    def test_what_is_not_being_sent_shows_nothing(self):
        draft = self.create_mailing("a@example.org")
        self.assertFalse(draft.mailjet_progress)
        mailing = self.make("b@example.org")
        self.send_queue()
        self.assertTrue(self.progress(mailing))
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), hours=1)):
            self.assertFalse(self.progress(mailing))

    def test_a_mailing_of_another_server_shows_nothing(self):
        mailing = self.make("a@example.org")
        mailing.mail_server_id = self.create_other_server()
        self.assertFalse(self.progress(mailing))

    def test_emails_yet_to_be_made_count(self):
        mailing = self.create_mailing(*EMAILS, state="sending")
        progress = self.progress(mailing)
        self.assertEqual((progress["total"], progress["left"]), (6, 6))

    # ------------------------------------------------------------------
    # News
    # ------------------------------------------------------------------

    def test_watchers_are_notified(self):
        mailing = self.make()
        before = self.progress(mailing)
        self.mailjet.faults.add("RCPT", "550 5.1.1 User unknown", address=EMAILS[1])
        with self.assertLogs(progress.__name__, logging.INFO) as logs:
            self.send_queue()
        for line in logs.output:
            self.assertRegex(
                line,
                r"Mailjet: \d emails through .*: \d recipients, "
                r"[\d.]+ emails a second, \d left",
            )
        self.assertIn(" 0 left", logs.output[-1])
        news = self.news(mailing)
        self.assertTrue(all(each["type"] == "mailjet_progress" for each in news))
        total = {"sent": 0, "failed": 0}
        for each in news:
            self.assertEqual(each["payload"]["id"], mailing.id)
            for name in total:
                total[name] += each["payload"].get(name, 0)
        self.assertEqual(total, {"sent": 5, "failed": 1})
        self.assertTrue(news[-1]["payload"]["is_changed"])
        # These figures contain the news, the earlier ones did not
        newest = self.env["bus.bus"].sudo()._bus_last_id()
        self.assertEqual(self.progress(mailing)["news_after"], newest)
        self.assertLess(before["news_after"], newest)
        sessions = [each["payload"]["sessions"] for each in self.news(self.server)]
        self.assertGreater(sessions[0], 0)
        self.assertEqual(sessions[-1], 0)

    def test_a_long_queue_is_not_counted_to_its_end(self):
        self.make()
        now = [0.0]
        run = progress.Progress(self.server, clock=lambda: now[0])

        with patch.object(progress, "MOST_COUNTED", 4):
            left = [run._count_left(1), run._count_left(1)]
        self.assertEqual(left, ["at least 4", "at least 4"])
        now[0] += progress.COUNT_SECONDS
        self.assertEqual([run._count_left(1), run._count_left(1)], ["6", "5"])

    def test_only_those_who_may_read_a_record_can_watch_it(self):
        mailing = self.create_mailing("a@example.org")
        employee = new_test_user(self.env, "mj_employee", groups="base.group_user")
        names = [
            f"mailjet_mailing.mailing_{mailing.id}",
            f"mailjet_ir.mail_server_{self.server.id}",
            "mailjet_mailing.mailing_0",
            "mailjet_res.users_1",
        ]
        watched = {}
        for user in (self.marketing, self.env.ref("base.user_admin"), employee):
            env = self.env(user=user)
            with MockRequest(env) as request:
                request.session.uid = user.id
                channels = env["ir.websocket"]._build_bus_channel_list(names)
            watched[user] = tuple(
                any(
                    channel == record
                    for channel in channels
                    if type(channel) is type(record)
                )
                for record in (mailing, self.server)
            )
        self.assertEqual(
            list(watched.values()), [(True, True), (True, True), (False, False)]
        )
