"""Which combinations of source, timing and resolution Mailjet's counters allow.

https://dev.mailjet.com/email/reference/statistics#v3_get_statcounters
"""

from datetime import datetime, timedelta

from ..words import Words, _lt

SLICES = {
    "Highest": timedelta(minutes=5),
    "Hour": timedelta(hours=1),
    "Day": timedelta(days=1),
}
MOST_SLICES = 100
# For how long counters change: by time of the event they soon settle; by time of
# sending they grow whenever somebody opens an old email
CHANGES_FOR = {"Event": timedelta(days=3), "Message": timedelta(days=30)}

_LIFETIME_EVENT = Words(
    _lt(
        "All-time totals are only available by time of sending. Choose that timing, or "
        "a resolution of a day, an hour or five minutes."
    )
)
_LIST = Words(
    _lt("For contact lists, Mailjet only has all-time totals, by time of sending.")
)
_SENDER = Words(_lt("For senders, Mailjet only counts by time of sending."))


def problem_of(source, timing, resolution):
    """Return why Mailjet refuses this combination, as `Words`, or None."""
    if resolution == "Lifetime" and timing == "Event":
        return _LIFETIME_EVENT
    if source == "List" and (timing, resolution) != ("Message", "Lifetime"):
        return _LIST
    if source == "Sender" and timing != "Message":
        return _SENDER
    return None


def windows(start, end, resolution):
    """Yield windows of at most 100 slices as (start, end) pairs, newest first.

    Mailjet excludes the start of a window, so it is a second before the first slice.

    :param start, end: datetimes in UTC, of whole seconds
    """
    first = _slice_before(start, resolution)
    while end >= first:
        begin = _slice_before(end - (MOST_SLICES - 1) * SLICES[resolution], resolution)
        before = max(begin, first) - timedelta(seconds=1)
        yield before, end
        end = before


def _slice_before(moment, resolution):
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    width = SLICES[resolution]
    return midnight + (moment - midnight) // width * width


# Counters start in April 2018. Finer ones take many requests of at most 100 slices
_FIRST_DAY = datetime(2018, 4, 3)
_READ_BACK = {"Hour": timedelta(days=366), "Highest": timedelta(days=7)}


def beginning(resolution, now):
    """Return the start of the counters to read if no date is chosen.

    :param datetime now: in UTC
    """
    return max(_FIRST_DAY, now - _READ_BACK.get(resolution, now - _FIRST_DAY))
