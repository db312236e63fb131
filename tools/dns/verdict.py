"""What a check of a DNS record has to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def _lt(source):
    """Mark a sentence for the export of terms; it is translated where it is shown."""
    return source


@dataclass(frozen=True)
class Words:
    """A sentence in English, marked with `_lt` where it is written, and its values.

    `str()` gives the English text; who shows it to people translates `source` first
    and fills in `values` with the % operator.
    """

    source: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self):
        return self.source % self.values


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
    found, if that is another name than the one asked for.
    """

    status: str
    cause: Words | None = None
    cure: Words | None = None
    found: tuple[str, ...] = ()
    host: str = ""


STATUSES = ("ok", "warning", "error", "missing", "temperror")
