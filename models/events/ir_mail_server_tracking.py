from odoo import fields, models


class IrMail_Server(models.Model):
    """Who tracks opens and clicks: Odoo, Mailjet, or as the account is set."""

    _inherit = "ir.mail_server"

    mailjet_tracking = fields.Selection(
        [
            ("odoo", "Odoo tracks"),
            ("mailjet", "Mailjet tracks"),
            ("account", "As set at Mailjet"),
        ],
        "Opens and clicks",
        default="odoo",
        help="Odoo tracks: Mailjet leaves links unchanged, so your links with access "
        "tokens never pass through another site.\n"
        "Mailjet tracks: Mailjet counts opens and clicks of every email. Odoo still "
        "counts those of mailings, too.\n"
        "As set at Mailjet: the settings of your Mailjet account apply.",
    )
