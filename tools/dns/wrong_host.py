"""Know the names where a record may be published by mistake."""

from dataclasses import dataclass

from ..words import Words, _lt
from .names import is_askable, parents
from .verdict import Verdict

# The zone of a subdomain is rarely more than two levels above it
_ZONES_ABOVE = 2


@dataclass(frozen=True)
class WrongHost:
    """A name where the record may be by mistake, and what to enter in the DNS panel."""

    name: str
    entry: str


def wrong_hosts(name, domain):
    """Return the `WrongHost`s of a record name of a domain.

    They are the domain itself, and the names that result if a DNS panel adds its zone
    to whatever is entered: a.example.com.example.com. The zone of a subdomain may be
    that of a parent domain; the name may then have been cut too short.
    """
    prefix = name.removesuffix(f".{domain}")
    hosts = [(domain, prefix), (f"{name}.{domain}", prefix)]
    for zone in parents(domain)[:_ZONES_ABOVE]:
        entry = name.removesuffix(f".{zone}")
        hosts += [(f"{name}.{zone}", entry), (f"{prefix}.{zone}", entry)]
    return [
        WrongHost(host, entry)
        for host, entry in hosts
        if host != name and is_askable(host)
    ]


def wrong_host_verdict(name, host, found):
    """Return the `Verdict` on a record that was found at the `WrongHost`."""
    return Verdict(
        "missing",
        Words(
            _lt("The record is at %(host)s but belongs at %(name)s."),
            {"host": host.name, "name": name},
        ),
        Words(
            _lt(
                "Move it to %(name)s. If your DNS panel adds the domain automatically, "
                "enter only %(entry)s as the name."
            ),
            {"name": name, "entry": host.entry},
        ),
        found,
        host.name,
    )
