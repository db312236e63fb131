"""Compare and build domain names in A-labels."""

import dns.exception
import dns.name

# No record has this name, so that only a wildcard can answer for it
NOBODY = "mail-mailjet-wildcard-test"


def plain(name):
    """Return the name as shown to people: lower case, without the trailing dot."""
    return name.removesuffix(".").lower()


def parents(domain):
    """Return the parent domains, the longest first, without the top-level domain."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)]


def is_within(name, domain):
    """Whether the name is the domain itself or below it."""
    return f".{name}".endswith(f".{domain}")


def is_askable(name):
    """Whether a name that somebody typed into a zone can be looked up at all."""
    if not name or not name.isascii():
        return False
    try:
        dns.name.from_text(name)
    except dns.exception.DNSException:
        return False
    return True


def unused_name(name):
    """Return a name beside the given one that only a wildcard can answer for."""
    return f"{NOBODY}.{name.partition('.')[2]}"


def alias_target(lookup):
    """Return the name that aliases led to, or nothing without aliases."""
    return plain(lookup.chain[-1]) if lookup.chain else ""
