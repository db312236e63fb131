"""Read text, HTML and attachments out of a MIME message, for the Send API.

Mailjet builds its own message from them. What it could not build the same way is a
`CannotCarry`.
"""

from dataclasses import dataclass, field

from .cannot_carry import CannotCarry
from .read_message import plain_text
from .send_attachment import attachment_of

# RFC 1847, RFC 8551 section 3.2
_PROTECTED = {
    "multipart/signed",
    "multipart/encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
}
# Python's `add_related` nests each further image
_ROOTS = ("text/html", "multipart/alternative", "multipart/related")
# Parameters of text that say how to read it, as format=flowed (RFC 3676)
_TEXT_PARAMETERS = {"charset", "name"}


@dataclass
class Body:
    """What a mail program shows.

    :ivar text, html: None where there is no such part
    :ivar inlined: elements of InlinedAttachments
    :ivar attached: elements of Attachments
    """

    text: str | None = None
    html: str | None = None
    inlined: list[dict] = field(default_factory=list)
    attached: list[dict] = field(default_factory=list)


def body_of(message, memory):
    """Return the `Body` of a message.

    :param EmailMessage message: whole
    :param AttachmentMemory memory: encodes its attachments
    :raise CannotCarry: if Mailjet would build another message from it
    """
    body = Body()
    _read(message, body, memory)
    if not (body.text or "").strip() and not (body.html or "").strip():
        raise CannotCarry("empty_body")
    if body.html is not None and not body.html.strip():
        raise CannotCarry("empty_body")
    return body


def _read(part, body, memory):
    """Read the part that is shown, with all that belongs to it."""
    kind = part.get_content_type()
    if kind in _PROTECTED:
        raise CannotCarry("signed_or_encrypted")
    if kind == "multipart/mixed":
        first, *others = _parts(part)
        _read(first, body, memory)
        for other in others:
            _attach(other, body, memory)
    elif kind == "multipart/related":
        _read_related(part, body, memory)
    elif kind == "multipart/alternative":
        for version in _parts(part):
            _read_version(version, body, memory)
    elif kind in ("text/plain", "text/html") and not part.is_attachment():
        _read_text(part, kind, body)
    elif part.is_multipart():
        raise CannotCarry("structure", kind=kind)
    else:
        raise CannotCarry("empty_body")


def _read_version(part, body, memory):
    """Read one of several versions, of which the last is the best (RFC 2046, 5.1.4)."""
    kind = part.get_content_type()
    if body.html is not None or part.is_attachment():
        raise CannotCarry("alternative_part")
    if kind == "multipart/related":
        _read_related(part, body, memory)
    elif kind == "text/html" or (kind == "text/plain" and body.text is None):
        _read_text(part, kind, body)
    elif kind in _PROTECTED:
        raise CannotCarry("signed_or_encrypted")
    else:
        raise CannotCarry("alternative_part")


def _read_related(part, body, memory):
    """Read an HTML part and the images in it."""
    if getattr(part["Content-Type"], "params", {}).get("start"):
        raise CannotCarry("structure", kind="multipart/related; start")
    root, *others = _parts(part)
    if root.get_content_type() not in _ROOTS:
        raise CannotCarry("structure", kind="multipart/related")
    _read(root, body, memory)
    for other in others:
        content_id = _content_id(other)
        if not content_id or other.is_multipart():
            raise CannotCarry("structure", kind="multipart/related")
        body.inlined.append(attachment_of(other, memory, content_id))


def _attach(part, body, memory):
    kind = part.get_content_type()
    if part.get_content_maintype() == "message":
        raise CannotCarry("attached_message")
    if part.is_multipart():
        raise CannotCarry("structure", kind=kind)
    content_id = _content_id(part)
    if content_id and f"cid:{content_id}" in (body.html or ""):
        body.inlined.append(attachment_of(part, memory, content_id))
    elif part.is_attachment() or part.get_filename():
        body.attached.append(attachment_of(part, memory))
    else:
        # A second text, which mail programs show below the first
        raise CannotCarry("structure", kind=kind)


def _read_text(part, kind, body):
    if part.is_multipart() or getattr(body, _FIELDS[kind]) is not None:
        raise CannotCarry("structure", kind=kind)
    parameters = getattr(part["Content-Type"], "params", {})
    if set(map(str.lower, parameters)) - _TEXT_PARAMETERS:
        raise CannotCarry("structure", kind=kind)
    text = plain_text(part)
    if text is None:
        text = _decoded(part)
    if "\0" in text:
        raise CannotCarry("characters", part="text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    setattr(body, _FIELDS[kind], text)


def _decoded(part):
    try:
        content = part.get_payload(decode=True)
        return content.decode(part.get_content_charset("us-ascii"))
    except (LookupError, UnicodeError) as error:
        raise CannotCarry("charset") from error


_FIELDS = {"text/plain": "text", "text/html": "html"}


def _parts(part):
    parts = part.get_payload()
    if not isinstance(parts, list) or not parts:
        raise CannotCarry("structure", kind=part.get_content_type())
    return parts


def _content_id(part):
    text = "".join(str(part["Content-ID"] or "").split())
    return text.removeprefix("<").removesuffix(">")
