"""Record an email that came over SMTP, with the same facts as its webhook events."""

import email.utils
from email.message import EmailMessage
from typing import TYPE_CHECKING

from ..fates import Fate
from ..message_events import events_of
from .event_table import BLOCKED, PERMANENT
from .message_table import OwnMessage

if TYPE_CHECKING:
    from ..message import Message
    from ..rows import Row
    from .statistics import Statistics

_KINDS = ("open", "click", "bounce", "spam", "unsub")


def take_in(statistics: "Statistics", message: "Message") -> None:
    """Create the rows of one email: messages, contacts, campaign, events."""
    head = message.parsed_head()
    contact_ids = statistics.contact_ids(message.rcpt_tos)
    campaign = _campaign(statistics, message, head)
    handles = {}
    for message_id, guid, address, fate in message.recipients():
        if fate.status:
            one = _one_message(statistics, message, head, address, fate)
            one.id, one.uuid, one.campaign = message_id, guid, campaign
            handles[message_id] = statistics.put_message(one)
    for event in events_of(message, contact_ids):
        if event["event"] in _KINDS and event["MessageID"] in handles:
            _put_event(statistics, handles[event["MessageID"]], event)


def _campaign(statistics: "Statistics", message: "Message", head: EmailMessage) -> int:
    custom_value = message.header("X-Mailjet-Campaign")
    if not custom_value:
        return -1  # a link to nothing, as in the posted events
    name, address = email.utils.parseaddr(str(head["From"] or message.mail_from))
    return statistics.campaign_of_sent(
        custom_value,
        int(message.received_at.timestamp()),
        # The sender's type decides; 1 is transactional
        CampaignType=1,
        FromEmail=address,
        FromName=name,
        Subject=str(head["Subject"] or ""),
        **_link("FromID", statistics.sender_of(address)),
    )


def _link(name: str, row_id: int | None) -> "Row":
    """A link; links to nothing are omitted."""
    return {} if row_id is None else {name: row_id}


def _one_message(
    statistics: "Statistics",
    message: "Message",
    head: EmailMessage,
    address: str,
    fate: Fate,
) -> OwnMessage:
    """Everything but its ids and its campaign."""
    types = message.content_types
    return OwnMessage(
        id=0,
        campaign=-1,
        contact=statistics.contact_of(address),
        email=address,
        arrived=int(message.received_at.timestamp()),
        status=fate.status,
        state=fate.state,
        is_permanent=fate.is_permanent,
        sender=email.utils.parseaddr(str(head["From"] or message.mail_from))[1],
        subject=str(head["Subject"] or ""),
        custom_id=message.header("X-MJ-CustomID"),
        size=message.size,
        attachments=sum(1 for _type, name in message.parts if name),
        has_html="text/html" in types,
        has_text="text/plain" in types,
        is_real=True,
        tracked=message.tracked,
    )


def _put_event(statistics: "Statistics", handle: int, event: "Row") -> None:
    flags, state = 0, 0
    if event["event"] == "bounce":
        flags = PERMANENT * event["hard_bounce"] + BLOCKED * event["blocked"]
        state = statistics.messages.state(handle)
    statistics.put_event(
        event["event"],
        handle,
        event["time"],
        agent=event.get("agent", ""),
        url=event.get("url", ""),
        state=state,
        flags=flags,
    )
