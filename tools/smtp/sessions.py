"""Several SMTP connections that hand over the mails of one queue side by side.

Threads get bytes and plain values only: no database, no records.
"""

import smtplib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence

from .connection import Connector, quit_politely
from .pipeline import (
    Delivery,
    Envelope,
    Fate,
    LineBrokenError,
    Pipeline,
    TooLateError,
)

# Bytes of mails that wait for a session; whoever prepares more waits
MOST_BYTES = 32 << 20
# A session ends after so many breaks without a mail in between, and a mail that was
# under way so many times goes back to the caller
MOST_BREAKS = 3
# Another session is tried after so many seconds without a refusal
GROW_AFTER = 60
STACK_BYTES = 512 << 10


class Sessions:
    """Up to `limit` connections, each in a thread of its own.

    The number is halved when the server refuses a connection or says 421, and grows
    again by one at a time.

    :param first: an open connection
    :param connector: opens the others, and those that replace broken ones
    :param is_rotation: tells whether an error says that this connection has had its
        share of mails; another one is opened at once, and the number stays
    """

    def __init__(
        self,
        first: smtplib.SMTP,
        connector: Connector,
        limit: int,
        is_rotation: Callable[[OSError], bool] = lambda error: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connector = connector
        self._limit = limit
        self._is_rotation = is_rotation
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: deque[Envelope] = deque()
        self._bytes = 0
        self._done: list[Delivery] = []
        self._pending = 0
        self._is_closed = False
        self._names = getattr(threading.current_thread(), "dbname", None)
        self._allowed = limit
        self._refused_at = clock()
        self._running = 0
        self._alive = 0
        self._breaks: Counter[Hashable] = Counter()
        self.failure: OSError | None = None
        self._start(first)

    # ------------------------------------------------------------------
    # For the thread that prepares mails
    # ------------------------------------------------------------------

    @property
    def allowed(self) -> int:
        """How many connections the server seems to bear."""
        return self._allowed

    @property
    def running(self) -> int:
        """How many connections are open."""
        return self._running

    def put(self, envelopes: Sequence[Envelope]) -> None:
        """Queue mails; wait while more is queued than memory should hold."""
        for envelope in envelopes:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._bytes < MOST_BYTES or self.failure is not None
                )
                self._pending += 1
                if self.failure:
                    self._finish(Delivery.of(envelope, Fate.NOT_BEGUN, self.failure))
                    continue
                self._push(envelope)
                self._grow()

    @property
    def pending(self) -> int:
        """How many mails are queued or under way."""
        return self._pending

    def take(
        self, at_most_pending: int = 0, seconds: float | None = None
    ) -> list[Delivery]:
        """Return what is done, once no more than so many mails are pending.

        :param seconds: how long to wait for that at the most
        """
        with self._changed:
            self._changed.wait_for(lambda: self._pending <= at_most_pending, seconds)
            done, self._done = self._done, []
            return done

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

    def _push(self, envelope: Envelope) -> None:
        self._queue.append(envelope)
        self._bytes += len(envelope.content)
        self._changed.notify_all()

    def _pop(self) -> Envelope:
        envelope = self._queue.popleft()
        self._bytes -= len(envelope.content)
        self._changed.notify_all()
        return envelope

    def _has_next(self) -> bool:
        """Whether a mail waits whose deadline is not over; take back the others."""
        while self._queue and self._clock() > self._queue[0].deadline:
            self._finish(Delivery.of(self._pop(), Fate.NOT_BEGUN))
        return bool(self._queue)

    def _finish(self, delivery: Delivery) -> None:
        self._done.append(delivery)
        self._pending -= 1
        self._changed.notify_all()

    def _grow(self) -> None:
        """Open a session more where mails wait for one."""
        if self._allowed < self._limit and (
            self._clock() - self._refused_at > GROW_AFTER
        ):
            self._allowed += 1
            self._refused_at = self._clock()
        if self._running < self._allowed and len(self._queue) > self._running:
            self._start()

    def _start(self, connection: smtplib.SMTP | None = None) -> None:
        self._running += 1
        self._alive += 1
        size = threading.stack_size(STACK_BYTES)
        try:
            thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
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
        finally:
            threading.stack_size(size)

    # ------------------------------------------------------------------
    # In a session's own thread
    # ------------------------------------------------------------------

    def _run(self, connection: smtplib.SMTP | None) -> None:
        try:
            self._serve(connection)
        finally:
            with self._changed:
                self._alive -= 1
                self._changed.notify_all()

    def _serve(self, connection: smtplib.SMTP | None) -> None:
        error: OSError | None = None
        breaks = 0
        while breaks < MOST_BREAKS:
            try:
                connection = connection or self._connector.open()
            except OSError as refusal:
                error = refusal
                self.brake()
                break
            answered, error = self._work(connection)
            connection = None
            if not error:
                return
            if isinstance(error, TooLateError):
                continue
            breaks = 0 if answered else breaks + 1
            is_brake = getattr(error, "smtp_code", None) == 421
            if is_brake and not self._is_rotation(error):
                self.brake()
                with self._changed:
                    if self._leave():
                        return
        self._fail(error)

    def _work(self, connection: smtplib.SMTP) -> tuple[int, OSError | None]:
        """Hand mails over until no more are left or the line breaks.

        :return: how many were answered or given up, and the error if the line broke
        """
        answered = 0

        def keep(delivery: Delivery) -> None:
            nonlocal answered
            is_answered = Fate.NOT_BEGUN not in delivery.fates.values()
            # A server that takes mails without an answer is no better than none
            answered += is_answered and Fate.UNCERTAIN not in delivery.fates.values()
            envelope = delivery.envelope
            is_late = self._clock() > envelope.deadline
            if is_late and set(delivery.fates.values()) == {Fate.NOT_BEGUN}:
                # It was given up here; the server has refused nothing
                delivery = Delivery.of(envelope, Fate.NOT_BEGUN)
            # A connection that has had its share is not the mail's fault
            is_break = not (
                is_answered or any(map(self._is_rotation, delivery.errors.values()))
            )
            with self._changed:
                self._breaks[envelope.key] += is_break
                is_given_up = self._breaks[envelope.key] == MOST_BREAKS
                # The mail may be the reason, so the session goes on with the others
                answered += is_given_up
                if is_answered or is_given_up or is_late:
                    self._finish(delivery)
                else:
                    # Behind the others, in case this one makes the server hang up
                    self._push(envelope)

        pipeline = Pipeline(connection, keep, self._clock)
        try:
            while True:
                envelope = self._next(wait=pipeline.is_idle)
                if envelope:
                    self._offer(pipeline, envelope, keep)
                elif pipeline.is_idle:
                    quit_politely(connection)
                    return answered, None
                else:
                    pipeline.finish()
        except LineBrokenError as error:
            return answered, error.cause

    def _offer(self, pipeline, envelope, keep) -> None:
        try:
            pipeline.offer(envelope)
        except ValueError as error:
            keep(Delivery.of(envelope, Fate.REFUSED, error))

    def _next(self, wait: bool) -> Envelope | None:
        """Return the next mail; None: not now, or, having waited, no more at all."""
        with self._changed:
            if wait:
                self._changed.wait_for(
                    lambda: (
                        self._has_next() or self._is_closed or self._is_superfluous()
                    )
                )
                if self._leave():
                    return None
            if self._has_next() and not self._is_superfluous():
                return self._pop()
            if wait:
                self._running -= 1
            return None

    def _is_superfluous(self) -> bool:
        return self._running > self._allowed

    def _leave(self) -> bool:
        """Return whether this session has to end; it no longer counts then."""
        is_superfluous = self._is_superfluous()
        self._running -= is_superfluous
        return is_superfluous

    def _fail(self, error: OSError | None) -> None:
        with self._changed:
            self._running -= 1
            if self._running:
                return
            # Nobody is left to hand over what waits
            self.failure = error
            while self._queue:
                self._finish(Delivery.of(self._pop(), Fate.NOT_BEGUN, error))
            self._changed.notify_all()
