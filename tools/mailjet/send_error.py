"""What the Send API's errors mean, in the causes that SMTP has, too.

https://github.com/mailjet/api-documentation/blob/master/guides/_send-api.md
"""

import re

from ..smtp.cause import Cause, Stage
from ..smtp.consequences import CONSEQUENCES
from ..smtp.exceptions import SendApiError
from ..smtp.replies import cause_of_reply
from .answer import one_line

CAUSES = {
    "send-0003": Cause.NOT_CARRIED,  # no text, HTML or template
    "send-0004": Cause.NOT_CARRIED,  # HTML, and the template has HTML as well
    "send-0006": Cause.SENDER,  # the key may not use Sender
    "send-0007": Cause.SENDER,  # Sender is not validated
    "send-0008": Cause.SENDER,  # From is not authorized
    "send-0010": Cause.NOT_CARRIED,  # the template cannot be used
    "send-0011": Cause.NOT_CARRIED,  # a forbidden header
    "send-0012": Cause.NOT_CARRIED,  # DeduplicateCampaign without CustomCampaign
    "send-0013": Cause.NOT_CARRIED,  # an unknown MonitoringCategory
    "send-0015": Cause.NOT_CARRIED,  # too many recipients
    "send-0016": Cause.NOT_CARRIED,  # template errors without TemplateLanguage
    "mj-0001": Cause.SUSPENDED,
    "mj-0002": Cause.NOT_CARRIED,  # malformed JSON
    "mj-0003": Cause.NOT_CARRIED,  # something mandatory is missing
    "mj-0004": Cause.NOT_CARRIED,  # of another type
    "mj-0005": Cause.NOT_CARRIED,  # value not allowed
    "mj-0006": Cause.NOT_CARRIED,  # too long: subject, URLTags
    "mj-0007": Cause.NOT_CARRIED,  # an empty array
    "mj-0008": Cause.NOT_CARRIED,  # too many elements
    "mj-0011": Cause.TOO_LARGE,
    "mj-0012": Cause.NOT_CARRIED,  # an empty text
    "mj-0013": Cause.INVALID_ADDRESS,
    "mj-0015": Cause.LOGIN,
}
_NOT_THE_KEYS = (Cause.SUSPENDED, Cause.UNREVIEWED, Cause.LIMIT_REACHED)
# As "To[0].Email":
# https://github.com/mailjet/mailjet-gem/tree/master/spec/cassettes/resource
_PLACE = re.compile(r"(?:To|Cc|Bcc)\[\d{1,3}\]")


def errors_of(message, host, mask):
    """Return the errors of an element of the answer's Messages.

    :param mask: a function that masks secrets in a text
    :return: a list of (`SendApiError`, places of recipients that it names); empty
        unless the element says that its mail was refused, and nothing else
    """
    rows = message.get("Errors")
    if message.get("Status", "error") != "error" or not isinstance(rows, list):
        return []
    if not all(isinstance(row, dict) for row in rows):
        return []
    return [_error(row, host, mask) for row in rows]


def _error(row, host, mask):
    related = row.get("ErrorRelatedTo")
    related = (
        [one for one in related if isinstance(one, str)]
        if isinstance(related, list)
        else []
    )
    places = [match[0] for match in map(_PLACE.match, related) if match]
    cause = cause_of(row)
    if cause is Cause.INVALID_ADDRESS and not places:
        is_author = any(one.startswith(("From", "Sender")) for one in related)
        cause = Cause.SENDER if is_author else Cause.NOT_CARRIED
    return SendApiError(cause, mask(_text_of(row)), host), places


def cause_of(row):
    """Return the `Cause` of an error with ErrorCode, StatusCode and ErrorMessage."""
    code = row.get("ErrorCode")
    if isinstance(code, str) and code.lower() in CAUSES:
        return CAUSES[code.lower()]
    status = row.get("StatusCode")
    if status == 429:
        return Cause.THROTTLED
    text = one_line(row.get("ErrorMessage"))
    # Words that are not Mailjet's own say the same in both protocols
    cause = cause_of_reply(550, text, Stage.DATA)
    if status == 401:
        # Its text for wrong keys says that they "may be expired"
        return cause if cause in _NOT_THE_KEYS else Cause.LOGIN
    if cause is not Cause.REPLY:
        return cause
    is_outage = isinstance(status, int) and status >= 500
    return Cause.TEMPORARY if is_outage else Cause.REPLY


def whole_error(row, host, mask):
    """Return the `SendApiError` of an answer about a whole request."""
    return _error(row, host, mask)[0]


def is_about_account(error):
    """Whether an error is about all mail, and not about those in the request."""
    return CONSEQUENCES[error.cause].pauses


def _text_of(row):
    parts = (row.get("StatusCode"), row.get("ErrorCode"), row.get("ErrorMessage"))
    return " ".join(filter(None, map(one_line, parts)))[:500]
