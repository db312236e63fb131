"""Causes and cures: what an administrator reads, and can do about it.

Each test is a situation that was once explained wrongly, with others of its kind.
"""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from dns_zone import ZoneAsk, both_orders
from mail_mailjet.tools.dns.dkim import check_dkim
from mail_mailjet.tools.dns.dmarc import check_dmarc
from mail_mailjet.tools.dns.dmarc_proposal import propose_dmarc
from mail_mailjet.tools.dns.existence import registered_domain
from mail_mailjet.tools.dns.mx import check_mx
from mail_mailjet.tools.dns.ownership import check_ownership
from mail_mailjet.tools.dns.return_path import check_return_path
from mail_mailjet.tools.dns.spf import check_spf
from rsa_keys import public_key

MJ = "include:spf.mailjet.com"
TOKEN = "46a1ea7b1f6df60ba41e145725f7d3bf"
KEY = public_key(2048)
RECORD = f"k=rsa; p={KEY}"
DMARC = "v=DMARC1; p=none; rua=mailto:d@example.com"
OUTSIDE = {
    "spf.mailjet.com": {"TXT": ["v=spf1 ip4:198.51.100.0/24 ?all"]},
    "other.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "web.host.test": {"A": ["192.0.2.80"]},
    "in-v3.mailjet.com": {"A": ["192.0.2.25"]},
    "parse.mailjet.com": {"A": ["192.0.2.26"]},
}
HERE = {"example.com": {"A": ["192.0.2.1"]}}

CHECKS = {
    "spf": ("", check_spf),
    "dkim": (
        "mailjet._domainkey.",
        lambda domain, ask: check_dkim(
            domain, f"mailjet._domainkey.{domain}", RECORD, ask
        ),
    ),
    "dmarc": ("_dmarc.", check_dmarc),
    "ownership": (
        "mailjet._46a1ea7b.",
        lambda domain, ask: check_ownership(
            domain, f"mailjet._46a1ea7b.{domain}", TOKEN, ask
        ),
    ),
    "mx": ("", check_mx),
    "return_path": ("bnc3.", check_return_path),
}


def check(kind, zone, domain="example.com"):
    _prefix, checker = CHECKS[kind]
    return both_orders(lambda ask: checker(domain, ask), {**OUTSIDE, **HERE, **zone})


def check_record(kind, *texts):
    prefix, _checker = CHECKS[kind]
    return check(kind, {f"{prefix}example.com": {"TXT": list(texts)}})


def spf(*texts, **zone):
    own = {"TXT": list(texts), "A": ["192.0.2.1"]}
    verdict = check("spf", {"example.com": own, **zone})
    assert len(str(verdict.cure)) < 400
    return verdict


# -- An alias or a wildcard in the place of the record ------------------------------

WITH_RECORD = ("spf", "dkim", "dmarc", "ownership", "mx")


@pytest.mark.parametrize("kind", WITH_RECORD)
def test_alias_to_a_stranger(kind):
    """Nothing else may stand beside a CNAME: it has to go, or its target to change."""
    name = f"{CHECKS[kind][0]}news.example.com"
    verdict = check(kind, {name: {"CNAME": ["web.host.test."]}}, "news.example.com")
    assert (
        f"{name} is an alias (CNAME) for web.host.test" in str(verdict.cause)
        or verdict.status == "warning"
    )
    assert f"Delete the CNAME record at {name}" in str(verdict.cure)
    assert "web.host.test changed" in str(verdict.cure)


@pytest.mark.parametrize("kind", WITH_RECORD)
def test_alias_to_nowhere(kind):
    name = f"{CHECKS[kind][0]}news.example.com"
    verdict = check(kind, {name: {"CNAME": ["gone.host.test."]}}, "news.example.com")
    assert verdict.status == "missing"
    assert "gone.host.test, which does not exist" in str(verdict.cause)
    assert f"Delete the CNAME record at {name}" in str(verdict.cure)


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("spf", "v=spf1 mx -all"),
        ("dkim", f"k=rsa; p={public_key(2048, 1)}"),
        ("dmarc", "v=dmarc1; p=none"),
        ("ownership", f"{TOKEN} "),
    ],
)
def test_alias_to_the_record_of_a_stranger(kind, record):
    name = f"{CHECKS[kind][0]}news.example.com"
    zone = {name: {"CNAME": ["shops.host.test."]}}
    zone["shops.host.test"] = {"TXT": [record], "MX": ["10 web.host.test."]}
    verdict = check(kind, zone, "news.example.com")
    assert verdict.status == "error"
    assert f"{name} is an alias (CNAME) for shops.host.test" in str(verdict.cause)
    assert "shops.host.test changed" in str(verdict.cure)
    if kind == "spf":
        assert not verdict.proposal, "the stranger's senders are not ours"


