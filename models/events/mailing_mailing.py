from collections import defaultdict

from odoo import fields, models


class MailingMailing(models.Model):
    """The figures of a mailing, according to Mailjet's events."""

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

    def _compute_mailjet_figures(self):
        """Count recipients, not events: a recipient with two bounces counts once.

        Mailjet reports greylisting as a bounce but tries again, so it does not count.
        """
        # Whoever sees a mailing sees how it went, whichever company's account sent it
        events = self.env["mailjet.event"].sudo()
        groups = events._read_group(
            [
                ("mailing_id", "in", self.ids),
                ("state", "=", "applied"),
                ("error", "not ilike", "greylisted"),
            ],
            ["mailing_id", "event", "bounce_type", "is_automatic"],
            ["trace_id:count_distinct"],
        )
        counts = defaultdict(lambda: defaultdict(int))
        for mailing, event, bounce_type, is_automatic, count in groups:
            figure = counts[mailing.id]
            figure[event, "automatic"] += count if is_automatic else 0
            figure[event, bounce_type or "soft"] += count
            figure[event] += count
        bars = self._mailjet_bars()
        for mailing in self:
            figure = counts[mailing.id]
            mailing.mailjet_has_events = bool(figure)  # before it has zeros
            mailing.mailjet_bar = bars.get(mailing.id)
            mailing.mailjet_delivered = figure["sent"]
            mailing.mailjet_hard_bounced = figure["bounce", "hard"]
            mailing.mailjet_soft_bounced = figure["bounce", "soft"]
            mailing.mailjet_blocked = figure["blocked"]
            mailing.mailjet_complained = figure["spam"]
            mailing.mailjet_unsubscribed = figure["unsub"]
            mailing.mailjet_automatic = figure["open", "automatic"]

    def _mailjet_bars(self):
        """Return the number of emails by status for each mailing."""
        steps = {"reply": "open", "outgoing": "pending", "process": "pending"}
        groups = (
            self.env["mailing.trace"]
            .sudo()
            ._read_group(
                [("mass_mailing_id", "in", self.ids), ("trace_status", "!=", "cancel")],
                ["mass_mailing_id", "trace_status"],
                ["__count"],
            )
        )
        bars = defaultdict(lambda: defaultdict(int))
        for mailing, status, count in groups:
            bars[mailing.id][steps.get(status, status)] += count
        return {mailing_id: dict(bar) for mailing_id, bar in bars.items()}

    def action_mailjet_events(self):
        """Open the events of this mailing; the context may name their type."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_event_action"
        )
        action["domain"] = [("mailing_id", "=", self.id)]
        action["context"] = {
            f"search_default_{self.env.context.get('mailjet_event', 'all')}": 1
        }
        return action
