"""Say in plain words why a mail that Mailjet took did not arrive.

Events have `error_related_to` and `error`, REST has the number of the same word. The
list is not closed: a captured bounce has "policy issue" as what it relates to and no
error at all.
https://dev.mailjet.com/email/guides/webhooks/#possible-values-for-errors
"""

from dataclasses import dataclass
from enum import Enum

from ..words import Words, _lt


class Kind(Enum):
    """What a failure says about the address."""

    HARD = "hard"  # the address is bad
    SOFT = "soft"  # it may work another time
    DEFERRED = "deferred"  # no failure: Mailjet tries again
    SUPPRESSED = "suppressed"  # Mailjet does not try it any more
    OURS = "ours"  # sender or content, nothing about the address
    DUPLICATE = "duplicate"  # nothing about the address either


@dataclass(frozen=True)
class Failure:
    """Why a mail did not arrive.

    `failure_type` is the one of Odoo's for a mail that Mailjet did not try to deliver;
    a bounce is `mail_bounce` in Odoo whatever its reason.
    """

    kind: Kind
    failure_type: str
    reason: Words
    cure: Words | None = None


@dataclass(frozen=True)
class _Row:
    kind: Kind
    failure_type: str
    reason: str
    cure: str | None = None


_CHECK = _lt("Check the address; it may no longer exist.")
_ASK_FIRST = _lt(
    "If its owner wants your emails again, lift the block at Mailjet: on the contact's "
    "page, or by asking its support."
)
_LOOK_AT_CONTENT = _lt(
    "Check the DNS records of the sender's domain, and the content for what is typical "
    "of spam."
)

_FAILURES = {
    "user unknown": _Row(
        Kind.HARD, "mail_email_invalid", _lt("There is no such mailbox."), _CHECK
    ),
    "mailbox inactive": _Row(
        Kind.HARD,
        "mail_email_invalid",
        _lt("The mailbox has not been used for a long time."),
        _CHECK,
    ),
    "quota exceeded": _Row(Kind.SOFT, "unknown", _lt("The mailbox is full.")),
    "blacklisted": _Row(
        Kind.SUPPRESSED,
        "mail_bl",
        _lt(
            "The address is on the block list of your Mailjet account: it bounced or "
            "unsubscribed before."
        ),
        _ASK_FIRST,
    ),
    "spam reporter": _Row(
        Kind.SUPPRESSED,
        "mail_bl",
        _lt("The recipient has reported an earlier email as spam."),
        _ASK_FIRST,
    ),
    "invalid domain": _Row(
        Kind.HARD, "mail_email_invalid", _lt("There is no such domain."), _CHECK
    ),
    "no mail host": _Row(
        Kind.SOFT, "mail_email_invalid", _lt("The domain takes no mail."), _CHECK
    ),
    "relay/access denied": _Row(
        Kind.SOFT,
        "mail_email_invalid",
        _lt("The recipient's server does not take mail for this address."),
    ),
    "greylisted": _Row(
        Kind.DEFERRED,
        "unknown",
        _lt("The recipient's server asked to come again later, and Mailjet will."),
    ),
    "typofix": _Row(
        Kind.HARD,
        "mail_email_invalid",
        _lt("The domain looks like a typing mistake."),
        _CHECK,
    ),
    "bad or empty template": _Row(
        Kind.OURS, "unknown", _lt("The email has no content that Mailjet could send.")
    ),
    "error in template language": _Row(
        Kind.OURS,
        "unknown",
        _lt("Mailjet read the content as a template and found a mistake in it."),
    ),
    "sender blocked": _Row(
        Kind.OURS,
        "mail_spam",
        _lt("The recipient's server takes no mail from this sender."),
        _LOOK_AT_CONTENT,
    ),
    "content blocked": _Row(
        Kind.OURS,
        "mail_spam",
        _lt("The recipient's server refused the content."),
        _LOOK_AT_CONTENT,
    ),
    "policy issue": _Row(
        Kind.OURS,
        "mail_spam",
        _lt("The recipient's server refused the email by a rule of its own."),
        _LOOK_AT_CONTENT,
    ),
    "spam preblocked": _Row(
        Kind.OURS,
        "mail_spam",
        _lt("Mailjet held the email back because it looks like spam."),
        _LOOK_AT_CONTENT,
    ),
    "system issue": _Row(
        Kind.SOFT, "unknown", _lt("A technical fault at Mailjet kept it from arriving.")
    ),
    "protocol issue": _Row(
        Kind.SOFT,
        "unknown",
        _lt("Mailjet and the recipient's server did not understand each other."),
    ),
    "connection issue": _Row(
        Kind.SOFT, "unknown", _lt("The recipient's server could not be reached.")
    ),
    "preblocked": _Row(
        Kind.SUPPRESSED,
        "mail_bl",
        _lt(
            "Mailjet did not try: the address bounced lately, for you or for another "
            "of its customers."
        ),
        _ASK_FIRST,
    ),
    "duplicate in campaign": _Row(
        Kind.DUPLICATE,
        "mail_dup",
        _lt("The address had already got an email of this campaign."),
    ),
}
_UNKNOWN = _lt("Mailjet gives a reason that is not known here: %(error)s")
_NO_REASON = _lt("Mailjet gives no reason.")

# What events are grouped by: a code for each reason, OTHER and NONE for the rest
OTHER, NONE = "other", "none"


def _code(word):
    return word.replace("/", "_").replace(" ", "_")


REASON_CODES = (*map(_code, _FAILURES), OTHER, NONE)


def reason_code(related_to="", error=""):
    """Return which of `REASON_CODES` Mailjet's words stand for.

    The parameters are those of `explain_failure`.
    """
    known = _known_word(related_to, error)
    if known:
        return _code(known)
    return OTHER if related_to.strip() or error.strip() else NONE


def _known_word(related_to, error):
    """Return the word of the table that is meant, None if there is none."""
    words = (" ".join(word.lower().split()) for word in (error, related_to))
    return next((word for word in words if word in _FAILURES), None)


def explain_failure(related_to="", error="", is_hard=None):
    """Return the `Failure` behind Mailjet's words.

    :param str related_to: `error_related_to` of an event
    :param str error: `error` of an event, or the word for a StateID of REST
    :param bool is_hard: Mailjet's own word on a bounce, which beats the table; None if
        it says nothing. Greylisting is no failure even so.
    """
    row = _FAILURES.get(_known_word(related_to, error))
    if row is None:
        is_silent = reason_code(related_to, error) == NONE
        row = _Row(
            Kind.HARD if is_hard else Kind.SOFT,
            "unknown",
            _NO_REASON if is_silent else _UNKNOWN,
        )
    kind = row.kind
    if is_hard is not None and kind in (Kind.HARD, Kind.SOFT):
        kind = Kind.HARD if is_hard else Kind.SOFT
    return Failure(
        kind,
        row.failure_type,
        Words(row.reason, {"error": ", ".join(filter(None, (related_to, error)))}),
        Words(row.cure) if row.cure else None,
    )
