"""The result of the check of a DNS record."""

from dataclasses import dataclass

from ..words import Words


@dataclass(frozen=True)
class Verdict:
    """The state of one record of a domain.

    `status` is one of

    - ok: nothing to do; `cause` may hold a note,
    - warning: it works, but could be better,
    - error: the record exists and is wrong,
    - missing: the record does not exist,
    - temperror: an outage, check again later. Says nothing about the record.

    `cause` explains the status, and `cure` says what to do about it; each may be None.
    `found` are the values seen, as text to show: all but printable ASCII becomes
    \\ddd. `host` is the name where the record was found, if it is not the one asked
    for. `proposal` is a value to publish, made from the existing one; `removals` say
    which parts of that it leaves out, and why; `refusal` says why there is no proposal.
    `wait` is how long resolvers may cache the absence of the record, in seconds.
    """

    status: str
    cause: Words | None = None
    cure: Words | None = None
    found: tuple[str, ...] = ()
    host: str = ""
    proposal: str = ""
    refusal: Words | None = None
    wait: int | None = None
    removals: tuple[Words, ...] = ()


STATUSES = ("ok", "warning", "error", "missing", "temperror")
# The record does its work
FINE = ("ok", "warning")
