"""Several SMTP connections that hand over the mails of one queue side by side."""

import smtplib
import time
from collections.abc import Callable

from ..pool import MOST_BREAKS, Deliveries, Pool
from .connection import Connector, quit_politely
from .pipeline import (
    Delivery,
    Envelope,
    Fate,
    LineBrokenError,
    Pipeline,
    TooLateError,
)


class Sessions(Pool):
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
        deliveries: Deliveries | None = None,
    ) -> None:
        super().__init__(limit, clock, deliveries)
        self._connector = connector
        self._is_rotation = is_rotation
        self._start(first)

    def _serve(self, connection: smtplib.SMTP | None = None) -> None:
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
            # A server that never answers is no better than none
            answered += is_answered and Fate.UNCERTAIN not in delivery.fates.values()
            envelope = delivery.envelope
            is_late = self._clock() > envelope.deadline
            if is_late and set(delivery.fates.values()) == {Fate.NOT_BEGUN}:
                # It was given up here; the server has refused nothing
                delivery = Delivery.of(envelope, Fate.NOT_BEGUN)
            if is_answered or is_late:
                self._finish(delivery)
                return
            # A connection that has had its share is not the mail's fault
            is_break = not any(map(self._is_rotation, delivery.errors.values()))
            with self._changed:
                # A mail that is given up may be the reason; the session goes on with
                # the others
                answered += self._again(delivery, is_break)

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
