from odoo import fields, models


class MailjetTimeline(models.TransientModel):
    """What became of one email, for whoever may read the message."""

    _name = "mailjet.timeline"
    _description = "Timeline of an email"

    message_id = fields.Many2one("mail.message", readonly=True, ondelete="cascade")
    line_ids = fields.One2many("mailjet.timeline.line", "timeline_id", readonly=True)


class MailjetTimelineLine(models.TransientModel):
    """One moment of an email."""

    _name = "mailjet.timeline.line"
    _description = "Moment of an email"
    _order = "date, id"

    timeline_id = fields.Many2one(
        "mailjet.timeline", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Datetime(readonly=True)
    moment = fields.Char("What happened", readonly=True)
    email = fields.Char("Recipient", readonly=True)
    detail = fields.Char("Why", readonly=True)
