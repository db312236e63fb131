"""/openinformation, /clickstatistics and /bouncestatistics.

Their shape is that of the documentation's examples: no recorded row was found.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..rows import Row
from .campaign_filter import CampaignFilter, event_window
from .event_table import BLOCKED, PERMANENT
from .message_resources import status_test
from .moments import written
from .query import number

if TYPE_CHECKING:
    from .statistics import Statistics

Query = Mapping[str, str]


# -- Rows ----------------------------------------------------------------------------


def open_row(statistics: "Statistics", event: int) -> Row:
    """A row of /openinformation. Its ID does not identify it."""
    table, messages = statistics.tables["open"], statistics.messages
    message, agent = table.messages[event], table.agents[event]
    row = {
        "ArrivedAt": written(messages.arrived(message)),
        "CampaignID": statistics.campaigns.id(table.campaigns[event]),
        "ContactID": statistics.contacts.id(messages.contact(message)),
        "ID": -1,
        "MessageID": messages.id(message),
        "OpenedAt": written(table.times[event]),
        "UserAgentFull": statistics.agents[agent],
        "UserAgentID": agent,
    }
    if row["CampaignID"] is None:
        del row["CampaignID"]
    return row


def click_row(statistics: "Statistics", event: int) -> Row:
    """A row of /clickstatistics. It does not name its campaign.

    Its ID is null in some rows (tap-mailjet's schema) and missing in others.
    """
    table, messages = statistics.tables["click"], statistics.messages
    message = table.messages[event]
    row = {
        "ClickedAt": written(table.times[event]),
        "ClickedDelay": table.times[event] - messages.arrived(message),
        "ContactID": statistics.contacts.id(messages.contact(message)),
        "ID": None,
        "MessageID": messages.id(message),
        "Url": statistics.urls[table.urls[event]],
        "UserAgentID": table.agents[event],
    }
    if event % 2:
        del row["ID"]
    return row


def bounce_row(statistics: "Statistics", event: int) -> Row:
    """A row of /bouncestatistics. Its ID is that of the message."""
    table, messages = statistics.tables["bounce"], statistics.messages
    message, flags = table.messages[event], table.flags[event]
    row = {
        "BouncedAt": written(table.times[event]),
        "CampaignID": statistics.campaigns.id(table.campaigns[event]),
        "ContactID": statistics.contacts.id(messages.contact(message)),
        "ID": messages.id(message),
        "IsBlocked": bool(flags & BLOCKED),
        "IsStatePermanent": bool(flags & PERMANENT),
        "StateID": table.states[event],
    }
    if row["CampaignID"] is None:
        del row["CampaignID"]
    return row


# -- Selection -----------------------------------------------------------------------


def event_numbers(statistics: "Statistics", kind: str, query: Query) -> Sequence[int]:
    """The events that match a query.

    Mailjet sorts by ID. Opens and clicks have none, so they come by time: a guess.
    """
    table = statistics.tables[kind]
    events = table.between(*event_window(query), statistics.clock())
    message_id = number(query, "messageid")
    if message_id is not None:
        handle = statistics.messages.handle_of(message_id)
        of_message = set() if handle is None else set(table.of_message(handle))
        events = array("I", [event for event in events if event in of_message])
    events = _of_campaigns(statistics, kind, events, CampaignFilter(statistics, query))
    has_status = status_test(statistics, query)
    if has_status:
        messages = table.messages
        events = array("I", [event for event in events if has_status(messages[event])])
    if kind == "bounce":
        messages, id_of = table.messages, statistics.messages.id
        events = array("I", sorted(events, key=lambda event: id_of(messages[event])))
    return events


def _of_campaigns(
    statistics: "Statistics", kind: str, events: array, chosen: CampaignFilter
) -> array:
    table = statistics.tables[kind]
    if chosen.takes_everything(table.has_loose):
        return events
    campaigns, messages, takes = table.campaigns, table.messages, chosen.handles
    return array(
        "I",
        [
            event
            for event in events
            if campaigns[event] in takes
            or (campaigns[event] < 0 and chosen.takes_loose(messages[event]))
        ],
    )


def bounce_of(statistics: "Statistics", key: str) -> int | None:
    """The number of the first visible bounce of the message with that id."""
    handle = statistics.messages.handle_of(int(key)) if key.isdecimal() else None
    if handle is None:
        return None
    table = statistics.tables["bounce"]
    visible = table.visible(table.of_message(handle), statistics.clock())
    return next(iter(visible), None)
