"""Detect an alias that shares its name with other records."""

from ..words import Words, _lt
from .verdict import Verdict


def alias_conflict(lookup, alias):
    """Return the `Verdict` on an alias beside the records found, or None.

    A name with a CNAME must have no other record (RFC 1034 3.6.2). Some DNS servers
    allow it all the same, and then return one or the other.

    :param Lookup lookup: the records found at the name
    :param Lookup alias: the CNAME lookup of the same name
    """
    if alias.status != "answer" or lookup.chain:
        return None
    values = {"name": lookup.name.removesuffix("."), "type": lookup.type}
    return Verdict(
        "warning",
        Words(
            _lt(
                "%(name)s has both an alias (CNAME) and a %(type)s record, so some "
                "servers see one and some the other."
            ),
            values,
        ),
        Words(
            _lt("Delete the CNAME record or the %(type)s record at %(name)s."), values
        ),
    )
