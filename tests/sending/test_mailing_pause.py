from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ... import uninstall_hook
from .test_mailing_progress import EMAILS, MailingWatchedCommon


@tagged("post_install", "-at_install")
class TestMailingPause(MailingWatchedCommon):
    """Pause a mailing while it is being sent, and resume it."""

    def pause(self, mailing):
        mailing.with_user(self.marketing).action_mailjet_pause()

    def resume(self, mailing):
        mailing.with_user(self.marketing).action_mailjet_resume()

    def test_nothing_of_a_paused_mailing_leaves(self):
        mailing, other = self.make(*EMAILS[:4]), self.make(*EMAILS[4:])
        self.pause(mailing)
        # At once, before the queue has marked its emails
        self.assertEqual(self.reasons(mailing), {"mailing": 4})
        self.send_queue()
        self.assertEqual(self.arrived(), sorted(EMAILS[4:]))
        self.assertEqual(self.reasons(mailing), {"mailing": 4})
        mails = self.mails(mailing)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(set(mails.mapped("mailjet_waits_for")), {"mailing"})
        self.assertEqual(self.progress(mailing)["left"], 0)
        self.assertFalse(mailing.mailjet_can_pause)
        self.run_queue(timedelta(days=100))
        self.assertEqual(self.arrived(), sorted(EMAILS[4:]))
        self.assertFalse(set(self.mails(other).mapped("state")) - {"sent"})

        self.resume(mailing)
        self.assertEqual(self.reasons(mailing), {"queue": 4})
        self.send_queue()
        self.assertEqual(self.arrived(), sorted(EMAILS))

    def test_paused_in_the_middle_each_email_is_sent_once(self):
        mailing = self.make()
        self.server.mailjet_daily_limit = 2
        self.send_queue()
        self.assertEqual(len(self.arrived()), 2)
        self.pause(mailing)
        self.server.mailjet_daily_limit = 0
        self.mails(mailing).scheduled_date = False
        self.send_queue()
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual(self.reasons(mailing), {"mailing": 4})
        self.resume(mailing)
        self.send_queue()
        self.assertEqual(self.arrived(), EMAILS)

    def test_core_s_way_respects_the_pause(self):
        mailing = self.make()
        self.pause(mailing)
        self.mails(mailing).send()
        self.assertFalse(self.arrived())
        self.assertEqual(self.reasons(mailing), {"mailing": 6})

    def test_emails_made_during_the_pause_wait(self):
        mailing = self.create_mailing(*EMAILS, state="sending")
        self.pause(mailing)
        mailing.action_send_mail()
        self.send_queue()
        self.assertFalse(self.arrived())
        self.assertEqual(self.reasons(mailing), {"mailing": 6})

    def test_an_email_that_waits_for_a_retry_waits_on(self):
        mailing = self.make(EMAILS[0])
        self.mailjet.faults.add("RCPT", "450 4.2.1 Later")
        self.send_queue()
        self.pause(mailing)
        self.assertEqual(self.reasons(mailing), {"retry": 1})
        with freeze_time(fields.Datetime.now() + timedelta(minutes=5)):
            self.env["mail.mail"]._mailjet_hold_mailings()
        self.resume(mailing)
        # Whoever resumes does not shorten what the server asked for
        self.send_queue()
        self.assertFalse(self.arrived())
        self.run_queue(timedelta(minutes=5))
        self.assertEqual(self.arrived(), [EMAILS[0]])

    def test_a_mark_that_comes_too_late_holds_nothing(self):
        """A queue may mark an email while somebody resumes its mailing."""
        mailing = self.make(EMAILS[0])
        self.mails(mailing).write(
            {"mailjet_waits_for": "mailing", "scheduled_date": "3000-01-01 00:00:00"}
        )
        self.send_queue()
        self.assertEqual(self.arrived(), [EMAILS[0]])

    def test_resuming_revives_nothing(self):
        mailing = self.make()
        self.pause(mailing)
        self.send_queue()
        mails = self.mails(mailing)
        states = ["sent", "cancel", "exception", "mailjet_in_flight"]
        for mail, state in zip(mails, states, strict=False):
            mail.state = state
        self.resume(mailing)
        self.assertEqual(mails[:4].mapped("state"), states)
        self.assertEqual(set(mails[:4].mapped("mailjet_waits_for")), {"mailing"})
        self.send_queue()
        self.assertEqual(self.arrived(), EMAILS[4:])

    def test_who_may_pause(self):
        mailing = self.make()
        employee = new_test_user(self.env, "mj_employee", groups="base.group_user")
        for method in ("action_mailjet_pause", "action_mailjet_resume"):
            with self.assertRaises(AccessError):
                getattr(mailing.with_user(employee), method)()
        self.assertFalse(mailing.mailjet_is_paused)

    def test_a_test_email_leaves_all_the_same(self):
        mailing = self.make()
        self.pause(mailing)
        self.env["mailing.mailing.test"].create(
            {"mass_mailing_id": mailing.id, "email_to": "me@example.org"}
        ).send_mail_test()
        self.assertEqual(self.arrived(), ["me@example.org"])

    def test_watchers_notice_the_pause(self):
        mailing = self.make()
        for action in (self.pause, self.resume):
            action(mailing)
            self.env.cr.precommit.run()
            news = self.news(mailing)[-1]["payload"]
            self.assertEqual(news, {"id": mailing.id, "is_changed": True})

    def test_uninstalling_forgets_no_paused_mailing(self):
        mailing = self.make()
        self.pause(mailing)
        self.send_queue()
        uninstall_hook(self.env)
        mails = self.mails(mailing)
        self.assertEqual(set(mails.mapped("state")), {"exception"})
        self.assertEqual(
            set(mailing.mailing_trace_ids.mapped("trace_status")), {"error"}
        )

    def test_what_waits_for_an_archived_server_is_cancelled_as_well(self):
        mailing = self.make()
        self.pause(mailing)
        self.send_queue()
        self.server.active = False
        mailing.with_user(self.marketing).action_cancel()
        self.assertEqual(set(self.mails(mailing).mapped("state")), {"cancel"})
