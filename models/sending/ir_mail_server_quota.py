from contextlib import contextmanager

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import (
    FREE_PLAN_CONTACT_LIMIT,
    FREE_PLAN_DAILY_LIMIT,
    FREE_PLAN_MONTHLY_LIMIT,
)
from ...tools.report.daily_counter import daily_counters
from ..locking import read_committed
from .limits import Limit, allow, largest


class IrMail_Server(models.Model):
    """The account's limits: what is used up, and what may still go.

    Mailjet's API does not give the limits, so an administrator enters them. What counts
    is Mailjet's own count as last read, and what was handed over since.
    """

    _inherit = "ir.mail_server"

    mailjet_hourly_limit = fields.Integer(
        "Hourly limit",
        help="Recipients that Mailjet accepts in an hour; the rest is sent in the next "
        "hours. 0: no limit.",
    )
    mailjet_hourly_limit_until = fields.Datetime(
        "Hourly limit until",
        help="From then on the hourly limit is ignored. Empty: it stays.",
    )
    mailjet_daily_limit = fields.Integer(
        "Daily limit",
        help="Recipients that your plan allows in a day; the rest is sent the next "
        "day. 0: no limit.",
    )
    mailjet_monthly_limit = fields.Integer(
        "Monthly limit",
        help="Recipients that your plan allows in a month; the rest is sent in the "
        "next month. 0: no limit.",
    )
    mailjet_contact_limit = fields.Integer(
        "Contact limit",
        help="Contacts that your plan allows in Mailjet, which makes one of each new "
        "recipient. 0: no limit.",
    )
    mailjet_counted_on = fields.Datetime("Counted on", readonly=True, copy=False)
    mailjet_counted_today = fields.Integer(
        "Today, by Mailjet's count", readonly=True, copy=False
    )
    mailjet_counted_month = fields.Integer(
        "This month, by Mailjet's count", readonly=True, copy=False
    )
    mailjet_used_hour = fields.Integer(
        "Sent this hour",
        compute="_compute_mailjet_used",
        help="What Odoo has handed over.",
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
            server.mailjet_used_hour = saved._mailjet_used_since(_this_hour())
            server.mailjet_used_today = saved._mailjet_used_since(_today())
            server.mailjet_used_month = saved._mailjet_used_since(_this_month())

    def _mailjet_used_since(self, start):
        """Return how many recipients of the hour, day or month are used up.

        Mailjet's counters lag behind, and know of mail that Odoo does not: the larger
        figure counts. They count no hours.

        :param datetime start: `_this_hour()`, `_today()` or `_this_month()`
        """
        sendings = self.env["mailjet.sending"]
        ours = sendings._sum_since(self, start)
        counted = {
            _today(): self.mailjet_counted_today,
            # On the first of a month both begin at the same time
            _this_month(): self.mailjet_counted_month,
        }.get(start)
        counted_on = self.mailjet_counted_on
        if counted is None or not counted_on or counted_on < start:
            return ours
        return max(ours, counted + sendings._sum_since(self, counted_on))

    # ------------------------------------------------------------------
    # Reserving
    # ------------------------------------------------------------------

    def _mailjet_has_limits(self):
        return bool(
            self._mailjet_applicable_hourly_limit()
            or self.mailjet_daily_limit
            or self.mailjet_monthly_limit
        )

    def _mailjet_applicable_hourly_limit(self):
        until = self.mailjet_hourly_limit_until
        return (not until or until > fields.Datetime.now()) and (
            self.mailjet_hourly_limit
        )

    def _mailjet_limits(self):
        """Return the limits that apply now, as `Limit` values."""
        return [
            Limit(most, self._mailjet_used_since(start), start + period, period=period)
            for most, start, period in (
                (
                    self._mailjet_applicable_hourly_limit(),
                    _this_hour(),
                    relativedelta(hours=1),
                ),
                (self.mailjet_daily_limit, _today(), relativedelta(days=1)),
                (self.mailjet_monthly_limit, _this_month(), relativedelta(months=1)),
            )
            if most
        ]

    def _mailjet_reserve(self, counts):
        """Reserve a part of the limits for mails that are about to be sent.

        Whoever reserves waits for others who do, so that two cannot use up the same.
        They only see each other's reservations if the transaction is READ COMMITTED,
        see `_mailjet_apart`.

        :param dict counts: id of a mail -> number of its recipients, in order
        :return: an `Allowance`
        """
        self.ensure_one()
        if not self._mailjet_has_limits():
            allowance = allow([], counts)
        else:
            self.env.cr.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"mail_mailjet quota {self.id}"],
            )
            first = self._mailjet_first_over_quota()
            held = first._mailjet_recipient_count() if first else 0
            allowance = allow(
                self._mailjet_limits(),
                counts,
                first=first.id,
                held=0 if first.id in counts else held,
            )
        self.env["mailjet.sending"].sudo()._note(self, allowance.reserved)
        return allowance

    def _mailjet_first_over_quota(self):
        """Return the mail that has waited longest for a limit and may go by now.

        Its place is kept free: smaller mails would pass a large one for ever otherwise.
        """
        return (
            self.env["mail.mail"]
            .sudo()
            .search(
                [
                    ("mailjet_server_id", "=", self.id),
                    ("mailjet_waits_for", "=", "limit"),
                    ("state", "=", "outgoing"),
                    ("scheduled_date", "<=", fields.Datetime.now()),
                ],
                order="scheduled_date, id",
                limit=1,
            )
        )

    @contextmanager
    def _mailjet_apart(self):
        """Give this server in a transaction of its own, committed at the end.

        Another worker sees at once what is reserved in it, and nobody waits for the
        end of a conversation with Mailjet.
        """
        if not self._mailjet_has_limits():
            yield self
            return
        with self.env.registry.cursor() as cr:
            read_committed(cr)
            server = self.with_env(self.env(cr=cr))
            # Nobody else sends through a server that is not committed yet
            yield server if server.exists() else self

    def _mailjet_give_back(self, count, reserved_on):
        """Return to the limits what was reserved then and is not used."""
        self.env["mailjet.sending"].sudo()._note(self, -count, reserved_on)

    def _mailjet_largest(self):
        """Return how many recipients a mail may have at the most, None: any number."""
        return largest(self._mailjet_limits())

    @api.constrains(
        "mailjet_hourly_limit",
        "mailjet_daily_limit",
        "mailjet_monthly_limit",
        "mailjet_contact_limit",
    )
    def _check_mailjet_quota(self):
        for server in self:
            limits = (
                server.mailjet_hourly_limit,
                server.mailjet_daily_limit,
                server.mailjet_monthly_limit,
                server.mailjet_contact_limit,
            )
            if min(limits) < 0:
                raise UserError(self.env._("Enter a limit of 0 or more."))

    def _mailjet_over_quota_reason(self):
        """Return in a sentence which limit mail waits for."""
        hourly = self._mailjet_applicable_hourly_limit()
        if hourly and self.mailjet_used_hour >= hourly:
            return self.env._("The hourly limit of the Mailjet server is used up.")
        return self.env._("The limit of the Mailjet plan is used up.")

    def _mailjet_release_over_quota(self):
        """Send what waits for the next hour, day or month: a limit has changed."""
        for server in self._filter_mailjet():
            server._mailjet_release("limit")

    def action_mailjet_free_plan(self):
        """Take over the limits of Mailjet's free plan."""
        self.write(
            {
                "mailjet_daily_limit": FREE_PLAN_DAILY_LIMIT,
                "mailjet_monthly_limit": FREE_PLAN_MONTHLY_LIMIT,
                "mailjet_contact_limit": FREE_PLAN_CONTACT_LIMIT,
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


def _this_hour():
    return fields.Datetime.start_of(fields.Datetime.now(), "hour")


def _today():
    """Return the begin of the day that Mailjet counts, in UTC."""
    return fields.Datetime.start_of(fields.Datetime.now(), "day")


def _this_month():
    return fields.Datetime.start_of(fields.Datetime.now(), "month")
