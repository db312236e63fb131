"""Hand mails over through one SMTP connection, in as few round trips as it allows.

With PIPELINING (RFC 2920) the content of one mail and the envelope of the next travel
in one write, so that a mail costs one round trip instead of four. Without it the same
code waits for each reply.
"""

import smtplib
import socket
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

REPLY_SECONDS = 60
# Bytes written at once. While slices are left, the server cannot have taken the mail.
SLICE = 1 << 16


class Fate(Enum):
    """What became of a mail for one recipient."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_BEGUN = "not_begun"  # certain: the server has not taken it
    UNCERTAIN = "uncertain"  # all of it was written, and no answer came


@dataclass(frozen=True)
class Envelope:
    """One SMTP transaction, ready to be written.

    :ivar key: the caller's own name for it
    :ivar sender: envelope sender
    :ivar recipients: envelope recipients
    :ivar content: the message with lines ended by CRLF
    :ivar deadline: `time.monotonic()` after which its content is no longer written
    :ivar needs_utf8: whether an address takes SMTPUTF8 (RFC 6531)
    """

    key: Hashable
    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    deadline: float = float("inf")
    needs_utf8: bool = False

    @property
    def size(self) -> int:
        """Bytes that it keeps in memory."""
        return len(self.content)


@dataclass
class Delivery:
    """What became of a mail: for each recipient a fate, and an error unless it was
    accepted.

    :ivar envelope: the `Envelope`, or the `SendEntry` of the Send API
    :ivar message_ids: recipient -> Mailjet's MessageID, where it gave one
    """

    envelope: Envelope
    fates: dict[str, Fate]
    errors: dict[str, Exception] = field(default_factory=dict)
    message_ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, envelope: Envelope, fate: Fate, error: Exception | None = None):
        """Return a delivery with the same fate for all recipients."""
        recipients = envelope.recipients
        errors = dict.fromkeys(recipients, error) if error else {}
        return cls(envelope, dict.fromkeys(recipients, fate), errors)


class TooLateError(smtplib.SMTPServerDisconnected):
    """This end has given the connection up, as a mail's deadline was over."""


