"""Where links lead, without following them."""

import ipaddress
import re

from ..address import domain_key
from ..dns.existence import registered_domain
from ..mailjet.link import without_values
from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .lists import SHORTENERS
from .sample import Link, Sample, split_url
from .thresholds import OURS, RFC_2606, spamassassin

# RFC 2606 and RFC 6761: names that never lead anywhere
_RESERVED = ("example.com", "example.net", "example.org")
_RESERVED_TLDS = ("example", "invalid", "localhost", "test", "local")
# Mail programs remove such links
_SCRIPTS = ("javascript", "vbscript", "data", "blob", "about")
_LOCAL_FILE = re.compile(r"^(?:file:|[a-z]:\\|\\\\)", re.IGNORECASE)
_SHOWN_DOMAIN = re.compile(
    r"^(?:https?://)?((?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,24})(?:[/?#:]\S*)?$",
    re.IGNORECASE,
)
# What looks like a domain, and is the name of a file
_FILE_ENDINGS = frozenset(
    """
    css csv doc docx gif htm html ics jpeg jpg js json mp3 mp4 odp ods odt pdf php
    png ppt pptx svg txt webp xls xlsx xml zip
    """.split()
)


def check_link_schemes(sample: Sample):
    """Yield findings for links that are not encrypted, or lead to no named host."""
    web = [
        link
        for link in sample.foreign_links
        if link.is_web and not sample.is_odoos_anchor(link)
    ]
    yield from _finding(
        [
            link
            for link in web
            if link.parts.scheme == "http" and not _is_placeholder(link)
        ],
        "http",
        Level.WARNING,
        Words(_lt("Some links are not encrypted (http).")),
        Words(_lt("Browsers warn of such pages, and filters distrust mixed links.")),
        Words(_lt("Use the https address of these pages.")),
        Certainty.LIKELY,
        spamassassin("HTTPS_HTTP_MISMATCH", "0.1"),
    )
    yield from _finding(
        [link for link in web if _is_address(link.parts.hostname)],
        "ip_host",
        Level.ERROR,
        Words(_lt("Some links lead to a bare IP address.")),
        Words(_lt("Phishing does that, so filters refuse such mail.")),
        Words(_lt("Link to a name instead.")),
        Certainty.LIKELY,
        spamassassin("NUMERIC_HTTP_ADDR", "up to 1.2"),
    )
    yield from _finding(
        [link for link in web if _is_odd(link.parts)],
        "odd_host",
        Level.WARNING,
        Words(
            _lt(
                "Some links contain a port, a user name or non-Latin letters in "
                "the host."
            )
        ),
        Words(_lt("Phishing uses all three to look like another address.")),
        Words(_lt("Link to the plain address of the page.")),
        Certainty.POSSIBLE,
        OURS,
    )


def check_base_url(sample: Sample):
    """Yield a finding if recipients cannot reach this Odoo, where its links lead."""
    parts = split_url(sample.base_url)
    host = domain_key(parts.hostname or "")
    if not host:
        return
    if "." not in host or is_reserved(host) or _is_address(host):
        yield Finding(
            "base_url",
            Level.ERROR,
            Words(
                _lt("Recipients cannot reach this Odoo at %(url)s."),
                {"url": sample.base_url},
            ),
            Words(
                _lt(
                    "Images, tracked links and the ways to unsubscribe lead there. To "
                    "filters they look like phishing."
                )
            ),
            Words(
                _lt(
                    "Set the system parameter web.base.url to the address at which "
                    "others reach Odoo."
                )
            ),
            Certainty.LIKELY,
            RFC_2606,
        )


def check_shorteners(sample: Sample):
    """Yield a finding for links through a URL shortener."""
    yield from _finding(
        [link for link in sample.links if _host(link) in SHORTENERS],
        "shortener",
        Level.WARNING,
        Words(_lt("Some links go through a URL shortener.")),
        Words(
            _lt(
                "Spammers use the same shorteners, and their reputation becomes yours. "
                "Odoo counts clicks without them."
            )
        ),
        Words(_lt("Link to the page itself.")),
        Certainty.LIKELY,
        spamassassin("SHORT_SHORTNER", "2.0"),
    )


