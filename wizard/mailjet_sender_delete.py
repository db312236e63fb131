from odoo import api, fields, models


class MailjetSenderDelete(models.TransientModel):
    """Confirm the deletion of a sender at Mailjet, showing what Odoo sends from it."""

    _name = "mailjet.sender.delete"
    _description = "Delete a sender at Mailjet"

    sender_id = fields.Many2one("mailjet.sender", required=True, ondelete="cascade")
    used_for = fields.Text("What Odoo sends from it", compute="_compute_used_for")

    @api.depends("sender_id")
    def _compute_used_for(self):
        uses = self.env["mailjet.address"]._addresses_and_uses()
        for wizard in self:
            email = wizard.sender_id.email or ""
            covered = email.removeprefix("*") if email.startswith("*@") else None
            wizard.used_for = "\n".join(
                f"{address}: {', '.join(used_for)}"
                for address, used_for in sorted(uses.items())
                if address == email or covered and address.endswith(covered)
            )

    def action_delete(self):
        """Delete it at Mailjet, and archive it here."""
        self.ensure_one()
        self.sender_id._delete()
        return {"type": "ir.actions.act_window_close"}
