from odoo import fields, models


class MailjetSegment(models.Model):
    """A segment of a Mailjet account: the contacts that match an expression."""

    _name = "mailjet.segment"
    _inherit = ["mailjet.imported.mixin"]
    _description = "Mailjet segment"
    _order = "name, id"

    mailjet_id = fields.Char("Mailjet ID", readonly=True)
    name = fields.Char(readonly=True)
    description = fields.Char(readonly=True)
    expression = fields.Char(
        readonly=True, help="Mailjet's formula for who belongs to the segment."
    )
    status = fields.Selection(
        [
            ("used", "Used"),
            ("unused", "Unused"),
            ("deleted", "Deleted"),
            ("unknown", "Unknown"),
        ],
        readonly=True,
    )

    _key_unique = models.UniqueIndex("(server_id, key)")
