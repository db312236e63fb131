from collections import Counter
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ...models.sending.limits import (
    Limit,
    WarmUpPlan,
    allow,
    ends_after,
    largest,
    pack,
)

NOON = datetime(2026, 1, 30, 12, 20)
PERIODS = {
    "hour": relativedelta(hours=1),
    "day": relativedelta(days=1),
    "month": relativedelta(months=1),
}


class Account:
    """Limits, mails that wait, and what was sent in each period."""

    def __init__(self, sizes, plan=None):
        self.sizes = sizes
        self.plan = plan
        self.now = NOON
        self.waiting = {}  # id -> (due, count)
        self.sent = Counter()
        self.done = {}
        self.number = 0

    def start(self, period):
        fields = {"minute": 0, "second": 0}
        if period != "hour":
            fields["hour"] = 0
        if period == "month":
            fields["day"] = 1
        return self.now.replace(**fields)

    def limits(self):
        limits = [
            self.limit(period, size) for period, size in self.sizes.items() if size
        ]
        today = self.plan and self.plan.size_on(self.now.date())
        if today:
            limits.append(self.limit("day", today, self.plan.grown_to))
        return limits

    def limit(self, period, size, grown_to=None):
        start = self.start(period)
        used = self.sent[period, start]
        return Limit(size, used, start + PERIODS[period], grown_to)

    def send(self, mails):
        """Send what may go; the mail that is due longest has its place."""
        due = sorted((due, key) for key, (due, _) in self.waiting.items())
        first = next((key for when, key in due if when <= self.now), None)
        held = self.waiting[first][1] if first not in mails and first else 0
        allowance = allow(self.limits(), mails, first=first, held=held)
        for key in allowance.chosen:
            self.waiting.pop(key, None)
            self.done[key] = self.now
            for period in PERIODS:
                self.sent[period, self.start(period)] += mails[key]
        for key, when in allowance.waits.items():
            assert when > self.now
            self.waiting[key] = when, mails[key]
        for key in allowance.too_large:
            self.waiting.pop(key, None)
            parts = pack([(n, 1) for n in range(mails[key])], largest(self.limits()))
            for _units, count in parts:
                self.number += 1
                self.waiting[f"part {self.number:05}"] = self.now, count
        for limit in self.limits():
            assert limit.used <= limit.most

    def run_queue(self):
        self.send({k: n for k, (due, n) in self.waiting.items() if due <= self.now})


