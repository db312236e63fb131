from odoo import api, models


class MailMail(models.Model):
    """Mails for a check wait for no sender."""

    _inherit = "mail.mail"

    @api.model
    def _mailjet_trigger_senders(self, when=None):
        if self.env.context.get("mailjet_check"):
            return None
        return super()._mailjet_trigger_senders(when)

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send nothing that a template makes while it is only tried."""
        if self.env.context.get("mailjet_check"):
            return None
        return super().send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )
