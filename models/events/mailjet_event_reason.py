from odoo import api, fields, models

from ...tools.mailjet.delivery_failure import Kind, explain_failure
from ...tools.mailjet.event_summary import worst_failure
from .mailjet_event import FAILURES
from .mailjet_event_apply import FACTS, facts_of

# A short label for each of `tools.mailjet.delivery_failure.REASON_CODES`
REASONS = [
    ("user_unknown", "No such mailbox"),
    ("mailbox_inactive", "Mailbox inactive"),
    ("quota_exceeded", "Mailbox full"),
    ("invalid_domain", "No such domain"),
    ("no_mail_host", "Domain does not accept email"),
    ("typofix", "Typo in the domain"),
    ("relay_access_denied", "Relaying denied by the recipient's server"),
    ("sender_blocked", "Sender rejected"),
    ("content_blocked", "Content rejected"),
    ("policy_issue", "Rejected by the recipient's policy"),
    ("connection_issue", "Recipient's server unreachable"),
    ("protocol_issue", "Protocol error between servers"),
    ("greylisted", "Greylisted"),
    ("system_issue", "Technical problem at Mailjet"),
    ("preblocked", "Not sent: bounced recently"),
    ("blacklisted", "Not sent: on your block list"),
    ("spam_reporter", "Not sent: reported spam before"),
    ("spam_preblocked", "Not sent: looks like spam"),
    ("duplicate_in_campaign", "Not sent: duplicate in the campaign"),
    ("bad_or_empty_template", "Not sent: template empty or invalid"),
    ("error_in_template_language", "Not sent: error in the template"),
    ("other", "Other reason"),
    ("none", "No reason given"),
]


class MailjetEvent(models.Model):
    """Why an email bounced or was blocked, in plain words."""

    _inherit = "mailjet.event"

    failure_reason = fields.Selection(
        REASONS,
        "Failure reason",
        readonly=True,
        help="Why the email bounced or was blocked.",
    )
    reason = fields.Char(compute="_compute_reason")
    is_deferred = fields.Boolean(
        "Delayed",
        compute="_compute_is_deferred",
        help="The recipient's server asked Mailjet to try again later.",
    )
    label = fields.Char("Shown as", compute="_compute_label")

    @api.depends("event", "error", "error_related_to", "bounce_type")
    def _compute_is_deferred(self):
        """Mailjet reports greylisting as a bounce, but goes on trying."""
        for event in self:
            event.is_deferred = (
                event.event in FAILURES
                and event._explain_failure().kind is Kind.DEFERRED
            )

    @api.depends("event", "is_deferred")
    @api.depends_context("lang")
    def _compute_label(self):
        kinds = dict(self._fields["event"]._description_selection(self.env))
        for event in self:
            event.label = (
                self.env._("Delayed") if event.is_deferred else kinds.get(event.event)
            )

    @api.depends("event", "error", "error_related_to", "bounce_type", "comment")
    @api.depends_context("lang")
    def _compute_reason(self):
        for event in self:
            event.reason = False
            if event.event in FAILURES:
                event.reason = self._translate_words(event._explain_failure().reason)

    def _is_hard(self):
        """Return whether Mailjet calls a bounce hard, None if it does not say."""
        return {"hard": True, "soft": False}.get(self.bounce_type)

    def _explain_failure(self):
        """Return the `Failure` behind a bounce or a block."""
        return explain_failure(
            self.error_related_to or "",
            self.error or "",
            self._is_hard(),
            self.comment or "",
        )

    def _worst_failure(self):
        """Return the event by which the email of all these failed, or none."""
        _failure, found = worst_failure(
            [facts_of([event[name] for name in FACTS]) for event in self]
        )
        return self.browse(found.id if found else [])

    def _failure_text(self):
        """Return why in plain words, with the server's response below."""
        failure = self._explain_failure()
        words = [failure.reason, *filter(None, [failure.cure])]
        lines = [
            " ".join(map(self._translate_words, words)),
            self._records_at_fault(failure),
            self.comment,
        ]
        return "\n".join(filter(None, lines))

    def _records_at_fault(self, failure):
        """Return which of the DNS records that a failure is about are not right now."""
        if not (self.sender_domain and failure.records):
            return False
        records = self.env["mailjet.dns.record"].search(
            [
                ("server_id", "=", self.server_id.id),
                ("domain_id.name", "=", self.sender_domain),
                ("kind", "in", failure.records),
                ("state", "in", ("error", "missing")),
            ]
        )
        if not records:
            return False
        return self.env._(
            "Missing or wrong in DNS now: %(records)s.",
            records=", ".join(records.mapped("display_name")),
        )
