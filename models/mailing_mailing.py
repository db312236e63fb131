from odoo import api, fields, models


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

    @api.depends("email_from", "mail_server_id")
    def _compute_warning_message(self):
        """Warn of a From that Mailjet would drop, before anything is sent."""
        result = super()._compute_warning_message()
        for mailing in self:
            server = mailing.mail_server_id._filter_mailjet()
            if mailing.mailing_type == "mail" and server and mailing.email_from:
                warning = server._mailjet_from_warning(mailing.email_from)
                mailing.warning_message = mailing.warning_message or warning
        return result
