"""Mailjet's REST API, played on loopback: HTTP, logins, envelopes, and faults.

What each resource does is in resources.py, and the Send API in send.py.
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
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from .control import Control
from .reporting.resources import HISTORY, REPORTING_RESOURCES
from .resource import ApiError, Call, NotModified, Resource, is_asked
from .resources import RESOURCES, activate
from .rest_answers import LOGIN_WANTED, Answer, html
from .rest_faults import Faults
from .rest_server import RestHandler, RestServer
from .rows import Row
from .send import send
from .store import Account, Store

_logger = logging.getLogger(__name__)

_RESOURCES = {**RESOURCES, **REPORTING_RESOURCES}


@dataclass(frozen=True)
class Request:
    """One request that came in; neither its login nor its body is kept."""

    method: str
    path: str
    params: dict[str, str]


class RestStandin:
    """REST v3 and the Send API v3.1 on one port.

    `lookup_txt(name)` gives the TXT records of a name and `fetch(url)` the content of
    a file, None if there is none: both serve `validate`, and by default find nothing.
    `activation_smtp=(host, port)` sends activation mails there; without it they only
    go to the listeners of the store. `public_url` stands in the links of these mails
    instead of `url`, for example https://app.mailjet.com: a test then opens the path
    at `url`. `on_request` is called with each `Request` before it is answered, so that
    a test can change the data between two pages; `delay` is how many seconds each
    answer takes. `validate_envelope` makes `validate` answer as the
    documentation says, and `dkim_bits` is the size of new DKIM keys. `control` lets
    other processes steer the stand-in, without a login. Port 0 means a free one; once
    started, `port` and `url` say which. Use it as a context manager, or `start()` and
    `stop()`.
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
        control: Control | None = None,
    ) -> None:
        self.store = store
        self.control = control
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
        if control:
            control.steer(self)

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
        self._server = RestServer((self.host, self.port), RestHandler)
        self._server.standin = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.005,), name="standin-rest"
        )
        self._thread.daemon = True
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all connections and free the port; harmless when not started."""
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
        """Send the activation mail for an address; do not hold the store's lock."""
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
        if self.control and pieces[0] == "standin" and len(pieces) == 2:
            return _controlled(self.control, pieces[1], body)
        if method == "POST" and [one.lower() for one in pieces] == ["v3.1", "send"]:
            return send(self.store, login, body, port=self.port, url=self.url)
        if pieces[0].lower() != "v3":
            return html(404, "404 Not Found")
        account = self._account(login)
        if account is None:
            return Answer(401, headers=(LOGIN_WANTED,), content_type="text/html")
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
        """Carry out what the path asks for: a collection, a row or an action."""
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
        """Answer a click on the link of an activation mail."""
        with self.store.lock:
            for account in self.store.accounts:
                sender_id = account.activations.pop(token, None)
                for row in account.senders:
                    if row["ID"] == sender_id and row["Status"] == "Inactive":
                        activate(account, row)
                        return html(200, "Your sender address is active")
        return html(404, "This link is not valid any more")


def _controlled(control: Control, name: str, body: bytes) -> Answer:
    try:
        return Answer(200, control.answer(name, json.loads(body or b"{}")))
    except KeyError:
        return html(404, "404 Not Found")
    except (TypeError, ValueError) as error:
        return Answer(400, {"error": str(error)})


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
    """The envelope of a list; Total is that of the page unless countRecords is set."""

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
