"""/message, /messageinformation and /messagehistory."""

import uuid
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..message_events import events_of
from ..resource import is_asked
from ..rows import Row
from .campaign_filter import CampaignFilter, sent_window
from .message_table import DELIVERED, MESSAGE_STATUSES, STATUS_NUMBERS
from .moments import written
from .query import number

if TYPE_CHECKING:
    from .statistics import Statistics

# The words of posts -> those of /messagehistory
HISTORY_WORDS = {"open": "opened", "click": "clicked", "bounce": "bounced"}
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Message.ts
STATES = (
    "",
    "user unknown",
    "mailbox inactive",
    "quota exceeded",
    "invalid domain",
    "no mail host",
    "relay/access denied",
    "sender blocked",
    "content blocked",
    "policy issue",
    "system issue",
    "protocol issue",
    "connection issue",
    "greylisted",
    "preblocked",
    "duplicate in campaign",
    "spam preblocked",
    "bad or empty template",
    "error in template language",
    "typofix",
    "blacklisted",
    "spam reporter",
)
Query = Mapping[str, str]
Test = Callable[[int], bool]  # of the handle of a message


# -- Rows ----------------------------------------------------------------------------


def message_row(statistics: "Statistics", query: Query, handle: int) -> Row:
    """A row of /message; some fields are only filled if the query asks for them."""
    messages, contacts = statistics.messages, statistics.contacts
    own = messages.own(handle)
    message_id, contact = messages.id(handle), messages.contact(handle)
    row = {
        "ArrivedAt": written(messages.arrived(handle)),
        "AttachmentCount": own.attachments if own else 0,
        "AttemptCount": 0,
        "CampaignID": statistics.campaigns.id(messages.campaign(handle)),
        "ContactAlt": "",
        "ContactID": contacts.id(contact),
        "Delay": 0,
        "DestinationID": 1,
        "FilterTime": 0,
        "ID": message_id,
        "IsClickTracked": "click" in own.tracked if own else True,
        "IsHTMLPartIncluded": own.has_html if own else True,
        "IsOpenTracked": "open" in own.tracked if own else True,
        "IsTextPartIncluded": own.has_text if own else True,
        "IsUnsubTracked": False,
        "MessageSize": own.size if own else 18_953,
        "SenderID": statistics.sender_id_of(handle),
        "SpamassassinScore": 0,
        "SpamassassRules": "",
        "StateID": messages.state(handle) or None,
        "StatePermanent": messages.is_permanent(handle),
        "Status": messages.status(handle),
        "Subject": "",
        "UUID": own.uuid if own else _uuid(message_id),
    }
    if is_asked(query, "showcontactalt"):
        row["ContactAlt"] = own.email if own else contacts.email(contact)
    if is_asked(query, "showsubject"):
        campaign = statistics.campaigns.row(messages.campaign(handle)) or {}
        row["Subject"] = own.subject if own else campaign.get("Subject", "")
    if is_asked(query, "showcustomid"):
        row["CustomID"] = own.custom_id if own else ""
    # Links to nothing are omitted
    return {name: value for name, value in row.items() if value is not None}


def _uuid(message_id: int) -> str:
    return str(uuid.UUID(int=message_id))


def information_row(statistics: "Statistics", handle: int) -> Row:
    """A row of /messageinformation. Without a campaign, recorded rows have 0."""
    messages = statistics.messages
    own = messages.own(handle)
    arrived = written(messages.arrived(handle))
    status = messages.status(handle)
    return {
        "CampaignID": statistics.campaigns.id(messages.campaign(handle)) or 0,
        "ClickTrackedCount": 1,
        "ContactID": statistics.contacts.id(messages.contact(handle)),
        "CreatedAt": arrived,
        "ID": messages.id(handle),
        "MessageSize": own.size if own else 18_953,
        "OpenTrackedCount": 1,
        "QueuedCount": int(status == "queued"),
        "SendEndAt": arrived,
        "SentCount": int(status in DELIVERED),
        "SpamAssassinRules": {"ALT": "", "ID": -1},
        "SpamAssassinScore": 0,
    }


def history_rows(statistics: "Statistics", message_id: int) -> list[Row]:
    """The rows of /messagehistory/{id}, by time; none for an unknown message.

    Recorded answers only have an agent's number, never its name.
    """
    handle = statistics.messages.handle_of(message_id)
    if handle is None:
        return []
    sent = statistics.sent_message(message_id)
    events = _posted(sent, message_id) if sent else _stored(statistics, handle)
    return [
        {
            "Comment": event.get("comment", ""),
            "EventAt": event["time"],
            "EventType": HISTORY_WORDS.get(event["event"], event["event"]),
            "State": event.get("error", ""),
            "Useragent": "",
            "UseragentID": statistics.agent_id(event.get("agent", "")),
        }
        for event in sorted(events, key=lambda event: event["time"])
    ]


