# pylint: disable=translation-required
from unittest.mock import patch

from odoo.tests import tagged

from .common import MailjetEventsCommon


@tagged("post_install", "-at_install")
class TestMailjetEventsOfMessages(MailjetEventsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create(
            [{"name": n, "email": f"{n}@example.org"} for n in ("zoe", "max")]
        )
        document = cls.env["res.partner"].create({"name": "Customer"})
        cls.message = document.message_post(
            body="Invoice", message_type="comment", partner_ids=cls.partners.ids
        )
        cls.notifications = cls.message.notification_ids.sorted(
            lambda notification: notification.res_partner_id.id
        )
        cls.notifications.notification_status = "pending"

    def post(self, event, partner, seconds=0, **vals):
        custom_id = self.custom_id(None, self.message, partner)
        email = {"email": partner.email, "MessageID": 2**60 + partner.id}
        return self.event(event, custom_id, seconds, **{**email, **vals})

    def status(self):
        return self.notifications.mapped("notification_status")

    def test_each_recipient_has_its_own_status(self):
        zoe, maximilian = self.partners
        self.receive(self.post("sent", zoe))
        self.assertEqual(self.status(), ["sent", "pending"])
        bounce = self.post(
            "bounce", maximilian, hard_bounce=True, error="user unknown", blocked=True
        )
        self.receive(bounce)
        self.assertEqual(self.status(), ["sent", "bounce"])
        failed = self.notifications[1]
        self.assertEqual(failed.failure_type, "mail_bounce")
        self.assertIn("There is no such mailbox", failed.failure_reason)
        self.assertEqual(maximilian.message_bounce, 1)
        self.assertEqual(zoe.message_bounce, 0)
        self.assertIn("no such mailbox", maximilian.mailjet_suppression)

    def test_the_web_client_is_notified_of_a_failure(self):
        notified = []
        MailMessage = self.registry["mail.message"]
        with patch.object(
            MailMessage,
            "_notify_message_notification_update",
            lambda messages: notified.append(messages.ids),
        ):
            self.receive(self.post("blocked", self.partners[0], error="preblocked"))
        self.assertIn(self.message.ids, notified)
        self.assertEqual(self.status(), ["exception", "pending"])
        self.assertEqual(self.notifications[0].failure_type, "mail_bl")

    def test_mails_that_are_deleted_already(self):
        self.env["mail.mail"].search(
            [("mail_message_id", "=", self.message.id)]
        ).unlink()
        self.receive(self.post("sent", self.partners[0]))
        self.assertEqual(self.status(), ["sent", "pending"])

    def test_a_message_to_a_bare_address(self):
        notification = self.env["mail.notification"].create(
            {
                "mail_message_id": self.message.id,
                "notification_type": "email",
                "notification_status": "pending",
                "mail_email_address": "bare@example.org",
            }
        )
        custom_id = self.custom_id(None, self.message)
        self.receive(self.event("sent", custom_id, email="bare@example.org"))
        self.assertEqual(notification.notification_status, "sent")
        self.assertEqual(self.status(), ["pending", "pending"])

    def test_a_cancelled_notification_stays(self):
        self.notifications[0].notification_status = "canceled"
        self.receive(self.post("sent", self.partners[0]))
        self.assertEqual(self.status(), ["canceled", "pending"])

    def test_a_message_that_is_gone(self):
        event = self.post("sent", self.partners[0])
        self.message.unlink()
        self.receive(event)
        self.assertEqual(self.states(), ["foreign"])
