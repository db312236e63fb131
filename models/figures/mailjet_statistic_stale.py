from odoo import fields, models


class MailjetStatisticStale(models.Model):
    """A day whose sums have to be made anew.

    Who changes events only ever adds one, so that nobody waits for anybody.
    """

    _name = "mailjet.statistic.stale"
    _description = "Day whose sums are not right any more"
    _log_access = False

    server_id = fields.Many2one("ir.mail_server", required=True, ondelete="cascade")
    date = fields.Date(required=True)
