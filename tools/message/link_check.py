"""Find dead links: ask each page whether it is there, and nothing more.

A mailing's author chooses the links, so they must not lead the server to machines that
only it can reach. Each name is looked up once, all its addresses must be public, and
the connection goes to the very address that was looked at; a redirect is a new link.

It uses no threads, as `tools/dns/lookup.py` explains.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPException
from urllib.parse import quote, urljoin

from ..dns.addresses import find_addresses
from ..dns.domain_name import DomainError, ascii_domain
from ..dns.lookup import Resolver
from ..web.exchange import exchange, read_response
from ..web.public_address import is_public
from .sample import split_url

BUDGET_SECONDS = 10.0  # for all links
LINK_SECONDS = 5.0  # for one, redirects included
MOST_LINKS = 30
MOST_REDIRECTS = 5
AT_ONCE = 10
MOST_HEADER_BYTES = 16 * 1024
# What is asked of a page; nobody reads it
MOST_BODY_BYTES = 1024
_END_OF_HEAD = b"\r\n\r\n"
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
_AGENT = "mail_mailjet link check"


class LinkState(str, Enum):
    """What became of a link."""

    OK = "ok"
    DEAD = "dead"
    UNKNOWN = "unknown"  # refused to us, too slow, not asked in time
    FORBIDDEN = "forbidden"  # not a public web address, so that it was not asked


@dataclass(frozen=True)
class LinkResult:
    """The outcome for one link.

    :ivar final: where its redirects end
    :ivar detail: HTTP status or kind of failure, in English
    """

    url: str
    state: LinkState
    final: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Page:
    """The beginning of an HTTP answer."""

    status: int
    location: str = ""


class FetchError(Exception):
    """A page could not be asked; the text says why."""


class NotFoundError(FetchError):
    """There is certainly no such page."""


class ForbiddenError(FetchError):
    """The page is not for us to ask."""


# Returns the addresses of a name; none if it has none. Raises `FetchError`.
Resolve = Callable[[str], Awaitable[list[str]]]
# Returns the `Page` at an address, given the parts of the URL and the method
Fetch = Callable[[str, object, str], Awaitable[Page]]


def check_links(
    urls: Iterable[str],
    servers=(),
    resolve: Resolve | None = None,
    fetch: Fetch | None = None,
    budget: float = BUDGET_SECONDS,
) -> list[LinkResult]:
    """Return a `LinkResult` for each of the first 30 different links, in order.

    It takes no longer than the budget, whatever the other side does.

    :param servers: DNS servers, as for `Resolver`
    :param resolve: in the place of DNS
    :param fetch: in the place of HTTP
    """
    chosen = list(dict.fromkeys(urls))[:MOST_LINKS]
    return asyncio.run(
        _check_all(chosen, servers, resolve, fetch or fetch_page, budget)
    )


async def _check_all(urls, servers, resolve, fetch, budget):
    end = time.monotonic() + budget
    resolve = resolve or _resolver(servers, end)
    slots = asyncio.Semaphore(AT_ONCE)

    async def check(url):
        async with slots:
            return await _check_in_time(url, resolve, fetch, end)

    return await asyncio.gather(*map(check, urls))


async def _check_in_time(url, resolve, fetch, end):
    seconds = min(LINK_SECONDS, end - time.monotonic())
    if seconds <= 0:
        return LinkResult(url, LinkState.UNKNOWN, url, "not asked in time")
    try:
        return await asyncio.wait_for(_check(url, resolve, fetch), seconds)
    except asyncio.TimeoutError:
        return LinkResult(url, LinkState.UNKNOWN, url, "no answer in time")


async def _check(url, resolve, fetch):
    place = url
    try:
        for _number in range(MOST_REDIRECTS + 1):
            page = await _ask(place, resolve, fetch)
            if page.status not in _REDIRECTS or not page.location:
                return LinkResult(url, _judge(page), place, f"HTTP {page.status}")
            place = _joined(place, page.location)
    except NotFoundError as error:
        return LinkResult(url, LinkState.DEAD, place, str(error))
    except ForbiddenError as error:
        return LinkResult(url, LinkState.FORBIDDEN, place, str(error))
    except FetchError as error:
        return LinkResult(url, LinkState.UNKNOWN, place, str(error))
    return LinkResult(url, LinkState.UNKNOWN, place, "too many redirects")


def _joined(place, location):
    try:
        return urljoin(place, location)
    except ValueError as error:
        raise FetchError("a redirect to no address") from error


def _judge(page):
    if 200 <= page.status < 300:
        return LinkState.OK
    return LinkState.DEAD if page.status in _GONE else LinkState.UNKNOWN


async def _ask(url, resolve, fetch):
    """Return the `Page` at a URL: by HEAD, and by GET where that says nothing."""
    parts = _parts(url)
    addresses = await resolve(parts.hostname)
    if not addresses:
        raise NotFoundError("no such host")
    # One that is not public is enough: which one is asked is somebody else's choice
    if not all(map(is_public, addresses)):
        raise ForbiddenError("not a public address")
    page = await fetch(addresses[0], parts, "HEAD")
    if page.status >= 400:
        # Some servers know no HEAD, and answer anything to it
        page = await fetch(addresses[0], parts, "GET")
    return page


def _parts(url):
    """Return a URL taken apart, its host in A-labels; raise `ForbiddenError`."""
    parts = split_url(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ForbiddenError("not a web address")
    if "@" in parts.netloc or parts.port not in (None, _PORTS[parts.scheme]):
        raise ForbiddenError("a port or user name in the address")
    if ":" in parts.hostname:  # an IPv6 address
        raise ForbiddenError("not a name on the Internet")
    try:
        host = ascii_domain(parts.hostname.rstrip("."))
    except DomainError as error:
        raise NotFoundError("no such host") from error
    # An address in any form that a system might take for one: 127.1, 0x7f000001
    if "." not in host or host.rpartition(".")[2][:1].isdecimal():
        raise ForbiddenError("not a name on the Internet")
    return parts._replace(netloc=host)


def _resolver(servers, end):
    resolver = Resolver(servers, deadline=end)

    async def resolve(host):
        addresses = await find_addresses(host, resolver)
        if addresses is None:
            raise FetchError("DNS does not answer")
        return addresses

    return resolve


async def fetch_page(address, parts, method):
    """Ask one machine for a page; return the beginning of its answer.

    :param str address: IP address, to which it connects, whatever the name says
    :param parts: the URL taken apart; its host is what the certificate must name
    :param method: HEAD or GET
    :raise FetchError: if there is no answer
    """
    try:
        answer = await exchange(
            address,
            _PORTS[parts.scheme],
            _request(parts, method),
            MOST_HEADER_BYTES,
            tls_name=parts.hostname if parts.scheme == "https" else "",
            end=_END_OF_HEAD,
        )
    except ssl.SSLCertVerificationError as error:
        raise FetchError(f"certificate: {error.verify_message}") from error
    except OSError as error:  # ssl.SSLError is one
        raise FetchError(
            f"no connection: {error.strerror or type(error).__name__}"
        ) from error
    return read_page(answer)


def _request(parts, method):
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    lines = (
        f"{method} {path}{'?' + query if query else ''} HTTP/1.1",
        f"Host: {parts.hostname}",
        f"User-Agent: {_AGENT}",
        "Accept: */*",
        f"Range: bytes=0-{MOST_BODY_BYTES - 1}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def read_page(answer: bytes) -> Page:
    """Return the `Page` in the beginning of an HTTP answer, its head at least.

    :raise FetchError: if it is none
    """
    if _END_OF_HEAD not in answer:
        raise FetchError("no proper answer")
    try:
        response = read_response(answer)
    except HTTPException as error:
        raise FetchError("no proper answer") from error
    return Page(response.status, response.headers.get("Location", "").strip())
