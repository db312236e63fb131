"""What a check of a DNS record has to say."""

from dataclasses import dataclass

from ..words import Words


@dataclass(frozen=True)
class Verdict:
    """The state of one record of a domain.

    `status` is one of

    - ok: nothing to do; `cause` may hold a note,
    - warning: it works, but should be better,
    - error: it is there and wrong,
    - missing: it is not there,
    - temperror: nobody could say, ask again later. Never a finding about the record.

    `cause` is one sentence of what is the case and `cure` one of what to do about it;
    None where there is nothing to say. `found` are the values seen, as text to show:
    bytes outside of printable ASCII come as \\ddd. `host` is where the record was
    found, if that is another name than the one asked for. `proposal` is a value to
    publish that was made from what is there, `refusal` why there is none. `wait` is how
    long resolvers may remember that nothing was there, in seconds.
    """

    status: str
    cause: Words | None = None
    cure: Words | None = None
    found: tuple[str, ...] = ()
    host: str = ""
    proposal: str = ""
    refusal: Words | None = None
    wait: int | None = None


STATUSES = ("ok", "warning", "error", "missing", "temperror")
