"""Tell the opens and clicks of machines from those of people.

Marked, kept, and not counted as interest. Agents are matched by the words that their
makers document or that logs of mail providers show.
"""

import re
from datetime import timedelta
from functools import lru_cache

# Apple's Mail Privacy Protection loads every image ahead, with this and nothing more:
# https://support.apple.com/guide/iphone/iphf084865c7/ios
_APPLE = re.compile(r"Mozilla/5\.0")
# Gmail and Yahoo fetch images through proxies, when a mail is opened, or before:
# https://developers.google.com/workspace/gmail/design/images
_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)
# Security gateways and link checkers; Cubot makes telephones
_SCANNER = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scan|barracuda|mimecast|proofpoint|symantec|fireeye"
    r"|trendmicro|headless|python-requests|curl/|wget|okhttp|go-http-client|java/|libwww",
    re.IGNORECASE,
)
# Nobody reads so quickly
SECONDS = timedelta(seconds=3)
PROXY_SECONDS = timedelta(seconds=10)


def is_automatic(agent, date, delivered):
    """Tell whether an open or a click is a machine's.

    :param str agent: of the event; "" if it is not known
    :param datetime date: of the event
    :param delivered: datetime when the mail arrived, None if it is not known
    """
    if _is_machine(agent):
        return True
    if delivered is None:
        return False
    limit = PROXY_SECONDS if _is_proxy(agent) else SECONDS
    return date - delivered < limit


# A million opens know a few hundred agents
@lru_cache(maxsize=1024)
def _is_machine(agent):
    return bool(_APPLE.fullmatch(agent.strip()) or _SCANNER.search(agent))


@lru_cache(maxsize=1024)
def _is_proxy(agent):
    return bool(_PROXY.search(agent))
