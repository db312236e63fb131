"""Split the body of a post into its items, whatever has happened to it on the way.

One damaged string, enormous number or deep nesting must not cost the other items of the
post. The content type does not matter: a proxy or an old client may send any.
"""

import json
import re
import zlib
from dataclasses import dataclass

LONGEST_RAW = 10_000
_GZIP = b"\x1f\x8b"
# Python refuses to convert more than 4,300 digits, which takes quadratic time
_MOST_DIGITS = 20
# Not allowed in JSON, and of no use to people; line breaks and tabs are
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
# An unterminated string extends to the end
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{},]', re.DOTALL)


class PostError(ValueError):
    """A post that cannot be read at all."""


class TooLargeError(PostError):
    """A compressed post that is too large."""


@dataclass(frozen=True)
class Item:
    """One item of a post.

    `raw` has the bytes of an item that was repaired or could not be read, escaped like
    `\\xe9` where they are not readable ASCII, and cut to a bearable length; else "".
    """

    value: object = None
    is_readable: bool = True
    raw: str = ""


def unpack(body, limit):
    """Return a body without compression, whatever its headers say.

    :param int limit: the size in bytes that is accepted
    :raise TooLargeError: if it is larger when decompressed
    :raise PostError: if it is damaged
    """
    if not body.startswith(_GZIP):
        return body
    decompress = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = decompress.decompress(body, limit + 1)
    except zlib.error as error:
        raise PostError(f"The compressed post is damaged: {error}") from error
    if len(unpacked) > limit:
        raise TooLargeError(f"The post is larger than {limit} bytes when unpacked")
    if not decompress.eof:
        raise PostError("The compressed post is not complete")
    return unpacked


def split(body):
    """Return the `Item`s of a post: those of a JSON array, or the one object."""
    try:
        value = json.loads(body, parse_constant=str)
    except (ValueError, RecursionError):
        return [_read(text) for text in _texts(_decode(body))]
    return [Item(one) for one in (value if isinstance(value, list) else [value])]


def _decode(body):
    """Return the text; bytes that are not UTF-8 become lone surrogates, for `_raw`."""
    encoding = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    return body.decode(encoding, "replace")


def _texts(text):
    """Return the text of each item of an array, or of the only item."""
    text = text.strip()
    if not text.startswith("["):
        return [text]
    texts, depth, start = [], 0, 1
    for token in _TOKEN.finditer(text):
        character = token[0]
        if character in ("[", "{"):
            depth += 1
        elif character in ("]", "}"):
            depth -= 1
        if (character == "," and depth == 1) or not depth:
            texts.append(text[start : token.start()].strip())
            start = token.end()
        if not depth:
            break
    rest = text[start:].strip()
    return [*texts, rest] if rest else texts


def _read(text):
    """Return the `Item` in a text."""
    repaired = _CONTROL.sub("\ufffd", text)
    try:
        value = json.loads(
            repaired, strict=False, parse_constant=str, parse_int=_read_number
        )
    except (ValueError, RecursionError):
        return Item(is_readable=False, raw=_raw(text))
    is_damaged = repaired != text or _has_broken_string(text)
    return Item(value, raw=_raw(text) if is_damaged else "")


def _has_broken_string(text):
    """Return whether a string has bytes that are not UTF-8, or raw line breaks."""
    if not text.isascii() and re.search("[\udc80-\udcff]", text):
        return True
    return any("\n" in one or "\r" in one or "\t" in one for one in _strings(text))


def _strings(text):
    return (token[0] for token in _TOKEN.finditer(text) if token[0].startswith('"'))


def _read_number(digits):
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _raw(text):
    """Return the bytes as sent, readable and bounded."""
    data = text[:LONGEST_RAW].encode("utf-8", "surrogateescape")
    shown = data.decode("ascii", "backslashreplace")
    return _CONTROL.sub(lambda one: f"\\x{ord(one[0]):02x}", shown)[:LONGEST_RAW]
