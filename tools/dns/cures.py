"""How to fix a record: the sentences that several checks share."""

from ..words import Words, _lt


def create_cure(name, kind, domain):
    """Return the `Words` for a record that is missing."""
    return Words(
        _lt(
            "At the DNS provider of %(domain)s, create a %(type)s record at %(name)s "
            "with the value shown."
        ),
        {"domain": domain, "type": kind, "name": name},
    )


def replace_cure(name, kind):
    """Return the `Words` for a record with a wrong value."""
    return Words(
        _lt(
            "Replace the %(type)s record at %(name)s with the value shown, in one "
            "piece and without quotes."
        ),
        {"type": kind, "name": name},
    )
