from odoo import fields, models


class MailMessage(models.Model):
    """What Mailjet's events say of the recipients of a message."""

    _inherit = "mail.message"

    mailjet_event_ids = fields.One2many(
        "mailjet.event", "mail_message_id", "Mailjet events"
    )

    def _mailjet_apply(self, summaries):
        """Bring the notifications of these messages to what the events say together.

        :param dict summaries: (message id, partner id or address) -> `Summary`
        """
        if not summaries:
            return
        notifications = self.env["mail.notification"].search(
            [
                ("mail_message_id", "in", self.ids),
                ("notification_type", "=", "email"),
                ("notification_status", "!=", "canceled"),
            ]
        )
        failed = self.browse()
        for notification in notifications:
            recipient = (
                notification.res_partner_id.id or notification.mail_email_address
            )
            message = notification.mail_message_id
            summary = summaries.get((message.id, recipient))
            if summary and notification._mailjet_apply(summary):
                failed += message
        failed._notify_message_notification_update()
