"""Read the values of a query: moments, numbers, patterns."""

from collections.abc import Mapping

from ..resource import ApiError
from .moments import read


def moment(query: Mapping[str, str], name: str, default: float) -> float:
    """A moment as Unix seconds; raises `ApiError` for what is none."""
    text = query.get(name, "")
    if not text:
        return default
    try:
        return read(text)
    except ValueError:
        raise ApiError(400, f"{text} is not a date") from None


def number(query: Mapping[str, str], *names: str) -> int | None:
    """The number under the first of the names that is there.

    -1, which nothing has, for what is no number: an id that does not exist.
    """
    for name in names:
        text = query.get(name, "")
        if text:
            return int(text) if text.isascii() and text.isdecimal() else -1
    return None


def matches(query: Mapping[str, str], field: str, value: str) -> bool:
    """Whether a text passes the filters on a field, such as Email and EmailLikeCI.

    What LLike and RLike mean: mailjet-mcp-server, openapi-mailjet.yaml
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
            # The reference calls a plain look-up of an e-mail case-insensitive, too
            if suffix or (field, name) == ("email", ""):
                pair = (value.lower(), wanted.lower())
            if not passes(*pair):
                return False
    return True
