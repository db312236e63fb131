"""The alias at bnc3."""

import pytest
from dns_zone import ZoneAsk, assert_presentable, both_orders
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.dns.return_path import check_return_path

DOMAIN = "example.com"
NAME = f"bnc3.{DOMAIN}"
TARGET = "bnc3.mailjet.com"
MAILJET = {TARGET: {"A": ["192.0.2.99"]}}


def check(zone, domain=DOMAIN):
    return both_orders(lambda ask: check_return_path(domain, ask), zone)


@pytest.mark.parametrize(
    "zone",
    [
        pytest.param({NAME: {"CNAME": [f"{TARGET}."]}, **MAILJET}, id="direct"),
        pytest.param({NAME: {"CNAME": ["BNC3.Mailjet.com"]}}, id="case-and-dot"),
        pytest.param(
            {NAME: {"CNAME": [f"{TARGET}."], "A": "servfail"}}, id="no-address"
        ),
        pytest.param(
            {
                NAME: {"CNAME": ["bounce.example.net."]},
                "bounce.example.net": {"CNAME": [f"{TARGET}."]},
                **MAILJET,
            },
            id="chain",
        ),
        pytest.param(
            {
                NAME: {"CNAME": [f"{TARGET}."]},
                TARGET: {"CNAME": ["mx.mailjet.com."]},
                "mx.mailjet.com": {"A": ["192.0.2.99"]},
            },
            id="target-is-an-alias-itself",
        ),
    ],
)
def test_ok(zone):
    verdict = check(zone)
    assert verdict.status == "ok"
    assert TARGET in verdict.found


def test_absent_is_missing_but_optional():
    no_name = check({DOMAIN: {"A": ["192.0.2.1"]}})
    assert no_name.status == "missing"
    assert "does not exist" in str(no_name.cause)
    no_record = check({NAME: {"TXT": ["hello"]}})
    assert no_record.status == "missing"
    assert "exists but has no CNAME record" in str(no_record.cause)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("in-v3.mailjet.com", id="other-mailjet-host"),
        pytest.param("bnc3.mailjet.com.example.com", id="domain-appended"),
        pytest.param("xbnc3.mailjet.com", id="only-the-end-is-equal"),
    ],
)
def test_other_target(target):
    verdict = check({NAME: {"CNAME": [f"{target}."]}, **MAILJET})
    assert verdict.status == "error"
    assert "does not lead to bnc3.mailjet.com" in str(verdict.cause)
    assert verdict.found == (target,)


@pytest.mark.parametrize(
    ("kind", "value"), [("A", "192.0.2.7"), ("AAAA", "2001:db8::7")]
)
def test_address_instead_of_alias(kind, value):
    verdict = check({NAME: {kind: [value]}, DOMAIN: {"A": ["192.0.2.1"]}})
    assert verdict.status == "error"
    assert "Cloudflare" in str(verdict.cause)
    assert verdict.found == (value,)


@pytest.mark.parametrize(
    "records",
    [{"A": ["192.0.2.1"]}, {"CNAME": ["www.example.net."]}],
    ids=["address", "alias"],
)
def test_wildcard_is_nobodys_mistake(records):
    zone = {f"*.{DOMAIN}": records, "www.example.net": {"A": ["192.0.2.5"]}}
    verdict = check(zone)
    assert verdict.status == "missing"
    assert "wildcard" in str(verdict.cause)
    assert check({**zone, NAME: {"A": ["192.0.2.2"]}}).status == "error"
    assert check({f"*.{DOMAIN}": {"CNAME": [f"{TARGET}."]}}).status == "ok"


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        (DOMAIN, f"{NAME}.{DOMAIN}"),
        ("news.example.com", "bnc3.news.example.com.example.com"),
        ("news.example.com", NAME),
    ],
)
def test_wrong_host(domain, host):
    verdict = check({host: {"CNAME": [f"{TARGET}."]}}, domain)
    assert (verdict.status, verdict.host) == ("missing", host)


@pytest.mark.parametrize("status", ["servfail", "timeout", "bogus"])
def test_outage(status):
    assert check({NAME: status}).status == "temperror"
    assert check({NAME: {"CNAME": status}, **MAILJET}).status == "temperror"
    lost_way = {NAME: {"CNAME": ["away.example.net."], "A": status}}
    assert check(lost_way).status == "temperror", "the alias may go on"


def test_another_target():
    zone = {NAME: {"CNAME": ["bounce.example.org."]}}
    verdict = check_return_path(f"{DOMAIN}.", ZoneAsk(zone), "Bounce.example.org.")
    assert verdict.status == "ok"


NAMES = st.sampled_from([f"{TARGET}.", "x.example.net.", f"{NAME}.", "192.0.2.1."])


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([NAME, f"*.{DOMAIN}", DOMAIN, f"{NAME}.{DOMAIN}", TARGET]),
        st.builds(lambda name: {"CNAME": [name]}, NAMES)
        | st.sampled_from(["servfail", "nxdomain", {"A": ["192.0.2.1"]}]),
    )
)
def test_any_zone(zone):
    ask = ZoneAsk(zone)
    assert_presentable(check_return_path(DOMAIN, ask))
    assert len(ask.asked) <= 30
