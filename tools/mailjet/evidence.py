"""Decide whether Mailjet has an email whose hand-over got no answer.

That Mailjet lists it, or reports an event of it, proves that Mailjet has it. That it is
missing proves nothing by itself: the lists lag, by minutes as a rule and by hours at
times. What is missing is believed only once later emails show up in the same list.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..address import address_key

# So many later emails have to be listed before a missing one counts as not taken
LATER_EMAILS = 5
# Not before that, however many later ones are listed
SOONEST = timedelta(minutes=30)
# Then somebody has to look
LATEST = timedelta(hours=24)
# Ages at which Mailjet is asked; from the last one on, again and again after REPEAT
AGES = [timedelta(minutes=15), timedelta(minutes=30)]
AGES += [timedelta(hours=1), timedelta(hours=2), timedelta(hours=4)]
REPEAT = timedelta(hours=4)
# How far Mailjet's clock may be behind ours
CLOCK_SLACK = timedelta(minutes=2)


@dataclass
class Evidence:
    """What Mailjet has shown of some emails: CustomID -> list of (address, moment)."""

    found: dict[str, list[tuple[str, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, custom_id: str, address: str, moment: datetime) -> None:
        """Note an event or a row of Mailjet's list."""
        self.found[custom_id].append((address_key(address or ""), moment))

    def has(self, custom_id: str, address: str | None, claimed_on: datetime) -> bool:
        """Whether Mailjet has what was handed over after the claim.

        Emails that were sent earlier with the same CustomID do not count.

        :param address: None if the CustomID stands for one recipient only
        """
        since = earliest(claimed_on)
        wanted = None if address is None else address_key(address)
        return any(
            moment >= since and wanted in (None, found)
            for found, moment in self.found.get(custom_id, ())
        )


def earliest(claimed_on: datetime) -> datetime:
    """Return from when on Mailjet, by its own clock, may have taken the email."""
    return claimed_on.replace(microsecond=0) - CLOCK_SLACK


def watermark(arrivals) -> datetime | None:
    """Return until when Mailjet's list is complete, as far as that shows.

    :param arrivals: when the latest emails in the list arrived
    :return: emails that arrived before then would be listed; None: too few to say
    """
    latest = sorted(arrivals, reverse=True)[:LATER_EMAILS]
    return latest[-1] if len(latest) == LATER_EMAILS else None


def is_missing(
    claimed_on: datetime,
    uncertain_on: datetime,
    listed_until: datetime | None,
    now: datetime,
) -> bool:
    """Whether an email that Mailjet does not list was never taken.

    :param uncertain_on: after that it can no longer have been taken
    :param listed_until: the `watermark`, read before the email was looked for
    """
    if now - claimed_on < SOONEST or listed_until is None:
        return False
    return listed_until > uncertain_on


def is_overdue(claimed_on: datetime, now: datetime) -> bool:
    """Whether somebody has to decide, as Mailjet's list does not."""
    return now - claimed_on >= LATEST


def next_look(claimed_on: datetime, now: datetime) -> datetime:
    """Return when to ask Mailjet again."""
    age = now - claimed_on
    for wanted in AGES:
        if wanted > age:
            return claimed_on + wanted
    return claimed_on + AGES[-1] + REPEAT * ((age - AGES[-1]) // REPEAT + 1)
