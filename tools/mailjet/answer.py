"""Read the answers of Mailjet's REST API: JSON bodies, envelopes of rows, errors."""

import json
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from hashlib import blake2b

from .errors import (
    AuthenticationError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from .values import clean

# -- Bodies --------------------------------------------------------------------------


def decoded(content):
    """Return the decoded body; None for null or anything that is not JSON."""
    try:
        return json.loads(
            content.decode(),
            object_hook=_without_secret,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        return None


def _without_secret(values):
    """Drop the secrets of /apikey before an error can show them."""
    values.pop("SecretKey", None)
    return values


def _refuse_constant(name):
    """Refuse NaN and Infinity: they are not JSON, and NaN does not equal itself."""
    raise ValueError(name)


def rows_of(body):
    """Return the rows of an envelope {"Count": n, "Data": [...], "Total": n}.

    :raise UnexpectedAnswerError: if the body is not such an envelope
    """
    rows = body.get("Data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswerError("The answer contains no rows")
    return rows


def first_row(body):
    """Return the first row of an envelope.

    :raise UnexpectedAnswerError: if it has none
    """
    for row in rows_of(body):
        return row
    raise UnexpectedAnswerError("The answer contains no row")


SAME_PAGE = "Mailjet keeps sending the same page"


def page_key(page):
    """Return a digest of a page's rows, to recognize the same page.

    Ids would not do: those of opens and clicks may be missing or repeated.
    """
    return blake2b(repr(page).encode(errors="replace"), digest_size=8).hexdigest()


# -- Errors --------------------------------------------------------------------------

DEFAULT_MESSAGES = {
    AuthenticationError: "Mailjet rejected the API key or the secret key",
    NotAllowedError: "This API key is not allowed to do that",
    RateLimitedError: "Too many requests",
    UnavailableError: "Mailjet is unavailable",
    UnexpectedAnswerError: "The answer does not look like Mailjet's",
}
# https://github.com/mailjet/mailjet-gem/tree/master/spec/cassettes/Mailjet_API_Resource
_UNKNOWN_PATH = "could not determine http module"


def error_class(status, message):
    """Return the class of error for an HTTP status and Mailjet's own message, if any.

    401 means a wrong pair of keys (with an empty body) or a forbidden request. Without
    a message only Mailjet writes, a proxy may be answering: its 404 must not look like
    Mailjet's.
    """
    message = message.lower()
    if status == 429:
        return RateLimitedError
    if status == 401:
        return NotAllowedError if "not allowed" in message else AuthenticationError
    if status >= 500:
        return InvalidError if message.startswith(_UNKNOWN_PATH) else UnavailableError
    if status < 400 or not message:
        return UnexpectedAnswerError
    return {403: NotAllowedError, 404: NotFoundError}.get(status, InvalidError)


def one_line(value):
    """Return any value of an error as one line of text.

    ErrorInfo is a string, an object, or an object serialized in a string.
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        inner = decoded(value.encode(errors="replace"))
        value = value if inner is None else inner
    return "; ".join(filter(None, (" ".join(leaf.split()) for leaf in _leaves(value))))


def _leaves(value):
    """Yield the texts and numbers in a nested value, those of objects as "name: text".

    Not recursive: a server may nest as deep as it likes.
    """
    todo = [("", value)]
    while todo:
        name, value = todo.pop()
        if isinstance(value, dict):
            todo += reversed(value.items())
        elif isinstance(value, list):
            todo += [(name, item) for item in reversed(value)]
        elif value is not None and value != "":
            yield clean(f"{name}: {value}" if name else str(value))


def retry_after(text):
    """Return the seconds a Retry-After header asks for, None if it is not plausible.

    Mailjet does not send one today; a proxy or a later Mailjet may.
    https://github.com/mailjet/mailjet-apiv3-java/issues/217
    """
    try:
        seconds = float(text or "")
    except ValueError:
        seconds = _seconds_until(text or "")
    return seconds if seconds is not None and 0 <= seconds <= 3600 else None


def _seconds_until(text):
    """Return the seconds until an HTTP date, or None."""
    try:
        date = parsedate_to_datetime(text)
        return (date - datetime.now(timezone.utc)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
