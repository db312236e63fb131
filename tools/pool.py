"""Several threads that hand over the mails of one queue side by side.

What a thread does with a mail is up to a subclass: an SMTP connection
(`smtp.sessions`) or requests to the Send API (`mailjet.send_sessions`). Threads get
bytes and plain values only: no database, no records.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from .smtp.pipeline import Delivery, Fate

# Bytes of mails that may wait for a session; `put` blocks at more
MOST_BYTES = 32 << 20
# A session ends after so many breaks without a mail in between, and a mail that was
# under way so many times goes back to the caller
MOST_BREAKS = 3
# Another session is tried after so many seconds without a refusal
GROW_AFTER = 60
STACK_BYTES = 512 << 10


class Deliveries:
    """What becomes of mails, whichever pool hands them over."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.pending = 0
        self._done: list[Delivery] = []

    def add(self, delivery: Delivery) -> None:
        """Note what became of a mail that was pending."""
        with self.changed:
            self._done.append(delivery)
            self.pending -= 1
            self.changed.notify_all()

    def take(
        self, at_most_pending: int = 0, seconds: float | None = None
    ) -> list[Delivery]:
        """Return what is done, once no more than so many mails are pending.

        :param seconds: how long to wait for that at the most
        """
        with self.changed:
            self.changed.wait_for(lambda: self.pending <= at_most_pending, seconds)
            done, self._done = self._done, []
            return done


class Pool:
    """Up to `limit` sessions, each in a thread of its own.

    The number is halved when the server refuses a session, and grows again by one at a
    time.

    :param limit: the most sessions at a time
    :param deliveries: where to note what becomes of the mails; several pools may share
        one
    """

    def __init__(
        self,
        limit: int,
        clock: Callable[[], float] = time.monotonic,
        deliveries: Deliveries | None = None,
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._deliveries = deliveries or Deliveries()
        self._changed = self._deliveries.changed
        self._queue: deque[Any] = deque()
        self._bytes = 0
        self._is_closed = False
        self._names = getattr(threading.current_thread(), "dbname", None)
        self._allowed = limit
        self._refused_at = clock()
        self._running = 0
        self._alive = 0
        self._breaks: Counter[Hashable] = Counter()
        self.failure: OSError | None = None

    # ------------------------------------------------------------------
    # For the thread that prepares mails
    # ------------------------------------------------------------------

    @property
    def allowed(self) -> int:
        """How many sessions the server seems to bear."""
        return self._allowed

    @property
    def running(self) -> int:
        """How many sessions are open."""
        return self._running

    @property
    def pending(self) -> int:
        """How many mails are queued or under way, here and in pools beside it."""
        return self._deliveries.pending

    def put(self, envelopes: Sequence[Any]) -> None:
        """Queue mails; wait while more is queued than memory should hold.

        :param envelopes: each with `key`, `recipients`, `deadline` and a `size` in
            bytes
        """
        with self._changed:
            for envelope in envelopes:
                if self._bytes >= MOST_BYTES:
                    self._grow()
                self._changed.wait_for(
                    lambda: self._bytes < MOST_BYTES or self.failure is not None
                )
                self._deliveries.pending += 1
                if self.failure:
                    self._finish(Delivery.of(envelope, Fate.NOT_BEGUN, self.failure))
                    continue
                self._push(envelope)
                self._grow()

    def take(
        self, at_most_pending: int = 0, seconds: float | None = None
    ) -> list[Delivery]:
        """Return what is done, see `Deliveries.take`."""
        return self._deliveries.take(at_most_pending, seconds)

    def cancel(self) -> None:
        """Take back what no session has begun."""
        with self._changed:
            while self._queue:
                self._finish(Delivery.of(self._pop(), Fate.NOT_BEGUN))

    def brake(self) -> None:
        """Halve the number of sessions, as the server has asked for it."""
        with self._changed:
            self._refused_at = self._clock()
            self._allowed = max(min(self._allowed, self._running) // 2, 1)

    def close(self) -> None:
        """End all sessions when the queue is empty."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._alive)

    # ------------------------------------------------------------------
    # The queue; the condition is held
    # ------------------------------------------------------------------

    def _push(self, envelope: Any) -> None:
        self._queue.append(envelope)
        self._bytes += envelope.size
        self._changed.notify_all()

    def _pop(self) -> Any:
        envelope = self._queue.popleft()
        self._bytes -= envelope.size
        self._changed.notify_all()
        return envelope

    def _has_next(self) -> bool:
        """Whether a mail waits whose deadline is not over; take back the others."""
        while self._queue and self._clock() > self._queue[0].deadline:
            self._finish(Delivery.of(self._pop(), Fate.NOT_BEGUN))
        return bool(self._queue)

    def _finish(self, delivery: Delivery) -> None:
        self._deliveries.add(delivery)

    def _again(self, delivery: Delivery, is_break: bool = True) -> bool:
        """Queue a mail that was not begun again; return whether it is given up instead.

        It goes behind the others, in case it is the reason.

        :param is_break: whether this counts as a try
        """
        envelope = delivery.envelope
        self._breaks[envelope.key] += is_break
        if self._breaks[envelope.key] < MOST_BREAKS:
            self._push(envelope)
            return False
        self._finish(delivery)
        return True

    # ------------------------------------------------------------------
    # The sessions; the condition is held
    # ------------------------------------------------------------------

    def _is_short(self) -> bool:
        """Whether mails wait for which there is no session."""
        return len(self._queue) > self._running

    def _grow(self) -> None:
        """Open another session if mails wait for one."""
        if self._allowed < self._limit and (
            self._clock() - self._refused_at > GROW_AFTER
        ):
            self._allowed += 1
            self._refused_at = self._clock()
        if self._running < self._allowed and self._is_short():
            self._start()

    def _start(self, *arguments: Any) -> bool:
        """Start a session; return whether there was a thread to be had."""
        self._running += 1
        self._alive += 1
        size = threading.stack_size(STACK_BYTES)
        try:
            thread = threading.Thread(target=self._run, args=arguments, daemon=True)
            if self._names:
                thread.dbname = self._names
            thread.start()
        except RuntimeError:
            # Too many threads or too little memory: the others do its work
            self._running -= 1
            self._alive -= 1
            if not self._running:
                raise
            self._allowed = self._running
            self._refused_at = self._clock()
            return False
        finally:
            threading.stack_size(size)
        return True

    def _is_superfluous(self) -> bool:
        return self._running > self._allowed

    def _leave(self) -> bool:
        """Return whether this session has to end; it no longer counts then."""
        is_superfluous = self._is_superfluous()
        self._running -= is_superfluous
        return is_superfluous

    # ------------------------------------------------------------------
    # In a session's own thread
    # ------------------------------------------------------------------

    def _run(self, *arguments: Any) -> None:
        try:
            self._serve(*arguments)
        finally:
            with self._changed:
                self._alive -= 1
                self._changed.notify_all()

    def _serve(self, *arguments: Any) -> None:
        """Hand mails over until no more are left, or nothing works any more."""
        raise NotImplementedError

    def _fail(self, error: OSError | None) -> None:
        """End this session; give up what waits if it was the last one."""
        with self._changed:
            self._running -= 1
            if self._running:
                return
            # Nobody is left to hand over what waits
            self.failure = error
            while self._queue:
                self._finish(Delivery.of(self._pop(), Fate.NOT_BEGUN, error))
            self._changed.notify_all()
