"""Explain why an email that Mailjet accepted did not arrive.

Events have `error_related_to` and `error`; REST has a number for the same word. The
list is not complete: a captured bounce relates to "policy issue" and has no error.
https://dev.mailjet.com/email/guides/webhooks/#possible-values-for-errors
"""

from dataclasses import dataclass
from enum import Enum

from ..smtp.advice import advice_for
from ..smtp.receiver_refusals import RECORDS, receiver_cause
from ..words import Words, _lt


class Kind(Enum):
    """What a failure says about the address."""

    HARD = "hard"  # the address is bad
    SOFT = "soft"  # it may work later
    DEFERRED = "deferred"  # not a failure: Mailjet retries
    SUPPRESSED = "suppressed"  # Mailjet no longer delivers to it
    OURS = "ours"  # the sender or the content is at fault, not the address
    DUPLICATE = "duplicate"  # not the address's fault, either


@dataclass(frozen=True)
class Failure:
    """Why an email did not arrive.

    `is_permanent` is whether it never will; `kind` is what that says about the address.
    They differ where a recipient's server refuses our content for good, for example.
    `records` are the kinds of DNS records of the sender's domain to look at.
    `failure_type` is Odoo's, for an email that Mailjet did not try to deliver.
    """

    kind: Kind
    failure_type: str
    reason: Words
    cure: Words | None = None
    is_permanent: bool = False
    records: tuple[str, ...] = ()

    @property
    def counts(self):
        """Whether it counts against the address if it bounced."""
        return self.kind is Kind.HARD


@dataclass(frozen=True)
class _Row:
    kind: Kind
    failure_type: str
    reason: str
    cure: str | None = None


_CHECK = _lt("Check the address; it may no longer exist.")
_ASK_FIRST = _lt(
    "If the recipient wants your emails again, unblock the address at Mailjet: on the "
    "contact's page, or by asking Mailjet's support."
)
_LOOK_AT_CONTENT = _lt(
    "Check the DNS records of the sender's domain, and the content for signs of spam."
)

_FAILURES = {
    "user unknown": _Row(
        Kind.HARD, "mail_email_invalid", _lt("There is no such mailbox."), _CHECK
    ),
    "mailbox inactive": _Row(
        Kind.HARD,
        "mail_email_invalid",
        _lt("The mailbox is inactive."),
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
        _lt("The recipient reported an earlier email as spam."),
        _ASK_FIRST,
    ),
    "invalid domain": _Row(
        Kind.HARD, "mail_email_invalid", _lt("There is no such domain."), _CHECK
    ),
    "no mail host": _Row(
        Kind.SOFT,
        "mail_email_invalid",
        _lt("The domain does not accept email."),
        _CHECK,
    ),
    "relay/access denied": _Row(
        Kind.SOFT,
        "mail_email_invalid",
        _lt("The recipient's server does not accept email for this address."),
    ),
    "greylisted": _Row(
        Kind.DEFERRED,
        "unknown",
        _lt("The recipient's server asked Mailjet to retry later, and it will."),
    ),
    "typofix": _Row(
        Kind.HARD,
        "mail_email_invalid",
        _lt("The domain looks like a typo."),
        _CHECK,
    ),
    "bad or empty template": _Row(
        Kind.OURS, "unknown", _lt("The email's template is empty or invalid.")
    ),
    "error in template language": _Row(
        Kind.OURS,
        "unknown",
        _lt("Mailjet read the content as a template and found an error in it."),
    ),
    "sender blocked": _Row(
        Kind.OURS,
        "mail_spam",
        _lt("The recipient's server does not accept email from this sender."),
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
        _lt("The recipient's server refused the email because of its own policy."),
        _LOOK_AT_CONTENT,
    ),
    "spam preblocked": _Row(
        Kind.OURS,
        "mail_spam",
        _lt("Mailjet held the email back because it looks like spam."),
        _LOOK_AT_CONTENT,
    ),
    "system issue": _Row(
        Kind.SOFT, "unknown", _lt("A technical problem at Mailjet prevented delivery.")
    ),
    "protocol issue": _Row(
        Kind.SOFT,
        "unknown",
        _lt("A protocol error between Mailjet and the recipient's server."),
    ),
    "connection issue": _Row(
        Kind.SOFT, "unknown", _lt("The recipient's server could not be reached.")
    ),
    "preblocked": _Row(
        Kind.SUPPRESSED,
        "mail_bl",
        _lt(
            "Mailjet did not try: the address bounced recently, for you or for another "
            "customer."
        ),
        _ASK_FIRST,
    ),
    "duplicate in campaign": _Row(
        Kind.DUPLICATE,
        "mail_dup",
        _lt("The address already received an email of this campaign."),
    ),
}
# After a permanent failure, these count against the address; a server that never stops
# greylisting does not accept it either
_OF_THE_ADDRESS = (Kind.HARD, Kind.SOFT, Kind.DEFERRED)
# Mailjet did not even offer the email to the recipient's server
_NOT_TRIED = (Kind.SUPPRESSED, Kind.DUPLICATE)
_UNKNOWN = _lt("Mailjet gave a reason that Odoo does not know: %(error)s")
_NO_REASON = _lt("Mailjet gave no reason.")

