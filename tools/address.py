"""Compare email addresses: every spelling of a mailbox in one form."""

import unicodedata

from .dns.domain_name import DomainError, ascii_domain, readable_domain


def address_key(address):
    """Return an address in the one form in which addresses are compared and stored.

    Local part in lower case, domain as in `domain_key`. Mailjet posts events in lower
    case, while Odoo leaves the case of a local part beyond ASCII alone.

    :param str address: local-part@domain, without a name or angle brackets
    """
    local, at, domain = address.strip().rpartition("@")
    return f"{_lower(local)}{at}{domain_key(domain)}"


def domain_key(domain):
    """Return a domain in the one form in which domains are compared.

    That is lower case and A-labels (`xn--…`), without the last dot. A text that is not
    a domain only becomes lower case.
    """
    domain = domain.strip().rstrip(".")
    if domain.isascii():  # nearly always, and much faster
        return domain.lower()
    try:
        return ascii_domain(domain)
    except DomainError:
        return _lower(domain)


def same_domain(first, second):
    """Return whether two spellings, in Unicode or A-labels, are the same domain."""
    return domain_key(first) == domain_key(second)


def spellings(address):
    """Return how an address or domain is written: with A-labels and in Unicode.

    :return: the compared form first; one only where both are the same
    """
    local, at, domain = address_key(address).rpartition("@")
    written = (domain, readable_domain(domain))
    return list(dict.fromkeys(f"{local}{at}{one}" for one in written))


def has_spellings(key):
    """Return whether Odoo may spell the mailbox differently from its `address_key`."""
    return not key.isascii() or "xn--" in key


def _lower(text):
    if text.isascii():
        return text.lower()
    # A capital sigma may become either of the two small ones
    lower = unicodedata.normalize("NFC", text).lower().replace("ς", "σ")
    return unicodedata.normalize("NFC", lower)
