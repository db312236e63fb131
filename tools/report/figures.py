"""The figures of a mailing or an account: what each counts, and over what.

Every screen takes its figures from here; docs/figures.rst explains them to readers. All
count emails to one recipient, each once, by what became of it in the end.

Rates are Mailjet's: what became of an email, of all emails with an outcome; what people
did with it, of the delivered ones. https://dev.mailjet.com/email/guides/statistics/
"""

from collections import Counter
from enum import StrEnum
from math import floor, log10


class Fate(StrEnum):
    """What became of an email to one recipient, as far as is known."""

    CANCELLED = "cancelled"  # never meant to leave: block list, opt-out, duplicate
    WAITING = "waiting"  # Mailjet does not have it yet
    FAILED = "failed"  # Mailjet does not have it, and nobody tries again unasked
    UNDER_WAY = "under_way"  # Mailjet has it; greylisting is no outcome either
    DELIVERED = "delivered"
    OPENED = "opened"  # by a person; a click shows it, too
    REPLIED = "replied"
    HARD_BOUNCED = "hard_bounced"
    SOFT_BOUNCED = "soft_bounced"  # and not delivered later
    BLOCKED = "blocked"  # Mailjet did not try


# What a figure counts
COUNTED = {
    "waiting": {Fate.WAITING},
    "failed": {Fate.FAILED},
    "under_way": {Fate.UNDER_WAY},
    "delivered": {Fate.DELIVERED, Fate.OPENED, Fate.REPLIED},
    "opened": {Fate.OPENED, Fate.REPLIED},
    "replied": {Fate.REPLIED},
    "hard_bounced": {Fate.HARD_BOUNCED},
    "soft_bounced": {Fate.SOFT_BOUNCED},
    "bounced": {Fate.HARD_BOUNCED, Fate.SOFT_BOUNCED},
    "blocked": {Fate.BLOCKED},
}
COUNTED["processed"] = COUNTED["delivered"] | COUNTED["bounced"] | COUNTED["blocked"]
COUNTED["sent"] = COUNTED["processed"] | COUNTED["under_way"]
COUNTED["expected"] = {*Fate} - {Fate.CANCELLED}

# Figure -> what its rate refers to. Clicks, complaints and unsubscriptions are counted
# beside the fate
WHOLES = {
    "delivered": "processed",
    "opened": "delivered",
    "clicked": "delivered",
    "replied": "delivered",
    "bounced": "processed",
    "blocked": "processed",
    "unsubscribed": "delivered",
    "complained": "delivered",
}

# Odoo's status of a trace -> fate; an error is one of `_FAILURES`
_STATUSES = {
    "outgoing": Fate.WAITING,
    "process": Fate.WAITING,
    "pending": Fate.UNDER_WAY,
    "sent": Fate.DELIVERED,
    "open": Fate.OPENED,
    "reply": Fate.REPLIED,
    "bounce": Fate.HARD_BOUNCED,
    "cancel": Fate.CANCELLED,
}
_FAILURES = {
    "hard": Fate.HARD_BOUNCED,
    "soft": Fate.SOFT_BOUNCED,
    "blocked": Fate.BLOCKED,
}
# The parts of the delivery bar, which add up to `expected`
PARTS = {
    "opened": COUNTED["opened"],
    "delivered": {Fate.DELIVERED},
    "under_way": COUNTED["under_way"],
    "waiting": COUNTED["waiting"],
    "blocked": COUNTED["blocked"],
    "bounced": COUNTED["bounced"],
    "failed": COUNTED["failed"],
}
# No rates if the delivery of more than one in so many emails is unknown
ONE_IN = 10
MOST_DECIMALS = 6


def fate_of(status, failure=None):
    """Return the `Fate` of a recipient.

    :param str status: Odoo's status of the trace
    :param failure: how Mailjet failed: "hard", "soft" or "blocked"; None if it did not
    """
    if status == "error":
        return _FAILURES.get(failure, Fate.FAILED)
    return _STATUSES.get(status, Fate.WAITING)


def count(fates):
    """Return all figures that follow from the fates alone.

    :param fates: `Fate` -> number of recipients
    """
    return {
        figure: sum(fates.get(fate, 0) for fate in counted)
        for figure, counted in COUNTED.items()
    }


def parts(fates):
    """Return the parts of the delivery bar that are not empty, in their order."""
    sums = {
        part: sum(fates.get(fate, 0) for fate in counted)
        for part, counted in PARTS.items()
    }
    return {part: number for part, number in sums.items() if number}


def rate(figure, counts):
    """Return a figure's rate in percent, None if there is nothing that it refers to.

    :param counts: figure -> number, at least this one and what it refers to
    """
    whole = counts[WHOLES[figure]]
    return 100 * counts[figure] / whole if whole else None


def decimals(value):
    """Return how many decimals of a rate are worth showing, like dashboard/numbers.js.

    Two, or below 0.1 as many as show two digits that are not 0.
    """
    if not 0 < value < 0.1:
        return 2
    return min(1 - floor(log10(value)), MOST_DECIMALS)


def knows_deliveries(counts):
    """Return whether rates say something: deliveries are known, not failures alone.

    :param counts: figure -> number; `unfollowed` is how many of the processed emails
        are known from an imported failure, open or click alone
    """
    unfollowed = counts.get("unfollowed", 0)
    if unfollowed * ONE_IN > counts["processed"]:
        return False
    return bool(counts["delivered"] or not counts.get("under_way"))


def fates(rows):
    """Return `Fate` -> number of recipients.

    :param rows: (status, failure, number), see `fate_of`
    """
    found = Counter()
    for status, failure, number in rows:
        found[fate_of(status, failure)] += number
    return found
