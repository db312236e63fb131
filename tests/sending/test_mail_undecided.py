"""Mails of which Mailjet shows nothing for a day: somebody decides."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .recovery_common import IN_FLIGHT, MailRecoveryCommon


@tagged("post_install", "-at_install")
class TestMailUndecided(MailRecoveryCommon):
    def undecided(self, **vals):
        mail = self.create_mails(1, **vals)
        self.leave_in_flight(mail)
        self.recover(hours=23)
        self.assertEqual(mail.state, IN_FLIGHT)
        self.recover(hours=24, minutes=1)
        self.assertEqual(mail.state, "exception")
        self.assertTrue(mail.mailjet_is_undecided)
        self.assertIn("Mailjet's message list", mail.failure_reason)
        return mail

    def test_mailjet_has_it(self):
        mail = self.undecided()
        self.assertFalse(mail.action_mailjet_has_it())
        self.assertEqual(mail.state, "sent")
        self.assertFalse(mail.mailjet_is_undecided)
        self.assertFalse(mail.failure_reason)
        with self.assertRaises(UserError):
            mail.action_mailjet_has_it()
        self.assertFalse(self.arrived())

    def test_mailjet_has_a_mail_that_is_deleted_then(self):
        mail = self.undecided(auto_delete=True)
        action = mail.action_mailjet_has_it()
        self.assertEqual(action["res_model"], "mail.mail")
        self.assertFalse(mail.exists())

    def test_an_event_decides(self):
        mail = self.undecided()
        self.recover(hours=25)
        self.assertEqual(mail.state, "exception")
        self.receive(self.take(mail.mailjet_custom_ids[""], "to0@example.org"))
        self.recover(hours=26)
        self.assertEqual(mail.state, "sent")
        self.assertFalse(mail.mailjet_is_undecided)
        self.assertFalse(mail.mailjet_claimed_on)

    def test_retry_is_to_send_it_again(self):
        mailing, mail = self.create_queued_mailing("a@example.org")
        self.leave_in_flight(mail)
        self.recover(hours=25)
        mail.mark_outgoing()
        self.assertFalse(mail.mailjet_is_undecided)
        self.assertTrue(mailing.mailing_trace_ids.mailjet_sent_again)

    def test_send_again(self):
        mail = self.undecided()
        custom_id = mail.mailjet_custom_ids[""]
        mail.action_mailjet_send_again()
        self.assertEqual(mail.state, "outgoing")
        self.assertFalse(mail.mailjet_is_undecided)
        self.run_queue()
        self.assertEqual(mail.state, "sent")
        [message] = self.mailjet.store.messages
        self.assertEqual(message.parsed()["X-MJ-CustomID"], custom_id)
        with self.assertRaises(UserError):
            mail.action_mailjet_send_again()

    def test_a_trace_follows_the_decision(self):
        for action, status in (
            ("action_mailjet_has_it", "sent"),
            ("action_mailjet_send_again", "outgoing"),
        ):
            with self.subTest(action=action):
                mailing, mail = self.create_queued_mailing("a@example.org")
                self.leave_in_flight(mail)
                self.recover(hours=25)
                trace = mailing.mailing_trace_ids
                self.assertEqual(trace.trace_status, "error")
                self.assertTrue(trace.failure_reason)
                self.assertTrue(mail.exists(), "Nothing that is undecided disappears")
                getattr(mail, action)()
                self.assertEqual(trace.trace_status, status)
                self.assertFalse(trace.failure_type)
                self.assertFalse(trace.failure_reason)

    def test_an_event_that_came_while_nobody_had_decided(self):
        self.server.mailjet_reports_sent = True
        mailing, mail = self.create_queued_mailing("blocked@example.org")
        self.leave_in_flight(mail)
        custom_id = mail.mailjet_custom_ids[""]
        self.recover(hours=25)
        self.receive(self.take(custom_id, "blocked@example.org"))
        mail.action_mailjet_has_it()
        self.assertEqual(mailing.mailing_trace_ids.trace_status, "error")
        self.assertEqual(mailing.mailing_trace_ids.failure_type, "mail_bl")
