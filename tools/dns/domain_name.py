"""Convert domain names from what people type to what DNS uses, and back."""

import re

import idna

from ..words import Words, _lt

# RFC 1035 section 2.3.4 allows 255 bytes. Checked first because `idna` before 3.7 is
# very slow on very long names (CVE-2024-3651).
MAX_LENGTH = 255


class DomainError(ValueError):
    """The text is not a domain name; `words` explains it to people."""

    def __init__(self, words):
        super().__init__(str(words))
        self.words = words


def clean_domain(text):
    """Find the domain in what somebody typed: a name, an address or a web page's URL.

    Return it in lower case and A-labels (IDNA 2008 with UTS 46 mapping), without the
    trailing dot; raise `DomainError` if there is no domain, or one without a dot.
    """
    host = re.sub(r"^\s*[a-z][a-z0-9+.-]*://", "", text, flags=re.IGNORECASE)
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r":[0-9]*$", "", host.strip(" \t\r\n<>")).rstrip(".")
    try:
        name = ascii_domain(host).rstrip(".")
    except DomainError as error:
        raise _no_domain(text) from error
    if "." not in name or name.rpartition(".")[2].isdecimal():  # an IP address
        raise _no_domain(text)
    return name


def ascii_domain(name):
    """Return a name in lower case and A-labels (IDNA 2008, mapped as UTS 46 says).

    :raise DomainError: if it cannot be written that way
    """
    if len(name) > MAX_LENGTH:
        raise _no_domain(name)
    try:
        return idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise _no_domain(name) from error


def asked_name(name):
    """Return a domain or a host as DNS is asked for it: in lower case and A-labels.

    Labels like _dmarc are no part of domains, but fine in DNS. Blanks around the name
    and a trailing dot go. What DNS cannot hold stays, written in ASCII: it is then
    asked for and does not exist.
    """
    labels = name.strip().rstrip(".。").replace("。", ".").lower().split(".")
    return ".".join(map(_asked_label, labels))


def _asked_label(label):
    label = label.strip()
    if label.isascii():
        return label
    try:
        return ascii_domain(label)
    except DomainError:
        return label.encode("ascii", "backslashreplace").decode()


def _no_domain(text):
    return DomainError(
        Words(
            _lt(
                "%(text)s is not a domain name. Enter one like example.com, without "
                "spaces or special characters."
            ),
            {"text": text.strip()[:MAX_LENGTH] or '""'},
        )
    )


def readable_domain(name):
    """Return a name as people write it: accents instead of xn--, no trailing dot."""
    return ".".join(_readable_label(label) for label in name.rstrip(".").split("."))


def _readable_label(label):
    if not label.lower().startswith("xn--"):
        return label
    try:
        return idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):  # it looks like an A-label but is not one
        return label
