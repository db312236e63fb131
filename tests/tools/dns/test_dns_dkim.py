"""The key at mailjet._domainkey."""

import string

import pytest
from dns_zone import ZoneAsk, assert_presentable, both_orders
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.dns.dkim import check_dkim
from rsa_keys import ed25519_key, public_key

DOMAIN = "example.com"
NAME = f"mailjet._domainkey.{DOMAIN}"
KEY = public_key(2048)
OTHER = public_key(2048, 1)
RECORD = f"k=rsa; p={KEY}"
SPF = "v=spf1 include:spf.mailjet.com ~all"


def check(zone, expected=RECORD, domain=DOMAIN):
    name = f"mailjet._domainkey.{domain}."
    return both_orders(lambda ask: check_dkim(domain, name, expected, ask), zone)


def check_texts(*texts, expected=RECORD):
    return check({NAME: {"TXT": list(texts)}}, expected)


def folded(text, space):
    return space.join(text[start : start + 60] for start in range(0, len(text), 60))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(RECORD, id="as-issued"),
        pytest.param(f"v=DKIM1; {RECORD};", id="version"),
        pytest.param(f"v=DKIM1;p={KEY}", id="type-defaults-to-rsa"),
        pytest.param(f"p={KEY}", id="key-alone"),
        pytest.param(f" v = DKIM1 ; k\t= rsa ;\r\n p = {KEY} ; ", id="white-space"),
        pytest.param(f"{RECORD}; n=a note; x-foo=1; t=s", id="unknown-tags"),
        pytest.param(f'{RECORD}; n=a "note"', id="quotes-in-a-note"),
        pytest.param(f"k=rsa; p={folded(KEY, ' ')}", id="blanks-in-key"),
        pytest.param(f"k=rsa; p={folded(KEY, chr(9))}", id="tabs-in-key"),
        pytest.param([RECORD[:255], RECORD[255:]], id="two-strings"),
        pytest.param([RECORD[:7], RECORD[7:200], RECORD[200:]], id="three-strings"),
        pytest.param(f"h=sha1:sha256; {RECORD}", id="sha256-among-hashes"),
        pytest.param(f"s=*; {RECORD}", id="any-service"),
        pytest.param(f"s=tlsrpt : email; {RECORD}", id="email-among-services"),
    ],
)
def test_ok(text):
    verdict = check_texts(text)
    assert (verdict.status, verdict.cause, verdict.host) == ("ok", None, "")
    assert len(verdict.found) == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param(f"v=DKIM2; {RECORD}", "v=DKIM1", id="other-version"),
        pytest.param(f"v=dkim1; {RECORD}", "v=DKIM1", id="version-in-lower-case"),
        pytest.param(f"k=rsa; v=DKIM1; p={KEY}", "come first", id="version-not-first"),
        pytest.param(f"K=rsa; P={KEY}", "no p= tag", id="tags-in-upper-case"),
        pytest.param("v=DKIM1; k=rsa", "no p= tag", id="no-key"),
        pytest.param(f"k=rsa p={KEY}", "semicolon", id="lost-semicolon"),
        pytest.param(KEY, "not tag=value", id="bare-key"),
        pytest.param(f"k=rsa;; p={KEY}", "not tag=value", id="empty-term"),
        pytest.param("k=rsa; p=", "revoked", id="revoked"),
        pytest.param("v=DKIM1; p= ;", "revoked", id="revoked-with-blank"),
        pytest.param(f"k=rsa; p={OTHER}", "not Mailjet's key", id="other-key"),
        pytest.param(f"k=rsa; p={KEY[:80]}*{KEY[80:]}", "characters", id="asterisk"),
        pytest.param(f"k=rsa; p={KEY[:80]}é{KEY[80:]}", "characters", id="accent"),
        pytest.param(f"k=rsa; p={KEY[:120]}", "truncated", id="cut-at-four"),
        pytest.param(
            f"k=rsa; p={KEY[:121]}", "incomplete at the end", id="cut-beside-four"
        ),
        pytest.param(f"k=rsa; p={KEY}=", "characters", id="padding-too-much"),
        pytest.param(f"k=rsa; p={KEY}AAAA", "truncated or damaged", id="appendix"),
        pytest.param(f"k=rsa; p={KEY.lower()}", "damaged", id="case-lost"),
        pytest.param(rf"k=rsa\; p={KEY}", "backslashes", id="backslash"),
        pytest.param(f'"{RECORD}"', "quotes", id="quotes-around"),
        pytest.param(f'k=rsa; p={KEY[:99]}" "{KEY[99:]}', "quotes", id="quotes-inside"),
        pytest.param(f"{RECORD}; {RECORD}", "twice", id="value-twice"),
        pytest.param(f"{RECORD}{RECORD}", "twice", id="value-twice-without-semicolon"),
        pytest.param(f"k=rsa; p={KEY}{KEY}", "pasted twice", id="key-twice"),
        pytest.param(f"h=sha1; {RECORD}", "h=sha1", id="sha1-alone"),
        pytest.param(f"s=tlsrpt; {RECORD}", "s=tlsrpt", id="other-service"),
        pytest.param(f"k=ed25519; p={ed25519_key()}", "ed25519", id="ed25519"),
        pytest.param(f"k=rsa; p={ed25519_key()}", "damaged", id="ed25519-as-rsa"),
    ],
)
def test_error(text, word):
    verdict = check_texts(text)
    assert verdict.status == "error"
    assert word in str(verdict.cause)
    assert NAME in str(verdict.cure) or DOMAIN in str(verdict.cure)
    assert len(verdict.found) == 1


