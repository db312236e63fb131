from odoo import models


class MailMail(models.Model):
    """A mail goes through no Mailjet account of another company by itself."""

    _inherit = "mail.mail"

    def _filter_mail_mail_servers(self, mail_servers):
        """Leave out Mailjet servers of other companies, unless the mail names one."""
        servers = super()._filter_mail_mail_servers(mail_servers)
        if not servers.sudo().mailjet_company_id:
            return servers
        named = servers & self.mail_server_id
        for mail in self:
            servers = servers._mailjet_serving(mail._mailjet_company())
        return mail_servers & (servers | named)

    def _mailjet_company(self):
        """Return the company of the mail's record, or else of the mail's author."""
        message = self.mail_message_id.sudo()
        return message.record_company_id or message.create_uid.company_id
