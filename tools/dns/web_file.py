"""Fetch the small files that DNS records refer to, as answers to questions.

Anybody can put any address into a zone, so only public addresses are asked, over
HTTPS, and redirects are not followed.
"""

import asyncio
import http.client
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..web.exchange import exchange, read_response
from ..web.public_address import is_public
from .addresses import find_addresses
from .lookup import Asker

# The type of a question for the file at an https address
FILE = "FILE"
LARGEST_FILE = 64 * 1024
FILE_SECONDS = 5.0
_LARGEST_HEADERS = 16 * 1024
_HTTPS_PORT = 443
# A ValueError is a host name that TLS cannot take
_FAILURES = (
    OSError,
    EOFError,
    ValueError,
    asyncio.TimeoutError,
    http.client.HTTPException,
)


@dataclass(frozen=True)
class WebFile:
    """The outcome of one question for a file.

    `status` is one of

    - ok: there is a `body`,
    - no_host: the host does not exist or has no address,
    - private: its address is not on the public Internet,
    - certificate: it cannot be verified,
    - not_found: `code` is the HTTP status; redirects count as not found,
    - too_large: more than `LARGEST_FILE`,
    - invalid: the address is not one that is asked,
    - unreachable: an outage, which says nothing about the file.
    """

    name: str
    status: str
    body: bytes = b""
    code: int = 0
    # As of a `Lookup`: nothing that DNS servers may cache
    is_absent: bool = False
    ttl: int | None = None

    @property
    def is_outage(self):
        """Whether nothing was learned about the file."""
        return self.status == "unreachable"


class Files:
    """Fetches files, each once.

    :param Resolver resolver: looks up the hosts; its deadline and slots hold here, too
    :param allow_private, port, context: for tests
    """

    def __init__(self, resolver, allow_private=False, port=_HTTPS_PORT, context=None):
        self._resolver = resolver
        self._allow_private = allow_private
        self._port = port
        self._context = context
        self._tasks: dict[str, asyncio.Task] = {}

    def beside(self, asker):
        """Return an `Asker` that leaves all but files to another one."""
        return _Beside(asker, self)

    async def fetch(self, url):
        """Return the `WebFile` at an https address; never raises."""
        if url not in self._tasks:
            self._tasks[url] = asyncio.create_task(self._fetch(url))
        return await self._tasks[url]

    async def _fetch(self, url):
        host, path = _place(url)
        if not host:
            return WebFile(url, "invalid")
        end = min(self._resolver.deadline, time.monotonic() + FILE_SECONDS)
        found = await find_addresses(host, self._resolver)
        if not found:
            return WebFile(url, "unreachable" if found is None else "no_host")
        addresses = [a for a in found if self._allow_private or is_public(a)]
        if not addresses:
            return WebFile(url, "private")
        left = max(0, end - time.monotonic())
        try:
            async with self._resolver.slots:
                raw = await asyncio.wait_for(self._get(addresses[0], host, path), left)
            return _read(url, raw)
        except ssl.SSLCertVerificationError:
            return WebFile(url, "certificate")
        except _FAILURES:
            return WebFile(url, "unreachable")

    async def _get(self, address, host, path):
        """Return all that the server sends, as far as it is not too much."""
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Odoo\r\n"
            "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
        )
        return await exchange(
            address,
            self._port,
            request.encode("ascii"),
            LARGEST_FILE + _LARGEST_HEADERS,
            tls_name=host,
            context=self._context,
        )


class _Beside(Asker):
    def __init__(self, asker, files):
        self._asker = asker
        self._files = files

    async def look_up(self, questions):
        """Ask all questions at the same time, those for files over HTTPS."""
        others = [question for question in questions if question.type != FILE]
        urls = [question.name for question in questions if question.type == FILE]
        answers, *files = await asyncio.gather(
            self._asker.look_up(others), *map(self._files.fetch, urls)
        )
        answers, files = iter(answers), iter(files)
        return [
            next(files) if question.type == FILE else next(answers)
            for question in questions
        ]


def _place(url):
    """Return host and path of an https address without a port or a login."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and parts.netloc == parts.hostname
        if not (is_plain and url.isascii() and url.isprintable()) or " " in url:
            return "", ""
    except ValueError:  # no address at all
        return "", ""
    query = f"?{parts.query}" if parts.query else ""
    return parts.hostname, f"{parts.path or '/'}{query}"


def _read(url, raw):
    """Return the `WebFile` in all that a server sent."""
    response = read_response(raw)
    if response.status != 200:
        # RFC 8461 3.3: neither redirects nor errors count; the latter may pass
        is_outage = response.status >= 500 or response.status == 429
        status = "unreachable" if is_outage else "not_found"
        return WebFile(url, status, code=response.status)
    body = response.read(LARGEST_FILE + 1)
    if len(body) > LARGEST_FILE:
        return WebFile(url, "too_large", code=response.status)
    if response.length:
        raise EOFError
    return WebFile(url, "ok", body, response.status)