def test_padding_is_part_of_a_key():
    key = public_key(512)
    assert key.endswith("=="), "a size whose base64 has padding"
    expected = f"k=rsa; p={key}"
    assert "512 bits" in str(check_texts(expected, expected=expected).cause)
    unpadded = check_texts(expected.rstrip("="), expected=expected)
    assert "incomplete at the end" in str(unpadded.cause)
    twice = check_texts(f"{expected}{key}", expected=expected)
    assert "pasted twice" in str(twice.cause)


@pytest.mark.parametrize(
    ("bits", "status", "word"),
    [(512, "error", "512 bits"), (1000, "error", "1000"), (1024, "ok", "1024 bits")],
)
def test_size(bits, status, word):
    expected = f"k=rsa; p={public_key(bits)}"
    verdict = check_texts(expected, expected=expected)
    assert verdict.status == status
    assert word in str(verdict.cause)
    assert not public_key(1024).endswith("="), "padding is lost on no key from Mailjet"


@pytest.mark.parametrize("flag", ["t=y", "t=s:y", "t = y : s"])
def test_test_flag(flag):
    verdict = check_texts(f"{flag}; {RECORD}")
    assert verdict.status == "warning"
    assert "t=y" in str(verdict.cause)


def test_several_texts():
    two_keys = check_texts(RECORD, f"v=DKIM1; p={OTHER}")
    assert two_keys.status == "error"
    assert "several keys" in str(two_keys.cause)
    assert len(two_keys.found) == 2
    beside = check_texts(RECORD, "hello")
    assert beside.status == "warning"
    assert "another TXT record" in str(beside.cause)
    wrong = check_texts(f"k=rsa; p={OTHER}", "hello")
    assert wrong.status == "error", "the key matters more"


def test_alias():
    zone = {
        NAME: {"CNAME": ["mailjet.keys.example.net"]},
        "mailjet.keys.example.net": {"TXT": [RECORD]},
    }
    verdict = check(zone)
    assert (verdict.status, verdict.host) == ("ok", "mailjet.keys.example.net")
    del zone["mailjet.keys.example.net"]
    dangling = check(zone)
    assert dangling.status == "missing"
    assert "alias (CNAME) for mailjet.keys.example.net, which does not" in str(
        dangling.cause
    )
    zone["mailjet.keys.example.net"] = {"A": ["192.0.2.1"]}
    assert "no TXT record" in str(check(zone).cause)


def test_alias_beside_the_key():
    verdict = check({NAME: {"CNAME": ["other.example.net"], "TXT": [RECORD]}})
    assert verdict.status == "warning"
    assert "both an alias" in str(verdict.cause)


def test_missing_in_different_words():
    no_name = check({DOMAIN: {"TXT": [SPF]}})
    assert str(no_name.cause) == f"The name {NAME} does not exist."
    no_record = check({NAME: {"A": ["192.0.2.1"]}})
    assert str(no_record.cause) == f"The name {NAME} exists but has no TXT record."
    assert no_name.status == no_record.status == "missing"
    other = check({NAME: {"TXT": ["hello"]}})
    assert other.status == "missing"
    assert "other purposes" in str(other.cause)
    assert other.found == ("hello",)


