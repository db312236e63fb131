"""The addresses of a host."""

from .lookup import Question


async def find_addresses(host, resolver):
    """Return the addresses of a host, IPv4 first; None if DNS does not answer."""
    lookups = await resolver.look_up([Question(host, kind) for kind in ("A", "AAAA")])
    addresses = [address for one in lookups for address in sorted(one.records)]
    if not addresses and any(lookup.is_outage for lookup in lookups):
        return None
    return addresses
