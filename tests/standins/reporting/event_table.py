"""The events of one kind, in columns: a million take about 30 MB."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

PERMANENT, BLOCKED = 1, 2  # flags of a bounce


class EventFacts(NamedTuple):
    """The stored facts of one event; texts are numbers in a `Words`."""

    message: int  # handle of the message
    campaign: int  # handle of its campaign, -1 for none
    at: int  # Unix seconds
    agent: int = 0
    url: int = 0
    state: int = 0
    flags: int = 0


_CODES = dict(zip(EventFacts._fields, "iiIHIBB", strict=True))


class EventTable:
    """Events by time. Each has its own number, which never changes.

    An event may become visible after it happened; `now` decides what is visible.
    """

    def __init__(self) -> None:
        self._columns = {name: array(code) for name, code in _CODES.items()}
        self.messages = self._columns["message"]
        self.campaigns = self._columns["campaign"]
        self.times = self._columns["at"]
        self.agents = self._columns["agent"]
        self.urls = self._columns["url"]
        self.states = self._columns["state"]
        self.flags = self._columns["flags"]
        # Numbers ordered by time, and their times
        self._order = array("I")
        self._order_times = array("I")
        # When each late event becomes visible, and its number
        self._late: list[tuple[int, int]] = []
        self._gone: set[int] = set()
        # Whether there was ever an event of a message without a campaign
        self.has_loose = False

    def __len__(self) -> int:
        return len(self._order)

    def add(self, facts: EventFacts, visible_at: int | None = None) -> int:
        """Add one event; return its number."""
        number = len(self.times)
        for column, value in zip(self._columns.values(), facts, strict=True):
            column.append(value)
        self._put_in(number)
        self.has_loose |= facts.campaign < 0
        if visible_at is not None:
            self.show_many_at([(visible_at, number)])
        return number

    def extend(self, **columns: Sequence[int]) -> range:
        """Add many events, given as columns under the names of `EventFacts`."""
        begin, count = len(self.times), len(columns["at"])
        for name, column in self._columns.items():
            column.extend(columns.get(name) or bytes(count))
        numbers = range(begin, begin + count)
        self._sort([*self._order, *numbers])
        return numbers

    def _sort(self, numbers: Iterable[int]) -> None:
        self._order = array("I", sorted(numbers, key=self.times.__getitem__))
        times = [self.times[number] for number in self._order]
        self._order_times = array("I", times)

    def _put_in(self, number: int) -> None:
        place = bisect_right(self._order_times, self.times[number])
        self._order.insert(place, number)
        self._order_times.insert(place, self.times[number])

    def _take_out(self, number: int) -> None:
        if number in self._gone:
            raise KeyError(number)
        place = bisect_left(self._order_times, self.times[number])
        while self._order[place] != number:
            place += 1
        del self._order[place], self._order_times[place]

    def show_at(self, number: int, visible_at: int | None) -> None:
        """Hide an event until that moment; None shows it at once."""
        self._late = [late for late in self._late if late[1] != number]
        if visible_at is not None:
            self.show_many_at([(visible_at, number)])

    def show_many_at(self, late: Iterable[tuple[int, int]]) -> None:
        """Hide events, given as pairs of a moment and a number."""
        self._late = sorted([*self._late, *late])

    def move(self, number: int, at: int) -> None:
        """Change the time of an event; `KeyError` if it was removed."""
        self._take_out(number)
        self.times[number] = at
        self._put_in(number)

    def remove(self, number: int) -> None:
        """Remove an event for good; `KeyError` if it was removed before."""
        self._take_out(number)
        self._gone.add(number)
        self.show_at(number, None)

    def remove_if(self, is_gone: Callable[[int], bool]) -> None:
        """Remove all events of messages for which `is_gone(handle)` is true."""
        gone = {number for number in self._order if is_gone(self.messages[number])}
        if gone:
            self._gone |= gone
            self._late = [late for late in self._late if late[1] not in gone]
            self._sort([number for number in self._order if number not in gone])

    def hidden_count(self, now: float) -> int:
        """The number of events that are not visible yet."""
        return len(self._late) - bisect_right(self._late, (now, len(self.times)))

    def between(self, after: float, until: float, now: float) -> Sequence[int]:
        """The numbers of visible events with after < time <= until, by time."""
        begin = bisect_right(self._order_times, after)
        end = bisect_right(self._order_times, until)
        return self.visible(self._order[begin:end], now)

    def visible(self, numbers: Sequence[int], now: float) -> Sequence[int]:
        """The visible ones among some events."""
        if not self.hidden_count(now):
            return numbers
        late = self._late[bisect_right(self._late, (now, len(self.times))) :]
        hidden = {number for _visible_at, number in late}
        return array("I", [number for number in numbers if number not in hidden])

    def of_message(self, message: int) -> list[int]:
        """The numbers of one message's events, including hidden ones."""
        numbers, place = [], -1
        while True:
            try:
                place = self.messages.index(message, place + 1)
            except ValueError:
                return numbers
            if place not in self._gone:
                numbers.append(place)


class Words:
    """Stores repeated texts once, each under a number."""

    def __init__(self) -> None:
        self._texts: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}

    def number_of(self, text: str) -> int:
        number = self._numbers.setdefault(text, len(self._texts))
        if number == len(self._texts):
            self._texts.append(text)
        return number

    def __getitem__(self, number: int) -> str:
        return self._texts[number]
