"""Whole zones, judged by hand, in all checks but SPF."""

import pytest
from dns_zone import ZoneAsk, both_orders
from mail_mailjet.tools.dns.dkim import check_dkim
from mail_mailjet.tools.dns.dmarc import check_dmarc
from mail_mailjet.tools.dns.mx import check_mx
from mail_mailjet.tools.dns.ownership import check_ownership
from mail_mailjet.tools.dns.return_path import check_return_path
from rsa_keys import public_key

TOKEN = "6a0947b7fb1830aea28a9c96352a1e5b"
KEY = f"k=rsa; p={public_key(2048)}"
DMARC = "v=DMARC1; p=quarantine; rua=mailto:postmaster@example.com"
SPF = "v=spf1 include:spf.mailjet.com ~all"
OUTSIDE = {
    "bnc3.mailjet.com": {"A": ["192.0.2.99"]},
    "mx.example.net": {"A": ["192.0.2.25"], "AAAA": ["2001:db8::25"]},
}

ALL_WELL = {
    "example.com": {"TXT": [SPF], "MX": ["10 mx.example.net."], "SOA": ["soa"]},
    "mailjet._6a0947b7.example.com": {"TXT": [TOKEN]},
    "mailjet._domainkey.example.com": {"TXT": [[f"v=DKIM1; {KEY[:200]}", KEY[200:]]]},
    "_dmarc.example.com": {"TXT": [DMARC]},
    "bnc3.example.com": {"CNAME": ["bnc3.mailjet.com."]},
}
ALL_WRONG = {
    "example.com": {"TXT": [SPF], "MX": ["10 192.0.2.1."], "SOA": ["soa"]},
    "mailjet._6a0947b7.example.com": {"TXT": [f'"{TOKEN}"']},
    "mailjet._domainkey.example.com": {"TXT": [f"k=rsa; p={public_key(2048, 1)}"]},
    "_dmarc.example.com": {"TXT": ["v=DMARC1; p=none", DMARC]},
    "bnc3.example.com": {"A": ["192.0.2.80"]},
}
OUTAGE = dict.fromkeys(ALL_WELL, "servfail")
INHERITED = {
    "news.example.com": {"MX": ["5 mx.example.net."]},
    "mailjet._6a0947b7.news.example.com": {"TXT": [TOKEN]},
    "mailjet._domainkey.news.example.com": {"TXT": [KEY]},
    "_dmarc.example.com": {"TXT": [f"{DMARC}; sp=none"]},
}
MISPLACED = {
    "example.com": {"TXT": [SPF, DMARC, TOKEN], "A": ["192.0.2.80"]},
    "mailjet._domainkey.example.com.example.com": {"TXT": [KEY]},
    "bnc3.example.com.example.com": {"CNAME": ["bnc3.mailjet.com."]},
}
NOTHING = {"example.com": {"TXT": ["hello"]}}


@pytest.mark.parametrize(
    ("zone", "domain", "ownership", "dkim", "dmarc", "mx", "return_path"),
    [
        pytest.param(ALL_WELL, "example.com", *["ok"] * 5, id="all-well"),
        pytest.param(ALL_WRONG, "example.com", *["error"] * 5, id="all-wrong"),
        pytest.param(OUTAGE, "example.com", *["temperror"] * 5, id="outage"),
        pytest.param(
            INHERITED, "news.example.com", *["ok"] * 4, "missing", id="inherited"
        ),
        pytest.param(
            MISPLACED,
            "example.com",
            *["missing"] * 3,
            "warning",
            "missing",
            id="misplaced",
        ),
        pytest.param(NOTHING, "example.com", *["missing"] * 5, id="nothing"),
    ],
)
def test_zone(zone, domain, ownership, dkim, dmarc, mx, return_path):
    verdicts = check_all({**zone, **OUTSIDE}, domain)
    statuses = tuple(verdict.status for verdict in verdicts)
    assert statuses == (ownership, dkim, dmarc, mx, return_path)


def check_all(zone, domain):
    token_name = f"mailjet._6a0947b7.{domain}."
    key_name = f"mailjet._domainkey.{domain}."
    checks = (
        lambda ask: check_ownership(domain, token_name, TOKEN, ask),
        lambda ask: check_dkim(domain, key_name, KEY, ask),
        lambda ask: check_dmarc(domain, ask),
        lambda ask: check_mx(domain, ask),
        lambda ask: check_return_path(domain, ask),
    )
    return [both_orders(check, zone) for check in checks]


def test_misplaced_records_are_found():
    verdicts = check_all({**MISPLACED, **OUTSIDE}, "example.com")
    assert [verdict.host for verdict in verdicts] == [
        "example.com",
        "mailjet._domainkey.example.com.example.com",
        "example.com",
        "",
        "bnc3.example.com.example.com",
    ]


def test_inherited_record():
    [_ownership, _dkim, dmarc, *_] = check_all(
        {**INHERITED, **OUTSIDE}, "news.example.com"
    )
    assert (dmarc.record_domain, dmarc.policy) == ("example.com", "none")


def test_a_good_zone_takes_two_rounds():
    """The second question is for the address of the mail server."""
    rounds = []
    for check in (
        lambda ask: check_dkim(
            "example.com", "mailjet._domainkey.example.com", KEY, ask
        ),
        lambda ask: check_dmarc("example.com", ask),
        lambda ask: check_mx("example.com", ask),
        lambda ask: check_return_path("example.com", ask),
    ):
        ask = ZoneAsk({**ALL_WELL, **OUTSIDE})
        check(ask)
        rounds.append(ask.rounds)
    assert rounds == [1, 1, 2, 1]
