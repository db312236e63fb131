from odoo import api, models


class IrMail_Server(models.Model):
    """How an account speaks to the people in charge of it."""

    _inherit = "ir.mail_server"

    @api.model
    def _mailjet_notification(self, message, kind="success"):
        """Return the action that shows a message and reloads the form."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "sticky": False,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _mailjet_responsible_user(self):
        """Return who set the account up, or an administrator."""
        self.ensure_one()
        user = self.write_uid
        if user.active and user.has_group("base.group_system"):
            return user
        return self.env.ref("base.user_admin")
