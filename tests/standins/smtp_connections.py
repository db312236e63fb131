"""What each SMTP client did, from connecting to hanging up."""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Connection:
    """One connection, as it stood when somebody looked.

    `security` is what protects it by now: 'none', 'starttls' or 'tls'. A client that
    rejects the certificate leaves 'none' behind, on both ports. `commands` holds the
    verbs only, in their order, and only verbs that the server knows: arguments and odd
    lines may be secrets. `authenticated` is True once a login has worked.
    `content_received` is True from the first byte of a message on, whether or not the
    message was accepted in the end.
    """

    port: int
    security: str = "none"
    commands: tuple[str, ...] = ()
    authenticated: bool = False
    content_received: bool = False


@dataclass
class ConnectionRecord:
    """The live record of a connection; only the server's thread writes to it."""

    port: int
    security: str = "none"
    commands: list[str] = field(default_factory=list)
    authenticated: bool = False
    content_received: bool = False

    def snapshot(self) -> Connection:
        return Connection(
            self.port,
            self.security,
            tuple(self.commands),
            self.authenticated,
            self.content_received,
        )


class ConnectionLog:
    """All connections, oldest first: written by the server, read by the tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[ConnectionRecord] = []

    def open(self, port: int) -> ConnectionRecord:
        record = ConnectionRecord(port)
        with self._lock:
            self._records.append(record)
        return record

    def snapshot(self) -> list[Connection]:
        with self._lock:
            return [record.snapshot() for record in self._records]
