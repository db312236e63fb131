"""What Mailjet refuses in an element of the Send API's Messages.

https://github.com/mailjet/api-documentation/blob/master/guides/_send-api.md ; the texts
of send-0003, send-0008, mj-0007 and mj-0013 were seen, the others are in their style.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]

MOST_MESSAGES = 50
MOST_RECIPIENTS = 50
MOST_BYTES = 15_000_000
_LISTS = ("To", "Cc", "Bcc")
_PARTS = ("TextPart", "HTMLPart", "TemplateID")
_TRACKING = ("account_default", "disabled", "enabled")
# As strict as the recorded refusal of passenger@example..com
_ADDRESS = re.compile(r"[^@\s\"<>,;:]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


_FORMS = {
    "ContentType": re.compile(r"[!#-'*+.^-~\w-]+/[!#-'*+.^-~\w-]+", re.ASCII).fullmatch,
    "Filename": str.isprintable,
    "Base64Content": _is_base64,
}
_TYPES = {
    **dict.fromkeys(
        ("TextPart", "HTMLPart", "Subject", "CustomID", "EventPayload"), str
    ),
    **dict.fromkeys(("CustomCampaign", "MonitoringCategory", "URLTags"), str),
    **dict.fromkeys(("DeduplicateCampaign", "TemplateLanguage"), bool),
    **dict.fromkeys((*_LISTS, "Attachments", "InlinedAttachments"), list),
    **dict.fromkeys(("From", "ReplyTo", "Headers", "Variables"), dict),
    **dict.fromkeys(("Priority", "TemplateID"), int),
}
_FORBIDDEN = {
    name.lower()
    for name in (
        "From Sender Subject To Cc Bcc Return-Path Delivered-To DKIM-Signature"
        " DomainKey-Status Received-SPF Authentication-Results Received X-Mailjet-Prio"
        " X-Mailjet-Debug User-Agent X-Mailer X-MJ-CustomID X-MJ-EventPayload X-MJ-Vars"
        " X-MJ-TemplateErrorDeliver X-MJ-TemplateErrorReporting X-MJ-TemplateLanguage"
        " X-Mailjet-TrackOpen X-Mailjet-TrackClick X-MJ-TemplateID X-MJ-WorkflowID"
        " X-Feedback-Id X-Mailjet-Segmentation List-Id X-MJ-MID X-MJ-ErrorMessage Date"
        " X-CSA-Complaints Message-Id X-Mailjet-Campaign Reply-To"
        " X-MJ-StatisticsContactsListID"
    ).split()
}


@dataclass(frozen=True)
class SendError:
    """One error of a message, or of a whole call."""

    code: str
    text: str
    related_to: tuple[str, ...] = ()
    status: int = 400


def whole_errors(messages: Any) -> Iterator[SendError]:
    """Yield what is wrong with a call as a whole."""
    if messages is None:
        yield SendError("mj-0003", "The property is mandatory.", ("Messages",))
    elif not isinstance(messages, list) or not all(
        isinstance(one, dict) for one in messages
    ):
        yield SendError("mj-0004", "Type mismatch.", ("Messages",))
    elif not messages:
        text = "You must provide at least one item in the collection."
        yield SendError("mj-0007", text, ("Messages",))
    elif len(messages) > MOST_MESSAGES:
        text = f"The collection exceeds the maximum of {MOST_MESSAGES} items."
        yield SendError("mj-0008", text, ("Messages",))
    elif sum(map(_recipient_count, messages)) > MOST_RECIPIENTS:
        yield SendError("send-0015", "Too many recipients.", _LISTS)
    elif sum(map(_attached_bytes, messages)) > MOST_BYTES:
        yield SendError("mj-0011", "The payload is too large.", ("Attachments",))


def _recipient_count(message: Values) -> int:
    lists = (message.get(name) for name in _LISTS)
    return sum(len(one) for one in lists if isinstance(one, list))


def _attached_bytes(message: Values) -> int:
    return sum(
        len(one.get("Base64Content") or "")
        for name in ("Attachments", "InlinedAttachments")
        for one in message.get(name) or ()
        if isinstance(one, dict)
    )


def message_errors(message: Values) -> Iterator[SendError]:
    """Yield what is wrong with one message, whoever sends it."""
    wrong = [
        name
        for name, kind in _TYPES.items()
        if name in message and not isinstance(message[name], kind)
    ]
    if wrong:
        yield SendError("mj-0004", "Type mismatch.", tuple(wrong))
        return
    yield from _address_errors(message)
    yield from _content_errors(message)
    yield from _attachment_errors(message)
    yield from _option_errors(message)


def _address_errors(message: Values) -> Iterator[SendError]:
    for name in ("From", "To"):
        if name not in message:
            yield SendError("mj-0003", "The property is mandatory.", (name,))
    if message.get("To") == []:
        text = "You must provide at least one item in the collection."
        yield SendError("mj-0007", text, ("To",))
    if "Sender" in message:
        text = "You are not allowed to use the Sender property."
        yield SendError("send-0006", text, ("Sender",), 403)
    named = [(name, message[name]) for name in ("From", "ReplyTo") if name in message]
    for name in _LISTS:
        named += [
            (f"{name}[{number}]", one)
            for number, one in enumerate(message.get(name, ()))
        ]
    for place, one in named:
        address = one.get("Email") if isinstance(one, dict) else None
        if not isinstance(address, str):
            text = "The property is mandatory."
            yield SendError("mj-0003", text, (f"{place}.Email",))
        elif not _ADDRESS.fullmatch(address):
            text = f'"{address}" is an invalid email address.'
            yield SendError("mj-0013", text, (f"{place}.Email",))


def _content_errors(message: Values) -> Iterator[SendError]:
    if not any(name in message for name in _PARTS):
        text = 'At least "HTMLPart", "TextPart" or "TemplateID" must be provided.'
        yield SendError("send-0003", text, ("TextPart", "HTMLPart", "TemplateID"))
    for name in ("TextPart", "HTMLPart", "Subject", "CustomCampaign"):
        if message.get(name) == "":
            yield SendError("mj-0012", "The value must not be empty.", (name,))
    if len(message.get("Subject", "")) > 255:
        yield SendError("mj-0006", "The value exceeds 255 characters.", ("Subject",))
    if "TemplateID" in message:
        text = "The template does not exist or cannot be used."
        yield SendError("send-0010", text, ("TemplateID",))
    for name in message.get("Headers", {}):
        if name.lower() in _FORBIDDEN:
            text = f'The header "{name}" cannot be customized.'
            yield SendError("send-0011", text, (f"Headers.{name}",))
    for name, value in message.get("Headers", {}).items():
        if not isinstance(value, str):
            yield SendError("mj-0004", "Type mismatch.", (f"Headers.{name}",))


def _attachment_errors(message: Values) -> Iterator[SendError]:
    for name in ("Attachments", "InlinedAttachments"):
        for number, one in enumerate(message.get(name, ())):
            for key in ("ContentType", "Filename", "Base64Content"):
                if not isinstance(one, dict) or not one.get(key):
                    place = f"{name}[{number}].{key}"
                    yield SendError("mj-0003", "The property is mandatory.", (place,))
                elif not isinstance(one[key], str) or not _FORMS[key](one[key]):
                    place = f"{name}[{number}].{key}"
                    yield SendError("mj-0005", "The value is not allowed.", (place,))


def _option_errors(message: Values) -> Iterator[SendError]:
    for name in ("TrackOpens", "TrackClicks"):
        if message.get(name, "disabled") not in _TRACKING:
            yield SendError("mj-0005", "The value is not allowed.", (name,))
    if message.get("DeduplicateCampaign") and not message.get("CustomCampaign"):
        text = '"DeduplicateCampaign" needs "CustomCampaign".'
        yield SendError("send-0012", text, ("DeduplicateCampaign",))
    if message.get("MonitoringCategory"):
        # None can be created here
        text = "The monitoring category does not exist."
        yield SendError("send-0013", text, ("MonitoringCategory",))
    options = [
        name
        for name in ("TemplateErrorReporting", "TemplateErrorDeliver")
        if name in message
    ]
    if options and not message.get("TemplateLanguage"):
        yield SendError("send-0016", 'It needs "TemplateLanguage".', tuple(options))
