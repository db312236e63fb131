"""What becomes of a mail, by the first word of the recipient's address.

So that a person in the sandbox, or a test, has every outcome at hand: a mail to
`bounce@example.org` or `bounce+2@example.org` bounces, one to anybody else arrives.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fate:
    """One outcome.

    `status` and `state` are those of REST's /message, `event` and what follows those of
    the posted event; `later` are the events after it.
    """

    status: str
    event: str
    state: int = 0
    is_permanent: bool = False
    related_to: str = ""
    error: str = ""
    comment: str = ""
    later: tuple[str, ...] = ()


DELIVERED = Fate("sent", "sent")
# The numbers are those of
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Message.ts
FATES = {
    "open": Fate("opened", "sent", later=("open",)),
    "click": Fate("clicked", "sent", later=("open", "click")),
    "spam": Fate("spam", "sent", later=("spam",)),
    "unsub": Fate("unsub", "sent", later=("open", "unsub")),
    "bounce": Fate(
        "hardbounced",
        "bounce",
        1,
        True,
        "recipient",
        "user unknown",
        "550 5.1.1 The email account that you tried to reach does not exist",
    ),
    "softbounce": Fate(
        "softbounced",
        "bounce",
        3,
        False,
        "recipient",
        "quota exceeded",
        "452 4.2.2 The recipient's mailbox is full",
    ),
    "greylisted": Fate(
        "deferred", "bounce", 13, False, "domain", "greylisted", "451 4.7.1 Try later"
    ),
    "blocked": Fate("blocked", "blocked", 14, False, "mailjet", "preblocked"),
    "complained": Fate("blocked", "blocked", 21, True, "recipient", "spam reporter"),
    "unsubscribed": Fate("blocked", "blocked", 20, True, "recipient", "blacklisted"),
    # No event, no row: Mailjet keeps the mail of an unknown sender back
    "dropped": Fate("", ""),
}


def fate_of(address: str) -> Fate:
    """What becomes of a mail to this address."""
    word = address.partition("@")[0].partition("+")[0].lower()
    return FATES.get(word, DELIVERED)
