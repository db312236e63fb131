from odoo import models


class MailMail(models.Model):
    """Decide again when a mail is about to leave: it may have waited for weeks."""

    _inherit = "mail.mail"

    def _mailjet_decide(self, server):
        """Return those that still may go; cancel the others."""
        return self.exists()
