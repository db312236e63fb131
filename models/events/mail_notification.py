from odoo import fields, models

# Status of a trace -> status of a notification, which has no "opened"
STATUS = {"sent": "sent", "open": "sent", "error": "exception", "bounce": "bounce"}


class MailNotification(models.Model):
    _inherit = "mail.notification"

    # A plain number, as that contact is gone
    mailjet_former_partner_id = fields.Integer(
        readonly=True,
        aggregator=None,
        help="The contact to whom the email went, if it was merged into another since.",
    )

    def _mailjet_apply(self, summary):
        """Update from one recipient's events; return whether it has failed just now.

        :param Summary summary: of all events so far
        """
        status = STATUS.get(summary.status)
        vals = {
            "notification_status": status,
            "failure_type": False,
            "failure_reason": False,
        }
        if status in ("exception", "bounce"):
            event = self.env["mailjet.event"].browse(summary.failure_event.id)
            author = self.author_id.main_user_id or self.env.user
            event = event.with_context(lang=author.lang)
            vals["failure_type"] = summary.failure_type
            vals["failure_reason"] = event._failure_text()
        if not status or all(self[name] == value for name, value in vals.items()):
            return False
        failed = status != self.notification_status and status != "sent"
        self.write(vals)
        return failed
