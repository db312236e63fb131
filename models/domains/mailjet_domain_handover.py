import base64

from odoo import api, fields, models


class MailjetDomain(models.Model):
    """The DNS changes to hand over to the administrator of a domain."""

    _inherit = "mailjet.domain"

    handover_text = fields.Text(
        "DNS changes",
        compute="_compute_handover_text",
        help="Text to send or paste.",
    )
    zone_file = fields.Binary("Zone file", compute="_compute_zone_file")

    def _records_to_publish(self):
        """Return the records that need a change and have a value to publish."""
        self.ensure_one()
        return self.record_ids.filtered(
            lambda r: r.expected_value and r.state not in ("ok", "optional")
        )

    @api.depends("name", "record_ids.state", "record_ids.proposal")
    @api.depends_context("lang")
    def _compute_handover_text(self):
        for domain in self:
            records = domain._records_to_publish()
            if records:
                first = self.env._(
                    "Please publish these records in the DNS of %(domain)s:",
                    domain=domain.name,
                )
            else:
                first = self.env._(
                    "The DNS of %(domain)s needs no changes.", domain=domain.name
                )
            parts = [record._handover_part() for record in records]
            domain.handover_text = "\n\n".join([first, *parts])

    @api.depends("name", "record_ids.state", "record_ids.proposal")
    def _compute_zone_file(self):
        for domain in self:
            lines = [
                record._zone_line()
                for record in domain.record_ids.sorted("id")
                if record._value_for_zone()
            ]
            text = "".join(f"{line}\n" for line in lines)
            domain.zone_file = base64.b64encode(text.encode())

    def action_download_zone(self):
        """Download all records as lines of a zone file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/zone_file"
            f"?download=true&filename={self.name}.zone.txt",
            "target": "self",
        }

    def action_send_handover(self):
        """Write an email to the DNS administrator with the records to publish."""
        self.ensure_one()
        self.check_access("read")
        template = self.env.ref("mail_mailjet.mail_template_handover")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send to DNS administrator"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": template.id,
                "default_composition_mode": "comment",
            },
        }
