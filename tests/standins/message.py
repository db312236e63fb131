"""One mail that the stand-in Mailjet took, over SMTP or through the Send API."""

import email
import email.policy
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.message import EmailMessage
from functools import cached_property

from .fates import DUPLICATE, TRACKED, Fate, fate_of

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
# Values of X-Mailjet-DeduplicateCampaign
_YES = ("true", "yes", "y", "1")


def new_uuid() -> str:
    return str(uuid.uuid4())


def head_of(content: bytes) -> bytes:
    """The header of a mail, including the empty line that ends it."""
    return _END_OF_HEAD.split(content, maxsplit=1)[0] + b"\r\n\r\n"


@dataclass(frozen=True)
class Message:
    """One SMTP transaction that was accepted: one DATA, one or more recipients.

    Or one element of the Send API's Messages: `content` is then what Mailjet makes of
    it, and `auth_mechanism` is 'API'.

    `content` is what crossed the wire, byte for byte, without SMTP's dot-stuffing; a
    store without bodies keeps only the header. `size` is that of the whole mail.
    `security` is 'starttls', 'tls' or 'none'. `queued_id` is the uuid in Mailjet's
    answer to DATA; `message_ids` and `guids` have one id for each recipient, as Mailjet
    counts each of them as a message of its own; `duplicate_ids` are the ids of those it
    blocks because the campaign has already reached that recipient.

    The content is parsed only on demand.
    """

    api_key: str
    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes = field(repr=False)
    port: int
    security: str
    auth_mechanism: str
    message_ids: tuple[int, ...] = ()
    guids: tuple[str, ...] = ()
    queued_id: str = field(default_factory=new_uuid)
    received_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    size: int = 0
    duplicate_ids: frozenset[int] = frozenset()

    def parsed(self) -> EmailMessage:
        """The content as an `EmailMessage` (a new one at each call)."""
        return email.message_from_bytes(self.content, policy=email.policy.SMTP)

    def parsed_head(self) -> EmailMessage:
        """The header alone, which is much faster to parse."""
        head = head_of(self.content)
        return email.message_from_bytes(head, policy=email.policy.SMTP)

    def header(self, name: str) -> str:
        """A header on one line, "" for none. RFC 2047 words stay as they are.

        Mailjet does not decode them either.
        """
        return self._headers.get(name.lower(), "")

    @cached_property
    def _headers(self) -> dict[str, str]:
        head = email.message_from_bytes(head_of(self.content))  # decodes nothing
        headers: dict[str, str] = {}
        for name, value in head.raw_items():
            line = "".join(str(value).splitlines()).strip()
            text = line.encode(errors="surrogateescape").decode(errors="replace")
            headers.setdefault(name.lower(), text)
        return headers

    @cached_property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The type and the file name ("" for none) of each part, the mail first."""
        mail = email.message_from_bytes(self.content)
        return tuple(
            (part.get_content_type(), part.get_filename() or "") for part in mail.walk()
        )

    @property
    def content_types(self) -> set[str]:
        return {content_type for content_type, _name in self.parts}

    @property
    def deduplicated_campaign(self) -> str:
        """The campaign that may reach each address only once, or ""."""
        is_asked = self.header("X-Mailjet-DeduplicateCampaign").lower() in _YES
        return self.header("X-Mailjet-Campaign") if is_asked else ""

    @cached_property
    def tracked(self) -> frozenset[str]:
        """The events Mailjet can track in this mail: HTML only, unless switched off."""
        return frozenset(
            event
            for event in TRACKED
            if "text/html" in self.content_types
            and self.header(f"X-Mailjet-Track{event.title()}") != "0"
        )

    def recipients(self) -> Iterator[tuple[int, str, str, Fate]]:
        """The id, GUID, address and fate of each recipient."""
        for message_id, guid, address in zip(
            self.message_ids, self.guids, self.rcpt_tos, strict=True
        ):
            is_duplicate = message_id in self.duplicate_ids
            fate = DUPLICATE if is_duplicate else fate_of(address, self.tracked)
            yield message_id, guid, address, fate
