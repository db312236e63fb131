"""Email addresses as the SMTP envelope needs them."""

import re

from ..dns.domain_name import DomainError, ascii_domain
from ..words import Words, _lt

_NOT_AN_ADDRESS = _lt("%(address)s is not an email address.")
_NOT_A_DOMAIN = _lt("The domain of the address %(address)s does not exist as written.")

# RFC 5321 section 4.5.3.1.3; anything longer is cut in what people read
LONGEST_ADDRESS = 254


class AddressError(ValueError):
    """An address that no email can be sent to; `address` is it, `words` say why."""

    def __init__(self, address, words):
        super().__init__(str(words))
        self.address = address
        self.words = words


class MalformedAddressError(AddressError):
    """The text is not of the form local-part@domain."""


class UnencodableDomainError(AddressError):
    """The domain has characters that international domain names do not allow."""


def envelope_address(address):
    """Return an address for MAIL FROM or RCPT TO: the domain in ASCII.

    The domain becomes A-labels (`xn--…`) by the same rules as in Odoo. The local part
    stays as it is, so the address may still need SMTPUTF8: see `needs_smtputf8`.

    :param str address: local-part@domain, without a name or angle brackets
    :raise MalformedAddressError: if it is not of that form
    :raise UnencodableDomainError: if the domain cannot be written in ASCII
    """
    local, at, domain = address.rpartition("@")
    # A control character would end the command and begin another one
    if not (local and at and domain) or re.search(r"[\s\x00-\x1f\x7f<>]", address):
        raise MalformedAddressError(address, _words(_NOT_AN_ADDRESS, address))
    if domain.isascii():
        return address
    try:
        return f"{local}@{ascii_domain(domain)}"
    except DomainError as error:
        words = _words(_NOT_A_DOMAIN, address)
        raise UnencodableDomainError(address, words) from error


def needs_smtputf8(address):
    """Return whether only a server with SMTPUTF8 (RFC 6531) can take this address.

    A domain can always be written in ASCII, a local part cannot.
    """
    return not address.rpartition("@")[0].isascii()


def _words(sentence, address):
    shown = "".join(one if one.isprintable() else "?" for one in address)
    return Words(sentence, {"address": shown[:LONGEST_ADDRESS]})
