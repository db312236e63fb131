"""Read the Message-Id with which Mailjet replaces that of each email.

As seen in public list archives: eight hex digits, a dot, and 39 bytes in base64url. The
first eight bytes are very likely Mailjet's MessageID. This is best effort: ids that do
not match an email of ours are ignored.
"""

import base64
import re

_MESSAGE_ID = re.compile(r"<[0-9a-f]{8}\.([0-9A-Za-z_-]{52})@mailjet\.com>")


def mailjet_message_ids(references):
    """Return the MessageIDs in In-Reply-To or References, as texts, in order."""
    ids = []
    for match in _MESSAGE_ID.finditer(references or ""):
        data = base64.urlsafe_b64decode(match[1])
        ids.append(str(int.from_bytes(data[:8], "big")))
    return ids
