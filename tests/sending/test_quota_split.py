# pylint: disable=translation-required
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .test_mail_refused import MailRefusedCommon


@tagged("post_install", "-at_install")
class TestQuotaSplit(MailRefusedCommon):
    """Mails with more recipients than the smallest limit."""

    def create_partners(self, *emails):
        return self.env["res.partner"].create(
            [{"name": email.partition("@")[0], "email": email} for email in emails]
        )

    def send_for_days(self, mails, days):
        """Send, and run the queue each day; return what each day has delivered."""
        sizes = []
        for day in range(days):
            before = len(self.arrived())
            with freeze_time(datetime(2026, 3, 5, 9) + timedelta(days=day)):
                if day:
                    self.env["mail.mail"].process_email_queue()
                else:
                    mails.send()
                    self.env["mail.mail"].process_email_queue()
            self.env.invalidate_all()
            sizes.append(len(self.arrived()) - before)
        return sizes

    def test_addresses_go_in_parts(self):
        self.server.mailjet_daily_limit = 2
        mail = self.create_mails(
            1,
            email_to="Anna <a@example.org>, b@example.org, A@EXAMPLE.org",
            email_cc="c@example.org, d@example.org, e@example.org",
            headers="{'X-Mine': 'yes'}",
        )
        message = mail.mail_message_id
        self.assertEqual(self.send_for_days(mail, 4), [2, 2, 1, 0])
        self.assertEqual(self.arrived(), [f"{c}@example.org" for c in "abcde"])
        parts = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.assertEqual(len(parts), 3)
        self.assertEqual(set(parts.mapped("state")), {"sent"})
        for raw in self.mailjet.store.messages:
            self.assertIn(b"X-Mine: yes", raw.content)
        self.assertEqual(self.server.mailjet_used_month, 0, "It was in March")

    def test_partners_go_in_parts_and_keep_their_notifications(self):
        self.server.mailjet_hourly_limit = 2
        partners = self.create_partners(*(f"{c}@example.org" for c in "abcde"))
        with freeze_time(datetime(2026, 3, 5, 9)):
            message = partners[0].message_post(
                body="Hello",
                message_type="comment",
                partner_ids=partners.ids,
                mail_server_id=self.server.id,
                email_from="info@company.example",
                mail_auto_delete=False,
            )
        sizes = []
        for hour in (9, 10, 11, 12):
            before = len(self.arrived())
            with freeze_time(datetime(2026, 3, 5, hour, 30)):
                self.env["mail.mail"].process_email_queue()
            self.env.invalidate_all()
            sizes.append(len(self.arrived()) - before)
        self.assertEqual(sizes, [2, 2, 1, 0])
        self.assertEqual(self.arrived(), partners.mapped("email"))
        notifications = message.notification_ids
        self.assertEqual(set(notifications.mapped("notification_status")), {"sent"})
        self.assertEqual(notifications.res_partner_id, partners)
        for notification in notifications:
            self.assertIn(
                notification.res_partner_id, notification.mail_mail_id.recipient_ids
            )

    def test_what_cannot_be_split_fails_with_a_reason_and_the_others_go(self):
        self.server.mailjet_daily_limit = 1
        partners = self.create_partners(
            "a@example.org", "b1@example.org, b2@example.org", "c@example.org"
        )
        mail = self.create_mails(
            1, email_to=False, recipient_ids=[Command.set(partners.ids)]
        )
        message = mail.mail_message_id
        self.assertEqual(self.send_for_days(mail, 3), [1, 1, 0])
        self.assertEqual(self.arrived(), ["a@example.org", "c@example.org"])
        parts = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        [failed] = parts.filtered(lambda part: part.state == "exception")
        self.assertEqual(failed.recipient_ids, partners[1])
        self.assertIn("2 addresses", failed.failure_reason)
        self.assertIn("1 at the most", failed.failure_reason)
        # Retried under a higher limit it goes
        self.server.mailjet_daily_limit = 2
        failed.mark_outgoing()
        with freeze_time(datetime(2026, 3, 20)):
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(failed.state, "sent")

    def test_a_mail_that_fits_exactly_stays_whole(self):
        self.server.mailjet_daily_limit = 3
        mail = self.create_mails(1, email_to="a@x.example, b@x.example, c@x.example")
        mail.send()
        self.assertEqual(len(self.mailjet.store.messages), 1)

    def test_only_outgoing_mail_is_split(self):
        self.server.mailjet_daily_limit = 1
        mail = self.create_mails(1, email_to="a@x.example, b@x.example")
        mail.cancel()
        mail._mailjet_split_to_fit(self.server)
        self.assertEqual(mail.state, "cancel")
        self.assertEqual(mail.email_to, "a@x.example, b@x.example")
