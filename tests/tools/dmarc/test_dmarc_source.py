"""Who sent the mail of a row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.const import SPF_NETWORKS
from mail_mailjet.tools.dmarc.networks import Networks, Term, network_of
from mail_mailjet.tools.dmarc.source import (
    EVIDENCE,
    Known,
    Row,
    find_source,
    mailjet_account,
)

DOMAIN = "shop.example"
IN_MAILJET = "87.253.233.9"
ELSEWHERE = "198.51.100.7"
OWN = "203.0.113.7"


def known(**values):
    terms = (
        Term("include:_spf.google.com", ("209.85.128.0/17",)),
        Term("ip4:203.0.113.0/24", ("203.0.113.0/24",)),
        Term("ip4:64.0.0.0/4", ("64.0.0.0/4",)),
    )
    return Known(
        **{
            "domain": DOMAIN,
            "mailjet": Networks(SPF_NETWORKS),
            "terms": terms,
            **values,
        }
    )


def key(row, **values):
    return find_source(row, known(**values)).key


def signed(ip=ELSEWHERE, selector="mailjet", **values):
    return Row(
        ip,
        dkim_aligned=True,
        dkim_domain=DOMAIN,
        dkim_selector=selector,
        dkim_result="pass",
        **values,
    )


def returned(domain, ip=ELSEWHERE, **values):
    return Row(ip, spf_domain=domain, spf_result="pass", **values)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(
            signed(IN_MAILJET, spf_domain="a7.bnc3.mailjet.com", spf_result="pass"),
            "mailjet",
            id="healthy-mailjet",
        ),
        pytest.param(signed(), "mailjet", id="mailjet-forwarded"),
        pytest.param(signed(selector="MAILJET"), "mailjet", id="selector-in-capitals"),
        pytest.param(returned("a7.bnc3.mailjet.com"), "mailjet", id="return-path"),
        pytest.param(
            returned(f"bnc3.{DOMAIN}", spf_aligned=True),
            "mailjet",
            id="own-return-path",
        ),
        pytest.param(Row(IN_MAILJET), "mailjet", id="network"),
        pytest.param(
            Row(
                ELSEWHERE,
                dkim_domain="bnc3.mailjet.com",
                dkim_selector="mailjet1",
                dkim_result="pass",
            ),
            "mailjet",
            id="domain-not-authenticated",
        ),
        pytest.param(
            Row(
                ELSEWHERE,
                dkim_domain=DOMAIN,
                dkim_selector="mailjet",
                dkim_result="fail",
            ),
            "net:198.51.100.0/24",
            id="forged-signature-names-nobody",
        ),
        pytest.param(
            Row(ELSEWHERE, spf_domain="a7.bnc3.mailjet.com", spf_result="fail"),
            "net:198.51.100.0/24",
            id="forged-return-path-names-nobody",
        ),
        pytest.param(
            signed(selector="google"), "service:google", id="selector-of-a-service"
        ),
        pytest.param(
            signed(selector="s1", spf_domain="em1.sendgrid.net", spf_result="pass"),
            "service:sendgrid",
            id="selector-says-nothing-return-path-does",
        ),
        pytest.param(
            signed(selector="S1"), f"dkim:s1:{DOMAIN}", id="signature-of-nobody-known"
        ),
        pytest.param(
            returned(DOMAIN, "209.85.200.1", spf_aligned=True),
            "service:google",
            id="include",
        ),
        pytest.param(
            returned(DOMAIN, OWN, spf_aligned=True), "term:ip4:203.0.113.0/24", id="ip4"
        ),
        pytest.param(
            returned(DOMAIN, "70.1.2.3", spf_aligned=True),
            "net:70.1.2.0/24",
            id="a-wide-network-names-nobody",
        ),
        pytest.param(returned("bounce.crm.co.uk"), "spf:crm.co.uk", id="other-domain"),
        pytest.param(Row("2001:db8:1:2::3"), "net:2001:db8:1::/48", id="ipv6"),
        pytest.param(Row(""), "unknown", id="address-forgotten"),
    ],
)
def test_who_sent_it(row, expected):
    assert key(row) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("mail-1.google.com", "service:google"),
        ("vm1.googleusercontent.com", "ptr:googleusercontent.com"),
        ("mx.hoster.example", "ptr:hoster.example"),
        ("MX.Hoster.EXAMPLE.", "ptr:hoster.example"),
        ("notgoogle.com", "ptr:notgoogle.com"),
    ],
)
def test_reverse_dns(host, expected):
    assert key(Row(ELSEWHERE), hosts={ELSEWHERE: host}) == expected


def test_another_customer_of_mailjet():
    stranger = returned("a99.bnc3.mailjet.com", IN_MAILJET)
    accounts = frozenset({"7"})
    assert key(stranger, accounts=accounts) == "mailjet:a99"
    assert key(returned("a7.bnc3.mailjet.com"), accounts=accounts) == "mailjet"
    # Nothing is known about one's own account as long as nothing is signed
    assert key(stranger) == "mailjet"
    assert mailjet_account(returned("b.bnc3.mailjet.com")) == ""


def test_own_network_and_forwarding_service():
    own = find_source(signed(OWN, "s1", spf_aligned=True), known())
    assert own.is_own_network and own.evidence == "dkim"
    assert not find_source(signed(selector="s1"), known()).is_own_network
    assert find_source(returned("improvmx.com"), known()).is_forwarder


@pytest.mark.parametrize(
    ("reasons", "comments", "expected"),
    [
        ("", "", False),
        ("forwarded", "", True),
        ("other, mailing_list", "", True),
        ("trusted_forwarder", "", True),
        ("sampled_out", "", False),
        ("local_policy", "", False),
        ("local_policy", "arc=pass as.1.google.com=pass", True),
        ("other", "arc=pass", False),
    ],
)
def test_forwarded(reasons, comments, expected):
    assert Row("", reasons=reasons, comments=comments).is_forwarded is expected


def test_network_of():
    assert network_of("192.0.2.200") == "192.0.2.0/24"
    assert network_of("2001:DB8::1") == "2001:db8::/48"


names = st.text("abcdefgz019.-_", max_size=30)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
results = st.sampled_from(["pass", "fail", "none", "temperror", ""])
rows = st.builds(
    Row,
    source_ip=addresses | st.just(""),
    dkim_aligned=st.booleans(),
    spf_aligned=st.booleans(),
    dkim_domain=names,
    dkim_selector=names | st.just("mailjet"),
    dkim_result=results,
    spf_domain=names,
    spf_result=results,
    reasons=names,
    comments=names,
)


@given(rows, st.dictionaries(addresses, names.filter(bool), max_size=3))
def test_every_row_has_a_source(row, hosts):
    source = find_source(row, known(hosts=hosts))
    assert source.key and source.evidence in EVIDENCE
    assert find_source(row, known(hosts=hosts)) == source


@given(rows)
def test_what_anybody_can_write_makes_nobody_mailjet(row):
    """Neither domain nor selector counts where the receiver found no pass."""
    forged = Row(
        ELSEWHERE,
        dkim_domain=row.dkim_domain,
        dkim_selector="mailjet",
        dkim_result="fail",
        spf_domain="a1.bnc3.mailjet.com",
        spf_result="softfail",
    )
    assert not find_source(forged, known()).key.startswith(
        ("mailjet", "service", "term")
    )
