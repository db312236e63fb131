import logging
import secrets
from contextlib import ExitStack
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import API_PAGE_SIZE
from ...tools.mailjet.answer import SAME_PAGE, page_key
from ...tools.mailjet.errors import (
    AuthenticationError,
    InvalidError,
    MailjetApiError,
    NotAllowedError,
    NotFoundError,
    ReadOnlyError,
    UnexpectedAnswerError,
)
from ...tools.report.stream import STREAMS, check_rows, window_params
from ...tools.smtp.retry_schedule import next_try

_logger = logging.getLogger(__name__)

# To ask again would not help
NEVER_AGAIN = (
    AuthenticationError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    ReadOnlyError,
)

# A window of more pages is halved, so that offsets stay small
MOST_PAGES = 10
# Longer than any request with its retries: whoever took an item is gone after that
LEASE = timedelta(minutes=5)
# Rows that move between pages: a window that does not come out even is read again
MOST_READINGS = 3
# So often in a row another worker may be quicker before the next run takes over
MOST_CONFLICTS = 5


class MailjetReportItem(models.Model):
    """A part of what a report reads: a window of time, a whole list, or a comparison.

    Each step is one request, and one transaction that keeps its rows together with how
    far it came: it can be stopped and killed anywhere, nothing is lost or doubled, and
    several workers go on side by side.
    """

    _name = "mailjet.report.item"
    _description = "Part of a Mailjet report"
    _order = "report_id, date_to desc, id"
    _rec_name = "stream"

    report_id = fields.Many2one(
        "mailjet.report", required=True, readonly=True, ondelete="cascade", index=True
    )
    stream = fields.Char("Dataset", required=True, readonly=True)
    params = fields.Json("Asked for", readonly=True)
    kind = fields.Selection(
        [("read", "Read"), ("compare", "Compare")],
        required=True,
        readonly=True,
        default="read",
    )
    date_from = fields.Datetime("After", readonly=True)
    date_to = fields.Datetime("Until", readonly=True)
    state = fields.Selection(
        [("todo", "To do"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="todo",
    )
    offset = fields.Integer("Rows read", readonly=True, copy=False)
    row_count = fields.Integer("Rows here", readonly=True, copy=False)
    changed_count = fields.Integer("New or changed", readonly=True, copy=False)
    remote_count = fields.Integer(
        "Rows at Mailjet", readonly=True, default=-1, copy=False
    )
    reading = fields.Integer("Readings", readonly=True, copy=False)
    page_key = fields.Char(readonly=True, copy=False)
    read_on = fields.Datetime("Read on", readonly=True, copy=False)
    attempts = fields.Integer(readonly=True, copy=False)
    next_try = fields.Datetime("Next try", readonly=True, copy=False)
    problem = fields.Char("Why it failed", readonly=True, copy=False)
    lease = fields.Char(readonly=True, copy=False)
    lease_until = fields.Datetime(readonly=True, copy=False)

    _todo = models.Index("(report_id, date_to DESC, id) WHERE state = 'todo'")

    # ------------------------------------------------------------------
    # The cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_work(self):
        """Do what is to be done, a step at a time; never raise."""
        self.env["mailjet.report"]._start_due()
        commit_progress = self.env["ir.cron"]._commit_progress
        seconds_left = commit_progress(remaining=self._waiting_count())
        conflicts = 0
        with ExitStack() as stack:
            clients = {}
            while seconds_left and conflicts < MOST_CONFLICTS:
                try:
                    item = self._take()
                    if not item:
                        break
                    seconds_left = item._work(clients, stack)
                    conflicts = 0
                except psycopg2.OperationalError:
                    # Another worker was quicker, which a new transaction sees
                    self.env.cr.rollback()
                    self.env.invalidate_all(flush=False)
                    conflicts += 1
        self.env["mailjet.report"]._finish_done()
        if not seconds_left:
            # What Odoo calls partially done would wait for up to a minute
            self._wake()
        self._wake_at_next_try()

    @api.model
    def _waiting_count(self):
        return self.search_count(
            [("state", "=", "todo"), ("report_id.state", "=", "running")]
        )

    @api.model
    def _wake(self, at=None):
        for number in (1, 2):
            self.env.ref(f"mail_mailjet.ir_cron_reports_{number}")._trigger(at)

    @api.model
    def _wake_at_next_try(self):
        waiting = self.search(
            [
                ("state", "=", "todo"),
                ("report_id.state", "=", "running"),
                ("next_try", "!=", False),
            ],
            order="next_try",
            limit=1,
        )
        if waiting:
            self._wake(waiting.next_try)

    @api.model
    def _take(self):
        """Take the next item for this worker alone; return it."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_report_item
                   SET lease = %(lease)s, lease_until = %(until)s
                 WHERE id = (SELECT item.id
                               FROM mailjet_report_item AS item
                               JOIN mailjet_report AS report
                                 ON report.id = item.report_id
                               JOIN ir_mail_server AS server
                                 ON server.id = report.server_id AND server.active
                              WHERE item.state = 'todo'
                                AND report.state = 'running' AND report.active
                                AND COALESCE(item.next_try, %(now)s) <= %(now)s
                                AND COALESCE(item.lease_until, %(now)s) <= %(now)s
                           ORDER BY report.sequence, report.id,
                                    item.date_to DESC NULLS FIRST, item.id
                              LIMIT 1
                                FOR UPDATE OF item SKIP LOCKED)
             RETURNING id
                """,
                lease=secrets.token_hex(8),
                now=fields.Datetime.now(),
                until=fields.Datetime.now() + LEASE,
            ),
            log_exceptions=False,  # that another worker was quicker is no news
        )
        found = self.env.cr.fetchone()
        # So that others see at once that it is taken
        self.env["ir.cron"]._commit_progress()
        self.env.invalidate_all(flush=False)
        return self.browse(found)

    def _work(self, clients, stack):
        """Do steps of this item until it is done or time is over; return what is left.

        :param dict clients: of servers' ids, kept open from item to item
        :param ExitStack stack: closes them
        """
        server = self.report_id.server_id
        if server.id not in clients:
            clients[server.id] = stack.enter_context(server._mailjet_client())
        lease = self.lease
        commit_progress = self.env["ir.cron"]._commit_progress
        while True:
            try:
                keep = self._ask(clients[server.id])
            except MailjetApiError as error:
                keep = self._keep_error(error)
            is_ours = self._is_held(lease) and self._keep_safely(keep)
            seconds_left = commit_progress(int(is_ours and self.state != "todo"))
            if not is_ours or self.lease != lease:
                return seconds_left
            if not seconds_left:
                self._leave()
                return 0

    def _leave(self):
        """Let another worker, or the next run, go on with this item at once."""
        self.write({"lease": False, "lease_until": False})
        self.env["ir.cron"]._commit_progress()

    def _keep_safely(self, keep):
        """Keep an answer; return whether this item is still there.

        What the database does not take fails here and nowhere else.
        """
        try:
            with self.env.cr.savepoint():
                keep()
        except (psycopg2.DataError, psycopg2.IntegrityError) as error:
            self.invalidate_recordset(flush=False)
            self._end(state="failed", problem=str(error))
        return bool(self.exists())

    def _is_held(self, lease):
        """Lock this item; return whether it is still this worker's, and wanted."""
        held = self.try_lock_for_update()
        self.invalidate_recordset()
        return (
            held
            and self.lease == lease
            and self.state == "todo"
            and self.report_id.state == "running"
        )

    # ------------------------------------------------------------------
    # One step: ask, without a lock, and return what keeps the answer
    # ------------------------------------------------------------------

    def _ask(self, client):
        stream = STREAMS[self.stream]
        params = window_params(stream, self.params or {}, self.date_from, self.date_to)
        if self.kind == "compare" or (self.remote_count < 0 and self._is_halvable()):
            count = client.count(stream.resource, **params)
            if self.kind == "compare":
                return lambda: self._keep_comparison(count)
            return lambda: self._keep_count(count)
        rows = client.page(stream.resource, self.offset, **params)
        key = page_key(rows)
        if rows and self.offset and key == self.page_key:
            raise UnexpectedAnswerError(SAME_PAGE)
        values = [stream.read(row, params) for row in rows]
        check_rows(values, params, self.date_from, self.date_to)
        remote = self.remote_count
        is_last = len(rows) < API_PAGE_SIZE
        if is_last and not self._is_halvable() and self.stream != "counter":
            remote = client.count(stream.resource, **params)
        return lambda: self._keep_page(values, key, is_last, remote)

    def _is_halvable(self):
        return bool(self.date_from) and self.stream != "counter"

    def _keep_count(self, count):
        """Read the window if it is small enough, or do its halves."""
        width = self.date_to - self.date_from
        if count > MOST_PAGES * API_PAGE_SIZE and width > timedelta(seconds=1):
            middle = (self.date_from + width / 2).replace(microsecond=0)
            if middle == self.date_from:
                middle = self.date_to - timedelta(seconds=1)
            self.copy({"date_from": middle})
            self._begin_again(date_to=middle)
        elif count:
            self.remote_count = count
        else:
            self._end(remote_count=0)

    def _keep_page(self, values, key, is_last, remote):
        """Store the rows of a page, and how far that came."""
        model = self.env[STREAMS[self.stream].model]
        changed = model._store_page(self.report_id, values)
        self.write(
            {
                "offset": self.offset + len(values),
                "row_count": self.row_count + len({row["key"] for row in values}),
                "changed_count": self.changed_count + changed,
                "page_key": key,
                "lease_until": fields.Datetime.now() + LEASE,
                "attempts": 0,
                "next_try": False,
            }
        )
        if is_last:
            self._keep_last(remote)

    def _keep_last(self, remote):
        """End, or read once more if rows have come or gone meanwhile."""
        moved = remote >= 0 and remote != self.offset
        if moved and self.reading + 1 < MOST_READINGS:
            self._begin_again(reading=self.reading + 1)
        else:
            self._end(remote_count=self.offset)

    def _keep_comparison(self, count):
        """Find the windows in which there is not what there was when they were read."""
        parts = self._parts()
        if count != sum(parts.mapped("remote_count")):
            if len(parts) < 2:
                parts._begin_again(reading=0)
            else:
                middle = parts[len(parts) // 2].date_from
                self.copy({"date_from": middle})
                self.copy({"date_to": middle})
        self.unlink()

    def _parts(self):
        """Return the windows that lie in the span of this comparison, oldest first."""
        return self.search(
            [
                ("report_id", "=", self.report_id.id),
                ("kind", "=", "read"),
                ("state", "=", "done"),
                ("stream", "=", self.stream),
                ("date_from", ">=", self.date_from),
                ("date_to", "<=", self.date_to),
            ],
            order="date_from",
        ).filtered(lambda item: item.params == self.params)

    def _begin_again(self, **vals):
        self.write(
            {
                "state": "todo",
                "offset": 0,
                "row_count": 0,
                "remote_count": -1,
                "page_key": False,
                "attempts": 0,
                "next_try": False,
                "problem": False,
                "lease": False,
                "lease_until": False,
                **vals,
            }
        )

    def _end(self, **vals):
        self.write(
            {
                "state": "done",
                "read_on": fields.Datetime.now(),
                "lease": False,
                "lease_until": False,
                **vals,
            }
        )

    # ------------------------------------------------------------------
    # Errors
    # ------------------------------------------------------------------

    def _keep_error(self, error):
        """Return what keeps an error: try again later, and give up at last."""
        words = self.report_id.server_id._mailjet_explain_api_error(error)

        def keep():
            attempts = self.attempts + 1
            may_help = not isinstance(error, NEVER_AGAIN)
            vals = {"attempts": attempts, "problem": words, "lease": False}
            if may_help and attempts <= self.report_id.retries:
                wait = getattr(error, "retry_after", None)
                now = fields.Datetime.now()
                vals["next_try"] = (
                    now + timedelta(seconds=wait) if wait else next_try(attempts, now)
                )
            else:
                vals["state"] = "failed"
            self.write({**vals, "lease_until": False})
            if isinstance(error, AuthenticationError):
                self.report_id._fail(words)

        _logger.info(
            "Mailjet: %s of report %s: %s", self.stream, self.report_id.id, error
        )
        return keep
