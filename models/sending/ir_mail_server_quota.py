from dataclasses import dataclass
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import FREE_PLAN_DAILY_LIMIT, FREE_PLAN_MONTHLY_LIMIT
from ...tools.report.daily_counter import daily_counters


@dataclass(frozen=True)
class Allowance:
    """What the limits allow of some mails.

    :ivar fits: for each mail whether it may go now
    :ivar largest: recipients of the largest mail that may ever go
    :ivar datetime more_from: when more may go
    """

    fits: list[bool]
    largest: int
    more_from: datetime


class IrMail_Server(models.Model):
    """How much of the account's allowance is used up.

    Mailjet's API tells no limit, so the admin types it in. What counts is Mailjet's own
    count as it was last read, and what was handed over since.
    """

    _inherit = "ir.mail_server"

    mailjet_daily_limit = fields.Integer(
        "Daily limit",
        help="Emails that your plan allows in a day; the rest is sent the next day. "
        "0: no limit.",
    )
    mailjet_monthly_limit = fields.Integer(
        "Monthly limit",
        help="Emails that your plan allows in a month; the rest is sent in the next "
        "month. 0: no limit.",
    )
    mailjet_counted_on = fields.Datetime("Counted on", readonly=True, copy=False)
    mailjet_counted_today = fields.Integer(
        "Today, by Mailjet's count", readonly=True, copy=False
    )
    mailjet_counted_month = fields.Integer(
        "This month, by Mailjet's count", readonly=True, copy=False
    )
    mailjet_used_today = fields.Integer(
        "Sent today",
        compute="_compute_mailjet_used",
        help="By Mailjet's count, and what Odoo has handed over since.",
    )
    mailjet_used_month = fields.Integer(
        "Sent this month", compute="_compute_mailjet_used"
    )

    def _compute_mailjet_used(self):
        for server in self:
            saved = server._origin
            server.mailjet_used_today = saved._mailjet_used_since(_today())
            server.mailjet_used_month = saved._mailjet_used_since(_this_month())

    def _mailjet_used_since(self, start):
        """Return how many emails of the day or the month are used up.

        Mailjet's counters lag behind, and know of mail that Odoo does not: the larger
        figure counts.

        :param datetime start: `_today()` or `_this_month()`
        """
        sendings = self.env["mailjet.sending"]
        ours = sendings._sum_since(self, start)
        counted_on = self.mailjet_counted_on
        if not counted_on or counted_on < start:
            return ours
        counted = (
            self.mailjet_counted_today
            if start == _today()
            else self.mailjet_counted_month
        )
        return max(ours, counted + sendings._sum_since(self, counted_on))

    def _mailjet_limits(self):
        """Return what limits apply: (limit, used up, when more may go) of each."""
        limits = [
            (self.mailjet_daily_limit, _today(), {"days": 1}),
            (self.mailjet_monthly_limit, _this_month(), {"months": 1}),
        ]
        return [
            (
                limit,
                self._mailjet_used_since(start),
                fields.Datetime.add(start, **period),
            )
            for limit, start, period in limits
            if limit
        ]

    def _mailjet_reserve(self, counts):
        """Reserve a part of the limits for mails that are about to be sent.

        Whoever reserves waits for others who do, so that two cannot use up the same.

        :param counts: recipients of each mail; smaller mails pass those that do not fit
        :return: None without limits, else an `Allowance`
        """
        self.ensure_one()
        if not (self.mailjet_daily_limit or self.mailjet_monthly_limit):
            self.env["mailjet.sending"].sudo()._note(self, sum(counts))
            return None
        self.env.cr.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"mail_mailjet quota {self.id}"],
        )
        limits = self._mailjet_limits()
        left = min(limit - used for limit, used, _more_from in limits)
        fits = []
        for count in counts:
            fits.append(count <= left)
            left -= count if fits[-1] else 0
        reserved = sum(count for count, fit in zip(counts, fits, strict=True) if fit)
        self.env["mailjet.sending"].sudo()._note(self, reserved)
        return Allowance(
            fits,
            largest=min(limit for limit, _used, _more_from in limits),
            # Of two that are used up the month, which lasts longer
            more_from=max(
                more
                for limit, used, more in limits
                if limit - used == min(limit - used for limit, used, _more in limits)
            ),
        )

    @api.constrains("mailjet_daily_limit", "mailjet_monthly_limit")
    def _check_mailjet_quota(self):
        for server in self:
            if server.mailjet_daily_limit < 0 or server.mailjet_monthly_limit < 0:
                raise UserError(self.env._("Enter a limit of 0 or more."))

    def _mailjet_release_over_quota(self):
        """Retry mail that waits for the next day or month: a limit has changed."""
        for server in self._filter_mailjet():
            server._mailjet_release("limit")

    def action_mailjet_free_plan(self):
        """Take over the limits of Mailjet's free plan."""
        self.write(
            {
                "mailjet_daily_limit": FREE_PLAN_DAILY_LIMIT,
                "mailjet_monthly_limit": FREE_PLAN_MONTHLY_LIMIT,
            }
        )

    def action_mailjet_read_quota(self):
        """Read Mailjet's own count."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_quota()

    def _mailjet_read_quota(self):
        self.ensure_one()
        now = fields.Datetime.now()
        with self._mailjet_api() as client:
            days = daily_counters(client, _this_month(), now)
        self.write(
            {
                "mailjet_counted_on": now,
                # Blocked mails count for the plan, too, as Mailjet's help says
                "mailjet_counted_month": sum(day["processed"] for day in days),
                "mailjet_counted_today": sum(
                    day["processed"]
                    for day in days
                    if day["date"] and day["date"] >= _today()
                ),
            }
        )

    @api.model
    def _cron_read_quota(self):
        """Read the counts of all accounts."""
        self._mailjet_in_use()._mailjet_for_each(
            lambda server: server._mailjet_read_quota(), "read the quota"
        )


def _today():
    """Return the begin of the day that Mailjet counts, in UTC."""
    return fields.Datetime.start_of(fields.Datetime.now(), "day")


def _this_month():
    return fields.Datetime.start_of(fields.Datetime.now(), "month")
