"""Find the names of addresses, and confirm them."""

import ipaddress
from dataclasses import dataclass

import dns.exception
import dns.reversename

from ..dns.lookup import Question
from ..dns.names import is_askable, plain

# An address may have several names; a server of a mail service has one
_MOST_NAMES = 3


@dataclass(frozen=True)
class Host:
    """What reverse DNS says about an address.

    `status` is one of

    - found: `name` leads back to the address,
    - unconfirmed: there is a `name`, which does not lead back: anybody could write it,
    - none: the address has no name,
    - outage: nothing was learned; ask again.
    """

    address: str
    status: str
    name: str = ""


def find_hosts(addresses, ask):
    """Return a `Host` for each address, in order; asks twice.

    :param Ask ask: its deadline is the budget for both rounds
    """
    pointers = ask([Question(_pointer_name(address), "PTR") for address in addresses])
    names = [_names(lookup) for lookup in pointers]
    questions = [
        Question(name, "AAAA" if ":" in address else "A")
        for address, found in zip(addresses, names, strict=True)
        for name in found
    ]
    answers = dict(zip(questions, ask(questions), strict=True)) if questions else {}
    return [
        _host(address, lookup, found, answers)
        for address, lookup, found in zip(addresses, pointers, names, strict=True)
    ]


def _pointer_name(address):
    try:
        return dns.reversename.from_address(address).to_text()
    except dns.exception.DNSException:
        return "invalid."


def _names(lookup):
    names = [plain(name) for name in lookup.records]
    return sorted(name for name in names if is_askable(name))[:_MOST_NAMES]


def _host(address, pointer, names, answers):
    if pointer.is_outage:
        return Host(address, "outage")
    if not names:
        return Host(address, "none")
    kind = "AAAA" if ":" in address else "A"
    lookups = {name: answers[Question(name, kind)] for name in names}
    for name, lookup in lookups.items():
        if any(_is_same(address, record) for record in lookup.records):
            return Host(address, "found", name)
    if any(lookup.is_outage for lookup in lookups.values()):
        return Host(address, "outage", names[0])
    return Host(address, "unconfirmed", names[0])


def _is_same(address, record):
    try:
        return ipaddress.ip_address(address) == ipaddress.ip_address(record)
    except ValueError:
        return False
