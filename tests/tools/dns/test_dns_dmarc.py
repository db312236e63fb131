"""The record at _dmarc of a domain or its parents."""

import pytest
from dns_zone import ZoneAsk, assert_presentable, both_orders
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.dns.dmarc import check_dmarc

DOMAIN = "example.com"
NAME = "_dmarc.example.com"
RUA = "rua=mailto:dmarc@example.com"
RECORD = f"v=DMARC1; p=none; {RUA}"
SPF = "v=spf1 include:spf.mailjet.com ~all"


def check(zone, domain=DOMAIN, signer=None):
    return both_orders(lambda ask: check_dmarc(domain, ask, signer), zone)


def check_texts(*texts):
    return check({NAME: {"TXT": list(texts)}})


def records(**texts):
    """Return a zone of {domain with "_" for ".": text of its DMARC record}."""
    return {
        f"_dmarc.{domain.replace('_', '.')}": {"TXT": [text]}
        for domain, text in texts.items()
    }


@pytest.mark.parametrize(
    ("texts", "policy"),
    [
        pytest.param([RECORD], "none", id="minimum-with-reports"),
        pytest.param([f"v=DMARC1;p=reject;{RUA};"], "reject", id="tight"),
        pytest.param([f"v = DMARC1 ; p = reject ; {RUA} "], "reject", id="white-space"),
        pytest.param([f"v=DMARC1; p=Quarantine; {RUA}"], "quarantine", id="upper-case"),
        pytest.param([RECORD, "hello", SPF], "none", id="other-texts-beside"),
        pytest.param([RECORD, "v=dmarc1; p=reject"], "none", id="no-record-beside"),
        pytest.param([["v=DMARC1; p=rej", f"ect; {RUA}"]], "reject", id="two-strings"),
        pytest.param([f"{RECORD}; pct=100; rf=afrf; ri=86400"], "none", id="outdated"),
        pytest.param([f"{RECORD}; x-foo=bar"], "none", id="unknown-tag"),
        pytest.param([f"{RECORD}!10m"], "none", id="size-limit"),
        pytest.param(
            [f"{RECORD},mailto:b@mail.example.com"], "none", id="two-addresses"
        ),
        pytest.param([f"{RECORD}; adkim=s; aspf=s"], "none", id="strict-for-itself"),
        pytest.param([f"{RECORD}; t=y"], "none", id="test-of-nothing"),
        pytest.param([f"V=DMARC1; p=none; {RUA}"], "none", id="version-tag-in-case"),
        pytest.param([f"{RECORD}; sp=reject"], "none", id="sp-is-for-others"),
    ],
)
def test_ok(texts, policy):
    verdict = check_texts(*texts)
    assert verdict.status == "ok", verdict.cause
    assert (verdict.policy, verdict.record_domain) == (policy, DOMAIN)
    assert (verdict.host, verdict.proposal) == ("", "")
    assert "DKIM" in str(verdict.cause) and "SPF does not count" in str(verdict.cause)


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        pytest.param(["p=none; v=DMARC1"], "does not begin with", id="version-last"),
        pytest.param([f"v=dmarc1; p=none; {RUA}"], "begin with", id="version-case"),
        pytest.param(["v=DMARC1 p=none"], "does not begin with", id="no-semicolon"),
        pytest.param([f" {RECORD}"], "does not begin with", id="blank-in-front"),
        pytest.param(["v=DMARC2; p=none"], "does not begin with", id="version-two"),
        pytest.param([f'"{RECORD}"'], "quotes", id="quotes-around"),
        pytest.param([r"v=DMARC1\; p=none"], "backslashes", id="backslash"),
        pytest.param([RECORD, "v=DMARC1; p=reject"], "several", id="two-records"),
        pytest.param(["v=DMARC1; p=monitor"], "ignore it", id="bad-policy"),
        pytest.param(["v=DMARC1"], "ignore it", id="version-alone"),
        pytest.param(["v=DMARC1; P=none"], "ignore it", id="tag-in-upper-case"),
        pytest.param(["v=DMARC1; p=none; sp=no"], "ignore it", id="bad-sp"),
        pytest.param(["v=DMARC1; rua=d@example.com"], "ignore it", id="bad-rua-only"),
        pytest.param([f"{RECORD}; p=reject"], "p= appears twice", id="policy-twice"),
    ],
)
def test_error(texts, word):
    verdict = check_texts(*texts)
    assert verdict.status == "error"
    assert word in str(verdict.cause)
    assert (verdict.policy, verdict.record_domain) == ("", "")
    assert len(verdict.found) == len(texts)