@tagged("post_install", "-at_install")
class TestLimits(BaseCase):
    @given(
        st.fixed_dictionaries(
            {period: st.one_of(st.just(0), st.integers(1, 12)) for period in PERIODS}
        ),
        st.none()
        | st.builds(
            WarmUpPlan,
            begin=st.just(NOON.date()),
            start=st.integers(1, 4),
            factor=st.floats(1.1, 3),
            target=st.integers(5, 30),
        ),
        st.lists(st.integers(1, 30), max_size=12),
        st.lists(st.integers(1, 3), max_size=12),
    )
    def test_every_mail_goes_in_time_and_no_limit_is_exceeded(
        self, sizes, plan, mails, later
    ):
        account = Account(sizes, plan)
        account.send({f"mail {n:05}": count for n, count in enumerate(mails)})
        account.run_queue()
        number = 0
        while account.waiting:
            account.now = max(
                account.now, min(due for due, _count in account.waiting.values())
            )
            if later:  # somebody is faster than the queue
                account.send({f"new {len(later):05}": later.pop()})
            account.run_queue()
            number += 1
            self.assertLess(number, 30 * 12 * 40)
        longest = timedelta(days=31 * (sum(mails) + 40))
        self.assertTrue(all(when - NOON <= longest for when in account.done.values()))

    @given(st.integers(1, 5), st.lists(st.integers(1, 5), min_size=1, max_size=400))
    def test_a_large_mail_is_not_passed_for_ever(self, room, small):
        """Each morning smaller mails come before the queue runs."""
        account = Account({"day": 5})
        account.send({"first": room})
        account.send({"large": 5})
        for number, count in enumerate(small):
            account.now += timedelta(days=1)
            account.now = account.now.replace(hour=0, minute=0)
            account.send({f"small {number}": count})
            account.run_queue()
        self.assertIn("large", account.done)
        self.assertLessEqual(account.done["large"], NOON + timedelta(days=1))

    def test_smaller_mails_pass_what_does_not_fit(self):
        tomorrow = datetime(2026, 1, 31)
        allowance = allow([Limit(10, 6, tomorrow)], {1: 3, 2: 2, 3: 1, 4: 11, 5: 1})
        self.assertEqual(allowance.chosen, [1, 3])
        self.assertEqual(allowance.waits, {2: tomorrow, 5: tomorrow})
        self.assertEqual(allowance.too_large, [4])
        self.assertEqual(allowance.reserved, 4)
        self.assertEqual(allowance.more_from, tomorrow)

    def test_a_mail_waits_for_all_limits_that_it_exceeds(self):
        hour, day = datetime(2026, 1, 30, 13), datetime(2026, 1, 31)
        limits = [Limit(5, 3, hour), Limit(10, 7, day)]
        allowance = allow(limits, {1: 3, 2: 4})
        self.assertEqual(allowance.waits, {1: hour, 2: day})
        self.assertIsNone(allowance.more_from)

    def test_a_growing_limit_never_splits(self):
        plan = WarmUpPlan(date(2026, 1, 30), 10, 2, 100)
        limit = Limit(10, 0, datetime(2026, 1, 31), plan.grown_to)
        allowance = allow([limit], {1: 25, 2: 500})
        self.assertFalse(allowance.too_large)
        self.assertEqual(
            allowance.waits, {1: datetime(2026, 2, 1), 2: datetime(2026, 2, 3)}
        )

    def test_without_limits_everything_goes(self):
        allowance = allow([], {1: 1, 2: 1000})
        self.assertEqual(allowance.chosen, [1, 2])
        self.assertIsNone(allowance.ends)
        self.assertIsNone(allowance.more_from)

    @given(st.lists(st.integers(1, 4), min_size=1), st.integers(1, 6))
    def test_parts_hold_everybody_once_and_fit(self, counts, most):
        units = list(enumerate(counts))
        parts = pack(units, most)
        self.assertEqual(
            [unit for together, _count in parts for unit in together],
            [unit for unit, _count in units],
        )
        self.assertEqual(sum(count for _together, count in parts), sum(counts))
        for together, count in parts:
            self.assertTrue(count <= most or len(together) == 1)


@tagged("post_install", "-at_install")
class TestEndsAfter(BaseCase):
    """When the limits let the last email of a mailing go."""

    NOW = datetime(2026, 3, 5, 10, 30)

    def limit(self, most, used, **period):
        period = relativedelta(**period)
        return Limit(most, used, datetime(2026, 3, 6), period=period)

    def ends(self, limits, count, plan=None):
        return ends_after(limits, count, plan, self.NOW)

    def test_periods(self):
        for count, days in ((4, None), (5, 0), (14, 0), (15, 1), (24, 1), (25, 2)):
            with self.subTest(count=count):
                expected = days is not None and datetime(2026, 3, 6 + days)
                found = self.ends([self.limit(10, 6, days=1)], count)
                self.assertEqual(found or False, expected)

    def test_the_last_limit_counts(self):
        limits = [self.limit(10, 0, hours=1), self.limit(100, 100, months=1)]
        self.assertEqual(self.ends(limits, 50), datetime(2026, 3, 6, 3))
        self.assertEqual(self.ends(limits, 101), datetime(2026, 4, 6))
        self.assertIsNone(self.ends([], 50))

    def test_more_used_than_allowed(self):
        found = self.ends([self.limit(10, 30, days=1)], 10)
        self.assertEqual(found, datetime(2026, 3, 6))

    def test_warm_up(self):
        """50, 100, 200, 400 a day; today is the second day."""
        plan = WarmUpPlan(date(2026, 3, 4), 50, 2.0, 500)
        limit = Limit(100, 40, datetime(2026, 3, 6), plan.grown_to)
        self.assertIsNone(self.ends([limit], 60, plan))
        self.assertEqual(self.ends([limit], 61, plan), datetime(2026, 3, 6))
        self.assertEqual(self.ends([limit], 260, plan), datetime(2026, 3, 6))
        self.assertEqual(self.ends([limit], 261, plan), datetime(2026, 3, 7))
        self.assertEqual(self.ends([limit], 9000, plan), datetime(2026, 3, 8))
