"""The MIME message that Mailjet builds from an element of the Send API's Messages.

What the properties say is kept in the headers that say the same over SMTP, so that the
store, the statistics and the events need not know which way a mail came.
"""

import base64
import email.policy
import email.utils
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from typing import Any

Values = Mapping[str, Any]

# Python would split a longer word, such as the URL of an unsubscribe link, into encoded
# words
_POLICY = email.policy.SMTP.clone(max_line_length=998)
_TWINS = {
    "CustomID": "X-MJ-CustomID",
    "EventPayload": "X-MJ-EventPayload",
    "CustomCampaign": "X-Mailjet-Campaign",
    "DeduplicateCampaign": "X-Mailjet-DeduplicateCampaign",
    "TrackOpens": "X-Mailjet-TrackOpen",
    "TrackClicks": "X-Mailjet-TrackClick",
    "Priority": "X-Mailjet-Prio",
    "MonitoringCategory": "X-MJ-MonitoringCategory",
    "TemplateLanguage": "X-MJ-TemplateLanguage",
}
_VALUES = {"disabled": "0", "enabled": "1", True: "1"}


def mime_of(message: Values, now: float, *, has_body: bool = True) -> bytes:
    """Return the message; without a body only its header, ended by an empty line."""
    head = b"".join(
        _line(name, value) for name, value in _headers(message, now) if value
    )
    if not has_body:
        return head + b"\r\n"
    return head + _body(message).as_bytes()


def _headers(message: Values, now: float) -> Iterable[tuple[str, str]]:
    yield "Date", email.utils.formatdate(now)
    yield "From", _mailboxes([message["From"]])
    if message.get("ReplyTo"):
        yield "Reply-To", _mailboxes([message["ReplyTo"]])
    yield "To", _mailboxes(message.get("To", ()))
    yield "Cc", _mailboxes(message.get("Cc", ()))
    yield "Subject", message.get("Subject", "")
    yield from message.get("Headers", {}).items()
    for name, header in _TWINS.items():
        value = message.get(name)
        if value not in (None, False, "account_default"):
            yield header, _VALUES.get(value, str(value))


def _mailboxes(addresses: Iterable[Values]) -> str:
    return ",\r\n ".join(map(_mailbox, addresses))


def _mailbox(address: Values) -> str:
    name = address.get("Name")
    if not name:
        return address["Email"]
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address["Email"]}>'
    return f"{_encoded(name)} <{address['Email']}>"


def _encoded(text: str) -> str:
    """Return a text as encoded words (RFC 2047); Python's own folding adds spaces."""
    words, word = [], ""
    for character in text:
        if len(f"{word}{character}".encode()) > 45:
            words.append(word)
            word = ""
        word += character
    encoded = (base64.b64encode(one.encode()).decode() for one in [*words, word])
    return "\r\n ".join(f"=?UTF-8?B?{one}?=" for one in encoded)


def _line(name: str, value: str) -> bytes:
    if not value.isascii():
        value = _encoded(value)
    return f"{name}: {value}\r\n".encode()


def _body(message: Values) -> EmailMessage:
    body = _text(message)
    for attachment in message.get("Attachments", ()):
        content, maintype, subtype = _content(attachment)
        body.add_attachment(content, maintype, subtype, filename=attachment["Filename"])
    if "MIME-Version" not in body:
        body["MIME-Version"] = "1.0"
    return body


def _text(message: Values) -> EmailMessage:
    texts = [
        _text_part(message[name], subtype)
        for name, subtype in (("TextPart", "plain"), ("HTMLPart", "html"))
        if message.get(name)
    ]
    for attachment in message.get("InlinedAttachments", ()):
        content, maintype, subtype = _content(attachment)
        name = attachment["Filename"]
        content_id = f"<{attachment.get('ContentID') or name}>"
        texts[-1].add_related(content, maintype, subtype, cid=content_id, filename=name)
    if len(texts) == 1:
        return texts[0]
    both = EmailMessage(policy=_POLICY)
    both["Content-Type"] = "multipart/alternative"
    for text in texts:
        both.attach(text)
    return both


def _text_part(text: str, subtype: str) -> EmailMessage:
    part = EmailMessage(policy=_POLICY)
    # As bytes: given text, Python changes some line separators
    part.set_content(text.encode(), "text", subtype)
    part.set_param("charset", "utf-8")
    return part


def _content(attachment: Values) -> tuple[bytes, str, str]:
    maintype, _slash, subtype = attachment["ContentType"].partition("/")
    return base64.b64decode(attachment["Base64Content"]), maintype, subtype
