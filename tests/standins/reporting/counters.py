"""/statcounters: its rules and its rows.

The rules are those of Mailjet's reference, as repeated by Domo's help, the samples of
the Python SDK and activepieces. The error texts are ours: Mailjet's are not known.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..resource import ApiError
from ..rows import Row
from .event_table import PERMANENT
from .moments import written
from .query import moment
from .tallies import FIELDS, OF_KIND, PLACES, SLOT, Tallies, empty_cell

if TYPE_CHECKING:
    from .statistics import Statistics

RESOLUTIONS = {"Highest": SLOT, "Hour": 3600, "Day": 86_400}
# These counters start on this day; mailjet-apiv3-php, issue 125
_BEGINNING = 1_522_713_600  # 2018-04-03
# Counters by event time still count these at the time of the message
_AT_ARRIVAL = frozenset(
    PLACES[name]
    for name in (
        "Total",
        "MessageSentCount",
        "MessageBlockedCount",
        "MessageDeferredCount",
        "MessageQueuedCount",
    )
)
_OF_COMPLAINT = {"spam": "MessageSpamCount", "unsub": "MessageUnsubscribedCount"}
# CounterType, an older way to set all three; mailjet-mcp-server, openapi-mailjet.yaml
_LETTERS = (
    {"c": "Campaign", "a": "APIKey"},
    {"e": "Event", "m": "Message"},
    {"s": "Highest", "d": "Day", "h": "Hour", "l": "Lifetime"},
)


@dataclass(frozen=True)
class _Asked:
    """A valid query."""

    source: str
    timing: str
    resolution: str
    source_ids: frozenset[int]
    after: float  # the start of a slice is later than this
    until: float  # and not later than this

    @property
    def seconds(self) -> int | None:
        return RESOLUTIONS.get(self.resolution)

    def slice_of(self, at: int) -> int:
        """The start of the slice; 0 for Lifetime, which has a single one."""
        return at // self.seconds * self.seconds if self.seconds else 0

    def has(self, slice_: int) -> bool:
        return not self.seconds or self.after < slice_ <= self.until


def counters(statistics: "Statistics", query: Mapping[str, str]) -> list[Row]:
    """The rows of /statcounters; raises `ApiError` for what Mailjet refuses."""
    asked = _read(query, statistics.clock())
    tallies = statistics.found("tallies", lambda: Tallies(statistics))
    sums: dict[tuple[int, int], array] = {}
    parts = _by_event if asked.timing == "Event" else _by_message
    for at, source_id, counts in parts(statistics, tallies, asked):
        slice_ = asked.slice_of(at)
        if asked.has(slice_):
            total = sums.setdefault((slice_, source_id), empty_cell())
            for place, count in counts:
                total[place] += count
    # Empty slices are omitted
    return [
        _row(statistics, source_id, slice_, total)
        for (slice_, source_id), total in sorted(sums.items())
        if any(total)
    ]


# -- Rules ---------------------------------------------------------------------------


def _read(query: Mapping[str, str], now: float) -> _Asked:
    source, timing, resolution = _choice(query)
    if source in ("List", "Sender") and timing != "Message":
        raise ApiError(400, f"CounterSource {source} needs CounterTiming Message")
    if source == "List" and resolution != "Lifetime":
        raise ApiError(400, "CounterSource List needs CounterResolution Lifetime")
    if resolution == "Lifetime" and timing == "Event":
        raise ApiError(400, "CounterResolution Lifetime needs CounterTiming Message")
    after, until = _window(query, resolution, now)
    ids = _source_ids(query, source)
    return _Asked(source, timing, resolution, ids, after, until)


def _choice(query: Mapping[str, str]) -> list[str]:
    """The three parameters, each in Mailjet's spelling."""
    given = dict(query)
    short = query.get("countertype", "").lower()
    names = ("CounterSource", "CounterTiming", "CounterResolution")
    if len(short) == 3:
        for name, letter, words in zip(names, short, _LETTERS, strict=True):
            given.setdefault(name.lower(), words.get(letter, ""))
    if "campaignid" in query:
        given.setdefault("countersource", "Campaign")
    values = []
    for name, allowed in zip(
        names,
        (
            ("APIKey", "Campaign", "List", "Sender"),
            ("Message", "Event"),
            ("Lifetime", *RESOLUTIONS),
        ),
        strict=True,
    ):
        known = {word.lower(): word for word in allowed}
        value = given.get(name.lower(), "").lower()
        if value not in known:
            raise ApiError(400, f"{name} is missing or invalid")
        values.append(known[value])
    return values


