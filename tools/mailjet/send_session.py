"""What Odoo sees as an SMTP connection where mail goes by the Send API.

Odoo's hooks query it before a mail is built. A mail that the API cannot carry goes by
SMTP of the same server, through a connection that is opened for the first one.
"""

import logging
import smtplib
from collections.abc import Callable, Sequence
from email.message import Message
from email.policy import EmailPolicy
from functools import cached_property
from typing import Any

from ..smtp.cause import Cause
from ..smtp.connection import quit_politely
from ..smtp.diagnosis import Diagnosis
from ..smtp.exceptions import OneWayError
from ..smtp.pipeline import Delivery, Fate
from ..smtp.session import Outcome, Session, envelope_of
from ..words import Words, _lt
from .cannot_carry import CannotCarry, Refused
from .read_message import unwritten
from .send_api import SendApi
from .send_message import AttachmentMemory, to_json
from .send_request import SendEntry, entry_of

_logger = logging.getLogger(__name__)


class SendSession(Session):
    """A session of the Send API whose deliveries are kept in an `Outcome`.

    :param open_api: a function that returns a `SendApi`
    :param open_smtp: a function that returns a logged-in connection, or raises OSError
    :param only_mailings: whether all other mail goes by SMTP
    :param Words refusal: why no mail can go by the API, or None
    """

    def __init__(
        self,
        open_api: Callable[[], SendApi],
        open_smtp: Callable[[], smtplib.SMTP],
        diagnose: Callable[[Exception], Diagnosis],
        outcome: Outcome,
        *,
        only_mailings: bool = False,
        refusal: Words | None = None,
    ) -> None:
        # Not the base's: nothing is connected yet
        self.diagnose = diagnose
        self.outcome = outcome
        self.open_api = open_api
        self.open_smtp = open_smtp
        self.only_mailings = only_mailings
        self.refusal = refusal
        self._memory = AttachmentMemory()
        self._api: SendApi | None = None
        self._smtp: smtplib.SMTP | None = None
        self._failure: OSError | None = None
        # Such addresses go by SMTP, whose server says itself what it accepts
        outcome.takes_utf8 = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.connection, name)

    @property
    def connection(self) -> smtplib.SMTP:
        """The SMTP connection, for what only that can do."""
        if self._smtp is None or self._smtp.sock is None:
            self._smtp = self.open_smtp()
        return self._smtp

    @cached_property
    def read_policy(self) -> EmailPolicy:
        """The policy for messages that `entry` reads."""
        return unwritten(self.mailjet_message_policy)

    @property
    def is_open(self) -> bool:
        """Whether more can be sent: not after a request that got no answer."""
        return self._failure is None

    def quit(self) -> None:
        """Close what is open."""
        if self._api:
            self._api.close()
            self._api = None
        if self._smtp is not None:
            quit_politely(self._smtp)
            self._smtp = None

    def entry(
        self,
        message: Message,
        recipients: Sequence[str],
        key: Any,
        deadline: float = float("inf"),
    ) -> SendEntry:
        """Return a message, ready for a request.

        :raise CannotCarry: it has to go by SMTP
        """
        if self.refusal:
            raise Refused(self.refusal)
        return entry_of(
            to_json(message, recipients, self._memory), key, recipients, deadline
        )

    def is_by_api(self) -> bool:
        """Whether the mail being sent goes by the API, if that can carry it."""
        return self.outcome.is_mailing or not self.only_mailings

    def _hand_over(self, message, from_addr, to_addrs, key):
        reason = None
        if self.is_by_api():
            try:
                entry = self.entry(message, to_addrs, key)
            except CannotCarry as error:
                reason = error.words
            else:
                delivery, broken = self._send(entry)
                reason = not_carried(delivery)
                if not reason:
                    return broken
            self.outcome.by_smtp = reason
            _logger.info("Mailjet: %s goes by SMTP: %s", key or "an email", reason)
        return self._hand_over_by_smtp(message, from_addr, to_addrs, key, reason)

    def _send(self, entry: SendEntry) -> tuple[Delivery, OSError | None]:
        """Send one mail; return what became of it, and why none gets through.

        As over a broken line, nothing is begun after a failure.
        """
        if self._failure:
            delivery = Delivery.of(entry, Fate.NOT_BEGUN, self._failure)
        else:
            self._api = self._api or self.open_api()
            sent = self._api.send([entry])
            [delivery] = sent.deliveries
            self._failure = sent.failure
        self.outcome.deliveries[entry.key] = delivery
        return delivery, self._failure

    def _hand_over_by_smtp(self, message, from_addr, to_addrs, key, reason):
        deliveries = self.outcome.deliveries
        envelope = envelope_of(message, from_addr, to_addrs, key)
        try:
            broken = self._hand_over_to(self.connection, envelope)
        except OSError as error:
            broken = error
            deliveries[key] = Delivery.of(envelope, Fate.NOT_BEGUN, error)
        errors = deliveries[key].errors
        for address, error in errors.items():
            errors[address] = OneWayError(error, reason)
        return broken and OneWayError(broken, reason)


def not_carried(delivery: Delivery) -> Words | None:
    """Return why Mailjet could not carry a mail that SMTP can, or None."""
    if set(delivery.fates.values()) != {Fate.REFUSED}:
        return None
    errors = list(delivery.errors.values())
    if {getattr(error, "cause", None) for error in errors} != {Cause.NOT_CARRIED}:
        return None
    text = errors[0].text
    return Words(_lt("The Send API refused the email: %(text)s"), {"text": text})
