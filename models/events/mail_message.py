from odoo import fields, models

from ...tools.address import address_key


class MailMessage(models.Model):
    """The status of a message's recipients, according to Mailjet's events."""

    _inherit = "mail.message"

    mailjet_event_ids = fields.One2many(
        "mailjet.event", "mail_message_id", "Mailjet events"
    )

    def action_mailjet_timeline(self):
        """Open the timeline of the emails of this message."""
        self.ensure_one()
        self.check_access("read")
        moments = [
            {
                "kind": "written",
                "label": self.env._("Written"),
                "date": fields.Datetime.to_string(self.date),
            },
            *self.sudo().mailjet_event_ids._moments(),
        ]
        if len(moments) == 1:
            moments.append({"label": self.env._("No event from Mailjet yet")})
        timeline = self.env["mailjet.timeline"].create(
            {"message_id": self.id, "moments": moments}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Delivery history"),
            "res_model": timeline._name,
            "res_id": timeline.id,
            "views": [[False, "form"]],
            "target": "new",
        }

    def _mailjet_apply(self, summaries):
        """Update the notifications of these messages from the summaries of events.

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
            recipient = notification.res_partner_id.id or address_key(
                notification.mail_email_address or ""
            )
            message = notification.mail_message_id
            summary = summaries.get((message.id, recipient))
            if summary and notification._mailjet_apply(summary):
                failed += message
        failed._notify_message_notification_update()
