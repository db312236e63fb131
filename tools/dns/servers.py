"""The DNS servers to ask."""

import ipaddress
from typing import NamedTuple

import dns.exception
import dns.resolver

from ..words import Words, _lt

DNS_PORT = 53


class Server(NamedTuple):
    """A DNS server: an IP address, a port and optionally a name to show."""

    address: str
    port: int = DNS_PORT
    name: str = ""

    def __str__(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        place = self.address if self.port == DNS_PORT else f"{host}:{self.port}"
        return f"{self.name} ({place})" if self.name else place


class ServersError(ValueError):
    """A list of servers is invalid; `words` explains it to people."""

    def __init__(self, words):
        super().__init__(str(words))
        self.words = words


def parse_servers(text):
    """Read a comma-separated list of `ip[:port]`, with IPv6 addresses in brackets.

    Return a tuple of `Server`, empty for an empty text. Raise `ServersError`.
    """
    return tuple(
        _parse_server(item.strip()) for item in text.split(",") if item.strip()
    )


def _parse_server(item):
    address, colon, port = item, "", ""
    if item.startswith("["):
        address, bracket, rest = item[1:].partition("]")
        colon, port = rest[:1], rest[1:]
        if not bracket or colon not in ("", ":"):
            raise _unreadable(item)
    elif item.count(":") == 1:  # several colons: an IPv6 address without a port
        address, colon, port = item.partition(":")
    if colon and not (port.isdecimal() and port.isascii() and 0 < int(port) < 65536):
        raise _unreadable(item)
    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise _unreadable(item) from error
    return Server(address, int(port) if colon else DNS_PORT)


def _unreadable(item):
    return ServersError(
        Words(
            _lt(
                "%(item)s is not a DNS server: enter an IP address, followed by a "
                "colon and the port if that is not 53."
            ),
            {"item": item},
        )
    )


def machine_servers(path="/etc/resolv.conf"):
    """Return the DNS servers of this machine; none if it has no usable list."""
    try:
        resolver = dns.resolver.Resolver(filename=path)
    except (dns.exception.DNSException, ValueError):  # no file, or an invalid one
        return ()
    return tuple(Server(address) for address in resolver.nameservers)
