"""What becomes of a mail, by the first word of the recipient's address.

So that a person in the sandbox, or a test, has every outcome at hand: a mail to
`bounce@example.org` or `bounce+2@example.org` bounces, one to anybody else arrives.
"""

from collections.abc import Container
from dataclasses import dataclass, replace

TRACKED = ("open", "click")
# Other words in REST's /message than in posts; of a failure it has words of its own
_STATUSES = {"open": "opened", "click": "clicked"}


@dataclass(frozen=True)
class Fate:
    """One outcome.

    `event` and what follows are those of the posted event; `later` are the events
    after it. `failure` and `state` are those of a failure in REST's /message.
    """

    event: str
    failure: str = ""
    state: int = 0
    is_permanent: bool = False
    related_to: str = ""
    error: str = ""
    comment: str = ""
    later: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[str, ...]:
        """All events, in the order in which they happen."""
        return (self.event, *self.later) if self.event else ()

    @property
    def status(self) -> str:
        """Status of /message, "" for a mail that is not there."""
        last = self.events[-1] if self.events else ""
        return self.failure or _STATUSES.get(last, last)


DELIVERED = Fate("sent")
DUPLICATE = Fate("blocked", "blocked", 15, False, "mailjet", "duplicate in campaign")
# The numbers are those of
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Message.ts
FATES = {
    "open": Fate("sent", later=("open",)),
    "click": Fate("sent", later=("open", "click")),
    "spam": Fate("sent", later=("spam",)),
    "unsub": Fate("sent", later=("open", "unsub")),
    "bounce": Fate(
        "bounce",
        "hardbounced",
        1,
        True,
        "recipient",
        "user unknown",
        "550 5.1.1 The email account that you tried to reach does not exist",
    ),
    "softbounce": Fate(
        "bounce",
        "softbounced",
        3,
        False,
        "recipient",
        "quota exceeded",
        "452 4.2.2 The recipient's mailbox is full",
    ),
    "greylisted": Fate(
        "bounce", "deferred", 13, False, "domain", "greylisted", "451 4.7.1 Try later"
    ),
    "blocked": Fate("blocked", "blocked", 14, False, "mailjet", "preblocked"),
    "complained": Fate("blocked", "blocked", 21, True, "recipient", "spam reporter"),
    "unsubscribed": Fate("blocked", "blocked", 20, True, "recipient", "blacklisted"),
    # No event, no row: Mailjet keeps the mail of an unknown sender back
    "dropped": Fate(""),
}


def fate_of(address: str, tracked: Container[str] = TRACKED) -> Fate:
    """What becomes of a mail to this address.

    `tracked` are those of `TRACKED` that Mailjet notices in this mail.
    """
    word = address.partition("@")[0].partition("+")[0].lower()
    fate = FATES.get(word, DELIVERED)
    unnoticed = [event for event in TRACKED if event not in tracked]
    return replace(
        fate, later=tuple(event for event in fate.later if event not in unnoticed)
    )
