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
]
STATES = [
    ("not_checked", "Not checked"),
    ("ok", "OK"),
    ("warning", "Warning"),
    ("error", "Wrong"),
    ("missing", "Missing"),
    ("optional", "Not set up"),
]
# Wrong ones come first; what does not matter comes last
URGENCY = {
    "error": 1,
    "missing": 2,
    "warning": 3,
    "not_checked": 4,
    "ok": 5,
    "optional": 6,
}


class MailjetDnsRecord(models.Model):
    """A record that a sending domain needs in DNS, and what was found of it.

    `state` is the last definite verdict. An outage leaves it as it was, and is kept
    beside it in `outage_since` and `outage`.
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
    purpose = fields.Char("What it is for", compute="_compute_purpose")

    # What is to be published
    record_type = fields.Char("Type", compute="_compute_expected")
    host = fields.Char("Full host name", compute="_compute_expected")
    host_relative = fields.Char(
        "Host",
        compute="_compute_expected",
        help="As most DNS providers want it: without the domain. @ is the domain.",
    )
    expected_value = fields.Char("Value", compute="_compute_expected")
    proposal = fields.Char(
        readonly=True, help="The value to publish, made from what is there already."
    )

    # What was found
    state = fields.Selection(
        STATES, required=True, default="not_checked", readonly=True
    )
    urgency = fields.Integer(compute="_compute_urgency", store=True)
    decided_on = fields.Datetime("Verdict of", readonly=True)
    found_values = fields.Text("Found", readonly=True)
    found_host = fields.Char("Found at", readonly=True)
    words = fields.Json(readonly=True)
    cause = fields.Char("What is the case", compute="_compute_words")
    cure = fields.Char("What to do", compute="_compute_words")
    refusal = fields.Char("Why no value is proposed", compute="_compute_words")
    wait = fields.Integer(
        "Remembered for (s)",
        readonly=True,
        help="How long name servers elsewhere may go on saying that there is no such "
        "record, in seconds.",
    )
    mailjet_state = fields.Selection(
        DNS_STATUSES,
        "Mailjet says",
        compute="_compute_mailjet_state",
        help="Mailjet's own check. It may be older than ours, or look elsewhere.",
    )

    # The last attempt, whatever came out of it
    checked_on = fields.Datetime("Last check", readonly=True)
    asked = fields.Char("Servers asked", readonly=True)
    asked_how = fields.Selection(
        [
            ("zone", "Asked the domain's own name servers"),
            ("resolver", "Asked the usual DNS resolver"),
        ],
        "Way of asking",
        readonly=True,
    )
    outage_since = fields.Datetime("Could not check since", readonly=True)
    attempt_words = fields.Json(readonly=True)
    outage = fields.Char("Why it could not be checked", compute="_compute_words")
    note = fields.Char("Note on the asking", compute="_compute_words")

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
                "The public key of Mailjet's signature under your mail; DMARC rests "
                "on it."
            ),
            "dmarc": self.env._(
                "Tells receivers what to do with mail that only pretends to be yours; "
                "Gmail, Yahoo and Microsoft ask for it."
            ),
            "mx": self.env._("Says where replies and bounces to the domain go."),
            "return_path": self.env._(
                "Lets SPF count for DMARC, too. It is optional, and Mailjet has to "
                "switch it on."
            ),
        }
        for record in self:
            record.purpose = purposes.get(record.kind)

    @api.depends(
        "kind",
        "state",
        "proposal",
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
            # Mailjet's does not know the record that may be there already
            default_spf = (
                record.state in ("missing", "not_checked") and domain.spf_value
            )
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
    # Keeping what a check found
    # ------------------------------------------------------------------

    def _keep_verdict(self, verdict, report):
        """Keep what a check of this record came to.

        :param Verdict verdict: of `tools/dns/`
        :param Report report: the check it belongs to: who was asked
        :return: the state before and after, if that changed from one definite verdict
            to another, otherwise None
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
                "words": words_to_json(
                    cause=verdict.cause, cure=verdict.cure, refusal=verdict.refusal
                ),
                "proposal": verdict.proposal,
                "wait": verdict.wait,
            }
        )
        if before in (self.state, "not_checked"):
            return None
        return before, self.state

    def _state_of(self, verdict):
        optional = self.kind == "return_path" and verdict.status == "missing"
        return "optional" if optional else verdict.status

    def action_open_domain(self):
        """Open the domain that needs this record."""
        self.ensure_one()
        return self.domain_id._get_records_action()

    def _handover_part(self):
        """Return this record as lines of text, for somebody who sees no Odoo."""
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
            lines.append(
                self.env._("It replaces: %(values)s", values=self.found_values)
            )
        return "\n".join(lines)

    def _zone_line(self):
        """Return this record as a line of a zone file; an optional one is disabled."""
        self.ensure_one()
        line = zone_line(self.host, self.record_type, self._value_to_keep())
        return f"; {line}" if self.state == "optional" else line

    def _value_to_keep(self):
        """Return the value that is right: the one found if it is, or the expected."""
        found = (self.found_values or "").splitlines()
        if self.state == "ok" and len(found) == 1:
            return found[0]
        return self.expected_value
