from datetime import datetime, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..locking import begin, try_lock

WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]


class MailjetReport(models.Model):
    """The schedule of a report."""

    _inherit = "mailjet.report"

    schedule = fields.Selection(
        [
            ("manual", "Manually"),
            ("hourly", "Every hour"),
            ("daily", "Every day"),
            ("weekly", "Every week"),
        ],
        required=True,
        default="manual",
    )
    schedule_hour = fields.Float("At", default=4.0)
    schedule_weekday = fields.Selection(WEEKDAYS, "On", default="0")
    next_run = fields.Datetime(
        "Next run", compute="_compute_next_run", store=True, readonly=True, copy=False
    )

    @api.constrains("schedule_hour")
    def _check_hour(self):
        if any(not 0 <= report.schedule_hour < 24 for report in self):
            raise ValidationError(self.env._("Enter a time between 0:00 and 23:59."))

    @api.depends("schedule", "schedule_hour", "schedule_weekday")
    def _compute_next_run(self):
        for report in self:
            report.next_run = report._next_moment(fields.Datetime.now())

    def _plan_next_run(self):
        self.next_run = self._next_moment(fields.Datetime.now())

    def _next_moment(self, now):
        """Return the first scheduled time after `now`, or False."""
        if self.schedule == "hourly":
            return now + timedelta(hours=1)
        if self.schedule not in ("daily", "weekly"):
            return False
        zone = pytz.timezone(self.create_uid.tz or self.env.user.tz or "UTC")
        local = pytz.utc.localize(now).astimezone(zone)
        minutes = round(self.schedule_hour * 60)
        for days in range(9):
            date = local.date() + timedelta(days=days)
            clock = datetime(date.year, date.month, date.day) + timedelta(
                minutes=minutes
            )
            moment = zone.localize(clock).astimezone(pytz.utc).replace(tzinfo=None)
            fits = self.schedule == "daily" or str(date.weekday()) == (
                self.schedule_weekday or "0"
            )
            if fits and moment > now:
                return moment
        return False

    @api.model
    def _start_due(self):
        """Start the reports that are due."""
        due = self.search([("next_run", "<=", fields.Datetime.now())])
        for report in due:
            begin(self.env)
            if not try_lock(report) or not report._is_due_now():
                continue
            report._plan_next_run()
            try:
                report._start()
            except UserError as error:
                report._fail(str(error))
            self.env["ir.cron"]._commit_progress(0)

    def _is_due_now(self):
        return (
            self.next_run
            and self.next_run <= fields.Datetime.now()
            and self.state not in ("running", "stopped")
        )
