"""Walk through a report's XML without building it as a whole.

Elements are found by their local names, as senders use name spaces as they like.
"""

import re

from lxml import etree

from ..words import _lt
from .errors import BrokenFileError, UnsafeFileError
from .node import Node, local_name, namespace
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
# libxml2's xmlParserErrors: a name space that is not declared; a limit that is exceeded
UNDECLARED = 201
OVER_LIMIT = 114
RECORD_TAG = re.compile(rb"<(/?)(?:[\w.-]+:)?record(?=[\s/>]|$)")


class Walk:
    """A way through a file that is known to work, and can be gone again.

    :ivar dict head: the first `Node` of each header by name; None for other elements
    :ivar str namespace: of the whole
    :ivar bool is_repaired: whether the XML is damaged, and parts of it may be missing
    """

    def __init__(self, data):
        """Find out how the data can be parsed.

        :param bytes data: what `clean_xml` returned first
        :raise DmarcFileError: if it cannot
        """
        self.data = data
        self.head = {}
        self.namespace = ""
        self.is_repaired = False
        error = self._try()
        if error and error.code == UNDECLARED:
            self.data = without_prefixes(data)
            error = self._try()
        if error and error.code == OVER_LIMIT:
            raise _too_large() from error
        if error:
            self.is_repaired = True
            error = self._try()
        if error:
            raise BrokenFileError(_lt("The file is no readable XML.")) from error

    def records(self):
        """Yield a `Node` for each record."""
        last = None
        for name, element in self._elements():
            if name == "record":
                if last is not None:
                    yield last
                last = Node(element)
            _forget(element)
        # The parser closes a record that the end of the file cuts off
        if last is not None and not (self.is_repaired and self._ends_in_record()):
            yield last

    def _try(self):
        """Go through all of it; return the parser's error, or None."""
        self.head = {}
        try:
            for name, element in self._elements():
                if name not in self.head:
                    self.head[name] = None if name == "record" else Node(element)
                if name == "feedback":
                    self.namespace = namespace(element.tag)
                _forget(element)
        except etree.XMLSyntaxError as error:
            return error
        return None

    def _elements(self):
        """Yield names and elements as they end, in bounded memory."""
        parser = etree.XMLPullParser(recover=self.is_repaired, **OPTIONS)
        stretch = 0
        for start in range(0, len(self.data), STEP):
            parser.feed(self.data[start : start + STEP])
            stretch += STEP
            for _event, element in parser.read_events():
                stretch = 0
                yield local_name(element.tag), element
            if stretch > MAX_STRETCH:
                raise _too_large()
        parser.close()
        for _event, element in parser.read_events():
            yield local_name(element.tag), element

    def _ends_in_record(self):
        """Return whether the last record has no end."""
        is_open = False
        for tag in RECORD_TAG.finditer(self.data[-MAX_STRETCH:]):
            is_open = not tag[1]
        return is_open


def _forget(element):
    """Free an element, and all that came before it."""
    element.clear()
    for node in (element, *element.iterancestors()):
        while node.getprevious() is not None:
            del node.getparent()[0]


def _too_large():
    return UnsafeFileError(_lt("A part of the file is too large for a DMARC report."))
