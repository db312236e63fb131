"""Walk through a report's XML without building it as a whole.

Elements are found by their local names, as senders use namespaces freely.
"""

import re
from itertools import islice

from lxml import etree

from ..words import _lt
from .errors import BrokenFileError, UnsafeFileError
from .node import NOTHING, Node, Parts, local_name, namespace
from .xml_text import without_prefixes

STEP = 2**16
# The longest stretch without a record or a header, as all of it is in memory
MAX_STRETCH = 2**19
WANTED = ("feedback", "record", "report_metadata", "policy_published")
OPTIONS = {
    "events": ("end",),
    "tag": ["{*}" + name for name in WANTED],
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
# So many elements hold all that is read of a report; more are only work
MAX_WANTED = 51_000
# Each stays in memory until the end. A file with more is no damaged report
MAX_ERRORS = 1000
# libxml2's xmlParserErrors: a name space that is not declared; a limit that is exceeded
UNDECLARED = 201
OVER_LIMIT = 114
RECORD_TAG = re.compile(rb"<(/?)(?:[\w.-]+:)?record(?=[\s/>]|$)")


class Walk:
    """A way to parse a file that is known to work, and can be repeated.

    :ivar dict head: the first `Node` of each header by name; None for other elements
    :ivar str namespace: of the whole
    :ivar bool is_repaired: whether the XML is damaged, and parts of it may be missing
    :ivar bool is_long: whether there are more elements than are read
    """

    def __init__(self, data):
        """Find out how the data can be parsed.

        :param bytes data: what `clean_xml` returned first
        :raise DmarcFileError: if it cannot
        """
        self.data = data
        self.head = {}
        self.namespace = ""
        self.is_repaired = self.is_long = False
        error = self._try()
        if error == UNDECLARED:
            self.data = without_prefixes(data)
            error = self._try()
        if error == OVER_LIMIT:
            raise _too_large()
        if error:
            self.is_repaired = True
            error = self._try()
        if error:
            raise _unreadable()

    def records(self):
        """Yield a `Node` for each record."""
        last, parts = None, Parts()
        for name, element in islice(self._elements(), MAX_WANTED):
            if name == "record":
                if last is not None:
                    yield last
                last = parts.record(element)
            _forget(element)
        # The parser closes a record that the end of the file cuts off
        if last is not None and not (self.is_repaired and self._ends_in_record()):
            yield last

    def _try(self):
        """Parse as far as rows are read; return an error's code or None."""
        self.head = {}
        try:
            for number, (name, element) in enumerate(self._elements()):
                if name not in self.head:
                    self.head[name] = None if name == "record" else Node(element)
                if name == "feedback":
                    self.namespace = namespace(element.tag)
                if number == MAX_WANTED:
                    self.is_long = True
                    self._enter(element)
                    break
                _forget(element)
        except (_FoundError, etree.XMLSyntaxError) as error:
            return error.code
        return None

    def _enter(self, element):
        """Note the report around an element, the end of which is not reached."""
        for node in element.iterancestors("{*}feedback"):
            self.head.setdefault("feedback", NOTHING)
            self.namespace = namespace(node.tag)

    def _elements(self):
        """Yield names and elements as they end, in bounded memory."""
        parser = etree.XMLPullParser(recover=self.is_repaired, **OPTIONS)
        stretch = 0
        for start in range(0, len(self.data), STEP):
            parser.feed(self.data[start : start + STEP])
            self._check_errors(parser)
            stretch += STEP
            for _event, element in parser.read_events():
                stretch = 0
                yield local_name(element.tag), element
            if stretch > MAX_STRETCH:
                raise _too_large()
        parser.close()
        for _event, element in parser.read_events():
            yield local_name(element.tag), element

    def _check_errors(self, parser):
        """Stop at the first error; the parser itself reports it only at the end."""
        errors = parser.feed_error_log
        if self.is_repaired and len(errors) > MAX_ERRORS:
            raise _unreadable()
        found = errors.filter_from_errors()
        if found and not self.is_repaired:
            raise _FoundError(found[0].type)

    def _ends_in_record(self):
        """Return whether the last record has no end."""
        is_open = False
        for tag in RECORD_TAG.finditer(self.data[-MAX_STRETCH:]):
            is_open = not tag[1]
        return is_open


class _FoundError(Exception):
    """The parser has found an error, with that code."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def _forget(element):
    """Free an element, and all that came before it."""
    element.clear()
    for node in (element, *element.iterancestors()):
        while node.getprevious() is not None:
            del node.getparent()[0]


def _unreadable():
    return BrokenFileError(_lt("The file is not readable XML."))


def _too_large():
    return UnsafeFileError(_lt("A part of the file is too large for a DMARC report."))
