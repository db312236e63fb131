from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.constants import GC_UNLINK_LIMIT

# Longer than a month, which is what is counted
KEPT_FOR = timedelta(days=62)


class MailjetSending(models.Model):
    """So many emails handed to Mailjet at once: a row a batch, never changed.

    Rows and no counter on the server, which every sender would have to lock.
    """

    _name = "mailjet.sending"
    _description = "Emails handed to Mailjet"
    _order = "id desc"
    _log_access = False

    server_id = fields.Many2one(
        "ir.mail_server", "Mailjet server", required=True, ondelete="cascade"
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    count = fields.Integer("Emails", required=True)

    _server_date = models.Index("(server_id, date)")

    @api.model
    def _note(self, server, count, moment=None):
        """Count recipients as handed over; below 0, take some back.

        :param moment: when they were reserved, so that what is taken back counts in
            the same hour, day and month; now by default
        """
        if count and server:
            date = moment or fields.Datetime.now()
            self.create({"server_id": server.id, "count": count, "date": date})

    @api.model
    def _sum_since(self, server, moment, until=None):
        """Return how many emails were handed over since then, up to `until`."""
        domain = [("server_id", "=", server.id), ("date", ">=", moment)]
        if until:
            domain.append(("date", "<=", until))
        [[total]] = self.sudo()._read_group(domain, aggregates=["count:sum"])
        return total or 0

    @api.autovacuum
    def _gc_sendings(self):
        oldest = fields.Datetime.now() - KEPT_FOR
        rows = self.search([("date", "<", oldest)], limit=GC_UNLINK_LIMIT)
        rows.unlink()
        return len(rows), len(rows) == GC_UNLINK_LIMIT
