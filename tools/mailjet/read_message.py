"""Build messages that are read and never written as bytes.

Python parses each header and encodes each text to write them later. The Send API gets
both as they are.
"""

from datetime import datetime
from email.contentmanager import ContentManager
from email.headerregistry import DateHeader, MessageIDHeader, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from ..smtp.message_memory import HeaderClasses


def unwritten(policy: EmailPolicy) -> EmailPolicy:
    """Return a policy like this one, for messages that are only read.

    `plain_text` has the text of a part.

    :param policy: of `remembering`
    """
    return policy.clone(
        parsed={},
        header_factory=_TextClasses(policy.header_factory),
        content_manager=_PlainTexts(policy.content_manager),
    )


def plain_text(part: EmailMessage) -> str | None:
    """Return the text of a part that was built with `unwritten`, else None."""
    return getattr(part, "_plain_text", None)


class _TextClasses(HeaderClasses):
    """A header factory whose headers are parsed only where that changes their text."""

    def __getitem__(self, name: str) -> type:
        if name not in self._classes:
            known = super().__getitem__(name)
            self._classes[name] = type(known.__name__, (_Text, known), {})
        return self._classes[name]


class _Text:
    """Replaces the parsing of a header's class."""

    @classmethod
    def parse(cls, value: Any, kwds: dict[str, Any]) -> None:
        """Find the text, and the parts of addresses and dates; no tree for folding."""
        if isinstance(value, str) and not cls._is_plain(value):
            return super().parse(value, kwds)
        kwds["parse_tree"] = None
        if issubclass(cls, DateHeader) and isinstance(value, datetime):
            kwds |= {"datetime": value, "decoded": format_datetime(value)}
        elif isinstance(value, str):
            kwds["decoded"] = value
        else:
            return super().parse(value, kwds)
        return None

    def fold(self, *, policy: EmailPolicy) -> str:
        """Return the lines of the header: some are written as over SMTP."""
        if self._parse_tree is None:
            self._parse_tree = self.value_parser(str(self))
        return super().fold(policy=policy)

    @classmethod
    def _is_plain(cls, value: str) -> bool:
        """Whether a text says the same when it is parsed."""
        return (
            issubclass(cls, UnstructuredHeader | MessageIDHeader)
            and value.isascii()
            and value.isprintable()
            and "=?" not in value
        )


class _PlainTexts(ContentManager):
    """Sets texts without encoding them."""

    def __init__(self, manager: ContentManager) -> None:
        super().__init__()
        self._manager = manager

    def get_content(self, msg: EmailMessage, *args: Any, **kw: Any) -> Any:
        text = plain_text(msg)
        return self._manager.get_content(msg, *args, **kw) if text is None else text

    def set_content(self, msg: EmailMessage, obj: Any, *args: Any, **kw: Any) -> None:
        """Make this content that of a message."""
        if not isinstance(obj, str) or args or set(kw) != {"subtype", "charset"}:
            self._manager.set_content(msg, obj, *args, **kw)
            return
        msg["Content-Type"] = f'text/{kw["subtype"]}; charset="{kw["charset"]}"'
        # Lines and the end of the last one, as Python would encode them
        text = obj.replace("\r\n", "\n").replace("\r", "\n")
        text = text if text.endswith("\n") or not text else f"{text}\n"
        msg.set_payload(text)
        msg._plain_text = text
