from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """The status of every account, and a set-up that was left."""

    _inherit = "res.config.settings"

    mailjet_status = fields.Json("Mailjet accounts", compute="_compute_mailjet_status")
    mailjet_setup_unfinished = fields.Boolean(
        "Set-up not finished", compute="_compute_mailjet_status"
    )

    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_mailjet_status(self):
        servers = self.env["ir.mail_server"]
        unfinished = servers._mailjet_left_setup()
        cards = (servers._mailjet_of_companies() | unfinished).mapped("mailjet_status")
        for settings in self:
            settings.mailjet_status = [card for card in cards if card]
            settings.mailjet_setup_unfinished = bool(unfinished)
