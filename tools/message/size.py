"""How large a message is, as mailboxes cut it."""

from ..words import Words, _lt
from .finding import Finding, Level
from .sample import Sample
from .thresholds import GMAIL_CLIPS, GMAIL_NEARLY_CLIPS, OURS

_WHY_CLIPPED = Words(
    _lt(
        "Gmail shows the first 102 kB only. The rest, often with the unsubscribe link, "
        "hides behind “View entire message”. Mailjet's tracking makes each link longer."
    )
)
_CURE_CLIPPED = Words(
    _lt("Shorten the mailing, or move part of it to a web page and link to it.")
)


def check_size(sample: Sample):
    """Yield what is wrong with the size of the HTML part."""
    size = len(sample.html.encode())
    kilobytes = {"size": round(size / 1024)}
    if size > GMAIL_CLIPS.value:
        yield Finding(
            "clipped",
            Level.ERROR,
            Words(_lt("Gmail will clip this mailing: it has %(size)s kB."), kilobytes),
            _WHY_CLIPPED,
            _CURE_CLIPPED,
            source=GMAIL_CLIPS.source,
        )
    elif size > GMAIL_NEARLY_CLIPS.value:
        yield Finding(
            "clipped",
            Level.WARNING,
            Words(_lt("Gmail may clip this mailing: it has %(size)s kB."), kilobytes),
            _WHY_CLIPPED,
            _CURE_CLIPPED,
            source=GMAIL_NEARLY_CLIPS.source,
        )


def check_inline_images(sample: Sample):
    """Yield a finding for images within the HTML itself."""
    inline = [
        image for image in sample.images if (image.get("src") or "").startswith("data:")
    ]
    if inline:
        yield Finding(
            "inline_images",
            Level.WARNING,
            Words(
                _lt("Images embedded in the HTML: %(count)s."),
                {"count": len(inline)},
            ),
            Words(
                _lt(
                    "Gmail and Outlook do not show such images, and they use up the "
                    "102 kB that Gmail shows."
                )
            ),
            Words(_lt("Upload the images and insert them again.")),
            source=OURS,
            examples=tuple(
                (image.get("alt") or "") for image in inline if image.get("alt")
            ),
        )
