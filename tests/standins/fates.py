"""The fate of a mail, chosen by the first word of the recipient's address.

This puts every outcome within reach of a test or a sandbox user: a mail to
`bounce@example.org` or `bounce+2@example.org` bounces, to any other address it arrives.
"""

from collections.abc import Container
from dataclasses import dataclass, replace

TRACKED = ("open", "click")
# REST's /message has other words than posts; failures have words of their own
_STATUSES = {"open": "opened", "click": "clicked"}


@dataclass(frozen=True)
class Fate:
    """One outcome.

    `event` is the first event posted, `later` are those after it. `failure` and `state`
    are the Status and StateID of a failure in REST's /message.
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
        """All events, in order."""
        return (self.event, *self.later) if self.event else ()

    @property
    def status(self) -> str:
        """Status in /message, "" if the mail is not listed."""
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
    # No event and no row, as when Mailjet drops the email of an unknown sender
    "dropped": Fate(""),
}


def fate_of(address: str, tracked: Container[str] = TRACKED) -> Fate:
    """The fate of a mail to this address.

    `tracked` are the events of `TRACKED` that Mailjet can see for this mail.
    """
    word = address.partition("@")[0].partition("+")[0].lower()
    fate = FATES.get(word, DELIVERED)
    unnoticed = [event for event in TRACKED if event not in tracked]
    return replace(
        fate, later=tuple(event for event in fate.later if event not in unnoticed)
    )