def test_mx_of_a_stranger_that_is_wrong():
    zone = {"news.example.com": {"CNAME": ["shops.host.test."]}}
    zone["shops.host.test"] = {"MX": ["10 gone.host.test."]}
    verdict = check("mx", zone, "news.example.com")
    assert "news.example.com is an alias (CNAME)" in str(verdict.cause)


@pytest.mark.parametrize(
    ("kind", "record"), [("spf", {"TXT": [f"v=spf1 {MJ} ~all"]}), ("mx", None)]
)
def test_alias_beside_the_record(kind, record):
    record = record or {"MX": ["10 web.host.test."]}
    node = {**record, "CNAME": ["web.host.test."]}
    verdict = check(kind, {"news.example.com": node}, "news.example.com")
    assert verdict.status == "warning"
    assert "both an alias" in str(verdict.cause)


@pytest.mark.parametrize("kind", CHECKS)
@pytest.mark.parametrize("target", ["web.host.test.", "gone.host.test."])
def test_wildcard_alias(kind, target):
    zone = {"*.example.com": {"CNAME": [target]}}
    verdict = check(kind, zone, "news.example.com")
    name = f"{CHECKS[kind][0]}news.example.com"
    if verdict.status != "warning":  # an implicit MX
        assert f"{name} has no record of its own: a wildcard" in str(verdict.cause)
        assert verdict.status == "missing"
    assert "CNAME record at" not in str(verdict.cure) or kind == "return_path"


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("spf", "v=spf1 mx -all"),
        ("dkim", "v=DKIM1; p="),
        ("dmarc", "v=dmarc1; p=none"),
        ("ownership", "e4641609bcdab1b1c4c4933b2b7d121a"),
    ],
)
def test_wildcard_text(kind, record):
    zone = {"*.example.com": {"TXT": [record]}}
    verdict = check(kind, zone, "news.example.com")
    name = f"{CHECKS[kind][0]}news.example.com"
    assert verdict.status == "missing"
    assert "wildcard" in str(verdict.cause)
    assert f"create a TXT record at {name}" in str(verdict.cure)


def test_spf_of_a_wildcard_is_kept():
    zone = {"*.example.com": {"TXT": ["v=spf1 ip4:192.0.2.7 -all"]}}
    verdict = check("spf", zone, "news.example.com")
    assert verdict.proposal == f"v=spf1 ip4:192.0.2.7 {MJ} -all"


def test_record_of_a_wildcard_that_is_right():
    for kind, record in (("spf", f"v=spf1 {MJ} ~all"), ("dmarc", DMARC)):
        zone = {"*.example.com": {"TXT": [record]}}
        assert check(kind, zone, "news.example.com").status == "ok"


# -- Domains ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CHECKS)
@pytest.mark.parametrize(
    ("domain", "named"),
    [
        ("gone.test", "gone.test"),
        ("news.gone.test", "gone.test"),
        ("gone.co.uk", "gone.co.uk"),
        ("news.gone.com.br", "gone.com.br"),
        ("news.gone.web.id", "gone.web.id"),
    ],
)
def test_a_domain_that_does_not_exist(kind, domain, named):
    zone = {"uk": {}, "a.co.uk": {"A": ["192.0.2.1"]}, "a.com.br": {}, "a.test": {}}
    zone["a.web.id"] = {}
    verdict = check(kind, zone, domain)
    assert verdict.status == "missing"
    assert str(verdict.cause) == f"The domain {named} does not exist."
    assert "create" not in str(verdict.cure).lower()
    assert not verdict.proposal


def test_a_company_s_domain_that_reads_like_a_registry_s():
    assert registered_domain("mout.web.de") == registered_domain("web.de") == "web.de"


@pytest.mark.parametrize("kind", CHECKS)
def test_a_subdomain_exists_once_it_has_records(kind):
    verdict = check(kind, {}, "news.example.com")
    assert verdict.status == "missing"
    assert "The domain" not in str(verdict.cause)


