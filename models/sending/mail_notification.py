from odoo import models


class MailNotification(models.Model):
    _name = "mail.notification"
    _inherit = ["mail.notification", "mailjet.message.id.mixin"]

    def _mailjet_set_handed_over(self):
        """Show as sent, not delivered, where Mailjet will report the delivery."""
        if self.env.context.get("mailjet_handed_over") == "pending":
            self.sudo().notification_status = "pending"
