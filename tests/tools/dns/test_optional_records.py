"""MTA-STS, TLS-RPT and BIMI: optional, and grey when they are not there."""

import pytest
from dns_zone import ZoneAsk, assert_presentable
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.dns.bimi import check_bimi
from mail_mailjet.tools.dns.mta_sts import check_mta_sts, policy_url
from mail_mailjet.tools.dns.mta_sts_policy import MODES, parse_policy
from mail_mailjet.tools.dns.tls_rpt import check_tls_rpt
from mail_mailjet.tools.dns.web_file import FILE, WebFile

DOMAIN = "company.example"
STS, TLS, BIMI = f"_mta-sts.{DOMAIN}", f"_smtp._tls.{DOMAIN}", f"default._bimi.{DOMAIN}"
LOGO = f"https://www.{DOMAIN}/logo.svg"
CERTIFICATE = f"https://www.{DOMAIN}/logo.pem"
SVG = b'<?xml version="1.0"?><svg version="1.2" baseProfile="tiny-ps"></svg>'
POLICY = (
    b"version: STSv1\r\nmode: enforce\r\nmx: *.company.example\r\nmax_age: 604800\r\n"
)
CHECKS = [check_mta_sts, check_tls_rpt, check_bimi]


class FileAsk(ZoneAsk):
    """An `Ask` that knows files, too: {address: bytes or a status}."""

    def __init__(self, zone, files=(), is_reversed=False):
        super().__init__(zone, is_reversed)
        self.files = dict(files)

    def _look_up(self, name, kind):
        if kind != FILE:
            return super()._look_up(name, kind)
        found = self.files.get(name, "not_found")
        if isinstance(found, str):
            return WebFile(name, found)
        return WebFile(name, "ok", found)


def check(function, zone, files=(), domain=DOMAIN):
    verdict = function(domain, FileAsk(zone, files))
    assert function(domain, FileAsk(zone, files, is_reversed=True)) == verdict
    assert_presentable(verdict)
    return verdict


@pytest.mark.parametrize("function", CHECKS)
def test_absent_is_missing_but_optional_and_says_how_to_set_it_up(function):
    verdict = check(function, {DOMAIN: {"TXT": ["v=spf1 -all"]}})
    assert verdict.status == "missing"
    assert "TXT record at" in str(verdict.cure)


@pytest.mark.parametrize("function", CHECKS)
def test_an_outage_is_no_verdict(function):
    zone = {name: {"TXT": "servfail"} for name in (STS, TLS, BIMI)}
    assert check(function, zone).status == "temperror"


@pytest.mark.parametrize(
    ("function", "name", "value"),
    [
        (check_mta_sts, STS, "v=STSv1; id=1"),
        (check_tls_rpt, TLS, "v=TLSRPTv1; rua=mailto:a@company.example"),
        (check_bimi, BIMI, "v=BIMI1; l="),
    ],
)
def test_two_records_cancel_each_other_and_a_wrong_place_is_found(
    function, name, value
):
    twice = check(function, {name: {"TXT": [value, f"{value};"]}})
    assert twice.status == "error" and len(twice.found) == 2
    doubled = check(function, {f"{name}.{DOMAIN}": {"TXT": [value]}})
    assert doubled.status == "warning" and doubled.host == f"{name}.{DOMAIN}"
    wildcard = check(function, {f"*.{DOMAIN}": {"TXT": ["v=spf1 -all"]}})
    assert wildcard.status == "missing"


# -- MTA-STS -------------------------------------------------------------------------


def check_sts(record="v=STSv1; id=20261129", policy=POLICY, mx="mx.company.example."):
    zone = {STS: {"TXT": [record]}, DOMAIN: {"MX": [f"10 {mx}"]}}
    return check(check_mta_sts, zone, {policy_url(DOMAIN): policy})


def test_mta_sts():
    assert check_sts().status == "ok"
    assert check_sts(policy=POLICY.replace(b"\r\n", b"\n")).status == "ok"
    assert check_sts(record="v=STSv1; id=1;").status == "ok"


@pytest.mark.parametrize(
    "record", ["v=STSv1", "v=STSv1; id=", "v=STSv1; id=2026-11-29", "v=stsv1; id=1"]
)
def test_mta_sts_record_that_does_not_count(record):
    assert check_sts(record=record).status == "error"


@pytest.mark.parametrize(
    "status", ["no_host", "private", "certificate", "not_found", "too_large"]
)
def test_mta_sts_without_its_file(status):
    verdict = check_sts(policy=status)
    assert verdict.status == "warning"
    assert DOMAIN in str(verdict.cause)


def test_mta_sts_file_that_cannot_be_read_now():
    verdict = check_sts(policy="unreachable")
    assert verdict.status == "temperror"


