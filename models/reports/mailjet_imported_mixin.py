import json

from odoo import api, fields, models
from odoo.tools import SQL


class MailjetImportedMixin(models.AbstractModel):
    """Read-only copies of the rows of a Mailjet dataset, imported by reports.

    A report stores each page of rows in one statement, matching them by `key`. A row
    that Mailjet no longer has stays in Odoo, unless the report's update mode is
    "replace". A model that inherits this defines the fields and a unique index on
    `server_id` and `key`, and may override `_link_rows`.
    """

    _name = "mailjet.imported.mixin"
    _description = "Rows imported from Mailjet"
    _log_access = False

    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    key = fields.Char(required=True, readonly=True)
    report_id = fields.Many2one(
        "mailjet.report",
        "Imported by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    report_run = fields.Integer(
        "Run", readonly=True, help="The last run of the import that found this row."
    )

    @api.model
    def _store_page(self, report, rows):
        """Insert or update the rows of one page; return how many are new or changed.

        :param report: the `mailjet.report` that imports them
        :param list rows: dicts of values, all with the same fields
        """
        rows = list({row["key"]: row for row in rows}.values())
        if not rows:
            return 0
        self.env.cr.execute(self._store_statement(report, rows))
        changed = self.env.cr.rowcount
        self._link_rows(report, rows)
        self.invalidate_model()
        return changed

    @api.model
    def _link_rows(self, report, rows):
        """Link stored rows to records of Odoo. Meant to be overridden."""

    @api.model
    def _store_statement(self, report, rows):
        names = list(rows[0])
        columns = SQL(", ").join(map(SQL.identifier, names))
        definitions = SQL(", ").join(
            SQL(f"%s {self._fields[name].column_type[0]}", SQL.identifier(name))
            for name in names
        )
        # A report that replaces marks every row it finds; others skip unchanged rows
        compared = [*names, "report_run"] if report._replaces() else names
        run = {"report_id": "report_id", "report_run": "report_run"}
        assigned = [*names, *(run if report._replaces() else ())]

        def listed(prefix, fields_names):
            return SQL(", ").join(
                SQL(f"{prefix}.%s", SQL.identifier(name)) for name in fields_names
            )

        return SQL(
            """
            INSERT INTO %(table)s AS known (server_id, report_id, report_run, %(names)s)
            SELECT %(server)s, %(report)s, %(run)s, %(names)s
              FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (%(definitions)s)
                ON CONFLICT (server_id, key) DO UPDATE
               SET (%(assigned)s) = ROW(%(new_assigned)s)
             WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
            """,
            table=SQL.identifier(self._table),
            names=columns,
            server=report.server_id.id,
            report=report.id,
            run=report.run,
            rows=json.dumps(rows, default=str),
            definitions=definitions,
            assigned=SQL(", ").join(map(SQL.identifier, assigned)),
            new_assigned=listed("EXCLUDED", assigned),
            old=listed("known", compared),
            new=listed("EXCLUDED", compared),
        )

    @api.model
    def _remove_unseen(self, report):
        """Remove rows of this report that its current run did not find."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE report_id = %s AND report_run < %s",
                SQL.identifier(self._table),
                report.id,
                report.run,
            )
        )
        self.invalidate_model()
