"""The days that a report's emails belong to."""

from datetime import date, datetime, timedelta, timezone

from ..words import Words, _lt

# The end of daylight saving time makes a day of 25 hours; some reporters' days end late
ONE_DAY = timedelta(hours=26)
MAX_SPAN = timedelta(days=45)
MAX_AHEAD = timedelta(days=2)
# The first draft of DMARC is of January 2012
FIRST = datetime(2012, 1, 1)


class Period:
    """The period that a report covers, and what follows for its rows.

    :ivar list days: the dates, in UTC, among which its emails are divided
    :ivar bool is_credible: whether its emails may be counted
    :ivar list notes: `Words` about what is unusual
    """

    def __init__(self, begin, end, now):
        """Judge a period.

        :param begin, end: naive datetimes in UTC, or None if the report has none
        :param datetime now: in UTC, naive
        """
        self.begin, self.end = begin, end
        self.notes = []
        self.is_credible = self._is_credible(now)
        first = (begin or end or now).date()
        if not self.is_credible:
            self.days = [first]
            self.notes.append(
                Words(_lt("The dates cannot be right, so its emails are not counted."))
            )
        elif not end or end <= begin:
            self.days = [first]
            self.notes.append(
                Words(_lt("The period has no length; it is taken as one day."))
            )
        elif end - begin <= ONE_DAY:
            self.days = [first]
        else:
            last = (end - timedelta(seconds=1)).date()
            count = (last - first).days + 1
            self.days = [first + timedelta(days=number) for number in range(count)]
            self.notes.append(
                Words(
                    _lt(
                        "The report covers %(days)s days; its emails are spread evenly."
                    ),
                    {"days": count},
                )
            )

    @property
    def is_split(self):
        """Whether the days of single emails are not known."""
        return len(self.days) > 1

    def spread(self, count, number):
        """Yield pairs of a day and how many of the emails it gets, none without any.

        :param int count: of the emails
        :param int number: any; numbers in a row share out the remainders evenly
        """
        each, rest = divmod(count, len(self.days))
        start = number % len(self.days)
        for index, day in enumerate(self.days):
            extra = (index - start) % len(self.days) < rest
            if each + extra:
                yield day, each + extra

    def _is_credible(self, now):
        if self.begin is None:
            return False
        end = max(self.begin, self.end or self.begin)
        return FIRST <= self.begin <= end <= now + MAX_AHEAD and (
            end - self.begin <= MAX_SPAN
        )


def read_moment(text):
    """Return seconds since 1970 as a naive datetime in UTC, or None."""
    try:
        moment = datetime.fromtimestamp(int(float(text)), timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
    # Later ones cannot be stored
    return moment.replace(tzinfo=None) if moment.date() < date(9000, 1, 1) else None
