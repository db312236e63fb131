"""A session of `requests` whose exchanges end in time, however slowly bytes arrive.

The time-out of `requests` is for each read; an answer may still take forever.
"""

import contextlib
import socket
import threading
import weakref
from collections.abc import Iterator

import urllib3
from requests.adapters import HTTPAdapter

from .client import Session


class NoThreadError(OSError):
    """The system has no thread left, or no memory for one."""


class WatchedSession(Session):
    """A session for one thread.

    :ivar is_over: whether the last exchange took too long and was ended
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_over = False
        self._connections = weakref.WeakSet()
        adapter = _Adapter(self._connections)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the connection if what happens here takes longer.

        :raise NoThreadError: nothing could watch the time, so nothing has been done
        """
        self.is_over = False
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError as error:
            raise NoThreadError(str(error)) from error
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        for connection in list(self._connections):
            if connection.sock:
                with contextlib.suppress(OSError):
                    # Below TLS, which the other thread is using
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Notes the connections that are opened."""

    def __init__(self, connections) -> None:
        self._pools = {
            "http": _noting(urllib3.HTTPConnectionPool, connections),
            "https": _noting(urllib3.HTTPSConnectionPool, connections),
        }
        super().__init__()

    def init_poolmanager(self, *args, **options) -> None:
        result = super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools
        return result

    def proxy_manager_for(self, proxy, **options):
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _noting(kind, connections):
    class Connection(kind.ConnectionCls):
        def connect(self) -> None:
            connections.add(self)
            return super().connect()

    class Pool(kind):
        ConnectionCls = Connection

    return Pool
