from odoo import fields, models


class MailingMailing(models.Model):
    _inherit = "mailing.mailing"

    mailjet_server_available = fields.Boolean(
        compute="_compute_mailjet_server_available"
    )
    mailjet_usage = fields.Selection(related="mail_server_id.mailjet_usage")
    mailjet_state = fields.Selection(related="mail_server_id.mailjet_state")

    def _compute_mailjet_server_available(self):
        servers = self.env["ir.mail_server"]._get_active_servers()
        self.mailjet_server_available = bool(servers._filter_mailjet())
