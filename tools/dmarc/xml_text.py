"""Prepare a report's XML so that a parser reads what a person would.

Senders declare encodings that they do not use and prefixes that they do not define.
After this, the bytes are UTF-8 without a declaration.
"""

import codecs
import re

from ..words import _lt
from .errors import UnsafeFileError

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
    """Return XML as UTF-8 without a declaration.

    :raise UnsafeFileError: if it defines a document type, which no report needs and
        which can name files, addresses and texts that multiply
    """
    data = _as_utf8(data)
    if DOCUMENT_TYPE.search(data):
        raise UnsafeFileError(
            _lt("The file defines entities, which reports have no use for.")
        )
    return data


def without_prefixes(data):
    """Return XML without prefixes of elements, for senders that do not declare them."""
    return PREFIX.sub(rb"\1", data)


def _as_utf8(data):
    for start, encoding in WIDE:
        if data.startswith(start):
            data = data[: len(data) // 2 * 2].decode(encoding, "replace").encode()
            break
    data = data.strip(BLANK).removeprefix(UTF_8).lstrip(BLANK)
    declaration = DECLARATION.match(data)
    if not declaration:
        return data
    data = data[declaration.end() :]
    named = ENCODING.search(declaration[0])
    encoding = named[1].decode("ascii", "replace").lower() if named else "utf-8"
    if encoding in ("utf-8", "utf8") or data.isascii():
        return data
    if NARROW.fullmatch(encoding):
        return _recode(data, encoding)
    # Not what it declares: what remains of utf-16, us-ascii and unknown names
    return data if _is_utf8(data) else _recode(data, "cp1252")


def _is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _recode(data, encoding):
    try:
        return data.decode(encoding, "replace").encode()
    except LookupError:  # such as latin-99
        return data.decode("cp1252", "replace").encode()
