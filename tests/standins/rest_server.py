"""The stand-in's REST API as an HTTP server."""

import contextlib
import logging
import socket
import struct
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .rest_answers import Answer
from .rest_faults import Fault, faulty_answer

if TYPE_CHECKING:
    from .rest import RestStandin

_logger = logging.getLogger(__name__)

_REASONS = {304: "Content not changed", 204: "No content", 404: "Object not found"}


class RestServer(ThreadingTCPServer):
    # Not HTTPServer: that one looks its own name up in DNS when it starts
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    standin: "RestStandin"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hangs up; our own bugs are logged elsewhere."""


class RestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: RestServer

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
        length = int(self.headers.get("Content-Length") or 0)
        fault = None
        if not parts.path.startswith("/standin/"):
            fault = standin.faults.take(self.command, parts.path)
        if fault and fault.kind == "cut":
            self._cut(fault.options, length)
            return
        body = self.rfile.read(length)
        if len(body) < length:  # the client has hung up within its request
            self.close_connection = True
            return
        if fault is None:
            self._send(self._answer(body))
        elif fault.kind in _PLAYED:
            _PLAYED[fault.kind](self, fault.options, body)
        else:
            self._send(faulty_answer(fault))

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

    def _cut(self, options: dict[str, Any], length: int) -> None:
        """Reset the connection before the whole request has been read."""
        self.close_connection = True
        self.rfile.read(min(options.get("size", length // 2), length))
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def _tear(self, options: dict[str, Any], body: bytes) -> None:
        self.close_connection = True
        answer = self._answer(body)
        content = answer.content()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])

    def _hang_up_after(self, options: dict[str, Any], body: bytes) -> None:
        self._send(self._answer(body))
        self.close_connection = True

    def _drip(self, options: dict[str, Any], body: bytes) -> None:
        answer = self._answer(body)
        content = answer.content()
        size = options.get("size", 1)
        self.close_connection = True
        # The head drips as well
        head = (
            f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {answer.content_type}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        content = head.encode() + content
        with contextlib.suppress(OSError):
            for start in range(0, len(content), size):
                if self.server.standin.stopping.wait(options.get("seconds", 0.01)):
                    return
                self.wfile.write(content[start : start + size])

    def _jumble(self, options: dict[str, Any], body: bytes) -> None:
        self._answer(body)
        self._send(faulty_answer(Fault("jumbled", "", None, 1, 1.0, options)))

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
    "closed": RestHandler._hang_up,
    "timeout": RestHandler._stay_silent,
    "slow": RestHandler._send_late,
    "lost": RestHandler._lose_answer,
    "trickle": RestHandler._trickle,
    "torn": RestHandler._tear,
    "hang_up_after": RestHandler._hang_up_after,
    "drip": RestHandler._drip,
    "jumbled": RestHandler._jumble,
}
