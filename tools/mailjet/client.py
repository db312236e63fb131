"""Send requests to Mailjet's REST API, version 3, and retry those worth retrying.

`resources` has a method for each endpoint, built on this client. Every failure is a
`MailjetApiError`. It never holds a key or the original exception: exceptions of
`requests` carry the request and its login.
"""

import base64
import random
import time
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3

from ... import const
from .answer import (
    DEFAULT_MESSAGES,
    SAME_PAGE,
    decoded,
    error_class,
    first_row,
    one_line,
    page_key,
    retry_after,
    rows_of,
)
from .errors import (
    InvalidError,
    MailjetApiError,
    RateLimitedError,
    ReadOnlyError,
    UnavailableError,
    UnexpectedAnswerError,
)
from .values import number_of

_RETRIED_STATUSES = (502, 503, 504)
_RETRIED_REASONS = ("timeout", "connection")
_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Seconds: the first pause is at most this long, and each one at most twice the last
_BACKOFF, _MAX_BACKOFF = 0.5, 20.0
# Bytes; small, so that an answer that trickles in is abandoned soon after its deadline
_CHUNK = 1024


class Session(requests.Session):
    """A session that ignores redirects, which the client checks itself.

    Even with `allow_redirects=False`, `requests` would read the whole body of one.
    """

    def get_redirect_target(self, resp):
        return None


@dataclass(frozen=True)
class _Answer:
    """One HTTP answer, read completely."""

    status: int
    headers: requests.structures.CaseInsensitiveDict
    content: bytes


