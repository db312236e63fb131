"""What of a clicked link may be kept.

The values in a link open an order, reset a password or unsubscribe somebody. Which link
was clicked shows without them.
"""

import re

HIDDEN = "…"

# After "?", "&", ";" or "#": a name and its value, or a value alone
_VALUES = re.compile(r"(?P<start>[?&;#])(?P<name>[^?&;#=]*=)?(?P<value>[^&;#]*)")
_USER = re.compile(r"(?P<scheme>/\\?/)[^/?#@\\]*@")
# A UUID or 16 and more hexadecimal digits; names of pages look otherwise
_TOKEN = re.compile(
    r"(?<=[/=])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})(?![^/?#])",
    re.IGNORECASE,
)
# JSON may write any character as \uXXXX
_LINK = re.compile(
    r"(?P<place>https?:[^\s\"?#]*?)(?P<values>(?:[?#]|\\u00)[^\s\"]*)?(?=[\s\"]|$)",
    re.IGNORECASE,
)


def without_values(url):
    """Return a link without what may be secret: its values, tokens, user and password.

    Names of parameters and the rest of the path remain. None stays None.
    """
    if not url:
        return url
    cut = re.search(r"[?#]", url)
    place, values = (url[: cut.start()], url[cut.start() :]) if cut else (url, "")
    place = _TOKEN.sub(HIDDEN, _USER.sub(rf"\g<scheme>{HIDDEN}@", place))
    return place + _VALUES.sub(_hide, values)


def text_without_values(text):
    """Return a text, such as JSON, in which links end before their values."""
    return _LINK.sub(_shorten, text)


def _shorten(match):
    return without_values(match["place"]) + (HIDDEN if match["values"] else "")


def _hide(match):
    if not match["value"]:
        return match[0]
    return f"{match['start']}{match['name'] or ''}{HIDDEN}"
