"""What became of a mail, recipient by recipient: plain values for the models."""

from collections import defaultdict
from dataclasses import dataclass, field

from ...tools.smtp.cause import Scope
from ...tools.smtp.diagnosis import Diagnosis
from ...tools.smtp.pipeline import Delivery, Fate
from ...tools.words import Words


@dataclass(frozen=True)
class Failure:
    """Why a mail failed, where it did so before anything was sent.

    :ivar is_undecided: whether Mailjet has it is not known, and somebody has to decide
    """

    failure_type: str
    reason: str
    is_undecided: bool = False


@dataclass(frozen=True)
class NeedsSmtp:
    """Why a mail that the Send API has refused waits to go by SMTP."""

    words: Words


@dataclass
class Entry:
    """One SMTP transaction of a mail: to a partner, or to its bare addresses.

    :ivar partner_id: 0 for the bare addresses
    :ivar fates: envelope recipient -> fate
    :ivar reasons: envelope recipient -> `Diagnosis` or `Failure`, unless accepted
    :ivar message_ids: envelope recipient -> Mailjet's MessageID, where it gave one
    """

    partner_id: int
    fates: dict[str, Fate] = field(default_factory=dict)
    reasons: dict[str, Diagnosis | Failure | None] = field(default_factory=dict)
    message_ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, partner_id, delivery: Delivery, diagnose):
        """Return what a delivery says.

        :param diagnose: a function from an error to a `Diagnosis`
        """
        reasons = {to: diagnose(error) for to, error in delivery.errors.items()}
        fates, message_ids = dict(delivery.fates), dict(delivery.message_ids)
        return cls(partner_id, fates, reasons, message_ids)

    @classmethod
    def not_carried(cls, partner_id, delivery: Delivery, words: Words):
        """Return that a mail has to go by SMTP, as the Send API refused it."""
        fates = dict.fromkeys(delivery.fates, Fate.NOT_BEGUN)
        return cls(partner_id, fates, dict.fromkeys(fates, NeedsSmtp(words)))

    @classmethod
    def failed(cls, partner_id, addresses, failure: Diagnosis | Failure):
        """Return that nothing was sent to any of these addresses."""
        addresses = addresses or [""]
        fates = dict.fromkeys(addresses, Fate.REFUSED)
        return cls(partner_id, fates, dict.fromkeys(addresses, failure))

    @classmethod
    def unknown_sender(cls, partner_id, addresses, error):
        """Return that a mail waits until Mailjet says whether it knows the sender.

        :param AssertionError error: core's pair of a failure and the reason
        """
        addresses = addresses or [""]
        failure = Failure("mail_from_invalid", str(error.args[-1]))
        fates = dict.fromkeys(addresses, Fate.NOT_BEGUN)
        return cls(partner_id, fates, dict.fromkeys(addresses, failure))


def fates_of(entries):
    """Return the set of the fates of a mail's recipients."""
    return {fate for entry in entries for fate in entry.fates.values()}


def used_of(entries):
    """Return how many recipients of a mail count at Mailjet, or may do so."""
    fates = [fate for entry in entries for fate in entry.fates.values()]
    return sum(fate in (Fate.ACCEPTED, Fate.UNCERTAIN) for fate in fates)


@dataclass(frozen=True)
class Verdict:
    """What follows for a recipient; mails are split by it.

    :ivar kind: sent, uncertain, waiting or failed
    :ivar reason: why, for waiting and failed
    :ivar text: tells reasons apart
    """

    kind: str
    reason: Diagnosis | Failure | None = field(default=None, compare=False)
    text: str = ""

    @classmethod
    def of(cls, kind, reason):
        """Return a verdict that equals another of the same kind and reason."""
        if isinstance(reason, Diagnosis):
            return cls(kind, reason, f"{reason.cause.value} {reason.detail}")
        return cls(kind, reason, str(reason))


SENT, UNCERTAIN = Verdict("sent"), Verdict("uncertain")


def verdict_of(fate: Fate, reason, is_given_up=False) -> Verdict:
    """Return what follows from a fate.

    :param is_given_up: whether a mail that is refused for now is not tried again
    """
    if fate == Fate.ACCEPTED:
        return SENT
    if fate == Fate.UNCERTAIN:
        return UNCERTAIN
    if fate == Fate.NOT_BEGUN:
        return Verdict.of("waiting", reason)
    if isinstance(reason, Diagnosis) and reason.can_retry:
        if not is_given_up or not is_about_mail(reason):
            return Verdict.of("waiting", reason)
    return Verdict.of("failed", reason)


def is_about_mail(reason) -> bool:
    """Whether a refusal is about the mail, not about the account or the connection.

    Only then it counts for the day after which a mail is given up.
    """
    if not isinstance(reason, Diagnosis):
        return False
    return reason.scope not in (Scope.ACCOUNT, Scope.CONNECTION)


def by_verdict(entries, is_given_up=False):
    """Group the recipients of a mail.

    :param entries: its `Entry` values
    :return: `Verdict` -> list of (partner id, [envelope recipients])
    """
    groups = defaultdict(list)
    for entry in entries:
        found = defaultdict(list)
        for address, fate in entry.fates.items():
            reason = entry.reasons.get(address)
            found[verdict_of(fate, reason, is_given_up)].append(address)
        for verdict, addresses in found.items():
            groups[verdict].append((entry.partner_id, addresses))
    return dict(groups)