class Client:
    """A client for one pair of keys. Close it, or use it in a `with` statement.

    Not thread-safe.

    :param str api_key: user name of every request
    :param str secret_key: its password
    :param str base_url: const.API_URL, const.API_URL_US, or a stand-in on loopback
    :param float connect_timeout: seconds to wait for a connection
    :param float read_timeout: seconds to wait for the next byte of an answer
    :param float deadline: seconds for one request with all its retries
    :param int max_size: the most bytes an answer may have, decompressed
    :param bool read_only: refuse to send anything but reads
    :param hidden: other texts that no error may show
    :param sleep: replaces time.sleep in tests
    :param clock: replaces time.monotonic in tests
    :param random_part: replaces random.random in tests
    :raise InvalidError: if the keys may not be sent to the base URL
    """

    def __init__(
        self,
        api_key,
        secret_key,
        base_url=const.API_URL,
        *,
        connect_timeout=5.0,
        read_timeout=20.0,
        deadline=60.0,
        max_size=32 * 1024 * 1024,
        read_only=False,
        hidden=(),
        sleep=time.sleep,
        clock=time.monotonic,
        random_part=random.random,
    ):
        self.base_url = check_base_url(base_url)
        self.read_only = read_only
        self._api_key = api_key or ""
        self._secrets = _secret_forms(self._api_key, secret_key or "", hidden)
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._max_size = max_size
        self._sleep = sleep
        self._clock = clock
        self._random_part = random_part
        self._session = Session()
        # As bytes: requests encodes text as latin-1, and its error shows the text
        self._session.auth = (self._api_key.encode(), (secret_key or "").encode())
        self._session.headers["Accept"] = "application/json"

    def __repr__(self):
        return f"{type(self).__name__}({self.base_url!r})"

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        """Close the connections."""
        self._session.close()

    def request(self, method, path, params=None, json=None, idempotent=None):
        """Send a request, and retry it if that is safe and may help.

        :param str method: GET, POST, PUT or DELETE
        :param str path: below /v3/REST/, as `path_of` builds it; relative to the host
            if it starts with "/"
        :param dict params: the query
        :param json: the body
        :param bool idempotent: whether it may be sent twice; by default, everything
            but POST may
        :return: the decoded body; None if it is empty: DELETE (204), a PUT that changes
            nothing (304)
        :raise MailjetApiError: one of its subclasses
        """
        if self.read_only and method != "GET":
            raise ReadOnlyError("This client is read-only: nothing was sent")
        if idempotent is None:
            idempotent = method != "POST"
        url = self.base_url + (path if path.startswith("/") else f"/v3/REST/{path}")
        end = self._clock() + self._deadline
        attempt = 0
        while True:
            answer, error = self._try(method, url, params, json, end)
            if error is None:
                return answer
            pause = self._pause(error, attempt) if idempotent else None
            if pause is None or self._clock() + pause >= end:
                raise error
            self._sleep(pause)
            attempt += 1

    def row(self, method, path, **options):
        """Return the first row of an answer; parameters as for `request`.

        :raise UnexpectedAnswerError: also if it contains no row
        """
        return first_row(self.request(method, path, **options))

    def iterate(self, resource, **filters):
        """Yield all rows of a resource, page by page.

        Stops at the first incomplete page: Mailjet's Total only counts the page.

        :param str resource: its path, such as "sender"
        :param filters: names and values as in Mailjet's documentation
        :raise UnexpectedAnswerError: also if a page repeats
        """
        seen, offset = set(), 0
        while True:
            page = self.page(resource, offset, **filters)
            yield from page
            if len(page) < const.API_PAGE_SIZE:
                return
            key = page_key(page)
            if key in seen:
                raise UnexpectedAnswerError(SAME_PAGE)
            seen.add(key)
            offset += len(page)

    def page(self, resource, offset, limit=const.API_PAGE_SIZE, **filters):
        """Return the rows of one page, undecoded. Only the last page is incomplete.

        :param int offset: of the first row
        :param int limit: rows of a full page
        :raise UnexpectedAnswerError: also if the answer contains no rows
        """
        paging = {"Limit": limit, "Offset": offset}
        return rows_of(self.request("GET", resource, {**filters, **paging}))

    def count(self, resource, **filters):
        """Return the number of rows, without transferring any."""
        return number_of(
            self.request("GET", resource, {**filters, "countOnly": 1}), "Total"
        )

    # -- One attempt -----------------------------------------------------------------

    def _try(self, method, url, params, json, end):
        """Return (decoded body, None) or (None, error); raise nothing.

        The caller raises the error outside any `except`: otherwise its `__context__`
        would hold the original exception, which holds the login.
        """
        try:
            answer = self._exchange(method, url, params, json, end)
            for _hop in range(_MAX_REDIRECTS):
                if answer.status not in _REDIRECTS or method != "GET":
                    break
                url = self._redirected(url, answer)
                answer = self._exchange(method, url, None, None, end)
            return self._decoded(answer), None
        except MailjetApiError as error:
            return None, error.with_traceback(None)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            return None, _error_without_answer(error)

    def _exchange(self, method, url, params, json, end):
        """Send the request and read the answer, both before `end`."""
        left = max(end - self._clock(), 0.001)
        response = self._session.request(
            method,
            url,
            params=params,
            json=json,
            timeout=tuple(min(limit, left) for limit in self._timeouts),
            allow_redirects=False,
            stream=True,
        )
        with closing(response):
            return _Answer(
                response.status_code, response.headers, self._content(response, end)
            )

    def _content(self, response, end):
        """Return the decompressed body, unless it is too large or too slow."""
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._max_size:
                raise UnexpectedAnswerError(
                    "The answer is too large", status=response.status_code
                )
            if self._clock() > end:
                raise requests.Timeout
        return bytes(content)

    def _redirected(self, url, answer):
        """Return the target of a redirect, which must be on the same host."""
        target = urljoin(url, answer.headers.get("Location", ""))
        here, there = urlsplit(self.base_url), urlsplit(target)
        if target == url or (here.scheme, here.netloc) != (
            there.scheme,
            there.netloc.lower(),
        ):
            raise UnexpectedAnswerError(
                "The answer redirects to itself or to another host",
                status=answer.status,
            )
        return target

    def _decoded(self, answer):
        """Return the body of a successful answer, None if empty; raise for others."""
        if answer.status == 304 or (200 <= answer.status < 300 and not answer.content):
            return None
        body = decoded(answer.content)
        if 200 <= answer.status < 300:
            if body is not None:
                return body
            raise self._error(UnexpectedAnswerError, answer, "The answer is not JSON")
        raise self._failure(answer, body if isinstance(body, dict) else {})

    def _failure(self, answer, body):
        """Return the error for an unsuccessful answer."""
        message = one_line(body.get("ErrorMessage"))
        kind = error_class(answer.status, message)
        error = self._error(kind, answer, message or DEFAULT_MESSAGES[kind], body)
        if kind in (RateLimitedError, UnavailableError):
            error.retry_after = retry_after(answer.headers.get("Retry-After"))
        return error

    def _error(self, kind, answer, message, body=None):
        """Return an error of that kind for the answer, with secrets masked."""
        body = body or {}
        identifier = body.get("ErrorIdentifier")
        header = answer.headers.get(const.API_REQUEST_ID_HEADER)
        return kind(
            self._masked(message),
            status=answer.status,
            info=self._masked(one_line(body.get("ErrorInfo"))),
            request_id=self._masked(one_line(identifier or header)),
        )

    def _masked(self, text):
        """Mask the login in a text that the server may have echoed."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:500]

    def _pause(self, error, attempt):
        """Return the seconds to wait before a retry; None: do not retry."""
        if isinstance(error, UnavailableError):
            again = (
                error.status in _RETRIED_STATUSES or error.reason in _RETRIED_REASONS
            )
        else:
            again = isinstance(error, RateLimitedError)
        if not again:
            return None
        if error.retry_after is not None:
            return error.retry_after
        # Full jitter, so that clients that failed together do not retry together
        return self._random_part() * min(_MAX_BACKOFF, _BACKOFF * 2 ** min(attempt, 10))


def check_base_url(url):
    """Return the URL without a trailing slash, if the keys may be sent there.

    :raise InvalidError: unless it is https://host[:port]; http is allowed on loopback
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    bare = host and not (parts.query or parts.fragment or "@" in parts.netloc)
    safe = bare and (
        parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    )
    if not safe or parts.path.strip("/"):
        raise InvalidError("The API's URL must be https://host")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def path_of(resource, *parts):
    """Return the path of an object or action, with each part quoted.

    :raise InvalidError: for a part that would change the path, such as an empty id
    """
    parts = [str(part or "") for part in parts]
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidError("The object's id is missing")
    return "/".join([resource, *(quote(part, safe="@*") for part in parts)])


def _secret_forms(api_key, secret_key, hidden):
    """Return the forms in which a server may echo the keys, and what else to hide.

    The API key counts as a secret, too: people swap the two.
    """
    token = base64.b64encode(f"{api_key}:{secret_key}".encode()).decode()
    forms = filter(None, (api_key, secret_key, token, *hidden))
    # The longest first: it may contain another
    return sorted(forms, key=len, reverse=True)


def _error_without_answer(error):
    """Return our own error for an exception of `requests` or a layer below it."""
    beneath = (error, *error.args)
    if any(isinstance(one, _TIMEOUTS) for one in beneath):
        return _unavailable("timeout", "Mailjet did not answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        return _unavailable(
            "tls", "No secure connection to Mailjet: certificate not valid"
        )
    if isinstance(error, _BROKEN):
        return _unavailable("connection", "No connection to Mailjet, or it was lost")
    return UnexpectedAnswerError("The answer is unreadable")


_TIMEOUTS = (requests.Timeout, TimeoutError, urllib3.exceptions.TimeoutError)
_BROKEN = (
    requests.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    ConnectionError,
    urllib3.exceptions.ProtocolError,
)


def _unavailable(reason, message):
    error = UnavailableError(message)
    error.reason = reason
    return error
