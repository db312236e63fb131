from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.dmarc import readiness
from ...tools.dmarc.source import MAILJET
from ...tools.dmarc.source_class import Sums, classify, share
from ...tools.dmarc.values import MAX_COUNT
from ..bulk_write import update_by_id

CLASSES = [
    ("mailjet", "Mailjet"),
    ("ours_passing", "Ours, passing"),
    ("ours_failing", "Ours, failing"),
    ("forwarder", "Forwarder"),
    ("unknown_failing", "Unknown, failing"),
    ("unknown_passing", "Unknown, passing"),
]
DECISIONS = [
    ("ours", "Ours"),
    ("forwarder", "Forwarder"),
    ("not_ours", "Not ours"),
]
# Sums of a period, in the order of the columns of the daily sums
SUMS = (
    "messages",
    "passing",
    "spf_aligned",
    "dkim_aligned",
    "forwarded",
    "forwarded_failing",
    "own",
    "quarantined",
    "rejected",
)


class MailjetDmarcSource(models.Model):
    """A sender that uses a domain in the From of mail, as DMARC reports tell.

    Its figures are those of the last `PERIOD_DAYS` days, always rebuilt from the daily
    sums. What a person decides about it stays.
    """

    _name = "mailjet.dmarc.source"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Source of email in a domain's name"
    _order = "messages desc, id"

    domain_id = fields.Many2one(
        "mailjet.domain", required=True, readonly=True, index=True, ondelete="cascade"
    )
    server_id = fields.Many2one(related="domain_id.server_id", store=True)
    key = fields.Char(required=True, readonly=True)
    name = fields.Char(readonly=True)
    evidence = fields.Selection(
        [
            ("mailjet", "Mailjet's signature, return path or network"),
            ("dkim", "DKIM signature of the domain"),
            ("spf_record", "SPF record of the domain"),
            ("spf", "Return path confirmed by SPF"),
            ("ptr", "Reverse DNS"),
            ("network", "Network"),
        ],
        "Recognized by",
        readonly=True,
    )
    is_forwarder = fields.Boolean("Forwarding service", readonly=True)
    decision = fields.Selection(
        DECISIONS, readonly=True, tracking=True, help="Empty: not decided."
    )
    source_class = fields.Selection(
        CLASSES, "Class", compute="_compute_source_class", store=True
    )

    messages = fields.Integer("Emails", readonly=True)
    passing = fields.Integer("Emails passing DMARC", readonly=True)
    spf_aligned = fields.Integer("Emails with SPF aligned", readonly=True)
    dkim_aligned = fields.Integer("Emails with DKIM aligned", readonly=True)
    forwarded = fields.Integer("Forwarded emails", readonly=True)
    forwarded_failing = fields.Integer("Forwarded emails failing", readonly=True)
    own = fields.Integer("Emails from the networks in your SPF record", readonly=True)
    quarantined = fields.Integer("Emails quarantined", readonly=True)
    rejected = fields.Integer("Emails rejected", readonly=True)
    receivers = fields.Integer(readonly=True)
    share = fields.Float("Share (%)", readonly=True, aggregator=None)
    pass_rate = fields.Float(
        "Passing (%)", compute="_compute_pass_rate", store=True, aggregator=None
    )
    first_day = fields.Date("First seen on", readonly=True)
    last_day = fields.Date("Last seen on", readonly=True)

    is_reported = fields.Boolean(
        readonly=True, help="An activity has been scheduled for this finding."
    )

    _key_unique = models.UniqueIndex("(domain_id, key)")

    @api.depends("name", "key")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for source in self:
            source.display_name = source.name or self.env._("Addresses no longer kept")

    @api.depends("key", "is_forwarder", "decision", *SUMS[:2], "forwarded", "own")
    def _compute_source_class(self):
        for source in self:
            source.source_class = classify(
                Sums(source.messages, source.passing, source.forwarded, source.own),
                source.key == MAILJET,
                source.is_forwarder,
                source.decision or None,
            )

    @api.depends("messages", "passing")
    def _compute_pass_rate(self):
        for source in self:
            source.pass_rate = share(source.passing, source.messages)

    # ------------------------------------------------------------------
    # Decisions
    # ------------------------------------------------------------------

    def action_decide(self, decision=False):
        """Save a person's decision on these sources; return what follows, as text.

        :param decision: ours, forwarder, not_ours, or False to undo a decision
        """
        self.check_access("write")
        if decision and decision not in dict(DECISIONS):
            raise UserError(self.env._("There is no decision %(name)s.", name=decision))
        if any(source.key == MAILJET for source in self):
            raise UserError(self.env._("Mailjet needs no decision."))
        self.write({"decision": decision})
        self.activity_ids.unlink()
        return "\n".join(source._advice() for source in self)

    def _advice(self):
        """Return what to do about this source, or what follows from the decision."""
        self.ensure_one()
        if self.source_class == "mailjet":
            return self._mailjet_advice()
        if self.source_class == "ours_failing":
            return self.env._(
                "Set up DKIM for %(domain)s at this source, as its documentation "
                "describes. Until then, a stricter policy would lose its emails.",
                domain=self.domain_id.name,
            )
        if self.source_class == "unknown_passing":
            return self._passing_stranger_advice()
        if self.source_class == "forwarder":
            return self.env._(
                "Nothing to do: it passes on emails that others sent. Under a stricter "
                "policy, receivers may refuse those whose signature it breaks."
            )
        if self.source_class == "ours_passing":
            return self.env._("Nothing to do: its emails pass under any policy.")
        if self.decision == "not_ours":
            return self.env._(
                "Nothing to do: a stricter policy makes receivers refuse these emails."
            )
        return self.env._(
            "Look for a service or server of yours with this name. If you find none, "
            "these emails are probably forged."
        )

    def _mailjet_advice(self):
        if share(self.dkim_aligned, self.messages) >= readiness.MAILJET_ALIGNED:
            return self.env._(
                "Nothing to do: DKIM passes. SPF does not align, as the return path is "
                "Mailjet's own; DMARC needs only one of them."
            )
        return self.env._(
            "Mailjet does not sign all of these emails for %(domain)s. Check the DKIM "
            "record, and authenticate the domain at Mailjet.",
            domain=self.domain_id.name,
        )

    def _passing_stranger_advice(self):
        if self.decision == "not_ours":
            return self.env._(
                "A stranger's emails pass as yours under any policy. Close the gap: an "
                "SPF term that allows too much, or a DKIM key that others know."
            )
        return self.env._(
            "It passes as you. If it is a service of yours, say so. If not, your SPF "
            "record allows too much, or others know a DKIM key."
        )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @api.model
    def _refresh_totals(self, domain):
        """Rebuild the figures of all sources of a domain from its daily sums.

        Sources without any are deleted, unless somebody decided on them.
        """
        start = fields.Date.subtract(fields.Date.today(), days=readiness.PERIOD_DAYS)
        self.env["mailjet.dmarc.statistic"].flush_model()
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT source.id, min(sums.day), max(sums.day),
                       count(DISTINCT sums.receiver)
                           FILTER (WHERE sums.day >= %(start)s),
                       %(sums)s
                  FROM mailjet_dmarc_source AS source
             LEFT JOIN mailjet_dmarc_statistic AS sums ON sums.source_id = source.id
                 WHERE source.domain_id = %(domain)s
              GROUP BY source.id
                """,
                start=start,
                domain=domain.id,
                sums=SQL(", ").join(
                    SQL(
                        "LEAST(COALESCE(sum(%s) FILTER (WHERE sums.day >= %s), 0),"
                        " %s)::int",
                        SQL.identifier("sums", name),
                        start,
                        MAX_COUNT,
                    )
                    for name in SUMS
                ),
            )
        )
        names = ("id", "first_day", "last_day", "receivers", *SUMS)
        rows = [dict(zip(names, row, strict=True)) for row in self.env.cr.fetchall()]
        whole = sum(row["messages"] for row in rows)
        for row in rows:
            row["share"] = share(row["messages"], whole)
        update_by_id(self, rows)
        gone = self.browse(row["id"] for row in rows if not row["first_day"])
        gone.filtered(lambda source: not source.decision).unlink()
        domain.dmarc_summed_on = fields.Date.today()
