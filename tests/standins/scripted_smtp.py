"""A mail server that misbehaves on demand: real sockets, real TLS, threads.

It behaves like an ordinary server, except where the script says otherwise:

    with ScriptedSmtp({"MAIL": "550 5.7.1 no", "QUIT": Peer.hang_up}) as server:
        ...  # connect to 127.0.0.1, server.port

A script maps a verb to the reply (without its line end) or to a function that takes
the `Peer`. "GREETING" and "CONTENT", the end of the message, are entries, too; the one
for "AUTH" is the last reply of a login. A function may hang up, which ends the session.
"""

import base64
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping

from .certificates import Certificate

Action = str | Callable[["Peer"], None]

EHLO = "250-in.example.com\r\n250-SIZE 15728640\r\n250-STARTTLS\r\n250 AUTH %s"
SCRIPT: Mapping[str, Action] = {
    "GREETING": "220 in.example.com ESMTP",
    "STARTTLS": "220 2.0.0 Ready to start TLS",
    "AUTH": "235 2.7.0 Authentication successful",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "CONTENT": "250 OK queued as 8a6f2f0e-32a1-4c4b-9b43-0c0e1e1d2f3a",
    "RSET": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}
_PATIENCE = 10  # seconds; a test that takes longer has failed


class Peer:
    """The server's end of one connection; `lines` has what the client sent."""

    def __init__(
        self,
        sock: socket.socket,
        script: Mapping[str, Action],
        stopped: threading.Event,
    ) -> None:
        self.script = script
        self.lines: list[bytes] = []
        self._sock = sock
        self._stopped = stopped
        self._unread = b""

    # -- Actions for scripts -----------------------------------------------------

    def say(self, text: str) -> None:
        """Send a reply."""
        self.send(text.encode() + b"\r\n")

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self._sock.sendall(data)

    def drip(self, data: bytes = b"2" * 100, seconds: float = 1.0) -> None:
        """Send byte after byte, with a pause before each."""
        for number in range(len(data)):
            if self._stopped.wait(seconds):
                break
            self.send(data[number : number + 1])

    def silence(self) -> None:
        """Stay silent until the client leaves."""
        with contextlib.suppress(OSError):
            while self.read_some():
                pass
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        raise ConnectionAbortedError

    def read_some(self) -> bytes:
        """Return the data received, b"" once the client has left."""
        return self._sock.recv(65536)

    def read_line(self) -> bytes:
        """Return the client's next line, without its end."""
        while b"\n" not in self._unread:
            data = self.read_some()
            if not data:
                self.hang_up()
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        self.lines.append(line.rstrip(b"\r"))
        return self.lines[-1]

    def begin_tls(self, context: ssl.SSLContext) -> None:
        """Start TLS; raises if the client refuses."""
        self._sock = context.wrap_socket(self._sock, server_side=True)

    def close(self) -> None:
        """Close the socket, whatever its state."""
        self._sock.close()

    # -- An ordinary server ------------------------------------------------------

    def serve(self, context: ssl.SSLContext | None, implicit: bool) -> None:
        """Handle a whole session."""
        if implicit:
            self.begin_tls(context)
        self.act("GREETING")
        while True:
            line = self.read_line()
            verb = line.split(b" ")[0].decode("ascii", "replace").upper()
            if verb == "AUTH":
                self._log_in(line.decode().split(" ")[1:])
            self.act(verb)
            if verb == "STARTTLS" and str(self.script[verb]).startswith("220"):
                self.begin_tls(context)
            if verb == "DATA" and str(self.script[verb]).startswith("354"):
                while self.read_line() != b".":
                    pass
                self.act("CONTENT")

    def act(self, name: str) -> None:
        """Do what the script says for a verb."""
        action = self.script.get(name, "500 5.5.2 unknown command")
        if callable(action):
            action(self)
        else:
            self.say(action)

    def _log_in(self, words: list[str]) -> None:
        mechanism, initial = words[0].upper(), words[1:]
        questions = {"PLAIN": [""], "LOGIN": ["Username:", "Password:"]}.get(
            mechanism, ["<1896.697170952@in.example.com>"]
        )
        for question in questions[len(initial) :]:
            self.say(f"334 {base64.b64encode(question.encode()).decode()}")
            self.read_line()


class ScriptedSmtp:
    """Listens on a free port of 127.0.0.1 and plays the script to each client.

    :param script: the differences from `SCRIPT`
    :param certificate: a `Certificate` or a server's `ssl.SSLContext`; None: no TLS
    :param implicit: TLS from the first byte on
    :param mechanisms: the mechanisms offered for AUTH
    """

    def __init__(
        self,
        script: Mapping[str, Action] | None = None,
        certificate: Certificate | ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        mechanisms: str = "PLAIN LOGIN CRAM-MD5",
    ) -> None:
        self._script = {**SCRIPT, "EHLO": EHLO % mechanisms, **(script or {})}
        if isinstance(certificate, Certificate):
            certificate = certificate.server_context()
        self._context = certificate
        self._implicit = implicit
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.peers: list[Peer] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    @property
    def lines(self) -> list[bytes]:
        """All lines that clients sent, in all connections."""
        return [line for peer in self.peers for line in peer.lines]

    def __enter__(self) -> "ScriptedSmtp":
        self._threads[0].start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        end = time.monotonic() + 5
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _address = self._listener.accept()
                sock.settimeout(_PATIENCE)
                thread = threading.Thread(target=self._talk, args=[sock], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, sock: socket.socket) -> None:
        peer = Peer(sock, self._script, self._stopped)
        self.peers.append(peer)
        with contextlib.closing(peer), contextlib.suppress(OSError):
            peer.serve(self._context, self._implicit)
