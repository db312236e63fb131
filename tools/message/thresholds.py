"""Every threshold of the check, with its source.

Where a source gives a fact but no limit, the limit is ours, and it says so.
"""

from typing import NamedTuple

from ..words import Words, _lt


class Threshold(NamedTuple):
    """A limit, and its source."""

    value: float
    source: Words


OURS = Words(_lt("Our own judgement"))
RFC_8058 = Words("RFC 8058, https://www.rfc-editor.org/rfc/rfc8058")
RFC_2606 = Words("RFC 2606, https://www.rfc-editor.org/rfc/rfc2606")
GMAIL = Words("https://support.google.com/mail/answer/81126")
MAILJET_SPAM = Words("https://documentation.mailjet.com/hc/en-us/articles/360043101773")
MAILJET_FREE_MAIL = Words(
    "https://documentation.mailjet.com/hc/en-us/articles/360042412734"
)
MAILJET_POLICY = Words("https://www.mailjet.com/legal/anti-spam-policy/")
WCAG_ALT = Words("WCAG 2.2, 1.1.1, https://www.w3.org/TR/WCAG22/#non-text-content")


def spamassassin(rule, score):
    """Return a rule of SpamAssassin (trunk f7fe7b8) with its score, of usually 5."""
    return Words(
        _lt("SpamAssassin, %(rule)s: %(score)s of 5 points"),
        {"rule": rule, "score": score},
    )


# Gmail shows the first 102 kB of HTML; 105 kB were measured. Mailjet's tracking makes
# each link longer after us, hence the warning before.
_CLIPPING = Words(_lt("Gmail clips near 102 kB; 105 kB measured by spamresource.com"))
GMAIL_CLIPS = Threshold(102 * 1024, _CLIPPING)
GMAIL_NEARLY_CLIPS = Threshold(90 * 1024, _CLIPPING)

# Characters of the text part that are no text
EMPTY_TEXT = Threshold(20, spamassassin("MPART_ALT_DIFF", "0.6–2.2"))

# Bytes of words beside an image
IMAGE_ONLY = Threshold(400, spamassassin("HTML_IMAGE_ONLY_04", "0.3–1.8"))
FEW_WORDS = Threshold(1200, spamassassin("HTML_IMAGE_ONLY_12", "1.4–2.1"))

# Pixels
SMALL_PRINT = Threshold(8, OURS)
# Difference of text and background, 1 to 21
LOW_CONTRAST = Threshold(1.5, spamassassin("HTML_FONT_LOW_CONTRAST", "0–0.8"))

# Characters
LONG_SUBJECT = Threshold(70, OURS)
LONGEST_SUBJECT = Threshold(
    255, Words("https://dev.mailjet.com/email/reference/send-emails/")
)
LONG_PREHEADER = Threshold(140, Words(_lt("Mail programs show 35 to 140 characters")))
MOST_EMOJI = Threshold(2, OURS)

# Bytes; Mailjet accepts messages of 15 MiB, and base64 adds a third
LARGEST_ATTACHMENTS = Threshold(
    10 * 1024 * 1024, Words(_lt("Mailjet's SMTP server announces SIZE 15728640"))
)

# Shares of recipients
MANY_ROLES = Threshold(0.02, OURS)
# GMX and WEB.DE ask every sender for an imprint; whether the law does is not for us
IMPRINT_SHARE = Threshold(0.05, Words("https://postmaster.gmx.net/en/best-practices"))

# Recipients from which receivers surely count the mailing as bulk
BULK = Threshold(1000, OURS)
