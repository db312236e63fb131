"""Recognize the email with which Mailjet has a sender address confirmed."""

import html
import re
from urllib.parse import unquote, urlsplit

from ..address import address_key

# A link in text or in an attribute; it ends at a quote or a space
_LINK = re.compile(r"https://[^\s\"'<>\\^`{|}]+")
# What makes a link somebody's own: digits and letters at random, or a UUID
_TOKEN = re.compile(
    r"(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z_]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:=&?/\[\]]+@[^\s<>\"'(),;:=&?/\[\]]+")


def find_activation_link(body, hosts):
    """Return the first link in an email that may activate a sender, or None.

    It contains a token. A link to a price page or an article does not.

    :param str body: the email's text, HTML or plain
    :param hosts: allowed host names; compared as a whole, over https only
    """
    for match in _LINK.finditer(html.unescape(body)):
        link = match[0].rstrip(".,;)")
        try:
            parts = urlsplit(link)
            is_plain = parts.port in (None, 443) and "@" not in parts.netloc
        except ValueError:
            continue  # brackets or a port that make the URL invalid
        if is_plain and parts.hostname in hosts and _has_token(parts):
            return link
    return None


def _has_token(parts):
    pieces = re.split(r"[/=&.~]", f"{parts.path}/{parts.query}")
    return any(_TOKEN.fullmatch(unquote(piece)) for piece in pieces)


def names_address(text, address):
    """Return whether a text, HTML or plain, names an email address."""
    key = address_key(address)
    found = _ADDRESS.findall(unquote(html.unescape(text)))
    return any(address_key(one.strip(".")) == key for one in found)
