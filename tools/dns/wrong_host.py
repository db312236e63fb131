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
    that of a parent domain; the name may then have been cut too short. And somebody may
    forget the underscores, or think of the web site.
    """
    prefix = name.removesuffix(f".{domain}")
    bare = prefix.replace("_", "")
    hosts = [
        (domain, prefix),
        (f"{name}.{domain}", prefix),
        (f"{bare}.{domain}", prefix),
        (f"{prefix}.www.{domain}", prefix),
    ]
    if "." in prefix:
        first, _dot, rest = prefix.partition(".")
        for cut in (first + rest, rest, first):
            hosts.append((f"{cut}.{domain}", prefix))
    for zone in parents(domain)[:_ZONES_ABOVE]:
        entry = name.removesuffix(f".{zone}")
        hosts += [(f"{name}.{zone}", entry), (f"{prefix}.{zone}", entry)]
    return _as_wrong_hosts(hosts, name)


def spf_wrong_hosts(domain):
    """Return the `WrongHost`s of the SPF record of a domain.

    Others are at hosts with an underscore, such as _dmarc, and many services ask for
    SPF at _spf, to be included.
    """
    hosts = [(f"{label}.{domain}", "@") for label in ("_spf", "spf", domain, "www")]
    for zone in parents(domain)[:_ZONES_ABOVE]:
        hosts.append((f"{domain}.{zone}", domain.removesuffix(f".{zone}")))
    return _as_wrong_hosts(hosts, domain)


def _as_wrong_hosts(hosts, name):
    entries = {}
    for host, entry in hosts:
        if host != name and is_askable(host):
            entries.setdefault(host, entry)
    return [WrongHost(host, entry) for host, entry in entries.items()]


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
