from odoo import api, fields, models

POLICIES = [
    ("none", "None"),
    ("quarantine", "Quarantine"),
    ("reject", "Reject"),
]
ALIGNMENTS = [("r", "Relaxed"), ("s", "Strict")]


class MailjetDmarcReport(models.Model):
    """One DMARC aggregate report: a receiver's account of mail in a domain's name.

    The file is stored when it arrives; `_cron_read` reads it later.
    """

    _name = "mailjet.dmarc.report"
    _inherit = ["mailjet.words", "mail.thread"]
    _description = "DMARC report"
    _order = "id desc"
    # Receivers send a report for each domain; the gateway must not count them as a loop
    _primary_email = None

    name = fields.Char(required=True, readonly=True)
    domain_id = fields.Many2one(
        "mailjet.domain", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    server_id = fields.Many2one(
        related="domain_id.server_id", string="Mailjet server", store=True
    )
    policy_domain = fields.Char("Domain in the report", readonly=True)
    org_name = fields.Char("Receiver", readonly=True)
    org_email = fields.Char("Contact", readonly=True)
    report_id = fields.Char("Report ID", readonly=True)
    date_begin = fields.Datetime("From", readonly=True)
    date_end = fields.Datetime("To", readonly=True)
    schema = fields.Selection(
        [("rfc7489", "RFC 7489"), ("rfc9990", "RFC 9990")], "Format", readonly=True
    )
    p = fields.Selection(POLICIES, "Policy", readonly=True)
    sp = fields.Selection(POLICIES, "Policy for subdomains", readonly=True)
    adkim = fields.Selection(ALIGNMENTS, "DKIM alignment", readonly=True)
    aspf = fields.Selection(ALIGNMENTS, "SPF alignment", readonly=True)
    pct = fields.Integer("Percentage", readonly=True)
    testing = fields.Boolean("Test mode", readonly=True)

    state = fields.Selection(
        [
            ("received", "To read"),
            ("done", "Read"),
            ("partial", "Partly read"),
            ("duplicate", "Duplicate"),
            ("foreign", "Not our domain"),
            ("refused", "Refused"),
            ("ignored", "No report"),
        ],
        required=True,
        readonly=True,
        default="received",
        index=True,
    )
    reason_words = fields.Json(readonly=True)
    reason = fields.Text(compute="_compute_reason")
    authentication = fields.Selection(
        [
            ("authenticated", "Authenticated"),
            ("not_checked", "Not checked"),
            ("failed", "Failed"),
        ],
        readonly=True,
        default="not_checked",
        help="Whether the email that brought the report is proven to come from its "
        "author. Reports whose email failed are kept, but not counted.",
    )
    duplicate_count = fields.Integer("Duplicates", readonly=True)
    message_count = fields.Integer("Emails", readonly=True)
    row_count = fields.Integer("Rows", readonly=True)
    skipped_count = fields.Integer("Rows skipped", readonly=True)
    xml_hash = fields.Char("Hash of the XML", readonly=True, index="btree_not_null")
    attachment_id = fields.Many2one(
        "ir.attachment", "File", readonly=True, ondelete="set null"
    )
    row_ids = fields.One2many(
        "mailjet.dmarc.row", "report_id", "Sources", readonly=True
    )

    @api.depends("reason_words")
    @api.depends_context("lang")
    def _compute_reason(self):
        for report in self:
            sentences = map(self._translate_json, report.reason_words or [])
            report.reason = "\n".join(sentences) or False
