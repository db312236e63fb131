from collections import defaultdict

from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ...tools.report import figures

# Core's field -> the figure whose rate it is
RATIOS = {
    "received_ratio": "delivered",
    "opened_ratio": "opened",
    "replied_ratio": "replied",
    "bounced_ratio": "bounced",
}
# Core's counts that mean something else once Mailjet says what became of the emails
COUNTS = ("delivered", "opened", "replied", "bounced", "failed", "clicked")
DIGITS = 2
# The columns of the mail that core sends after a day
COLUMNS = {"kpi_col1": "delivered", "kpi_col2": "opened", "kpi_col3": "replied"}
# Type of the events that a button opens -> condition on their emails: a later event may
# outweigh an earlier one
BEHIND = {
    "sent": [("trace_id.trace_status", "in", ("sent", "open", "reply"))],
    "hard": [("trace_id.trace_status", "=", "bounce")],
    "soft": [("trace_id.mailjet_failure", "=", "soft")],
    "blocked": [("trace_id.mailjet_failure", "=", "blocked")],
}


class MailingMailing(models.Model):
    """The figures of a mailing, by what became of the email to each recipient.

    Core's fields follow `tools.report.figures` for mailings that went through Mailjet,
    so that its buttons, lists and A/B tests show the same figures as all else.
    """

    _inherit = "mailing.mailing"

    mailjet_delivered = fields.Integer(
        "Delivered by Mailjet", compute="_compute_mailjet_figures"
    )
    mailjet_hard_bounced = fields.Integer(
        "Hard bounces", compute="_compute_mailjet_figures"
    )
    mailjet_soft_bounced = fields.Integer(
        "Soft bounces", compute="_compute_mailjet_figures"
    )
    mailjet_blocked = fields.Integer("Blocked", compute="_compute_mailjet_figures")
    mailjet_complained = fields.Integer(
        "Complaints", compute="_compute_mailjet_figures"
    )
    mailjet_unsubscribed = fields.Integer(
        "Unsubscribed", compute="_compute_mailjet_figures"
    )
    mailjet_automatic = fields.Integer(
        "Opens by machines", compute="_compute_mailjet_figures"
    )
    mailjet_bar = fields.Json("Delivery status", compute="_compute_mailjet_figures")
    mailjet_has_events = fields.Boolean(compute="_compute_mailjet_figures")
    mailjet_no_rates = fields.Boolean(
        compute="_compute_mailjet_figures",
        help="Only failures are known, so that rates would mislead.",
    )

    def _mailjet_counted(self):
        """Return the mailings that went through Mailjet: their emails name it."""
        return self.filtered("mailjet_campaign")

    @api.depends("mailjet_campaign")
    def _compute_mailjet_figures(self):
        counted = self._mailjet_counted()
        counts = counted._mailjet_counts()
        machines = counted._mailjet_machines()
        for mailing in self:
            found = counts.get(mailing.id) or defaultdict(int)
            mailing.mailjet_has_events = bool(found["told"] or machines.get(mailing.id))
            mailing.mailjet_bar = found["bar"] or False
            mailing.mailjet_delivered = found["delivered"]
            mailing.mailjet_hard_bounced = found["hard_bounced"]
            mailing.mailjet_soft_bounced = found["soft_bounced"]
            mailing.mailjet_blocked = found["blocked"]
            mailing.mailjet_complained = found["complained"]
            mailing.mailjet_unsubscribed = found["unsubscribed"]
            mailing.mailjet_automatic = machines.get(mailing.id, 0)
            mailing.mailjet_no_rates = bool(
                found["processed"] and not figures.knows_deliveries(found)
            )

    def _compute_statistics(self):
        """Count what went through Mailjet by its definitions, all else as core does."""
        result = super()._compute_statistics()
        counted = self._mailjet_counted()
        counts = counted._mailjet_counts()
        for mailing in counted:
            found = counts.get(mailing.id)
            if found:
                values = {name: found[name] for name in COUNTS}
                for field, figure in RATIOS.items():
                    values[field] = percent(figure, found)
                mailing.update(values)
        return result

    def _compute_clicks_ratio(self):
        """Count also the clicks that Mailjet saw, for what went through it."""
        result = super()._compute_clicks_ratio()
        counted = self._mailjet_counted()
        counts = counted._mailjet_counts()
        for mailing in counted:
            if mailing.id in counts:
                mailing.clicks_ratio = percent("clicked", counts[mailing.id])
        return result

    def _mailjet_counts(self):
        """Return the figures of each mailing that has traces.

        :return dict: mailing id -> figure -> number; besides, `bar`: the parts of the
            delivery bar, and `told`: 0 if Mailjet has said nothing about any email
        """
        if not self:
            return {}
        # Whoever sees a mailing sees how it went, whichever company's account sent it
        groups = (
            self.env["mailing.trace"]
            .sudo()
            ._read_group(
                [("mass_mailing_id", "in", self.ids)],
                ["mass_mailing_id", "trace_status", "mailjet_failure"],
                [
                    "__count",
                    "links_click_datetime:count",
                    "mailjet_complained_on:count",
                    "mailjet_unsubscribed_on:count",
                    "mailjet_delivered_on:count",
                    "mailjet_status:count",
                ],
            )
        )
        rows, sums = defaultdict(list), defaultdict(lambda: [0] * 5)
        for mailing, status, failure, number, *others in groups:
            rows[mailing.id].append((status, failure, number))
            sums[mailing.id] = list(
                map(sum, zip(sums[mailing.id], others, strict=True))
            )
        counts = {}
        for mailing_id, found in rows.items():
            fates = figures.fates(found)
            clicked, complained, unsubscribed, *told = sums[mailing_id]
            counts[mailing_id] = {
                **figures.count(fates),
                "clicked": clicked,
                "complained": complained,
                "unsubscribed": unsubscribed,
                "bar": figures.parts(fates),
                "told": sum((complained, unsubscribed, *told)),
            }
        return counts

    def _mailjet_machines(self):
        """Return how many emails of each mailing were opened by machines."""
        if not self:
            return {}
        groups = (
            self.env["mailjet.event"]
            .sudo()
            ._read_group(
                [
                    ("mailing_id", "in", self.ids),
                    ("event", "=", "open"),
                    ("state", "=", "applied"),
                    ("is_automatic", "=", True),
                ],
                ["mailing_id"],
                ["trace_id:count_distinct"],
            )
        )
        return {mailing.id: count for mailing, count in groups}

    def _prepare_statistics_email_values(self):
        """Write the rates of the mail after a day in the reader's language."""
        values = super()._prepare_statistics_email_values()
        if self._mailjet_counted():
            found = self._mailjet_counts().get(self.id)
            for column, figure in COLUMNS.items():
                kpi = values["kpi_data"][0].get(column)
                if kpi and found:
                    kpi["value"] = self._mailjet_rate_text(figure, found)
        return values

    def _mailjet_rate_text(self, figure, counts):
        """Return a rate for a text, or a dash."""
        rate = figures.rate(figure, counts)
        if rate is None or self.mailjet_no_rates:
            return "\N{EN DASH}"
        env = self.with_context(lang=self.user_id.lang or self.env.lang).env
        number = formatLang(env, rate, digits=figures.decimals(rate))
        return f"{number}\N{NO-BREAK SPACE}%"

    # ------------------------------------------------------------------
    # What is behind a figure
    # ------------------------------------------------------------------

    def _action_view_documents_filtered(self, view_filter):
        """Open just those recipients that the button counts."""
        action = super()._action_view_documents_filtered(view_filter)
        domain = {
            "clicked": [("links_click_datetime", "!=", False)],
            "bounce": [
                "|",
                ("trace_status", "=", "bounce"),
                "&",
                ("trace_status", "=", "error"),
                ("mailjet_failure", "in", ("hard", "soft")),
            ],
        }.get(view_filter)
        if domain and self._mailjet_counted():
            traces = self.env["mailing.trace"].search_fetch(
                [("mass_mailing_id", "=", self.id), *domain], ["res_id"]
            )
            action["domain"] = [("id", "in", traces.mapped("res_id"))]
        return action

    def action_view_traces_failed(self):
        """Leave out emails that Mailjet accepted: they were sent, and failed later."""
        action = super().action_view_traces_failed()
        if self._mailjet_counted():
            action["domain"] = [("mailjet_failure", "=", False)]
        return action

    def action_mailjet_events(self):
        """Open the events of this mailing; the context may name their type."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_event_action"
        )
        kind = self.env.context.get("mailjet_event", "all")
        traces = BEHIND.get(kind, [])
        action["domain"] = [("mailing_id", "=", self.id), *traces]
        action["context"] = {f"search_default_{kind}": 1}
        return action


def percent(figure, counts):
    """Return a rate as core's fields have it: rounded, and 0 if there is none."""
    return round(figures.rate(figure, counts) or 0, DIGITS)
