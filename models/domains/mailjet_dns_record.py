from odoo import api, fields, models

from ... import const
from ...tools.dns.zone_text import zone_line
from ...tools.words import words_to_json
from .mailjet_domain import DNS_STATUSES

KINDS = [
    ("ownership", "Ownership"),
    ("spf", "SPF"),
    ("dkim", "DKIM"),
    ("dmarc", "DMARC"),
    ("mx", "MX"),
    ("return_path", "Return path"),
    ("mta_sts", "MTA-STS"),
    ("tls_rpt", "TLS-RPT"),
    ("bimi", "BIMI"),
]
# Nothing is wrong without them
OPTIONAL_KINDS = ("return_path", "mta_sts", "tls_rpt", "bimi")
STATES = [
    ("not_checked", "Not checked"),
    ("ok", "OK"),
    ("warning", "Warning"),
    ("error", "Wrong"),
    ("missing", "Missing"),
    ("optional", "Not set up"),
]
# Sorts the records that need attention first
URGENCY = {
    "error": 1,
    "missing": 2,
    "warning": 3,
    "not_checked": 4,
    "ok": 5,
    "optional": 6,
}


class MailjetDnsRecord(models.Model):
    """A DNS record that a sending domain needs, and what the last checks found.

    `state` is the last definite result. An outage leaves it unchanged and is recorded
    in `outage_since` and `outage`.
    """

    _name = "mailjet.dns.record"
    _inherit = ["mailjet.words"]
    _description = "DNS record of a sending domain"
    _order = "urgency, id"

    domain_id = fields.Many2one(
        "mailjet.domain", required=True, readonly=True, index=True, ondelete="cascade"
    )
    server_id = fields.Many2one(related="domain_id.server_id", store=True)
    active = fields.Boolean(related="domain_id.active", store=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    purpose = fields.Char(compute="_compute_purpose")

    # What to publish
    record_type = fields.Char("Type", compute="_compute_expected")
    host = fields.Char("Full host name", compute="_compute_expected")
    host_relative = fields.Char(
        "Host",
        compute="_compute_expected",
        help="The host as most DNS providers expect it: without the domain. @ stands "
        "for the domain itself.",
    )
    expected_value = fields.Char("Value", compute="_compute_expected")
    proposal = fields.Char(
        readonly=True, help="The value to publish, based on the existing record."
    )

    # What was found
    state = fields.Selection(
        STATES, required=True, default="not_checked", readonly=True
    )
    urgency = fields.Integer(compute="_compute_urgency", store=True)
    decided_on = fields.Datetime("Last result on", readonly=True)
    found_values = fields.Text("Found", readonly=True)
    found_host = fields.Char("Found at", readonly=True)
    words = fields.Json(readonly=True)
    cause = fields.Char("Diagnosis", compute="_compute_words")
    cure = fields.Char("What to do", compute="_compute_words")
    refusal = fields.Char("Why there is no proposal", compute="_compute_words")
    removals = fields.Text("Differences", compute="_compute_words")
    wait = fields.Integer(
        "Absence cached for (s)",
        readonly=True,
        help="How long other DNS servers may go on answering that the record does not "
        "exist, in seconds.",
    )
    mailjet_state = fields.Selection(
        DNS_STATUSES,
        "Status at Mailjet",
        compute="_compute_mailjet_state",
        help="The result of Mailjet's own check, which may be older than Odoo's or ask "
        "other DNS servers.",
    )

    # The last check, even if it failed
    checked_on = fields.Datetime("Last check", readonly=True)
    asked = fields.Char("DNS servers", readonly=True)
    asked_how = fields.Selection(
        [
            ("zone", "Asked the domain's own name servers"),
            ("resolver", "Asked the system's DNS resolver"),
        ],
        "Method",
        readonly=True,
    )
    outage_since = fields.Datetime("Check failing since", readonly=True)
    attempt_words = fields.Json(readonly=True)
    outage = fields.Char("Why the check failed", compute="_compute_words")
    note = fields.Char("Note on the check", compute="_compute_words")

    _kind_unique = models.UniqueIndex("(domain_id, kind)")

    @api.depends("domain_id.name", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for record, kind in zip(self, self._kinds_in_words(), strict=True):
            record.display_name = f"{kind} {record.domain_id.name}"

    def _kinds_in_words(self):
        words = dict(self._fields["kind"]._description_selection(self.env))
        return [words.get(record.kind, "") for record in self]

    @api.depends("kind")
    def _compute_purpose(self):
        purposes = {
            "ownership": self.env._("Proves to Mailjet that the domain is yours."),
            "spf": self.env._("Lists the servers that may send for the domain."),
            "dkim": self.env._(
                "Holds the public key for Mailjet's signature on your emails, which "
                "DMARC relies on."
            ),
            "dmarc": self.env._(
                "Tells receivers what to do with emails forged in your name. Gmail, "
                "Yahoo and Microsoft require it."
            ),
            "mx": self.env._("Names the server that receives replies and bounces."),
            "return_path": self.env._(
                "Makes SPF count for DMARC, too. It is optional and has to be enabled "
                "by Mailjet."
            ),
            "mta_sts": self.env._(
                "Makes others send to your domain only over verified encryption. "
                "It protects email you receive; optional."
            ),
            "tls_rpt": self.env._(
                "Tells others where to report failed encryption of email sent to "
                "you. Optional."
            ),
            "bimi": self.env._(
                "Shows your logo beside your emails at some receivers. It is optional."
            ),
        }
        for record in self:
            record.purpose = purposes.get(record.kind)

    @api.depends(
        "kind",
        "state",
        "proposal",
        "found_values",
        "domain_id.name",
        "domain_id.zone",
        "domain_id.ownership_name",
        "domain_id.ownership_token",
        "domain_id.spf_value",
        "domain_id.dkim_name",
        "domain_id.dkim_value",
    )
    def _compute_expected(self):
        for record in self:
            domain = record.domain_id
            name = domain.name
            # Mailjet's suggestion does not consider an existing record
            is_blank = record.state in ("missing", "not_checked")
            default_spf = is_blank and not record.found_values and domain.spf_value
            record_type, host, value = {
                "ownership": ("TXT", domain.ownership_name, domain.ownership_token),
                "spf": ("TXT", name, record.proposal or default_spf),
                "dkim": ("TXT", domain.dkim_name, domain.dkim_value),
                "dmarc": ("TXT", f"_dmarc.{name}", record.proposal),
                "mx": ("MX", name, False),
                "return_path": (
                    "CNAME",
                    f"{const.RETURN_PATH_LABEL}.{name}",
                    const.RETURN_PATH_TARGET,
                ),
                "mta_sts": ("TXT", f"_mta-sts.{name}", False),
                "tls_rpt": ("TXT", f"_smtp._tls.{name}", False),
                "bimi": ("TXT", f"default._bimi.{name}", False),
            }.get(record.kind, (False, False, False))
            record.record_type = record_type
            record.host = host
            record.host_relative = host and domain._relative_host(host)
            record.expected_value = value

    @api.depends("state")
    def _compute_urgency(self):
        for record in self:
            record.urgency = URGENCY.get(record.state, 0)

    @api.depends("words", "attempt_words")
    @api.depends_context("lang")
    def _compute_words(self):
        for record in self:
            words = record.words or {}
            record.cause = record._translate_json(words.get("cause"))
            record.cure = record._translate_json(words.get("cure"))
            record.refusal = record._translate_json(words.get("refusal"))
            removals = map(record._translate_json, words.get("removals") or [])
            record.removals = "\n".join(removals)
            words = record.attempt_words or {}
            record.outage = record._translate_json(words.get("outage"))
            record.note = record._translate_json(words.get("note"))

    @api.depends(
        "kind", "domain_id.spf_status", "domain_id.dkim_status", "domain_id.is_proven"
    )
    def _compute_mailjet_state(self):
        for record in self:
            domain = record.domain_id
            record.mailjet_state = {
                "ownership": "ok" if domain.is_proven else "not_found",
                "spf": domain.spf_status,
                "dkim": domain.dkim_status,
            }.get(record.kind)

    # ------------------------------------------------------------------
    # Saving the result of a check
    # ------------------------------------------------------------------

    def _save_verdict(self, verdict, report):
        """Save the result of a check of this record.

        :param Verdict verdict: see `tools/dns/`
        :param Report report: the report of the domain that it belongs to
        :return: the states before and after, if one definite result replaced another,
            otherwise None
        """
        self.ensure_one()
        now = fields.Datetime.now()
        is_outage = verdict.status == "temperror"
        attempt = {
            "checked_on": now,
            "asked": ", ".join(report.asked),
            "asked_how": "zone" if report.is_direct else "resolver",
            "outage_since": is_outage and (self.outage_since or now),
            "attempt_words": words_to_json(
                outage=is_outage and verdict.cause, note=report.note
            ),
        }
        if is_outage:
            self.write(attempt)
            return None
        before = self.state
        self.write(
            {
                **attempt,
                "state": self._state_of(verdict),
                "decided_on": now,
                "found_values": "\n".join(verdict.found),
                "found_host": verdict.host,
                "words": {
                    **words_to_json(
                        cause=verdict.cause, cure=verdict.cure, refusal=verdict.refusal
                    ),
                    "removals": [words.to_json() for words in verdict.removals],
                },
                "proposal": verdict.proposal,
                "wait": verdict.wait,
            }
        )
        if before in (self.state, "not_checked"):
            return None
        return before, self.state

    def _state_of(self, verdict):
        optional = self.kind in OPTIONAL_KINDS and verdict.status == "missing"
        return "optional" if optional else verdict.status

    def action_open_domain(self):
        """Open the domain that needs this record."""
        self.ensure_one()
        return self.domain_id._get_records_action()

    def _handover_part(self):
        """Return this record as text for somebody without access to Odoo."""
        self.ensure_one()
        lines = [
            self.env._("Type: %(type)s", type=self.record_type),
            self.env._(
                "Host: %(relative)s (in full: %(host)s)",
                relative=self.host_relative,
                host=self.host,
            ),
            self.env._("Value: %(value)s", value=self.expected_value),
        ]
        if self.found_values and self.state in ("error", "warning"):
            lines.append(self.env._("Replaces: %(values)s", values=self.found_values))
        return "\n".join(lines)

    def _zone_line(self):
        """Return this record as a line of a zone file, commented out if optional."""
        self.ensure_one()
        line = zone_line(self.host, self.record_type, self._value_for_zone())
        return f"; {line}" if self.state == "optional" else line

    def _value_for_zone(self):
        """Return the value found if it is right, otherwise the expected one."""
        found = (self.found_values or "").splitlines()
        if self.state == "ok" and len(found) == 1:
            return found[0]
        return self.expected_value