@pytest.mark.parametrize(
    ("text", "word", "policy"),
    [
        pytest.param(f"v=DMARC1; p=monitor; {RUA}", "none", "none", id="bad-policy"),
        pytest.param(f"v=DMARC1; {RUA}", "no valid policy", "none", id="reports-only"),
        pytest.param(f"{RECORD}; np=no", "no valid policy", "none", id="bad-np"),
        pytest.param(f"v=DMARC1; {RUA}; p=none", "right after", "none", id="p-third"),
        pytest.param("v=DMARC1; p=none", "no reports", "none", id="no-reports"),
        pytest.param("v=DMARC1; p=none;", "no reports", "none", id="proposal"),
        pytest.param("v=DMARC1; p=none; rua=", "no reports", "none", id="empty-rua"),
        pytest.param(
            "v=DMARC1; p=none; rua=d@example.com",
            "d@example.com",
            "none",
            id="no-mailto",
        ),
        pytest.param(
            f"{RECORD},https://x.test", "https", "none", id="one-is-no-mailto"
        ),
        pytest.param(f"{RECORD}; pct=20", "pct=20", "none", id="pct"),
        pytest.param(
            f"v=DMARC1; p=reject; t=y; {RUA}", "quarantine", "quarantine", id="test-1"
        ),
        pytest.param(f"v=DMARC1; p=quarantine; t=y; {RUA}", "t=y", "none", id="test-2"),
        pytest.param(f"{RECORD}; adkim=strict", "adkim=strict", "none", id="bad-adkim"),
        pytest.param(f"{RECORD}; hello", "hello", "none", id="no-tag"),
    ],
)
def test_warning(text, word, policy):
    verdict = check_texts(text)
    assert verdict.status == "warning"
    assert word in str(verdict.cause)
    assert (verdict.policy, verdict.record_domain) == (policy, DOMAIN)


OUTSIDE = "v=DMARC1; p=none; rua=mailto:dmarc@reports.example"
AGREEMENT = "example.com._report._dmarc.reports.example"


@pytest.mark.parametrize(
    ("zone", "status"),
    [
        pytest.param({}, "warning", id="no-agreement"),
        pytest.param({AGREEMENT: {"TXT": [SPF]}}, "warning", id="other-text"),
        pytest.param({AGREEMENT: {"TXT": ["v=DMARC1"]}}, "ok", id="agreement"),
        pytest.param({AGREEMENT: {"TXT": ["hi", "v=DMARC1;"]}}, "ok", id="among-texts"),
        pytest.param(
            {"*._report._dmarc.reports.example": {"TXT": ["v=DMARC1"]}},
            "ok",
            id="agreement-for-all",
        ),
        pytest.param({AGREEMENT: "servfail"}, "ok", id="outage-is-no-finding"),
    ],
)
def test_outside_reports(zone, status):
    verdict = check({NAME: {"TXT": [OUTSIDE]}, **zone})
    assert verdict.status == status
    assert verdict.policy == "none"
    if status == "warning":
        assert "reports.example" in str(verdict.cause)
        assert AGREEMENT in str(verdict.cure)


def test_report_domain_too_long_to_agree():
    domain = f"{'b.' * 118}example"
    verdict = check_texts(f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}")
    assert verdict.policy == "none"


def test_reports_to_the_domain_above_need_no_agreement():
    zone = records(news_example_com=RECORD)
    assert check(zone, "news.example.com").status == "ok"
    sibling = "v=DMARC1; p=none; rua=mailto:d@reports.example.com"
    zone = {**records(news_example_com=sibling), NAME: "servfail"}
    assert check(zone, "news.example.com").status == "ok", "they may be of one house"


def test_record_above():
    verdict = check(
        {NAME: {"TXT": [RECORD]}, "news.example.com": {}}, "news.example.com"
    )
    assert (verdict.status, verdict.host) == ("ok", NAME)
    assert (verdict.policy, verdict.record_domain) == ("none", DOMAIN)
    assert "record of example.com applies" in str(verdict.cause)


@pytest.mark.parametrize(
    ("tags", "is_existing", "policy"),
    [
        ("p=reject", True, "reject"),
        ("p=none; sp=reject", True, "reject"),
        ("p=none; sp=quarantine; np=reject", True, "quarantine"),
        ("p=none; sp=quarantine; np=reject", False, "reject"),
        ("p=none; np=reject", True, "none"),
        ("p=none; sp=quarantine", False, "quarantine"),
    ],
)
def test_policy_of_a_sub_domain(tags, is_existing, policy):
    zone = records(example_com=f"v=DMARC1; {tags}; {RUA}")
    if is_existing:
        zone["news.example.com"] = {"A": ["192.0.2.1"]}
    assert check(zone, "news.example.com").policy == policy


def test_test_of_a_sub_domain_policy():
    zone = records(example_com=f"v=DMARC1; p=none; sp=reject; t=y; {RUA}")
    zone["news.example.com"] = {"A": ["192.0.2.1"]}
    verdict = check(zone, "news.example.com")
    assert (verdict.status, verdict.policy) == ("warning", "quarantine")
    assert check(zone).status == "ok"


