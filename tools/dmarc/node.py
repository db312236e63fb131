"""An element's texts, found by the local names of what is inside it."""

from functools import lru_cache

from lxml import etree

MAX_TEXT = 1000
# How many parts of records are remembered, and up to what size in bytes
MAX_PARTS = 1000
MAX_PART = 2000


class Node:
    """The texts inside an element, and the elements that have others inside."""

    # There are several for each of many records
    __slots__ = ("is_shared", "nodes", "texts")

    def __init__(self, element=None, read=None):
        """Read an element.

        :param read: makes a node of those inside that have others inside
        """
        self.texts = {}
        self.nodes = {}
        # Whether `Parts` gives the same node to others
        self.is_shared = element is None
        read = read or Node
        for child in () if element is None else element:
            tag = child.tag
            if not isinstance(tag, str):  # an entity that is not defined
                continue
            name = local_name(tag)
            if len(child):
                self.nodes.setdefault(name, []).append(read(child))
            else:
                self.texts.setdefault(name, clean_text(child.text))

    def text(self, name):
        """Return the text of the first element of that name, or nothing."""
        return self.texts.get(name, "")

    def node(self, *names):
        """Return the first element that has one of these names, or an empty one."""
        for name in names:
            if name in self.nodes:
                return self.nodes[name][0]
        return NOTHING

    def all(self, name):
        """Return all elements of that name with others inside."""
        return self.nodes.get(name, [])


NOTHING = Node()


class Parts:
    """Reads records, most of which differ in little but their source and number."""

    def __init__(self):
        self._known = {}

    def record(self, element):
        """Return a record as a `Node`; equal parts of records are one and the same."""
        return Node(element, self._of_record)

    def _of_record(self, element):
        # The row itself has what is different
        is_row = local_name(element.tag) == "row"
        return Node(element, self._part) if is_row else self._part(element)

    def _part(self, element):
        text = etree.tostring(element, with_tail=False)
        if len(text) > MAX_PART:
            return Node(element)
        if text not in self._known:
            if len(self._known) >= MAX_PARTS:
                self._known.clear()
            node = self._known[text] = Node(element)
            node.is_shared = True
        return self._known[text]


@lru_cache(2**10)
def local_name(tag):
    """Return a tag's name without its name space or prefix."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def namespace(tag):
    """Return a tag's name space, or nothing."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def clean_text(text):
    """Return a text on one line, at most so long, without what cannot be stored."""
    if not text:
        return ""
    if len(text) <= MAX_TEXT and text.isprintable():
        return text.strip()
    return " ".join(text[: 2 * MAX_TEXT].replace("\0", "").split())[:MAX_TEXT]
