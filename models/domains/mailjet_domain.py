from odoo import api, fields, models

from ...tools.dns.domain_name import readable_domain

# The statuses of const.DNS_STATUSES, and "unknown" for any that Mailjet may add
DNS_STATUSES = [
    ("ok", "OK"),
    ("error", "Wrong"),
    ("not_found", "Not found"),
    ("not_checked", "Not checked"),
    ("unknown", "Unknown"),
]


class MailjetDomain(models.Model):
    """A sending domain: what to publish in DNS, and what Mailjet found there."""

    _name = "mailjet.domain"
    _inherit = ["mailjet.synced.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Mailjet domain"
    _order = "name, id"
    _sync_key = "name"

    name = fields.Char("Domain", required=True, readonly=True)
    ownership_token = fields.Char(
        "Ownership value", readonly=True, help="The value of the TXT record."
    )
    ownership_name = fields.Char(
        "Ownership host", readonly=True, help="The name of the TXT record."
    )
    dkim_name = fields.Char("DKIM host", readonly=True)
    dkim_value = fields.Char("DKIM value", readonly=True)
    dkim_status = fields.Selection(DNS_STATUSES, "DKIM at Mailjet", readonly=True)
    spf_value = fields.Char(
        "SPF value",
        readonly=True,
        help="Mailjet's suggestion, which does not consider your existing SPF record. "
        "A domain may have only one: add Mailjet's include to yours.",
    )
    spf_status = fields.Selection(DNS_STATUSES, "SPF at Mailjet", readonly=True)
    checked_on = fields.Datetime("Checked by Mailjet on", readonly=True)
    sender_ids = fields.One2many("mailjet.sender", "domain_id", "Senders")
    is_proven = fields.Boolean(
        "Ownership proven",
        compute="_compute_is_proven",
        help="Mailjet accepts every address of this domain.",
    )

    _name_unique = models.UniqueIndex("(server_id, name)")

    @api.depends("name")
    def _compute_display_name(self):
        """Show bücher.example, which is xn--bcher-kva.example in DNS."""
        for domain in self:
            domain.display_name = readable_domain(domain.name or "")

    @api.depends("sender_ids.status", "sender_ids.is_domain", "sender_ids.active")
    def _compute_is_proven(self):
        for domain in self:
            domain.is_proven = any(
                sender.is_domain and sender.status == "active"
                for sender in domain.sender_ids
            )

    @api.model
    def _sync_rows(self, server, rows):
        """Synchronize all `DomainDns` rows of an account; return the records."""
        return self._sync(server, [self._sync_vals(row) for row in rows])

    @api.model
    def _sync_vals(self, row):
        return {
            "mailjet_id": row.id,
            "name": row.domain,
            "ownership_token": row.ownership_token or None,
            "ownership_name": row.ownership_name or None,
            "dkim_name": row.dkim_name or None,
            "dkim_value": row.dkim_value or None,
            "dkim_status": row.dkim_status,
            "spf_value": row.spf_value or None,
            "spf_status": row.spf_status,
            "checked_on": row.last_check_at or None,
        }
