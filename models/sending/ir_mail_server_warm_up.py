from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date, formatLang

from .limits import Limit, WarmUpPlan
from .mailjet_sending import KEPT_FOR


class IrMail_Server(models.Model):
    """Warm-up: a new account or domain sends a little more every day.

    Receivers distrust much mail from a sender they do not know yet. The plan is one
    more limit of the day, and ends by itself.
    """

    _inherit = "ir.mail_server"

    mailjet_warm_up_begin = fields.Date(
        "Warm-up begins on",
        copy=False,
        help="The first day of the plan. Empty: no warm-up.",
    )
    mailjet_warm_up_start = fields.Integer(
        "Emails on the first day", default=50, help="Recipients, each counts once."
    )
    mailjet_warm_up_factor = fields.Float(
        "Growth from day to day",
        default=1.5,
        digits=(16, 2),
        help="Each day allows the previous day's number times this factor.",
    )
    mailjet_warm_up_target = fields.Integer(
        "Ends at",
        default=10000,
        help="The warm-up is over on the day that would allow so many emails.",
    )
    mailjet_warm_up_days = fields.Json(compute="_compute_mailjet_warm_up")
    mailjet_warm_up_words = fields.Char(
        "Warm-up today", compute="_compute_mailjet_warm_up"
    )

    def _mailjet_warm_up_plan(self):
        """Return the `WarmUpPlan`, or None without a usable one."""
        if (
            not self.mailjet_warm_up_begin
            or self.mailjet_warm_up_start < 1
            or self.mailjet_warm_up_factor <= 1
        ):
            return None
        return WarmUpPlan(
            self.mailjet_warm_up_begin,
            self.mailjet_warm_up_start,
            self.mailjet_warm_up_factor,
            self.mailjet_warm_up_target,
        )

    def _mailjet_warm_up_limit(self):
        """Return how many recipients the plan allows today, None: any number."""
        plan = self._mailjet_warm_up_plan()
        return plan and plan.size_on(_today().date())

    def _mailjet_has_limits(self):
        return super()._mailjet_has_limits() or bool(self._mailjet_warm_up_limit())

    def _mailjet_limits(self):
        limits = super()._mailjet_limits()
        most = self._mailjet_warm_up_limit()
        if most:
            today = _today()
            used = self._mailjet_used_since(today)
            grown_to = self._mailjet_warm_up_plan().grown_to
            limits.append(Limit(most, used, today + timedelta(days=1), grown_to))
        return limits

    def _mailjet_over_quota_reason(self):
        most = self._mailjet_warm_up_limit()
        if most and self.mailjet_used_today >= most:
            return self.env._("The warm-up allows no more emails today.")
        return super()._mailjet_over_quota_reason()

    @api.constrains(
        "mailjet_warm_up_begin",
        "mailjet_warm_up_factor",
        "mailjet_warm_up_start",
        "mailjet_warm_up_target",
    )
    def _check_mailjet_warm_up(self):
        for server in self.filtered("mailjet_warm_up_begin"):
            if server.mailjet_warm_up_start < 1:
                message = self.env._("A warm-up starts with 1 email or more.")
            elif server.mailjet_warm_up_factor <= 1:
                message = self.env._("A warm-up grows by a factor above 1.")
            elif len(server._mailjet_warm_up_plan().sizes) > WarmUpPlan.LONGEST:
                message = self.env._(
                    "This warm-up would take longer than a year. Choose a larger "
                    "factor."
                )
            else:
                continue
            raise ValidationError(message)

    @api.depends(
        "mailjet_warm_up_begin",
        "mailjet_warm_up_factor",
        "mailjet_warm_up_start",
        "mailjet_warm_up_target",
    )
    @api.depends_context("lang")
    def _compute_mailjet_warm_up(self):
        for server in self:
            plan = server._mailjet_warm_up_plan()
            is_short = plan and 0 < len(plan.sizes) <= WarmUpPlan.LONGEST
            server.mailjet_warm_up_days = is_short and server._mailjet_plan_days(plan)
            server.mailjet_warm_up_words = is_short and self._mailjet_plan_words(plan)

    def _mailjet_plan_days(self, plan):
        """Return the days of a plan for the graph; null: not known."""
        today = _today().date()
        sent = self._origin._mailjet_sent_by_day(plan.begin) if self._origin else {}
        days = []
        for number, size in enumerate(plan.sizes):
            day = plan.begin + timedelta(days=number)
            is_known = today - KEPT_FOR < day <= today
            days.append(
                {
                    "date": fields.Date.to_string(day),
                    "limit": size,
                    "sent": sent.get(day, 0) if is_known else None,
                    "is_today": day == today,
                }
            )
        return days

    def _mailjet_sent_by_day(self, begin):
        """Return how many recipients Odoo has handed over on each day, by UTC."""
        groups = (
            self.env["mailjet.sending"]
            .sudo()
            .with_context(tz="UTC")
            ._read_group(
                [("server_id", "=", self.id), ("date", ">=", begin)],
                ["date:day"],
                ["count:sum"],
            )
        )
        return {moment.date(): count for moment, count in groups}

    @api.model
    def _mailjet_plan_words(self, plan):
        """Return in a sentence where a plan stands today."""
        today = _today().date()
        if today < plan.begin:
            return self.env._(
                "Begins on %(date)s with %(count)s emails.",
                date=format_date(self.env, plan.begin),
                count=formatLang(self.env, plan.start, digits=0),
            )
        if today >= plan.end:
            return self.env._(
                "Ended on %(date)s: the warm-up no longer limits anything.",
                date=format_date(self.env, plan.end),
            )
        return self.env._(
            "Day %(day)s of %(days)s: up to %(count)s emails today.",
            day=(today - plan.begin).days + 1,
            days=len(plan.sizes),
            count=formatLang(self.env, plan.size_on(today), digits=0),
        )


def _today():
    """Return the begin of the day that Mailjet counts, in UTC."""
    return fields.Datetime.start_of(fields.Datetime.now(), "day")
