"""What a check found, and how it is said."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from ..words import Words


class Level(str, Enum):
    """How bad a finding is; nothing but the sender's own decision follows from it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Certainty(str, Enum):
    """How sure we are that it matters to this mailing.

    Certain: a fact about the message. Likely: known to hurt, though not with every
    receiver. Possible: a guess from a pattern.
    """

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Finding:
    """One thing to fix.

    :ivar code: what the finding is about; findings with the same code are one
    :ivar what: what was found, in one sentence
    :ivar why: why that is bad
    :ivar cure: what to do
    :ivar source: who says so: a page, a standard, or our own judgement
    :ivar examples: texts from the message, such as links
    """

    code: str
    level: Level
    what: Words
    why: Words
    cure: Words
    certainty: Certainty = Certainty.CERTAIN
    source: Words | None = None
    examples: tuple[str, ...] = field(default=())


MOST_EXAMPLES = 10
EXAMPLE_LENGTH = 200

_RANKS = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings once each, the worst first, with the examples of all."""
    by_code: dict[str, Finding] = {}
    for finding in findings:
        known = by_code.get(finding.code)
        if known is None:
            by_code[finding.code] = _shortened(finding)
            continue
        worse = finding if _RANKS[finding.level] < _RANKS[known.level] else known
        examples = (*known.examples, *finding.examples)
        by_code[finding.code] = _shortened(replace(worse, examples=examples))
    return sorted(by_code.values(), key=lambda finding: _RANKS[finding.level])


def _shortened(finding: Finding) -> Finding:
    examples = dict.fromkeys(text[:EXAMPLE_LENGTH] for text in finding.examples)
    return replace(finding, examples=tuple(examples)[:MOST_EXAMPLES])
