"""Check that Mailjet can reach the event URL, or explain why not."""

import ipaddress
import socket
from urllib.parse import urlsplit

import requests

from ..words import Words, _lt

SECONDS = 5

_REDIRECTED = _lt(
    "The URL redirects to %(target)s, which Mailjet does not follow. Set the system "
    "parameter web.base.url to that address."
)
_NOT_FOUND = _lt(
    "The URL was not found. If the server has several databases, give each one its own "
    "host name (option dbfilter), or Odoo cannot tell which one a post is for. A proxy "
    "that removes the Authorization header has the same effect."
)
_OTHER_LOGIN = _lt(
    "A proxy in front of Odoo asks for its own login (%(status)s). Exempt requests to "
    "/mailjet/events/ from it."
)
_OTHER_ANSWER = _lt(
    "Something other than this database answers at this URL. Check the system "
    "parameter web.base.url and the option dbfilter."
)
_STATUS = _lt("Odoo answered with an error (%(status)s). Check its log.")
_CERTIFICATE = _lt(
    "The certificate of %(host)s is not valid, so Mailjet will not post there: "
    "%(error)s"
)
_UNREACHABLE = _lt("%(host)s cannot be reached: %(error)s")
_PRIVATE = _lt(
    "%(host)s is in a private network (%(address)s) that Mailjet cannot reach. Set "
    "the system parameter web.base.url to Odoo's public address."
)


def try_address(url, expected, *, is_public=True):
    """Post an empty list to the event URL, as Mailjet posts events.

    :param str url: with its login and token
    :param str expected: what this database answers
    :param bool is_public: whether Mailjet is on the internet, not a stand-in
    :return: the problem, as `Words`; None if all is well or the answer did not come in
        time: an Odoo with a single worker cannot answer its own request
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
    """Return a private address of the host, None if it has a public one."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return None
    addresses = {ipaddress.ip_address(one[4][0].partition("%")[0]) for one in found}
    private = sorted(str(one) for one in addresses if not one.is_global)
    return private[0] if len(private) == len(addresses) else None


def _cause(error):
    """Return the name of the root cause: messages of requests show the URL's login."""
    while error.__context__ or error.__cause__:
        error = error.__cause__ or error.__context__
    return type(error).__name__
