"""Find out whom an SPF record lets send: by far too many, or some twice."""

import ipaddress
import re

from .spf_tree import MAX_DEPTH, questions_of, reached

# The addresses that hosts have: RFC 1112 section 4, RFC 4291 section 2.4
_SPACES = {
    4: [ipaddress.ip_network(n) for n in ("0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3")],
    6: [ipaddress.ip_network("2000::/3")],
}
# No sender has that many addresses: a quarter
_LARGE_PART = 4
# At most half of the addresses share the first bit with the host
_HUGE_PREFIX = re.compile(r"(?:/([01]))?(?://([0-4]))?$")


def opening(tree, domain, terms, depth=0):
    """Return the terms that let everybody pass, and True.

    It may be one, directly or by an include, or several networks. If they make up only
    a large part of the Internet, return False with them; if no terms do, [] and False.
    """
    passing = [term for term in _until_all(terms) if term.qualifier == "+"]
    for term in passing:
        if term.name == "all" or _is_always_there(tree, domain, term):
            return [term], True
    for term in reached(terms):
        if term.name == "redirect" or term.name == "include" and term in passing:
            inner = tree.terms(term.target) if depth < MAX_DEPTH else []
            found, is_everybody = opening(tree, term.target, inner, depth + 1)
            if found:
                return [term], is_everybody
    return _huge(passing)


def _until_all(terms):
    """Yield the terms that receivers read, with the "all" that ends them."""
    for term in terms:
        yield term
        if term.name == "all":
            return


def _is_always_there(tree, domain, term):
    """Whether an "exists" asks for a name that does not depend on the sender."""
    if term.name != "exists" or "%" in term.domain:
        return False
    return all(tree.lookup(*q).records for q in questions_of(term, domain))


def _huge(terms):
    """Return the terms whose networks are a large part of the Internet, as above."""
    for version, spaces in _SPACES.items():
        networks = {t: n for t in terms for n in _networks(t) if n.version == version}
        everybody = sum(space.num_addresses for space in spaces)
        covered = _size(networks.values(), version)
        if covered >= everybody // _LARGE_PART:
            return _largest(networks, version, covered), covered == everybody
    return [], False


def _largest(networks, version, covered):
    """Return the fewest terms, the largest first, whose networks cover as much."""
    order = sorted(networks, key=lambda term: networks[term].prefixlen)
    for count in range(1, len(order)):
        if _size([networks[term] for term in order[:count]], version) == covered:
            return order[:count]
    return order


def _size(networks, version):
    """Return how many addresses of hosts are in at least one of the networks."""
    within = [
        network if network.subnet_of(space) else space
        for network in networks
        for space in _SPACES[version]
        if network.overlaps(space)
    ]
    return sum(n.num_addresses for n in ipaddress.collapse_addresses(within))


def _networks(term):
    """Return the networks that a term lets send, [] if only DNS knows them.

    Of "a" and "mx" those count that are huge, whatever the address of the host.
    """
    if term.name in ("ip4", "ip6"):
        return [ipaddress.ip_network(term.text.partition(":")[2], strict=False)]
    if term.name not in ("a", "mx"):
        return []
    four, six = _HUGE_PREFIX.search(term.text).groups()
    texts = [four and f"0.0.0.0/{four}", six and f"2000::/{3 if six in '0123' else 4}"]
    return [ipaddress.ip_network(text) for text in texts if text]


def superfluous(walked, terms):
    """Return the terms that a record can do without: its senders stay the same.

    They find nothing, come twice, or are networks within another one.

    :param Walk walked: the walk through the terms
    """
    needless = [term for term in terms if term.text in walked.voids]
    seen = set()
    networks = [(term, n) for term in terms for n in _networks(term)]
    for term in terms:
        key = (term.name, term.qualifier, term.text.lower())
        if key in seen or _is_covered(term, networks, seen):
            needless.append(term)
        seen.add(key)
    return list(dict.fromkeys(needless))


def _is_covered(term, networks, seen):
    if term.name not in ("ip4", "ip6"):
        return False
    [own] = _networks(term)
    return any(
        other is not term
        and other.qualifier == term.qualifier
        and network.version == own.version
        and own != network
        and own.subnet_of(network)
        for other, network in networks
    )
