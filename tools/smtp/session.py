"""The SMTP connection that Odoo sends with, as a session that raises nothing.

What Odoo asks of it, it asks of the connection. Only the sending of a mail is watched:
what became of each recipient is kept in an `Outcome`.
"""

import copy
import io
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from ..words import Words
from .connection import quit_politely
from .diagnosis import Diagnosis
from .headers import HeaderError, check_headers
from .message_memory import Flattener
from .pipeline import Delivery, Envelope, Fate, LineBrokenError, Pipeline


class RefusedError(Exception):
    """No recipient of a mail was accepted; the text is masked."""


class UnknownSenderError(AssertionError):
    """Mailjet would drop a mail from this sender; in the form of core's own errors."""


@dataclass(eq=False)  # Odoo takes environments with equal contexts for the same
class Outcome:
    """What a call of `send` comes to, for whoever decides about its mails.

    :ivar server: the mail server's record
    :ivar refusal: why the server could not be reached, or None
    :ivar deliveries: of the mail being sent, by X-MJ-CustomID
    :ivar left: SMTP transactions of that mail that are still to come
    :ivar reserved: what mails take of the server's limits that are not sent yet, by id
    :ivar unused: what of it those left over that are
    :ivar unknown_sender: From that Mailjet did not know when its senders were last read
    :ivar is_asked: whether Mailjet has been asked for its senders since
    :ivar has_answered: whether it said what they are
    :ivar opted_out: who has opted out, by mailing; read once
    :ivar takes_utf8: whether the server takes SMTPUTF8 (RFC 6531)
    :ivar is_mailing: whether the mail being sent belongs to a mailing
    :ivar by_smtp: why that mail, of a server that uses the Send API, goes by SMTP
    :ivar custom_id_keys: tag and key of this database, for `mailjet.custom_id`
    :ivar defaults: addresses of companies, as they were looked up first
    """

    server: Any = None
    refusal: Diagnosis | None = None
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    left: int = 0
    reserved: dict[int, Any] = field(default_factory=dict)
    unused: list[Any] = field(default_factory=list)
    takes_utf8: bool = False
    unknown_sender: str = ""
    is_asked: bool = False
    has_answered: bool = False
    opted_out: dict[int, set[str]] = field(default_factory=dict)
    is_mailing: bool = False
    by_smtp: Words | None = None
    custom_id_keys: tuple[str, bytes] | None = field(default=None, repr=False)
    defaults: dict[tuple, Any] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget the mail before."""
        self.refusal = None
        self.deliveries = {}
        self.left = 0
        self.unknown_sender = ""
        self.by_smtp = None


class Session:
    """A connection of smtplib's whose deliveries are kept in an `Outcome`.

    :param smtplib.SMTP connection: logged in
    :param diagnose: a function from an exception to a `Diagnosis`
    :param Outcome outcome: where to keep what happens
    """

    def __init__(
        self,
        connection: smtplib.SMTP,
        diagnose: Callable[[Exception], Diagnosis],
        outcome: Outcome,
    ) -> None:
        self.connection = connection
        self.diagnose = diagnose
        self.outcome = outcome
        outcome.takes_utf8 = connection.has_extn("smtputf8")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    @property
    def is_open(self) -> bool:
        """Whether more can be sent."""
        return self.connection.sock is not None

    def quit(self) -> None:
        """Close the connection."""
        quit_politely(self.connection)

    def send_message(
        self, message: Message, from_addr: str, to_addrs: Sequence[str]
    ) -> None:
        """Send a mail to some of its recipients.

        Odoo would not go on to the next recipients of a mail after an error.

        :raise RefusedError: after the last ones, if none at all was accepted
        """
        key = str(message["X-MJ-CustomID"] or "")
        deliveries = self.outcome.deliveries
        broken = self._hand_over(message, from_addr, to_addrs, key)
        self.outcome.left -= 1
        fates = {fate for each in deliveries.values() for fate in each.fates.values()}
        if self.outcome.left > 0 or Fate.ACCEPTED in fates:
            return
        error = broken or next(iter(deliveries[key].errors.values()))
        # Out of the except block: no traceback shall show the server's own words
        refusal = self.diagnose(error)
        raise RefusedError(f"{refusal.title}: {refusal.detail}")

    def _hand_over(self, message, from_addr, to_addrs, key) -> OSError | None:
        """Keep what becomes of a mail; return the error if the line broke."""
        envelope = envelope_of(message, from_addr, to_addrs, key)
        return self._hand_over_to(self.connection, envelope)

    def _hand_over_to(self, connection, envelope) -> OSError | None:
        key, deliveries = envelope.key, self.outcome.deliveries
        try:
            check_headers(envelope.content)
            if connection.sock is None:
                raise LineBrokenError(smtplib.SMTPServerDisconnected("not connected"))
            pipeline = Pipeline(
                connection, lambda delivery: deliveries.update({key: delivery})
            )
            pipeline.offer(envelope)
            pipeline.finish()
        except HeaderError as error:
            deliveries[key] = Delivery.of(envelope, Fate.REFUSED, error)
        except LineBrokenError as error:
            not_begun = Delivery.of(envelope, Fate.NOT_BEGUN, error.cause)
            deliveries.setdefault(key, not_begun)
            return error.cause
        return None


def envelope_of(
    message: Message,
    sender: str,
    recipients: Sequence[str],
    key: Any,
    deadline: float = float("inf"),
) -> Envelope:
    """Return a message as the bytes that `smtplib.SMTP.send_message` would write."""
    # A copy without the lines that nobody but the sender may see
    message = copy.copy(message)
    del message["Bcc"]
    del message["Resent-Bcc"]
    needs_utf8 = not "".join([sender, *recipients]).isascii()
    policy = message.policy.clone(utf8=True) if needs_utf8 else None
    content = io.BytesIO()
    Flattener(content, policy=policy).flatten(message, linesep="\r\n")
    return Envelope(
        key, sender, tuple(recipients), content.getvalue(), deadline, needs_utf8
    )
