from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.report.stream import STREAMS
from ..locking import begin, try_lock

# New or changed rows from which PostgreSQL needs new statistics of the tables
ANALYZE_FROM = 1000


class MailjetReport(models.Model):
    """The run of a report: its start, progress and end."""

    _inherit = "mailjet.report"

    state = fields.Selection(
        [
            ("idle", "Not started"),
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
        "Duration (hours)",
        compute="_compute_duration",
        help="Duration of the last run.",
    )
    row_count = fields.Integer("Rows read", compute="_compute_counts")
    changed_count = fields.Integer("New or changed", compute="_compute_counts")
    remote_count = fields.Integer("Rows at Mailjet", compute="_compute_counts")
    repeat_count = fields.Integer(
        "Duplicates",
        compute="_compute_counts",
        help="Mailjet may list the same click or open twice within a second. Odoo "
        "keeps one of them.",
    )
    is_complete = fields.Boolean(compute="_compute_counts")
    progress = fields.Integer("Progress (%)", compute="_compute_counts")
    complete_until = fields.Datetime(
        "Complete until",
        readonly=True,
        copy=False,
        help="Odoo has everything that Mailjet recorded up to this time.",
    )
    compared_on = fields.Datetime("Last compared", readonly=True, copy=False)
    problem = fields.Text("Error", readonly=True, copy=False)
    retries = fields.Integer(
        default=10,
        help="How often a failed request is retried, at growing intervals.",
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
            report.repeat_count = max(read - rows, 0)
            report.remote_count = remote.get(report, 0)
            report.progress = 100 * ended // parts if parts else 0
            report.is_complete = report.state == "done" and read == report.remote_count

    # ------------------------------------------------------------------
    # Start, stop and end
    # ------------------------------------------------------------------

    def action_run(self):
        """Start a run, or resume one that was stopped."""
        self.check_access("write")
        for report in self:
            if report.state == "stopped":
                report.state = "running"
                # The worker that held the lease has stopped, too
                report.item_ids.write({"lease": False, "lease_until": False})
            elif report.state != "running":
                report._start()
        self.env["mailjet.report.item"]._wake()

    def action_stop(self):
        """Stop after the current page; the run can be resumed from there."""
        self.check_access("write")
        self.filtered(lambda report: report.state == "running").write(
            {"state": "stopped", "ended_on": fields.Datetime.now()}
        )

    def action_rows(self):
        """Open the rows that this report imported."""
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

    def _start(self):
        """Start a run: plan what to read."""
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
        self._note_choice()
        self.item_ids.filtered(lambda item: item.kind == "compare").unlink()
        self.item_ids.changed_count = 0
        queries = self._queries()
        planned = self.env["mailjet.report.item"]
        for query in queries:
            planned += self._plan(query)
        (self.item_ids - planned).unlink()
        if self._is_comparison_due():
            self.compared_on = fields.Datetime.now()

    def _fail(self, words):
        self.write(
            {"state": "failed", "problem": words, "ended_on": fields.Datetime.now()}
        )

    @api.model
    def _finish_done(self):
        """Finish the running reports that have no item left to do."""
        for report in self.search([("state", "=", "running")]):
            begin(self.env)
            if try_lock(report) and report._is_to_be_finished():
                report._finish()

    def _is_to_be_finished(self):
        return self.state == "running" and not any(
            item.state == "todo" for item in self.item_ids
        )

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
            # Only now: running reports still add to the same days
            self.env.ref("mail_mailjet.ir_cron_refresh_statistics")._trigger()
        self.env["ir.cron"]._commit_progress(0)

    def _analyze(self):
        """Refresh PostgreSQL's statistics, so that it plans for the new rows."""
        for name in {STREAMS[query.stream].model for query in self._queries()}:
            table = SQL.identifier(self.env[name]._table)
            self.env.cr.execute(SQL("ANALYZE %s", table))

    def _complete_until(self):
        """Return the time up to which every window has been read."""
        windows = self.item_ids.filtered(lambda item: item.kind == "read")
        open_ends = windows.filtered(lambda item: item.state != "done")
        if open_ends:
            first = min(item.date_from or self.started_on for item in open_ends)
            return min(first, self.started_on)
        ends = [item.date_to for item in windows if item.date_to]
        return max(ends, default=self.started_on)
