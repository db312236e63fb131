from odoo import api, fields, models

from ..models.domains.mailjet_sender import EMAIL_TYPES


class MailjetSenderRename(models.TransientModel):
    """Change the name and kind of mail of a sender at Mailjet."""

    _name = "mailjet.sender.rename"
    _description = "Rename a sender at Mailjet"

    sender_id = fields.Many2one("mailjet.sender", required=True, ondelete="cascade")
    name = fields.Char(
        "Name at Mailjet",
        compute="_compute_from_sender",
        store=True,
        precompute=True,
        readonly=False,
    )
    email_type = fields.Selection(
        EMAIL_TYPES,
        "Kind of mail",
        compute="_compute_from_sender",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )

    @api.depends("sender_id")
    def _compute_from_sender(self):
        for wizard in self:
            wizard.name = wizard.sender_id.name
            wizard.email_type = wizard.sender_id.email_type or "unknown"

    def action_rename(self):
        """Update Mailjet and store its answer."""
        self.ensure_one()
        self.sender_id._rename(self.name, self.email_type)
        return {"type": "ir.actions.act_window_close"}
