"""When to retry a temporarily refused email."""

import random
from datetime import timedelta

# Minutes after the first, second, … try; the last delay repeats
DELAYS = (1, 5, 15, 60)
GIVE_UP_AFTER = timedelta(hours=24)
# The share by which a delay may grow, so that not all emails retry at once
JITTER = 0.2


def delay_after(tries):
    """Return the `timedelta` to wait after a number of tries, 1 or more."""
    return timedelta(minutes=DELAYS[min(tries, len(DELAYS)) - 1])


def next_try(tries, now, random_part=random.random):
    """Return when to try again.

    :param int tries: the number of tries so far, 1 or more
    :param datetime now: the time of the last try
    :param random_part: a function that returns a number from 0 to 1
    """
    moment = now + delay_after(tries) * (1 + JITTER * random_part())
    return moment.replace(microsecond=0)


def is_given_up(first_try, now):
    """Return whether an email first tried at that time is no longer retried."""
    return bool(first_try) and now - first_try >= GIVE_UP_AFTER
