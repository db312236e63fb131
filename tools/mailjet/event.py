"""Read the events in one of Mailjet's posts.

Never raises, whatever the post contains. Mailjet promises no order, repeats posts, and
sends booleans as strings, empty fields and ids beyond 53 bits; a post may be an object
or an array with any number of events.
https://dev.mailjet.com/email/guides/webhooks/
"""

import email.errors
import email.header
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone

from ..address import address_key
from .post_body import split

# The years 2010, in which Mailjet started, to 2099
EARLIEST, LATEST = 1262304000, 4102444800
LONGEST_TEXT = 2000
LONGEST_URL = 2000
MOST_KEYS = 60


@dataclass(frozen=True)
class Event:
    """One event; missing texts are "", missing booleans None.

    `raw` is what Mailjet sent, without characters that databases reject; `damaged` has
    the bytes as sent if they had to be repaired.
    """

    event: str  # one of const.EVENT_TYPES, or an unknown word
    date: datetime  # in UTC
    message_id: str  # MessageID; "" for none
    guid: str
    email: str  # its `address_key`
    campaign_id: str
    contact_id: str
    custom_campaign: str
    custom_id: str
    url: str
    agent: str
    ip: str
    geo: str
    is_hard: bool | None
    is_blocked: bool | None
    error_related_to: str
    error: str
    comment: str
    source: str
    list_id: str
    smtp_reply: str
    raw: dict
    damaged: str = ""

    @property
    def key(self):
        """The event's identity: the same when a post is repeated."""
        return event_key(
            self.event,
            self.message_id or f"{self.email}/{self.guid}",
            self.date,
            self.url if self.event == "click" else "",
        )


def event_key(event, message_id, date, url=""):
    """Return the natural key of an event, 22 characters.

    A MessageID identifies one email to one recipient. The REST API has the same facts
    of opens, clicks and bounces, so an event has the same key either way.

    :param datetime date: in UTC
    """
    moment = date.replace(microsecond=0, tzinfo=None).isoformat()
    text = "\n".join((event, message_id, moment, url))
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=11)
    return digest.hexdigest()


@dataclass(frozen=True)
class Post:
    """The events in one post.

    `empty` counts the items of the test button and other empty ones; `unreadable` shows
    those that are not events.
    """

    events: tuple[Event, ...]
    unreadable: tuple[str, ...] = ()
    empty: int = 0

    @property
    def is_refused(self):
        """Whether nothing of it can be kept, although it has something in it."""
        return bool(self.unreadable) and not (self.events or self.empty)


def read_post(body):
    """Return the `Post` in a request's body.

    :param bytes body: JSON, whatever the content type says
    """
    events, unreadable, empty = [], [], 0
    for item in split(body):
        event = _read_event(item.value, item.raw) if item.is_readable else None
        if event is None:
            unreadable.append(item.raw or _written(item.value)[:LONGEST_TEXT])
        elif not (event.message_id or event.email):
            empty += 1
        else:
            events.append(event)
    return Post(tuple(events), tuple(unreadable), empty)


def _read_event(item, damaged=""):
    """Return the `Event` in an item, or None.

    :param str damaged: the item as sent, if it had to be repaired
    """
    if not isinstance(item, dict):
        return None
    item = {_clean(name)[:64]: _scalar(item[name]) for name in list(item)[:MOST_KEYS]}
    event = _text(item, "event").lower()
    date = _date(item)
    if not event or date is None:
        return None
    return Event(
        event=event[:20],
        date=date,
        # The text stays exact where a JSON library has rounded the number
        message_id=_id(item, "mj_message_id") or _id(item, "MessageID"),
        guid=_text(item, "Message_GUID")[:64],
        email=address_key(_text(item, "email").strip("\"' ")[:320]),
        campaign_id=_id(item, "mj_campaign_id"),
        contact_id=_id(item, "mj_contact_id"),
        custom_campaign=_decoded(_text(item, "customcampaign"))[:255],
        custom_id=_text(item, "CustomID")[:255],
        url=_text(item, "url")[:LONGEST_URL],
        agent=_text(item, "agent")[:512],
        ip=_text(item, "ip")[:64],
        geo=_text(item, "geo")[:8],
        is_hard=_flag(item, "hard_bounce"),
        is_blocked=_flag(item, "blocked"),
        error_related_to=_text(item, "error_related_to")[:64],
        error=_text(item, "error")[:255],
        comment=_text(item, "comment"),
        source=_text(item, "source")[:64],
        list_id=_id(item, "mj_list_id"),
        smtp_reply=_text(item, "smtp_reply"),
        raw=item,
        damaged=damaged,
    )


def _text(item, name):
    """Return a text or number as text, "" for any other value."""
    value = item.get(name)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    return str(value)


def _clean(text):
    """Remove what databases reject: NUL characters and lone surrogates."""
    shown = text[:LONGEST_TEXT].replace("\0", "")
    if shown.isascii():  # nearly always, and much faster
        return shown
    return re.sub("[\ud800-\udfff]", "\ufffd", shown)


def _scalar(value):
    """Return a null, boolean or small number unchanged, anything else as text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < 2**63:
        return value
    return _clean(_written(value))


def _written(value):
    """Return any JSON value as text, "" if it is too large or too deep."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value)
    except (ValueError, RecursionError):  # a number of thousands of digits; nesting
        return ""


def _id(item, name):
    """Return an id as text, "" for anything but a positive number."""
    text = _text(item, name)
    return text if re.fullmatch("[1-9][0-9]{0,19}", text) else ""


def _flag(item, name):
    """Return a boolean, also if written as a number or text; None for anything else."""
    written = str(item.get(name)).lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(written)


def _date(item):
    """Return the time in UTC, or None."""
    text = _text(item, "time")
    if not re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,9})?", text):
        return None
    seconds = int(text.partition(".")[0])
    if not EARLIEST <= seconds <= LATEST:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)


def _decoded(text):
    """Return a campaign's name, which Mailjet returns as RFC 2047 encoded words."""
    if not text.startswith("=?"):
        return text
    try:
        return str(email.header.make_header(email.header.decode_header(text)))
    except (email.errors.HeaderParseError, LookupError, ValueError):
        return text
