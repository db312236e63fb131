"""Check that a domain in the From of mail can receive mail, too."""

import ipaddress
import re
from dataclasses import dataclass, replace

from ..words import Words, _lt
from .absence import absence_cause
from .alias_conflict import alias_conflict
from .domain_name import asked_name
from .existence import existence_question, gone_verdict
from .lookup import Question
from .mx_host import is_relay, is_unreachable
from .names import alias_target, is_askable, is_within, plain
from .outage import outage_verdict
from .stand_in import (
    alias_cure,
    explain,
    is_wildcard,
    wildcard_cause,
    wildcard_question,
)
from .verdict import Verdict

# The most preferred ones; hardly any domain has more
_MAX_HOSTS = 10


@dataclass(frozen=True)
class _Host:
    """A mail server named in an MX record, and the lookups of its addresses."""

    name: str
    lookups: tuple = ()
    is_address: bool = False

    @property
    def is_alive(self):
        return any(lookup.status == "answer" for lookup in self.lookups)

    @property
    def is_dead(self):
        """Whether no mail can reach the host for sure; an outage says nothing."""
        is_absent = all(lookup.is_absent for lookup in self.lookups)
        return is_absent or self.is_relay or self.is_unreachable

    @property
    def is_relay(self):
        return is_relay(self.name)

    @property
    def is_unreachable(self):
        """Whether all of its addresses are private."""
        if any(lookup.is_outage for lookup in self.lookups):
            return False
        addresses = [a for lookup in self.lookups for a in lookup.records]
        return bool(addresses) and all(map(is_unreachable, addresses))

    @property
    def is_known(self):
        """Whether the name exists, if without an address."""
        return any(lookup.status == "nodata" for lookup in self.lookups)

    @property
    def is_alias(self):
        return any(lookup.chain for lookup in self.lookups)


def check_mx(domain, ask):
    """Return the `Verdict` on where mail to a domain goes (RFC 5321 5.1, RFC 7505).

    :param str domain: the domain in the From
    :param Ask ask: asked once, and once more for the addresses of the mail servers
    """
    domain = asked_name(domain)
    kinds = ("MX", "A", "AAAA", "CNAME", "SOA", "NS")
    mx, *addresses, alias, soa, ns = ask([Question(domain, kind) for kind in kinds])
    if alias.status == "answer" and _is_zone(soa, ns):
        return replace(_alias_of_zone(domain), found=alias.records)
    if mx.is_outage:
        return outage_verdict(mx)
    if mx.is_absent:
        return _without_mx(mx, addresses, domain, ask)
    names = _hosts_by_preference(mx.records)
    if not names:
        return outage_verdict(replace(mx, status="malformed"))
    verdict = _null_mx(names, domain) or _judge(names, domain, ask)
    if verdict.status == "error":
        [twin] = ask([wildcard_question(domain, "MX")])
        verdict = explain(verdict, mx, twin, domain)
    elif verdict.status == "ok":
        verdict = alias_conflict(mx, alias) or verdict
    return replace(verdict, found=tuple(sorted(mx.records)), host=alias_target(mx))


def _is_zone(*lookups):
    """Whether the name has its own SOA or NS record, not that of its target."""
    return any(lookup.status == "answer" and not lookup.chain for lookup in lookups)


def _hosts_by_preference(records):
    """Return the names in MX records, the preferred first; "" is a null MX."""
    pairs = [record.split() for record in records]
    pairs = [(pair[0], plain(pair[1])) for pair in pairs if len(pair) == 2]
    pairs.sort(key=lambda pair: (_preference(pair[0]), pair[1]))
    return list(dict.fromkeys(name for _number, name in pairs))


def _preference(text):
    return int(text) if re.fullmatch("[0-9]{1,5}", text) else 0


def _without_mx(mx, addresses, domain, ask):
    """Return the `Verdict` on a domain without MX records."""
    values = {"domain": domain}
    cure = Words(
        _lt("Create an MX record for %(domain)s that names its mail server."), values
    )
    existence, twin = ask([existence_question(domain), wildcard_question(domain, "MX")])
    if gone := gone_verdict(existence):
        return gone
    is_alias = mx.chain and not is_wildcard(mx, twin)
    cure = alias_cure(mx) if is_alias else cure
    if any(lookup.status == "answer" for lookup in addresses):
        cause = Words(
            _lt(
                "%(domain)s has no MX record, so mail to it, including replies, goes "
                "to the machine at its own address, often a web server."
            ),
            values,
        )
        return Verdict("warning", cause, cure, host=alias_target(mx))
    outages = [lookup for lookup in addresses if lookup.is_outage]
    if mx.status == "nodata" and outages:
        return outage_verdict(outages[0])
    cause = wildcard_cause(domain) if is_wildcard(mx, twin) else absence_cause(mx)
    return Verdict("missing", cause, cure, host=alias_target(mx))


