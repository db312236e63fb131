from odoo import api, fields, models

from ...tools.dns.receivers import bulk_readiness, receiver_lines
from ...tools.dns.verdict import Verdict
from ...tools.words import Words


class MailjetDomain(models.Model):
    """Whether a domain is ready for bulk mail, receiver by receiver."""

    _inherit = "mailjet.domain"

    bulk_state = fields.Selection(
        [
            ("ready", "Ready for bulk mail"),
            ("not_ready", "Not ready for bulk mail"),
            ("unknown", "Not checked yet"),
        ],
        "Bulk mail",
        compute="_compute_receivers",
        help="Whether the DNS records meet what the large receivers require of those "
        "who send thousands of emails a day.",
    )
    bulk_reason = fields.Char("Missing for bulk mail", compute="_compute_receivers")
    receivers = fields.Json("What receivers require", compute="_compute_receivers")

    @api.depends("record_ids.state", "record_ids.found_values")
    @api.depends_context("lang")
    def _compute_receivers(self):
        for domain in self:
            verdicts = domain._definite_verdicts()
            lines = receiver_lines(verdicts)
            domain.bulk_state, wrong = bulk_readiness(verdicts)
            domain.bulk_reason = domain._bulk_reason(wrong, lines)
            domain.receivers = [domain._receiver_in_words(line) for line in lines]

    def _definite_verdicts(self):
        """Return what is known of the records as verdicts, by kind."""
        self.ensure_one()
        return {
            record.kind: Verdict(
                record.state, found=tuple((record.found_values or "").splitlines())
            )
            for record in self.record_ids
            if record.state != "not_checked"
        }

    def _bulk_reason(self, wrong, lines):
        if wrong:
            return self.env._(
                "Missing or wrong: %(kinds)s. The receivers that require this are "
                "listed under “Bulk mail”.",
                kinds=", ".join(point.upper() for point in wrong),
            )
        asks_more = [line for line in lines if line.state == "advice"]
        if asks_more and self.bulk_state == "ready":
            return self.env._(
                "Advice from %(names)s is listed under “Bulk mail”.",
                names=", ".join(line.receiver.name for line in asks_more),
            )
        return False

    def _receiver_in_words(self, line):
        """Return a `ReceiverLine` as the widget shows it."""
        words = self.env["mailjet.words"]
        receiver = line.receiver
        return {
            "code": receiver.code,
            "name": receiver.name,
            "state": line.state,
            "asks": words._translate_words(Words(receiver.asks)),
            "missing": [words._translate_words(one) for one in line.missing],
            "advice": [words._translate_words(one) for one in line.advice],
            "beyond": receiver.beyond
            and words._translate_words(Words(receiver.beyond)),
            "url": receiver.url,
        }