class LineBrokenError(OSError):
    """The connection is of no more use; `cause` is the error that ended it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause if isinstance(cause, OSError) else OSError(repr(cause))


class Pipeline:
    """A logged-in connection that hands over one `Envelope` after another.

    Each mail comes to exactly one `Delivery`, given to `keep`.

    :param connection: the caller closes it
    :param keep: called with each `Delivery`
    :param clock: gives monotonic seconds
    """

    def __init__(
        self,
        connection: smtplib.SMTP,
        keep: Callable[[Delivery], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._keep = keep
        self._clock = clock
        self._pipelines = connection.has_extn("pipelining")
        self._takes_utf8 = connection.has_extn("smtputf8")
        # The mail being offered, and the one whose content the server waits for
        self._offered: Envelope | None = None
        self._begun: _Begun | None = None
        connection.sock.settimeout(REPLY_SECONDS)
        # Nagle's algorithm would hold a last slice back until the first is confirmed
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def is_idle(self) -> bool:
        """Whether no mail is under way."""
        return self._begun is None

    def offer(self, envelope: Envelope) -> None:
        """Hand over the content of the mail before, and begin this one.

        :raise ValueError: its addresses cannot be written; the line is as it was
        :raise LineBrokenError: both have their `Delivery`; this one was not begun
        """
        if envelope.needs_utf8 and not self._takes_utf8:
            error = smtplib.SMTPNotSupportedError("SMTPUTF8 is not announced")
            self._keep(Delivery.of(envelope, Fate.REFUSED, error))
            return
        commands = _commands(envelope)
        self._offered = envelope
        with self._line():
            if self._pipelines:
                self._write_content(then=b"".join(commands))
                self._judge_content()
                replies = [self._envelope_reply() for _command in commands]
            else:
                self._write_content()
                self._judge_content()
                replies = self._converse(commands)
            self._judge_envelope(replies)

    def finish(self) -> None:
        """Hand over the content of the mail that was begun.

        :raise LineBrokenError: it has its `Delivery`
        """
        with self._line():
            self._write_content()
            self._judge_content()

    @contextmanager
    def _line(self) -> Iterator[None]:
        """Where the line breaks, give each mail under way its fate."""
        try:
            yield
        except Exception as error:
            # Not only when the line breaks: no mail may stay without a delivery
            self._connection.close()
            if self._begun:
                written = self._begun.is_written
                fate = Fate.UNCERTAIN if written else Fate.NOT_BEGUN
                self._keep(self._begun.delivery(fate, error))
            if self._offered:
                self._keep(Delivery.of(self._offered, Fate.NOT_BEGUN, error))
            self._begun = self._offered = None
            raise LineBrokenError(error) from error

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _write_content(self, then: bytes = b"") -> None:
        """Write the content that is due, its final dot, and what comes next."""
        begun, sock = self._begun, self._connection.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if not begun:
            if then:
                sock.sendall(then)
            return
        if self._clock() > begun.envelope.deadline:
            # After 354 there is no other way back
            raise TooLateError("too late to hand the mail over")
        content = _quoted(begun.envelope.content) if begun.accepted else b".\r\n"
        last = max(len(content) - SLICE, 0)
        for start in range(0, last, SLICE):
            sock.sendall(content[start : min(start + SLICE, last)])
        begun.is_written = True
        sock.sendall(content[last:] + then)

    def _converse(self, commands: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """Write each command after the reply to the one before."""
        replies = []
        for command in commands:
            is_data = command is commands[-1]
            if is_data and not any(map(_is_success, replies[1:])):
                replies.append((503, b"no recipient was accepted"))
                break
            self._connection.sock.sendall(command)
            replies.append(self._envelope_reply())
        return replies

    def _envelope_reply(self) -> tuple[int, bytes]:
        reply = self._reply()
        # Behind a 421 there may be no other reply
        _end_if_closing(reply)
        return reply

    def _reply(self) -> tuple[int, bytes]:
        code, text = self._connection.getreply()
        if code == -1:
            raise smtplib.SMTPServerDisconnected("no SMTP reply")
        return code, text

    # ------------------------------------------------------------------
    # Judging
    # ------------------------------------------------------------------

    def _judge_content(self) -> None:
        """Read what the server says to a content."""
        if not self._begun:
            return
        reply = self._reply()
        begun, self._begun = self._begun, None
        if not begun.accepted:
            self._keep(begun.delivery(Fate.REFUSED))
        elif _is_success(reply):
            self._keep(begun.delivery(Fate.ACCEPTED))
        else:
            error = smtplib.SMTPDataError(*reply)
            self._keep(begun.delivery(Fate.REFUSED, error))
        _end_if_closing(reply)

    def _judge_envelope(self, replies: Sequence[tuple[int, bytes]]) -> None:
        """Judge the replies to MAIL, to a RCPT for each recipient, and to DATA."""
        mail, *recipients, data = replies
        begun = _Begun(self._offered)
        for address, reply in zip(begun.envelope.recipients, recipients, strict=True):
            if not _is_success(mail):
                sender = begun.envelope.sender
                begun.errors[address] = smtplib.SMTPSenderRefused(*mail, sender)
            elif not _is_success(reply):
                begun.errors[address] = smtplib.SMTPRecipientsRefused({address: reply})
        if data[0] == 354:
            # Even without a recipient the server waits for a content (RFC 2920, 3.1)
            self._begun, self._offered = begun, None
            return
        self._keep(begun.delivery(Fate.REFUSED, smtplib.SMTPDataError(*data)))
        self._offered = None
        # Accepted recipients must not meet the next mail
        self._connection.rset()


class _Begun:
    """A mail whose envelope the server has answered."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.errors: dict[str, OSError] = {}
        self.is_written = False

    @property
    def accepted(self) -> list[str]:
        return [to for to in self.envelope.recipients if to not in self.errors]

    def delivery(self, fate: Fate, error: Exception | None = None) -> Delivery:
        """Return what became of it, given the fate of the accepted recipients."""
        delivery = Delivery.of(self.envelope, fate, error)
        for address, refusal in self.errors.items():
            delivery.fates[address] = Fate.REFUSED
            delivery.errors[address] = refusal
        return delivery


def _commands(envelope: Envelope) -> list[bytes]:
    options = " SMTPUTF8 BODY=8BITMIME" if envelope.needs_utf8 else ""
    lines = [f"MAIL FROM:{smtplib.quoteaddr(envelope.sender)}{options}"]
    lines += [f"RCPT TO:{smtplib.quoteaddr(to)}" for to in envelope.recipients]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line end in an address would be a command of its own")
    encoding = "utf-8" if envelope.needs_utf8 else "ascii"
    return [f"{line}\r\n".encode(encoding) for line in [*lines, "DATA"]]


def _is_success(reply: tuple[int, bytes]) -> bool:
    return 200 <= reply[0] < 300


def _end_if_closing(reply: tuple[int, bytes]) -> None:
    """Give the connection up where the server says that it does so."""
    if reply[0] == 421:
        raise smtplib.SMTPConnectError(*reply)


def _quoted(content: bytes) -> bytes:
    """Return a content as it travels: dots doubled, ended by one (RFC 5321, 4.5.2)."""
    quoted = content.replace(b"\n.", b"\n..")
    if quoted.startswith(b"."):
        quoted = b"." + quoted
    if not quoted.endswith(b"\r\n"):
        quoted += b"\r\n"
    return quoted + b".\r\n"
