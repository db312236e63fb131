from odoo import fields, models


class MailNotification(models.Model):
    _inherit = "mail.notification"

    mailjet_message_id = fields.Char(
        "MessageID at Mailjet",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="As the Send API gave it; its events name the same.",
    )

    def _mailjet_set_handed_over(self):
        """Show as sent, not delivered, where Mailjet will report the delivery."""
        if self.env.context.get("mailjet_handed_over") == "pending":
            self.sudo().notification_status = "pending"
