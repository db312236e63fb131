"""Replies on their way to the client, held back as on a long line."""

import asyncio
from collections import deque
from collections.abc import Callable

Item = bytes | Callable[[], None]


class Outbox:
    """A queue of bytes to write and functions to call, in order, each when it is due.

    Bytes that are due together are written together, as one segment. `transport` may be
    replaced while items wait: STARTTLS does that.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.transport: asyncio.Transport | None = None
        self._loop = loop
        self._items: deque[tuple[float, Item]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, due: float, item: Item) -> None:
        """Queue an item; `due` is a time of the loop's clock."""
        self._items.append((due, item))

    def flush(self) -> None:
        """Send what is due, and schedule the rest."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        now = self._loop.time()
        segment = []
        while self._items and self._items[0][0] <= now:
            item = self._items.popleft()[1]
            if isinstance(item, bytes):
                segment.append(item)
                continue
            self._write(segment)
            segment = []
            item()
        self._write(segment)
        if self._items:
            self._timer = self._loop.call_at(self._items[0][0], self.flush)

    def drop(self) -> None:
        """Discard everything that is still waiting."""
        self._items.clear()
        self.flush()

    def _write(self, segment: list[bytes]) -> None:
        if segment and not self.transport.is_closing():
            self.transport.write(b"".join(segment))
