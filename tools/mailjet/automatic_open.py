"""Distinguish the opens and clicks of machines from those of people.

Those of machines are kept and marked, but do not count as interest. User agents are
matched by words that their makers document or that appear in mail providers' logs.
"""

import re
from datetime import timedelta
from functools import lru_cache

# Apple's Mail Privacy Protection preloads every image with exactly this user agent:
# https://support.apple.com/guide/iphone/iphf084865c7/ios
_APPLE = re.compile(r"Mozilla/5\.0")
# Gmail and Yahoo fetch images through proxies when an email is opened, or earlier:
# https://developers.google.com/workspace/gmail/design/images
_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)
# Security gateways and link checkers; Cubot is a brand of phones
_SCANNER = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scan|barracuda|mimecast|proofpoint|symantec|fireeye"
    r"|trendmicro|headless|python-requests|curl/|wget|okhttp|go-http-client|java/|libwww",
    re.IGNORECASE,
)
# No person reacts faster
SECONDS = timedelta(seconds=3)
PROXY_SECONDS = timedelta(seconds=10)


def is_automatic(agent, date, delivered):
    """Return whether a machine opened or clicked.

    :param str agent: of the event; "" if unknown
    :param datetime date: of the event
    :param delivered: datetime when the email arrived, None if unknown
    """
    if _is_machine(agent):
        return True
    if delivered is None:
        return False
    limit = PROXY_SECONDS if _is_proxy(agent) else SECONDS
    return date - delivered < limit


# A million opens come from a few hundred agents
@lru_cache(maxsize=1024)
def _is_machine(agent):
    return bool(_APPLE.fullmatch(agent.strip()) or _SCANNER.search(agent))


@lru_cache(maxsize=1024)
def _is_proxy(agent):
    return bool(_PROXY.search(agent))
