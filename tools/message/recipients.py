"""Addresses that are unlikely to reach a person who wants the mail."""

from collections.abc import Iterable, Mapping

from .lists import COMMON_DOMAINS, FREE_MAIL, LOOK_ALIKES

# A shorter name has too many neighbours that somebody registered
_SHORTEST_NAME = 5
# Endings that are typing errors of .com or .fr whatever stands before
_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com"}
_KNOWN = frozenset((*COMMON_DOMAINS, *FREE_MAIL, *LOOK_ALIKES))


def corrected_domain(domain: str) -> str:
    """Return the common domain that somebody probably meant; empty if none.

    :param domain: in the form of `domain_key`
    """
    if domain in _KNOWN:
        return ""
    name, dot, ending = domain.rpartition(".")
    if not dot:
        return next((c for c in COMMON_DOMAINS if c.replace(".", "") == domain), "")
    if ending in _ENDINGS:
        return f"{name}.{_ENDINGS[ending]}"
    return next((c for c in COMMON_DOMAINS if _is_meant(domain, c)), "")


def _is_meant(domain: str, common: str) -> bool:
    if not is_one_edit(domain, common):
        return False
    name, _dot, ending = domain.rpartition(".")
    common_name, _dot, common_ending = common.rpartition(".")
    if len(common_name) < _SHORTEST_NAME:
        return False
    # orange.be is another country's; nobody but typing errors has gmail.co
    return name != common_name or len(ending) != 2 or common_ending in ("com", "net")


def is_one_edit(first: str, second: str) -> bool:
    """Whether two words differ by one letter: more, less, other, or two swapped."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    rest, other = first[start:], second[start:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
    )


def corrections(domains: Iterable[str]) -> Mapping[str, str]:
    """Return those domains that are probably typing errors -> what was meant."""
    found = ((domain, corrected_domain(domain)) for domain in domains)
    return {domain: meant for domain, meant in found if meant}
