from odoo import api, models


class MailMail(models.Model):
    """Mails for a check wait for no sender."""

    _inherit = "mail.mail"

    @api.model
    def _mailjet_trigger_senders(self, when=None):
        if self.env.context.get("mailjet_check"):
            return None
        return super()._mailjet_trigger_senders(when)
