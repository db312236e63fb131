"""Copies of a mail that the gateway can decode, whatever the original contains."""

import copy
from email.message import EmailMessage


def without_content(message):
    """Return a mail with the same headers and an empty text."""
    empty = EmailMessage(policy=message.policy)
    for name, value in message.raw_items():
        if not name.lower().startswith("content-"):
            empty.set_raw(name, value)
    empty["Content-Type"] = 'text/plain; charset="utf-8"'
    empty.set_payload("")
    return empty


def decodable(message):
    """Return a copy whose texts declare an encoding that exists."""
    message = copy.deepcopy(message)
    for part in message.walk():
        if part.get_content_maintype() == "text" and not _is_known(part):
            part.set_param("charset", "utf-8")
    return message


def _is_known(part):
    # As the standard library reads it; empty bytes it decodes without looking
    charset = part.get_param("charset", "ascii")
    try:
        b"?".decode(charset)
    except (LookupError, ValueError, TypeError):
        return False
    return True
