"""Which header of a message is what in the Send API.

https://github.com/mailjet/api-documentation/blob/master/guides/_send-api.md
"""

import json

from .cannot_carry import CannotCarry

# Mailjet rewrites these, over SMTP as well: the IDs, the envelope, the structure.
# X-Mailer is absent from mail that came through the relay, and the last is core's own.
REPLACED = {
    *("bcc", "date", "message-id", "mime-version", "resent-bcc", "return-path"),
    *("content-disposition", "content-transfer-encoding", "content-type", "x-mailer"),
    "x-msg-to-consolidate",
}
# They have their own keys, and `send_message` reads them
OWN_KEYS = {"cc", "from", "reply-to", "subject", "to"}
# Error send-0011, beside those above and below
FORBIDDEN = {
    *("authentication-results", "delivered-to", "dkim-signature", "domainkey-status"),
    *("list-id", "received", "received-spf", "sender", "user-agent"),
    *("x-csa-complaints", "x-feedback-id", "x-mailjet-debug", "x-mailjet-segmentation"),
    *("x-mj-errormessage", "x-mj-mid", "x-mj-statisticscontactslistid"),
    *("x-mj-templateerrordeliver", "x-mj-templateerrorreporting", "x-mj-templateid"),
    "x-mj-workflowid",
}
# Core removes these once it has written the To header
_OTHER_TO = {"x-forge-to", "x-msg-to-add"}
_REASONS = {
    "list-id": "list_id",
    "sender": "sender",
    **dict.fromkeys(_OTHER_TO, "to_differs"),
}


def _text(value):
    return value


def _yes(value):
    return value.lower() in ("true", "yes", "y", "1")


def _tracking(value):
    return {"0": "disabled", "1": "enabled"}[value]


def _priority(value):
    number = int(value)
    if number not in range(4):
        raise ValueError(value)
    return number


def _variables(value):
    variables = json.loads(value)
    if not isinstance(variables, dict):
        raise TypeError(value)
    return variables


# The properties that these headers are over SMTP
# https://dev.mailjet.com/smtp-relay/custom-headers/
PROPERTIES = {
    "x-mj-customid": ("CustomID", _text),
    "x-mj-eventpayload": ("EventPayload", _text),
    "x-mailjet-campaign": ("CustomCampaign", _text),
    "x-mailjet-deduplicatecampaign": ("DeduplicateCampaign", _yes),
    "x-mailjet-trackopen": ("TrackOpens", _tracking),
    "x-mailjet-trackclick": ("TrackClicks", _tracking),
    "x-mailjet-prio": ("Priority", _priority),
    "x-mj-monitoringcategory": ("MonitoringCategory", _text),
    "x-mj-templatelanguage": ("TemplateLanguage", _yes),
    "x-mj-vars": ("Variables", _variables),
}


def headers_of(message):
    """Return what the headers of a message say, apart from addresses and subject.

    :return: properties of the message, and its other headers by name
    :raise CannotCarry: for a header that the Send API does not accept
    """
    properties, headers, seen = {}, {}, set()
    raw = message.raw_items()
    for (name, value), (_name, bare) in zip(message.items(), raw, strict=True):
        key = name.lower()
        if key in REPLACED:
            continue
        if not _is_text(bare):
            raise CannotCarry("characters", part=name)
        if key in FORBIDDEN or key in _OTHER_TO:
            reason = _REASONS.get(key, "forbidden_header")
            raise CannotCarry(reason, header=name)
        if key in seen:
            raise CannotCarry("repeated_header", header=name)
        seen.add(key)
        if key in OWN_KEYS:
            continue
        text = written(message, name, value, encodes=key not in PROPERTIES)
        if key in PROPERTIES and text:
            properties.update(_property(name, text))
        elif text:
            headers[name.title() if name.islower() else name] = text
    if not properties.get("CustomCampaign"):
        # Error send-0012; over SMTP it has no effect
        properties.pop("DeduplicateCampaign", None)
    return properties, headers


def _property(name, text):
    key, read = PROPERTIES[name.lower()]
    try:
        return {key: read(text)}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CannotCarry("header_value", header=name) from error


def written(message, name, value, encodes=True):
    """Return the text of a header on one line.

    :param encodes: write what is not ASCII as encoded words, as over SMTP
    """
    text = "".join(str(value).splitlines()).strip()
    if text.isascii() or not encodes:
        return text
    folded = message.policy.clone(utf8=False).fold(name, value)
    return "".join(folded.partition(":")[2].splitlines()).strip()


def _is_text(text):
    # Bytes beyond ASCII in a header are surrogates in Python
    return text.isascii() or not any(
        "\ud800" <= character <= "\udfff" for character in text
    )
