from odoo import fields, models

from .mailjet_event import EVENT_MONTHS


class ResConfigSettings(models.TransientModel):
    """How long events are kept."""

    _inherit = "res.config.settings"

    mailjet_event_months = fields.Integer(
        "Keep Mailjet's events for",
        default=EVENT_MONTHS,
        config_parameter="mail_mailjet.event_months",
        help="In months; 0 keeps them forever. Deleting an event undoes nothing it has "
        "changed.",
    )

    def set_values(self):
        """Store a 0, too: core deletes the parameter, which would mean the default."""
        result = super().set_values()
        if not self.mailjet_event_months:
            self.env["ir.config_parameter"].sudo().set_param(
                "mail_mailjet.event_months", "0"
            )
        return result
