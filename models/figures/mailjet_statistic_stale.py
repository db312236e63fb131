from odoo import fields, models


class MailjetStatisticStale(models.Model):
    """A day whose sums have to be rebuilt.

    Rows are only ever inserted, so that transactions do not wait for each other.
    """

    _name = "mailjet.statistic.stale"
    _description = "Day whose sums are stale"
    _log_access = False

    server_id = fields.Many2one("ir.mail_server", required=True, ondelete="cascade")
    date = fields.Date(required=True)
