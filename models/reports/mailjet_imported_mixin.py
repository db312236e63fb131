from odoo import api, fields, models
from odoo.tools import SQL

from ..bulk_write import upsert


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
    # The column that names the report which imported a row
    _report_column = "report_id"

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
        names = list(rows[0])
        # A report that replaces its rows marks all that it sees; any other report
        # leaves unchanged rows alone
        seen = ("report_id", "report_run") if report._replaces() else ()
        changed = upsert(
            self,
            rows,
            ("server_id", "key"),
            shared={
                "server_id": report.server_id.id,
                "report_id": report.id,
                "report_run": report.run,
            },
            update=[*names, *seen],
        )
        self._link_rows(report, rows)
        self.invalidate_model()
        return len(changed)

    @api.model
    def _link_rows(self, report, rows):
        """Link stored rows to records of Odoo. Meant to be overridden."""

    @api.model
    def _remove_rows(self, server_id, condition):
        """Remove rows. Meant to be overridden.

        :param int server_id: whose rows these are
        :param SQL condition: which rows
        """
        self.env.cr.execute(
            SQL("DELETE FROM %s WHERE %s", SQL.identifier(self._table), condition)
        )
        self.invalidate_model()
