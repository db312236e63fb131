from odoo import fields, models


class MailjetCallbackReplace(models.TransientModel):
    """Confirm that events now posted elsewhere shall be posted to this Odoo."""

    _name = "mailjet.callback.replace"
    _description = "Replace an event address"

    callback_id = fields.Many2one(
        "mailjet.callback", required=True, readonly=True, ondelete="cascade"
    )
    event = fields.Selection(related="callback_id.event")
    url = fields.Char(related="callback_id.url")

    def action_replace(self):
        """Register this Odoo's address instead of the other one."""
        self.callback_id.action_register()
