"""One form for each value of a report, however its sender spells it."""

import ipaddress
import re
from functools import lru_cache

from ..dns.domain_name import DomainError, ascii_domain
from ..dns.names import is_within

MAX_DOMAIN = 253
# Of the database's integers
MAX_COUNT = 2**31 - 1
# "pass" is RFC 9990's for mail that passed under an enforcing policy
DISPOSITIONS = {"quarantine": "quarantine", "reject": "reject"}
POLICIES = ("none", "quarantine", "reject")
# What some reporters say instead of the results of RFC 8601
RESULTS = {"hardfail": "fail", "unknown": "temperror", "error": "temperror"}
DIGITS = re.compile(r"[0-9]{1,10}")


@lru_cache(2**12)
def read_domain(text):
    """Return a domain in lower case and A-labels; what is no domain in lower case."""
    name = text.rpartition("@")[2].strip(" .<>").lower()[:MAX_DOMAIN]
    if name.isascii():
        return name
    try:
        return ascii_domain(name)
    except DomainError:
        return name


@lru_cache(2**12)
def read_address(text):
    """Return an IP address in its normal form, or nothing."""
    try:
        address = ipaddress.ip_address(text.strip("[] "))
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    return "" if getattr(address, "scope_id", None) else str(address)


def read_count(text):
    """Return a number of emails, or 0 if it is none."""
    if not DIGITS.fullmatch(text):
        return 0
    count = int(text)
    return count if count <= MAX_COUNT else 0


def read_result(text):
    """Return the result of SPF or DKIM; an unknown one as it is, in lower case."""
    word = text.lower()
    return RESULTS.get(word, word)[:100]


def read_disposition(text):
    """Return none, quarantine or reject."""
    return DISPOSITIONS.get(text.lower(), "none")


def read_policy(text):
    """Return none, quarantine or reject, or None if nothing of that is published."""
    return text.lower() if text.lower() in POLICIES else None


def read_alignment(text):
    """Return "r" or "s"; the former is the default (RFC 7489 section 6.3)."""
    return "s" if text.lower().startswith("s") else "r"


def read_percentage(text):
    """Return the share of mail that the policy is for; all by default."""
    count = read_count(text) if text else 100
    return count if count <= 100 else 100


def is_aligned(name, author, policy_domain, strict):
    """Return whether a proven domain speaks for an author's.

    Without a list of public suffixes, names below the domain that publishes the policy
    are taken for one organization.
    """
    if not name or strict:
        return bool(name) and name == author
    return (
        is_within(name, author)
        or is_within(author, name)
        or (is_within(name, policy_domain) and is_within(author, policy_domain))
    )
