from odoo import fields, models


class MailjetTimeline(models.TransientModel):
    """The delivery history of one message, for users who may read it."""

    _name = "mailjet.timeline"
    _description = "Timeline of an email"

    message_id = fields.Many2one("mail.message", readonly=True, ondelete="cascade")
    moments = fields.Json("Delivery history", readonly=True)
