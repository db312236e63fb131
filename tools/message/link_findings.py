"""What dead links mean for a mailing, and which of its links may be asked."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ..mailjet.link import without_values
from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .link_check import LinkResult, LinkState
from .links import same_organisation
from .sample import Sample, split_url
from .thresholds import OURS

# Hosts whose pages act when they are asked: they count clicks or unsubscribe
_TRACKERS = ("mjt.lu", "mailjet.com")
# Pages of Odoo that know the recipient
_OWN_PAGES = ("/r/", "/mailing/", "/mail/", "/my", "/unsubscribe", "/view", "/survey/")
# Names of values that let somebody act
_TOKEN = re.compile(r"(?:^|[&;])[^=&;]*(?:token|signature|hash)=", re.IGNORECASE)


def links_to_ask(samples: Iterable[Sample]) -> list[str]:
    """Return the links that do nothing but show a page: no unsubscribing, no tracking.

    Links of one recipient's own are left out, too: to open a quotation, an invitation
    or a confirmation is to act in the recipient's name. What Odoo itself counts is
    asked at its target.
    """
    links = dict.fromkeys(
        link.target
        for sample in samples
        for link in sample.links
        if link.is_web and not link.is_unsubscribe and not _acts(link.target, sample)
    )
    # The same page with other values for another recipient
    pages = Counter(map(without_values, links))
    return [link for link in links if pages[without_values(link)] == 1]


def _acts(url: str, sample: Sample) -> bool:
    """Whether to ask for a page may do something."""
    parts = split_url(url)
    host = parts.hostname or ""
    if host.endswith(tuple(f".{name}" for name in _TRACKERS)):
        return True
    if _TOKEN.search(parts.query):
        return True
    return sample.is_own(url) and parts.path.startswith(_OWN_PAGES)


def link_findings(results: list[LinkResult]) -> list[Finding]:
    """Return what the outcomes of links mean."""
    findings = []
    for matches, finding in _KINDS:
        found = [one for one in results if matches(one)]
        if found:
            findings.append(replace(finding, examples=tuple(map(_example, found))))
    return findings


def _becomes_unsafe(result: LinkResult) -> bool:
    schemes = [split_url(url).scheme for url in (result.url, result.final)]
    return result.state is LinkState.OK and schemes == ["https", "http"]


def _moves_away(result: LinkResult) -> bool:
    hosts = [split_url(url).hostname or "" for url in (result.url, result.final)]
    return result.state is LinkState.OK and not same_organisation(*hosts)


def _example(result: LinkResult) -> str:
    shown = without_values(result.url)
    if result.final == result.url:
        return f"{shown} ({result.detail})"
    return f"{shown} → {without_values(result.final)}"


# Which links are meant, and what is to be said about them
_KINDS = (
    (
        lambda result: result.state is LinkState.DEAD,
        Finding(
            "dead_link",
            Level.ERROR,
            Words(_lt("Some links are dead.")),
            Words(_lt("The page or its host does not exist.")),
            Words(_lt("Correct or remove them.")),
            source=OURS,
        ),
    ),
    (
        _becomes_unsafe,
        Finding(
            "http_redirect",
            Level.WARNING,
            Words(_lt("Some links end at a page that is not encrypted.")),
            Words(_lt("Browsers warn of such pages.")),
            Words(_lt("Link to the https address of the page.")),
            source=OURS,
        ),
    ),
    (
        lambda result: result.state is LinkState.UNKNOWN,
        Finding(
            "unknown_link",
            Level.NOTE,
            Words(_lt("Some links could not be checked.")),
            Words(
                _lt(
                    "The page did not answer in time, or refuses automated "
                    "requests. It may work in a browser."
                )
            ),
            Words(_lt("Open them yourself to check.")),
            Certainty.POSSIBLE,
            OURS,
        ),
    ),
    (
        lambda result: result.state is LinkState.FORBIDDEN,
        Finding(
            "internal_link",
            Level.WARNING,
            Words(_lt("Some links are not addresses on the public Internet.")),
            Words(
                _lt(
                    "They were not checked, and recipients may not be able to "
                    "reach them."
                )
            ),
            Words(_lt("Link to an address that everybody can reach.")),
            Certainty.LIKELY,
            OURS,
        ),
    ),
    (
        _moves_away,
        Finding(
            "redirected_link",
            Level.NOTE,
            Words(_lt("Some links redirect to another domain.")),
            Words(_lt("Filters judge a link by where it ends.")),
            Words(_lt("Link to the last page directly, if it is the one you mean.")),
            Certainty.POSSIBLE,
            OURS,
        ),
    ),
)
