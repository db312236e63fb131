"""Whether a domain can receive mail."""

import pytest
from dns_zone import ZoneAsk, both_orders
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.dns.mx import check_mx

DOMAIN = "example.com"
HOST = {"mail.example.com": {"A": ["192.0.2.1"]}}
OTHER_HOST = {"mail.example.net": {"AAAA": ["2001:db8::1"]}}


def check(zone, domain=DOMAIN):
    return both_orders(lambda ask: check_mx(domain, ask), zone)


def check_mx_records(*records, **zone):
    return check({DOMAIN: {"MX": list(records)}, **HOST, **OTHER_HOST, **zone})


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(["10 mail.example.com."], id="one"),
        pytest.param(["10 mail.example.com.", "20 mail.example.net."], id="two"),
        pytest.param(["10 MAIL.example.com."], id="upper-case"),
    ],
)
def test_ok(records):
    verdict = check_mx_records(*records)
    assert (verdict.status, verdict.cause) == ("ok", None)
    assert verdict.found == tuple(sorted(records))


@pytest.mark.parametrize(
    ("records", "status", "word"),
    [
        pytest.param(["0 ."], "warning", "accepts no mail", id="null"),
        pytest.param(
            ["0 .", "10 mail.example.com."], "error", "others name", id="null-and-other"
        ),
        pytest.param(["10 gone.example.com."], "error", "do not exist", id="dead"),
        pytest.param(
            ["10 gone.example.com.", "20 mail.example.com."],
            "warning",
            "gone.example.com",
            id="one-of-two-dead",
        ),
        pytest.param(
            ["10 192.0.2.1."], "error", "IP address (192.0.2.1)", id="address"
        ),
        pytest.param(
            ["10 192.0.2.1.example.com."],
            "error",
            "IP address",
            id="address-and-domain",
        ),
        pytest.param(["10 2001:db8::1."], "error", "IP address", id="address-v6"),
        pytest.param(
            ["10 192.0.2.1.", "20 mail.example.com."],
            "warning",
            "IP address",
            id="address-beside-host",
        ),
        pytest.param(["10 alias.example.com."], "warning", "an alias", id="alias"),
        pytest.param(["10 text.example.com."], "error", "no address", id="no-address"),
        pytest.param(["10 ."], "warning", "accepts no mail", id="null-of-any-number"),
        pytest.param(
            [r"10 a\000..example.com."], "error", "do not exist", id="no-name"
        ),
    ],
)
def test_judged(records, status, word):
    zone = {
        "alias.example.com": {"CNAME": ["mail.example.com."]},
        "text.example.com": {"TXT": ["hello"]},
    }
    verdict = check_mx_records(*records, **zone)
    assert verdict.status == status
    assert word in str(verdict.cause)
    assert verdict.found == tuple(sorted(records))


def test_dangling_alias_is_dead():
    verdict = check_mx_records(
        "10 alias.example.com.", **{"alias.example.com": {"CNAME": ["gone.test."]}}
    )
    assert verdict.status == "error"


@pytest.mark.parametrize(
    ("kind", "value"), [("A", "192.0.2.1"), ("AAAA", "2001:db8::1")]
)
def test_implicit_mx(kind, value):
    verdict = check({DOMAIN: {kind: [value]}})
    assert verdict.status == "warning"
    assert "no MX record" in str(verdict.cause)


def test_missing_in_different_words():
    no_name = check({})
    assert str(no_name.cause) == "The domain example.com does not exist."
    no_record = check({DOMAIN: {"TXT": ["hello"]}})
    assert str(no_record.cause) == "The name example.com exists but has no MX record."
    assert no_name.status == no_record.status == "missing"


def test_alias_of_a_sub_domain_is_fine():
    zone = {"news.example.com": {"CNAME": ["real.example.net"]}}
    zone["real.example.net"] = {"MX": ["10 mail.example.com."], "SOA": ["soa"]}
    verdict = check({**zone, **HOST}, "news.example.com")
    assert (verdict.status, verdict.host) == ("ok", "real.example.net")
    dangling = check({"news.example.com": zone["news.example.com"]}, "news.example.com")
    assert dangling.status == "missing"
    assert "real.example.net, which does not exist" in str(dangling.cause)


@pytest.mark.parametrize("own", ["SOA", "NS"])
def test_alias_where_a_zone_begins(own):
    zone = {
        DOMAIN: {"CNAME": ["other.example.net."], own: ["something"]},
        "other.example.net": {"MX": ["10 mail.example.com."]},
    }
    verdict = check({**zone, **HOST})
    assert verdict.status == "error"
    assert "itself is an alias" in str(verdict.cause)
    assert verdict.found == ("other.example.net.",)


@pytest.mark.parametrize("status", ["servfail", "refused", "timeout", "bogus"])
def test_outage(status):
    assert check({DOMAIN: status}).status == "temperror"
    assert check({DOMAIN: {"MX": status, "A": ["192.0.2.1"]}}).status == "temperror"
    no_address = check({DOMAIN: {"A": status, "TXT": ["hello"]}})
    assert no_address.status == "temperror", "there may be an implicit MX"
    silent = {"mail.example.com": status}
    assert check_mx_records("10 mail.example.com.", **silent).status == "temperror"
    both = ("10 mail.example.com.", "20 mail.example.net.")
    assert check_mx_records(*both, **silent).status == "ok", "one answers"
    dead = ("10 mail.example.com.", "20 gone.example.net.")
    assert check_mx_records(*dead, **silent).status == "warning", "one is dead"


def test_half_an_outage_is_not_a_dead_host():
    half = {"mail.example.com": {"A": "timeout"}}
    assert check_mx_records("10 mail.example.com.", **half).status == "temperror"


def test_many_servers():
    records = [f"{number} gone{number}.example.com." for number in range(40)]
    ask = ZoneAsk({DOMAIN: {"MX": records}})
    verdict = check_mx(DOMAIN, ask)
    assert verdict.status == "warning", "nobody asked for the others"
    assert len(ask.asked) <= 30
    assert ask.rounds == 2


def test_preferred_servers_are_asked():
    records = [f"{number}0 gone{number}.example.com." for number in range(30)]
    records.append("5 mail.example.com.")
    ask = ZoneAsk({DOMAIN: {"MX": records}, **HOST})
    check_mx(DOMAIN, ask)
    assert "mail.example.com" in {question.name for question in ask.asked}


PARTS = ["10", "0", ".", "192.0.2.1.", "mail.example.com.", "9" * 5000, "²", "a..b."]
WORD = st.sampled_from(PARTS) | st.text(max_size=8)
RECORD = st.lists(WORD, max_size=3).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(RECORD, max_size=15))
def test_garbage(records):
    ask = ZoneAsk({DOMAIN: {"MX": records}, **HOST})
    verdict = check_mx(DOMAIN, ask)
    assert verdict.status == "ok" or (str(verdict.cause) and str(verdict.cure))
    assert len(ask.asked) <= 30
