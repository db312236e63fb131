"""An SMTP client that never overruns its deadline and records every line."""

import errno
import os
import queue
import re
import selectors
import smtplib
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography import x509
from cryptography.x509.oid import NameOID

from .exceptions import LoginCharactersError, ProtocolError, StoppedError

# How often a wait checks whether it was stopped
POLL_SECONDS = 0.1
# RFC 5321 section 4.5.3.1.5 has 512 octets for a reply line; no server needs more
LONGEST_REPLY_LINE = 8192
MOST_REPLY_LINES = 100
LARGEST_REPLY = 65536
CHUNK = 65536

_REPLY_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
# A machine without IPv6 fails like this on a server's IPv6 address.
_NO_WAY_THERE = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Patience:
    """One deadline and one stop signal for everything that waits.

    Sockets must not block. All methods raise `TimeoutError` after the deadline and
    `StoppedError` when the caller wants to stop.

    :param float seconds: the time for everything
    :param stop: a function that returns whether to stop, a `threading.Event`, or None
    """

    def __init__(self, seconds, stop=None):
        self._end = time.monotonic() + seconds
        self._stop = getattr(stop, "is_set", stop)

    def at_most(self, seconds):
        """Return a patience that ends after these seconds, if not earlier."""
        return Patience(min(seconds, self._end - time.monotonic()), self._stop)

    def remaining(self):
        """Return the seconds left."""
        if self._stop and self._stop():
            raise StoppedError("stopped")
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds

    def slice(self):
        """Return how long a single wait may take."""
        return min(self.remaining(), POLL_SECONDS)

    def finish(self, sock, action, *args, event=selectors.EVENT_READ):
        """Run a non-blocking action of a socket to its end and return its result.

        :param event: what a plain socket waits for; TLS says so itself
        """
        while True:
            self.remaining()  # a trickle that never blocks ends in time, too
            try:
                return action(*args)
            except ssl.SSLWantReadError:
                self.wait(sock, selectors.EVENT_READ)
            except ssl.SSLWantWriteError:
                self.wait(sock, selectors.EVENT_WRITE)
            except BlockingIOError:
                self.wait(sock, event)

    def wait(self, sock, event):
        """Return when a socket has something to read or room to write."""
        with selectors.DefaultSelector() as selector:
            selector.register(sock, event)
            while not selector.select(self.slice()):
                pass


# --------------------------------------------------------------------------------------
# The way to the server
# --------------------------------------------------------------------------------------


def resolve(host, port, patience):
    """Return what `socket.getaddrinfo` returns for a host, or raise `OSError`.

    A lookup cannot be interrupted, so it runs in a thread that may outlive the call.
    """
    answers = queue.SimpleQueue()

    def look_up():
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put((found, None))
        except OSError as error:
            answers.put(((), error))
        except ValueError as error:  # not a name: "a..b", or a label too long
            answers.put(((), socket.gaierror(socket.EAI_NONAME, str(error))))

    threading.Thread(target=look_up, name="smtp-resolve", daemon=True).start()
    while True:
        try:
            found, error = answers.get(timeout=patience.slice())
        except queue.Empty:
            continue
        if error:
            raise error
        return found


def connect(addresses, patience):
    """Return a socket connected to the first address that answers.

    Each address gets its share of the time, so that a silent one leaves some for the
    next. Raises the most telling `OSError`.
    """
    failures = []
    for number, (family, kind, protocol, _name, address) in enumerate(addresses):
        share = patience.remaining() / (len(addresses) - number)
        sock = socket.socket(family, kind, protocol)
        try:
            _connect(sock, address, patience.at_most(share))
        except StoppedError:
            sock.close()
            raise
        except OSError as error:
            sock.close()
            failures.append(error)
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    told = [error for error in failures if error.errno not in _NO_WAY_THERE]
    raise (told or failures)[-1]


def _connect(sock, address, patience):
    sock.setblocking(False)
    state = sock.connect_ex(address)
    if state == errno.EINPROGRESS:
        patience.wait(sock, selectors.EVENT_WRITE)
        state = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if state:
        raise OSError(state, os.strerror(state))


# --------------------------------------------------------------------------------------
# TLS
# --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TlsFacts:
    """How a connection is protected; no certificate data if it is unreadable."""

    protocol: str
    cipher: str
    names: tuple[str, ...] = ()
    issuer: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def tls_context(verify=True):
    """Return a context that trusts the system's authorities, SSL_CERT_FILE included.

    :param bool verify: False encrypts without checking for whom
    """
    context = ssl.create_default_context()
    # RFC 8996 deprecates older versions
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_facts(sock):
    """Return the `TlsFacts` of a socket after its handshake."""
    protocol, cipher = sock.version(), sock.cipher()[0]
    try:
        certificate = x509.load_der_x509_certificate(sock.getpeercert(True))
        return TlsFacts(
            protocol,
            cipher,
            tuple(_certificate_names(certificate)),
            certificate.issuer.rfc4514_string(),
            _utc(certificate, "not_valid_before"),
            _utc(certificate, "not_valid_after"),
        )
    # A certificate that OpenSSL accepts may still be unreadable.
    except (ValueError, TypeError, x509.DuplicateExtension):
        return TlsFacts(protocol, cipher)


