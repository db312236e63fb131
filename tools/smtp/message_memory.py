"""Build many similar messages with less effort, and the same bytes.

The mails of a mailing share most headers and all attachments. Python's `email` parses,
encodes and folds them for each mail again; here it does so once.
"""

from collections.abc import Callable
from email.contentmanager import ContentManager
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

# What is remembered is forgotten at once when there is so much of it. A mail has some
# ten headers of its own, so the shared ones are parsed again every 50 mails.
MOST_HEADERS = 500
MOST_BYTES = 8 << 20


def remembering(policy: EmailPolicy) -> EmailPolicy:
    """Return a policy that writes the same bytes as this one, sooner.

    It is for one thread. Headers, which nothing changes once they are parsed, are
    shared by the messages.
    """

    class Remembering(_HeaderMemory, type(policy)):
        pass

    return Remembering(
        **{
            **vars(policy),
            "parsed": {},
            "folded": {},
            "header_factory": HeaderClasses(policy.header_factory),
            "content_manager": _ContentMemory(policy.content_manager),
        }
    )


class _HeaderMemory:
    """The part of a policy that remembers headers; clones share what is known."""

    parsed: dict = {}
    folded: dict = {}

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return a header as it is kept in a message."""
        if type(value) is not str:
            return super().header_store_parse(name, value)
        if (name, value) not in self.parsed:
            _make_room(self.parsed)
            self.parsed[name, value] = super().header_store_parse(name, value)
        return self.parsed[name, value]

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the lines of a header."""
        settings = (self.linesep, self.max_line_length, self.utf8, self.cte_type)
        # By identity: two that read the same may have been written differently
        key = (name, id(value), settings)
        if key not in self.folded:
            _make_room(self.folded)
            # With the value, so that no other one takes over its identity
            self.folded[key] = value, super().fold_binary(name, value)
        return self.folded[key][1]


class HeaderClasses:
    """A header factory that makes the class of a header once."""

    def __init__(self, factory: Callable) -> None:
        self._factory = factory
        self._classes: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        if name not in self._classes:
            _make_room(self._classes)
            self._classes[name] = self._factory[name]
        return self._classes[name]

    def __call__(self, name: str, value: Any) -> Any:
        return self[name](name, value)


class _ContentMemory(ContentManager):
    """Encodes an attachment once."""

    def __init__(self, manager: ContentManager) -> None:
        super().__init__()
        self._manager = manager
        self._known: dict[tuple, EmailMessage] = {}
        self.size = 0

    def get_content(self, msg: EmailMessage, *args: Any, **kw: Any) -> Any:
        return self._manager.get_content(msg, *args, **kw)

    def set_content(self, msg: EmailMessage, obj: Any, *args: Any, **kw: Any) -> None:
        """Make this content that of a message."""
        if not isinstance(obj, bytes) or msg.items():
            self._manager.set_content(msg, obj, *args, **kw)
            return
        key = (obj, args, tuple(kw.items()))
        known = self._known.get(key)
        if known:
            for name, value in known.items():
                msg[name] = value
            msg.set_payload(known.get_payload())
            return
        self._manager.set_content(msg, obj, *args, **kw)
        self.size += len(obj) + len(msg.get_payload())
        if self.size > MOST_BYTES:
            self._known.clear()
            self.size = 0
        else:
            self._known[key] = msg


class Flattener(BytesGenerator):
    """Writes what `BytesGenerator` writes, without looking at each line."""

    def _write_lines(self, lines: str) -> None:
        if "\r" in lines:
            lines = lines.replace("\r\n", "\n").replace("\r", "\n")
        self.write(lines.replace("\n", self._NL))

    @classmethod
    def _make_boundary(cls, text: Any = None) -> str:
        # Without a text it just makes one up; to look for it takes no expression
        boundary = super()._make_boundary()
        if text is None or boundary.encode() not in text:
            return boundary
        return super()._make_boundary(text)


def _make_room(memory: dict) -> None:
    if len(memory) >= MOST_HEADERS:
        memory.clear()