def _null_mx(names, domain):
    """Return the `Verdict` on a null MX record, "0 ."; None without one."""
    if "" not in names:
        return None
    values = {"domain": domain}
    if len(names) > 1:
        return Verdict(
            "error",
            Words(
                _lt(
                    "One MX record of %(domain)s says that it accepts no mail (a "
                    "single dot), while others name mail servers."
                ),
                values,
            ),
            Words(_lt("Delete the MX record of %(domain)s with the dot."), values),
        )
    return Verdict(
        "warning",
        Words(
            _lt(
                "%(domain)s says that it accepts no mail (an MX record with a single "
                "dot), so nobody can reply, and some receivers refuse mail from it."
            ),
            values,
        ),
        Words(
            _lt(
                "Enter the mail server of %(domain)s in its MX record, or send from "
                "another domain."
            ),
            values,
        ),
    )


def _judge(names, domain, ask):
    """Return the `Verdict` on the mail servers with these names."""
    hosts = _look_up(names[:_MAX_HOSTS], domain, ask)
    dead = [host for host in hosts if host.is_dead]
    if dead:
        is_all = len(dead) == len(names)
        return _dead("error" if is_all else "warning", dead, domain)
    alive = [host for host in hosts if host.is_alive]
    if not alive:
        outages = (lookup for host in hosts for lookup in host.lookups)
        return outage_verdict(next(lookup for lookup in outages if lookup.is_outage))
    if aliases := [host for host in alive if host.is_alias]:
        return _aliases(aliases, domain)
    return Verdict("ok")


def _look_up(names, domain, ask):
    """Return a `_Host` for each name, with its addresses looked up."""
    hosts = {name: _Host(name, is_address=_is_address(name, domain)) for name in names}
    asked = [n for n in names if not hosts[n].is_address and is_askable(n)]
    lookups = ask([Question(name, kind) for name in asked for kind in ("A", "AAAA")])
    for number, name in enumerate(asked):
        hosts[name] = _Host(name, tuple(lookups[2 * number : 2 * number + 2]))
    return list(hosts.values())


def _is_address(name, domain):
    """Whether somebody entered an IP address, to which a DNS panel added the domain."""
    if is_within(name, domain):
        name = name.removesuffix(f".{domain}")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _dead(status, hosts, domain):
    """Return the `Verdict` on mail servers that no mail can reach."""
    if addresses := [host for host in hosts if host.is_address]:
        hosts = addresses
        source = _lt(
            "An MX record of %(domain)s contains an IP address (%(hosts)s), but must "
            "contain a name."
        )
    elif relays := [host for host in hosts if host.is_relay]:
        hosts = relays
        source = _lt(
            "The MX records of %(domain)s name a server that only sends mail and does "
            "not receive any: %(hosts)s."
        )
    elif private := [host for host in hosts if host.is_unreachable]:
        hosts = private
        source = _lt(
            "The MX records of %(domain)s name mail servers with a private address, "
            "which nobody on the Internet can reach: %(hosts)s."
        )
    elif unknown := [host for host in hosts if not host.is_known]:
        hosts = unknown
        source = _lt(
            "The MX records of %(domain)s name mail servers that do not exist: "
            "%(hosts)s."
        )
    else:
        source = _lt(
            "The MX records of %(domain)s name mail servers that have no address: "
            "%(hosts)s."
        )
    values = {"domain": domain, "hosts": _listed(hosts)}
    cure = _lt(
        "Delete these MX records of %(domain)s, or correct the names of the mail "
        "servers."
    )
    return Verdict(status, Words(source, values), Words(cure, values))


def _aliases(hosts, domain):
    """RFC 2181 10.3"""
    values = {"domain": domain, "hosts": _listed(hosts)}
    return Verdict(
        "warning",
        Words(
            _lt(
                "The MX records of %(domain)s name an alias (CNAME), which is not "
                "allowed and which some mail servers reject: %(hosts)s."
            ),
            values,
        ),
        Words(
            _lt("Enter the target of the alias in the MX records of %(domain)s."),
            values,
        ),
    )


def _alias_of_zone(domain):
    """RFC 1034 3.6.2"""
    values = {"domain": domain}
    return Verdict(
        "error",
        Words(
            _lt(
                "%(domain)s itself is an alias (CNAME), which is not allowed at the "
                "top of a domain: MX, SPF and other records are then read at its "
                "target."
            ),
            values,
        ),
        Words(
            _lt(
                "Replace the CNAME record of %(domain)s with A and AAAA records, or "
                "with what its DNS provider calls ALIAS, ANAME or flattening."
            ),
            values,
        ),
    )


def _listed(hosts):
    return ", ".join(host.name for host in hosts)
