"""Sentences for people, written where the facts are and translated where shown."""

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
