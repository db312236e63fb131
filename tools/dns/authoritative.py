"""Ask a domain's own name servers, which know of a change first."""

import asyncio
import ipaddress
from dataclasses import replace

from ..words import Words, _lt
from .lookup import TRY_SECONDS, Asker, Question, Resolver
from .servers import DNS_PORT, Server

MAX_NAME_SERVERS = 8
# They are asked whether they are there before all else; this is what it may cost
_GREETING_SECONDS = 2 * TRY_SECONDS


class View(Asker):
    """What one name server says; call it as an `Ask`.

    Names at or below `zone` are asked there. What the server does not know itself,
    names elsewhere and aliases that lead there are asked at `resolver`.
    """

    def __init__(self, zone, server, resolver):
        self.zone = zone
        self.server = server
        self._resolver = resolver
        self._direct = Resolver(
            [server],
            deadline=resolver.deadline,
            lookup_seconds=_GREETING_SECONDS,
            is_recursive=False,
            slots=resolver.slots,
        )

    async def look_up(self, questions):
        """Ask all questions at the same time; return a `Lookup` for each, in order."""
        return await asyncio.gather(*map(self._look_up, questions))

    async def _look_up(self, question):
        lookup = None
        if is_at_or_below(question.name, self.zone):
            [lookup] = await self._direct.look_up([question])
        further = self._further(question, lookup)
        if further is None:
            return lookup
        [rest] = await self._resolver.look_up([further])
        return _join(lookup, rest)

    async def greet(self):
        """Return the status of the server itself, which is `answer` if it can be used
        and `refused` if it does not know the zone.
        """
        [lookup] = await self._direct.look_up([Question(self.zone, "SOA")])
        if lookup.is_outage or lookup.is_authoritative:
            return lookup.status
        return "refused"

    def _further(self, question, lookup):
        """What the resolver is to be asked, if `lookup` does not say it all."""
        if lookup is None or lookup.status == "refused":
            return question
        if lookup.is_outage:
            return None
        if not lookup.is_authoritative:
            return question
        for target in lookup.chain:
            if not is_at_or_below(target, self.zone):
                return Question(target, question.type)
        # RFC 2308 section 3: who knows that there is nothing sends the SOA record. Else
        # the last name is in a zone that is delegated further.
        if lookup.is_absent and lookup.negative_ttl is None:
            name = lookup.chain[-1] if lookup.chain else question.name
            return Question(name, question.type)
        return None


def _join(lookup, rest):
    """The aliases that a name server knows, and what the resolver says to the rest."""
    if lookup is None or rest.name not in lookup.chain:
        return rest
    known = lookup.chain[: lookup.chain.index(rest.name) + 1]
    ttls = [ttl for ttl in (lookup.ttl, rest.ttl) if ttl is not None]
    ttl = min(ttls, default=None)
    return replace(rest, name=lookup.name, chain=known + rest.chain, ttl=ttl)


def is_at_or_below(name, zone):
    """Whether a name belongs to a zone or to one below it."""
    name, zone = name.rstrip(".").lower(), zone.rstrip(".").lower()
    return name == zone or name.endswith("." + zone)


async def find_views(domain, resolver, port=DNS_PORT, allow_private=False):
    """Find the name servers of a domain that can be asked.

    Return a list of `View`, and `Words` on why it is empty, else None. Addresses inside
    of private networks are not asked unless `allow_private`: anybody can write any
    address into a zone.
    """
    zone, names = await find_zone(domain, resolver)
    if not zone:
        return [], _unknown(domain)
    servers = await _find_servers(
        names[:MAX_NAME_SERVERS], resolver, port, allow_private
    )
    views = [View(zone, server, resolver) for server in servers]
    statuses = await asyncio.gather(*(view.greet() for view in views))
    if statuses and set(statuses) == {"timeout"}:
        return [], _silent(zone)
    usable = [
        view for view, status in zip(views, statuses, strict=True) if status == "answer"
    ]
    return usable, None if usable else _unknown(domain)


def _silent(zone):
    return Words(
        _lt(
            "None of the name servers of %(zone)s answered, probably because a "
            "firewall blocks outgoing connections to port 53; the usual DNS resolver "
            "was asked, which may not know recent changes yet."
        ),
        {"zone": zone},
    )


def _unknown(domain):
    return Words(
        _lt(
            "No name server of %(domain)s could be asked directly; the usual DNS "
            "resolver was asked, which may not know recent changes yet."
        ),
        {"domain": domain},
    )


async def find_zone(domain, resolver):
    """Return the zone that a domain is in and the names of its servers, sorted.

    Both are empty if that cannot be said, and for a domain below which there is only a
    top-level domain: nobody's own servers answer for what is not registered.
    """
    labels = domain.rstrip(".").split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    lookups = await resolver.look_up([Question(name, "NS") for name in names])
    for name, lookup in zip(names, lookups, strict=True):
        if lookup.is_outage:
            break
        if lookup.status == "answer" and not lookup.chain:  # an alias is no zone
            return name, sorted(lookup.records)
    return "", []


async def _find_servers(names, resolver, port, allow_private):
    """One address for each name server, IPv4 if there is one."""
    questions = [Question(name, kind) for name in names for kind in ("A", "AAAA")]
    lookups = await resolver.look_up(questions)
    servers = {}
    for name, *both in zip(names, lookups[::2], lookups[1::2], strict=True):
        addresses = [address for lookup in both for address in sorted(lookup.records)]
        allowed = [a for a in addresses if allow_private or _is_public(a)]
        if allowed:
            server = Server(allowed[0], port, name.rstrip("."))
            servers.setdefault(server.address, server)
    return list(servers.values())


def _is_public(address):
    """Whether an address is out in the Internet."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast
