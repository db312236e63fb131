from odoo import api, fields, models

from ...tools.dns.report_destination import VALUE, authorisation_name
from .mailjet_domain_report_address import KIND


class MailjetDnsRecord(models.Model):
    """The record by which the domain of Odoo's address agrees to receive reports."""

    _inherit = "mailjet.dns.record"

    kind = fields.Selection(
        selection_add=[(KIND, "DMARC report address")], ondelete={KIND: "cascade"}
    )

    @api.depends("kind")
    def _compute_purpose(self):
        result = super()._compute_purpose()
        for record in self.filtered(lambda record: record.kind == KIND):
            record.purpose = self.env._(
                "Allows receivers to send DMARC reports to Odoo's address, which "
                "is in another domain. Publish it in that domain's DNS."
            )
        return result

    @api.depends("domain_id.dmarc_alias_id.alias_full_name")
    def _compute_expected(self):
        result = super()._compute_expected()
        for record in self.filtered(lambda record: record.kind == KIND):
            destination = record.domain_id._dmarc_destination()
            if not destination:
                continue
            host = authorisation_name(record.domain_id.name, destination)
            record.record_type = "TXT"
            record.host = host
            record.host_relative = host.removesuffix(f".{destination}")
            record.expected_value = VALUE
        return result

    def _value_for_zone(self):
        return False if self.kind == KIND else super()._value_for_zone()
