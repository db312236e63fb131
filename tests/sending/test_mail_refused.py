# pylint: disable=translation-required
import smtplib
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged

from ..common import MailjetSmtpCommon
from ..standins import HANG_UP


class MailRefusedCommon(MailjetSmtpCommon):
    def setUp(self):
        super().setUp()
        self.mailjet.faults.clear()
        self.server = self.create_standin_server()

    def create_mails(self, count, **vals):
        return self.env["mail.mail"].create(
            [
                {
                    "subject": f"Mail {number}",
                    "body_html": "<p>Hello</p>",
                    "email_from": "info@company.example",
                    "email_to": f"to{number}@example.org",
                    "mail_server_id": self.server.id,
                    **vals,
                }
                for number in range(count)
            ]
        )

    def create_mailing(self, *emails, **vals):
        mailing_list = self.env["mailing.list"].create({"name": "Friends"})
        self.env["mailing.contact"].create(
            [{"email": email, "list_ids": mailing_list.ids} for email in emails]
        )
        return self.env["mailing.mailing"].create(
            {
                "subject": "Été à Besançon",
                "body_html": "<p>Hello</p>",
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(mailing_list.ids)],
                "mail_server_id": self.server.id,
                "email_from": "info@company.example",
                **vals,
            }
        )

    def arrived(self):
        """Return the recipients of all that has arrived, sorted."""
        return sorted(
            address
            for message in self.mailjet.store.messages
            for address in message.rcpt_tos
        )

    def run_queue(self, later=timedelta(0)):
        """Run the queue as its scheduled action does, some time later."""
        with freeze_time(fields.Datetime.now() + later):
            self.env["mail.mail"].process_email_queue()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestMailRefused(MailRefusedCommon):
    def test_a_temporary_refusal_waits_and_goes(self):
        for verb, reply in (
            ("MAIL", "451 4.3.0 Please try again later"),
            ("RCPT", "450 4.2.1 Not now"),
            ("RCPT", "452 4.3.1 Insufficient system storage"),
            ("DATA", "451 4.3.0 Local error"),
            ("CONTENT", "451 4.7.1 Greylisted"),
            ("MAIL", "421 4.3.2 Service shutting down"),
            ("MAIL", HANG_UP),
            ("DATA", HANG_UP),
        ):
            with self.subTest(verb=verb, reply=reply):
                self.mailjet.store.clear_messages()
                self.mailjet.faults.add(verb, reply)
                mail = self.create_mails(1)
                mail.send()
                self.assertEqual(mail.state, "outgoing")
                self.assertEqual(mail.mailjet_waits_for, "retry")
                self.assertEqual(mail.mailjet_tries, 1)
                self.assertTrue(mail.failure_reason)
                self.assertFalse(mail.failure_type)
                wait = mail.scheduled_date - fields.Datetime.now()
                self.assertLessEqual(abs(wait.total_seconds() - 66), 8)
                self.assertFalse(self.arrived())
                self.run_queue()
                self.assertFalse(self.arrived(), "It was too soon")
                self.run_queue(timedelta(minutes=2))
                self.assertEqual(self.arrived(), ["to0@example.org"])
                self.assertEqual(mail.state, "sent")
                self.assertFalse(mail.mailjet_waits_for)
                self.assertFalse(mail.failure_reason)

    def test_the_queue_is_woken_for_the_next_try(self):
        self.mailjet.faults.add("MAIL", "451 4.3.0 Later", times=None)
        mails = self.create_mails(3)
        before = self.env["ir.cron.trigger"].search([])
        mails.send()
        triggers = self.env["ir.cron.trigger"].search([]) - before
        self.assertEqual(
            triggers.cron_id,
            self.env.ref("mail_mailjet.ir_cron_mailjet_send_1")
            + self.env.ref("mail_mailjet.ir_cron_mailjet_send_2"),
        )
        self.assertLessEqual(len(triggers), 4)
        self.assertLessEqual(
            max(mails.mapped("scheduled_date")), max(triggers.mapped("call_at"))
        )

    def test_given_up_after_a_day_with_the_last_reason(self):
        self.mailjet.faults.add("MAIL", "451 4.3.0 Later", times=None)
        mail = self.create_mails(1)
        mail.send()
        waits = []
        now = begin = fields.Datetime.now()
        while mail.state == "outgoing":
            waits.append(round((mail.scheduled_date - now).total_seconds() / 60))
            now = mail.scheduled_date
            with freeze_time(now):
                self.env["mail.mail"].process_email_queue()
            self.env.invalidate_all()
        self.assertEqual(mail.state, "exception")
        self.assertIn("451 4.3.0 Later", mail.failure_reason)
        self.assertIn("cannot accept the email at the moment", mail.failure_reason)
        self.assertGreaterEqual(now - begin, timedelta(hours=24))
        self.assertLess(now - begin, timedelta(hours=26))
        for wait, least in zip(waits, (1, 5, 15, 60, 60), strict=False):
            self.assertTrue(least <= wait <= least * 1.2 + 1, waits)
        self.assertEqual(len(self.mailjet.store.messages), 0)

    def test_final_refusals_have_their_type(self):
        for verb, reply, failure_type in (
            ("MAIL", "550 5.7.1 Sender address not allowed", "mail_from_invalid"),
            ("RCPT", "550 5.1.1 User unknown", "mail_email_invalid"),
            ("RCPT", "550 5.7.1 Recipient is on the suppression list", "mail_bl"),
            ("CONTENT", "554 5.7.1 Spam detected", "mail_spam"),
            ("CONTENT", "552 5.3.4 Message too big", "unknown"),
            ("CONTENT", "554 5.0.0 Something else", "unknown"),
        ):
            with self.subTest(reply=reply):
                self.mailjet.faults.clear()
                self.mailjet.faults.add(verb, reply)
                partner = self.env["res.partner"].create(
                    {"name": "Zoé", "email": "zoe@example.org"}
                )
                message = partner.message_post(
                    body="Hello",
                    message_type="comment",
                    partner_ids=partner.ids,
                    mail_server_id=self.server.id,
                    email_from="info@company.example",
                    mail_auto_delete=False,
                )
                mail = self.env["mail.mail"].search(
                    [("mail_message_id", "=", message.id)]
                )
                self.assertEqual(mail.state, "exception")
                self.assertEqual(mail.failure_type, failure_type)
                self.assertIn(reply, mail.failure_reason)
                self.assertFalse(mail.mailjet_waits_for)
                notification = message.notification_ids
                self.assertEqual(notification.notification_status, "exception")
                self.assertEqual(notification.failure_type, failure_type)
                self.assertEqual(notification.failure_reason, mail.failure_reason)

    def test_a_refused_login_pauses_the_server_and_fails_nothing(self):
        for verb, reply in (
            ("AUTH", "535 5.7.8 Authentication failed"),
            ("AUTH", "535 5.7.8 This API key is deactivated"),
            ("MAIL", "530 5.7.1 Authentication required"),
        ):
            with self.subTest(reply=reply):
                self.mailjet.store.clear_messages()
                self.mailjet.faults.clear()
                self.mailjet.faults.add(verb, reply, times=None)
                mails = self.create_mails(5)
                mails.send()
                self.assertEqual(set(mails.mapped("state")), {"outgoing"})
                self.assertFalse(any(mails.mapped("failure_type")))
                self.assertTrue(self.server.mailjet_is_paused)
                self.mailjet.faults.clear()
                self.server.action_mailjet_resume()
                self.run_queue(timedelta(minutes=2))
                self.assertEqual(set(mails.mapped("state")), {"sent"})
                self.assertEqual(len(self.arrived()), 5)

    def test_a_final_refusal_is_on_the_trace_of_the_mailing(self):
        for verb, reply, failure_type, words in (
            (
                "MAIL",
                "550 5.7.1 Sender address not allowed",
                "mail_from_invalid",
                "validated at Mailjet",
            ),
            (
                "RCPT",
                "550 5.1.1 User unknown",
                "mail_email_invalid",
                "does not accept the recipient's address",
            ),
            (
                "RCPT",
                "550 5.7.1 Recipient is on the suppression list",
                "mail_bl",
                "no longer receives your emails",
            ),
            (
                "CONTENT",
                "554 5.7.1 Spam detected",
                "mail_spam",
                "refused its content",
            ),
            ("CONTENT", "552 5.3.4 Message too big", "unknown", "attachments smaller"),
            ("CONTENT", "554 5.0.0 Something else", "unknown", "does not recognize"),
        ):
            with self.subTest(reply=reply):
                self.mailjet.store.clear_messages()
                self.mailjet.faults.clear()
                self.mailjet.faults.add(verb, reply)
                mailing = self.create_mailing("a@example.org", "b@example.org")
                mailing.action_send_mail()
                refused = mailing.mailing_trace_ids.filtered("failure_type")
                self.assertEqual(refused.trace_status, "error")
                self.assertEqual(refused.failure_type, failure_type)
                self.assertIn(words, refused.failure_reason)
                self.assertIn(reply, refused.failure_reason)
                self.assertFalse(refused.sent_datetime)
                taken = mailing.mailing_trace_ids - refused
                self.assertEqual(taken.trace_status, "sent")
                self.assertFalse(taken.failure_reason)
                self.assertEqual(self.arrived(), [taken.email])

    def test_a_trace_waits_with_its_mail(self):
        self.mailjet.faults.add("MAIL", "451 4.3.0 Later")
        mailing = self.create_mailing("a@example.org")
        mailing.action_send_mail()
        trace = mailing.mailing_trace_ids
        self.assertEqual(trace.trace_status, "outgoing")
        self.assertFalse(trace.failure_type)
        self.assertFalse(trace.failure_reason)
        self.mailjet.faults.add("MAIL", "550 5.7.1 Sender address not allowed")
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(trace.trace_status, "error")
        self.assertEqual(trace.failure_type, "mail_from_invalid")

    def test_a_notification_waits_with_its_mail(self):
        self.mailjet.faults.add("MAIL", "451 4.3.0 Later")
        partner = self.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@example.org"}
        )
        message = partner.message_post(
            body="Hello",
            message_type="comment",
            partner_ids=partner.ids,
            mail_server_id=self.server.id,
            email_from="info@company.example",
        )
        self.assertEqual(message.notification_ids.notification_status, "ready")
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(message.notification_ids.notification_status, "sent")

    def test_a_break_in_a_batch_loses_nothing_and_doubles_nothing(self):
        wanted = [f"to{number}@example.org" for number in range(10)]
        # After the content nobody knows: see test_mail_in_doubt.py
        for verb in ("MAIL", "RCPT", "DATA"):
            with self.subTest(verb=verb):
                self.mailjet.store.clear_messages()
                self.mailjet.faults.add(verb, HANG_UP, after=4)
                before = len(self.mailjet.connections)
                mails = self.create_mails(10)
                mails.send()
                self.assertEqual(len(self.arrived()), 9)
                self.assertEqual(len(self.mailjet.connections) - before, 2)
                self.assertEqual(
                    sorted(mails.mapped("state")), ["outgoing"] + ["sent"] * 9
                )
                self.run_queue(timedelta(minutes=2))
                self.assertEqual(self.arrived(), wanted)
                self.assertEqual(set(mails.mapped("state")), {"sent"})

    def test_a_server_that_always_hangs_up_pauses(self):
        self.mailjet.faults.add("MAIL", HANG_UP, times=None)
        before = len(self.mailjet.connections)
        mails = self.create_mails(20)
        mails.send()
        self.assertEqual(len(self.mailjet.connections) - before, 3)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(len(mails.filtered("mailjet_tries")), 3)
        self.assertTrue(self.server.mailjet_is_paused)

    def test_no_connection_waits_and_pauses(self):
        standin = self.start_standin()
        self.server.smtp_port = standin.starttls_port
        standin.stop()
        mails = self.create_mails(5)
        mails.send()
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(set(mails.mapped("mailjet_waits_for")), {"pause"})
        self.assertTrue(self.server.mailjet_is_paused)
        self.assertIn("refuses connections", self.server.mailjet_pause_reason)
        # More mail is not tried meanwhile
        more = self.create_mails(2)
        more.send()
        self.assertEqual(set(more.mapped("mailjet_waits_for")), {"pause"})
        self.assertEqual(set(more.mapped("mailjet_tries")), {0})
        standin.start()
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(len(standin.store.messages), 7)
        self.assertFalse(self.server.mailjet_is_paused)
        self.assertFalse(self.server.mailjet_pause_count)

    def test_a_committing_call_waits_without_a_connection(self):
        self.mailjet.faults.add("CONNECT", "421 4.7.0 Try again later")
        mails = self.create_mails(2)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            mails.with_env(self.env(cr=cr)).send(auto_commit=True)
        self.env.invalidate_all()
        self.assertTrue(self.server.mailjet_is_paused)
        self.assertEqual(set(mails.mapped("mailjet_waits_for")), {"pause"})

    def test_a_suspended_account_pauses_the_queue(self):
        reply = "550 5.7.1 Your account has been suspended"
        self.mailjet.faults.add("MAIL", reply, times=None)
        mails = self.create_mails(10)
        mails.send()
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(len(mails.filtered("mailjet_tries")), 1)
        self.assertEqual(self.server.mailjet_waiting_count, 10)
        self.assertTrue(self.server.mailjet_is_paused)
        self.assertIn(reply, self.server.mailjet_pause_reason)
        self.run_queue(timedelta(minutes=61))
        self.assertEqual(len(mails.filtered("mailjet_tries")), 1, "One try an hour")
        self.mailjet.faults.clear()
        self.server.action_mailjet_resume()
        self.assertFalse(self.server.mailjet_is_paused)
        self.run_queue(timedelta(minutes=130))
        self.assertEqual(len(self.arrived()), 10)

    def test_a_throttled_account_resumes(self):
        self.mailjet.faults.add("MAIL", "450 4.7.1 Too many messages", after=3)
        mails = self.create_mails(6)
        mails.send()
        self.assertEqual(len(self.arrived()), 3)
        self.assertTrue(self.server.mailjet_is_paused)
        self.run_queue(timedelta(minutes=17))
        self.assertEqual(len(self.arrived()), 6)
        self.assertEqual(len(set(self.arrived())), 6)

    def test_only_those_who_did_not_get_it_are_tried_again(self):
        partners = self.env["res.partner"].create(
            [
                {"name": f"P{number}", "email": f"p{number}@example.org"}
                for number in range(3)
            ]
        )
        for auto_delete in (True, False):
            with self.subTest(auto_delete=auto_delete):
                self.mailjet.store.clear_messages()
                self.mailjet.faults.add("MAIL", "451 4.3.0 Later", after=1)
                message = partners[0].message_post(
                    body="Hello",
                    message_type="comment",
                    partner_ids=partners.ids,
                    mail_server_id=self.server.id,
                    email_from="info@company.example",
                    mail_auto_delete=auto_delete,
                )
                self.assertEqual(len(self.arrived()), 2)
                status = message.notification_ids.mapped("notification_status")
                self.assertEqual(sorted(status), ["ready", "sent", "sent"])
                self.run_queue(timedelta(minutes=2))
                self.assertEqual(self.arrived(), partners.mapped("email"))
                status = message.notification_ids.mapped("notification_status")
                self.assertEqual(set(status), {"sent"})
                self.assertTrue(message.exists())

    def test_a_reply_that_repeats_the_secret_is_masked(self):
        secret = self.server.smtp_pass
        self.mailjet.faults.add("MAIL", f"550 5.7.1 no mail for {secret}")
        mail = self.create_mails(1)
        with self.assertLogs("odoo", "INFO") as logs:
            mail.send()
        self.assertNotIn(secret, "\n".join(logs.output))
        self.assertNotIn(secret, mail.failure_reason)
        self.assertIn("no mail for ***", mail.failure_reason)

    def test_other_servers_fail_as_in_stock_odoo(self):
        server = self.create_other_standin_server()
        self.addCleanup(self.other.faults.clear)
        for reply in ("451 4.3.0 Later", "550 5.1.1 No"):
            self.other.faults.add("MAIL", reply)
            mail = self.create_mails(1, mail_server_id=server.id)
            mail.send()
            self.assertEqual(mail.state, "exception")
            self.assertEqual(mail.failure_type, "unknown")
            self.assertFalse(mail.mailjet_waits_for)
        self.other.faults.add("MAIL", HANG_UP)
        mail = self.create_mails(1, mail_server_id=server.id)
        with self.assertRaises(smtplib.SMTPServerDisconnected), self.cr.savepoint():
            mail.send()

    def test_retry_begins_anew(self):
        self.mailjet.faults.add("MAIL", "451 4.3.0 Later")
        mail = self.create_mails(1)
        mail.send()
        mail.mark_outgoing()
        self.assertFalse(mail.mailjet_tries)
        self.assertFalse(mail.scheduled_date)
        self.run_queue()
        self.assertEqual(mail.state, "sent")

    def test_the_reason_is_in_the_language_of_the_author(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.company.partner_id.lang = "fr_FR"
        self.mailjet.faults.add("RCPT", "550 5.1.1 User unknown")
        mail = self.create_mails(1)
        mail.send()
        self.assertIn("destinataire", mail.failure_reason)
