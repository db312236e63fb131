"""Count results of messages, once for all counters until something changes."""

from array import array
from typing import TYPE_CHECKING

from .message_table import DELIVERED, MESSAGE_STATUSES

if TYPE_CHECKING:
    from .statistics import Statistics

SLOT = 300  # seconds; all resolutions of /statcounters are multiples of it
FIELDS = (
    "Total",
    "MessageSentCount",
    "MessageOpenedCount",
    "MessageClickedCount",
    "MessageBlockedCount",
    "MessageDeferredCount",
    "MessageQueuedCount",
    "MessageHardBouncedCount",
    "MessageSoftBouncedCount",
    "MessageSpamCount",
    "MessageUnsubscribedCount",
    "EventOpenedCount",
    "EventOpenDelay",
    "EventClickedCount",
    "EventClickDelay",
    "EventSpamCount",
    "EventUnsubscribedCount",
)
PLACES = {name: place for place, name in enumerate(FIELDS)}
_OF_STATUS = {
    "blocked": "MessageBlockedCount",
    "deferred": "MessageDeferredCount",
    "queued": "MessageQueuedCount",
    "hardbounced": "MessageHardBouncedCount",
    "softbounced": "MessageSoftBouncedCount",
    "bounce": "MessageSoftBouncedCount",
    "spam": "MessageSpamCount",
    "unsub": "MessageUnsubscribedCount",
}
# For each kind of event: all events, messages with one, the sum of delays
OF_KIND = {
    "open": ("EventOpenedCount", "MessageOpenedCount", "EventOpenDelay"),
    "click": ("EventClickedCount", "MessageClickedCount", "EventClickDelay"),
    "spam": ("EventSpamCount", "", ""),
    "unsub": ("EventUnsubscribedCount", "", ""),
}

# The handle of a campaign, the id of a sender (0: none) and a slot of time
Key = tuple[int, int, int]


class Tallies:
    """Counters by campaign, sender and the five minutes in which a message arrived.

    `firsts` says for each open and click, by its number, whether it is the first of its
    message.
    """

    def __init__(self, statistics: "Statistics") -> None:
        self._statistics = statistics
        self.cells: dict[Key, array] = {}
        self.firsts: dict[str, bytearray] = {}
        if statistics.messages.history:
            self._count_history()
        for handle in statistics.messages.own_handles():
            self._add(self.key_of(handle), statistics.messages.status(handle), 1)
        for kind in OF_KIND:
            self._count_events(kind)

    def key_of(self, message: int) -> Key:
        """The key of the counters for a message."""
        messages = self._statistics.messages
        slot = messages.arrived(message) // SLOT * SLOT
        sender = self._statistics.sender_id_of(message) or 0
        return messages.campaign(message), sender, slot

    def cell(self, key: Key) -> array:
        """The counters under a key, in the order of `FIELDS`."""
        if key not in self.cells:
            self.cells[key] = empty_cell()
        return self.cells[key]

    def _add(self, key: Key, status: str, count: int) -> None:
        cell = self.cell(key)
        cell[PLACES["Total"]] += count
        if status in DELIVERED:
            cell[PLACES["MessageSentCount"]] += count
        if status in _OF_STATUS:
            cell[PLACES[_OF_STATUS[status]]] += count

    def _count_history(self) -> None:
        """Count whole slots at a time: messages of a campaign are sorted by time."""
        history = self._statistics.messages.history
        for campaign in range(len(history.starts)):
            number, last = history.firsts[campaign], history.firsts[campaign + 1]
            while number < last:
                key = self.key_of(number)
                end = history.arrived_from(key[2] + SLOT, campaign)
                for place, status in enumerate(MESSAGE_STATUSES):
                    count = history.status.count(place, number, end)
                    if count:
                        self._add(key, status, count)
                number = end

    def _count_events(self, kind: str) -> None:
        statistics = self._statistics
        table = statistics.tables[kind]
        of_all, of_messages, of_delays = (PLACES.get(n, -1) for n in OF_KIND[kind])
        firsts = self.firsts[kind] = bytearray(len(table.times))
        seen: set[int] = set()
        for number in statistics.numbers(kind):
            message = table.messages[number]
            cell = self.cell(self.key_of(message))
            cell[of_all] += 1
            if message not in seen and of_messages >= 0:
                seen.add(message)
                firsts[number] = True
                cell[of_messages] += 1
                delay = table.times[number] - statistics.messages.arrived(message)
                cell[of_delays] += delay

    def of_campaign(self) -> dict[int, array]:
        """The sums of each campaign, by its handle."""
        sums: dict[int, array] = {}
        for (campaign, _sender, _slot), cell in self.cells.items():
            total = sums.setdefault(campaign, empty_cell())
            for place, count in enumerate(cell):
                total[place] += count
        return sums


def empty_cell() -> array:
    """Counters in the order of `FIELDS`, all 0."""
    return array("q", bytes(8 * len(FIELDS)))
