"""Addresses that are unlikely to reach a person who wants the mail."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from string import ascii_lowercase, digits

from ..free_mail import FREE_MAIL_DOMAINS
from .lists import COMMON_DOMAINS, LOOK_ALIKES

# A shorter name has too many neighbours that somebody registered
_SHORTEST_NAME = 5
# Endings that are typing errors whatever stands before
_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com"}
_LETTERS = f"{ascii_lowercase}{digits}-."
_KNOWN = frozenset((*COMMON_DOMAINS, *FREE_MAIL_DOMAINS, *LOOK_ALIKES))


def corrected_domain(domain: str) -> str:
    """Return the common domain that somebody probably meant; empty if none.

    :param domain: in the form of `domain_key`
    """
    if domain in _KNOWN:
        return ""
    name, dot, ending = domain.rpartition(".")
    if dot and ending in _ENDINGS:
        return f"{name}.{_ENDINGS[ending]}"
    return _neighbours().get(domain, "")


def corrections(domains: Iterable[str]) -> Mapping[str, str]:
    """Return those domains that are probably typing errors -> what was meant."""
    found = ((domain, corrected_domain(domain)) for domain in domains)
    return {domain: meant for domain, meant in found if meant}


@cache
def _neighbours() -> dict[str, str]:
    """Return what is one edit from a common domain -> that domain.

    Some 20,000 texts, so that a list may have as many domains.
    """
    found: dict[str, str] = {}
    for common in COMMON_DOMAINS:
        for typed in edits(common):
            if typed not in _KNOWN and _is_meant(typed, common):
                found.setdefault(typed, common)
    return found


def edits(word: str) -> Iterator[str]:
    """Yield the words one slip away: a letter missing, added, wrong, or two swapped."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        for letter in _LETTERS:
            yield f"{before}{letter}{after}"
            yield f"{before}{letter}{after[1:]}"
        yield f"{before}{after[1:]}"
        yield f"{before}{after[1:2]}{after[:1]}{after[2:]}"


def _is_meant(typed: str, common: str) -> bool:
    name, dot, ending = typed.rpartition(".")
    common_name, _dot, common_ending = common.rpartition(".")
    if not dot:  # gmailcom
        return True
    if len(common_name) < _SHORTEST_NAME:
        return False
    # orange.be is another country's; nobody but typing errors has gmail.co
    return name != common_name or len(ending) != 2 or common_ending in ("com", "net")
