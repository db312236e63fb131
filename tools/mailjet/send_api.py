"""Hand mails over through Mailjet's Send API: one request for up to 50 of them.

The counterpart of `smtp.pipeline`: each mail comes to exactly one delivery.
"""

import random
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
import urllib3

from ... import const
from ..smtp.cause import Cause, Stage
from ..smtp.exceptions import SendApiError, cause_of_error
from ..smtp.pipeline import Delivery, Fate
from ..smtp.transcript import Masker
from .answer import retry_after
from .client import check_base_url
from .errors import ReadOnlyError
from .send_answer import Reading, read_answer
from .send_request import SendEntry, body_of, entry_of
from .watched_session import NoThreadError, WatchedSession

# Bytes written at once, each within the time-out. While slices are left, Mailjet
# cannot have taken the request.
SLICE = 1 << 16
# Bytes; an answer about 50 messages has some 15,000
_MOST_ANSWER = 4 << 20
_CHUNK = 4096
# A connection that was idle for longer may be closed at the other end, and a request
# written to it would be in doubt
_IDLE_SECONDS = 15
# Seconds: the first pause after a failure, and the longest
_BACKOFF, _MAX_BACKOFF = 1.0, 60.0


@dataclass
class Sent:
    """What a call of `send` came to.

    :ivar deliveries: one for each entry; those not begun may be sent again at once,
        or after `pause` seconds
    :ivar failure: why no request gets through, for `diagnose`; None if one did
    :ivar pause: seconds until the next request, as Mailjet asks or grown by itself
    """

    deliveries: list[Delivery] = field(default_factory=list)
    failure: SendApiError | None = None
    pause: float = 0.0


