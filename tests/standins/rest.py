"""Mailjet's REST API, played on loopback: HTTP, logins, envelopes, and faults.

What each resource does is in resources.py.
"""

import base64
import binascii
import contextlib
import hmac
import json
import logging
import secrets
import smtplib
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from .reporting.resources import HISTORY, REPORTING_RESOURCES
from .resource import ApiError, Call, NotModified, Resource, is_asked
from .resources import RESOURCES, activate
from .rows import Row
from .store import Account, Store

_logger = logging.getLogger(__name__)

FAULTS = (
    "unauthorized",  # 401 with an empty body
    "rate_limited",  # 429 as HTML
    "error",  # a 5xx with ErrorIdentifier; option status
    "timeout",  # no answer at all
    "garbage",  # 200 with what is no JSON; option body
    "slow",  # the right answer after some seconds; option seconds
    "trickle",  # an answer that hardly ends; options seconds, size, status, location
    "closed",  # the connection is closed, nothing was done
    "lost",  # all is done, but the connection is closed before the answer
    "redirect",  # to another host; options status and location
    "oversize",  # an answer of many bytes; option size
)
_RESOURCES = {**RESOURCES, **REPORTING_RESOURCES}
_REALM = 'Basic realm="Provide an apiKey and secretKey"'
_REASONS = {304: "Content not changed", 204: "No content", 404: "Object not found"}


@dataclass(frozen=True)
class Request:
    """One request that came in; neither its login nor its body is kept."""

    method: str
    path: str
    params: dict[str, str]


@dataclass
class _Fault:
    kind: str
    path: str
    method: str | None
    times: int | None
    options: dict[str, Any]