def _posted(sent: object, message_id: int) -> list[Row]:
    events = events_of(sent, {})
    return [event for event in events if event["MessageID"] == message_id]


def _stored(statistics: "Statistics", handle: int) -> list[Row]:
    """The visible events of a message that did not come over SMTP."""
    messages = statistics.messages
    status, state = messages.status(handle), messages.state(handle)
    events = []
    if status in DELIVERED or status == "blocked":
        name = "blocked" if status == "blocked" else "sent"
        error = STATES[state] if status == "blocked" else ""
        events.append({"event": name, "time": messages.arrived(handle), "error": error})
    for kind, table in statistics.tables.items():
        visible = table.visible(table.of_message(handle), statistics.clock())
        for event in [statistics.event(kind, place) for place in visible]:
            events.append(
                {
                    "event": kind,
                    "time": event.at,
                    "agent": event.agent,
                    "error": STATES[event.state_id],
                }
            )
    return events


# -- Selection -----------------------------------------------------------------------


def message_handles(statistics: "Statistics", query: Query) -> Sequence[int]:
    """The messages that match a query of /message, by id."""
    after, until = sent_window(query, statistics.clock())
    messages = statistics.messages
    campaign_id = number(query, "campaign", "campaignid")
    if campaign_id is None:
        handles: Iterable[int] = messages.arrived_between(after, until)
    else:
        handles = (
            handle
            for handle in messages.in_campaigns(
                lambda campaign, _: statistics.campaigns.id(campaign) == campaign_id
            )
            if after < messages.arrived(handle) <= until
        )
    for test in _tests(statistics, query):
        handles = filter(test, handles)
    return array("i", handles)


def information_handles(statistics: "Statistics", query: Query) -> Sequence[int]:
    """The messages that match a query of /messageinformation, by id."""
    handles = statistics.messages.in_campaigns(CampaignFilter(statistics, query).takes)
    has_status = status_test(statistics, query)
    return array("i", filter(has_status, handles) if has_status else handles)


def status_test(statistics: "Statistics", query: Query) -> Test | None:
    """The condition of a MessageStatus, a number or a word; None if it has none."""
    text = query.get("messagestatus", "").lower()
    if not text:
        return None
    wanted = int(text) if text.isdecimal() else STATUS_NUMBERS.get(text, -1)
    status_of = statistics.messages.status
    if wanted == 0:  # "processed": any status
        return None
    if wanted == STATUS_NUMBERS["bounce"]:  # hard or soft [unknown]
        bounced = ("bounce", "softbounced", "hardbounced")
        return lambda handle: status_of(handle) in bounced
    word = MESSAGE_STATUSES[wanted] if 0 < wanted < len(MESSAGE_STATUSES) else None
    return lambda handle: status_of(handle) == word


def _tests(statistics: "Statistics", query: Query) -> list[Test]:
    """The conditions of a query of /message, except its time."""
    tests = [_number_test(statistics, query, *names) for names in _NUMBERS]
    tests += [_text_test(statistics, query, name) for name in _TEXTS]
    tests.append(status_test(statistics, query))
    return [test for test in tests if test]


# The names of a filter, and the value it compares; BounceReason, Destination and
# PlanSubscription are accepted and have no effect [unknown]
_NUMBERS = (
    ("contact", "contactid"),
    ("senderid", "sender", "fromid"),
    ("messagestate",),
    ("fromtype",),
)
_TEXTS = ("contactalt", "customid", "from", "fromdomain")


def _number_test(statistics: "Statistics", query: Query, *names: str) -> Test | None:
    wanted = number(query, *names)
    if wanted is None:
        return None
    messages = statistics.messages

    def value(handle: int) -> int | None:
        if names[0] == "contact":
            return statistics.contacts.id(messages.contact(handle))
        if names[0] == "senderid":
            return statistics.sender_id_of(handle)
        if names[0] == "messagestate":
            return messages.state(handle)
        row = statistics.campaigns.row(messages.campaign(handle))
        return row["CampaignType"] if row else 1

    return lambda handle: value(handle) == wanted


def _text_test(statistics: "Statistics", query: Query, name: str) -> Test | None:
    wanted = query.get(name, "").lower()
    if not wanted:
        return None
    messages = statistics.messages

    def value(handle: int) -> str:
        own = messages.own(handle)
        if name == "contactalt":
            contact = messages.contact(handle)
            return own.email if own else statistics.contacts.email(contact)
        if name == "customid":
            return own.custom_id if own else ""
        row = statistics.campaigns.row(messages.campaign(handle)) or {}
        sender = own.sender if own and own.sender else row.get("FromEmail", "")
        return sender.rpartition("@")[2] if name == "fromdomain" else sender

    return lambda handle: value(handle).lower() == wanted
