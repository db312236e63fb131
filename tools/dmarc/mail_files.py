"""Find the files of a mail that may hold DMARC reports.

The bytes decide: reports come as any content type, as the whole mail or as one of its
parts, and decoding a part as text destroys some of them.
"""

import re
import zipfile
from collections import namedtuple
from email.errors import MessageError
from io import BytesIO

from .unpack import (
    COMPRESSIONS,
    EMPTY_ZIP,
    GZIP,
    HEAD,
    LISTED,
    MAX_LISTED,
    MAX_PACKED,
    UNUSED,
    ZIP,
    ZIP_ERRORS,
    head_of_gzip,
    looks_like_xml,
)

MAX_FILES = 10
# Base64 in lines makes four thirds of the bytes, and a little more
MAX_ENCODED = MAX_PACKED * 3 // 2
FEEDBACK = re.compile(rb"<(?:[\w.-]+:)?feedback[\s>]")
# What the standard library raises for some headers that nobody writes by mistake
HEADER_ERRORS = (MessageError, LookupError, ValueError, TypeError, AttributeError)

# `data` is None for a file that is too large
MailFile = namedtuple("MailFile", "name data")


def report_files(message):
    """Return the files that may hold reports, and how many more there are.

    :param EmailMessage message: as received; it is not changed
    :return: a list of at most ten `MailFile`, and a number
    """
    found = []
    for part in message.walk():
        if part.is_multipart():
            continue
        file = _file(part)
        if file:
            found.append(file)
    return found[:MAX_FILES], len(found[MAX_FILES:])


def _file(part):
    """Return the file in a part of a mail, or None if it is no report."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return None
    if len(payload) > MAX_ENCODED:
        return MailFile(_name(part), None)
    try:
        data = part.get_payload(decode=True)
    except HEADER_ERRORS:
        return None
    if not data or not may_be_report(data):
        return None
    return MailFile(_name(part), data if len(data) <= MAX_PACKED else None)


def may_be_report(data):
    """Return whether bytes may be a report; `unpack` and `Report` say for certain."""
    if data.startswith(GZIP):
        head = head_of_gzip(data)
        # What cannot be unpacked is kept, with the reason
        return not head or _is_inside(head)
    if data.startswith((ZIP, EMPTY_ZIP)):
        return _may_hold_report(data)
    # A mail in HTML begins like XML
    return looks_like_xml(data) and bool(FEEDBACK.search(data.replace(b"\0", b"")))


def _is_inside(head):
    """Return whether an unpacked file begins as one that `unpack` has an opinion of."""
    is_archive = head.startswith((GZIP, ZIP))
    return is_archive or looks_like_xml(head) or head.strip().lower() == UNUSED


def _may_hold_report(data):
    """Return whether a zip holds XML, an archive, or what cannot be looked at."""
    if data.count(LISTED) > MAX_LISTED:
        return True
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for entry in archive.infolist():
                if entry.flag_bits & 1 or entry.compress_type not in COMPRESSIONS:
                    return True
                with archive.open(entry) as file:
                    if _is_inside(file.read(HEAD)):
                        return True
    except ZIP_ERRORS:
        return True
    return False


def _name(part):
    """Return the name that the sender gave a part, or nothing."""
    try:
        return part.get_filename() or ""
    except HEADER_ERRORS:
        return ""
