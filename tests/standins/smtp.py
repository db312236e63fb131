"""Mailjet's SMTP relay, played on loopback: real sockets, real TLS, real AUTH.

The wording follows what the live relay was seen to say: banner, EHLO lines and their
order, the replies to MAIL, RCPT, DATA and QUIT, 530 without a login. Where nothing is
known (all other replies) it is what Postfix or aiosmtpd say.
"""

import asyncio
import functools
import hmac
import logging
import secrets
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from aiosmtpd.smtp import (
    SMTP,
    AuthResult,
    Envelope,
    LoginPassword,
    Session,
    TLSSetupException,
)

from .certificates import Certificate
from .smtp_faults import HANG_UP, LOSE_ANSWER, SmtpFaults
from .store import Store

_logger = logging.getLogger(__name__)

HOSTNAME = "in.mailjet.com"
SIZE_LIMIT = 15 * 1024 * 1024
_THREAD_NAME = "standin-smtp"
_WRONG_PAIR = "535 5.7.8 Error: authentication failed"

_Command = Callable[[str | None], Awaitable[None]]


@dataclass(frozen=True)
class Connection:
    """What one client did, from connecting to hanging up.

    `security` is what protects the connection by now: 'none', 'starttls' or 'tls'.
    A client that does not like the certificate leaves 'none' behind, on both ports.
    `commands` holds the verbs only, in their order, and only verbs that the server
    knows: arguments and odd lines may be secrets. `authenticated` is True once a
    login has worked. `content_received` is True from the first byte of a message on,
    whether the message was taken in the end or not.
    """

    port: int
    security: str = "none"
    commands: tuple[str, ...] = ()
    authenticated: bool = False
    content_received: bool = False


