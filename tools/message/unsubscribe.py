"""How recipients unsubscribe: by their mail program's button, and by a link."""

import re

from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .sample import Sample, split_url
from .thresholds import GMAIL, RFC_8058

ONE_CLICK = "List-Unsubscribe=One-Click"

_WHY_ONE_CLICK = Words(
    _lt(
        "Gmail and Yahoo ask bulk senders for one-click unsubscription. Without the "
        "button, people report spam instead."
    )
)


def check_one_click(sample: Sample):
    """Yield a finding unless the headers offer one-click unsubscription (RFC 8058)."""
    addresses = re.findall(r"<([^<>]+)>", sample.header("List-Unsubscribe"))
    pages = [url for url in addresses if split_url(url).scheme in ("http", "https")]
    post = sample.header("List-Unsubscribe-Post").strip()
    if not pages or post != ONE_CLICK:
        yield Finding(
            "one_click",
            Level.ERROR,
            Words(_lt("One-click unsubscribe is missing.")),
            _WHY_ONE_CLICK,
            Words(
                _lt(
                    "Odoo adds it to mailings. Look for a module or a mail template "
                    "that removes the headers List-Unsubscribe and "
                    "List-Unsubscribe-Post."
                )
            ),
            source=RFC_8058,
        )
    elif not any(split_url(url).scheme == "https" for url in pages):
        yield Finding(
            "one_click",
            Level.ERROR,
            Words(_lt("One-click unsubscribe does not use https.")),
            _WHY_ONE_CLICK,
            Words(
                _lt(
                    "Serve Odoo over https, and set the system parameter "
                    "web.base.url to that address."
                )
            ),
            source=RFC_8058,
            examples=tuple(url.partition("?")[0] for url in pages),
        )


def check_unsubscribe_link(sample: Sample):
    """Yield a finding unless people can see a link to a page to unsubscribe."""
    ways = [link for link in sample.links if link.is_unsubscribe and link.text]
    if ways and not any(link.is_seen for link in ways):
        yield Finding(
            "unsubscribe_hidden",
            Level.ERROR,
            Words(_lt("The unsubscribe link is hidden.")),
            Words(
                _lt(
                    "People who cannot find the link report spam, and filters know "
                    "this trick."
                )
            ),
            Words(_lt("Show it in a size and color that people can read.")),
            Certainty.LIKELY,
            GMAIL,
        )
    elif not ways:
        yield Finding(
            "unsubscribe_link",
            Level.ERROR,
            Words(_lt("There is no visible unsubscribe link.")),
            Words(
                _lt(
                    "Gmail requires one in the body, and so do the laws of many "
                    "countries. People who cannot unsubscribe report spam."
                )
            ),
            Words(
                _lt(
                    "Add a footer from the building blocks, or a link to "
                    "/unsubscribe_from_list."
                )
            ),
            Certainty.LIKELY,
            GMAIL,
        )
    elif not any(link.is_web for link in ways):
        yield Finding(
            "unsubscribe_mail",
            Level.WARNING,
            Words(_lt("Recipients can unsubscribe only by email.")),
            Words(
                _lt("Receivers ask for a page, and somebody must read these emails.")
            ),
            Words(_lt("Add a link to /unsubscribe_from_list.")),
            Certainty.LIKELY,
            GMAIL,
        )