@pytest.mark.parametrize(
    "typed", [" bücher.example ", "BÜCHER.example.", "xn--bcher-kva.example\n"]
)
@pytest.mark.parametrize("kind", CHECKS)
def test_a_domain_as_people_type_it(kind, typed):
    ask = ZoneAsk({**OUTSIDE, "xn--bcher-kva.example": {"A": ["192.0.2.1"]}})
    CHECKS[kind][1](typed, ask)
    asked = {question.name for question in ask.asked}
    name = f"{CHECKS[kind][0]}xn--bcher-kva.example"
    assert name in asked
    assert all(one == one.strip().lower() for one in asked)


def test_what_dns_cannot_hold_does_not_exist():
    verdict = check("spf", {}, "b\u00fc cher.\ud800.example")
    assert verdict.status == "missing"


# -- SPF -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "term",
    [
        "include=gone.test",
        "all=x",
        "mx=10",
        "exists=gone.test",
        "ip4=what",
        "a=",
        "ptr=x",
    ],
)
def test_modifiers_named_like_mechanisms_are_ignored(term):
    verdict = spf(f"v=spf1 {term} {MJ} -all")
    assert verdict.status == "warning"
    assert f"“{term}”" in str(verdict.cause)
    assert verdict.lookups == 1
    if verdict.proposal:
        assert MJ in verdict.proposal


def test_a_modifier_that_would_do_harm_is_not_corrected():
    assert not spf(f"v=spf1 include=gone.test {MJ} -all").proposal
    verdict = spf(f"v=spf1 include=other.test {MJ} -all")
    assert verdict.proposal == f"v=spf1 include:other.test {MJ} -all"


def test_unknown_modifiers_are_fine():
    assert spf(f"v=spf1 foo=a,b;c {MJ} -all").status == "ok"


@pytest.mark.parametrize(
    ("term", "cause"),
    [
        ("mx", "“mx” finds nothing: the name exists, but has no MX record."),
        ("?mx:web.host.test", "exists, but has no MX record."),
        ("a:other.test", "“a:other.test” finds nothing: the name exists, but has no"),
        ("exists:other.test", "exists, but has no address."),
        ("a:gone.test", "leads to a name that does not exist: “a:gone.test”."),
    ],
)
def test_void_lookups_in_different_words(term, cause):
    verdict = spf(f"v=spf1 {term} {MJ} ~all")
    assert verdict.status == "warning"
    assert cause in str(verdict.cause)
    assert f"“{term}”" in str(verdict.cure)
    assert verdict.voids == 1


def test_three_void_lookups_are_too_many():
    verdict = spf(f"v=spf1 mx a:other.test a:gone.test {MJ} ~all")
    assert (verdict.status, verdict.voids) == ("error", 3)
    assert "find nothing in DNS: mx, a:other.test, a:gone.test" in str(verdict.cause)


def test_a_long_record_names_its_length_and_what_could_go():
    addresses = " ".join(f"ip4:192.0.2.{n}" for n in range(30))
    verdict = spf(f"v=spf1 {addresses} {MJ} ~all")
    assert "475 characters" in str(verdict.cause)
    assert "move the 30 ip4 and ip6 terms" in str(verdict.cure)
    assert "include:_spf.example.com" in str(verdict.cure)
    verdict = spf(f"v=spf1 ip4:192.0.2.0/24 {addresses} {MJ} ~all")
    assert "30 terms can be removed" in str(verdict.cure)
    assert "“ip4:192.0.2.0”" in str(verdict.cure)
    names = " ".join(f"exists:%{{i}}.{'x' * 60}{n}.other.test" for n in range(6))
    verdict = spf(f"v=spf1 {names} {MJ} ~all")
    assert "The longest terms are" in str(verdict.cure)


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ("a/0", ["a/0"]),
        ("mx//0", ["mx//0"]),
        ("a:other.test/0", ["a:other.test/0"]),
        ("ip4:0.0.0.0/0", ["ip4:0.0.0.0/0"]),
        ("ip6:::/0", ["ip6:::/0"]),
        ("ip4:0.0.0.0/1 ip4:128.0.0.0/1", ["ip4:0.0.0.0/1", "ip4:128.0.0.0/1"]),
        ("ip4:0.0.0.0/1 mx ip4:128.0.0.0/2 ip4:192.0.0.0/3", ["ip4:192.0.0.0/3"]),
        ("ip4:128.0.0.0/1", ["ip4:128.0.0.0/1"]),
        ("ip6:2000::/4 ip6:3000::/4", ["ip6:2000::/4", "ip6:3000::/4"]),
        ("exists:web.host.test", ["exists:web.host.test"]),
        ("include:halves.test", ["include:halves.test"]),
    ],
)
def test_open_to_everybody(terms, named):
    halves = "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"
    verdict = spf(f"v=spf1 {terms} {MJ} -all", **{"halves.test": {"TXT": [halves]}})
    assert verdict.status == "error"
    assert "let" in str(verdict.cause)
    for term in named:
        assert f"“{term}”" in str(verdict.cause)


