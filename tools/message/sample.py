"""A message as one recipient gets it, taken apart for the checks."""

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

import lxml.etree
import lxml.html

from .visibility import hiding_selectors, is_hidden, is_seen

# Elements whose text nobody reads
_UNSEEN = ("head", "script", "style", "title", "template")
_BLANKS = re.compile(r"[\s\u200b-\u200d\u2060\ufeff\u00ad\u034f]+")
# Odoo's own pages for recipients, and the word in several languages
_UNSUBSCRIBE = re.compile(
    r"unsubscri|opt[-_ ]?out|d[ée]sabonn|d[ée]sinscri|abmeld|abbestell|austragen"
    r"|darse[ -]de[ -]baja|cancelar[ -](?:la[ -])?suscrip|disiscri|annulla.{0,9}iscri"
    r"|afmelden|uitschrij|avprenumer|avregistr|cancelar.{0,9}subscri|wypisz",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Link:
    """An `<a href>`.

    :ivar href: as in the message
    :ivar target: where it leads in the end; for a tracked link, what it was made of
    :ivar text: what one reads, or the alternative texts of its images
    :ivar has_image: whether an image is part of it
    :ivar is_seen: whether no style hides it
    :ivar label: what it says of itself to screen readers
    """

    href: str
    target: str
    text: str
    has_image: bool = False
    is_seen: bool = True
    label: str = ""

    @property
    def is_tracked(self) -> bool:
        """Whether Odoo counts its clicks."""
        return self.href != self.target

    @property
    def parts(self) -> SplitResult:
        """The target taken apart; empty if it is no URL."""
        return split_url(self.target)

    @property
    def is_web(self) -> bool:
        """Whether it leads to a web page."""
        return self.parts.scheme in ("http", "https")

    @property
    def is_unsubscribe(self) -> bool:
        """Whether recipients unsubscribe with it."""
        return bool(_UNSUBSCRIBE.search(f"{self.text} {self.target}"))


def split_url(url: str) -> SplitResult:
    """Return a URL taken apart; empty if it is none."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018  (raises for one that is no number)
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


@dataclass(frozen=True)
class Sample:
    """A message to one recipient.

    :ivar message: as it leaves
    :ivar recipient: to whom, for people
    :ivar targets: tracked links -> what they were made of
    :ivar base_url: of this Odoo
    :ivar written: the words of the mailing itself, before fields were filled in
    """

    message: EmailMessage
    recipient: str = ""
    targets: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""
    written: str = ""

    @classmethod
    def parse(cls, content: bytes, **details) -> "Sample":
        """Return the message that these bytes are."""
        message = email.message_from_bytes(content, policy=email.policy.default)
        return cls(message, **details)

    @cached_property
    def subject(self) -> str:
        """The subject, in one line."""
        return " ".join(self.header("Subject").split())

    def header(self, name: str) -> str:
        """Return a header; as it stands where the email package trips over it."""
        try:
            return str(self.message[name] or "")
        except (AttributeError, IndexError, TypeError, ValueError):
            raw = dict(self.message.raw_items())
            return str(raw.get(name, ""))

    @cached_property
    def html(self) -> str:
        """The HTML part; empty without one."""
        return self._content("html")

    @cached_property
    def text(self) -> str:
        """The text part; empty without one."""
        return self._content("plain")

    def _content(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return part.get_content() if part is not None else ""

    @cached_property
    def root(self):
        """The HTML part as lxml's element, or None."""
        if not self.html.strip():
            return None
        # Declared encodings would be an error, as the text is decoded already
        html = re.sub(r"^\s*<\?xml[^>]*\?>", "", self.html)
        try:
            return lxml.html.document_fromstring(html)
        except lxml.etree.ParserError:  # nothing but comments
            return None

    def elements(self, *tags: str) -> list:
        """Return the elements with these tags, in order."""
        return [] if self.root is None else list(self.root.iter(*tags))

    @cached_property
    def links(self) -> list[Link]:
        """All links, those without a target included."""
        return [
            self._link(element) for element in self.elements("a") if _is_link(element)
        ]

    def _link(self, element) -> Link:
        href = (element.get("href") or "").strip()
        text = squeezed(element.text_content())
        images = list(element.iter("img"))
        shown = text or squeezed(" ".join(image.get("alt") or "" for image in images))
        target = self.targets.get(href, href)
        seen = is_seen(element, self._hiding_selectors)
        label = element.get("aria-label") or element.get("title") or ""
        return Link(href, target, shown, bool(images), seen, squeezed(label))

    @cached_property
    def _hiding_selectors(self) -> frozenset[str]:
        styles = (element.text or "" for element in self.elements("style"))
        return hiding_selectors("\n".join(styles))

    @cached_property
    def foreign_links(self) -> list[Link]:
        """Links that lead elsewhere than to this Odoo, whose address is its own matter.

        Those to Odoo may hold a recipient's token.
        """
        return [
            link
            for link in self.links
            if not self.is_own(link.target) or self.is_odoos_anchor(link)
        ]

    def is_own(self, url: str) -> bool:
        """Whether a URL leads to this Odoo."""
        host = split_url(self.base_url).netloc
        return bool(host) and split_url(url).netloc == host

    def is_odoos_anchor(self, link: Link) -> bool:
        """Whether a link was just "#": Odoo puts its own address before it."""
        return link.target.replace("/#", "#") == f"{self.base_url.rstrip('/')}#"

    @cached_property
    def images(self) -> list:
        """Images that recipients see, so without tracking pixels."""
        return [image for image in self.elements("img") if not is_pixel(image)]

    @cached_property
    def words(self) -> str:
        """What one reads: without hidden texts, in one line."""
        if self.root is None:
            return ""
        return squeezed(" ".join(_texts(self.root, self._hiding_selectors)))

    @cached_property
    def hidden_preheader(self) -> str:
        """The hidden text at the top, meant for the list of a mailbox."""
        for element in self.elements("div", "span", "p", "td"):
            if is_hidden(element, self._hiding_selectors):
                text = squeezed(element.text_content())
                if text:
                    return text
            elif squeezed(element.text or ""):
                return ""  # the visible text has begun
        return ""

    @cached_property
    def preheader(self) -> str:
        """What mailboxes show beside the subject."""
        return self.hidden_preheader or self.words

    @cached_property
    def attachments(self) -> list[tuple[str, int]]:
        """Name and size in bytes of each attached file."""
        return [
            (
                part.get_filename() or "",
                len(part.get_payload(decode=True) or b""),
            )
            for part in self.message.walk()
            if part.get_content_disposition() == "attachment"
        ]


def is_pixel(image) -> bool:
    """Whether an `<img>` is a tracking pixel."""
    is_tiny = image.get("width") in ("0", "1") and image.get("height") in ("0", "1")
    return is_tiny or "/mail/track/" in (image.get("src") or "")


def squeezed(text: str) -> str:
    """Return a text with one space wherever there are blanks."""
    return _BLANKS.sub(" ", text).strip()


def _is_link(element) -> bool:
    return "href" in element.attrib or not (element.get("name") or element.get("id"))


def _texts(element, selectors):
    """Yield the texts in an element that are visible."""
    if isinstance(element.tag, str):
        if element.tag in _UNSEEN or is_hidden(element, selectors):
            return
        if element.text:
            yield element.text
        for child in element:
            yield from _texts(child, selectors)
            if child.tail:
                yield child.tail
