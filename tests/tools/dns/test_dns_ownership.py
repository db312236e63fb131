"""The token at mailjet._<8 hex>."""

import pytest
from dns_zone import ZoneAsk, assert_presentable, both_orders
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.dns.ownership import check_ownership

DOMAIN = "example.com"
TOKEN = "46a1ea7b1f6df60ba41e145725f7d3bf"
OTHER = "e4641609bcdab1b1c4c4933b2b7d121a"
NAME = f"mailjet._46a1ea7b.{DOMAIN}"
SPF = "v=spf1 include:spf.mailjet.com ~all"


def check(zone, token=TOKEN):
    return both_orders(lambda ask: check_ownership(DOMAIN, NAME, token, ask), zone)


def check_texts(*texts):
    return check({NAME: {"TXT": list(texts)}})


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([TOKEN], id="alone"),
        pytest.param([TOKEN, "hello"], id="other-text-beside"),
        pytest.param([TOKEN, OTHER], id="other-token-beside"),
        pytest.param([[TOKEN[:9], TOKEN[9:]]], id="two-strings"),
    ],
)
def test_ok(texts):
    verdict = check_texts(*texts)
    assert (verdict.status, verdict.cause) == ("ok", None)
    assert len(verdict.found) == len(texts)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param(OTHER, "not the token", id="wrong-token"),
        pytest.param(TOKEN.upper(), "capital letters", id="other-case"),
        pytest.param(f"{TOKEN}{TOKEN}", "pasted twice", id="pasted-twice"),
        pytest.param(f"{TOKEN} ", "space at the end", id="space-behind"),
        pytest.param(f"{TOKEN}\n", "space at the end", id="line-break-behind"),
        pytest.param(f"{TOKEN}\u00a0", "space at the end", id="hard-space-behind"),
        pytest.param(f" {TOKEN}", "space at the beginning", id="space-in-front"),
        pytest.param(f"{TOKEN[:9]} {TOKEN[9:]}", "in the middle", id="space-inside"),
        pytest.param(f"{TOKEN[:20]}", "cut off", id="cut-off"),
        pytest.param(f"mailjet={TOKEN}", "other text", id="other-text-around"),
        pytest.param(f'"{TOKEN}"', "quotes", id="quotes-inside"),
    ],
)
def test_error(text, word):
    verdict = check_texts(text)
    assert verdict.status == "error"
    assert word in str(verdict.cause)


def test_missing_in_different_words():
    no_name = check({DOMAIN: {"TXT": [SPF]}})
    assert "does not exist" in str(no_name.cause)
    no_record = check({f"below.{NAME}": {"TXT": [TOKEN]}})
    assert "exists but has no TXT record" in str(no_record.cause)
    other = check_texts("hello")
    assert "other purposes" in str(other.cause)
    assert no_name.status == no_record.status == other.status == "missing"
    assert NAME in str(no_name.cure)


@pytest.mark.parametrize("host", [DOMAIN, f"{NAME}.{DOMAIN}"], ids=["apex", "doubled"])
def test_wrong_host(host):
    verdict = check({host: {"TXT": [SPF, TOKEN]}})
    assert (verdict.status, verdict.host) == ("missing", host)
    assert verdict.found == (TOKEN,)
    assert "enter only mailjet._46a1ea7b as" in str(verdict.cure)


def test_alias():
    zone = {NAME: {"CNAME": ["proof.example.net"]}}
    dangling = check(zone)
    assert dangling.status == "missing"
    assert "proof.example.net, which does not exist" in str(dangling.cause)
    verdict = check({**zone, "proof.example.net": {"TXT": [TOKEN]}})
    assert (verdict.status, verdict.host) == ("ok", "proof.example.net")
    beside = check({NAME: {"CNAME": ["proof.example.net"], "TXT": [TOKEN]}})
    assert beside.status == "warning"


def test_wildcard():
    verdict = check({f"*.{DOMAIN}": {"TXT": [SPF]}})
    assert verdict.status == "missing"
    assert "wildcard" in str(verdict.cause)
    assert verdict.found == (SPF,)
    assert check({f"*.{DOMAIN}": {"TXT": [TOKEN]}}).status == "ok", "content counts"


@pytest.mark.parametrize(
    "status", ["servfail", "refused", "timeout", "malformed", "bogus"]
)
def test_outage(status):
    assert check({NAME: status}).status == "temperror"


@pytest.mark.parametrize("token", ["", None])
def test_unknown_token(token):
    ask = ZoneAsk({NAME: {"TXT": [TOKEN]}})
    verdict = check_ownership(DOMAIN, NAME, token, ask)
    assert verdict.status == "temperror"
    assert not ask.asked


def test_rounds():
    ask = ZoneAsk({NAME: {"TXT": [TOKEN]}})
    check_ownership(DOMAIN, NAME, TOKEN, ask)
    assert ask.rounds == 1
    ask = ZoneAsk({})
    check_ownership(DOMAIN, NAME, TOKEN, ask)
    assert ask.rounds == 2


TEXTS = st.lists(
    st.binary(max_size=40) | st.sampled_from([TOKEN.encode(), OTHER.encode()]),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, st.just(TOKEN) | st.text(min_size=1))
def test_garbage(here, elsewhere, token):
    ask = ZoneAsk({NAME: {"TXT": here}, f"*.{DOMAIN}": {"TXT": elsewhere}})
    verdict = check_ownership(DOMAIN, NAME, token, ask)
    assert_presentable(verdict)
    assert len(ask.asked) <= 30
    if token == TOKEN:
        assert (verdict.status == "ok") == (TOKEN.encode() in here)