@pytest.mark.parametrize(
    "terms",
    [
        "ip4:10.0.0.0/8 ip4:192.0.2.0/24",
        "-ip4:0.0.0.0/0",
        "a/24//64",
        "exists:%{i}.x.test",
        "-all ip4:0.0.0.0/0",
    ],
)
def test_not_open(terms):
    assert "let" not in str(spf(f"v=spf1 {MJ} {terms} ~all").cause)


# -- A record at the wrong host ------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "host", "record"),
    [
        ("spf", "_spf.example.com", f"v=spf1 mx {MJ} -all"),
        ("spf", "spf.example.com", f"v=spf1 mx {MJ} -all"),
        ("spf", "example.com.example.com", f"v=spf1 mx {MJ} -all"),
        ("spf", "www.example.com", f"v=spf1 mx {MJ} -all"),
        ("dkim", "mailjet.domainkey.example.com", RECORD),
        ("dkim", "mailjet_domainkey.example.com", RECORD),
        ("dkim", "_domainkey.example.com", RECORD),
        ("dkim", "mailjet.example.com", RECORD),
        ("dkim", "mailjet._domainkey.www.example.com", RECORD),
        ("dmarc", "dmarc.example.com", DMARC),
        ("dmarc", "_dmarc.www.example.com", DMARC),
        ("dmarc", "_dmarc.example.com.example.com", DMARC),
        ("ownership", "mailjet.46a1ea7b.example.com", TOKEN),
        ("ownership", "_46a1ea7b.example.com", TOKEN),
    ],
)
def test_wrong_host(kind, host, record):
    verdict = check(kind, {host: {"TXT": [record]}})
    name = f"{CHECKS[kind][0]}example.com"
    assert (verdict.status, verdict.host) == ("missing", host)
    assert str(verdict.cause) == f"The record is at {host} but belongs at {name}."
    if kind == "spf":
        assert verdict.proposal == record


def test_return_path_at_the_wrong_host():
    zone = {"bnc3.www.example.com": {"CNAME": ["bnc3.mailjet.com."]}}
    verdict = check("return_path", zone)
    assert (verdict.status, verdict.host) == ("missing", "bnc3.www.example.com")


def test_a_record_that_sends_nothing_is_no_misplaced_one():
    verdict = check("spf", {"www.example.com": {"TXT": ["v=spf1 -all"]}})
    assert verdict.host == ""


# -- DMARC ---------------------------------------------------------------------------


def test_version_tag_in_upper_case():
    assert check_record("dmarc", DMARC.replace("v=", "V=")).status == "ok"
    assert check_record("dmarc", DMARC.replace("DMARC1", "dmarc1")).status == "error"
    agreement = {"example.com._report._dmarc.other.test": {"TXT": ["V=DMARC1"]}}
    outside = DMARC.replace("d@example.com", "d@other.test")
    zone = {"_dmarc.example.com": {"TXT": [outside]}, **agreement}
    assert check("dmarc", zone).status == "ok"


@pytest.mark.parametrize(
    ("value", "word", "right"),
    [
        ("mailto:a@x.test mailto:b@x.test", "a comma is missing", "a@ b@"),
        ("mailto:a@x.test;mailto:b@x.test", "not a semicolon", "a@ b@"),
        ("mailto:a@x.test; b@x.test", "not a semicolon", "a@ b@"),
        ("mailto:a@x.testmailto:b@x.test", "a comma is missing", None),
        ("mailto:a@x.test,b@x.test", "only addresses like mailto:", "a@ b@"),
        ("a@x.test", "only addresses like mailto:", "a@"),
        ("mailto: a@x.test", "without spaces", "a@"),
        ("mailto://a@x.test", "not a complete address", "a@"),
        ("<mailto:a@x.test>", "only addresses like mailto:", "a@"),
    ],
)
def test_report_addresses(value, word, right):
    verdict = check_record("dmarc", f"v=DMARC1; p=none; rua={value}")
    assert verdict.status == "warning"
    assert word in str(verdict.cause)
    if right:
        uris = [f"mailto:{local}x.test" for local in right.split()]
        assert verdict.proposal == f"v=DMARC1; p=none; rua={','.join(uris)}"


