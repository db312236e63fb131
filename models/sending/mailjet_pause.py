from odoo import api, fields, models

from ..server.ir_mail_server_alert import ALERT


class MailjetPause(models.Model):
    """A long pause of a server: carries the activity, which a server cannot."""

    _name = "mailjet.pause"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Long pause of a Mailjet server"
    _order = "id desc"
    _rec_name = "server_id"

    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    begun_on = fields.Datetime("Paused since", required=True, readonly=True)
    ended_on = fields.Datetime("Resumed on", readonly=True)
    reason = fields.Text(related="server_id.mailjet_pause_reason")

    @api.model
    def _open_pauses(self, server):
        return self.search([("server_id", "=", server.id), ("ended_on", "=", False)])

    @api.model
    def _begin(self, server):
        """Alert whoever is responsible, unless this pause has done so."""
        if not self._open_pauses(server):
            pause = self.create(
                {"server_id": server.id, "begun_on": server.mailjet_paused_since}
            )
            server._mailjet_alert(pause, _alert_text)

    @api.model
    def _end(self, server):
        """Complete the activity of this server's pause."""
        pauses = self._open_pauses(server)
        if pauses:
            pauses.activity_feedback(
                [ALERT],
                feedback=self.env._("The server sends again."),
            )
            pauses.ended_on = fields.Datetime.now()

    def action_mailjet_resume(self):
        """Have the server send what waits for the end of the pause now."""
        self.server_id.action_mailjet_resume()


def _alert_text(pause):
    env = pause.env
    note = env._(
        "“%(name)s” has been paused for more than an hour. %(reason)s",
        name=pause.server_id.name,
        reason=pause.reason or "",
    )
    return env._("Emails through Mailjet are paused"), note