def _certificate_names(certificate):
    try:
        extension = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        for attribute in certificate.subject.get_attributes_for_oid(
            NameOID.COMMON_NAME
        ):
            yield str(attribute.value)
        return
    for name in extension.value:
        if isinstance(name, x509.DNSName | x509.IPAddress):
            yield str(name.value)


def _utc(certificate, name):
    """Return a date of a certificate; cryptography adds the time zone since 42."""
    moment = getattr(certificate, f"{name}_utc", None)
    return moment or getattr(certificate, name).replace(tzinfo=timezone.utc)


# --------------------------------------------------------------------------------------
# The conversation
# --------------------------------------------------------------------------------------


class Client(smtplib.SMTP):
    """smtplib's client on a connected socket, with a deadline and a transcript.

    Methods raise `OSError` only, which smtplib's exceptions are.

    :param str host: the name the certificate has to be for
    :param socket.socket sock: connected and not blocking
    """

    def __init__(self, host, sock, patience, transcript):
        # Given a name, smtplib does not look one up in the DNS
        super().__init__(local_hostname=_own_name(sock))
        self.server_name = host.rstrip(".")
        self.sock = sock
        self.patience = patience
        self.transcript = transcript
        self.user = self.password = ""
        self._unread = bytearray()
        self._logging_in = False

    def getreply(self):
        """Return code and text of the next reply, good or bad."""
        lines = []
        while len(lines) < MOST_REPLY_LINES and sum(map(len, lines)) < LARGEST_REPLY:
            match = _REPLY_LINE.fullmatch(self._read_line())
            if not match:
                raise ProtocolError("the server did not answer with an SMTP reply")
            lines.append((match[3] or b"").strip())
            if match[2] != b"-":
                return int(match[1]), b"\n".join(lines)
        raise ProtocolError("the reply never ends")

    def send(self, s):
        """Send text or bytes on behalf of smtplib's methods."""
        data = s.encode(self.command_encoding) if isinstance(s, str) else s
        if self._logging_in:
            self.transcript.sent_login(data)
        else:
            self.transcript.sent(data)
        self._transmit(data)

    def data(self, msg):
        """Send a message (bytes) and return code and text of the last reply."""
        code, text = self.docmd("DATA")
        if code != 354:
            raise smtplib.SMTPDataError(code, text)
        lines = re.sub(rb"\r\n|\r|\n", b"\r\n", msg)
        if not lines.endswith(b"\r\n"):
            lines += b"\r\n"
        self.transcript.sent_content(lines)
        # RFC 5321 section 4.5.2: a dot that begins a line is doubled.
        self._transmit(re.sub(rb"(?m)^\.", b"..", lines))
        return self.docmd(".")

    def secure(self, context):
        """Begin TLS on the connection and return its `TlsFacts`."""
        if self._unread:
            # It came unprotected and would be read as if it were protected.
            raise ProtocolError("the server kept talking before encryption began")
        try:
            self.sock = context.wrap_socket(
                self.sock,
                server_hostname=self.server_name,
                do_handshake_on_connect=False,
            )
        except ValueError as error:
            raise ssl.SSLError(f"not a name for a certificate: {error}") from error
        self.patience.finish(self.sock, self.sock.do_handshake)
        self.esmtp_features = {}
        return tls_facts(self.sock)

    def auth(self, mechanism, authobject, *, initial_response_ok=True):
        """Log in by one mechanism as smtplib does, hidden from the transcript."""
        if not f"{self.user}{self.password}".isascii():
            raise LoginCharactersError("a character that is not ASCII")
        self._logging_in = True
        try:
            return super().auth(
                mechanism, authobject, initial_response_ok=initial_response_ok
            )
        except ValueError as error:  # a challenge that is no base64
            raise ProtocolError("the server's challenge cannot be read") from error
        finally:
            self._logging_in = False

    def auth_cram_md5(self, challenge=None):
        """Return the answer to a challenge, and have it masked when it comes back."""
        answer = super().auth_cram_md5(challenge)
        if answer:
            self.transcript.hide(answer, answer.rpartition(" ")[2])
        return answer

    def _transmit(self, data):
        if not self.sock:
            raise smtplib.SMTPServerDisconnected("not connected")
        rest = memoryview(data)
        while rest:
            sent = self.patience.finish(
                self.sock, self.sock.send, rest[:CHUNK], event=selectors.EVENT_WRITE
            )
            rest = rest[sent:]

    def _read_line(self):
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > LONGEST_REPLY_LINE:
                self._note_half_a_line()
                raise ProtocolError("the line never ends")
            try:
                self._unread += self._receive()
            except OSError:
                self._note_half_a_line()
                raise
        line = bytes(self._unread[:end]).rstrip(b"\r")
        del self._unread[: end + 1]
        self.transcript.received(line)
        return line

    def _note_half_a_line(self):
        if self._unread:
            self.transcript.received(bytes(self._unread), cut=True)
            self._unread.clear()

    def _receive(self):
        if not self.sock:
            raise smtplib.SMTPServerDisconnected("not connected")
        data = self.patience.finish(self.sock, self.sock.recv, 4096)
        if not data:
            raise smtplib.SMTPServerDisconnected("the server closed the connection")
        return data


def _own_name(sock):
    """Return the name for EHLO: this machine's full name or its address (RFC 5321)."""
    name = socket.gethostname()
    if "." in name:
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
