from odoo import api, models

ALERT = "mail.mail_activity_data_warning"


class IrMail_Server(models.Model):
    """Tell users what happened to an account."""

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
        """Return the administrator who set the account up, or the default one."""
        self.ensure_one()
        user = self.write_uid
        if user.active and user.has_group("base.group_system"):
            return user
        return self.env.ref("base.user_admin")

    def _mailjet_alert(self, record, compose, activity_type=ALERT):
        """Schedule an activity for the responsible user, replacing an earlier one.

        :param record: what carries the activity; a server cannot
        :param compose: a function from the record, in the user's language, to summary
            and note
        """
        user = self._mailjet_responsible_user()
        summary, note = compose(record.with_context(lang=user.lang))
        record.activity_unlink([activity_type])
        record.activity_schedule(
            activity_type, summary=summary, note=note, user_id=user.id
        )
