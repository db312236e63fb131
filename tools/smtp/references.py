"""Shorten the list of message ids in a References header to one line."""

import re

from .headers import LONGEST_LINE

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


def shorten_references(value, header="References"):
    """Return a list of message ids that fits on one line.

    RFC 5537 section 3.4.4 keeps the first id and the last ones. If even these do not
    fit, the last one counts: it is the direct parent. An id that is too long for a line
    is left out. What fits already is returned as it is, unfolded.

    :param str value: the header's value
    :param str header: its name, which shares the line
    :return: the value, empty if no id fits
    """
    room = LONGEST_LINE - len(f"{header}: ")
    if _length(value) <= room and not re.search(r"[\r\n]", value):
        return value
    unfolded = " ".join(value.split())
    if _length(unfolded) <= room:
        return unfolded
    ids = [one for one in _MESSAGE_ID.findall(value) if _length(one) <= room]
    if not ids:
        return ""
    first, *others, last = ids if len(ids) > 1 else ["", *ids]
    if first and _length(f"{first} {last}") > room:
        return last
    kept = [last]
    for one in reversed(others):
        if _length(" ".join([first, one, *kept])) > room:
            break
        kept.insert(0, one)
    return " ".join(filter(None, [first, *kept]))


def _length(text):
    return len(text.encode("utf-8", "replace"))
