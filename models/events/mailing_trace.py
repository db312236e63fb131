from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.mailjet.event_summary import FAILED, next_status
from ..bulk_write import update_by_id

# What the events of a mail change on its trace
FIELDS = (
    "trace_status",
    "sent_datetime",
    "open_datetime",
    "links_click_datetime",
    "failure_type",
    "failure_reason",
    "mailjet_failure",
    "mailjet_status",
    "mailjet_status_before",
    "mailjet_delivered_on",
    "mailjet_complained_on",
    "mailjet_unsubscribed_on",
)


class MailingTrace(models.Model):
    """The email to one recipient of a mailing, according to Mailjet's events."""

    _inherit = "mailing.trace"

    mailjet_event_ids = fields.One2many("mailjet.event", "trace_id", "Mailjet events")
    mailjet_status = fields.Char(
        readonly=True, help="The status derived from Mailjet's events."
    )
    mailjet_status_before = fields.Char(
        readonly=True, help="The status without Mailjet's events."
    )
    mailjet_failure = fields.Selection(
        [("hard", "Hard bounce"), ("soft", "Soft bounce"), ("blocked", "Blocked")],
        "Failure at Mailjet",
        readonly=True,
        help="How an email that Mailjet had accepted failed.",
    )
    mailjet_delivered_on = fields.Datetime("Delivered on", readonly=True)
    mailjet_complained_on = fields.Datetime("Complained on", readonly=True)
    mailjet_unsubscribed_on = fields.Datetime("Unsubscribed on", readonly=True)

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Have core count only bounces that were the address's fault, in any spelling.

        It looks for the traces of an address before it blocks it.
        """
        spellings = self.env.context.get("mailjet_bounced")
        if spellings:
            is_bounced = Domain("failure_type", "=", "mail_bounce")
            domain = Domain(domain).map_conditions(
                lambda condition: (
                    (condition | Domain("email", "in", spellings)) & is_bounced
                    if condition.field_expr == "email"
                    else condition
                )
            )
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _mailjet_apply(self, summaries):
        """Update traces from the summaries of their events.

        :param dict summaries: trace id -> `Summary`
        """
        before = self.browse(summaries).read(FIELDS, load=None)
        changes = {}
        for row in before:
            vals = self._mailjet_vals(row, summaries[row["id"]])
            if any(row[name] != value for name, value in vals.items()):
                changes[row["id"]] = vals
        self._mailjet_call_helpers({row["id"]: row for row in before}, changes)
        update_by_id(
            self,
            [
                {
                    "id": trace_id,
                    **{name: value or None for name, value in vals.items()},
                }
                for trace_id, vals in changes.items()
            ],
        )

    @api.model
    def _mailjet_vals(self, row, summary):
        """Return all values that follow from a `Summary`.

        :param dict row: the trace's current values
        """
        status, derived, before = next_status(
            row["trace_status"],
            row["mailjet_status"],
            row["mailjet_status_before"],
            summary,
        )
        vals = {
            "trace_status": status,
            "mailjet_status": derived or False,
            "mailjet_status_before": before or False,
            "sent_datetime": row["sent_datetime"] or summary.delivered or False,
            "failure_type": row["failure_type"],
            "failure_reason": row["failure_reason"],
            "mailjet_failure": row["mailjet_failure"],
            **_dates(row, summary),
        }
        if derived in FAILED:
            vals.update(self._mailjet_failure_vals(summary))
        elif derived:
            vals["failure_type"] = vals["failure_reason"] = False
            vals["mailjet_failure"] = False
        return vals

    @api.model
    def _mailjet_failure_vals(self, summary):
        """Return why the email failed; nothing if that event was deleted as too old."""
        if not summary.failure_event:
            return {}
        event = self.env["mailjet.event"].browse(summary.failure_event.id)
        event = event.with_context(lang=event.mailing_id.user_id.lang)
        return {
            "failure_type": summary.failure_type,
            "failure_reason": event._failure_text(),
            "mailjet_failure": summary.failure_kind,
        }

    @api.model
    def _mailjet_call_helpers(self, before, changes):
        """Call the hooks that core's own tracking calls.

        Marketing Automation, for one, relies on them.

        :param dict before, changes: trace id -> values
        """

        def changed(name, *values):
            return self.browse(
                trace_id
                for trace_id, vals in changes.items()
                if vals[name] != before[trace_id][name]
                and (vals[name] in values if values else vals[name])
            )

        opened = changed("trace_status", "open")
        if opened:
            opened.set_opened()
        clicked = changed("links_click_datetime")
        if clicked:
            clicked.set_clicked()
        for trace in changed("trace_status", "bounce"):
            trace.set_bounced(bounce_message=changes[trace.id]["failure_reason"])


def _dates(row, summary):
    """Merge the dates of the events with those already known.

    Odoo's own tracking may have seen more, and old events are deleted. Only dates of
    opens and clicks by machines are taken back.
    """
    machines = summary.automatic_dates
    dates = {
        "open_datetime": (min, summary.opened, machines),
        "links_click_datetime": (max, summary.clicked, machines),
        "mailjet_delivered_on": (min, summary.delivered, ()),
        "mailjet_complained_on": (min, summary.complained, ()),
        "mailjet_unsubscribed_on": (min, summary.unsubscribed, ()),
    }
    for name, (choose, found, untrue) in dates.items():
        known = None if row[name] in untrue else row[name]
        dates[name] = choose(filter(None, (known, found)), default=False)
    return dates
