from odoo import fields, models

from .mailjet_event_retention import EVENT_MONTHS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mailjet_event_months = fields.Integer(
        "Keep Mailjet events for",
        default=EVENT_MONTHS,
        config_parameter="mail_mailjet.event_months",
        help="In months; 0 keeps them forever. The effects of deleted events remain.",
    )

    def set_values(self):
        """Store a 0, for which core would delete the parameter.

        :raise AccessError: if the user may not change settings, which core asks only of
            a click on Save: without records it lets anybody reset all parameters
        """
        self.check_access("write")
        result = super().set_values()
        if not self.mailjet_event_months:
            self.env["ir.config_parameter"].sudo().set_param(
                "mail_mailjet.event_months", "0"
            )
        return result
