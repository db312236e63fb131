"""Read the Message-Id with which Mailjet replaces that of each email.

As seen in public list archives: eight hex digits, a dot, and 39 bytes in base64url. The
first eight bytes are very likely Mailjet's MessageID. This is best effort: ids that do
not match an email of ours are ignored.
"""

import base64
import re

_BRACKETED = re.compile(r"<[^<>]*>")
_MESSAGE_ID = re.compile(r"<[0-9a-f]{8}\.([0-9A-Za-z_-]{52})@mailjet\.com>")
# As many as Odoo itself looks up
MOST_IDS = 32


def mailjet_message_ids(references):
    """Return the MessageIDs in In-Reply-To or References, as texts, in order.

    Some mail programs fold an id of this length, which leaves a blank inside its
    brackets. Only the last ids count: anyone can write thousands.
    """
    ids = []
    for match in _BRACKETED.finditer(references or ""):
        written = _MESSAGE_ID.fullmatch("".join(match[0].split()))
        if written:
            data = base64.urlsafe_b64decode(written[1])
            ids.append(str(int.from_bytes(data[:8], "big")))
    return ids[-MOST_IDS:]
