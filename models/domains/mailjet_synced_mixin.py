from odoo import fields, models

from ..bulk_write import upsert


class MailjetSyncedMixin(models.AbstractModel):
    """What belongs to an account at Mailjet, kept here as it was at the last refresh.

    A model that inherits this names its key in `_sync_key` and has a unique index on
    server and key. What is gone at Mailjet is archived here, because mailings and
    events may still refer to it.
    """

    _name = "mailjet.synced.mixin"
    _description = "Mirror of a Mailjet resource"
    _sync_key = None

    server_id = fields.Many2one(
        "ir.mail_server",
        string="Mailjet server",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    # 64 bits at Mailjet, too many for an integer field and for a browser
    mailjet_id = fields.Char("Mailjet ID", readonly=True, copy=False)
    active = fields.Boolean(default=True)

    def _sync(self, server, vals_list):
        """Bring the records of one server to what Mailjet has; return them.

        :param server: the `ir.mail_server` whose account was asked
        :param list vals_list: a dict of values for each row at Mailjet, all of the
            same fields, those computed from others included
        """
        records = self._sync_values(server, vals_list)
        gone = self.search([("server_id", "=", server.id)]) - records
        gone.active = False
        return records

    def _sync_values(self, server, vals_list):
        """Create or update a record for each row; leave the others alone.

        One statement whatever their number, and none is touched that has not changed.
        """
        if not vals_list:
            return self.browse()
        self.check_access("write")
        rows = [{**vals, "server_id": server.id, "active": True} for vals in vals_list]
        self.env.flush_all()
        upsert(self, rows, ("server_id", self._sync_key))
        # A sender may have moved to another domain, which holds it in cache
        self.env.invalidate_all(flush=False)
        keys = [row[self._sync_key] for row in rows]
        return self.search(
            [("server_id", "=", server.id), (self._sync_key, "in", keys)]
        )
