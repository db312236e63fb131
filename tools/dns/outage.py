"""Explain an outage, which says nothing about the record itself."""

from ..words import Words, _lt
from .names import plain
from .verdict import Verdict

LATER = _lt("Wait a few minutes and check again.")


def outage_verdict(lookup):
    """Return the `Verdict` on a `Lookup` that is an outage."""
    name = plain(lookup.name)
    if lookup.status == "bogus":
        return Verdict(
            "temperror",
            Words(
                _lt(
                    "DNSSEC is broken for this domain: the signatures of its DNS "
                    "records are invalid, so many servers do not trust them (looked up "
                    "%(name)s)."
                ),
                {"name": name},
            ),
            Words(
                _lt(
                    "Ask the DNS provider of the domain to repair DNSSEC, or have the "
                    "domain registrar remove the DS record."
                )
            ),
        )
    return Verdict(
        "temperror",
        Words(
            _lt("The DNS servers gave no usable answer for %(name)s (%(reason)s)."),
            {"name": name, "reason": lookup.status.upper()},
        ),
        Words(LATER),
    )
