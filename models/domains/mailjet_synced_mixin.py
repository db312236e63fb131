import json

from odoo import fields, models
from odoo.tools import SQL


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
        self.env.cr.execute(self._sync_statement(rows))
        self.env.invalidate_all(flush=False)
        keys = [row[self._sync_key] for row in rows]
        return self.search(
            [("server_id", "=", server.id), (self._sync_key, "in", keys)]
        )

    def _sync_statement(self, rows):
        names = list(rows[0])

        def columns(template, separator=", "):
            parts = [
                SQL(
                    template.replace("TYPE", self._fields[name].column_type[1]),
                    *[SQL.identifier(name)] * template.count("%s"),
                )
                for name in names
            ]
            return SQL(separator).join(parts)

        return SQL(
            """
            INSERT INTO %(table)s AS mirror (%(names)s, create_uid, create_date)
            SELECT %(names)s, %(uid)s, now() AT TIME ZONE 'UTC'
              FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (%(definitions)s)
                ON CONFLICT (server_id, %(key)s) DO UPDATE
               SET %(assignments)s,
                   write_uid = %(uid)s,
                   write_date = now() AT TIME ZONE 'UTC'
             WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
            """,
            table=SQL.identifier(self._table),
            names=columns("%s"),
            definitions=columns("%s TYPE"),
            assignments=columns("%s = EXCLUDED.%s"),
            old=columns("mirror.%s"),
            new=columns("EXCLUDED.%s"),
            key=SQL.identifier(self._sync_key),
            uid=self.env.uid,
            rows=json.dumps(rows, default=str),
        )
