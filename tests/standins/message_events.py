"""The events that Mailjet posts for one mail.

https://dev.mailjet.com/email/guides/webhooks/
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .fates import Fate
from .rows import Row, campaign_id_of

if TYPE_CHECKING:
    from .message import Message

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def events_of(message: "Message", contact_ids: Mapping[str, int]) -> list[Row]:
    """All events of a mail, in order, a minute apart.

    `contact_ids` has Mailjet's id of each address, in lower case.
    """
    campaign = message.header("X-Mailjet-Campaign")
    begin = int(message.received_at.timestamp())
    events = []
    for message_id, guid, address, fate in message.recipients():
        common = {
            "MessageID": message_id,
            "Message_GUID": guid,
            "email": address,
            "mj_campaign_id": campaign_id_of(campaign),
            "mj_contact_id": contact_ids.get(address.lower(), 0),
            "customcampaign": campaign,
            "CustomID": message.header("X-MJ-CustomID"),
            "Payload": message.header("X-MJ-EventPayload"),
        }
        for number, name in enumerate(fate.events):
            event = {"event": name, "time": begin + 60 * number, **common}
            event.update(_details(name, fate, message_id))
            events.append(event)
    return events


def _details(name: str, fate: Fate, message_id: int) -> Row:
    """Return the fields that are specific to a type of event."""
    seen = {"ip": "192.0.2.10", "geo": "FR", "agent": PERSON}
    failed = {"error_related_to": fate.related_to, "error": fate.error}
    return {
        "sent": {
            "mj_message_id": str(message_id),
            "smtp_reply": "sent (250 2.0.0 OK)",
        },
        "open": seen,
        "click": {**seen, "url": "https://www.example.com/offer"},
        "bounce": {
            "blocked": fate.is_permanent,
            "hard_bounce": fate.is_permanent,
            "comment": fate.comment,
            **failed,
        },
        "blocked": failed,
        "spam": {"source": "JMRPP"},
        # Through the unsubscribe button of a mail client; the list is then 0
        "unsub": {"mj_list_id": 0, **seen, "agent": "List-Unsubscribe"},
    }[name]
