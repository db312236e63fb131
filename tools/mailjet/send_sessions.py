"""Several connections to the Send API that hand over the mails of one queue.

The counterpart of `smtp.sessions`: a session sends requests of up to 50 mails.
"""

import logging
import time
from collections.abc import Callable, Sequence

from ... import const
from ..pool import MOST_BREAKS, Deliveries, Pool
from ..smtp.cause import Cause
from ..smtp.consequences import CONSEQUENCES
from ..smtp.pipeline import Delivery, Fate
from .send_api import SendApi, Sent
from .send_request import Filling, SendEntry

_logger = logging.getLogger(__name__)

# How many mails go together that were in no failed request before, in one, in two: a
# mail that makes each request fail must not take the others down for long
TOGETHER = (const.SEND_MAX_MESSAGES, 7, 1)
# Seconds. A session that is asked to wait longer ends: its mails would wait, too.
LONGEST_REST = 60.0


class SendSessions(Pool):
    """Up to `limit` connections to the Send API, each in a thread of its own.

    The number is halved when Mailjet asks to wait or does not answer.

    :param open_api: a function that returns a `SendApi`, for one thread
    """

    def __init__(
        self,
        open_api: Callable[[], SendApi],
        limit: int,
        clock: Callable[[], float] = time.monotonic,
        deliveries: Deliveries | None = None,
    ) -> None:
        super().__init__(limit, clock, deliveries)
        self._open_api = open_api
        self._idle = 0

    def _is_short(self) -> bool:
        return len(self._queue) > self._idle * const.SEND_MAX_MESSAGES

    def _start(self, *arguments: object) -> bool:
        is_started = super()._start(*arguments)
        self._idle += is_started
        return is_started

    def _serve(self) -> None:
        error: OSError | None = None
        breaks = 0
        with self._open_api() as api:
            while breaks < MOST_BREAKS:
                entries = self._next()
                if not entries:
                    return
                sent = _send(api, entries)
                answered = self._keep(sent)
                error = sent.failure
                if not error:
                    breaks = 0
                    continue
                breaks = 0 if answered else breaks + 1
                if _is_final(error) or sent.pause > LONGEST_REST:
                    break
                if self._rest(sent.pause):
                    return
        with self._changed:
            self._idle -= 1
        self._fail(error)

    def _next(self) -> list[SendEntry]:
        """Return the mails of the next request; none if this session has to end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._has_next() or self._is_closed or self._is_superfluous()
            )
            is_over = self._leave()
            if not is_over and not self._has_next():
                is_over = True
                self._running -= 1
            self._idle -= 1
            return [] if is_over else self._fill()

    def _fill(self) -> list[SendEntry]:
        """Take as many mails from the queue as go together."""
        filling = Filling()
        tries = self._breaks[self._queue[0].key]
        while len(filling.entries) < TOGETHER[tries] and self._has_next():
            entry = self._queue[0]
            if self._breaks[entry.key] != tries or not filling.add(entry):
                break
            self._pop()
        return filling.entries

    def _keep(self, sent: Sent) -> int:
        """Note what became of a request; return how many mails have an answer."""
        answered = 0
        is_throttled = getattr(sent.failure, "cause", None) is Cause.THROTTLED
        with self._changed:
            for delivery in sent.deliveries:
                fates = set(delivery.fates.values())
                if Fate.NOT_BEGUN not in fates:
                    # A server that never answers is no better than none
                    answered += Fate.UNCERTAIN not in fates
                    self._finish(delivery)
                else:
                    # A mail that is given up may be the reason; the session goes on
                    # with the others. But no mail is why Mailjet asks to wait.
                    answered += self._again(delivery) and not is_throttled
            self._idle += 1
        return answered

    def _rest(self, seconds: float) -> bool:
        """Wait as Mailjet asks, with fewer sessions; return whether to end this one."""
        self.brake()
        with self._changed:
            if self._leave():
                self._idle -= 1
                return True
            self._changed.wait_for(
                lambda: self._is_closed or self.failure is not None, seconds
            )
            return False


def _send(api: SendApi, entries: Sequence[SendEntry]) -> Sent:
    """Send a request; no mail may stay without a delivery, whatever happens."""
    try:
        return api.send(entries)
    except Exception as error:
        _logger.exception("Mailjet: a request to the Send API broke off")
        failure = OSError(repr(error))
        doubts = [Delivery.of(entry, Fate.UNCERTAIN, failure) for entry in entries]
        return Sent(doubts, failure)


def _is_final(error: OSError) -> bool:
    """Whether no request will get through until somebody has done something."""
    cause = getattr(error, "cause", Cause.NETWORK)
    return CONSEQUENCES[cause].pauses and cause is not Cause.THROTTLED
