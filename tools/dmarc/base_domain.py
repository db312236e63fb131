"""The domain that somebody registered, as far as its name tells."""

import ipaddress

# Labels under which the registries of many countries register names, as in co.uk. The
# public suffix list knows more of them; here, a miss only makes a group too large.
_SECOND_LEVEL = frozenset(
    ("ac", "asso", "co", "com", "edu", "gob", "gov", "gouv", "gv", "mil", "ne", "net")
    + ("nom", "or", "org", "sch")
)


def base_domain(name):
    """Return the registered domain of a host name, or the name if it has no parent."""
    labels = name.lower().rstrip(".").split(".")
    size = 2
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        size = 3
    return ".".join(labels[-size:])


def network_of(address):
    """Return the network that an address is grouped by: /24, or /48 for IPv6."""
    parsed = ipaddress.ip_address(address)
    length = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))
