from odoo import fields, models

from ..bulk_write import upsert


class MailjetSyncedMixin(models.AbstractModel):
    """Records that follow a resource of a Mailjet account.

    A model that inherits this names its key in `_sync_key` and has a unique index on
    server and key. A record whose row is gone at Mailjet is archived, not deleted:
    mailings and events may still refer to it.
    """

    _name = "mailjet.synced.mixin"
    _description = "Record synchronized with Mailjet"
    _sync_key = None

    server_id = fields.Many2one(
        "ir.mail_server",
        string="Mailjet server",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    # 64 bits: too many for an integer field and for JavaScript
    mailjet_id = fields.Char("Mailjet ID", readonly=True, copy=False)
    active = fields.Boolean(default=True)

    def _sync(self, server, vals_list):
        """Make the records of a server match all rows of its account; return them.

        :param server: the `ir.mail_server` of the account
        :param list vals_list: a dict of values for each row at Mailjet, all with the
            same fields; missing computed fields cost extra queries
        """
        records = self._sync_values(server, vals_list)
        gone = self.search([("server_id", "=", server.id)]) - records
        gone.active = False
        return records

    def _sync_values(self, server, vals_list):
        """Create or update a record for each row; leave other records alone.

        It takes one statement for any number of rows, and skips unchanged records.
        """
        if not vals_list:
            return self.browse()
        self.check_access("write")
        self.env.flush_all()
        upsert(
            self,
            vals_list,
            ("server_id", self._sync_key),
            shared={"server_id": server.id, "active": True},
        )
        # A sender may have moved away from a domain that has it in cache
        self.env.invalidate_all(flush=False)
        keys = [vals[self._sync_key] for vals in vals_list]
        return self.search(
            [("server_id", "=", server.id), (self._sync_key, "in", keys)]
        )
