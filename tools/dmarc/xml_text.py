"""Prepare a report's XML so that a parser reads what a person would.

Senders declare encodings that they do not use and prefixes that they do not define.
After this, the bytes are UTF-8 without a declaration.
"""

import codecs
import re

from ..words import _lt
from .errors import UnsafeFileError

STEP = 2**20
BLANK = b" \t\r\n\0"
UTF_8 = b"\xef\xbb\xbf"
# Encodings of two bytes, by the two ways in which they show: a mark, or zeros
WIDE = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Those of one byte that reports declare; the others are taken for UTF-8 if they can be
NARROW = re.compile(
    r"(iso-?8859-?\d{1,2}|latin-?\d|(windows-?|cp)125\d|koi8-[ru])", re.IGNORECASE
)
DECLARATION = re.compile(rb"^<\?xml\b[^>]{0,500}>", re.IGNORECASE)
ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']{1,40})", re.IGNORECASE)
DOCUMENT_TYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
PREFIX = re.compile(rb"(</?)[A-Za-z_][\w.-]*:(?=[A-Za-z_])")


def clean_xml(data):
    """Return XML as UTF-8 without a declaration, and whether letters were lost.

    :raise UnsafeFileError: if it defines a document type, which no report needs and
        which can name files, addresses and texts that multiply
    """
    data, is_lossy = _as_utf8(data)
    if DOCUMENT_TYPE.search(data):
        raise UnsafeFileError(
            _lt("The file defines entities, which reports have no use for.")
        )
    return data, is_lossy


def without_prefixes(data):
    """Return XML without prefixes of elements, for senders that do not declare them."""
    parts, start = [], 0
    # In steps, as it makes many small pieces; each begins with a tag
    while start < len(data):
        end = data.find(b"<", start + STEP)
        end = len(data) if end == -1 else end
        parts.append(PREFIX.sub(rb"\1", data[start:end]))
        start = end
    return b"".join(parts)


def _as_utf8(data):
    for start, encoding in WIDE:
        if data.startswith(start):
            data = _recode(data, encoding)
            break
    data = data.strip(BLANK).removeprefix(UTF_8).lstrip(BLANK)
    encoding = "utf-8"
    if declaration := DECLARATION.match(data):
        data = data[declaration.end() :]
        if named := ENCODING.search(declaration[0]):
            encoding = named[1].decode("ascii", "replace").lower()
    if data.isascii():
        return data, False
    if NARROW.fullmatch(encoding):
        return _recode(data, encoding), False
    if _is_utf8(data):
        return data, False
    if encoding in ("utf-8", "utf8"):
        return _recode(data, encoding), True
    # Not what it declares: what remains of utf-16, us-ascii and unknown names
    return _recode(data, "cp1252"), False


def _is_utf8(data):
    try:
        for _part in _decode(data, "utf-8", "strict"):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _recode(data, encoding):
    """Return text as UTF-8; what it declares may not exist, such as latin-99."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        encoding = "cp1252"
    return b"".join(text.encode() for text in _decode(data, encoding, "replace"))


def _decode(data, encoding, errors):
    """Yield text in steps: as a whole it may take four times as much memory."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for start in range(0, len(data), STEP):
        yield decoder.decode(data[start : start + STEP], start + STEP >= len(data))
