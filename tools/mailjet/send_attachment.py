"""Attachments for the Send API: encoded once, however many mails carry them."""

import base64

from .cannot_carry import CannotCarry

# Everything remembered is forgotten once there is more of it
MOST_BYTES = 16 << 20
# What a name or type may not contain in JSON or in a header
_IGNORED_PARAMETERS = {"name", "charset"}


class Base64(str):
    """Content in base64, shared by all mails.

    :ivar data: the same in bytes
    :ivar is_counted: whether a mail has been counted for the memory that it takes
    """

    __slots__ = ("data", "is_counted")

    def __new__(cls, content: bytes):
        """Encode a content."""
        data = base64.b64encode(content)
        text = super().__new__(cls, data.decode())
        text.data = data
        text.is_counted = False
        return text


class AttachmentMemory:
    """Encodes each content once. For one thread."""

    def __init__(self, most_bytes=MOST_BYTES):
        self._most_bytes = most_bytes
        self._known = {}
        self._size = 0

    def encoded(self, part):
        """Return the content of a MIME part as `Base64`."""
        payload = part.get_payload()
        # Mails built with `message_memory` share one payload, whose hash is kept
        key = (payload, str(part.get("Content-Transfer-Encoding", "")).lower())
        known = self._known.get(key)
        if known is None:
            known = Base64(part.get_payload(decode=True))
            # The text, the bytes, and the payload as the key
            self._size += 2 * len(known) + len(payload)
            if self._size > self._most_bytes:
                self._known.clear()
                self._size = 0
            else:
                self._known[key] = known
        return known


def attachment_of(part, memory, content_id=""):
    """Return a MIME part as an element of Attachments or InlinedAttachments.

    :param AttachmentMemory memory: encodes it
    :param str content_id: for an inlined one, without angle brackets
    :raise CannotCarry: for a part without a name, or with parameters that would be lost
    """
    kind = part.get_content_type()
    name = part.get_filename() or content_id
    parameters = getattr(part["Content-Type"], "params", {})
    if not name or set(map(str.lower, parameters)) - _IGNORED_PARAMETERS:
        raise CannotCarry("attachment", kind=kind)
    if not name.isprintable():
        # A line break would begin a header line of its own
        raise CannotCarry("characters", part="name of an attachment")
    values = {"ContentType": kind, "Filename": name}
    if content_id:
        values["ContentID"] = content_id
    return {**values, "Base64Content": memory.encoded(part)}
