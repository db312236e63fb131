from odoo import api, fields, models

from ...tools.dns.dns_host import Entry, entry_hints, needs_pieces
from ...tools.dns.zone_text import quoted_pieces


class MailjetDnsRecord(models.Model):
    """How the host of the domain's DNS wants a record."""

    _inherit = "mailjet.dns.record"

    dns_host = fields.Char(related="domain_id.dns_host")
    dns_host_page = fields.Char(related="domain_id.dns_host_page")
    dns_host_url = fields.Char(related="domain_id.dns_host_url")
    entry_hint = fields.Char(
        "How to enter it",
        compute="_compute_entry_hint",
        help="What the panel of this DNS host usually wants.",
    )
    split_value = fields.Char(
        "Value with quotes",
        compute="_compute_entry_hint",
        help="The same value for panels that require quotes, in pieces of at most 255 "
        "characters.",
    )

    @api.depends(
        "kind",
        "record_type",
        "host_relative",
        "expected_value",
        "domain_id.dns_host_codes",
        "domain_id.zone",
    )
    @api.depends_context("lang")
    def _compute_entry_hint(self):
        for record in self:
            hosts = record.domain_id._dns_hosts()
            value = record.expected_value or ""
            record.entry_hint = record.split_value = False
            if not hosts or not record.host_relative:
                continue
            entry = Entry(
                record.kind,
                record.record_type,
                record.host_relative,
                record.domain_id.zone or record.domain_id.name,
                value,
            )
            words = map(record._translate_words, entry_hints(hosts[0], entry))
            record.entry_hint = " ".join([*record._several_hosts(hosts), *words])
            if value and needs_pieces(hosts[0], entry):
                record.split_value = quoted_pieces(value)

    def _several_hosts(self, hosts):
        if len(hosts) < 2:
            return []
        return [
            self.env._(
                "The name servers belong to several hosts: the records have to be the "
                "same at each."
            )
        ]
