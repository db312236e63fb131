from odoo import fields, models

from .mailjet_dmarc_report_intake import SERVERS_PARAMETER
from .mailjet_dmarc_report_retention import FILE_DAYS, ROW_DAYS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mailjet_dmarc_file_days = fields.Integer(
        "Keep the files of DMARC reports for",
        default=FILE_DAYS,
        config_parameter="mail_mailjet.dmarc_file_days",
        help="In days; 0 keeps them forever. Refused reports are deleted with "
        "their file.",
    )
    mailjet_dmarc_row_days = fields.Integer(
        "Keep the IP addresses in them for",
        default=ROW_DAYS,
        config_parameter="mail_mailjet.dmarc_row_days",
        help="In days; 0 keeps them forever. Daily totals without IP addresses remain.",
    )
    mailjet_dmarc_mail_servers = fields.Char(
        "Your mail servers",
        config_parameter=SERVERS_PARAMETER,
        help="The names with which your own mail servers begin the header "
        "Authentication-Results. Odoo believes only them when they say whether a DMARC "
        "report comes from its author.",
    )

    def set_values(self):
        """Store a 0, for which core would delete the parameter."""
        result = super().set_values()
        set_param = self.env["ir.config_parameter"].sudo().set_param
        for name in ("file", "row"):
            if not self[f"mailjet_dmarc_{name}_days"]:
                set_param(f"mail_mailjet.dmarc_{name}_days", "0")
        return result
