"""Turn a message into one element of the Send API's Messages.

https://github.com/mailjet/api-documentation/blob/master/guides/_send-api.md
"""

import email.policy
import re
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

from ... import const
from ..address import address_key
from ..smtp.address import AddressError, envelope_address, needs_smtputf8
from .cannot_carry import CannotCarry
from .send_attachment import AttachmentMemory
from .send_body import body_of
from .send_headers import headers_of, written

# Nearly every address that core writes; Python's own parser is slow
_EMAIL = r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+"
_MAILBOX = re.compile(
    rf'"(?P<name>(?!.*=\?)[^"\\\r\n]*)" <(?P<email>{_EMAIL})>|(?P<bare>{_EMAIL})',
    re.ASCII,
)

__all__ = ["AttachmentMemory", "CannotCarry", "to_json"]


def to_json(message, recipients, memory=None, needs_message_id=False):
    """Return a message as one element of Messages.

    Message-Id, Date and Return-Path are left out: Mailjet replaces the first and the
    last over SMTP, too. Contents of attachments are `Base64` texts.

    :param message: an `EmailMessage`, or bytes
    :param recipients: envelope recipients, as bare addresses
    :param AttachmentMemory memory: shares what several mails attach; for one thread
    :param bool needs_message_id: somebody will look for the Message-Id of this message
    :raise CannotCarry: if the Send API cannot carry it unchanged
    """
    if needs_message_id:
        raise CannotCarry("message_id")
    if not isinstance(message, EmailMessage):
        content = message if isinstance(message, bytes) else message.as_bytes()
        message = message_from_bytes(content, policy=email.policy.SMTP)
    properties, headers = headers_of(message)
    entry = {**_author(message), **_recipients(message, recipients)}
    subject = written(message, "Subject", message["Subject"] or "", encodes=False)
    if len(subject) > const.SEND_MAX_SUBJECT:
        raise CannotCarry("subject_too_long", most=const.SEND_MAX_SUBJECT)
    if subject:
        entry["Subject"] = subject
    body = body_of(message, memory or AttachmentMemory())
    parts = {
        "TextPart": (body.text or "").strip() and body.text,
        "HTMLPart": body.html,
        "Attachments": body.attached,
        "InlinedAttachments": body.inlined,
        "Headers": headers,
    }
    if body.html is None:
        # There is nothing to track
        properties.pop("TrackOpens", None)
        properties.pop("TrackClicks", None)
    attached = [*body.attached, *body.inlined]
    size = sum(len(one["Base64Content"]) for one in attached)
    if size > const.SEND_MAX_BYTES:
        raise CannotCarry("too_large", most=const.SEND_MAX_BYTES // 1_000_000)
    return {**entry, **{key: part for key, part in parts.items() if part}, **properties}


def _author(message):
    """Return From and ReplyTo."""
    authors = _addresses(message, "From")
    if len(authors) != 1:
        raise CannotCarry("several_from")
    replies = _addresses(message, "Reply-To")
    if len(replies) > 1:
        raise CannotCarry("several_reply_to")
    entry = {"From": authors[0]}
    if replies:
        entry["ReplyTo"] = replies[0]
    return entry


def _recipients(message, recipients):
    """Return To, Cc and Bcc, with each recipient in one of them.

    Mailjet sends to all that are named, and once for each time.
    """
    left = {address_key(address): address for address in recipients}
    if len(left) > const.SEND_MAX_RECIPIENTS:
        raise CannotCarry("too_many_recipients", most=const.SEND_MAX_RECIPIENTS)
    reached = set(left)
    entry = {}
    for name in ("To", "Cc"):
        for address in _addresses(message, name):
            key = address_key(address["Email"])
            if key not in reached:
                raise CannotCarry("to_differs")
            if left.pop(key, None):
                entry.setdefault(name, []).append(address)
    if "To" not in entry:
        raise CannotCarry("to_differs")
    if left:
        entry["Bcc"] = [{"Email": _email(address)} for address in left.values()]
    return entry


def _addresses(message, name):
    """Return the addresses in a header, each with its name if it has one."""
    header = message[name]
    if header is None or not str(header).strip():
        return []
    if not all(hasattr(one, "addr_spec") for one in header.addresses):
        # Core gives a list of texts, which Python does not read
        plain = [_MAILBOX.fullmatch(str(one)) for one in header.addresses]
        if all(plain):
            return [_address(one["email"] or one["bare"], one["name"]) for one in plain]
        header = message.policy.header_factory(name, str(header))
    if any(group.display_name is not None for group in header.groups):
        raise CannotCarry("to_differs")
    names = _names(message, name) or [one.display_name for one in header.addresses]
    if len(names) != len(header.addresses):
        raise CannotCarry("header_value", header=name)
    return [
        _address(one.addr_spec, display_name)
        for one, display_name in zip(header.addresses, names, strict=True)
    ]


def _names(message, name):
    """Return the names in a header that came as bytes; None for any other.

    Python's parser leaves a blank between two encoded words of a name.
    """
    raw = {key.lower(): value for key, value in message.raw_items()}[name.lower()]
    if type(raw) is not str or "=?" not in raw:
        return None
    pairs = getaddresses(["".join(raw.splitlines())])
    try:
        return [str(make_header(decode_header(text))) for text, _address in pairs]
    except (HeaderParseError, LookupError, UnicodeError) as error:
        raise CannotCarry("charset") from error


def _address(address, name):
    entry = {"Email": _email(address)}
    if name:
        entry["Name"] = " ".join(name.split())
    return entry


def _email(address):
    """Return an address with its domain in ASCII."""
    try:
        written_address = envelope_address(address)
    except AddressError as error:
        raise CannotCarry("address", address=address) from error
    if needs_smtputf8(address):
        # The relay accepts them; whether the API does is not known
        raise CannotCarry("address", address=address)
    return written_address
