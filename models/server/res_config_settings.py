from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """The Mailjet accounts and their domains, as last checked."""

    _inherit = "res.config.settings"

    mailjet_domain_ids = fields.Many2many(
        "mailjet.domain",
        string="Mailjet domains",
        compute="_compute_mailjet_domain_ids",
    )
    mailjet_server_count = fields.Integer(
        "Mailjet servers", compute="_compute_mailjet_domain_ids"
    )

    @api.depends_context("uid")
    def _compute_mailjet_domain_ids(self):
        """Show the results of the last check, without asking anybody."""
        servers = self.env["ir.mail_server"].sudo()
        # Including what the list shows, which saves a query
        servers = servers.search_fetch([], ["name", "smtp_authentication"])
        domains = self.env["mailjet.domain"].search(
            [("server_id.active", "=", True)], order="server_id, name"
        )
        for settings in self:
            settings.mailjet_domain_ids = domains
            settings.mailjet_server_count = len(servers._filter_mailjet())

    def action_mailjet_setup(self):
        """Open the guided set-up: the one that was left, or a new one."""
        return self.env["ir.mail_server"].action_mailjet_setup()

    def action_mailjet_new_setup(self):
        """Connect an account, whatever other set-ups were left unfinished."""
        return self.env["ir.mail_server"].action_mailjet_new_setup()

    def action_mailjet_check_dns(self):
        """Check the DNS records of all domains now."""
        return self.mailjet_domain_ids.action_check_dns()
