from odoo import api, fields, models
from odoo.exceptions import UserError

POLICIES = [
    ("none", "None"),
    ("quarantine", "Quarantine"),
    ("reject", "Reject"),
]
# States in which reading the file again may help
READABLE = ("partial", "foreign", "refused", "ignored")
ALIGNMENTS = [("r", "Relaxed"), ("s", "Strict")]


class MailjetDmarcReport(models.Model):
    """One DMARC aggregate report: a receiver's account of mail in a domain's name.

    The file is stored when it arrives, see mailjet_dmarc_report_intake.py, and read by
    `_cron_read` in mailjet_dmarc_report_read.py.
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
            ("done", "Done"),
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
    day_count = fields.Integer("Days", readonly=True)
    record_error = fields.Char(
        "Errors reported",
        readonly=True,
        help="What the receiver says about your record.",
    )
    duplicate_of_id = fields.Many2one(
        "mailjet.dmarc.report", "Duplicate of", readonly=True, index="btree_not_null"
    )
    key = fields.Char(readonly=True, help="Copies of a report have the same key.")
    mail_from = fields.Char("Sent by", readonly=True)
    attempts = fields.Integer(readonly=True, help="How often Odoo began to read it.")
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

    def action_read_again(self):
        """Read the files of these reports again, if they still exist."""
        self.check_access("write")
        again = self.filtered(
            lambda report: report.state in READABLE and report.attachment_id
        )
        if not again:
            raise UserError(self.env._("The file has been deleted; upload it again."))
        again.write({"state": "received", "attempts": 0})
        self._wake_cron()
        return self.env["ir.mail_server"]._mailjet_notification(
            self.env._("Odoo will read the file again within a minute."), "info"
        )

    def action_add_domain(self):
        """Open the form that adds the report's domain to an account."""
        self.ensure_one()
        self.check_access("write")
        servers = self.env["ir.mail_server"]._mailjet_of_companies()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_sender_add_action"
        )
        context = {"default_kind": "domain", "default_domain": self.policy_domain}
        if len(servers) == 1:
            context["default_server_id"] = servers.id
        else:
            context["mailjet_choose_server"] = True
        return {**action, "context": context}