class SendApi:
    """A connection to the Send API that is kept open. For one thread.

    :param base_url: const.API_URL, const.API_URL_US, or a stand-in on loopback
    :param hidden: other texts that no error may show
    :param connect_timeout: seconds for a connection, and for each slice written
    :param read_timeout: seconds to wait for the next byte of an answer
    :param deadline: seconds for a request and its whole answer
    :param clock, random_part: replace time.monotonic and random.random in tests
    :raise InvalidError: if the keys may not be sent to the base URL
    """

    def __init__(
        self,
        api_key: str,
        secret_key: str,
        base_url: str = const.API_URL,
        *,
        hidden: Sequence[str] = (),
        read_only: bool = False,
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
        deadline: float = 150.0,
        clock: Callable[[], float] = time.monotonic,
        random_part: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = check_base_url(base_url)
        self.host = urlsplit(self.base_url).hostname
        self._read_only = read_only
        self._mask = Masker([api_key, secret_key, *hidden]).mask
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._clock = clock
        self._random_part = random_part
        self._failures = 0
        self._used_at = float("-inf")
        self._session = WatchedSession()
        self._session.auth = ((api_key or "").encode(), (secret_key or "").encode())
        self._session.headers["Accept"] = "application/json"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"

    def __enter__(self) -> "SendApi":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def send(self, entries: Sequence[SendEntry]) -> Sent:
        """Hand over the mails of one request.

        Raises nothing but programming errors: what goes wrong is in the result.

        :param entries: as many as a `Filling` holds
        :raise ReadOnlyError: if this connection may not send
        """
        if self._read_only:
            raise ReadOnlyError("This client is read-only: nothing was sent")
        sent = Sent()
        now = self._clock()
        due = [entry for entry in entries if entry.deadline >= now]
        sent.deliveries += [
            Delivery.of(entry, Fate.NOT_BEGUN)
            for entry in entries
            if entry.deadline < now
        ]
        if due:
            self._send(due, sent)
        return sent

    def check(self, sender: str, recipient: str) -> SendApiError | None:
        """Have Mailjet check a mail without sending it; return why it would refuse."""
        message = {
            "From": {"Email": sender},
            "To": [{"Email": recipient}],
            "Subject": "Test",
            "TextPart": "Test",
        }
        entry = entry_of(message, "check", [recipient])
        reading, _pause = self._post([entry], sandbox=True)
        if reading.failure or reading.refusal:
            return reading.failure or reading.refusal
        [delivery] = reading.deliveries
        return delivery.errors.get(recipient)

    # ------------------------------------------------------------------
    # One request
    # ------------------------------------------------------------------

    def _send(self, entries: Sequence[SendEntry], sent: Sent) -> None:
        if sent.failure:
            sent.deliveries += [
                Delivery.of(entry, Fate.NOT_BEGUN, sent.failure) for entry in entries
            ]
            return
        reading, pause = self._post(entries)
        if not reading.refusal:
            sent.deliveries += reading.deliveries
            sent.failure = reading.failure
            sent.pause = max(sent.pause, pause)
        elif len(entries) == 1:
            sent.deliveries.append(_refused(entries[0], reading.refusal))
        else:
            # One of them is the reason, and the others must not suffer from it
            middle = len(entries) // 2
            self._send(entries[:middle], sent)
            self._send(entries[middle:], sent)

    def _post(self, entries, sandbox=False) -> tuple[Reading, float]:
        """Write one request and read its answer; return the seconds to wait, too."""
        late = min(entry.deadline for entry in entries)
        body = _Body(body_of(entries, sandbox), late, self._clock)
        answer, error = self._exchange(body)
        wanted = None
        if answer:
            status, wanted, content = answer
            reading = read_answer(
                status, content, entries, self.host, self._mask, sandbox
            )
        elif body.is_late:
            # It was given up here; nobody has refused anything
            reading = Reading([Delivery.of(entry, Fate.NOT_BEGUN) for entry in entries])
        else:
            fate = Fate.UNCERTAIN if body.is_written else Fate.NOT_BEGUN
            deliveries = [Delivery.of(entry, fate, error) for entry in entries]
            reading = Reading(deliveries, error)
        return reading, self._pause(reading.failure, wanted)

    def _exchange(self, body):
        """Return ((status, seconds to wait, content), None), or (None, error).

        The error is a new one: those of `requests` carry the request and its login.
        """
        if self._clock() - self._used_at > _IDLE_SECONDS:
            self._session.close()
        try:
            with self._session.within(self._deadline):
                return self._answer(body), None
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            cause, text = _explained(error)
        finally:
            self._used_at = self._clock()
        if self._session.is_over:
            cause, text = Cause.TOO_SLOW, _TOO_SLOW
        return None, SendApiError(cause, self._mask(text), self.host)

    def _answer(self, body):
        response = self._session.post(
            self.base_url + const.SEND_PATH,
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=self._timeouts,
            allow_redirects=False,
            stream=True,
        )
        with closing(response):
            content = bytearray()
            for chunk in response.iter_content(_CHUNK):
                content += chunk
                if len(content) > _MOST_ANSWER:
                    raise ValueError("the answer is too large")
            wanted = retry_after(response.headers.get("Retry-After"))
            return response.status_code, wanted, bytes(content)

    def _pause(self, failure, wanted) -> float:
        """Return the seconds to wait after a failure, longer with each one."""
        if not failure:
            self._failures = 0
            return 0.0
        grown = min(_BACKOFF * 2 ** min(self._failures, 10), _MAX_BACKOFF)
        self._failures += 1
        return grown * (1 + self._random_part()) / 2 if wanted is None else wanted


def _refused(entry: SendEntry, error: SendApiError) -> Delivery:
    """Return the delivery of a mail that was refused with its whole request."""
    if error.cause is Cause.INVALID_ADDRESS and len(entry.recipients) > 1:
        # It does not say whose; SMTP asks for each recipient
        error = SendApiError(Cause.NOT_CARRIED, error.text, error.host)
    return Delivery.of(entry, Fate.REFUSED, error)


class _Body:
    """A request's body, written slice by slice.

    :ivar is_written: whether Mailjet may have all of it
    :ivar is_late: whether it was given up, as a mail's deadline was over
    """

    def __init__(self, pieces, late, clock):
        self._pieces = pieces
        self._late = late
        self._clock = clock
        self.is_written = False
        self.is_late = False

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    def __iter__(self) -> Iterator[bytes]:
        held = None
        for following in _slices(self._pieces):
            if held is not None:
                self._check_time()
                yield held
            held = following
        self._check_time()
        self.is_written = True
        yield held

    def _check_time(self) -> None:
        if self._clock() > self._late:
            self.is_late = True
            raise smtplib.SMTPServerDisconnected("too late to hand the mails over")


def _slices(pieces: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in slices of about one size."""
    small = bytearray()
    for piece in pieces:
        if len(piece) >= SLICE:
            if small:
                yield bytes(small)
                small.clear()
            view = memoryview(piece)
            for start in range(0, len(piece), SLICE):
                yield view[start : start + SLICE]
            continue
        small += piece
        if len(small) >= SLICE:
            yield bytes(small)
            small.clear()
    if small:
        yield bytes(small)


# ----------------------------------------------------------------------
# Errors without an answer
# ----------------------------------------------------------------------

_CONNECT = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
)
_TIMEOUTS = (requests.Timeout, TimeoutError, urllib3.exceptions.TimeoutError)
_BROKEN = (ConnectionError, urllib3.exceptions.ProtocolError)
_TOO_SLOW = "no answer in time"
# Errors of the system that say all themselves
_PLAIN = (socket.gaierror, ssl.SSLError, ConnectionRefusedError)


def _explained(error: Exception) -> tuple[Cause, str]:
    """Return cause and text of an exception of `requests` or a layer below it."""
    beneath = list(_beneath(error))
    for one in beneath:
        if isinstance(one, _PLAIN):
            return cause_of_error(one, Stage.CONNECT), str(one)[:500]
    if isinstance(error, NoThreadError):
        return Cause.NETWORK, str(error)
    if any(isinstance(one, _CONNECT) for one in beneath):
        return Cause.NO_ANSWER, "no connection in time"
    if any(isinstance(one, _TIMEOUTS) for one in beneath):
        return Cause.TOO_SLOW, _TOO_SLOW
    if any(isinstance(one, requests.exceptions.ProxyError) for one in beneath):
        return Cause.NETWORK, "the proxy does not connect"
    if any(isinstance(one, _BROKEN) for one in beneath):
        return Cause.DISCONNECTED, "the connection was closed"
    if isinstance(error, requests.ConnectionError):
        return Cause.NETWORK, "no connection"
    return Cause.API_ANSWER, "the answer is unreadable"


def _beneath(error: Exception) -> Iterator[BaseException]:
    """Yield an exception and those that it stands for."""
    todo, seen = [error], set()
    while todo:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [*one.args, getattr(one, "reason", None), one.__cause__]
        todo.append(one.__context__)
