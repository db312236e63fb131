"""Recognise who hosts a zone by its name servers, and how that host wants records."""

from collections import Counter
from dataclasses import dataclass

from ..words import Words
from .dns_host_words import (
    APEX_AT,
    APEX_EMPTY,
    LONG_AUTOMATIC,
    LONG_BY_HAND,
    NAME_RELATIVE,
    PROXY_OFF,
    QUOTES_NEVER,
    QUOTES_REQUIRED,
    TRAILING_DOT,
)
from .dns_hosts import HOSTS, DnsHost
from .names import plain
from .zone_text import LONGEST_STRING


@dataclass(frozen=True)
class Entry:
    """A record to enter: its kind as in the checks, and what the cards show.

    `name` is relative to the zone, "@" for the zone itself.
    """

    kind: str
    type: str
    name: str
    zone: str
    value: str = ""


def recognise(name_servers):
    """Return the `DnsHost`s behind name servers, the one with most of them first."""
    hosts = (_host_of(plain(name)) for name in name_servers)
    return [host for host, _count in Counter(filter(None, hosts)).most_common()]


def host_of_code(code):
    """Return the `DnsHost` with a code, None if there is none."""
    return next((host for host in HOSTS if host.code == code), None)


def _host_of(name):
    for host in HOSTS:
        if any(f".{name}".endswith(f".{suffix}") for suffix in host.suffixes):
            return host
        if any(part in name for part in host.parts):
            return host
    return None


def entry_hints(host: DnsHost, entry: Entry):
    """Return the `Words` on how a host wants a record, a sentence each."""
    values = {
        "name": entry.name,
        "zone": entry.zone,
        "value": entry.value,
        "host": host.name,
    }
    sources = [
        *_on_name(host, entry),
        *_on_value(host, entry),
        *(note for about, note in host.notes if about in ("", entry.kind, entry.type)),
    ]
    return [Words(source, values) for source in sources]


def needs_pieces(host, entry):
    """Whether a value has to be entered as "…" "…", quoted and split by hand."""
    return entry.type == "TXT" and (
        host.quotes == "required"
        or (host.long == "by_hand" and len(entry.value) > LONGEST_STRING)
    )


def _on_name(host, entry):
    if entry.name != "@":
        return [NAME_RELATIVE] if host.is_relative else []
    return {"@": [APEX_AT], "empty": [APEX_EMPTY]}.get(host.apex, [])


def _on_value(host, entry):
    if entry.type == "CNAME":
        if host.has_proxy:
            yield PROXY_OFF
        if host.wants_dot and entry.value:
            yield TRAILING_DOT
    if entry.type != "TXT" or not entry.value:
        return
    if host.quotes == "required":
        yield QUOTES_REQUIRED
    elif host.quotes == "never":
        yield QUOTES_NEVER
    if len(entry.value) > LONGEST_STRING:
        if host.long == "automatic":
            yield LONG_AUTOMATIC
        elif needs_pieces(host, entry):
            yield LONG_BY_HAND
