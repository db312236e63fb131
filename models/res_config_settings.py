from odoo import models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    def action_mailjet_setup(self):
        """Open the guided set-up."""
        return self.env["mailjet.setup"].action_open()
