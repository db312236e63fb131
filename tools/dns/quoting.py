"""Notice a value that was copied from a zone file, quoting and all."""

import re

from ..words import Words, _lt

# k=rsa\; or "k=rsa"
_QUOTING = re.compile(rb'[\\"]')


def has_quoting(value):
    """Whether a backslash or a quote stands inside of the value."""
    return bool(_QUOTING.search(value))


def quoting_cause(name):
    """Return the `Words` of such a value."""
    return Words(
        _lt(
            "There are backslashes or quotes inside the value at %(name)s: it was "
            "copied from a zone file into a field that takes the bare text."
        ),
        {"name": name},
    )
