from odoo import api, models


class MailjetDashboard(models.AbstractModel):
    """Show the account's status card above its figures."""

    _inherit = "mailjet.dashboard"

    @api.model
    def read_dashboard(self, server_id=False):
        """Add the account's status card to what the dashboard shows."""
        data = super().read_dashboard(server_id)
        if data["server_id"]:
            server = self.env["ir.mail_server"].browse(data["server_id"])
            data["status"] = server._mailjet_status_card()
        return data
