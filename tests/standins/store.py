"""What the stand-in Mailjet knows: the accounts' keys and the mail it took.

One `Store` is meant to be shared by every door of the stand-in, so that a mail taken
over SMTP can be seen through the others. It may be used from any thread.
"""

import email
import email.policy
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.message import EmailMessage


def _new_queued_id() -> str:
    return str(uuid.uuid4())


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Message:
    """One SMTP transaction that was accepted: one DATA, one or more recipients.

    `content` is what crossed the wire, byte for byte, with only the dots that SMTP
    itself doubles taken out again. `security` is 'starttls', 'tls' or 'none'.
    `queued_id` is the uuid in Mailjet's answer to DATA.
    """

    api_key: str
    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes = field(repr=False)
    port: int
    security: str
    auth_mechanism: str
    queued_id: str = field(default_factory=_new_queued_id)
    received_at: datetime = field(default_factory=_now)

    def parsed(self) -> EmailMessage:
        """The content as an `EmailMessage` (a new one at each call)."""
        return email.message_from_bytes(self.content, policy=email.policy.SMTP)


class Store:
    """Keys and messages, for several threads at once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._secrets: dict[str, str] = {}
        self._messages: list[Message] = []
        self._listeners: list[Callable[[Message], None]] = []

    def add_key(self, api_key: str, secret_key: str) -> None:
        """Make a pair valid; a second call for the same key replaces its secret."""
        with self._changed:
            self._secrets[api_key] = secret_key

    def secret_of(self, api_key: str) -> str | None:
        """The secret that belongs to a key, None for an unknown key."""
        with self._changed:
            return self._secrets.get(api_key)

    def subscribe(self, listener: Callable[[Message], None]) -> None:
        """Call `listener(message)` for each message from now on.

        It runs in the receiving thread and before the sender gets an answer: what it
        writes is there once the sender has seen 250, and what it raises becomes 451.
        """
        with self._changed:
            self._listeners.append(listener)

    def add_message(
        self,
        *,
        api_key: str,
        mail_from: str,
        rcpt_tos: Sequence[str],
        content: bytes,
        port: int,
        security: str,
        auth_mechanism: str,
    ) -> Message:
        """Keep one accepted message; return it with its id and its time."""
        message = Message(
            api_key=api_key,
            mail_from=mail_from,
            rcpt_tos=tuple(rcpt_tos),
            content=content,
            port=port,
            security=security,
            auth_mechanism=auth_mechanism,
        )
        with self._changed:
            listeners = list(self._listeners)
        # Outside the lock: a listener may well want to look into the store.
        for listener in listeners:
            listener(message)
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()
        return message

    @property
    def messages(self) -> list[Message]:
        """The messages up to now, oldest first; a copy that nobody changes."""
        with self._changed:
            return list(self._messages)

    def wait_for(self, count: int, timeout: float = 5.0) -> list[Message]:
        """Wait until at least `count` messages are there and return all of them.

        Raises `TimeoutError`, saying how many there are, after `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: len(self._messages) >= count, timeout
            ):
                raise TimeoutError(
                    f"{len(self._messages)} of {count} messages after {timeout} s"
                )
            return list(self._messages)

    def clear_messages(self) -> None:
        """Forget the messages; keys and listeners stay."""
        with self._changed:
            self._messages.clear()
