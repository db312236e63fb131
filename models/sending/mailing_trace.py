from odoo import fields, models

# What a trace is before the mail is handed over; a failure may have been tried again
BEFORE = ("outgoing", "process", "error")


class MailingTrace(models.Model):
    """A mail that Mailjet took is sent, unless its events have said more already."""

    _name = "mailing.trace"
    _inherit = ["mailing.trace", "mailjet.message.id.mixin"]

    mailjet_sent_again = fields.Boolean(
        readonly=True,
        help="It was sent once more as Mailjet did not seem to have it: if Mailjet "
        "calls it a duplicate, it had it after all.",
    )

    def set_sent(self, domain=None):
        """Write what the hand-over says, where nothing is known of what came after."""
        status = self.env.context.get("mailjet_handed_over")
        if not status:
            return super().set_sent(domain)
        traces = self.filtered(
            lambda trace: trace.trace_status in BEFORE and not trace.mailjet_status
        )
        failed = traces.filtered(lambda trace: trace.trace_status == "error")
        super(MailingTrace, traces).set_sent()
        failed.failure_reason = False
        if status != "sent":
            traces.trace_status = status
        # Where events came first, the hand-over still has its moment
        known = self.filtered(lambda trace: trace.mailjet_status)
        known.filtered(lambda trace: not trace.sent_datetime).write(
            {"sent_datetime": fields.Datetime.now()}
        )
        # What events said of a mail that had failed here was not to be seen
        self.env["mailjet.event"].sudo()._apply_again("trace_id", failed)
        return self

    def set_failed(self, domain=None, failure_type=False):
        """Write what the hand-over says, where nothing is known of what came after."""
        traces = self
        if self.env.context.get("mailjet_not_handed_over"):
            traces = self.filtered(
                lambda trace: trace.trace_status in BEFORE and not trace.mailjet_status
            )
        return super(MailingTrace, traces).set_failed(domain, failure_type)
