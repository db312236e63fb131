from odoo import api, fields, models


class IrMail_Server(models.Model):
    """A set-up that was left unfinished can be continued."""

    _inherit = "ir.mail_server"

    mailjet_setup_unfinished = fields.Boolean(
        "Set-up not finished", readonly=True, copy=False
    )

    @api.model
    def _mailjet_left_setup(self):
        """Return the server whose set-up this user, or else anybody, left last."""
        left = self.with_context(active_test=False).search(
            [("mailjet_setup_unfinished", "=", True), ("active", "=", False)],
            order="write_date DESC, id DESC",
        )
        ours = left.filtered(lambda server: server.create_uid == self.env.user)
        return (ours or left)[:1]

    def _mailjet_end_setup(self):
        """Note that servers in use need no set-up any more."""
        in_use = self.filtered(
            lambda server: server.active and server.mailjet_setup_unfinished
        )
        in_use.mailjet_setup_unfinished = False

    def _mailjet_accepts_events(self):
        """Return whether events are kept, as those of the set-up's test email are."""
        return bool(self) and (self.active or self.mailjet_setup_unfinished)

    def action_mailjet_setup(self):
        """Open the guided set-up: of this server, of the one left, or of a new one."""
        return self.env["mailjet.setup"].action_open(self or self._mailjet_left_setup())

    def action_mailjet_new_setup(self):
        """Connect an account, whatever other set-ups were left unfinished."""
        return self.env["mailjet.setup"].action_open()
