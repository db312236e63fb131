from odoo import api, fields, models
from odoo.tools import SQL

from ..bulk_write import upsert


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
        self._stored(report, rows)
        self.invalidate_model()
        return len(changed)

    @api.model
    def _stored(self, report, rows):
        """Tie what was stored to the records of Odoo. To be overridden."""

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