@pytest.mark.parametrize(
    ("old", "new", "status", "text"),
    [
        (b"mode: enforce", b"mode: testing", "warning", "mode: testing"),
        (b"mode: enforce", b"mode: none", "ok", "switched off"),
        (b"mode: enforce", b"mode: yes", "warning", "mode: yes"),
        (b"version: STSv1", b"version: 2", "error", "version: STSv1"),
        (b"max_age: 604800", b"", "error", "max_age"),
        (b"max_age: 604800", b"max_age: 99999999999", "error", "max_age"),
        (b"mx: *.company.example", b"", "error", "mx:"),
        (b"mx: *.company.example", b"no line", "error", "no line"),
        (b"mx: *.company.example", b"mx: *.example", "error", "mx.company.example"),
        (b"version", b"\xff", "warning", "UTF-8"),
        # RFC 8461 3.2: the first of two counts
        (b"mode: enforce", b"mode: none\nmode: enforce", "ok", "switched off"),
    ],
)
def test_mta_sts_policy(old, new, status, text):
    verdict = check_sts(policy=POLICY.replace(old, new))
    assert verdict.status == status
    assert text in str(verdict.cause)


def test_mta_sts_policy_that_forgets_one_mail_server():
    zone = {
        STS: {"TXT": ["v=STSv1; id=1"]},
        DOMAIN: {"MX": ["10 mx.company.example.", "20 backup.provider.example."]},
    }
    verdict = check(check_mta_sts, zone, {policy_url(DOMAIN): POLICY})
    assert verdict.status == "warning"
    assert "backup.provider.example" in str(verdict.cause)
    assert "mx.company.example," not in str(verdict.cause)


@given(st.binary(max_size=300))
def test_any_policy_file_is_accepted(body):
    policy = parse_policy(body)
    assert policy.problem or policy.mode in MODES
    zone = {STS: {"TXT": ["v=STSv1; id=1"]}, DOMAIN: {"MX": ["10 mx.company.example."]}}
    check(check_mta_sts, zone, {policy_url(DOMAIN): body})


# -- TLS-RPT -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ("v=TLSRPTv1; rua=mailto:tls@company.example", "ok"),
        ("v=TLSRPTv1;rua=https://reports.example/tls,mailto:a@company.example;", "ok"),
        ("v=TLSRPTv1;", "warning"),
        ("v=TLSRPTv1; rua=", "warning"),
        ("v=TLSRPTv1; rua=tls@company.example", "error"),
        ("v=TLSRPTv1; rua=mailto:tls", "error"),
        ("v=tlsrptv1; rua=mailto:tls@company.example", "error"),
    ],
)
def test_tls_rpt(record, status):
    assert check(check_tls_rpt, {TLS: {"TXT": [record]}}).status == status


# -- BIMI ----------------------------------------------------------------------------


def check_logo(record=None, policy="quarantine", domain=DOMAIN, logo=SVG):
    record = record or f"v=BIMI1; l={LOGO}; a={CERTIFICATE}"
    zone = {
        BIMI: {"TXT": [record]},
        f"_dmarc.{DOMAIN}": {"TXT": [f"v=DMARC1; p={policy}; rua=mailto:a@{DOMAIN}"]},
        f"news.{DOMAIN}": {"A": ["192.0.2.1"]},
    }
    return check(check_bimi, zone, {LOGO: logo}, domain)


def test_bimi():
    assert check_logo().status == "ok"
    inherited = check_logo(domain=f"news.{DOMAIN}")
    assert (inherited.status, inherited.host) == ("ok", BIMI)
    assert "no logo" in str(check_logo(record="v=BIMI1; l=;").cause)


@pytest.mark.parametrize(
    ("record", "status", "text"),
    [
        (f"v=BIMI1; l={LOGO}", "warning", "certificate"),
        (f"v=BIMI1; l=http://www.{DOMAIN}/logo.svg", "warning", "https://"),
        (f"v=BIMI1; a={CERTIFICATE}", "error", "no logo"),
        (f"v=BIMI1 l={LOGO}", "error", "form"),
        (f"v=BIMI1; l={LOGO}; l={LOGO}", "error", "form"),
    ],
)
def test_bimi_record(record, status, text):
    verdict = check_logo(record=record)
    assert verdict.status == status
    assert text in str(verdict.cause)


def test_bimi_needs_a_strict_dmarc_policy():
    assert "policy" in str(check_logo(policy="none").cause)
    assert check_logo(policy="reject").status == "ok"


def test_bimi_while_the_dmarc_record_cannot_be_read():
    zone = {BIMI: {"TXT": [f"v=BIMI1; l={LOGO}"]}, f"_dmarc.{DOMAIN}": "timeout"}
    assert check(check_bimi, zone).status == "temperror"


@pytest.mark.parametrize(
    ("logo", "status"),
    [
        ("not_found", "warning"),
        ("private", "warning"),
        ("unreachable", "temperror"),
        (b"\x89PNG", "warning"),
        (b"<svg></svg>", "warning"),
        (SVG + b" " * 40000, "warning"),
    ],
)
def test_bimi_logo(logo, status):
    assert check_logo(logo=logo).status == status


# -- Anything in a zone ----------------------------------------------------------------


@given(
    st.sampled_from([(check_mta_sts, STS), (check_tls_rpt, TLS), (check_bimi, BIMI)]),
    st.lists(
        st.builds(
            lambda start, rest: start + rest,
            st.sampled_from([b"", b"v=STSv1;", b"v=TLSRPTv1; rua=", b"v=BIMI1; l="]),
            st.binary(max_size=60),
        ),
        max_size=3,
    ),
)
def test_any_record_gets_a_verdict(check_and_name, records):
    function, name = check_and_name
    check(function, {name: {"TXT": records}})
