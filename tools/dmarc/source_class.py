"""Tell a domain's own senders from forwarders and strangers."""

from dataclasses import dataclass

OURS = ("mailjet", "ours_passing", "ours_failing")
CLASSES = (*OURS, "forwarder", "unknown_failing", "unknown_passing")
# What a person may say about a source
DECISIONS = ("ours", "forwarder", "not_ours")

# From this share of its mail on, in percent, a sender of ours passes
PASSING_FROM = 95.0
# From this share on, mail from networks in the domain's SPF record makes it ours,
# forwarded mail makes it a forwarder, and mail that passes makes it no forgery
MOST = 50.0


@dataclass(frozen=True)
class Sums:
    """Messages of a source in a period.

    `passing`: SPF or DKIM passed and is aligned. `forwarded`: the receiver says that
    they were forwarded; `own`: from a network that the SPF record names.
    """

    messages: int = 0
    passing: int = 0
    forwarded: int = 0
    own: int = 0


def share(part, whole):
    """Return a percentage; 0 of nothing."""
    return 100.0 * part / whole if whole else 0.0


def classify(sums, is_mailjet=False, is_forwarder=False, decision=None):
    """Return the class of a source.

    :param Sums sums: what it sent of late
    :param bool is_forwarder: whether it is a service that forwards mail
    :param str decision: one of DECISIONS; None lets the evidence decide
    """
    if is_mailjet:
        return "mailjet"
    if decision == "forwarder":
        return "forwarder"
    passing = share(sums.passing, sums.messages)
    if decision == "ours":
        is_fine = passing >= PASSING_FROM or not sums.messages
        return "ours_passing" if is_fine else "ours_failing"
    if (
        not decision
        and passing >= PASSING_FROM
        and share(sums.own, sums.messages) >= MOST
    ):
        return "ours_passing"
    forwards = is_forwarder or share(sums.forwarded, sums.messages) >= MOST
    if not decision and forwards:
        return "forwarder"
    return "unknown_passing" if passing >= MOST else "unknown_failing"
