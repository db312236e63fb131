"""Try whether the address for events can be reached, and say why not."""

import ipaddress
import socket
from urllib.parse import urlsplit

import requests

from ..words import Words, _lt

SECONDS = 5

_REDIRECTED = _lt(
    "The address leads on to %(target)s, where Mailjet may not follow. Enter that one "
    "as the system parameter web.base.url."
)
_NOT_FOUND = _lt(
    "Nothing is found there. On a server with several databases Mailjet's posts cannot "
    "be told apart: give each database a host name of its own (option dbfilter). A "
    "proxy that takes out the login of a request (Authorization) has the same effect."
)
_OTHER_LOGIN = _lt(
    "Something before Odoo asks for a login of its own (%(status)s). Let posts to "
    "/mailjet/events/ through."
)
_OTHER_ANSWER = _lt(
    "Something else than this database answers there. Check the system parameter "
    "web.base.url and the option dbfilter."
)
_STATUS = _lt("The answer is an error (%(status)s). Look into Odoo's log.")
_CERTIFICATE = _lt(
    "The certificate of %(host)s is not valid, so Mailjet will not post there: "
    "%(error)s"
)
_UNREACHABLE = _lt("%(host)s cannot be reached: %(error)s")
_PRIVATE = _lt(
    "%(host)s is an address of your own network (%(address)s), which Mailjet cannot "
    "reach. Enter the public address of Odoo as the system parameter web.base.url."
)


def try_address(url, expected, *, is_public=True):
    """Post nothing to an address, as Mailjet would post events.

    :param str url: with its login and token
    :param str expected: what this database answers
    :param bool is_public: Mailjet is on the internet, and no stand-in on this machine
    :return: a `Words` about what is wrong; None if all is well, or if the answer did
        not come in time: an Odoo with a single worker cannot answer while it asks
    """
    host = urlsplit(url).hostname or ""
    private = _private_address(host) if is_public else None
    if private:
        return Words(_PRIVATE, {"host": host, "address": private})
    try:
        response = requests.post(
            url, json=[], timeout=SECONDS, allow_redirects=False, stream=True
        )
        with response:
            return _problem(response, expected)
    except requests.Timeout:
        return None
    except requests.exceptions.SSLError as error:
        return Words(_CERTIFICATE, {"host": host, "error": _cause(error)})
    except requests.RequestException as error:
        return Words(_UNREACHABLE, {"host": host, "error": _cause(error)})


def _problem(response, expected):
    status = response.status_code
    if 300 <= status < 400:
        target = urlsplit(response.headers.get("Location", ""))
        shown = f"{target.scheme}://{target.hostname}" if target.hostname else "/"
        return Words(_REDIRECTED, {"target": shown})
    if status in (401, 403):
        return Words(_OTHER_LOGIN, {"status": status})
    if status == 404:
        return Words(_NOT_FOUND)
    if status != 200:
        return Words(_STATUS, {"status": status})
    body = next(response.iter_content(200), b"")
    return None if body == expected.encode() else Words(_OTHER_ANSWER)


def _private_address(host):
    """Return an address of the host that is not on the internet, or None."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return None
    addresses = {ipaddress.ip_address(one[4][0].partition("%")[0]) for one in found}
    private = sorted(str(one) for one in addresses if not one.is_global)
    return private[0] if len(private) == len(addresses) else None


def _cause(error):
    """Return what lies beneath an exception of requests: the URL holds a login."""
    while error.__context__ or error.__cause__:
        error = error.__cause__ or error.__context__
    return type(error).__name__
