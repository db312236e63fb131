"""Machines and people are distinguished by agent and time."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.automatic_open import is_automatic

DELIVERED = datetime(2026, 3, 5, 12)
LATER = DELIVERED + timedelta(days=1)

MACHINES = [
    "Mozilla/5.0",
    " Mozilla/5.0 ",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; AhrefsSiteAudit/6.1; crawler)",
    "Baiduspider+(+http://www.baidu.com/search/spider.htm)",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    "Mimecast URL Protection",
    "Mozilla/5.0 (compatible; Link Scanner 2.0)",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0.0.0 Safari/537.36",
    "python-requests/2.31.0",
    "curl/8.5.0",
    "Wget/1.21.4",
    "okhttp/4.12.0",
    "Go-http-client/1.1",
    "Java/17.0.9",
    "libwww-perl/6.72",
]
PROXIES = [
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
    "GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
]
PEOPLE = [
    "",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.2; Microsoft Outlook 16.0)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.12.0",
    "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36",
]


@pytest.mark.parametrize("agent", MACHINES)
def test_machines_are_recognized_at_any_time(agent):
    assert is_automatic(agent, LATER, DELIVERED)
    assert is_automatic(agent, LATER, None)


@pytest.mark.parametrize("agent", [*PEOPLE, *PROXIES])
def test_people_take_their_time(agent):
    assert not is_automatic(agent, LATER, DELIVERED)
    assert not is_automatic(agent, DELIVERED, None), "it is not known how fast that was"


@pytest.mark.parametrize(
    ("agents", "seconds"), [(PEOPLE, 3), (PROXIES, 10)], ids=["people", "proxies"]
)
def test_opens_within_seconds_are_automatic(agents, seconds):
    just_before = timedelta(seconds=seconds, microseconds=-1)
    for agent in agents:
        for passed in (timedelta(days=-1), timedelta(0), just_before):
            assert is_automatic(agent, DELIVERED + passed, DELIVERED)
        in_time = DELIVERED + timedelta(seconds=seconds)
        assert not is_automatic(agent, in_time, DELIVERED)


@given(st.text(st.characters()), st.timedeltas(timedelta(0), timedelta(days=365)))
def test_a_later_open_is_never_more_automatic(agent, passed):
    early = is_automatic(agent, DELIVERED, DELIVERED)
    late = is_automatic(agent, DELIVERED + passed, DELIVERED)
    assert early or not late
    assert is_automatic(agent, DELIVERED + passed, None) <= late
