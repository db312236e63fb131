from odoo import fields, models


class MailjetTimeline(models.TransientModel):
    """The timeline of one email, for users who can read its message."""

    _name = "mailjet.timeline"
    _description = "Timeline of an email"

    message_id = fields.Many2one("mail.message", readonly=True, ondelete="cascade")
    moments = fields.Json("What became of the email", readonly=True)