def check_placeholder_links(sample: Sample):
    """Yield a finding for links that cannot lead anywhere."""
    yield from _finding(
        [
            link
            for link in sample.foreign_links
            if _is_placeholder(link) or sample.is_odoos_anchor(link)
        ],
        "placeholder_link",
        Level.ERROR,
        Words(_lt("Some links lead nowhere.")),
        Words(
            _lt("They are placeholders, or addresses that exist only on your network.")
        ),
        Words(_lt("Enter the real address, or remove the link.")),
        Certainty.CERTAIN,
        RFC_2606,
        show=lambda link: (
            f"{without_values(link.text) or link.label or '?'} → #"
            if sample.is_odoos_anchor(link)
            else for_people(link)
        ),
    )


def check_link_texts(sample: Sample):
    """Yield findings for links that show one domain and lead to another."""
    shown = [
        (link, domain)
        for link in sample.links
        if link.is_web and (domain := shown_domain(link.text))
    ]
    wrong = [
        link for link, domain in shown if not same_organisation(domain, _host(link))
    ]
    wrong_ones = set(wrong)
    yield from _finding(
        wrong,
        "link_text",
        Level.ERROR,
        Words(_lt("Some links show a different domain from the one they lead to.")),
        Words(_lt("That is what phishing does; filters and people distrust it.")),
        Words(_lt("Write in words where the link leads.")),
        Certainty.LIKELY,
        OURS,
        show=lambda link: f"{without_values(link.text)} → {for_people(link)}",
    )
    yield from _finding(
        [link for link, _domain in shown if link.is_tracked and link not in wrong_ones],
        "tracked_link_text",
        Level.NOTE,
        Words(_lt("Some links show an address but go through click tracking.")),
        Words(
            _lt(
                "Tracking replaces each link's address, so what is shown and where it "
                "leads differ."
            )
        ),
        Words(_lt("Write in words where the link leads, or turn click tracking off.")),
        Certainty.POSSIBLE,
        OURS,
        show=lambda link: without_values(link.text),
    )


def _finding(links, code, level, what, why, cure, certainty, source, show=None):
    if links:
        examples = tuple(map(show or for_people, links))
        yield Finding(code, level, what, why, cure, certainty, source, examples)


def for_people(link: Link) -> str:
    """Return a link for people, without values that may be a recipient's token."""
    return without_values(link.target) or without_values(link.text) or link.label or "?"


def _host(link: Link) -> str:
    return domain_key(link.parts.hostname or "")


def _is_address(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        # 0x7f.1, 2130706433: what browsers take for an address, too
        return bool(
            re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+))*", host or "")
        )
    return True


def _is_odd(parts) -> bool:
    return (
        parts.port not in (None, 80, 443)
        or "@" in parts.netloc
        or "xn--" in (parts.hostname or "")
    )


def _is_placeholder(link: Link) -> bool:
    href = link.target
    if href in ("", "#", "http://", "https://") or _LOCAL_FILE.match(href):
        return True
    parts = link.parts
    if parts.scheme in _SCRIPTS:
        return True
    if not link.is_web:
        # A path of its own, or a typing error: no scheme at all
        return not parts.scheme and not href.startswith("#")
    host = _host(link)
    return (
        not host
        or is_reserved(host)
        or (_is_address(host) and _is_loopback(host))
        or "." not in host
    )


def is_reserved(host: str) -> bool:
    """Whether a name is reserved for examples and tests."""
    return (
        host.rpartition(".")[2] in _RESERVED_TLDS
        or host in _RESERVED
        or host.endswith(tuple(f".{name}" for name in _RESERVED))
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown_domain(text: str) -> str:
    """Return the domain that the text of a link consists of; empty if of others."""
    found = _SHOWN_DOMAIN.match(text.strip())
    if not found or found[1].rpartition(".")[2].lower() in _FILE_ENDINGS:
        return ""
    return domain_key(found[1])


def same_organisation(first: str, second: str) -> bool:
    """Whether two domains are likely those of one organisation."""
    return registered_domain(first) == registered_domain(second)
