"""Notice an alias beside other records of the same name."""

from ..words import Words, _lt
from .verdict import Verdict


def alias_conflict(lookup, alias):
    """Return the `Verdict` on an alias beside the records found, or None.

    A name with a CNAME may have nothing else (RFC 1034 3.6.2); some DNS servers let it
    have, and whoever asks sees the one or the other.

    :param Lookup lookup: the records of the name, which were found
    :param Lookup alias: the outcome of asking the name for CNAME
    """
    if alias.status != "answer" or lookup.chain:
        return None
    values = {"name": lookup.name.removesuffix("."), "type": lookup.type}
    return Verdict(
        "warning",
        Words(
            _lt(
                "%(name)s has both an alias (CNAME) and a %(type)s record, so that "
                "some servers see the one and some the other."
            ),
            values,
        ),
        Words(
            _lt("Delete the CNAME record or the %(type)s record at %(name)s."), values
        ),
    )
