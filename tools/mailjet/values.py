"""Read single values from rows of Mailjet's REST API, in all their spellings.

Each reader takes a row and the name of a value, and raises `UnexpectedAnswerError` if
the value has the wrong type. `rows` describes the results.
"""

import math
import re
from datetime import datetime, timedelta

from ... import const
from .errors import UnexpectedAnswerError

SCALARS = (str, int, float)


def clean(text):
    """Remove what databases and logs reject."""
    if text.isascii():  # nearly always, and much faster
        return text.replace("\0", "")
    return text.replace("\0", "").encode(errors="replace").decode()


def text_of(row, name):
    """Return a text, or a number as text; "" if it is missing."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, SCALARS):
        return clean(str(value))
    raise UnexpectedAnswerError(f"{name} is not a text")


def texts_of(row, name):
    """Return a list of texts as a tuple, () if it is missing."""
    values = row.get(name) or []
    if isinstance(values, str):
        values = [values]
    if isinstance(values, list) and all(isinstance(one, str) for one in values):
        return tuple(clean(one) for one in values)
    raise UnexpectedAnswerError(f"{name} is not a list of texts")


def needed_text_of(row, name):
    """Return a required text."""
    text = text_of(row, name)
    if not text:
        raise UnexpectedAnswerError(f"{name} is missing")
    return text


def id_of(row, name="ID"):
    """Return an id as text. Only the documentation puts ids in quotes."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and re.fullmatch("[1-9][0-9]*", value):
        return value
    raise UnexpectedAnswerError(f"{name} is not an id")


def link_of(row, name):
    """Return the id of a linked object, "" for none: missing, -1, 0 or empty."""
    return "" if row.get(name) in (None, "", 0, -1, "0", "-1") else id_of(row, name)


def number_of(row, name):
    """Return a whole number, 0 if it is missing."""
    value = row.get(name) or 0
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and re.fullmatch("-?[0-9]{1,18}", value):
        return int(value)
    raise UnexpectedAnswerError(f"{name} is not a number")


def real_of(row, name):
    """Return a number that may have a fraction, 0.0 if it is missing."""
    value = row.get(name) or 0
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise UnexpectedAnswerError(f"{name} is not a number") from None
    if math.isfinite(number):
        return number
    raise UnexpectedAnswerError(f"{name} is not a number")


def flag_of(row, name, missing=False):
    """Return a boolean. Only the documentation puts booleans in quotes."""
    value = row.get(name)
    if value is None:
        return missing
    value = value.lower() if isinstance(value, str) else value
    if value in (True, "true", "1"):
        return True
    if value in (False, "false", "0"):
        return False
    raise UnexpectedAnswerError(f"{name} is neither true nor false")


def date_of(row, name):
    """Return a date in UTC, None if it is missing, for which Mailjet sends "".

    Written as 2020-11-06T13:38:49Z; the documentation omits the Z.
    """
    text = text_of(row, name)
    if not text:
        return None
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z?", text)
    date = match and _parsed_date(match[1])
    if not date:
        raise UnexpectedAnswerError(f"{name} is not a date")
    return date


def needed_date_of(row, name):
    """Return a required date."""
    date = date_of(row, name)
    if not date:
        raise UnexpectedAnswerError(f"{name} is missing")
    return date


def _parsed_date(text):
    """Return the date, None if there is no such day."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def query_date_from(moment):
    """Return the FromTS of a window that starts at a moment: the API excludes FromTS.

    https://github.com/mailgun/mailjet-mcp-server/blob/main/src/openapi-mailjet.yaml
    """
    return query_date(moment - timedelta(seconds=1))


def query_date(moment):
    """Return a date in UTC as queries expect it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def word_of(row, name, known):
    """Return a word from a list, in lower case, or "unknown"."""
    word = text_of(row, name).strip().lower().replace(" ", "_")
    return word if word in known else const.UNKNOWN
