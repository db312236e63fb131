from odoo import api, fields, models


class MailingTrace(models.Model):
    """The timeline of one email of a mailing."""

    _inherit = "mailing.trace"

    mailjet_timeline = fields.Json("Timeline", compute="_compute_mailjet_timeline")
    mailjet_reason = fields.Char("Reason", compute="_compute_mailjet_reason")

    mailjet_failure_text = fields.Text(
        "Why it failed", compute="_compute_mailjet_failure_text"
    )

    @api.depends("failure_reason", "mailjet_failure", "mailjet_event_ids.reason")
    @api.depends_context("lang")
    def _compute_mailjet_failure_text(self):
        """Say in the reader's language what `failure_reason` says in the sender's.

        Without the event, which may have been deleted, it is as it was stored.
        """
        for trace in self:
            event = trace.mailjet_failure and trace.mailjet_event_ids._worst_failure()
            trace.mailjet_failure_text = (
                event._failure_text()
                if event
                else self.env["mailjet.words"]._translate_text(trace.failure_reason)
            )

    @api.depends("failure_reason", "mailjet_event_ids.reason")
    @api.depends_context("lang")
    def _compute_mailjet_reason(self):
        """Say in one line, in the reader's language, why it was not delivered."""
        for trace in self:
            reason = (trace.failure_reason or "").partition("\n")[0]
            event = reason and trace.mailjet_event_ids._worst_failure()
            trace.mailjet_reason = (
                event.reason
                if event
                else self.env["mailjet.words"]._translate_text(reason)
            )

    def _compute_mailjet_timeline(self):
        for trace in self:
            moments = trace.mailjet_event_ids._moments()
            for moment in moments:
                moment["email"] = ""  # the same for all
            if moments:
                moments = sorted(
                    trace._mailjet_own_moments() + moments,
                    key=lambda moment: moment["date"],
                )
            trace.mailjet_timeline = moments or False

    def _mailjet_own_moments(self):
        """Return what Odoo itself knows beyond the events."""
        dates_of_events = set(self.mailjet_event_ids.mapped("date"))
        seen_by_odoo = self.env._("Tracked by Odoo")
        moments = [
            ("queued", self.env._("Queued"), self.create_date, ""),
            ("handed", self.env._("Handed to Mailjet"), self.sent_datetime, ""),
            ("open", self.env._("Opened"), self.open_datetime, seen_by_odoo),
            ("click", self.env._("Clicked"), self.links_click_datetime, seen_by_odoo),
            ("reply", self.env._("Replied"), self.reply_datetime, ""),
        ]
        return [
            {
                "kind": kind,
                "label": label,
                "date": fields.Datetime.to_string(date),
                "detail": detail,
            }
            for kind, label, date, detail in moments
            if date and not (detail and date in dates_of_events)
        ]
