"""How many recipients may still be sent to: the arithmetic of limits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Limit:
    """So many recipients in a period.

    :ivar most: recipients in the whole period
    :ivar used: of these, recipients that are used up or reserved
    :ivar datetime ends: when the next period begins
    :ivar grown_to: for a limit that grows, a function from a number of recipients to
        the moment when it has grown to that; None: it stays the same
    :ivar period: a `timedelta` or `relativedelta`, where it stays the same
    """

    most: int
    used: int
    ends: datetime
    grown_to: Callable[[int], datetime] | None = None
    period: Any = None

    @property
    def left(self):
        return self.most - self.used

    def free_from(self, count):
        """Return when so many recipients may fit, if they do not now."""
        return max(self.ends, self.grown_to(count)) if self.grown_to else self.ends


@dataclass(frozen=True)
class Allowance:
    """What the limits allow of some mails.

    :ivar chosen: ids of the mails that may go now
    :ivar waits: id -> when a mail may go that may not now
    :ivar too_large: ids of mails that never fit
    :ivar reserved: recipients of the chosen mails
    :ivar ends: when the first of the periods is over, or None without limits
    :ivar more_from: when any mail may go again, or None if one may now
    """

    chosen: list[int]
    waits: dict[int, datetime]
    too_large: list[int]
    reserved: int
    ends: datetime | None
    more_from: datetime | None


def largest(limits):
    """Return how many recipients a mail may have at the most, None: any number."""
    return min((limit.most for limit in limits if not limit.grown_to), default=None)


def allow(limits, counts, first=None, held=0):
    """Return the `Allowance` of some mails; smaller ones pass those that do not fit.

    :param list limits: `Limit` values
    :param dict counts: id of a mail -> number of its recipients, in order
    :param first: id of the mail among these that is served before the others
    :param held: recipients of a mail that is not among these and goes first
    """
    if any(held > limit.left for limit in limits):
        held = 0
    most = largest(limits)
    taken, chosen, waits, too_large = 0, [], {}, []
    for mail_id in sorted(counts, key=lambda each: each != first):
        count = counts[mail_id]
        full = [limit for limit in limits if count > limit.left - held - taken]
        if not full:
            chosen.append(mail_id)
            taken += count
        elif most is not None and count > most:
            too_large.append(mail_id)
        else:
            waits[mail_id] = max(limit.free_from(count) for limit in full)
    used_up = [limit for limit in limits if limit.left - taken < 1]
    return Allowance(
        chosen,
        waits,
        too_large,
        reserved=taken,
        ends=min((limit.ends for limit in limits), default=None),
        more_from=max((limit.free_from(1) for limit in used_up), default=None),
    )


def pack(units, most):
    """Divide recipients among mails that fit, as few of them as their order allows.

    :param units: list of (recipients that stay together, their number)
    :return: list of (list of recipients, their number); more than `most` only where
        they stay together
    """
    parts = []
    for unit, count in units:
        if not parts or parts[-1][1] + count > most:
            parts.append(([], 0))
        together, sum_before = parts[-1]
        parts[-1] = ([*together, unit], sum_before + count)
    return parts


def ends_after(limits, count, plan, now):
    """Return when the last of so many recipients may go, None: now.

    :param list limits: `Limit` values; of those that grow, `plan` says more
    :param WarmUpPlan plan: or None
    """
    ends = [
        limit.ends + limit.period * ((count - max(limit.left, 0) - 1) // limit.most)
        for limit in limits
        if count > limit.left and limit.period
    ]
    growing = next((limit for limit in limits if limit.grown_to), None)
    if growing and plan and count > growing.left:
        ends.append(plan.sent_by(count - max(growing.left, 0), now.date()))
    return max(ends, default=None)


@dataclass(frozen=True)
class WarmUpPlan:
    """A limit of the day that grows until it ends by itself.

    :ivar begin: the first day
    :ivar start: recipients on the first day
    :ivar factor: each day's limit in terms of the day before
    :ivar target: the plan is over once a day would allow so many
    """

    begin: date
    start: int
    factor: float
    target: int

    # A plan that takes longer is a mistake
    LONGEST = 365

    @property
    def sizes(self):
        """Return the limit of each day of the plan."""
        sizes, size = [], float(self.start)
        while size < self.target and len(sizes) <= self.LONGEST:
            sizes.append(int(size))
            size *= self.factor
        return sizes

    @property
    def end(self):
        """Return the first day without this limit."""
        return self.begin + timedelta(days=len(self.sizes))

    def size_on(self, day):
        """Return the limit of a day, None: the plan does not limit it."""
        return dict(enumerate(self.sizes)).get((day - self.begin).days)

    def sent_by(self, count, today):
        """Return when the plan will have let so many go in the days after today."""
        first = max((today - self.begin).days + 1, 0)
        sizes = self.sizes
        for number in range(first, len(sizes)):
            count -= sizes[number]
            if count <= 0:
                day = self.begin + timedelta(days=number)
                return datetime.combine(day, datetime.min.time())
        return datetime.combine(self.end, datetime.min.time())

    def grown_to(self, count):
        """Return the moment from which the plan allows so many a day."""
        sizes = self.sizes
        number = next((n for n, size in enumerate(sizes) if size >= count), len(sizes))
        day = self.begin + timedelta(days=number)
        return datetime.combine(day, datetime.min.time())
