from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.report import counter_rule
from ...tools.report.stream import BEGINNING, STREAMS

# What has happened just now may not be in the answers yet
NOT_YET = timedelta(minutes=5)
# Equal numbers may hide one row less and another one more: windows are read once more
# when they are so old
READ_AGAIN_AT = (timedelta(days=7), timedelta(days=30))
COMPARE_EVERY = timedelta(hours=20)
# So many new rows change what PostgreSQL knows of a table
ANALYZE_FROM = 1000


class MailjetReport(models.Model):
    """The run of a report: what it plans, its progress, and its end."""

    _inherit = "mailjet.report"

    state = fields.Selection(
        [
            ("idle", "Waiting"),
            ("running", "Running"),
            ("stopped", "Stopped"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="idle",
    )
    run = fields.Integer("Runs", readonly=True, copy=False)
    item_ids = fields.One2many("mailjet.report.item", "report_id", "Parts")
    started_on = fields.Datetime("Last run", readonly=True, copy=False)
    ended_on = fields.Datetime(readonly=True, copy=False)
    duration = fields.Float(
        "Duration (hours)", compute="_compute_duration", help="Of the last run."
    )
    row_count = fields.Integer("Rows read", compute="_compute_counts")
    changed_count = fields.Integer("New or changed", compute="_compute_counts")
    remote_count = fields.Integer("Rows at Mailjet", compute="_compute_counts")
    repeat_count = fields.Integer(
        "Of these repeated",
        compute="_compute_counts",
        help="Mailjet lists the same click or open twice within a second. It is kept "
        "once.",
    )
    is_complete = fields.Boolean(compute="_compute_counts")
    progress = fields.Integer("Progress (%)", compute="_compute_counts")
    complete_until = fields.Datetime(
        "Complete until",
        readonly=True,
        copy=False,
        help="Everything that Mailjet had until then is here.",
    )
    compared_on = fields.Datetime("Compared with Mailjet", readonly=True, copy=False)
    problem = fields.Text("What went wrong", readonly=True, copy=False)
    retries = fields.Integer(
        default=10,
        help="So often a request is tried again, after longer and longer pauses.",
    )

    @api.depends("started_on", "ended_on", "state")
    def _compute_duration(self):
        for report in self:
            running = report.state == "running"
            end = fields.Datetime.now() if running else report.ended_on
            seconds = (
                (end - report.started_on).total_seconds()
                if end and report.started_on
                else 0
            )
            report.duration = max(seconds, 0) / 3600

    @api.depends("item_ids.state", "item_ids.row_count", "item_ids.remote_count")
    def _compute_counts(self):
        self.env["mailjet.report.item"].flush_model()
        groups = self.env["mailjet.report.item"]._read_group(
            [("report_id", "in", self.ids), ("kind", "=", "read")],
            ["report_id", "state"],
            ["__count", "row_count:sum", "changed_count:sum", "offset:sum"],
        )
        sums = defaultdict(lambda: [0, 0, 0, 0, 0])
        for report, state, count, *numbers in groups:
            ended = count if state != "todo" else 0
            sums[report.id] = [
                one + more
                for one, more in zip(
                    sums[report.id], [count, ended, *numbers], strict=True
                )
            ]
        remote = dict(
            self.env["mailjet.report.item"]._read_group(
                [("report_id", "in", self.ids), ("remote_count", ">", 0)],
                ["report_id"],
                ["remote_count:sum"],
            )
        )
        for report in self:
            parts, ended, rows, changed, read = sums[report.id]
            report.row_count, report.changed_count = rows, changed
            report.repeat_count = read - rows
            report.remote_count = remote.get(report, 0)
            report.progress = 100 * ended // parts if parts else 0
            report.is_complete = report.state == "done" and read == report.remote_count

    # ------------------------------------------------------------------
    # Begin, stop and end
    # ------------------------------------------------------------------

    def action_run(self):
        """Begin now, or go on where it was stopped."""
        self.check_access("write")
        for report in self:
            if report.state == "stopped":
                report.state = "running"
                # Nobody waits for the worker that was stopped with it
                report.item_ids.write({"lease": False, "lease_until": False})
            elif report.state != "running":
                report._begin()
        self.env["mailjet.report.item"]._wake()

    def action_stop(self):
        """Stop after the page that is being read; it can go on from there."""
        self.check_access("write")
        self.filtered(lambda report: report.state == "running").write(
            {"state": "stopped", "ended_on": fields.Datetime.now()}
        )

    def action_rows(self):
        """Open what this report has brought."""
        self.ensure_one()
        model = STREAMS[self._queries()[0].stream].model
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": self._rows_domain(),
        }

    def _rows_domain(self):
        domain = [("server_id", "=", self.server_id.id)]
        kinds = {
            "bounce": ("bounce", "blocked"),
            "open": ("open",),
            "click": ("click",),
        }
        if self.report in kinds:
            domain.append(("event", "in", kinds[self.report]))
        return domain

    def _begin(self):
        """Plan what is to be read."""
        self.ensure_one()
        if not self.server_id.active or not self.server_id._filter_mailjet():
            raise UserError(self.env._("Choose a Mailjet server that is in use."))
        self.write(
            {
                "state": "running",
                "run": self.run + 1,
                "started_on": fields.Datetime.now(),
                "ended_on": False,
                "problem": False,
            }
        )
        self.item_ids.filtered(lambda item: item.kind == "compare").unlink()
        self.item_ids.changed_count = 0
        queries = self._queries()
        planned = self.env["mailjet.report.item"]
        for query in queries:
            planned += self._plan(query)
        (self.item_ids - planned).unlink()
        if self._is_to_be_compared():
            self.compared_on = fields.Datetime.now()

    def _fail(self, words):
        self.write(
            {"state": "failed", "problem": words, "ended_on": fields.Datetime.now()}
        )

    @api.model
    def _finish_done(self):
        """End the reports of which nothing is left to do."""
        running = self.search([("state", "=", "running")])
        left = self.env["mailjet.report.item"]._read_group(
            [("report_id", "in", running.ids), ("state", "=", "todo")], ["report_id"]
        )
        for report in running - self.union(*(group[0] for group in left)):
            if report.try_lock_for_update():
                report._finish()

    def _finish(self):
        if self.changed_count > ANALYZE_FROM:
            self._analyze()
        failed = self.item_ids.filtered(lambda item: item.state == "failed")
        if self._replaces() and not failed:
            self._remove_unseen()
        self.write(
            {
                "state": "failed" if failed else "done",
                "problem": "\n".join(sorted(set(failed.mapped("problem")))) or False,
                "ended_on": fields.Datetime.now(),
                "complete_until": self._complete_until(),
            }
        )
        self._plan_next_run()
        if not self.search_count([("state", "=", "running")], limit=1):
            # Sooner would be in vain for days of which more is to come
            self.env.ref("mail_mailjet.ir_cron_refresh_statistics")._trigger()
        self.env["ir.cron"]._commit_progress(0)

    def _analyze(self):
        """Let PostgreSQL plan for the rows that have come, before it is asked."""
        for name in {STREAMS[query.stream].model for query in self._queries()}:
            table = SQL.identifier(self.env[name]._table)
            self.env.cr.execute(SQL("ANALYZE %s", table))

    def _remove_unseen(self):
        """Remove what this report brought earlier and Mailjet has no more."""
        for name in sorted({STREAMS[query.stream].model for query in self._queries()}):
            self.env[name]._remove_unseen(self)

    def _complete_until(self):
        """Return up to when every window has been read."""
        windows = self.item_ids.filtered(lambda item: item.kind == "read")
        open_ends = windows.filtered(lambda item: item.state != "done")
        if open_ends:
            first = min(item.date_from or self.started_on for item in open_ends)
            return min(first, self.started_on)
        ends = [item.date_to for item in windows if item.date_to]
        return max(ends, default=self.started_on)

    # ------------------------------------------------------------------
    # The plan
    # ------------------------------------------------------------------

    def _plan(self, query):
        """Return the items for one query: those that are kept, and new ones."""
        stream = STREAMS[query.stream]
        params = dict(query.params)
        known = self.item_ids.filtered(
            lambda item: item.stream == query.stream and item.params == params
        )
        lifetime = params.get("CounterResolution") == "Lifetime"
        if not stream.is_windowed or lifetime:
            known.unlink()
            return self._new_item(query, None, None)
        start, end = self._dates(query)
        outside = known.filtered(
            lambda item: item.date_from < start or item.date_to > end
        )
        outside.unlink()
        known -= outside
        if query.stream == "counter":
            return self._plan_counters(query, known, start, end)
        return self._plan_windows(query, known, start, end)

    def _dates(self, query):
        """Return the first and last moment to be read, in UTC."""
        now = fields.Datetime.now() - NOT_YET
        start, end = self._chosen_dates()
        beginning = BEGINNING
        if query.stream == "counter":
            beginning = counter_rule.beginning(query.params["CounterResolution"], now)
        return max(start or beginning, BEGINNING), min(end or now, now)

    def _new_item(self, query, start, end, kind="read"):
        return self.env["mailjet.report.item"].create(
            {
                "report_id": self.id,
                "stream": query.stream,
                "params": dict(query.params),
                "date_from": start,
                "date_to": end,
                "kind": kind,
            }
        )

    def _plan_windows(self, query, known, start, end):
        """Read what is new, what may have changed, and compare the rest."""
        items = known
        first = min(known.mapped("date_from"), default=None)
        last = max(known.mapped("date_to"), default=None)
        if not known:
            items += self._new_item(query, start, end)
        else:
            if start < first:
                items += self._new_item(query, start, first)
            if last < end:
                items += self._new_item(query, last, end)
        due = known.filtered(self._is_due)
        due._begin_again(reading=0)
        if known - due and self._is_to_be_compared():
            items += self._new_item(query, first, last, kind="compare")
        return items

    def _is_due(self, item):
        """Tell whether a window has to be read again without having been compared."""
        if self._replaces() or item.state != "done":
            return True
        now = fields.Datetime.now()
        age, read_at_age = now - item.date_to, item.read_on - item.date_to
        if age < STREAMS[item.stream].changes_for:
            return now - item.read_on > COMPARE_EVERY
        return any(read_at_age < limit <= age for limit in READ_AGAIN_AT)

    def _is_to_be_compared(self):
        return (
            not self.compared_on
            or fields.Datetime.now() - self.compared_on > COMPARE_EVERY
        )

    def _plan_counters(self, query, known, start, end):
        """Read the slices that are new or still grow."""
        changes_for = counter_rule.CHANGES_FOR[query.params["CounterTiming"]]
        kept = known.filtered(
            lambda item: (
                item.state == "done"
                and not self._replaces()
                and item.date_to + changes_for < item.read_on
            )
        )
        (known - kept).unlink()
        items = kept
        spans = [(start, end)]
        if kept:
            first, last = min(kept.mapped("date_from")), max(kept.mapped("date_to"))
            spans = [(last, end), (start, first)]
        for span in spans:
            windows = counter_rule.windows(*span, query.params["CounterResolution"])
            for begin, until in windows:
                items += self._new_item(query, begin, until)
        return items
