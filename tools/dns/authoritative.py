"""Ask a domain's own name servers, which are the first to know of a change."""

import asyncio
from dataclasses import replace

from ..web.public_address import is_public
from ..words import Words, _lt
from .lookup import TRY_SECONDS, Asker, Question, Resolver
from .servers import DNS_PORT, Server

MAX_NAME_SERVERS = 8
# Time to find out which name servers can be used, before any other question
_GREETING_SECONDS = 2 * TRY_SECONDS


class View(Asker):
    """What one name server says; call it as an `Ask`.

    It answers for names at or below `zone`. `resolver` answers for what the server does
    not know itself, for names elsewhere and for aliases that lead there.
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
        """Return the status of the server: `answer` if it can be used, `refused` if it
        does not know the zone.
        """
        [lookup] = await self._direct.look_up([Question(self.zone, "SOA")])
        if lookup.is_outage or lookup.is_authoritative:
            return lookup.status
        return "refused"

    def _further(self, question, lookup):
        """Return the question left for the resolver, None if `lookup` is complete."""
        if lookup is None or lookup.status == "refused":
            return question
        if lookup.is_outage:
            return None
        if not lookup.is_authoritative:
            return question
        for target in lookup.chain:
            if not is_at_or_below(target, self.zone):
                return Question(target, question.type)
        # RFC 2308 section 3: a server that knows there is no record sends the SOA.
        # Without it, the last name is in a zone delegated to other servers.
        if lookup.is_absent and lookup.negative_ttl is None:
            name = lookup.chain[-1] if lookup.chain else question.name
            return Question(name, question.type)
        return None


def _join(lookup, rest):
    """Join the aliases from a name server with what the resolver says on the rest."""
    if lookup is None or rest.name not in lookup.chain:
        return rest
    known = lookup.chain[: lookup.chain.index(rest.name) + 1]
    ttls = [ttl for ttl in (lookup.ttl, rest.ttl) if ttl is not None]
    ttl = min(ttls, default=None)
    return replace(rest, name=lookup.name, chain=known + rest.chain, ttl=ttl)


def is_at_or_below(name, zone):
    """Whether a name is the top of a zone or below it."""
    name, zone = name.rstrip(".").lower(), zone.rstrip(".").lower()
    return name == zone or name.endswith("." + zone)


async def find_views(domain, resolver, port=DNS_PORT, allow_private=False):
    """Find the name servers of a domain that can be asked.

    Return a list of `View`, and the `Words` for why it is empty, otherwise None.
    Private addresses are not asked unless `allow_private`: anybody can put any address
    into a zone.
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
            "firewall blocks outgoing connections to port 53. The answers come from "
            "the system's DNS resolver, which may not know of recent changes yet."
        ),
        {"zone": zone},
    )


def _unknown(domain):
    return Words(
        _lt(
            "No name server of %(domain)s could be asked directly. The answers come "
            "from the system's DNS resolver, which may not know of recent changes yet."
        ),
        {"domain": domain},
    )


async def find_zone(domain, resolver):
    """Return the zone of a domain and the sorted names of its name servers.

    Both are empty if the zone cannot be found, or is a top-level domain: then the
    domain is not registered and has no name servers of its own.
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
    """Return a `Server` for each name, at its IPv4 address if it has one."""
    questions = [Question(name, kind) for name in names for kind in ("A", "AAAA")]
    lookups = await resolver.look_up(questions)
    servers = {}
    for name, *both in zip(names, lookups[::2], lookups[1::2], strict=True):
        addresses = [address for lookup in both for address in sorted(lookup.records)]
        allowed = [a for a in addresses if allow_private or is_public(a)]
        if allowed:
            server = Server(allowed[0], port, name.rstrip("."))
            servers.setdefault(server.address, server)
    return list(servers.values())