# Events are grouped by these: a code for each reason, OTHER and NONE for the rest
OTHER, NONE = "other", "none"


def _code(word):
    return word.replace("/", "_").replace(" ", "_")


REASON_CODES = (*map(_code, _FAILURES), OTHER, NONE)


def _codes_of(kind):
    return tuple(_code(word) for word, row in _FAILURES.items() if row.kind is kind)


# If Mailjet says no more, these are permanent
HARD_CODES = _codes_of(Kind.HARD)
# These are no failure
DEFERRED_CODES = _codes_of(Kind.DEFERRED)
# A delivery lifts these
DUPLICATE_CODES = _codes_of(Kind.DUPLICATE)


def reason_code(related_to="", error=""):
    """Return the one of `REASON_CODES` for Mailjet's words.

    The parameters are those of `explain_failure`.
    """
    known = _known_word(related_to, error)
    if known:
        return _code(known)
    return OTHER if related_to.strip() or error.strip() else NONE


def _known_word(related_to, error):
    """Return the matching word of the table, or None."""
    words = (" ".join(word.lower().split()) for word in (error, related_to))
    return next((word for word in words if word in _FAILURES), None)


def explain_failure(related_to="", error="", is_hard=None, reply=""):
    """Return the `Failure` behind Mailjet's words.

    :param str related_to: `error_related_to` of an event
    :param str error: `error` of an event, or the word for REST's StateID
    :param bool is_hard: what Mailjet says of a bounce; None if it says nothing. It
        outranks the table on whether the failure is permanent, but cannot turn the
        sender's fault or a suppression into a fault of the address.
    :param str reply: what the recipient's server said; a rule of its provider that it
        names explains more than Mailjet's words
    """
    row = _FAILURES.get(_known_word(related_to, error))
    if row is None:
        is_silent = reason_code(related_to, error) == NONE
        row = _Row(
            Kind.HARD if is_hard else Kind.SOFT,
            "unknown",
            _NO_REASON if is_silent else _UNKNOWN,
        )
    is_permanent = row.kind is Kind.HARD if is_hard is None else is_hard
    kind = row.kind
    if is_permanent and kind in _OF_THE_ADDRESS:
        kind = Kind.HARD
    elif kind is Kind.HARD:
        kind = Kind.SOFT
    cause = None if kind in _NOT_TRIED else receiver_cause(reply)
    if cause:
        return _broken_rule(cause, kind, is_permanent)
    return Failure(
        kind,
        row.failure_type,
        Words(row.reason, {"error": ", ".join(filter(None, (related_to, error)))}),
        Words(row.cure) if row.cure else None,
        is_permanent,
    )


def _broken_rule(cause, kind, is_permanent):
    """Return the `Failure` for a rule of the recipient's provider."""
    advice = advice_for(cause)
    return Failure(
        Kind.DEFERRED if kind is Kind.DEFERRED else Kind.OURS,
        "mail_spam",
        Words(advice.reason),
        Words(advice.cure),
        is_permanent,
        RECORDS.get(cause, ()),
    )
