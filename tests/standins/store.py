"""What the stand-in Mailjet knows: its keys, their data, and the mail it took.

SMTP, REST and events share one `Store`, so that mail taken over SMTP shows up in the
others. It may be used from any thread.
"""

import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from .message import Message, head_of, new_uuid
from .reporting.statistics import Statistics
from .rows import new_apikey, new_profile, new_sender, new_user

# Rows are dicts under Mailjet's own names: what REST reads and writes.
Row = dict[str, Any]
ActivationListener = Callable[[str, str, bytes], None]


@dataclass
class Account:
    """One pair of keys and its data; sub-accounts share nothing.

    `row` is its row of /apikey, without the two keys. `statistics` has its contacts and
    what became of its mail. `activations` has, for each token in an activation link,
    the id of the sender.
    """

    api_key: str
    secret_key: str = field(repr=False)
    row: Row
    senders: list[Row]
    statistics: Statistics
    domains: list[Row] = field(default_factory=list)
    callbacks: list[Row] = field(default_factory=list)
    activations: dict[str, int] = field(default_factory=dict)


class Store:
    """Accounts and messages, for several threads at once.

    Hold `lock` while you work on an `Account`, `user` or `profile`. `clock` returns the
    present in Unix seconds, for everything that the stand-in dates. `deduplicates`
    turns X-Mailjet-DeduplicateCampaign on. Without `keeps_bodies` only the header of
    each mail is kept, for tests that send very many; there is no HTML part then, so
    there are no opens and clicks.
    """

    def __init__(
        self, *, keeps_bodies: bool = True, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        self.deduplicates = True
        self.keeps_bodies = keeps_bodies
        self._changed = threading.Condition()
        # The one lock; Condition makes it an RLock, so holding it twice is fine.
        self.lock = self._changed
        self._accounts: dict[str, Account] = {}
        self._messages: list[Message] = []
        self._messages_by_key: defaultdict[str, list[Message]] = defaultdict(list)
        # The addresses each campaign of each key has reached with deduplicated mail
        self._reached: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._listeners: list[Callable[[Message], None]] = []
        self._activation_listeners: list[ActivationListener] = []
        # Ids as large as Mailjet's: messages beyond 53 bits, the others beyond 32.
        self._numbers = itertools.count(1)
        self._message_ids = itertools.count(2**60 + 1)
        self.user: Row = new_user()
        self.profile: Row = new_profile()

    def add_key(self, api_key: str, secret_key: str, name: str = "") -> Account:
        """Add a valid pair; a second call for the same key replaces its secret.

        The first pair is the main account, the others are sub-accounts.
        """
        with self._changed:
            account = self._accounts.get(api_key)
            if account is None:
                first = not self._accounts
                name = name or ("Main account" if first else "Sub-account")
                row = new_apikey(self.next_id(), name, is_master=first)
                senders: list[Row] = []
                statistics = Statistics(self, api_key, row["ID"], senders)
                account = Account(api_key, secret_key, row, senders, statistics)
                self._accounts[api_key] = account
            account.secret_key = secret_key
            return account

    def add_sender(self, api_key: str, address: str) -> None:
        """Add a sender that is active already: an address, or *@domain for all."""
        with self._changed:
            row = new_sender(self.next_id(), address, "", "unknown", -1, "")
            row["Status"] = "Active"
            self._accounts[api_key].senders.append(row)

    def is_sender(self, api_key: str, address: str) -> bool:
        """Whether an active sender of the key covers an address."""
        address = address.lower()
        covering = (address, f"*@{address.rpartition('@')[2]}")
        with self._changed:
            return any(
                row["Status"] == "Active" and row["Email"].lower() in covering
                for row in self._accounts[api_key].senders
            )

    def secret_of(self, api_key: str) -> str | None:
        """The secret that belongs to a key, None for an unknown or a blocked key."""
        with self._changed:
            account = self._accounts.get(api_key)
            if account is None or not account.row["IsActive"]:
                return None
            return account.secret_key

    def account(self, api_key: str) -> Account:
        """The account of a key; raises `KeyError` for an unknown one."""
        with self._changed:
            return self._accounts[api_key]

    @property
    def accounts(self) -> list[Account]:
        """All accounts, the main one first."""
        with self._changed:
            return list(self._accounts.values())

    def set_active(self, api_key: str, active: bool) -> None:
        """Block a key, as Mailjet does when it suspends an account, or free it."""
        with self._changed:
            self._accounts[api_key].row["IsActive"] = active

    def now(self) -> float:
        """The present in Unix seconds, by the clock that is set at the moment."""
        return self.clock()

    def next_id(self, base: int = 0) -> int:
        """A number never returned before, plus `base`."""
        with self._changed:
            return base + next(self._numbers)

    def next_message_id(self) -> int:
        """An id for a message, larger than all earlier ones."""
        with self._changed:
            return next(self._message_ids)

    def on_activation(self, listener: ActivationListener) -> None:
        """Call `listener(email, url, mail)` when a sender has to be confirmed.

        `mail` is the whole activation mail, as bytes; opening `url` confirms. The
        listener may open it at once: no lock is held.
        """
        with self._changed:
            self._activation_listeners.append(listener)

    def announce_activation(self, address: str, url: str, mail: bytes) -> None:
        """Hand an activation mail to the listeners."""
        with self._changed:
            listeners = list(self._activation_listeners)
        for listener in listeners:
            listener(address, url, mail)

    def subscribe(self, listener: Callable[[Message], None]) -> None:
        """Call `listener(message)` for each message from now on.

        It runs in the receiving thread, before the sender gets an answer: what it
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
        received_at: datetime | None = None,
    ) -> Message:
        """Keep a message, accepted at `received_at` or now; return it with its ids."""
        now = datetime.fromtimestamp(self.now(), timezone.utc)
        with self._changed:
            message_ids = tuple(self.next_message_id() for _ in rcpt_tos)
            listeners = list(self._listeners)
        message = self._marked(
            Message(
                message_ids=message_ids,
                guids=tuple(new_uuid() for _ in rcpt_tos),
                api_key=api_key,
                mail_from=mail_from,
                rcpt_tos=tuple(rcpt_tos),
                content=content if self.keeps_bodies else head_of(content),
                port=port,
                security=security,
                auth_mechanism=auth_mechanism,
                received_at=received_at or now,
                size=len(content),
            )
        )
        # Outside the lock: a listener may well want to look into the store.
        for listener in listeners:
            listener(message)
        with self._changed:
            if message.deduplicated_campaign:
                reached = self._reached[api_key, message.deduplicated_campaign]
                reached.update(map(str.lower, message.rcpt_tos))
            self._messages.append(message)
            self._messages_by_key[api_key].append(message)
            self._changed.notify_all()
        return message

    def _marked(self, message: Message) -> Message:
        """Mark the recipients that its campaign has already reached.

        A first mail without the header does not count here; whether it does at Mailjet
        is not known.
        """
        campaign = message.deduplicated_campaign
        if not (campaign and self.deduplicates):
            return message
        duplicates = set()
        here = set()
        with self._changed:
            reached = self._reached[message.api_key, campaign]
            for message_id, address in zip(
                message.message_ids, map(str.lower, message.rcpt_tos), strict=True
            ):
                if address in reached or address in here:
                    duplicates.add(message_id)
                here.add(address)
        return replace(message, duplicate_ids=frozenset(duplicates))

    def taken(self) -> Counter[str]:
        """How many mails were taken for each address; addresses in lower case."""
        return Counter(
            address.lower() for message in self.messages for address in message.rcpt_tos
        )

    def delivered(self) -> Counter[str]:
        """The same without those that Mailjet blocks as duplicates in a campaign."""
        return Counter(
            address.lower()
            for message in self.messages
            for message_id, address in zip(
                message.message_ids, message.rcpt_tos, strict=True
            )
            if message_id not in message.duplicate_ids
        )

    @property
    def messages(self) -> list[Message]:
        """A copy of the list of messages, oldest first."""
        with self._changed:
            return list(self._messages)

    def messages_of(self, api_key: str, start: int = 0) -> list[Message]:
        """The messages of one key, oldest first, from number `start` on."""
        with self._changed:
            return self._messages_by_key[api_key][start:]

    def wait_for(self, count: int, timeout: float = 5.0) -> list[Message]:
        """Wait for at least `count` messages and return all of them.

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
        """Forget the messages and their events; keys and listeners stay."""
        with self._changed:
            self._messages.clear()
            self._messages_by_key.clear()
            self._reached.clear()
            for account in self._accounts.values():
                account.statistics.forget_sent()
