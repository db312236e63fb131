"""Which counters Mailjet has: source, timing and resolution do not all go together.

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
# Counters of the time of the event settle; those of the time of sending go on
# growing while somebody opens an old mail
CHANGES_FOR = {"Event": timedelta(days=3), "Message": timedelta(days=30)}

_LIFETIME_EVENT = Words(
    _lt(
        "A total of all time is only counted by the time of sending. Choose that, or a "
        "resolution by day, hour or five minutes."
    )
)
_LIST = Words(
    _lt(
        "For contact lists Mailjet only has a total of all time, by the time of "
        "sending."
    )
)
_SENDER = Words(_lt("For senders Mailjet only counts by the time of sending."))


def problem_of(source, timing, resolution):
    """Return `Words` on why Mailjet refuses this combination, None if it does not."""
    if resolution == "Lifetime" and timing == "Event":
        return _LIFETIME_EVENT
    if source == "List" and (timing, resolution) != ("Message", "Lifetime"):
        return _LIST
    if source == "Sender" and timing != "Message":
        return _SENDER
    return None


def windows(start, end, resolution):
    """Yield windows of at most 100 slices, the newest first, as (start, end) pairs.

    A window leaves out its first moment, so it begins a second before its first slice.

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


# Counters begin in April 2018. Finer ones are many requests: 100 slices at most each
_FIRST_DAY = datetime(2018, 4, 3)
_READ_BACK = {"Hour": timedelta(days=366), "Highest": timedelta(days=7)}


def beginning(resolution, now):
    """Return from when counters are read where no date is chosen.

    :param datetime now: in UTC
    """
    return max(_FIRST_DAY, now - _READ_BACK.get(resolution, now - _FIRST_DAY))