def test_failure_reports_are_no_better():
    verdict = check_record("dmarc", f"{DMARC}; ruf=mailto:a@x.test mailto:b@x.test")
    assert "a comma is missing" in str(verdict.cause)
    assert "ruf=" in str(verdict.cure)


@pytest.mark.parametrize(
    "rua", [None, "dmarc@example.com", "d+x,y!z@example.com", "dmarc@bücher.example"]
)
@pytest.mark.parametrize(
    "text",
    [
        None,
        "v=DMARC1; p=none",
        "v=DMARC1; p=reject; pct=20; adkim=s; rua=mailto:a@example.com",
        "v=DMARC1; p=monitor; sp=what; fo=1; rua=a@example.com",
        "v=DMARC1; rua=mailto:a@example.com; p=quarantine; hello",
        "v=dmarc1; p=quarantine",
        '"v=DMARC1; p=none"',
        r"v=DMARC1\; p=reject\;",
        "v=DMARC1 p=reject rua=mailto:a@example.com",
        "p=reject; v=DMARC1",
    ],
)
def test_the_proposal_published_leaves_no_warning(text, rua):
    agreement = {
        "example.com._report._dmarc.xn--bcher-kva.example": {"TXT": ["v=DMARC1"]}
    }
    zone = {**agreement, **HERE}
    if text:
        zone["_dmarc.example.com"] = {"TXT": [text]}
    verdict = check_dmarc("example.com", ZoneAsk(zone), rua=rua)
    assert verdict.status != "ok"
    zone["_dmarc.example.com"] = {"TXT": [verdict.proposal]}
    again = check_dmarc("example.com", ZoneAsk(zone))
    assert again.status == "ok", again.cause
    for policy in ("reject", "quarantine"):
        assert (f"p={policy}" in (text or "")) == (f"p={policy}" in verdict.proposal)


def test_the_proposal_says_where_the_reports_go():
    assert propose_dmarc("example.com", "d@x.test").endswith("rua=mailto:d@x.test")
    verdict = check("dmarc", {})
    assert verdict.proposal.endswith("rua=mailto:postmaster@example.com")
    assert "use another mailbox if nobody reads that one" in str(verdict.cure)
    given = check_dmarc("example.com", ZoneAsk(HERE), rua="d@example.com")
    assert "mailbox" not in str(given.cure)


# -- MX, DKIM ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("in-v3.mailjet.com", "error"),
        ("smtp.office365.com", "error"),
        ("parse.mailjet.com", "ok"),
        ("web.host.test", "ok"),
        ("private.host.test", "error"),
    ],
)
def test_mx_at_a_host_that_receives_no_mail(host, status):
    zone = {
        "example.com": {"MX": [f"10 {host}."]},
        "smtp.office365.com": {"A": ["192.0.2.9"]},
        "private.host.test": {"A": ["10.0.0.1"], "AAAA": ["fe80::1"]},
    }
    verdict = check("mx", zone)
    assert verdict.status == status
    if status == "error":
        assert host in str(verdict.cause)
    zone["example.com"]["MX"].append("20 web.host.test.")
    assert check("mx", zone).status in (status, "warning")


def pkcs1(key):
    public = load_der_public_key(base64.b64decode(key))
    der = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return base64.b64encode(der).decode()


def test_one_key_in_two_forms():
    verdict = check_record("dkim", f"k=rsa; p={pkcs1(KEY)}")
    assert verdict.status == "ok"
    other = check_record("dkim", f"k=rsa; p={pkcs1(public_key(2048, 1))}")
    assert "not Mailjet's key" in str(other.cause)
    name = "mailjet._domainkey.example.com"
    zone = ZoneAsk({name: {"TXT": [RECORD]}})
    assert check_dkim("example.com", name, f"p={pkcs1(KEY)}", zone).status == "ok"
    elsewhere = {"mailjet.domainkey.example.com": {"TXT": [f"p={pkcs1(KEY)}"]}}
    assert check("dkim", elsewhere).host == "mailjet.domainkey.example.com"
