"""Unpack the files that reports arrive in: zip, gzip or plain XML, within limits.

The first bytes decide, as content types and file names are often wrong. Nothing is
written to disk, and no name from an archive is used as a path.
"""

import io
import zipfile
import zlib
from collections import namedtuple

from ..words import _lt
from .errors import (
    BrokenFileError,
    DmarcFileError,
    NoReportError,
    UnsafeFileError,
    damaged,
    no_report,
    too_large,
)

MAX_PACKED = 10 * 2**20
MAX_XML = 25 * 2**20
MAX_ENTRIES = 10
# `zipfile` makes an object for every entry of the directory before it can be asked
MAX_LISTED = 200
# Each costs a copy of the rest of the file
MAX_MEMBERS = 20
# How much of a file is looked at to tell what it is
HEAD = 2**16

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
# Of an entry in a zip's directory
LISTED = b"PK\x01\x02"
# Yahoo and AOL sent this, compressed, in May 2023
UNUSED = b"unused"
# What `zipfile` raises for damaged, unusual and lying archives
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    ArithmeticError,
    LookupError,
)

# Others need far more memory than the file's size tells, and no report uses them
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# A report's XML: its name, the bytes, and whether the end is missing
XmlFile = namedtuple("XmlFile", "name data is_cut")
# The reports of a file, and the names of the entries that are none
Unpacked = namedtuple("Unpacked", "files skipped")


def unpack(name, data):
    """Return the XML files inside a file.

    :param str name: of the file, kept for those inside that have none
    :param bytes data: zip, gzip or XML
    :return: `Unpacked`, with at least one file
    :raise DmarcFileError: if there is no XML inside
    """
    if len(data) > MAX_PACKED:
        raise too_large(MAX_PACKED)
    if data.startswith((ZIP, EMPTY_ZIP)):
        return _unzip(data)
    is_cut = False
    if data.startswith(GZIP):
        data, is_cut = _gunzip(data, MAX_XML)
    _check_xml(data)
    return Unpacked([XmlFile(name, data, is_cut)], [])


def looks_like_xml(data):
    """Return whether bytes begin as XML does, in any encoding."""
    return data[:HEAD].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")


def head_of_gzip(data):
    """Return the beginning of what was compressed; nothing if it is damaged."""
    try:
        return zlib.decompressobj(31).decompress(data[:HEAD], HEAD)
    except zlib.error:
        return b""


def _check_xml(data):
    if data.startswith((ZIP, EMPTY_ZIP, GZIP)):
        raise UnsafeFileError(_lt("The file holds an archive inside an archive."))
    if len(data) < 2**10 and data.strip().lower() == UNUSED:
        raise NoReportError(
            _lt("An empty report, as Yahoo and AOL sent in 2023. You can ignore it.")
        )
    if not looks_like_xml(data):
        raise no_report()


def _gunzip(data, limit):
    """Decompress all members; return the bytes, and whether the last one is cut short.

    Anything behind the last member is ignored.
    """
    parts, size = [], 0
    for _member in range(MAX_MEMBERS):
        unpacker = zlib.decompressobj(31)
        try:
            part = unpacker.decompress(data, limit + 1 - size)
        except zlib.error as error:
            raise damaged() from error
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
        data = unpacker.unused_data
        if not unpacker.eof or not data.startswith(GZIP):
            joined = parts[0] if len(parts) == 1 else b"".join(parts)
            return joined, not unpacker.eof
    raise UnsafeFileError(_lt("The compressed file has too many parts."))


def _unzip(data):
    if data.count(LISTED) > MAX_LISTED:
        raise UnsafeFileError(_lt("The archive has too many entries."))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except ZIP_ERRORS as error:
        raise damaged() from error
    files, skipped, errors, left = [], [], [], 2 * MAX_XML
    with archive:
        for entry in archive.infolist():
            # `is_dir` fails for a name that is empty
            if entry.filename.endswith("/") or len(files) == MAX_ENTRIES:
                skipped.append(entry.filename)
                continue
            try:
                xml = _entry(archive, entry, left)
            except DmarcFileError as error:
                errors.append(error)
                skipped.append(entry.filename)
                continue
            left -= len(xml)
            files.append(XmlFile(entry.filename, xml, False))
    if not files:
        raise _worst(errors)
    return Unpacked(files, skipped)


def _worst(errors):
    """Return the error of an archive: broken files matter more than missing ones."""
    grave = [error for error in errors if not isinstance(error, NoReportError)]
    return (grave or errors or [no_report()])[0]


def _entry(archive, entry, left):
    """Return the XML of an entry, at most `left` bytes of it."""
    limit = min(MAX_XML, left)
    if entry.flag_bits & 1:
        raise UnsafeFileError(_lt("The archive is encrypted."))
    if entry.compress_type not in COMPRESSIONS:
        raise BrokenFileError(_lt("The archive is compressed in an unusual way."))
    if entry.file_size > limit:
        raise too_large(MAX_XML)
    try:
        with archive.open(entry) as file:
            data = file.read(limit + 1)
    except ZIP_ERRORS as error:
        raise damaged() from error
    if len(data) > limit:
        raise too_large(MAX_XML)
    _check_xml(data)
    return data
