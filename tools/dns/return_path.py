"""Check the alias that lets bounces go to a name within your own domain."""

from dataclasses import replace

from ..words import Words, _lt
from .absence import absence_cause
from .cures import create_cure, replace_cure
from .domain_name import asked_name
from .existence import existence_question, gone_verdict
from .lookup import Question
from .names import plain, unused_name
from .outage import outage_verdict
from .stand_in import wildcard_cause
from .verdict import Verdict
from .wrong_host import wrong_host_verdict, wrong_hosts

# Mailjet's own bounce domain; yours begins with the same label
# https://www.mailjet.com/blog/deliverability/return-path-customization-explained/
TARGET = "bnc3.mailjet.com"
LABEL = "bnc3"


def check_return_path(domain, ask, target=TARGET):
    """Return the `Verdict` on the alias bnc3.<domain>.

    It is fine if the alias leads to Mailjet's bounce domain, directly or not.

    :param str domain: the sending domain
    :param Ask ask: asked once, and once more to find out why there is no alias
    :param str target: where the alias has to lead
    """
    domain, target = asked_name(domain), asked_name(target)
    name = f"{LABEL}.{domain}"
    alias, address, address6 = ask(
        [Question(name, "CNAME"), Question(name, "A"), Question(name, "AAAA")]
    )
    targets = _targets(alias, address, address6)
    if target in targets:
        return Verdict("ok", found=targets)
    for lookup in (alias, address):
        # The alias may lead further, and it is unknown where
        if lookup.is_outage:
            return outage_verdict(lookup)
    addresses = tuple(sorted({*address.records, *address6.records}))
    if not targets and not addresses:
        return _missing(alias, domain, target, ask)
    if _is_wildcard(alias, address, address6, ask):
        return Verdict(
            "missing",
            wildcard_cause(name),
            create_cure(name, "CNAME", domain),
            targets or addresses,
        )
    if targets:
        return replace(_other_target(name, target), found=targets)
    return replace(_address(name, target), found=addresses)


def _targets(alias, *addresses):
    """Return all names that the alias leads to, the nearest first."""
    names = [*alias.records, *(name for lookup in addresses for name in lookup.chain)]
    return tuple(dict.fromkeys(plain(name) for name in names))


def _is_wildcard(alias, address, address6, ask):
    lookups = (alias, address, address6)
    unused = unused_name(plain(alias.name))
    others = ask([Question(unused, lookup.type) for lookup in lookups])
    return all(
        set(lookup.records) == set(other.records)
        for lookup, other in zip(lookups, others, strict=True)
    )


def _missing(alias, domain, target, ask):
    """Return the `Verdict` on a name with neither an alias nor an address."""
    name = plain(alias.name)
    hosts = [host for host in wrong_hosts(name, domain) if host.name != domain]
    existence, *elsewhere = ask(
        [
            existence_question(domain),
            *(Question(host.name, "CNAME") for host in hosts),
        ]
    )
    if gone := gone_verdict(existence):
        return gone
    for host, other in zip(hosts, elsewhere, strict=True):
        if target in _targets(other):
            return wrong_host_verdict(name, host, _targets(other))
    return Verdict("missing", absence_cause(alias), create_cure(name, "CNAME", domain))


def _other_target(name, target):
    return Verdict(
        "error",
        Words(
            _lt("The alias (CNAME) at %(name)s does not lead to %(target)s."),
            {"name": name, "target": target},
        ),
        replace_cure(name, "CNAME"),
    )


def _address(name, target):
    values = {"name": name, "target": target}
    return Verdict(
        "error",
        Words(
            _lt(
                "%(name)s has an address instead of an alias (CNAME) to %(target)s. "
                "A proxied record, as at Cloudflare, looks the same."
            ),
            values,
        ),
        Words(
            _lt(
                "Make it a CNAME record to %(target)s, and turn the proxy off for "
                "%(name)s (“DNS only”)."
            ),
            values,
        ),
    )
