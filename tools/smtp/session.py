"""An SMTP session that says what became of each mail, in place of raising anything.

It stands around the connection that Odoo made: what Odoo asks of it, it asks of the
connection. Only the sending of a mail is watched.
"""

import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any

from .diagnosis import Diagnosis


class RefusedError(Exception):
    """A mail was not taken; the text is masked, and the reason is in the `Outcome`."""


@dataclass
class Outcome:
    """What the last try came to, for whoever decides about the mail.

    :ivar refusal: why it failed, None if it did not
    :ivar is_connection: it failed before any mail, so it concerns them all
    :ivar is_uncertain: the content had been sent, and the connection broke before an
        answer came: the mail may have been taken
    :ivar sent: recipients of the mails that were taken, since it was set to 0
    :ivar server: the mail server's record
    """

    refusal: Diagnosis | None = None
    is_connection: bool = False
    is_uncertain: bool = False
    sent: int = 0
    server: Any = None

    def begin(self) -> None:
        """Forget the last try."""
        self.refusal = None
        self.is_connection = self.is_uncertain = False

    def fail(self, refusal: Diagnosis, is_connection: bool = False) -> None:
        """Keep why a try failed."""
        self.refusal = refusal
        self.is_connection = is_connection


class Session:
    """A connection of smtplib's whose failures are kept in an `Outcome`.

    :param smtplib.SMTP connection: logged in
    :param diagnose: a function from an exception to a `Diagnosis`
    :param Outcome outcome: where to keep what happens
    """

    def __init__(
        self,
        connection: smtplib.SMTP,
        diagnose: Callable[[OSError], Diagnosis],
        outcome: Outcome,
    ) -> None:
        self._connection = connection
        self._diagnose = diagnose
        self.outcome = outcome
        # smtplib has no place to learn how far a mail has come
        self._read_reply = connection.getreply
        connection.getreply = self._getreply

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @property
    def is_open(self) -> bool:
        """Whether more can be sent: smtplib closes after a 421 and after a break."""
        return self._connection.sock is not None

    def send_message(
        self, message: Message, from_addr: str, to_addrs: Sequence[str]
    ) -> Any:
        """Send a mail as smtplib does.

        :raise RefusedError: if it was not taken
        """
        self.outcome.begin()
        try:
            refused = self._connection.send_message(message, from_addr, to_addrs)
            self.outcome.sent += len(to_addrs) - len(refused)
            return refused
        except OSError as error:  # what smtplib raises is one, too
            if isinstance(error, smtplib.SMTPDataError):
                self._end_transaction(error.smtp_code)
            self.outcome.fail(self._diagnose(error))
        # Out of the except block: no traceback shall show the server's own words
        refusal = self.outcome.refusal
        raise RefusedError(f"{refusal.title}: {refusal.detail}")

    def _end_transaction(self, code: int) -> None:
        """Make room for the next mail, which smtplib does not when DATA is refused."""
        if code == 421:
            self._connection.close()
            return
        # If the line breaks now, `is_open` says so
        with suppress(smtplib.SMTPServerDisconnected):
            self._connection.rset()

    def _getreply(self) -> tuple[int, bytes]:
        reply = self._read_reply()
        # 354 asks for the content; whatever comes next is the verdict on it
        self.outcome.is_uncertain = reply[0] == 354
        return reply
