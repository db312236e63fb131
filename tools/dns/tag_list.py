"""Read the lists of tag=value terms that make up DKIM and DMARC records."""

import re
from collections import Counter
from dataclasses import dataclass

# White space as in RFC 6376 2.8 and RFC 9989 4.8; str.strip() removes more
WHITE_SPACE = " \t\r\n"

_TERM = re.compile(r"([a-z][a-z0-9_-]*)[ \t\r\n]*=(.*)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class TagList:
    """The (name, value) pairs in order, and the terms that are not tag=value."""

    pairs: tuple[tuple[str, str], ...]
    unreadable: tuple[str, ...]

    def get(self, name, default=""):
        """Return the value of the tag; names are case-sensitive (RFC 6376 3.2)."""
        return dict(self.pairs).get(name, default)

    def __contains__(self, name):
        return name in dict(self.pairs)

    @property
    def repeated(self):
        """The names that occur more than once, which is not allowed."""
        counts = Counter(name for name, _value in self.pairs)
        return tuple(name for name, count in counts.items() if count > 1)


def parse_tag_list(text):
    """Return the `TagList` in a text; only the last term may be empty."""
    terms = [term.strip(WHITE_SPACE) for term in text.split(";")]
    if not terms[-1]:
        terms.pop()
    matches = [(term, _TERM.fullmatch(term)) for term in terms]
    return TagList(
        tuple(
            (match[1], match[2].strip(WHITE_SPACE)) for _term, match in matches if match
        ),
        tuple(term or ";" for term, match in matches if not match),
    )
