"""Say that nobody could tell, which is never a finding about a record."""

from ..words import Words, _lt
from .names import plain
from .verdict import Verdict


def outage_verdict(lookup):
    """Return the `Verdict` of a `Lookup` that is an outage."""
    name = plain(lookup.name)
    if lookup.status == "bogus":
        return Verdict(
            "temperror",
            Words(
                _lt(
                    "DNSSEC is broken for this domain: the signatures of its DNS "
                    "records do not fit, so that many servers do not believe them "
                    "(asked for %(name)s)."
                ),
                {"name": name},
            ),
            Words(
                _lt(
                    "Let the company that hosts the DNS of the domain repair DNSSEC, "
                    "or have the DS record removed where the domain was registered."
                )
            ),
        )
    return Verdict(
        "temperror",
        Words(
            _lt("The DNS servers gave no usable answer about %(name)s (%(reason)s)."),
            {"name": name, "reason": lookup.status.upper()},
        ),
        Words(_lt("Wait a few minutes and check again.")),
    )
