from odoo import api, fields, models


class MailjetRecipientMixin(models.AbstractModel):
    """Imported rows that may name their recipient only by Mailjet's contact number.

    A model that inherits this has `server_id`, `mailjet_contact_id` and `email`.
    """

    _name = "mailjet.recipient.mixin"
    _description = "Recipient known by number"

    misses_contact = fields.Boolean(
        "Recipient unknown",
        compute="_compute_misses_contact",
        compute_sudo=True,
        help="Import Mailjet's contacts to see the address.",
    )

    @api.depends("email", "mailjet_contact_id", "server_id")
    def _compute_misses_contact(self):
        """An import of contacts helps where the contact has not been read yet."""
        unknown = self.filtered(lambda row: not row.email and row.mailjet_contact_id)
        (self - unknown).misses_contact = False
        if not unknown:
            return
        contacts = self.env["mailjet.contact"].search_fetch(
            [
                ("server_id", "in", unknown.server_id.ids),
                ("key", "in", unknown.mapped("mailjet_contact_id")),
            ],
            ["server_id", "key"],
        )
        known = {(contact.server_id, contact.key) for contact in contacts}
        for row in unknown:
            row.misses_contact = (row.server_id, row.mailjet_contact_id) not in known