@pytest.mark.parametrize(
    ("domain", "host", "entry"),
    [
        pytest.param(DOMAIN, DOMAIN, "mailjet._domainkey", id="at-the-domain"),
        pytest.param(DOMAIN, f"{NAME}.{DOMAIN}", "mailjet._domainkey", id="doubled"),
        pytest.param(
            "news.example.com",
            "mailjet._domainkey.news.example.com.example.com",
            "mailjet._domainkey.news",
            id="zone-above-added",
        ),
        pytest.param(
            "news.example.com", NAME, "mailjet._domainkey.news", id="cut-too-early"
        ),
    ],
)
def test_wrong_host(domain, host, entry):
    verdict = check({host: {"TXT": ["other text", RECORD]}}, domain=domain)
    assert (verdict.status, verdict.host) == ("missing", host)
    assert host in str(verdict.cause)
    assert f"enter only {entry} as" in str(verdict.cure)
    assert verdict.found == (RECORD,)


def test_key_of_the_domain_above_is_no_hint():
    verdict = check({NAME: {"TXT": [f"k=rsa; p={OTHER}"]}}, domain="news.example.com")
    assert verdict.status == "missing"
    assert "does not exist" in str(verdict.cause)


def test_wildcard():
    verdict = check({DOMAIN: {"TXT": [SPF]}, f"*.{DOMAIN}": {"TXT": [SPF]}})
    assert verdict.status == "missing"
    assert "wildcard" in str(verdict.cause)
    assert check({f"*.{DOMAIN}": {"TXT": [RECORD]}}).status == "ok", "content counts"
    dmarc = check({f"*.{DOMAIN}": {"TXT": ["v=DMARC1; p=none"]}})
    assert "wildcard" in str(dmarc.cause)


@pytest.mark.parametrize("status", ["servfail", "refused", "timeout", "malformed"])
def test_outage(status):
    verdict = check({NAME: status})
    assert verdict.status == "temperror"
    assert status.upper() in str(verdict.cause)


def test_broken_dnssec():
    verdict = check({NAME: "bogus"})
    assert verdict.status == "temperror"
    assert "DNSSEC is broken for this domain" in str(verdict.cause)
    assert "DS record" in str(verdict.cure)


def test_outage_of_a_side_question():
    zone = {NAME: {"TXT": [RECORD], "CNAME": "servfail"}}
    assert check(zone).status == "ok"
    zone = {DOMAIN: {"TXT": "timeout"}, f"_domainkey.{DOMAIN}": {"A": ["192.0.2.1"]}}
    assert check(zone).status == "missing"


@pytest.mark.parametrize("expected", ["", None, "k=rsa", "p=*", "p=AAAA", "\ud800"])
def test_unknown_expectation(expected):
    verdict = check_texts(RECORD, expected=expected)
    assert verdict.status == "warning"
    assert "does not know which key" in str(verdict.cause)
    assert check_texts("k=rsa; p=AAAA", expected=expected).status == "error"
    assert check_texts("p=", expected=expected).status == "error"
    misplaced = check({DOMAIN: {"TXT": [RECORD]}}, expected)
    assert (misplaced.status, misplaced.host) == ("missing", DOMAIN)


def test_rounds():
    ask = ZoneAsk({NAME: {"TXT": [RECORD]}})
    check_dkim(DOMAIN, NAME, RECORD, ask)
    assert ask.rounds == 1
    ask = ZoneAsk({})
    check_dkim(DOMAIN, NAME, RECORD, ask)
    assert ask.rounds == 2


PIECES = ["k=rsa", "p=", "v=DKIM1", "t=y", KEY, KEY[:40], ";", "\\", '"', " ", "=", ":"]
GARBAGE = st.binary(max_size=60) | st.lists(
    st.sampled_from(PIECES) | st.text(string.printable, max_size=5), max_size=8
).map(lambda pieces: "".join(pieces).encode())


@settings(max_examples=150, deadline=None)
@given(st.lists(GARBAGE, max_size=3), st.lists(GARBAGE, max_size=2), st.text())
def test_garbage(here, elsewhere, expected):
    zone = {
        "mailjet._domainkey.a.b.example.com": {"TXT": here},
        "*.b.example.com": {"TXT": elsewhere},
        "a.b.example.com": {"TXT": elsewhere},
    }
    ask = ZoneAsk(zone)
    name = "mailjet._domainkey.a.b.example.com"
    verdict = check_dkim("a.b.example.com", name, expected, ask)
    assert_presentable(verdict)
    assert len(ask.asked) <= 30
    assert verdict.status != "temperror"
