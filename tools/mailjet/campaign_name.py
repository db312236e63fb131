"""Build campaign names that X-Mailjet-Campaign accepts.

Letters, digits, spaces, "-" and "_", at most 255 characters, on one line:
https://dev.mailjet.com/smtp-relay/custom-headers/
"""

import re
import unicodedata

# With the header's name, stays within the 76 characters at which Python folds
LONGEST = 54
# Letters that Unicode does not decompose into a plain one and a mark
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O"}
)


def campaign_name(subject, suffix):
    """Return the name: the subject in plain letters, shortened, and the suffix.

    :param str subject: of the mailing, in any script
    :param str suffix: makes the name unique; letters, digits, "-" and "_"
    """
    plain = unicodedata.normalize("NFKD", subject.translate(_LETTERS))
    words = re.sub(r"[^A-Za-z0-9_-]+", " ", re.sub(r"[\u0300-\u036f]", "", plain))
    room = LONGEST - len(suffix) - 1
    return f"{words.strip()[:room].strip()} {suffix}".strip()
