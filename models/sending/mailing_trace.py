from odoo import fields, models

# What a trace is before the mail is handed over; a failure may have been tried again
BEFORE = ("outgoing", "process", "error")


class MailingTrace(models.Model):
    """A mail that Mailjet took is sent, unless its events have said more already."""

    _inherit = "mailing.trace"

    def set_sent(self, domain=None):
        """Write what the hand-over says, where nothing is known of what came after."""
        status = self.env.context.get("mailjet_handed_over")
        if not status:
            return super().set_sent(domain)
        traces = self.filtered(
            lambda trace: trace.trace_status in BEFORE and not trace.mailjet_status
        )
        super(MailingTrace, traces).set_sent()
        if status != "sent":
            traces.trace_status = status
        # Where events came first, the hand-over still has its moment
        known = self.filtered(lambda trace: trace.mailjet_status)
        known.filtered(lambda trace: not trace.sent_datetime).write(
            {"sent_datetime": fields.Datetime.now()}
        )
        return self