class _ConnectionLog:
    """The connections by number: written by the server, read by the tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[Connection] = []

    def open(self, port: int) -> int:
        with self._lock:
            self._connections.append(Connection(port))
            return len(self._connections) - 1

    def note(self, number: int, **changes: Any) -> None:
        with self._lock:
            self._connections[number] = replace(self._connections[number], **changes)

    def note_command(self, number: int, verb: str) -> None:
        with self._lock:
            known = self._connections[number]
            self._connections[number] = replace(known, commands=(*known.commands, verb))

    def get(self, number: int) -> Connection:
        with self._lock:
            return self._connections[number]

    def snapshot(self) -> list[Connection]:
        with self._lock:
            return list(self._connections)


@dataclass(frozen=True)
class _Login:
    """Who logged in and how: all that is kept of a login."""

    api_key: str
    mechanism: str


class _Replies:
    """Mailjet's answers to the commands, as aiosmtpd's hooks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_EHLO(
        self,
        server: "_MailjetSession",
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Replace aiosmtpd's lines: Mailjet offers AUTH before STARTTLS too."""
        session.host_name = hostname
        lines = [
            HOSTNAME,
            "PIPELINING",
            f"SIZE {SIZE_LIMIT}",
            "VRFY",
            "ETRN",
            *(["STARTTLS"] if server.offers_starttls else []),
            "AUTH PLAIN LOGIN DIGEST-MD5 CRAM-MD5",
            "ENHANCEDSTATUSCODES",
            "8BITMIME",
            "SMTPUTF8",
            "CHUNKING",
        ]
        return [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]

    async def handle_MAIL(
        self,
        server: "_MailjetSession",
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self,
        server: "_MailjetSession",
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(
        self, server: "_MailjetSession", session: Session, envelope: Envelope
    ) -> str:
        server.note(content_received=True)
        fault = server.take_fault("CONTENT")
        if fault and fault != LOSE_ANSWER:
            return fault
        message = self._store.add_message(
            api_key=session.auth_data.api_key,
            # aiosmtpd gives the null sender with its brackets.
            mail_from="" if envelope.mail_from == "<>" else envelope.mail_from,
            rcpt_tos=envelope.rcpt_tos,
            content=envelope.original_content,
            port=server.connection.port,
            security=server.connection.security,
            auth_mechanism=session.auth_data.mechanism,
        )
        if fault:
            server.abort()
        return f"250 OK queued as {message.queued_id}"

    async def handle_RSET(self, *_: object) -> str:
        return "250 2.0.0 Ok"

    async def handle_NOOP(self, *_: object) -> str:
        return "250 2.0.0 Ok"

    async def handle_QUIT(self, *_: object) -> str:
        return "221 2.0.0 Bye"


class _MailjetSession(SMTP):
    """One connection: aiosmtpd's protocol, with Mailjet's idea of AUTH, noted down.

    aiosmtpd takes every attribute named smtp_X for a command and every one named
    auth_X for a login mechanism; nothing else here may start like that.
    """

    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def __init__(
        self,
        store: Store,
        log: _ConnectionLog,
        faults: SmtpFaults,
        port: int,
        starttls_context: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._store = store
        self._log = log
        self._faults = faults
        self._number = log.open(port)
        self._content_expected = False
        super().__init__(
            _Replies(store),
            hostname=HOSTNAME,
            ident="ESMTP Mailjet",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            tls_context=starttls_context,
            # Mailjet lets a client log in before STARTTLS; see also
            # check_auth_needed, which stands in for aiosmtpd's auth_required.
            auth_require_tls=False,
            authenticator=self._check_login,
            loop=loop,
        )
        self._smtp_methods = {
            verb: self._noted(verb, method)
            for verb, method in self._smtp_methods.items()
        }

    @property
    def connection(self) -> Connection:
        return self._log.get(self._number)

    @property
    def offers_starttls(self) -> bool:
        return bool(self.tls_context) and self.connection.security == "none"

    def note(self, **changes: Any) -> None:
        self._log.note(self._number, **changes)

    def _noted(self, verb: str, method: _Command) -> _Command:
        @functools.wraps(method)  # HELP reads what aiosmtpd hangs on the method
        async def note_and_run(arg: str | None) -> None:
            self._log.note_command(self._number, verb)
            fault = self.take_fault(verb)
            if fault:
                await self.push(fault)
            else:
                await method(arg)

        return note_and_run

    def take_fault(self, verb: str) -> str | None:
        """The reply to give instead of the usual one, if there is one."""
        fault = self._faults.take(verb)
        if fault == HANG_UP:
            self.abort()
        return fault

    def abort(self) -> None:
        """Hang up without ceremony; on the event loop's thread only."""
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                transport.abort()

    # -- what the transport reports ----------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called once per connection, and once more when STARTTLS has worked."""
        super().connection_made(transport)
        if transport.get_extra_info("ssl_object") is not None:
            upgraded = self._original_transport is not None
            self.note(security="starttls" if upgraded else "tls")

    def data_received(self, data: bytes) -> None:
        # Noted here and not at the end of DATA: a client that dies half-way through
        # a message has let out content all the same.
        if self._content_expected:
            self.note(content_received=True)
        super().data_received(data)

    async def push(self, status: str | bytes) -> None:
        self._content_expected = str(status).startswith("354")
        await super().push(status)
        if str(status).startswith("421"):
            self.transport.close()

    async def handle_exception(self, error: Exception) -> str:
        """A refused TLS handshake is the client's right; all else is our own bug."""
        if not isinstance(error, TLSSetupException):
            _logger.error("The stand-in SMTP server failed", exc_info=error)
        return "451 4.3.0 Error: the stand-in failed, see its log"

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        """Refuse TLS inside TLS, which aiosmtpd would try and stumble over."""
        if self.connection.security == "none":
            await super().smtp_STARTTLS(arg)
        else:
            await self.push("554 5.5.1 Error: TLS already active")

    # -- login -------------------------------------------------------------------

    async def check_auth_needed(self, caller_method: str) -> bool:
        """Answer with Mailjet's 530 what only a logged-in client may ask for."""
        if self.session.authenticated:
            return False
        await self.push("530 5.7.1 Authentication required")
        return True

    async def smtp_AUTH(self, arg: str | None) -> None:
        """Let the mechanism be written in any case, which aiosmtpd does not."""
        mechanism, _, rest = (arg or "").partition(" ")
        await super().smtp_AUTH(f"{mechanism.upper()} {rest}".strip())

    async def auth_CRAM__MD5(self, _: Any, args: list[str]) -> AuthResult:
        """RFC 2195: the secret stays at home, a digest of our challenge comes.

        DIGEST-MD5 has no such method, so aiosmtpd answers it with 504.
        """
        challenge = f"<{secrets.token_hex(16)}@{HOSTNAME}>".encode()
        answer = await self.challenge_auth(challenge)
        if not isinstance(answer, bytes):
            return AuthResult(success=False)  # aborted; aiosmtpd has answered
        login, _space, digest = answer.rpartition(b" ")

        def expected(secret: bytes) -> bytes:
            return hmac.new(secret, challenge, "md5").hexdigest().encode()

        return self._verdict("CRAM-MD5", login, digest, expected)

    def _check_login(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        pair: LoginPassword,
    ) -> AuthResult:
        """For PLAIN and LOGIN, whose conversation aiosmtpd leads."""
        return self._verdict(mechanism, pair.login, pair.password, bytes)

    def _verdict(
        self,
        mechanism: str,
        login: bytes,
        proof: bytes,
        expected: Callable[[bytes], bytes],
    ) -> AuthResult:
        """Right only if `proof` is what `expected(secret)` gives.

        An unknown key is compared too, with something that cannot match: it is
        refused with the same answer and the same effort as a wrong secret.
        """
        api_key = login.decode(errors="replace")
        secret = self._store.secret_of(api_key)
        right = secrets.token_bytes(32) if secret is None else secret.encode()
        if not hmac.compare_digest(expected(right), proof):
            # With handled=True, aiosmtpd would leave the client without an answer.
            return AuthResult(success=False, handled=False, message=_WRONG_PAIR)
        self.note(authenticated=True)
        return AuthResult(success=True, auth_data=_Login(api_key, mechanism))


class SmtpStandin:
    """The relay on two ports: STARTTLS (as 587) and implicit TLS (as 465).

    `store` gives the valid pairs and takes the mail, `certificate` is shown on both
    ports. Port 0 means a free one; once started, `starttls_port` and `tls_port` say
    which. `offer_starttls=False` plays a network that strips STARTTLS. Use it as a
    context manager, or call `start()` and `stop()`; started again, it comes back on
    the same ports. `faults` has what it refuses.
    """

    def __init__(
        self,
        store: Store,
        certificate: Certificate,
        *,
        host: str = "127.0.0.1",
        starttls_port: int = 0,
        tls_port: int = 0,
        offer_starttls: bool = True,
    ) -> None:
        self.store = store
        self.host = host
        self.starttls_port = starttls_port
        self.tls_port = tls_port
        self._tls_context = certificate.server_context()
        self._starttls_context = (
            certificate.server_context() if offer_starttls else None
        )
        self.faults = SmtpFaults()
        self._log = _ConnectionLog()
        # Weak: a connection that is over need not be remembered until the end.
        self._sessions: weakref.WeakSet[_MailjetSession] = weakref.WeakSet()
        self._servers: list[asyncio.Server] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def connections(self) -> list[Connection]:
        """All connections up to now, oldest first, as they stand at this moment."""
        return self._log.snapshot()

    def start(self) -> "SmtpStandin":
        """Listen on both ports; raises `OSError` if one is taken."""
        if self._thread is not None:
            raise RuntimeError("already started")
        # One filter object: adding it again changes nothing.
        logging.getLogger("mail.log").addFilter(_not_from_a_standin)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=_THREAD_NAME, daemon=True
        )
        self._thread.start()
        try:
            self._run(self._listen())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Hang up on everybody and free the ports; harmless when not started."""
        if self._thread is None:
            return
        self._run(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._thread = self._loop = None

    def __enter__(self) -> "SmtpStandin":
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        # aiosmtpd's own Controller is not used: it cannot take port 0, it connects
        # to itself (which would count as a client), and it hangs when it stops.
        self.starttls_port = await self._serve(self.starttls_port, None)
        self.tls_port = await self._serve(self.tls_port, self._tls_context)

    async def _serve(self, port: int, context: ssl.SSLContext | None) -> int:
        """Listen on one port, with implicit TLS if there is a context."""

        def new_session() -> _MailjetSession:
            session = _MailjetSession(
                self.store,
                self._log,
                self.faults,
                actual_port,
                starttls_context=None if context else self._starttls_context,
                loop=self._loop,
            )
            self._sessions.add(session)
            return session

        server = await self._loop.create_server(
            new_session, self.host, port, ssl=context, start_serving=False
        )
        self._servers.append(server)
        actual_port = server.sockets[0].getsockname()[1]
        await server.start_serving()
        return actual_port

    async def _hang_up(self) -> None:
        # No wait_closed(): since Python 3.12 it waits for the clients, and one that
        # is in the middle of its TLS handshake cannot be told to go.
        for server in self._servers:
            server.close()
            if hasattr(server, "abort_clients"):  # Python 3.13
                server.abort_clients()
        self._servers.clear()
        for session in self._sessions:
            session.abort()
        self._sessions.clear()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _not_from_a_standin(record: logging.LogRecord) -> bool:
    """Keep what our own threads say out of aiosmtpd's log.

    It writes every line of a conversation: message content, and secrets when a client
    sends one where no secret is expected. Other users of aiosmtpd are not touched.
    """
    return record.threadName != _THREAD_NAME