def _source_ids(query: Mapping[str, str], source: str) -> frozenset[int]:
    if source == "APIKey":
        return frozenset((0,))  # only the key in use can be read
    names = ("sourceids", "sourceid", *(["campaignid"] * (source == "Campaign")))
    text = next((query[name] for name in names if query.get(name)), "")
    if not text:
        raise ApiError(400, f"CounterSource {source} needs a SourceID")
    return frozenset(int(part) for part in text.strip("[]").split(",") if part.strip())


def _window(query: Mapping[str, str], resolution: str, now: float) -> tuple:
    """From (exclusive) and to (inclusive), as Unix seconds."""
    if resolution == "Lifetime":
        if query.keys() & {"fromts", "tots"}:
            raise ApiError(400, "FromTS and ToTS do not go with Lifetime")
        return 0, 0
    longest = 100 * RESOLUTIONS[resolution]
    until = moment(query, "tots", now)
    after = moment(query, "fromts", until - longest)
    if until - after > longest:
        raise ApiError(400, f"The window is longer than 100 times {resolution}")
    return after, until


# -- Rows ----------------------------------------------------------------------------

# Moment, id of the source, counters as pairs of an index in `FIELDS` and a count
Parts = Iterator[tuple[int, int, Iterable[tuple[int, int]]]]


def _source(statistics: "Statistics", asked: _Asked) -> Callable:
    """Return a function that gives the source's id, None if it is not selected."""

    def source_of(campaign: int, sender: int) -> int | None:
        row = statistics.campaigns.row(campaign) or {}
        found = {
            "APIKey": 0,
            "Campaign": row.get("ID"),
            "List": row.get("ListID"),
            "Sender": sender,
        }[asked.source]
        return found if found in asked.source_ids else None

    return source_of


def _by_message(statistics: "Statistics", tallies: Tallies, asked: _Asked) -> Parts:
    source_of = _source(statistics, asked)
    for (campaign, sender, slot), cell in tallies.cells.items():
        source_id = source_of(campaign, sender)
        if source_id is not None and slot >= _BEGINNING:
            yield slot, source_id, enumerate(cell)


def _by_event(statistics: "Statistics", tallies: Tallies, asked: _Asked) -> Parts:
    """Yield each fact in the slice in which it happened."""
    for slot, source_id, counts in _by_message(statistics, tallies, asked):
        yield slot, source_id, (pair for pair in counts if pair[0] in _AT_ARRIVAL)
    source_of = _source(statistics, asked)
    begin = asked.slice_of(int(asked.after))
    end = asked.slice_of(int(asked.until)) + asked.seconds
    for kind, table in statistics.tables.items():
        for number in statistics.numbers(kind, begin - 1, end - 1):
            campaign = table.campaigns[number]
            source_id = source_of(campaign, 0)  # Sender only supports Message
            if source_id is not None:
                counts = _event_counts(statistics, tallies, kind, number)
                yield table.times[number], source_id, counts


def _event_counts(
    statistics: "Statistics", tallies: Tallies, kind: str, number: int
) -> list[tuple[int, int]]:
    table = statistics.tables[kind]
    if kind == "bounce":
        is_hard = table.flags[number] & PERMANENT
        name = "MessageHardBouncedCount" if is_hard else "MessageSoftBouncedCount"
        return [(PLACES[name], 1)]
    of_all, of_messages, of_delays = OF_KIND[kind]
    counts = [(PLACES[of_all], 1)]
    if kind in _OF_COMPLAINT:
        counts.append((PLACES[_OF_COMPLAINT[kind]], 1))
    elif tallies.firsts[kind][number]:
        arrived = statistics.messages.arrived(table.messages[number])
        counts.append((PLACES[of_messages], 1))
        counts.append((PLACES[of_delays], table.times[number] - arrived))
    return counts


def _row(statistics: "Statistics", source_id: int, slice_: int, counts: array) -> Row:
    row = {
        "APIKeyID": statistics.apikey_id,
        **dict(zip(FIELDS, counts, strict=True)),
        "EventWorkflowExitedCount": 0,  # with a lower-case f here
        "MessageWorkFlowExitedCount": 0,  # and an upper-case one here
        "SourceID": source_id,
    }
    if statistics.counters_as_text:
        row = {name: str(value) for name, value in row.items()}
    row["Timeslice"] = written(slice_)
    return dict(sorted(row.items()))