@pytest.mark.parametrize(
    ("zone", "record_domain", "policy"),
    [
        pytest.param(
            records(c_example_com=RECORD, example_com=f"v=DMARC1; p=reject; {RUA}"),
            "example.com",
            "reject",
            id="fewest-labels",
        ),
        pytest.param(
            records(a_b_c_example_com=RECORD, example_com="v=DMARC1; p=reject"),
            "a.b.c.example.com",
            "none",
            id="own-record",
        ),
        pytest.param(
            records(c_example_com=f"{RECORD}; psd=n", example_com="v=DMARC1; p=reject"),
            "c.example.com",
            "none",
            id="psd-n-in-the-middle",
        ),
        pytest.param(
            records(example_com=RECORD, com="v=DMARC1; p=reject; psd=y"),
            "example.com",
            "none",
            id="one-below-psd-y",
        ),
        pytest.param(
            records(
                c_example_com="v=DMARC1; p=none", com=f"{RECORD}; sp=reject; psd=y"
            ),
            "com",
            "reject",
            id="psd-y-has-the-only-record-that-counts",
        ),
        pytest.param(
            records(example_com=RECORD, com="v=DMARC1; p=reject; psd=u")
            | {"_dmarc.c.example.com": {"TXT": ["hello"]}},
            "com",
            "reject",
            id="psd-u-goes-on",
        ),
    ],
)
def test_tree_walk(zone, record_domain, policy):
    zone["a.b.c.example.com"] = {"A": ["192.0.2.1"]}
    verdict = check(zone, "a.b.c.example.com")
    assert (verdict.record_domain, verdict.policy) == (record_domain, policy)


def test_older_receivers():
    zone = records(c_example_com=f"{RECORD}; psd=n", example_com="v=DMARC1; p=reject")
    verdict = check(zone, "a.c.example.com")
    assert verdict.status == "ok"
    assert "older receivers use that of example.com" in str(verdict.cause)


@pytest.mark.parametrize(
    ("labels", "asked"),
    [(2, [2, 1]), (7, [7, 6, 5, 4, 3, 2, 1]), (12, [12, 7, 6, 5, 4, 3, 2, 1])],
)
def test_at_most_eight_questions(labels, asked):
    domain = ".".join("abcdefghijkl"[:labels])
    ask = ZoneAsk({f"_dmarc.{domain}": {"TXT": [RECORD]}})
    check_dmarc(domain, ask)
    walked = [name for name, kind in ask.asked if name.startswith("_dmarc.")]
    assert [name.count(".") for name in dict.fromkeys(walked)] == asked


def test_rounds():
    ask = ZoneAsk({NAME: {"TXT": [RECORD]}})
    check_dmarc(DOMAIN, ask)
    assert ask.rounds == 1
    for zone in ({}, {NAME: {"TXT": [OUTSIDE]}}):
        ask = ZoneAsk(zone)
        check_dmarc(DOMAIN, ask)
        assert ask.rounds == 2


@pytest.mark.parametrize("status", ["servfail", "refused", "timeout", "malformed"])
def test_outage(status):
    assert check({NAME: status}).status == "temperror"
    zone = {**records(example_com=RECORD), "_dmarc.news.example.com": status}
    verdict = check(zone, "news.example.com")
    assert verdict.status == "temperror", "the walk ends there"
    assert (verdict.policy, verdict.record_domain) == ("", "")
    zone = {**records(news_example_com=RECORD), NAME: status}
    assert check(zone, "news.example.com").status == "ok", "its own record is enough"
    assert check(zone, "a.news.example.com").status == "temperror"
    zone = {**records(example_com=f"{RECORD}; psd=n"), "_dmarc.com": status}
    assert check(zone, "news.example.com").status == "ok", "the walk ended before"


def test_broken_dnssec():
    assert "DNSSEC is broken for this domain" in str(check({NAME: "bogus"}).cause)


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        pytest.param(DOMAIN, DOMAIN, id="at-the-domain"),
        pytest.param(DOMAIN, f"{NAME}.{DOMAIN}", id="doubled"),
        pytest.param(
            "news.example.com",
            "_dmarc.news.example.com.example.com",
            id="zone-above-added",
        ),
    ],
)
def test_wrong_host(domain, host):
    verdict = check({host: {"TXT": [SPF, RECORD]}}, domain)
    assert (verdict.status, verdict.host) == ("missing", host)
    assert verdict.found == (RECORD,)
    assert f"_dmarc.{domain}" in str(verdict.cure)
    assert verdict.policy == ""


