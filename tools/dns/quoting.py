"""Detect a value that was copied from a zone file together with its quoting."""

import re

from ..words import Words, _lt

# k=rsa\; or "k=rsa"
_QUOTING = re.compile(rb'[\\"]')


def has_quoting(value):
    """Whether the value contains a backslash or a quote."""
    return bool(_QUOTING.search(value))


def quoting_cause(name):
    """Return the `Words` for such a value."""
    return Words(
        _lt(
            "The value at %(name)s contains backslashes or quotes: it was copied from "
            "a zone file into a field that takes plain text."
        ),
        {"name": name},
    )
