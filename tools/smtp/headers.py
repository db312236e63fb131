"""Headers within the limits of the standard: RFC 5322 sections 2.1.1 and 2.2."""

import re

from ..words import Words, _lt

# Bytes in a line, without its CRLF
LONGEST_LINE = 998
LONGEST_NAME = 76

_TOO_LONG = _lt(
    "The header %(header)s has a line of %(length)s characters; email allows no more "
    "than 998."
)
_BARE_LINE_END = _lt(
    "The header %(header)s contains a line break that is not allowed there."
)

_FAULT = re.compile(rb"[^\r\n]{%d}|\r(?!\n)|(?<!\r)\n" % (LONGEST_LINE + 1))


class HeaderError(ValueError):
    """A header that a server may refuse or cut; `header` is its name, `words` why."""

    def __init__(self, header, words):
        super().__init__(str(words))
        self.header = header
        self.words = words


class LineTooLongError(HeaderError):
    """A line of a header is too long."""


class LineEndingError(HeaderError):
    """A header contains a CR or LF that does not end a line."""


def check_headers(content):
    """Check each line of the headers of a message.

    :param bytes content: the message as it goes over the wire, with CRLF line ends
    :raise LineTooLongError: for a line of more than 998 bytes
    :raise LineEndingError: for a CR or LF on its own
    """
    headers, _blank, _body = content.partition(b"\r\n\r\n")
    if not _FAULT.search(headers):
        return
    name = ""
    for line in headers.split(b"\r\n"):
        if not line.startswith((b" ", b"\t")):
            name = _name_of(line)
        if b"\r" in line or b"\n" in line:
            raise LineEndingError(name, Words(_BARE_LINE_END, {"header": name}))
        if len(line) > LONGEST_LINE:
            words = Words(_TOO_LONG, {"header": name, "length": len(line)})
            raise LineTooLongError(name, words)


def check_value(name, value):
    """Check the text of a header before it is put on a message.

    :raise LineEndingError: for a line break in it
    """
    if "\r" in value or "\n" in value:
        raise LineEndingError(name, Words(_BARE_LINE_END, {"header": name}))


def _name_of(line):
    name = line.partition(b":")[0][:LONGEST_NAME].decode("ascii", "replace")
    return "".join(character if character.isprintable() else "?" for character in name)
