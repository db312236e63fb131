"""Tell public addresses from internal ones: only the former may be asked.

Anybody can put any address into a DNS zone, and any link into a mailing.
"""

import ipaddress

# Networks whose addresses carry an IPv4 address: RFC 6052, RFC 3056, RFC 4291 2.5.5
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
# Networks that some versions of Python take for public: site-local addresses
# (RFC 3879), documentation (RFC 9637), protocol assignments (RFC 6890), the 6to4 relay
# (RFC 7526)
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        ("fec0::/10", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48"),
    )
)


def is_public(address: str) -> bool:
    """Whether an IP address is on the public Internet, whatever form it takes."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner = _inner(ip)
    if inner and ip.ipv4_mapped:
        return is_public(str(inner))
    if inner is not None and not is_public(str(inner)):
        return False
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _inner(ip):
    """Return the IPv4 address that an IPv6 address carries, or None."""
    if ip.version == 4:
        return None
    if ip in _NAT64 or ip in _COMPATIBLE:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
