import json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.report.stream import STREAMS

# A person decides before more rows than this, and more than this share, are removed
REMOVE_COUNT = 20
REMOVE_SHARE = 0.25
# Which rows a stream has, where two streams share a model
ROWS_OF = {
    "campaign": SQL("kind = 'sent'"),
    "overview": SQL("kind != 'sent'"),
}


class MailjetReport(models.Model):
    """Replace: remove rows of earlier runs that the current one did not find.

    It only removes what it must have found: rows that this report imported with the
    same filters, within the dates that it has read.
    """

    _inherit = "mailjet.report"

    # The filters of the last run, and the first run that had the same ones
    choice_key = fields.Char(readonly=True, copy=False)
    first_run = fields.Integer(readonly=True, copy=False)
    unseen_count = fields.Integer(
        "Rows no longer at Mailjet",
        readonly=True,
        copy=False,
        help="So many at once may be an error at Mailjet. Odoo keeps them until "
        "somebody removes them.",
    )

    def _note_choice(self):
        """Note at the start of a run whether its filters are those of the last one."""
        queries = [(query.stream, dict(query.params)) for query in self._queries()]
        key = json.dumps([self.server_id.id, queries], sort_keys=True)
        if key != self.choice_key:
            self.write({"choice_key": key, "first_run": self.run})
        self.unseen_count = 0

    def _remove_unseen(self, is_confirmed=False):
        """Remove the rows that the current run did not find.

        :param bool is_confirmed: whether a person agrees to removing many of them
        """
        unseen = SQL("report_run < %s", self.run)
        conditions, total, count = {}, 0, 0
        for name in sorted({STREAMS[query.stream].model for query in self._queries()}):
            rows = self._rows_read(name)
            self.env[name].flush_model()
            self.env.cr.execute(
                SQL(
                    "SELECT count(*), count(*) FILTER (WHERE %s) FROM %s WHERE %s",
                    unseen,
                    SQL.identifier(self.env[name]._table),
                    rows,
                )
            )
            of_model, unseen_of_model = self.env.cr.fetchone()
            total, count = total + of_model, count + unseen_of_model
            conditions[name] = SQL("%s AND %s", rows, unseen)
        if count and not is_confirmed and self._needs_a_person(count, total):
            self.unseen_count = count
            return
        for name, condition in conditions.items():
            self.env[name]._remove_rows(self.server_id.id, condition)
        self.unseen_count = 0

    def _needs_a_person(self, count, total):
        return count == total or count > max(REMOVE_COUNT, REMOVE_SHARE * total)

    def _rows_read(self, name):
        """Return the condition for rows of a model that the run should have found."""
        scopes = [
            self._scope_of(stream, items)
            for stream, items in self.item_ids.grouped("stream").items()
            if STREAMS[stream].model == name
        ]
        return SQL(
            "%s AND (%s)",
            self._rows_imported(name),
            SQL(" OR ").join(scopes) if scopes else SQL("FALSE"),
        )

    def _rows_imported(self, name):
        """Return the condition for rows imported with the present filters."""
        return SQL(
            "%s = %s AND server_id = %s AND report_run >= %s",
            SQL.identifier(self.env[name]._report_column),
            self.id,
            self.server_id.id,
            self.first_run,
        )

    def _scope_of(self, stream, items):
        """Return the condition for rows that a stream's items have read."""
        kind = ROWS_OF.get(stream, SQL("TRUE"))
        # One for each query; all have the same dates, and what one lacks is not removed
        queries = items.grouped(lambda item: json.dumps(item.params, sort_keys=True))
        windows = [
            _in_window(
                min(parts.mapped("date_from")),
                max(parts.mapped("date_to")),
            )
            for parts in queries.values()
            if parts[0].date_from
        ]
        return SQL(" AND ").join([kind, *windows])

    def _has_earlier_rows(self, item):
        """Return whether earlier runs imported rows that an item should find again."""
        stream = STREAMS[item.stream]
        window = SQL("TRUE")
        if item.date_from:
            window = _in_window(item.date_from, item.date_to)
        self.env[stream.model].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT 1 FROM %s WHERE %s AND %s AND %s AND report_run < %s LIMIT 1",
                SQL.identifier(self.env[stream.model]._table),
                self._rows_imported(stream.model),
                ROWS_OF.get(item.stream, SQL("TRUE")),
                window,
                self.run,
            )
        )
        return bool(self.env.cr.fetchone())

    def action_remove_unseen(self):
        """Remove the rows that the last run did not find, however many."""
        self.check_access("write")
        for report in self:
            if report.state != "done":
                raise UserError(self.env._("Wait until the report is done."))
            report._remove_unseen(is_confirmed=True)
        self.env.ref("mail_mailjet.ir_cron_refresh_statistics").sudo()._trigger()


def _in_window(start, end):
    """Return the condition for rows in a window, which excludes its start."""
    return SQL("date > %s AND date <= %s", start, end)