class Faults:
    """What goes wrong next: faults are used up in the order they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []

    def add(
        self,
        kind: str,
        *,
        path: str = "",
        method: str | None = None,
        times: int | None = 1,
        **options: Any,
    ) -> None:
        """Let the next requests fail in one of the ways of `FAULTS`.

        `path` is the beginning of what follows /v3/REST/, as in 'sender'; `times` is
        how often, None for always. Any fault with an answer takes `retry_after`.
        """
        if kind not in FAULTS:
            raise ValueError(f"{kind} is none of {FAULTS}")
        with self._lock:
            self._faults.append(_Fault(kind, path, method, times, options))

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> _Fault | None:
        """The fault for this request, if there is one; counts it as used."""
        resource = path.removeprefix("/v3/REST/")
        with self._lock:
            for fault in self._faults:
                if fault.method not in (None, method) or not resource.startswith(
                    fault.path
                ):
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                return fault
        return None


@dataclass(frozen=True)
class Answer:
    """What is sent back: `body` as it is if bytes, as JSON if not."""

    status: int
    body: Any = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        # The older half of Mailjet's API prints its JSON like this
        return json.dumps(self.body, separators=(", ", " : ")).encode()


class RestStandin:
    """REST v3 on one port.

    `lookup_txt(name)` gives the TXT records of a name and `fetch(url)` the content of
    a file, None if there is none: both serve `validate`, and by default find nothing.
    `activation_smtp=(host, port)` sends activation mails there; without it they only
    go to the listeners of the store. `public_url` stands in the links of these mails
    instead of `url`, for example https://app.mailjet.com: a test then opens the path
    at `url`. `on_request` is called with each `Request` before it is answered, so that
    a test can change the data between two pages; `delay` is the seconds that each
    answer takes on its way. `validate_envelope` makes `validate` answer as the
    documentation says, and `dkim_bits` is the size of new DKIM keys. Port 0 means a
    free one; once started, `port` and `url` say which. Use it as a context manager, or
    `start()` and `stop()`.
    """

    def __init__(
        self,
        store: Store,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        lookup_txt: Callable[[str], list[str]] = lambda name: [],
        fetch: Callable[[str], bytes | None] = lambda url: None,
        activation_smtp: tuple[str, int] | None = None,
        public_url: str = "",
        validate_envelope: bool = False,
        dkim_bits: int = 1024,
        on_request: Callable[[Request], None] = lambda request: None,
        delay: float = 0.0,
    ) -> None:
        self.store = store
        self.host = host
        self.port = port
        self.lookup_txt = lookup_txt
        self.fetch = fetch
        self.activation_smtp = activation_smtp
        self.public_url = public_url
        self.validate_envelope = validate_envelope
        self.dkim_bits = dkim_bits
        self.on_request = on_request
        self.delay = delay
        self.faults = Faults()
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._connections: set[socket.socket] = set()
        self._server: ThreadingTCPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """The requests up to now, oldest first; faulty ones count too."""
        with self._lock:
            return list(self._requests)

    def clear_requests(self) -> None:
        with self._lock:
            self._requests.clear()

    # -- Start and stop --------------------------------------------------------------

    def start(self) -> "RestStandin":
        """Listen; raises `OSError` if the port is taken."""
        if self._server is not None:
            raise RuntimeError("already started")
        self.stopping.clear()
        self._server = _Server((self.host, self.port), _Handler)
        self._server.standin = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.005,), name="standin-rest"
        )
        self._thread.daemon = True
        self._thread.start()
        return self

    def stop(self) -> None:
        """Hang up on everybody and free the port; harmless when not started."""
        if self._server is None:
            return
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server = self._thread = None

    def __enter__(self) -> "RestStandin":
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # -- Called by the connections ---------------------------------------------------

    def note_connection(self, connection: socket.socket, *, is_open: bool) -> None:
        with self._lock:
            if is_open:
                self._connections.add(connection)
            else:
                self._connections.discard(connection)

    def note_request(self, method: str, path: str, query: str) -> None:
        request = Request(method, path, dict(parse_qsl(query, True)))
        with self._lock:
            self._requests.append(request)
        self.on_request(request)
        time.sleep(self.delay)

    def send_activation(self, account: Account, sender: Row) -> None:
        """Write the activation mail of an address; the store's lock is not held."""
        token = secrets.token_hex(16)
        with self.store.lock:
            account.activations[token] = sender["ID"]
        link = f"{self.public_url or self.url}/activate/{token}"
        mail = _activation_mail(sender["Email"], link)
        if self.activation_smtp:
            try:
                with smtplib.SMTP(*self.activation_smtp, timeout=10) as client:
                    client.send_message(mail)
            except (OSError, smtplib.SMTPException):
                _logger.exception("The activation mail could not be sent")
        self.store.announce_activation(sender["Email"], link, mail.as_bytes())

    def answer(self, method: str, url: str, login: str, body: bytes) -> Answer:
        """The answer to one request; `login` is its Authorization header."""
        parts = urlsplit(url)
        pieces = [unquote(piece) for piece in parts.path.strip("/").split("/")]
        if method == "GET" and pieces[0] == "activate" and len(pieces) == 2:
            return self._activated(pieces[1])
        if pieces[0].lower() != "v3":
            return _html(404, "404 Not Found")
        account = self._account(login)
        if account is None:
            return Answer(
                401, headers=(("WWW-Authenticate", _REALM),), content_type="text/html"
            )
        names = [piece.lower() for piece in pieces[1:3]]
        resource, rest = _resource_of(pieces[2:])
        if names[:1] != ["rest"] or resource is None:
            return _error(_unknown_path(parts.path))
        try:
            query = {k.lower(): v for k, v in parse_qsl(parts.query, True)}
            if resource is HISTORY and rest:
                query["message"] = rest.pop()  # all events of one message, no row
            call = Call(self, account, query, _decoded(body))
            answer = self._called(method, resource, call, rest)
        except ApiError as error:
            return _new_error(error) if resource.is_new else _error(error)
        except NotModified:
            return Answer(304)
        return _in_new_style(answer) if resource.is_new else answer

    def _account(self, login: str) -> Account | None:
        """The account of a right pair, None for a wrong one."""
        try:
            pair = base64.b64decode(login.partition(" ")[2], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        api_key, _, secret = pair.partition(":")
        right = self.store.secret_of(api_key)
        if right is None or not hmac.compare_digest(right.encode(), secret.encode()):
            return None
        return self.store.account(api_key)

    def _called(
        self, method: str, resource: Resource, call: Call, pieces: list[str]
    ) -> Answer:
        """Do what the path below the resource says: collection, row or action."""
        if pieces and pieces[0].lower() in resource.of_all:
            with self.store.lock:
                act = resource.of_all[pieces[0].lower()]
                status, rows = act(call, method, pieces[1:])
                return Answer(status, _envelope(rows))
        if len(pieces) == 2:
            return self._acted(method, resource, call, *pieces)
        if method == "POST" and not pieces and resource.create:
            return _created(resource, call)
        with self.store.lock:
            if pieces:
                return _on_row(method, resource, call, pieces[0])
            if method == "GET":
                return Answer(200, _page(resource.select(call), call.query))
        raise ApiError(405, "Method not allowed")

    def _acted(
        self, method: str, resource: Resource, call: Call, key: str, name: str
    ) -> Answer:
        action = resource.actions.get(name.lower())
        with self.store.lock:
            row = resource.find(call, key)
        if action is None or method != "POST":
            raise ApiError(404, "Object not found")
        result = action(call, row)
        if name.lower() == "validate" and not self.validate_envelope:
            return Answer(200, result)
        return Answer(200, _envelope([result]))

    def _activated(self, token: str) -> Answer:
        """Somebody has opened the link of an activation mail."""
        with self.store.lock:
            for account in self.store.accounts:
                sender_id = account.activations.pop(token, None)
                for row in account.senders:
                    if row["ID"] == sender_id and row["Status"] == "Inactive":
                        activate(account, row)
                        return _html(200, "Your sender address is active")
        return _html(404, "This link is not valid any more")


def _activation_mail(address: str, link: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Mailjet <no-reply@mailjet.com>"
    mail["To"] = address
    mail["Subject"] = f"Activate your sender address {address}"
    mail.set_content(f"Please confirm this address:\n\n{link}\n")
    mail.add_alternative(
        f'<p>Please confirm this address: <a href="{link}">Activate</a></p>',
        subtype="html",
    )
    return mail


def _created(resource: Resource, call: Call) -> Answer:
    with call.store.lock:
        row = resource.create(call)
        answer = Answer(201, _envelope([row]))
    if resource.created:
        resource.created(call, row)
    return answer


def _on_row(method: str, resource: Resource, call: Call, key: str) -> Answer:
    row = resource.find(call, key)
    if method == "GET":
        return Answer(200, _envelope([row]))
    if method == "PUT" and resource.writable:
        resource.update(call, row)
        return Answer(200, _envelope([row]))
    if method == "DELETE" and resource.delete:
        resource.delete(call, row)
        return Answer(204)
    raise ApiError(405, "Method not allowed")


def _page(rows: Sequence[Row], query: dict[str, str]) -> dict[str, Any]:
    """The envelope of a list. Total is that of the page, unless counting is asked."""

    def number(name: str, default: int) -> int:
        text = query.get(name, "")
        return int(text) if text.isdecimal() else default

    if is_asked(query, "countonly"):
        return {"Count": len(rows), "Data": [], "Total": len(rows)}
    offset = number("offset", 0)
    page = rows[offset : offset + min(number("limit", 10) or 1000, 1000)]
    return _envelope(page, len(rows) if is_asked(query, "countrecords") else None)


def _envelope(rows: Iterable[Row], total: int | None = None) -> dict[str, Any]:
    # Copies: the rows go on changing while the answer is written
    rows = [dict(row) for row in rows]
    return {
        "Count": len(rows),
        "Data": rows,
        "Total": len(rows) if total is None else total,
    }


def _decoded(body: bytes) -> dict[str, Any]:
    """The body with its names in lower case; forms are taken as well as JSON."""
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError:
        value = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if not value:
            raise ApiError(400, "Malformed JSON") from None
    if not isinstance(value, dict):
        raise ApiError(400, "Object properties invalid")
    return {name.lower(): one for name, one in value.items()}


def _resource_of(pieces: list[str]) -> tuple[Resource | None, list[str]]:
    """The resource of a path, and what follows it; names of some have two parts."""
    names = [piece.lower() for piece in pieces]
    for length in (2, 1):
        resource = _RESOURCES.get("/".join(names[:length]))
        if resource and len(names) >= length:
            return resource, pieces[length:]
    return None, []


def _unknown_path(path: str) -> ApiError:
    name = path.removeprefix("/v3/")
    text = f'Could not determine HTTP module for request "{name}"'
    return ApiError(500, text, "EFPWebError")


def _error(error: ApiError) -> Answer:
    body = {
        "ErrorInfo": error.info,
        "ErrorMessage": error.message,
        "StatusCode": error.status,
    }
    return Answer(error.status, body)


def _new_error(error: ApiError) -> Answer:
    """An error in the form of Mailjet's newer half."""
    body = {
        "ErrorIdentifier": str(uuid.uuid4()),
        "StatusCode": error.status,
        "ErrorMessage": error.message,
    }
    return _in_new_style(Answer(error.status, body))


def _in_new_style(answer: Answer) -> Answer:
    """The same answer as Mailjet's newer half prints it."""
    return Answer(
        answer.status,
        json.dumps(answer.body, separators=(",", ":")).encode(),
        (*answer.headers, ("X-Mj-Request-Guid", str(uuid.uuid4()))),
        "application/json; charset=UTF-8",
    )


def _html(status: int, title: str) -> Answer:
    page = f"<html><body><h1>{title}</h1></body></html>"
    return Answer(status, page.encode(), content_type="text/html")


class _Server(ThreadingTCPServer):
    # Not HTTPServer: that one looks its own name up in DNS when it starts
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    standin: RestStandin

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hangs up; our own bugs are logged elsewhere."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.standin.note_connection(self.connection, is_open=True)

    def finish(self) -> None:
        self.server.standin.note_connection(self.connection, is_open=False)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, *args: object) -> None:
        """Say nothing: `requests` of the stand-in knows more."""

    def _serve(self) -> None:
        standin = self.server.standin
        parts = urlsplit(self.path)
        standin.note_request(self.command, parts.path, parts.query)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = standin.faults.take(self.command, parts.path)
        if fault is None:
            self._send(self._answer(body))
        elif fault.kind in _PLAYED:
            _PLAYED[fault.kind](self, fault.options, body)
        else:
            self._send(_faulty_answer(fault))

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _answer(self, body: bytes) -> Answer:
        login = self.headers.get("Authorization") or ""
        try:
            return self.server.standin.answer(self.command, self.path, login, body)
        except Exception:
            _logger.exception("The stand-in failed")
            return Answer(500, {"ErrorMessage": "stand-in", "StatusCode": 500})

    def _send(self, answer: Answer) -> None:
        content = answer.content()
        self.send_response(answer.status, _REASONS.get(answer.status))
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status in (204, 304):
            content = b""
        else:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _hang_up(self, options: dict[str, Any], body: bytes) -> None:
        self.close_connection = True

    def _stay_silent(self, options: dict[str, Any], body: bytes) -> None:
        self.server.standin.stopping.wait(options.get("seconds", 60))
        self.close_connection = True

    def _send_late(self, options: dict[str, Any], body: bytes) -> None:
        self.server.standin.stopping.wait(options.get("seconds", 1))
        self._send(self._answer(body))

    def _lose_answer(self, options: dict[str, Any], body: bytes) -> None:
        self._answer(body)
        self.close_connection = True

    def _trickle(self, options: dict[str, Any], body: bytes) -> None:
        self.close_connection = True
        self.send_response(options.get("status", 200))
        self.send_header("Location", options.get("location", ""))
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.standin.stopping.wait(options.get("seconds", 0.01)):
                self.wfile.write(b" " * options.get("size", 1))


_PLAYED = {
    "closed": _Handler._hang_up,
    "timeout": _Handler._stay_silent,
    "slow": _Handler._send_late,
    "lost": _Handler._lose_answer,
    "trickle": _Handler._trickle,
}


def _faulty_answer(fault: _Fault) -> Answer:
    """The answer of a fault that has one."""
    options = fault.options
    headers = []
    if "retry_after" in options:
        headers.append(("Retry-After", str(options["retry_after"])))
    if fault.kind == "unauthorized":
        headers.append(("WWW-Authenticate", _REALM))
        return Answer(401, headers=tuple(headers), content_type="text/html")
    if fault.kind == "rate_limited":
        page = _html(429, "429 Too Many Requests")
        return Answer(429, page.body, tuple(headers), page.content_type)
    if fault.kind == "redirect":
        location = options.get("location", "http://elsewhere.invalid/v3/REST/user")
        headers.append(("Location", location))
        return Answer(options.get("status", 302), headers=tuple(headers))
    if fault.kind == "oversize":
        return Answer(200, b" " * options.get("size", 64 * 1024 * 1024))
    if fault.kind == "garbage":
        garbage = options.get("body", b"<html>not JSON</html>")
        return Answer(options.get("status", 200), garbage, tuple(headers))
    status = options.get("status", 500)
    headers.append(("X-Mj-Request-Guid", str(uuid.uuid4())))
    body = {
        "ErrorIdentifier": str(uuid.uuid4()),
        "StatusCode": status,
        "ErrorMessage": "Internal error",
    }
    return Answer(status, body, tuple(headers))
