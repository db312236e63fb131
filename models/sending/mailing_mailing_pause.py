from odoo import fields, models


class MailingMailing(models.Model):
    """Pause a mailing, and resume it.

    What counts is the mailing: whoever claims mails looks at it. Its mails are marked
    as waiting for core's queue, and for whoever looks at them.
    """

    _inherit = "mailing.mailing"

    mailjet_is_paused = fields.Boolean("Paused", readonly=True, copy=False)

    def action_mailjet_pause(self):
        """Hand over no more emails of these mailings to Mailjet."""
        self.check_access("write")
        self.mailjet_is_paused = True
        self._mailjet_publish_change()
        # The queue marks the mails, as it can do so while others are being sent
        self.env["mail.mail"]._mailjet_trigger_senders()

    def action_mailjet_resume(self):
        """Let the emails of these mailings go that are still outgoing."""
        self.check_access("write")
        self.mailjet_is_paused = False
        self._mailjet_publish_change()
        self.env["mail.mail"]._mailjet_release_mailings(self)
        self.env["mail.mail"]._mailjet_trigger_senders()
