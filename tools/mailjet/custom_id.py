"""Sign and read the X-MJ-CustomID that links Mailjet's events to a record.

Mailjet does not sign events, and several databases may share an account. The id
therefore holds a tag of its database and a keyed digest: an event whose id this
database did not write changes nothing.

    o1-k3f9a2-m45p67-abcdefghijklmnop
    |  |      |      digest of everything before it
    |  |      message 45 to partner 67; t12: trace 12; s…: an SMTP test
    |  tag of the database
    version

Python folds or encodes a header of 64 characters or more, and Mailjet returns what it
received: https://docs.python.org/3/library/email.policy.html
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

LONGEST = 63
_VERSION = "o1"
_TAG_LENGTH = 6
# 80 bits: too many to guess over HTTP
_DIGEST_LENGTH = 16
_SHAPE = re.compile(
    r"o1-(?P<tag>[a-z2-7]{6})-"
    r"(?P<body>t(?P<trace>[1-9][0-9]{0,18})"
    r"|m(?P<message>[1-9][0-9]{0,9})(?:p(?P<partner>[1-9][0-9]{0,9}))?"
    r"|s(?P<test>[a-z0-9]{1,20}))"
    r"-(?P<digest>[a-z2-7]{16})"
)


@dataclass(frozen=True)
class CustomId:
    """What an email belongs to: a trace, a message and its recipient, or a test.

    Ids of records, 0 or "" for none. A message without a partner went to plain
    addresses.
    """

    trace_id: int = 0
    message_id: int = 0
    partner_id: int = 0
    test: str = ""

    def __str__(self):
        if self.test:
            return f"s{self.test}"
        if self.trace_id:
            return f"t{self.trace_id}"
        partner = f"p{self.partner_id}" if self.partner_id else ""
        return f"m{self.message_id}{partner}"


def database_tag(identity):
    """Return the tag of a database.

    :param str identity: unique to the database, such as its UUID
    """
    return _base32(hashlib.sha256(identity.encode()).digest())[:_TAG_LENGTH]


def write_custom_id(custom_id, tag, key):
    """Return the header's value.

    :param CustomId custom_id: what the email belongs to
    :param str tag: `database_tag` of this database
    :param bytes key: known to this database only
    """
    text = f"{_VERSION}-{tag}-{custom_id}"
    return f"{text}-{_digest(text, key)}"


def read_custom_id(text, tag, key):
    """Return the `CustomId` in a header's value; None if it is foreign or forged."""
    match = _SHAPE.fullmatch(text or "")
    if not match or match["tag"] != tag:
        return None
    signed = text.rpartition("-")[0]
    if not hmac.compare_digest(_digest(signed, key), match["digest"]):
        return None
    return CustomId(
        trace_id=int(match["trace"] or 0),
        message_id=int(match["message"] or 0),
        partner_id=int(match["partner"] or 0),
        test=match["test"] or "",
    )


def _digest(text, key):
    return _base32(hmac.new(key, text.encode(), "sha256").digest())[:_DIGEST_LENGTH]


def _base32(data):
    return base64.b32encode(data).decode().lower()
