import secrets
from contextlib import ExitStack
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.mailjet.errors import MailjetApiError
from ..locking import CONFLICTS, begin, try_lock

# Longer than any request with its retries: a worker that holds an item longer has died
LEASE = timedelta(minutes=5)
# Consecutive conflicts with the other worker before leaving the rest to the next run
MAX_CONFLICTS = 5


class MailjetReportItem(models.Model):
    """A part of a report: a time window or a whole list to read, or a comparison.

    Workers take items and work on them step by step, see mailjet_report_item_step.py.
    A step is one request and one transaction, which stores the rows together with the
    progress. So a worker may be stopped or killed anywhere without losing or doubling
    rows, and several workers can share the items.
    """

    _name = "mailjet.report.item"
    _description = "Part of a Mailjet report"
    _order = "report_id, date_to desc, id"
    _rec_name = "stream"

    report_id = fields.Many2one(
        "mailjet.report", required=True, readonly=True, ondelete="cascade", index=True
    )
    stream = fields.Char("Dataset", required=True, readonly=True)
    params = fields.Json("Parameters", readonly=True)
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
    row_count = fields.Integer("Rows in Odoo", readonly=True, copy=False)
    changed_count = fields.Integer("New or changed", readonly=True, copy=False)
    remote_count = fields.Integer(
        "Rows at Mailjet", readonly=True, default=-1, copy=False
    )
    reading = fields.Integer("Rereads", readonly=True, copy=False)
    page_key = fields.Char(readonly=True, copy=False)
    last_key = fields.Char(readonly=True, copy=False)
    last_count = fields.Integer(
        readonly=True, default=-1, copy=False, help="Rows when it was last read."
    )
    was_empty = fields.Boolean(
        readonly=True,
        copy=False,
        help="Unexpectedly empty at the last check.",
    )
    read_on = fields.Datetime("Read on", readonly=True, copy=False)
    attempts = fields.Integer(readonly=True, copy=False)
    next_try = fields.Datetime("Next try", readonly=True, copy=False)
    problem = fields.Char("Error", readonly=True, copy=False)
    lease = fields.Char(readonly=True, copy=False)
    lease_until = fields.Datetime(readonly=True, copy=False)

    _todo = models.Index("(report_id, date_to DESC, id) WHERE state = 'todo'")

    # ------------------------------------------------------------------
    # The cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_work(self):
        """Work on the waiting items, one step at a time."""
        self.env["mailjet.report"]._start_due()
        commit_progress = self.env["ir.cron"]._commit_progress
        seconds_left = commit_progress(remaining=self._waiting_count())
        conflicts = 0
        with ExitStack() as stack:
            clients = {}
            while seconds_left and conflicts < MAX_CONFLICTS:
                item = self._lease_next()
                if not item:
                    break
                lease = item.lease
                try:
                    seconds_left = item._work(clients, stack)
                    conflicts = 0
                except CONFLICTS:
                    self.env.cr.rollback()
                    item._give_up_lease(lease)
                    conflicts += 1
        self.env["mailjet.report"]._finish_done()
        if not seconds_left:
            # After a partial run Odoo waits up to a minute
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
    def _lease_next(self):
        """Lease the next item to this worker; return it, or an empty recordset."""
        begin(self.env)
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
            )
        )
        found = self.env.cr.fetchone()
        # Other workers must see the lease at once
        self.env["ir.cron"]._commit_progress()
        self.env.invalidate_all(flush=False)
        return self.browse(found)

    def _work(self, clients, stack):
        """Work on this item until it is done or time is up.

        :param dict clients: server id -> API client, reused from item to item
        :param ExitStack stack: closes the clients
        :return: the seconds left for other items
        """
        server = self.report_id.server_id
        if server.id not in clients:
            clients[server.id] = stack.enter_context(server._mailjet_client())
        lease = self.lease
        commit_progress = self.env["ir.cron"]._commit_progress
        while True:
            try:
                store = self._request(clients[server.id])
            except MailjetApiError as error:
                store = self._handle_error(error)
            # The request took its time, and others have worked meanwhile
            begin(self.env)
            is_ours = self._lock_leased(lease) and self._store_safely(store)
            seconds_left = commit_progress(int(is_ours and self.state != "todo"))
            if not is_ours or self.lease != lease:
                return seconds_left
            if not seconds_left:
                self._release()
                return 0

    def _release(self):
        """Release this item, so that another worker or the next run can continue it."""
        self.write({"lease": False, "lease_until": False})
        self.env["ir.cron"]._commit_progress()

    def _give_up_lease(self, lease):
        """Release this item after a conflict, unless it is another worker's by now."""
        begin(self.env)
        if self._lock_leased(lease):
            self._release()

    def _store_safely(self, store):
        """Store an answer; return whether this item still exists.

        Rows that the database rejects make this item fail, and no other.
        """
        try:
            with self.env.cr.savepoint():
                store()
        except (psycopg2.DataError, psycopg2.IntegrityError) as error:
            self.invalidate_recordset(flush=False)
            self._finish(state="failed", problem=str(error))
        return bool(self.exists())

    def _lock_leased(self, lease):
        """Lock this item; return whether this worker still has to work on it."""
        held = try_lock(self)
        self.invalidate_recordset()
        return (
            held
            and self.lease == lease
            and self.state == "todo"
            and self.report_id.state == "running"
        )
