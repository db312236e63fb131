from odoo import fields, models


class MailNotification(models.Model):
    _inherit = "mail.notification"

    mailjet_message_id = fields.Char(
        "MessageID at Mailjet",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The ID that the Send API returned; Mailjet's events carry the same ID.",
    )
    mailjet_message_server_id = fields.Many2one(
        "ir.mail_server",
        "Server of the MessageID",
        readonly=True,
        copy=False,
        help="Only events of this server's account belong to the MessageID.",
    )

    def _mailjet_set_handed_over(self):
        """Show as sent, not delivered, where Mailjet will report the delivery."""
        if self.env.context.get("mailjet_handed_over") == "pending":
            self.sudo().notification_status = "pending"
