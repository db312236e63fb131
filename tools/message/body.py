"""The body of a message: its text part, its words beside images, its markup."""

import re

from ..mailjet.link import without_values
from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .sample import Sample, squeezed
from .thresholds import (
    EMPTY_TEXT,
    FEW_WORDS,
    IMAGE_ONLY,
    LOW_CONTRAST,
    OURS,
    SMALL_PRINT,
    WCAG_ALT,
    spamassassin,
)
from .visibility import contrast, parse_color

_FONT_SIZE = re.compile(r"font-size\s*:\s*(\d*\.?\d+)\s*px", re.IGNORECASE)
_COLOR = re.compile(r"(?<![-\w])color\s*:\s*(#[0-9a-f]{3,6})\b", re.IGNORECASE)
_BACKGROUND = re.compile(
    r"background(?:-color)?\s*:\s*(#[0-9a-f]{3,6})\b", re.IGNORECASE
)
_DISTRUSTED = ("script", "form", "iframe", "object", "embed", "video", "audio")


def check_text_part(sample: Sample):
    """Yield a finding for a message without a readable text part."""
    if len(squeezed(sample.text)) < EMPTY_TEXT.value:
        yield Finding(
            "text_part",
            Level.WARNING,
            Words(_lt("The plain-text version is empty, or nearly.")),
            Words(
                _lt(
                    "Spam filters compare both versions, and some people, watches and "
                    "screen readers read the text only."
                )
            ),
            Words(_lt("Write some text: Odoo makes the plain-text version from it.")),
            source=EMPTY_TEXT.source,
        )


def check_image_only(sample: Sample):
    """Yield a finding for images with few words beside them."""
    size = len(sample.words.encode())
    if not sample.images or size >= FEW_WORDS.value:
        return
    is_bad = size < IMAGE_ONLY.value
    yield Finding(
        "image_only",
        Level.WARNING if is_bad else Level.NOTE,
        Words(
            _lt("There is little text beside the images: %(size)s bytes."),
            {"size": size},
        )
        if is_bad
        else Words(_lt("There is rather little text: %(size)s bytes."), {"size": size}),
        Words(
            _lt(
                "Spam hides its text in images, so filters count this against a "
                "mailing, and anyone who blocks images sees next to nothing."
            )
        ),
        Words(_lt("Say what matters in text, too.")),
        Certainty.LIKELY,
        (IMAGE_ONLY if is_bad else FEW_WORDS).source,
    )


def check_alt(sample: Sample):
    """Yield findings for images without alternative text."""
    missing = [image for image in sample.images if "alt" not in image.attrib]
    linked = [
        link for link in sample.links if link.has_image and not link.text and link.href
    ]
    if linked:
        yield Finding(
            "linked_alt",
            Level.ERROR,
            Words(
                _lt("Linked images without alternative text: %(count)s."),
                {"count": len(linked)},
            ),
            Words(
                _lt("With images off, and for screen readers, the link does not exist.")
            ),
            Words(_lt("Describe where the link leads, in the image's description.")),
            source=WCAG_ALT,
            examples=tuple(without_values(link.target) for link in linked),
        )
    if missing:
        yield Finding(
            "alt",
            Level.WARNING,
            Words(
                _lt("Images without alternative text: %(count)s."),
                {"count": len(missing)},
            ),
            Words(
                _lt(
                    "Anyone who blocks images or uses a screen reader gets "
                    "nothing, or a file name."
                )
            ),
            Words(
                _lt("Describe each image; leave the description empty for ornaments.")
            ),
            source=WCAG_ALT,
            examples=tuple(_source(image) for image in missing),
        )


def _source(image) -> str:
    """Return where an image is from, without values that may be a token."""
    source = image.get("src") or ""
    return f"{source[:30]}…" if source.startswith("data:") else without_values(source)


def check_markup(sample: Sample):
    """Yield a finding for elements that mail programs remove."""
    found = dict.fromkeys(element.tag for element in sample.elements(*_DISTRUSTED))
    if found:
        yield Finding(
            "markup",
            Level.WARNING,
            Words(
                _lt("The mailing contains %(tags)s."),
                {"tags": ", ".join(f"<{tag}>" for tag in found)},
            ),
            Words(
                _lt("Mail programs remove these elements, and filters distrust them.")
            ),
            Words(_lt("Replace them with a link to a web page.")),
            Certainty.LIKELY,
            OURS,
        )


def check_title(sample: Sample):
    """Yield a note for a title that is not the subject."""
    titles = [squeezed(element.text_content()) for element in sample.elements("title")]
    title = next(filter(None, titles), "")
    if title and title.casefold() != sample.subject.casefold():
        yield Finding(
            "title",
            Level.NOTE,
            Words(
                _lt("The title of the HTML is not the subject: %(title)s"),
                {"title": title},
            ),
            Words(
                _lt(
                    "Filters count a title that differs from the subject against "
                    "a mailing."
                )
            ),
            Words(_lt("Remove the title from the HTML.")),
            Certainty.LIKELY,
            spamassassin("HTML_TITLE_SUBJ_DIFF", "1.1–2.2"),
        )


def check_legibility(sample: Sample):
    """Yield findings for text that is too small or too pale to be read."""
    small, pale = [], []
    for element in sample.elements("span", "p", "td", "font", "div", "a", "small"):
        text = squeezed(element.text or "")
        style = element.get("style") or ""
        if not text or "display:none" in style.replace(" ", "").lower():
            continue
        size = _FONT_SIZE.search(style)
        if size and 1 < float(size[1]) < SMALL_PRINT.value:
            small.append(text)
        color, background = _COLOR.search(style), _BACKGROUND.search(style)
        if color and background:
            colors = parse_color(color[1]), parse_color(background[1])
            if None not in colors and contrast(*colors) < LOW_CONTRAST.value:
                pale.append(text)
    if small:
        yield Finding(
            "small_print",
            Level.WARNING,
            Words(_lt("Some text is smaller than 8 pixels.")),
            Words(
                _lt(
                    "Nobody can read it on a phone, and filters take it for hidden "
                    "text."
                )
            ),
            Words(_lt("Enlarge it, or remove it.")),
            Certainty.LIKELY,
            SMALL_PRINT.source,
            tuple(small),
        )
    if pale:
        yield Finding(
            "low_contrast",
            Level.WARNING,
            Words(_lt("Some text has nearly the color of its background.")),
            Words(_lt("Filters take it for the hidden text that spam uses.")),
            Words(_lt("Choose a color that stands out.")),
            Certainty.LIKELY,
            LOW_CONTRAST.source,
            tuple(pale),
        )
