"""When a mail that was refused for the moment is tried again."""

import random
from datetime import timedelta

# Minutes after the first, second, … try; the last one goes on
DELAYS = (1, 5, 15, 60)
GIVE_UP_AFTER = timedelta(hours=24)
# A delay is up to so much longer, so that not all come back at once
JITTER = 0.2


def delay_after(tries):
    """Return the `timedelta` to wait after so many tries, 1 or more."""
    return timedelta(minutes=DELAYS[min(tries, len(DELAYS)) - 1])


def next_try(tries, now, random_part=random.random):
    """Return when to try again.

    :param int tries: how often it was tried, 1 or more
    :param datetime now: the time of the last try
    :param random_part: gives a number from 0 to 1
    """
    moment = now + delay_after(tries) * (1 + JITTER * random_part())
    return moment.replace(microsecond=0)


def is_given_up(first_try, now):
    """Tell whether a mail that was first tried then is not tried any more."""
    return bool(first_try) and now - first_try >= GIVE_UP_AFTER