def test_wildcard():
    verdict = check({f"*.{DOMAIN}": {"TXT": [SPF]}})
    assert verdict.status == "missing"
    assert "wildcard" in str(verdict.cause)
    assert check({f"*.{DOMAIN}": {"TXT": [RECORD]}}).status == "ok", "content counts"


def test_missing_in_different_words():
    no_name = check({DOMAIN: {"TXT": [SPF]}})
    assert str(no_name.cause) == f"The name {NAME} does not exist."
    no_record = check({f"x.{NAME}": {"TXT": [SPF]}})
    assert str(no_record.cause) == f"The name {NAME} exists but has no TXT record."
    for verdict in (no_name, no_record):
        assert verdict.status == "missing"
        assert verdict.proposal == "v=DMARC1; p=none; rua=mailto:postmaster@example.com"
    other = check_texts("hello")
    assert "other purposes" in str(other.cause)


def test_alias():
    zone = {NAME: {"CNAME": ["example-com.dmarc.example.net"]}}
    dangling = check(zone)
    assert dangling.status == "missing"
    assert "example-com.dmarc.example.net, which does not" in str(dangling.cause)
    verdict = check({**zone, "example-com.dmarc.example.net": {"TXT": [RECORD]}})
    assert (verdict.status, verdict.policy) == ("ok", "none")
    assert verdict.host == "example-com.dmarc.example.net"
    beside = check({NAME: {"CNAME": ["a.example.net"], "TXT": [RECORD]}})
    assert beside.status == "warning"
    assert "both an alias" in str(beside.cause)


def test_broken_record_above():
    zone = records(example_com="v=dmarc1; p=none")
    verdict = check(zone, "news.example.com")
    assert (verdict.status, verdict.host) == ("error", NAME)
    zone["_dmarc.com"] = {"TXT": [RECORD]}
    assert check(zone, "news.example.com").status == "ok", "another one applies"
    assert check(zone).status == "error", "it is its own"


@pytest.mark.parametrize(
    ("tags", "domain", "signer", "status"),
    [
        pytest.param("adkim=s", "news.example.com", DOMAIN, "warning", id="strict"),
        pytest.param("adkim=S", "news.example.com", DOMAIN, "warning", id="upper-case"),
        pytest.param("adkim=r", "news.example.com", DOMAIN, "ok", id="relaxed"),
        pytest.param("fo=1", "news.example.com", f"{DOMAIN}.", "ok", id="default"),
        pytest.param("adkim=s", "news.example.com", None, "ok", id="signed-itself"),
        pytest.param("adkim=s", DOMAIN, DOMAIN, "ok", id="the-same"),
        pytest.param("adkim=r", DOMAIN, "example.org", "warning", id="other-house"),
        pytest.param("adkim=r", DOMAIN, "notexample.com", "warning", id="looks-alike"),
    ],
)
def test_alignment(tags, domain, signer, status):
    zone = records(example_com=f"v=DMARC1; p=none; {tags}; {RUA}")
    verdict = check(zone, domain, signer)
    assert verdict.status == status
    if status == "warning":
        assert "Mailjet signs for" in str(verdict.cause)
        assert verdict.policy == "none"


def test_alignment_with_part_of_the_walk_unknown():
    zone = {**records(a_b_example_com=RECORD), "_dmarc.b.example.com": "servfail"}
    assert check(zone, "a.b.example.com", "example.com").status == "ok"


PIECES = [
    "v=DMARC1",
    ";",
    " ",
    "p=none",
    "sp=",
    "rua=mailto:a@b.c",
    "=",
    "t=y",
    "psd=y",
]
PIECES += ["psd=n", "rua=mailto:a@xn--.é", f"rua=mailto:a@{'b.' * 130}c", "pct=", "\\"]
PIECES += [",mailto:x@report.example", ",mailto:y@two.example", "adkim=s", "\0", '"']
TEXT = st.binary(max_size=60) | st.lists(
    st.sampled_from(PIECES) | st.text(max_size=5), max_size=9
).map(lambda pieces: "".join(pieces).encode())
TEXTS = st.lists(TEXT | TEXT.map(b"v=DMARC1; p=none;".__add__), max_size=3)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS, st.sampled_from([None, "b.c.d.e.f.g.example.com", "x.org"]))
def test_garbage(own, above, elsewhere, signer):
    domain = "a.b.c.d.e.f.g.example.com"
    zone = {
        f"_dmarc.{domain}": {"TXT": own},
        "_dmarc.example.com": {"TXT": above},
        "*.g.example.com": {"TXT": elsewhere},
        "*._report._dmarc.report.example": {"TXT": elsewhere},
    }
    ask = ZoneAsk(zone)
    verdict = check_dmarc(domain, ask, signer)
    assert_presentable(verdict)
    assert len(ask.asked) <= 30
    assert verdict.policy in ("", "none", "quarantine", "reject")
    assert bool(verdict.policy) == bool(verdict.record_domain)
