"""Ask DNS servers; whatever happens comes back as a value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Question(NamedTuple):
    """A name, absolute and in A-labels (a last dot is allowed), and a record type."""

    name: str
    type: str


@dataclass(frozen=True)
class Lookup:
    """The outcome of one question.

    `status` is one of

    - answer: there are `records`,
    - nodata: the name exists, without records of this type,
    - nxdomain: the name, or the one its alias leads to, does not exist,
    - servfail, refused, timeout, bogus (DNSSEC is broken), malformed: an outage, which
      says nothing about the record.

    `records` are bytes for TXT, the strings of each record joined; for other types the
    value as in a zone file, absolute names in lower case with the last dot. Their order
    means nothing. `chain` are the names that aliases led to, the last one answered.
    `ttl` and `negative_ttl` are in seconds, the latter how long resolvers may remember
    that there is nothing. `server` says who was asked.
    """

    name: str
    type: str
    status: str
    records: tuple[bytes, ...] | tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    ttl: int | None = None
    negative_ttl: int | None = None
    server: str = ""
    is_authoritative: bool = False

    @property
    def is_absent(self):
        """Whether it is certain that there is no such record."""
        return self.status in ("nodata", "nxdomain")

    @property
    def is_outage(self):
        """Whether nothing is known."""
        return self.status not in ("answer", "nodata", "nxdomain")


# All questions of one call are asked at the same time, and answered in their order. It
# never raises for what happens on the network. A question costs once: ask it again.
Ask = Callable[[Sequence[Question]], list[Lookup]]
