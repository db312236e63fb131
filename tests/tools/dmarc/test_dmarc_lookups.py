"""What DNS says about networks, addresses and report destinations."""

import pytest
from dmarc_zone import ZoneAsk, assert_presentable
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.dmarc.networks import (
    Networks,
    is_wide,
    read_networks,
    read_terms,
)
from mail_mailjet.tools.dmarc.next_record import next_record
from mail_mailjet.tools.dmarc.reverse_dns import find_hosts
from mail_mailjet.tools.dns.dmarc_record import parse_dmarc_record
from mail_mailjet.tools.dns.report_destination import check_report_destination

ZONE = {
    "shop.example": {
        "TXT": [
            "v=spf1 ip4:192.0.2.0/24 a mx include:one.example ?ip4:198.51.100.1"
            " ip6:2001:db8::/32 -all"
        ],
        "A": ["203.0.113.1"],
        "MX": ["10 mx.shop.example."],
    },
    "mx.shop.example": {"A": ["203.0.113.2"], "AAAA": ["2001:db8:1::2"]},
    "one.example": {"TXT": ["v=spf1 include:two.example ip4:203.0.113.64/26 ~all"]},
    "two.example": {"TXT": ["v=spf1 ip4:203.0.113.128/25 include:one.example -all"]},
}


def test_networks_of_each_term():
    terms = read_terms("shop.example", ZoneAsk(ZONE))
    assert {term.text: term.networks for term in terms} == {
        "ip4:192.0.2.0/24": ("192.0.2.0/24",),
        "a": ("203.0.113.1/32",),
        "mx": ("203.0.113.2/32", "2001:db8:1::2/128"),
        "include:one.example": ("203.0.113.128/25", "203.0.113.64/26"),
        "ip6:2001:db8::/32": ("2001:db8::/32",),
    }
    assert terms[3].target == "one.example"


def test_no_record_and_no_answer_are_not_the_same():
    assert read_networks("shop.example", ZoneAsk({})) == ()
    assert read_networks("shop.example", ZoneAsk({"shop.example": "timeout"})) is None
    outage_inside = {**ZONE, "two.example": "servfail"}
    assert read_networks("shop.example", ZoneAsk(outage_inside)) is None


def test_contains():
    networks = Networks(["192.0.2.0/24", "2001:db8::/32"])
    assert "192.0.2.255" in networks and "2001:DB8::1" in networks
    for address in ("192.0.3.0", "2001:db9::", "", "no address", "::192.0.2.1"):
        assert address not in networks
    assert is_wide("10.0.0.0/8") and is_wide("::/0") and not is_wide("10.0.0.0/12")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (
            {
                "7.2.0.192.in-addr.arpa": {"PTR": ["mx.shop.example."]},
                "mx.shop.example": {"A": ["192.0.2.7"]},
            },
            ("found", "mx.shop.example"),
        ),
        (
            {
                "7.2.0.192.in-addr.arpa": {"PTR": ["mail.google.com."]},
                "mail.google.com": {"A": ["192.0.2.99"]},
            },
            ("unconfirmed", "mail.google.com"),
        ),
        ({}, ("none", "")),
        ({"7.2.0.192.in-addr.arpa": "timeout"}, ("outage", "")),
        (
            {
                "7.2.0.192.in-addr.arpa": {"PTR": ["mx.shop.example."]},
                "mx.shop.example": "servfail",
            },
            ("outage", "mx.shop.example"),
        ),
    ],
)
def test_reverse_dns(zone, expected):
    [host] = find_hosts(["192.0.2.7"], ZoneAsk(zone))
    assert (host.status, host.name) == expected


def test_reverse_dns_of_ipv6():
    name = "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa"
    zone = {name: {"PTR": ["six.example."]}, "six.example": {"AAAA": ["2001:db8:0::1"]}}
    ask = ZoneAsk(zone)
    first, second = find_hosts(["2001:db8::1", "2001:db8::2"], ask)
    assert (first.status, second.status) == ("found", "none")
    assert ask.rounds == 2


TO = "reports.test"
NAME = f"shop.example._report._dmarc.{TO}"


@pytest.mark.parametrize(
    ("zone", "destination", "status"),
    [
        ({NAME: {"TXT": ["v=DMARC1"]}}, TO, "ok"),
        ({NAME: {"TXT": ["v=DMARC1; rua=mailto:x@reports.test"]}}, TO, "ok"),
        ({f"*._report._dmarc.{TO}": {"TXT": ["v=DMARC1;"]}}, TO, "ok"),
        ({NAME: {"TXT": ["hello", "v=DMARC1;"]}}, TO, "ok"),
        ({}, TO, "missing"),
        ({f"*.{TO}": {"TXT": ["v=spf1 -all"]}}, TO, "missing"),
        ({NAME: {"TXT": ["v=dmarc1"]}}, TO, "error"),
        ({NAME: "timeout"}, TO, "temperror"),
        ({"_dmarc.shop.example": "timeout"}, TO, "temperror"),
        ({}, "mail.shop.example", "ok"),
    ],
)
def test_report_destination(zone, destination, status):
    verdict = check_report_destination("shop.example", destination, ZoneAsk(zone))
    assert verdict.status == status
    assert_presentable(verdict)
    if status in ("missing", "error"):
        assert verdict.proposal == "v=DMARC1;" and NAME in str(verdict.cure)


def test_a_sister_domain_needs_no_record():
    zone = {"_dmarc.example.com": {"TXT": ["v=DMARC1; p=none"]}}
    verdict = check_report_destination(
        "news.example.com", "odoo.example.com", ZoneAsk(zone)
    )
    assert verdict.status == "ok"


@pytest.mark.parametrize(
    ("found", "policy", "rua", "expected"),
    [
        ("", "none", None, "v=DMARC1; p=none"),
        ("", "none", "d@a.example", "v=DMARC1; p=none; rua=mailto:d@a.example"),
        (
            "v=DMARC1; p=none; pct=50; t=y; adkim=s; rua=mailto:x@b.example; fo=1",
            "quarantine",
            "d@a.example",
            "v=DMARC1; p=quarantine; adkim=s; "
            "rua=mailto:x@b.example,mailto:d@a.example; fo=1",
        ),
        (
            "v=DMARC1; p=quarantine; rua=mailto:D@a.example",
            "reject",
            "d@a.example",
            "v=DMARC1; p=reject; rua=mailto:D@a.example",
        ),
        ("not a record", "none", None, "v=DMARC1; p=none"),
    ],
)
def test_next_record(found, policy, rua, expected):
    assert next_record(found, policy, rua) == expected


@given(st.text(max_size=60), st.sampled_from(["none", "quarantine", "reject"]))
def test_next_record_is_a_record(text, policy):
    record = parse_dmarc_record(
        next_record(f"v=DMARC1; p=none; {text}", policy, "d@a.example").encode()
    )
    assert record.get("p") == policy
