from odoo import fields, models
from odoo.fields import Domain


class IrMail_Server(models.Model):
    """What a server still has to send, and why it is not sent yet."""

    _inherit = "ir.mail_server"

    mailjet_queue = fields.Json("Queue", compute="_compute_mailjet_queue")

    def _compute_mailjet_queue(self):
        mails = self.env["mail.mail"]
        names = mails._mailjet_reasons()
        for server in self:
            counts = {}
            if server._origin._filter_mailjet():
                domain = server._origin._mailjet_queue_domain()
                counts = mails._mailjet_count_reasons(domain)
            server.mailjet_queue = [
                {"reason": reason, "name": names[reason], "count": count}
                for reason, count in counts.items()
            ]

    def _mailjet_queue_domain(self):
        """Return which mails wait for this server, or were handed to it.

        Mails that name no server are known once they have been tried.
        """
        ours = Domain("mailjet_server_id", "=", self.id)
        named = Domain("mail_server_id", "=", self.id)
        return ours | Domain("mailjet_server_id", "=", False) & named

    def action_mailjet_queue(self, reason):
        """Open the list of the emails that are not sent for this reason."""
        self.ensure_one()
        self.check_access("write")
        mails = self.env["mail.mail"]
        domain = self._mailjet_queue_domain() & mails._mailjet_reason_domain(reason)
        return {
            "type": "ir.actions.act_window",
            "name": mails._mailjet_reasons()[reason],
            "res_model": "mail.mail",
            "views": [(False, "list"), (False, "form")],
            "domain": list(domain),
        }
