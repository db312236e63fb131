from datetime import timedelta

from odoo import api, fields, models

# Shorter pauses concern nobody: Mailjet slows an account down, or cannot be reached
LONG = timedelta(hours=1)


class IrMail_Server(models.Model):
    """Alert whoever is responsible when a pause gets long."""

    _inherit = "ir.mail_server"

    mailjet_paused_since = fields.Datetime("Paused since", readonly=True, copy=False)

    def _mailjet_pause_for(self, duration, **words):
        now = fields.Datetime.now()
        until = self.mailjet_paused_until
        # After each pause one mail is tried: a refusal then prolongs the pause
        if not self.mailjet_paused_since or (until and until < now - LONG):
            self.sudo().mailjet_paused_since = now
        return super()._mailjet_pause_for(duration, **words)

    def _mailjet_end_pause(self):
        result = super()._mailjet_end_pause()
        if self.mailjet_paused_since:
            self.sudo().mailjet_paused_since = False
            self.env["mailjet.pause"].sudo()._end(self)
        return result

    @api.model
    def _cron_watch_pauses(self):
        """Alert about servers that have been paused for long, once for each pause."""
        self._mailjet_in_use()._mailjet_for_each(
            lambda server: server._mailjet_watch_pause(), "watch the pause"
        )

    def _mailjet_watch_pause(self):
        now = fields.Datetime.now()
        pauses = self.env["mailjet.pause"].sudo()
        if self._is_mailjet_paused() and self.mailjet_paused_since <= now - LONG:
            pauses._begin(self)
        elif not self.mailjet_paused_until or self.mailjet_paused_until < now - LONG:
            # Nothing has been tried since, so nothing is waiting
            pauses._end(self)
