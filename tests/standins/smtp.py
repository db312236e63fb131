"""Mailjet's SMTP relay, played on loopback: real sockets, real TLS, real AUTH."""

import asyncio
import ssl
import threading
import weakref
from collections.abc import Coroutine
from typing import Any

from .certificates import Certificate
from .smtp_connections import Connection, ConnectionLog
from .smtp_faults import SmtpFaults
from .smtp_line import Relay
from .smtp_options import REFUSE, SmtpOptions
from .smtp_session import SmtpSession
from .store import Store


class SmtpStandin:
    """The relay on two ports: STARTTLS (as 587) and implicit TLS (as 465).

    `store` gives the valid pairs and takes the mail, `certificate` is shown on both
    ports. Port 0 means a free one; once started, `starttls_port` and `tls_port` say
    which. `offer_starttls=False` plays a network that strips STARTTLS. Further options
    are those of `SmtpOptions`; `options` holds them and may be changed at any time. Use
    it as a context manager, or call `start()` and `stop()`; started again, it listens
    on the same ports. `faults` holds what it refuses.
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
        **options: Any,
    ) -> None:
        self.store = store
        self.host = host
        self.starttls_port = starttls_port
        self.tls_port = tls_port
        self.faults = SmtpFaults()
        self.options = SmtpOptions()
        self.options.change(starttls=offer_starttls, **options)
        self._tls_context = certificate.server_context()
        self._relay = Relay(
            store,
            self.faults,
            self.options,
            certificate.server_context(),
            self._listen_unless_full,
        )
        self._log = ConnectionLog()
        # Includes those in their TLS handshake. Weak: closed ones need not be kept
        self._sessions: weakref.WeakSet[SmtpSession] = weakref.WeakSet()
        self._servers: list[asyncio.Server] = []
        self._reopening: asyncio.Task | None = None
        self._is_stopping = False
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
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="standin-smtp", daemon=True
        )
        self._thread.start()
        try:
            self._run(self._listen())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close all connections and free the ports; harmless when not started."""
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
        self._is_stopping = False
        self.starttls_port = await self._serve(self.starttls_port, None)
        self.tls_port = await self._serve(self.tls_port, self._tls_context)

    async def _serve(self, port: int, context: ssl.SSLContext | None) -> int:
        """Listen on one port, with implicit TLS if there is a context."""

        def new_session() -> SmtpSession:
            session = SmtpSession(self._relay, self._log.open(actual_port), self._loop)
            self._sessions.add(session)
            return session

        server = await self._loop.create_server(
            new_session, self.host, port, ssl=context, start_serving=False
        )
        self._servers.append(server)
        actual_port = server.sockets[0].getsockname()[1]
        await server.start_serving()
        return actual_port

    def _listen_unless_full(self) -> None:
        """Close the ports while there are too many sessions, if the options say so."""
        is_closed = self._relay.is_full and self.options.too_many_sessions == REFUSE
        if is_closed:
            self._close_ports()
        elif not (self._servers or self._reopening or self._is_stopping):
            self._reopening = self._loop.create_task(self._listen_again())

    async def _listen_again(self) -> None:
        await self._listen()
        self._reopening = None
        self._listen_unless_full()

    def _close_ports(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _hang_up(self) -> None:
        self._is_stopping = True
        # No wait_closed(): since Python 3.12 it waits for the clients, and one that
        # is in the middle of its TLS handshake cannot be told to go.
        for server in self._servers:
            if hasattr(server, "abort_clients"):  # Python 3.13
                server.abort_clients()
        self._close_ports()
        for session in self._sessions:
            session.abort()
        self._sessions.clear()
        self._relay.open_sessions.clear()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._reopening = None
