"""The networks that an SPF record allows, term by term."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from ..dns.lookup import Question
from ..dns.spf_tree import MAX_DEPTH, SpfTree, reached

# A term that allows more than this names nobody: a /12 is a million addresses
WIDEST = {4: 12, 6: 24}
# Terms and networks kept of one record: far more than ten lookups can yield
MAX_NETWORKS = 5000


@dataclass(frozen=True)
class Term:
    """A term of an SPF record as written, and the networks that it allows as text."""

    text: str
    networks: tuple[str, ...]

    @property
    def target(self):
        """The domain of an include or the like, otherwise nothing."""
        return self.text.lstrip("+?~-").partition(":")[2] if ":" in self.text else ""


class Networks:
    """Networks that can be asked whether they contain an address."""

    def __init__(self, networks):
        self._ranges = {4: [], 6: []}
        for text in networks:
            network = ipaddress.ip_network(text, strict=False)
            first = int(network.network_address)
            last = int(network.broadcast_address)
            self._ranges[network.version].append((first, last))

    def __contains__(self, address):
        version, number = _parse(address)
        ranges = self._ranges.get(version, ())
        return any(first <= number <= last for first, last in ranges)


@lru_cache(maxsize=4096)
def _parse(address):
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return 0, 0
    return parsed.version, int(parsed)


def network_of(address):
    """Return the network that an address is grouped by: /24, or /48 for IPv6."""
    parsed = ipaddress.ip_address(address)
    length = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


def is_wide(text):
    """Whether a network is too large to tell whose it is."""
    network = ipaddress.ip_network(text, strict=False)
    return network.prefixlen < WIDEST[network.version]


def read_terms(domain, ask):
    """Return the `Term`s of a domain's SPF record that let mail pass.

    :param Ask ask: asked a few times
    :return: a list, empty without a valid record; None if DNS did not answer
    """
    tree = SpfTree()
    tree.fetch(domain, ask)
    if tree.lookup(domain, "TXT").is_outage:
        return None
    reader = _Reader(tree, ask)
    terms = [
        Term(term.text, tuple(reader.networks(domain, term)))
        for term in reached(tree.terms(domain))
        if term.qualifier in ("+", "") and term.name != "exp"
    ]
    return None if reader.has_outage else [term for term in terms if term.networks]


def read_networks(domain, ask):
    """Return the networks of a domain's SPF record; None if DNS did not answer."""
    terms = read_terms(domain, ask)
    if terms is None:
        return None
    return tuple(dict.fromkeys(text for term in terms for text in term.networks))


class _Reader:
    def __init__(self, tree, ask):
        self.tree, self.ask, self.has_outage, self.count = tree, ask, False, 0

    def networks(self, domain, term, path=()):
        """Yield the networks that a term of this domain's record allows."""
        if term.name in ("ip4", "ip6"):
            yield from self._bounded([term.text.partition(":")[2]])
        elif term.name in ("include", "redirect"):
            yield from self._inside(term.target, (*path, domain))
        elif term.name == "a":
            names = [term.target or ("" if term.domain else domain)]
            yield from self._bounded(self._addresses(names, _lengths(term.text)))
        elif term.name == "mx":
            names = self._exchanges(term.target or ("" if term.domain else domain))
            yield from self._bounded(self._addresses(names, _lengths(term.text)))

    def _bounded(self, networks):
        for text in networks:
            self.count += 1
            if self.count <= MAX_NETWORKS:
                yield text

    def _inside(self, target, path):
        if not target or target in path or len(path) > MAX_DEPTH:
            return
        self.has_outage |= self.tree.lookup(target, "TXT").is_outage
        for term in reached(self.tree.terms(target)):
            if term.qualifier in ("+", ""):
                yield from self.networks(target, term, path)

    def _exchanges(self, name):
        lookup = self.tree.lookup(name, "MX") if name else None
        records = lookup.records if lookup else ()
        return [record.split()[-1].rstrip(".") for record in records][:10]

    def _addresses(self, names, lengths):
        names = [name for name in names if name]
        questions = [Question(name, kind) for name in names for kind in ("A", "AAAA")]
        for lookup in self.ask(questions) if questions else ():
            self.has_outage |= lookup.is_outage
            length = lengths[lookup.type == "AAAA"]
            yield from (f"{address}/{length}" for address in lookup.records)


def _lengths(text):
    """Return the prefix lengths of a term like a:example.com/24//64."""
    rest, _slashes, six = text.partition("//")
    four = rest.partition("/")[2]
    return four or "32", six or "128"
