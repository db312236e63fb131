"""What mailbox providers say when a sender does not meet their rules for bulk mail.

Their codes are not those of the RFCs throughout: Gmail gives 7.23, 7.27 and 7.30
meanings of its own, so its words have to be there, too.
"""

import re

from .cause import Cause

# Replies are short; the rest of a very long one is not searched
LONGEST_TEXT = 2000
_GMAIL = r"(?=.*\b(?:gsmtp|gcdp|gmail|google))"


def _code(*details):
    """Return a pattern for these details of class 4 and 5, as "7.30"."""
    ends = "|".join(re.escape(detail) for detail in details)
    return rf"(?<![\d.])[45]\.(?:{ends})(?![\d.])"


def _gmail(*details):
    return rf"\A{_GMAIL}.*{_code(*details)}"


# The first row that matches counts.
# Gmail: https://support.google.com/a/answer/3726730
# Microsoft: https://techcommunity.microsoft.com/blog/microsoftdefenderforoffice365blog/4399730
# Orange: https://postmaster.orange.fr
# laposte.net: https://www.postmastery.com/laposte-net-postmaster-smtp-error-codes-lpn/
# GMX: https://postmaster.gmx.net/en/email-policy
# T-Online: https://postmaster.t-online.de/index.en.html
# The other codes: RFC 7372 (authentication), RFC 7505 (null MX)
_ROWS = (
    (Cause.DKIM_REQUIRED, _gmail("7.30")),
    (Cause.DKIM_REQUIRED, r"\bOFR[0-9]*_535\b"),
    (Cause.DMARC_REQUIRED, _gmail("7.31", "7.40")),
    (Cause.ALIGNMENT_REQUIRED, _gmail("7.32")),
    (Cause.ALIGNMENT_REQUIRED, r"\bLPN[0-9]+_517\b"),
    (Cause.SPF_REQUIRED, _gmail("7.27")),
    (Cause.SPF_REQUIRED, r"\breject due to SPF policy\b"),
    (Cause.SENDING_HOST, _gmail("7.23", "7.25", "7.29")),
    (Cause.SENDING_HOST, r"\bOFR[0-9]*_107\b"),
    (Cause.SENDING_HOST, r"\b(?:none|bad)\b.{0,10}\breputation\b.*\bNOWL\b"),
    (Cause.COMPLAINTS, _gmail("7.28")),
    (Cause.COMPLAINTS, r"\[TSS04\]"),
    (Cause.RECEIVER_LIMIT, r"\bOFR[0-9]*_10[45]\b"),
    (Cause.RECEIVER_LIMIT, r"\bLPN027_503\b"),
    (Cause.SENDER_CANNOT_RECEIVE, r"\bLPN007_405\b"),
    (Cause.CONTENT, r"\bLPN007_510\b"),
    (Cause.AUTHENTICATION_REQUIRED, _code("7.515")),
    (Cause.AUTHENTICATION_REQUIRED, _code("7.26")),
    (Cause.DKIM_REQUIRED, _code("7.20", "7.21")),
    (Cause.ALIGNMENT_REQUIRED, _code("7.22")),
    (Cause.SPF_REQUIRED, _code("7.23", "7.24")),
    (Cause.SENDING_HOST, _code("7.25")),
    (Cause.SENDER_CANNOT_RECEIVE, _code("7.27")),
)
_REFUSALS = [
    (cause, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for cause, pattern in _ROWS
]

# The records of the sender's domain to look at first, by their kind
RECORDS = {
    Cause.DKIM_REQUIRED: ("dkim",),
    Cause.DMARC_REQUIRED: ("dmarc",),
    Cause.ALIGNMENT_REQUIRED: ("dkim", "dmarc"),
    Cause.AUTHENTICATION_REQUIRED: ("dkim", "dmarc"),
    Cause.SPF_REQUIRED: ("return_path",),
    Cause.SENDER_CANNOT_RECEIVE: ("mx",),
}


def receiver_cause(text):
    """Return the `Cause` that a mailbox provider names in its reply, otherwise None."""
    text = text[:LONGEST_TEXT]
    return next((cause for cause, wanted in _REFUSALS if wanted.search(text)), None)
