from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .test_mail_refused import MailRefusedCommon

NOON = datetime(2026, 3, 5, 12)


@tagged("post_install", "-at_install")
class TestLongPause(MailRefusedCommon):
    """Whoever is responsible learns of a pause of more than an hour."""

    def setUp(self):
        super().setUp()
        self.refuse(times=None)
        with freeze_time(NOON):
            self.create_mails(1).send()
        self.assertTrue(self.server.mailjet_paused_since)

    def refuse(self, **options):
        reply = "550 5.7.1 Your account has been suspended"
        self.mailjet.faults.add("MAIL", reply, **options)

    def watch(self, minutes):
        """Try again and watch the pauses, so many minutes after noon."""
        with freeze_time(NOON + timedelta(minutes=minutes)):
            self.env["mail.mail"].process_email_queue()
            self.watch_pauses()

    def watch_pauses(self):
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_watch_pauses").method_direct_trigger()

    @property
    def activities(self):
        """What is to be done, and what was done."""
        pauses = self.env["mailjet.pause"].search([("server_id", "=", self.server.id)])
        activities = self.env["mail.activity"].with_context(active_test=False)
        domain = [("res_model", "=", "mailjet.pause"), ("res_id", "in", pauses.ids)]
        return activities.search(domain)

    def test_one_activity_for_each_long_pause(self):
        self.watch(30)
        self.assertFalse(self.activities)
        self.watch(65)
        [activity] = self.activities
        self.assertEqual(activity.user_id, self.server._mailjet_responsible_user())
        self.assertIn(self.server.name, activity.note)
        self.assertIn("suspended", activity.note)
        self.watch(200)
        self.assertEqual(self.activities, activity)

        self.mailjet.faults.clear()
        self.watch(270)
        self.assertEqual(len(self.arrived()), 1)
        self.assertFalse(self.activities.filtered("active"))
        pause = self.env["mailjet.pause"].search([])
        self.assertEqual(pause.ended_on, NOON + timedelta(minutes=270))
        self.assertFalse(self.server.mailjet_paused_since)

        self.refuse(times=None)
        with freeze_time(NOON + timedelta(minutes=300)):
            self.create_mails(1).send()
        self.watch(330)
        self.assertFalse(self.activities.filtered("active"))
        self.watch(370)
        self.assertEqual(len(self.activities.filtered("active")), 1)

    def test_resuming_completes_the_activity(self):
        self.watch(65)
        self.env["mailjet.pause"].search([]).action_mailjet_resume()
        self.assertFalse(self.activities.filtered("active"))
        self.watch(66)
        self.assertFalse(self.activities.filtered("active"), "A new hour begins")

    def test_a_short_pause_with_a_later_one_is_not_a_long_one(self):
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
        later = NOON + timedelta(hours=5)
        with freeze_time(later):
            self.create_mails(1).send()
            self.watch_pauses()
        self.assertEqual(self.server.mailjet_paused_since, later)
        self.assertFalse(self.activities)

    def test_a_pause_with_nothing_left_to_send_ends(self):
        self.watch(65)
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
        self.watch(65 + 125)
        self.assertFalse(self.activities.filtered("active"))
