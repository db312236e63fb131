"""An element's texts, found by the local names of what is inside it."""

from functools import lru_cache

MAX_TEXT = 1000


class Node:
    """The texts inside an element, and the elements that have others inside."""

    # There are several for each of many records
    __slots__ = ("nodes", "texts")

    def __init__(self, element=None):
        self.texts = {}
        self.nodes = {}
        for child in () if element is None else element:
            tag = child.tag
            if not isinstance(tag, str):  # an entity that is not defined
                continue
            name = local_name(tag)
            if len(child):
                self.nodes.setdefault(name, []).append(Node(child))
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
