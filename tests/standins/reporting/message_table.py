"""All messages of an account: generated ones, and those added one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..fates import TRACKED
from .history import History

# Numbered as the MessageStatus of a query
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Message.ts
MESSAGE_STATUSES = (
    "unknown",
    "queued",
    "sent",
    "opened",
    "clicked",
    "bounce",
    "spam",
    "unsub",
    "blocked",
    "softbounced",
    "hardbounced",
    "deferred",
)
STATUS_NUMBERS = {word: number for number, word in enumerate(MESSAGE_STATUSES)}
DELIVERED = frozenset(("sent", "opened", "clicked", "spam", "unsub"))
_REMOVED = 255


@dataclass
class OwnMessage:
    """A message that is not part of the generated history."""

    id: int
    campaign: int  # handle, -1 for none
    contact: int  # handle
    email: str
    arrived: int  # Unix seconds
    status: str = "sent"
    state: int = 0
    is_permanent: bool = False
    sender: str = ""  # the address in its From
    sender_id: int | None = None  # None: that of the active sender for `sender`
    subject: str = ""
    custom_id: str = ""
    size: int = 18_953
    uuid: str = ""
    attachments: int = 0
    has_html: bool = True
    has_text: bool = True
    is_real: bool = False  # received over SMTP
    tracked: frozenset[str] = frozenset(TRACKED)


class MessageTable:
    """Messages by handle: 0 and up for the history, -1 and down for the others."""

    def __init__(self) -> None:
        self.history: History | None = None
        self._own: list[OwnMessage | None] = []
        self._own_handles: dict[int, int] = {}

    # -- Handles ---------------------------------------------------------------------

    def add(self, message: OwnMessage) -> int:
        """Add a message; return its handle. Raises `ValueError` for an existing id."""
        if self.handle_of(message.id) is not None:
            raise ValueError(f"there is a message {message.id}")
        self._own.append(message)
        handle = -len(self._own)
        self._own_handles[message.id] = handle
        return handle

    def remove(self, handle: int) -> None:
        """Remove a message, but not its events."""
        if handle >= 0:
            self.history.status[handle] = _REMOVED
            return
        message = self._own[-handle - 1]
        del self._own_handles[message.id]
        self._own[-handle - 1] = None

    def handle_of(self, message_id: int) -> int | None:
        handle = self._own_handles.get(message_id)
        if handle is None and self.history:
            handle = self.history.message_of(message_id)
            if handle is not None and self.history.status[handle] == _REMOVED:
                return None
        return handle

    def own(self, handle: int) -> OwnMessage | None:
        """The message, None if it is part of the history."""
        return self._own[-handle - 1] if handle < 0 else None

    def own_handles(self) -> Iterator[int]:
        return iter(self._own_handles.values())

    def handles(self) -> Iterator[int]:
        """All handles, by id."""
        if self.history:
            yield from self._of_history(range(self.history.message_count))
        yield from sorted(self.own_handles(), key=self.id)

    def arrived_between(self, after: float, until: float) -> list[int]:
        """The messages with after < arrived <= until, by id."""
        found = []
        if self.history:
            begin, end = map(self.history.arrived_after, (after, until))
            found.extend(self._of_history(range(begin, end)))
        own = [h for h in self.own_handles() if after < self.arrived(h) <= until]
        return found + sorted(own, key=self.id)

    def in_campaigns(self, takes: Callable[[int, int], bool]) -> Iterator[int]:
        """The messages that pass `takes(handle of the campaign, handle)`, by id.

        All messages of a campaign in the history pass, or none.
        """
        history = self.history
        for campaign in range(len(history.starts) if history else 0):
            begin, end = history.firsts[campaign], history.firsts[campaign + 1]
            if takes(history.first_campaign + campaign, begin):
                yield from self._of_history(range(begin, end))
        own = [h for h in self.own_handles() if takes(self.campaign(h), h)]
        yield from sorted(own, key=self.id)

    def _of_history(self, numbers: range) -> Iterator[int]:
        status = self.history.status
        return (number for number in numbers if status[number] != _REMOVED)

    # -- Facts -----------------------------------------------------------------------

    def id(self, handle: int) -> int:
        if handle >= 0:
            return self.history.message_id(handle)
        return self._own[-handle - 1].id

    def campaign(self, handle: int) -> int:
        """The handle of its campaign, -1 for none."""
        if handle >= 0:
            return self.history.first_campaign + self.history.campaign_of(handle)
        return self._own[-handle - 1].campaign

    def contact(self, handle: int) -> int:
        """The handle of its contact."""
        if handle >= 0:
            return self.history.contact_of(handle)
        return self._own[-handle - 1].contact

    def arrived(self, handle: int) -> int:
        if handle >= 0:
            return self.history.arrived(handle)
        return self._own[-handle - 1].arrived

    def status(self, handle: int) -> str:
        if handle >= 0:
            return MESSAGE_STATUSES[self.history.status[handle]]
        return self._own[-handle - 1].status

    def state(self, handle: int) -> int:
        if handle >= 0:
            return self.history.states[handle]
        return self._own[-handle - 1].state

    def is_permanent(self, handle: int) -> bool:
        if handle >= 0:
            return self.status(handle) == "hardbounced"
        return self._own[-handle - 1].is_permanent

    def change(
        self, handle: int, *, status: str | None = None, state: int | None = None
    ) -> None:
        """Change the status or state of a message."""
        if status is not None and status not in STATUS_NUMBERS:
            raise ValueError(f"{status} is none of {MESSAGE_STATUSES}")
        if handle >= 0:
            history = self.history
            if status is not None:
                history.status[handle] = STATUS_NUMBERS[status]
            if state is not None:
                history.states[handle] = state
            return
        message = self._own[-handle - 1]
        if status is not None:
            message.status = status
        if state is not None:
            message.state = state
