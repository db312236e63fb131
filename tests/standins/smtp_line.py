"""The transport of one SMTP connection: bytes, replies, delays, TLS."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from .smtp_connections import ConnectionRecord
from .smtp_faults import HANG_UP, HANG_UP_AFTER, SmtpFaults
from .smtp_options import REFUSE, SmtpOptions
from .smtp_outbox import Outbox
from .store import Store

_logger = logging.getLogger(__name__)

HOSTNAME = "in.mailjet.com"
# Round trips before the first reply: TCP and the banner, then TLS
_CONNECT_TRIPS = 2
_TLS_TRIPS = 1


@dataclass(frozen=True)
class Relay:
    """What all connections share."""

    store: Store
    faults: SmtpFaults
    options: SmtpOptions
    starttls_context: ssl.SSLContext
    on_session_change: Callable[[], None]
    open_sessions: set["SmtpLine"] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        limit = self.options.max_sessions
        return limit is not None and len(self.open_sessions) >= limit


class SmtpLine(asyncio.Protocol):
    """The base of a session; everything runs on the event loop's thread.

    A session sets `_read`, which handles the next piece of `_unread` and returns
    whether there may be another one.
    """

    _read: Callable[[], bool]

    def __init__(
        self, relay: Relay, record: ConnectionRecord, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._relay = relay
        self._record = record
        self._loop = loop
        self._outbox = Outbox(loop)
        self._unread = bytearray()
        self._named: list[str] = []  # the recipients of this message, refused or not
        self._arrived = self._busy_until = 0.0
        self._trips = 0  # round trips of handshakes, charged to the next reply
        self._is_leaving = self._leaves_after_reply = False
        self._upgrade: asyncio.Task | None = None

    def _forget_client(self) -> None:
        """Start over, as after connecting: TLS makes the server forget the client."""
        raise NotImplementedError

    def _forget_envelope(self) -> None:
        """Drop the current message."""
        raise NotImplementedError

    # -- The transport -----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._outbox.transport = transport
        self._arrived = self._loop.time()
        self._trips += _CONNECT_TRIPS - 1
        if transport.get_extra_info("ssl_object") is not None:
            self._record.security = "tls"
            self._trips += _TLS_TRIPS
        if self._relay.is_full:
            self._give(self._relay.options.too_many_sessions)
        else:
            self._relay.open_sessions.add(self)
            self._relay.on_session_change()
            if not self._fails("CONNECT"):
                self._reply(f"220 {HOSTNAME} ESMTP Mailjet")
        self._outbox.flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_leaving = True
        self._relay.open_sessions.discard(self)
        self._relay.on_session_change()
        self._outbox.drop()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        # A client may write its first command together with its end of the handshake
        if self._upgrade is None:
            self._read_all()

    def abort(self) -> None:
        """Close the connection at once; call it on the event loop's thread."""
        self._is_leaving = True
        if self._upgrade:
            self._upgrade.cancel()
        if self._outbox.transport:
            self._outbox.transport.abort()

    def _read_all(self) -> None:
        self._arrived = self._loop.time()
        try:
            while not self._is_leaving and self._read():
                pass
        except Exception:
            _logger.exception("The stand-in SMTP server failed")
            self._forget_envelope()
            self._reply("451 4.3.0 Error: the stand-in failed, see its log")
        self._outbox.flush()

    # -- Replies -----------------------------------------------------------------

    def _reply(self, text: str) -> None:
        """Queue a reply; 421 closes the connection, RFC 5321 section 3.8."""
        self._put(text.encode() + b"\r\n")
        if text.startswith(("421", "221")):
            self._is_leaving = True
            self._put(self._outbox.transport.close, takes_time=False)
        elif self._leaves_after_reply and not text.startswith("334"):
            self._hang_up()

    def _hang_up(self) -> None:
        self._is_leaving = True
        self._put(self._outbox.transport.abort, takes_time=False)

    def _put(self, item: bytes | Callable[[], None], takes_time: bool = True) -> None:
        options = self._relay.options
        if takes_time:
            begin = max(self._busy_until, self._arrived)
            self._busy_until = begin + options.command_delay
        on_the_way = options.delay * (1 + self._trips)
        self._trips = 0
        self._outbox.put(max(self._busy_until, self._arrived) + on_the_way, item)

    def _give(self, action: str) -> None:
        """Carry out the action of a fault."""
        if action in (HANG_UP, REFUSE):
            self._hang_up()
        else:
            self._reply(action)

    def _fails(self, verb: str) -> bool:
        """Play the fault that is due; return whether it replaces the command."""
        action = self._relay.faults.take(verb, self._named)
        if action == HANG_UP_AFTER:
            self._leaves_after_reply = True
            return False
        if action is not None:
            self._give(action)
        return action is not None

    # -- TLS ---------------------------------------------------------------------

    def _begin_tls(self) -> None:
        # Before the loop reads the handshake as if it were commands
        self._outbox.transport.pause_reading()
        self._upgrade = self._loop.create_task(self._shake_hands())

    async def _shake_hands(self) -> None:
        context = self._relay.starttls_context
        try:
            transport = await self._loop.start_tls(
                self._outbox.transport, self, context, server_side=True
            )
        except OSError:
            return  # the client rejected the certificate
        if transport is None:  # gone meanwhile
            return
        self._outbox.transport = transport
        self._upgrade = None
        self._record.security = "starttls"
        self._trips = _TLS_TRIPS
        self._forget_client()
        self._read_all()
