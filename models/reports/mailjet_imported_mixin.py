import json

from odoo import api, fields, models
from odoo.tools import SQL


class MailjetImportedMixin(models.AbstractModel):
    """Rows of one of Mailjet's datasets, kept as a report brought them.

    Only reports write them, a page in one statement. What Mailjet no longer lists stays
    here, unless the report that brought it replaces its rows.
    """

    _name = "mailjet.imported.mixin"
    _description = "Dataset read from Mailjet"
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
        "Brought by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    report_run = fields.Integer(
        "In its run", readonly=True, help="The last run that has seen the row."
    )

    @api.model
    def _store_page(self, report, rows):
        """Insert or update the rows of one page; return how many are new or changed.

        :param report: the `mailjet.report` that brings them
        :param list rows: dicts of values, all of the same fields
        """
        rows = list({row["key"]: row for row in rows}.values())
        if not rows:
            return 0
        self.env.cr.execute(self._store_statement(report, rows))
        changed = self.env.cr.rowcount
        self._stored(report, rows)
        self.invalidate_model()
        return changed

    @api.model
    def _stored(self, report, rows):
        """Tie what was stored to the records of Odoo. To be overridden."""

    @api.model
    def _store_statement(self, report, rows):
        names = list(rows[0])
        columns = SQL(", ").join(map(SQL.identifier, names))
        definitions = SQL(", ").join(
            SQL(f"%s {self._fields[name].column_type[0]}", SQL.identifier(name))
            for name in names
        )
        # Who replaces has to know what it has seen; otherwise nothing is touched
        # that has not changed
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
        """Remove what this report brought and has not seen in its run."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE report_id = %s AND report_run < %s",
                SQL.identifier(self._table),
                report.id,
                report.run,
            )
        )
        self.invalidate_model()
