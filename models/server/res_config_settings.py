from odoo import api, fields, models

from ..events.mailjet_event import EVENT_MONTHS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mailjet_domain_ids = fields.Many2many(
        "mailjet.domain",
        string="Mailjet domains",
        compute="_compute_mailjet_domain_ids",
    )
    mailjet_server_count = fields.Integer(
        "Mailjet servers", compute="_compute_mailjet_domain_ids"
    )

    mailjet_event_months = fields.Integer(
        "Keep Mailjet's events for",
        default=EVENT_MONTHS,
        config_parameter="mail_mailjet.event_months",
        help="Months; 0 keeps them for ever. What they have changed stays in any case.",
    )

    def set_values(self):
        """Keep that events are kept for ever; core keeps no 0 but the default."""
        result = super().set_values()
        if not self.mailjet_event_months:
            self.env["ir.config_parameter"].sudo().set_param(
                "mail_mailjet.event_months", "0"
            )
        return result

    @api.depends_context("uid")
    def _compute_mailjet_domain_ids(self):
        """Show what the last check found: nothing is asked here."""
        servers = self.env["ir.mail_server"].sudo()
        # With what the list shows of them, which saves a query
        servers = servers.search_fetch([], ["name", "smtp_authentication"])
        domains = self.env["mailjet.domain"].search(
            [("server_id.active", "=", True)], order="server_id, name"
        )
        for settings in self:
            settings.mailjet_domain_ids = domains
            settings.mailjet_server_count = len(servers._filter_mailjet())

    def action_mailjet_setup(self):
        """Open the guided set-up."""
        return self.env["mailjet.setup"].action_open()

    def action_mailjet_check_dns(self):
        """Check the DNS records of all domains now."""
        return self.mailjet_domain_ids.action_check_dns()
