"""Read the values of a query: moments, numbers, patterns."""

from collections.abc import Mapping

from ..resource import ApiError
from .moments import read


def moment(query: Mapping[str, str], name: str, default: float) -> float:
    """Return a moment as Unix seconds; raises `ApiError` if it is not one."""
    text = query.get(name, "")
    if not text:
        return default
    try:
        return read(text)
    except ValueError:
        raise ApiError(400, f"{text} is not a date") from None


def number(query: Mapping[str, str], *names: str) -> int | None:
    """Return the number under the first name that is present.

    -1, an id that does not exist, if the value is not a number.
    """
    for name in names:
        text = query.get(name, "")
        if text:
            return int(text) if text.isascii() and text.isdecimal() else -1
    return None


def matches(query: Mapping[str, str], field: str, value: str) -> bool:
    """Return whether a text passes a field's filters, such as Email and EmailLikeCI.

    LLike and RLike are defined in mailjet-mcp-server, openapi-mailjet.yaml
    """
    for name, passes in (
        ("", str.__eq__),
        ("like", str.__contains__),
        ("llike", str.startswith),
        ("rlike", str.endswith),
    ):
        for suffix in ("", "ci"):
            wanted = query.get(f"{field}{name}{suffix}")
            if wanted is None:
                continue
            pair = (value, wanted)
            # According to the reference, a plain filter on Email ignores case, too
            if suffix or (field, name) == ("email", ""):
                pair = (value.lower(), wanted.lower())
            if not passes(*pair):
                return False
    return True
