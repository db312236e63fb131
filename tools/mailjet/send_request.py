"""Fill requests to the Send API, byte by byte.

What several mails attach is the same object in all of them, so that a request costs
little more memory than its texts.
"""

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ... import const
from ..address import address_key
from .cannot_carry import CannotCarry

_ATTACHED = ("Attachments", "InlinedAttachments")
_TAIL = b"]}"
# More than head, tail and commas take
_OVERHEAD = 500


@dataclass(frozen=True)
class SendEntry:
    """One element of Messages, ready to be written; the API's `Envelope`.

    :ivar key: the caller's own name for it
    :ivar recipients: envelope recipients, as the caller spells them
    :ivar pieces: its JSON; bytes that other entries may share
    :ivar length: of all pieces
    :ivar size: bytes that it keeps in memory, without those that an earlier entry keeps
    :ivar custom_id: by which the answer is recognized, or ""
    :ivar places: where errors say that a recipient is, as "To[0]" -> recipient
    :ivar deadline: `time.monotonic()` after which it is no longer written
    """

    key: Hashable
    recipients: tuple[str, ...]
    pieces: tuple[bytes, ...] = field(repr=False)
    length: int
    size: int
    custom_id: str = ""
    places: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadline: float = float("inf")


def entry_of(
    message: dict[str, Any],
    key: Hashable,
    recipients: Sequence[str],
    deadline: float = float("inf"),
) -> SendEntry:
    """Return what `to_json` made of a message as bytes.

    :raise CannotCarry: if it does not fit into a request
    """
    texts = {name: value for name, value in message.items() if name not in _ATTACHED}
    pieces = [_json(texts)[:-1]]
    for name in _ATTACHED:
        attachments = message.get(name, ())
        for number, attachment in enumerate(attachments):
            pieces.append(b"," if number else f',"{name}":['.encode())
            pieces += _attachment(attachment)
        if attachments:
            pieces.append(b"]")
    pieces.append(b"}")
    length = sum(map(len, pieces))
    if length + _OVERHEAD > const.SEND_MAX_BYTES:
        raise CannotCarry("too_large", most=const.SEND_MAX_BYTES // 1_000_000)
    return SendEntry(
        key,
        tuple(recipients),
        tuple(pieces),
        length,
        length - _kept_by_others(message),
        message.get("CustomID", ""),
        _places(message, recipients),
        deadline,
    )


def _kept_by_others(message: dict[str, Any]) -> int:
    """Return how many bytes of attachments an earlier entry has been counted for."""
    shared = 0
    for name in _ATTACHED:
        for attachment in message.get(name, ()):
            content = attachment["Base64Content"]
            if getattr(content, "is_counted", False):
                shared += len(content)
            elif hasattr(content, "is_counted"):
                content.is_counted = True
    return shared


def _places(message: dict[str, Any], recipients: Sequence[str]) -> dict[str, str]:
    spelled = {address_key(address): address for address in recipients}
    return {
        f"{name}[{number}]": spelled[address_key(one["Email"])]
        for name in ("To", "Cc", "Bcc")
        for number, one in enumerate(message.get(name, ()))
    }


def _attachment(attachment: dict[str, Any]) -> Iterator[bytes]:
    content = attachment["Base64Content"]
    others = {name: text for name, text in attachment.items() if text is not content}
    yield _json(others)[:-1] + b',"Base64Content":"'
    # `Base64` has its bytes at hand
    yield getattr(content, "data", None) or content.encode()
    yield b'"}'


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Filling:
    """Entries of one request, as long as more fit."""

    def __init__(self) -> None:
        self.entries: list[SendEntry] = []
        self.recipients = 0
        self.size = _OVERHEAD

    def add(self, entry: SendEntry) -> bool:
        """Add an entry if it fits, and return whether it does."""
        recipients = self.recipients + len(entry.recipients)
        size = self.size + entry.length + 1
        if self.entries and (
            len(self.entries) >= const.SEND_MAX_MESSAGES
            or recipients > const.SEND_MAX_RECIPIENTS
            or size > const.SEND_MAX_BYTES
        ):
            return False
        self.entries.append(entry)
        self.recipients, self.size = recipients, size
        return True


def body_of(entries: Sequence[SendEntry], sandbox: bool = False) -> list[bytes]:
    """Return the pieces of a request's body.

    AdvanceErrorHandling makes Mailjet check the sender before it answers; without, mail
    from an unknown one is accepted and dropped.
    https://github.com/mailjet/mailjet-apiv3-php/issues/219

    :param sandbox: have Mailjet check everything and send nothing
    """
    head = b'{"AdvanceErrorHandling":true,"Messages":['
    if sandbox:
        head = b'{"SandboxMode":true,' + head[1:]
    pieces = [head]
    for number, entry in enumerate(entries):
        if number:
            pieces.append(b",")
        pieces += entry.pieces
    pieces.append(_TAIL)
    return pieces
