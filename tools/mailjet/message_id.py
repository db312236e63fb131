"""Read the Message-Id that Mailjet gives to each mail in the place of its own.

As seen in public list archives: eight hex digits, a dot, and base64url of 39 bytes of
which the first eight are very likely Mailjet's MessageID. A best effort: what does not
lead to a mail of ours is nothing.
"""

import base64
import re

_MESSAGE_ID = re.compile(r"<[0-9a-f]{8}\.([0-9A-Za-z_-]{52})@mailjet\.com>")


def mailjet_message_ids(references):
    """Return the MessageIDs in In-Reply-To or References, as texts, in their order."""
    ids = []
    for match in _MESSAGE_ID.finditer(references or ""):
        data = base64.urlsafe_b64decode(match[1])
        ids.append(str(int.from_bytes(data[:8], "big")))
    return ids
