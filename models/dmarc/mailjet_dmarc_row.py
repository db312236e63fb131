from odoo import api, fields, models


class MailjetDmarcRow(models.Model):
    """Mail from one source on one day, as a report tells it.

    There may be millions: rows are inserted in bulk and have neither log nor chatter.
    Always sum `count`; a row stands for any number of emails.
    """

    _name = "mailjet.dmarc.row"
    _description = "DMARC report row"
    # The primary key serves it, whatever the number of rows
    _order = "id desc"
    _rec_name = "source_ip"
    _log_access = False

    # Empty in the sums that remain once a report is deleted
    report_id = fields.Many2one(
        "mailjet.dmarc.report", readonly=True, ondelete="cascade"
    )
    position = fields.Integer(readonly=True, help="Of the record in the report.")
    domain_id = fields.Many2one(
        "mailjet.domain", required=True, readonly=True, ondelete="cascade"
    )
    day = fields.Date(required=True, readonly=True, help="In UTC.")
    source_ip = fields.Char("Source", readonly=True)
    count = fields.Integer("Emails", readonly=True)
    disposition = fields.Selection(
        [
            ("none", "No action"),
            ("quarantine", "Quarantined"),
            ("reject", "Rejected"),
        ],
        readonly=True,
        help="What the receiver did because of your DMARC policy.",
    )
    dkim_aligned = fields.Boolean("DKIM aligned", readonly=True)
    spf_aligned = fields.Boolean("SPF aligned", readonly=True)
    passes = fields.Boolean(
        "Passes DMARC", readonly=True, help="DKIM or SPF passes and is aligned."
    )
    header_from = fields.Char("From domain", readonly=True)
    envelope_from = fields.Char("Envelope sender's domain", readonly=True)
    envelope_derived = fields.Boolean(
        readonly=True, help="The envelope sender is missing: taken from SPF."
    )
    dkim_domain = fields.Char("DKIM domain", readonly=True)
    dkim_selector = fields.Char("DKIM selector", readonly=True)
    dkim_result = fields.Char("DKIM result", readonly=True)
    other_signatures = fields.Char(readonly=True)
    spf_domain = fields.Char("SPF domain", readonly=True)
    spf_result = fields.Char("SPF result", readonly=True)
    spf_scope = fields.Char("SPF scope", readonly=True)
    reason_types = fields.Char(
        "Reasons", readonly=True, help="Why the receiver departed from the policy."
    )
    reason_comments = fields.Char("Comments", readonly=True)
    not_stated = fields.Boolean(
        readonly=True, help="The report does not say whether DKIM or SPF is aligned."
    )
    is_split = fields.Boolean(
        "Spread over days",
        readonly=True,
        help="The report covers more than a day; its emails are spread evenly.",
    )
    counted = fields.Boolean(
        readonly=True,
        default=True,
        help="No, if the report's email failed authentication or its dates cannot "
        "be right.",
    )

    _position_unique = models.UniqueIndex("(report_id, position, day)")
    _domain_day = models.Index("(domain_id, day)")
    _source = models.Index("(source_ip)")
    # Which day is to be summed up next
    _day = models.Index("(day) WHERE report_id IS NOT NULL")

    @api.ondelete(at_uninstall=False)
    def _note_stale(self):
        """Have the sums of these rows' days rebuilt."""
        days = {(row.domain_id.id, row.day) for row in self}
        self.env["mailjet.dmarc.statistic.stale"]._note_days(days)
