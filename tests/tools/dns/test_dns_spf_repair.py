"""Typing errors in SPF records, and proposals that lose nothing."""

import re

import pytest
from dns_zone import ZoneAsk
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.dns.spf import check_spf
from mail_mailjet.tools.dns.spf_record import SpfSyntaxError, parse
from mail_mailjet.tools.dns.spf_repair import repair
from spf_opinion import MAILJET_IP, passing

MJ = "include:spf.mailjet.com"
BASE = {
    "spf.mailjet.com": {"TXT": ["v=spf1 ip4:198.51.100.0/24 ?all"]},
    "mx.t.test": {"A": ["203.0.113.10"]},
    "a.test": {"TXT": ["v=spf1 ip4:203.0.113.1 -all"], "A": ["203.0.113.11"]},
    "b.test": {"TXT": ["v=spf1 ip4:203.0.113.2 ~all"], "A": ["203.0.113.12"]},
    "_c.test": {"TXT": ["v=spf1 ip4:203.0.113.3 ?all"]},
}
ADDRESSES = [f"203.0.113.{n}" for n in (1, 2, 3, 9, 10, 11, 12, 20, 21, 99)]
ADDRESSES += [MAILJET_IP, "2001:db8::7"]


def zone(*records):
    own = {"TXT": list(records), "A": ["203.0.113.9"], "MX": ["10 mx.t.test."]}
    return ZoneAsk({**BASE, "t.test": own})


def check(*records):
    return check_spf("t.test", zone(*records))


@pytest.mark.parametrize(
    ("typed", "word", "proposal"),
    [
        pytest.param(
            f"v=spf1 include:a.test {MJ}~all",
            "A space is missing in",
            f"v=spf1 include:a.test {MJ} ~all",
            id="lost-space-before-all",
        ),
        pytest.param(
            f"v=spf1 {MJ} include:a.test-all",
            "A space is missing in “include:a.test-all”",
            f"v=spf1 include:a.test {MJ} -all",
            id="lost-space-before-a-dash",
        ),
        pytest.param(
            f"v=spf1 {MJ}include:a.test ~all",
            "A space is missing in",
            f"v=spf1 include:a.test {MJ} ~all",
            id="lost-space-between-includes",
        ),
        pytest.param(
            f"v=spf1 ip4:203.0.113.20ip4:203.0.113.21 {MJ} ~all",
            "A space is missing in",
            f"v=spf1 ip4:203.0.113.20 ip4:203.0.113.21 {MJ} ~all",
            id="lost-space-between-addresses",
        ),
        pytest.param(
            f"v=spf1 +a+mx+{MJ} ~all",
            "A space is missing in",
            f"v=spf1 +a +mx {MJ} ~all",
            id="signs-as-separators",
        ),
        pytest.param(
            f"v=spf1 include:a.test,{MJ} ~all",
            "not with commas",
            f"v=spf1 include:a.test {MJ} ~all",
            id="comma",
        ),
        pytest.param(
            f"v=spf1 include:a.test, b.test, {MJ} ~all",
            "not with commas",
            f"v=spf1 include:a.test include:b.test {MJ} ~all",
            id="list-after-one-include",
        ),
        pytest.param(
            f"v=spf1 ip4:203.0.113.20,203.0.113.21 {MJ} ~all",
            "not with commas",
            f"v=spf1 ip4:203.0.113.20 ip4:203.0.113.21 {MJ} ~all",
            id="list-of-addresses",
        ),
        pytest.param(
            f"v=spf1 mx; {MJ}; -all;",
            "or semicolons",
            f"v=spf1 mx {MJ} -all",
            id="semicolons",
        ),
        pytest.param(
            "v=spf1 include:a.test include: spf.mailjet.com ~all",
            "an extra space in",
            f"v=spf1 include:a.test {MJ} ~all",
            id="space-after-the-colon",
        ),
        pytest.param(
            f"v=spf1 ip4:203.0.113.0 /24 {MJ} ~ all",
            "an extra space in",
            f"v=spf1 ip4:203.0.113.0/24 {MJ} ~all",
            id="space-before-a-slash",
        ),
        pytest.param(
            f"v=spf1 mx {MJ} –all",
            "word processor",
            f"v=spf1 mx {MJ} -all",
            id="dash-of-a-word-processor",
        ),
        pytest.param(
            f"v=spf1 mx {MJ} –all".encode("cp1252"),
            "“–all”",
            f"v=spf1 mx {MJ} -all",
            id="dash-of-windows",
        ),
        pytest.param(
            f"v=spf1 mx\u00a0{MJ}\u200b ˜all",
            "word processor",
            f"v=spf1 mx {MJ} ~all",
            id="hard-and-invisible-spaces",
        ),
        pytest.param(
            f"v=spf1 mx {MJ}\t~all\r\n",
            "cannot read",
            f"v=spf1 mx {MJ} ~all",
            id="tab-and-line-break",
        ),
        pytest.param(
            f"v=spf1 mx “{MJ}” ~all",
            "word processor",
            f"v=spf1 mx {MJ} ~all",
            id="typographic-quotes",
        ),
        pytest.param(
            f"v=spf1 ipv4:203.0.113.20 inculde:a.test {MJ} ~all",
            "should read “ip4:203.0.113.20”",
            f"v=spf1 ip4:203.0.113.20 include:a.test {MJ} ~all",
            id="misspelled-names",
        ),
        pytest.param(
            f"v=spf1 203.0.113.20 a:203.0.113.21 ip4:2001:db8::7 {MJ} ~all",
            "should read “ip4:203.0.113.20”",
            f"v=spf1 ip4:203.0.113.20 ip4:203.0.113.21 ip6:2001:db8::7 {MJ} ~all",
            id="addresses-in-other-terms",
        ),
        pytest.param(
            f"v=spf1 ip4:a.test {MJ} --all.",
            "should read “a:a.test”",
            f"v=spf1 a:a.test {MJ} -all",
            id="host-in-place-of-an-address",
        ),
        pytest.param(
            "v=spf1 redirect:a.test",
            "should read “redirect=a.test”",
            f"v=spf1 {MJ} redirect=a.test",
            id="colon-in-a-modifier",
        ),
        pytest.param(
            f"v=spf1 include.a.test {MJ} ~all",
            "should read “include:a.test”",
            f"v=spf1 include:a.test {MJ} ~all",
            id="dot-for-the-colon",
        ),
        pytest.param(
            f"v=spf1 mx -all v=spf1 {MJ} -all",
            "two SPF records",
            f"v=spf1 mx {MJ} -all",
            id="two-records-in-one",
        ),
    ],
)
def test_typing_errors(typed, word, proposal):
    verdict = check(typed)
    assert verdict.status == "error"
    assert word in str(verdict.cause)
    assert verdict.proposal == proposal
    assert "Replace the SPF record" in str(verdict.cure)
    again = check(proposal)
    assert again.status in ("ok", "warning"), again.cause


@pytest.mark.parametrize(
    "version",
    ["v=spf1,", "v=spf1;", "spf1 ", "v = spf1 ", "V:spf1 ", " v=spf1 ", '"v=spf1 ']
    + ["v=spf10 ", "v=spf1.0 ", "“v=spf1 ", "v=spf1", "v=spf1\u00a0"],
)
def test_a_version_typed_wrongly_loses_no_sender(version):
    verdict = check(f"{version}include:a.test ip4:203.0.113.20 -all")
    assert verdict.status == "missing"
    assert "has to begin with exactly v=spf1 and a space" in str(verdict.cause)
    assert verdict.proposal == f"v=spf1 include:a.test ip4:203.0.113.20 {MJ} -all"


@pytest.mark.parametrize(
    ("records", "status", "proposal"),
    [
        (
            ("v=spf1 mx include:a.test", f"{MJ} ~all"),
            "error",
            f"v=spf1 mx include:a.test {MJ} ~all",
        ),
        (
            (f"v=spf1 {MJ} ~all", "ip4:203.0.113.20 include:a.test"),
            "warning",
            f"v=spf1 ip4:203.0.113.20 include:a.test {MJ} ~all",
        ),
        (("include:a.test -all",), "missing", f"v=spf1 include:a.test {MJ} -all"),
    ],
)
def test_half_a_record_in_a_txt_of_its_own(records, status, proposal):
    verdict = check("hello=world", *records)
    assert (verdict.status, verdict.proposal) == (status, proposal)
    if status != "missing":
        assert "Part of the SPF record is in a TXT record of its own" in str(
            verdict.cause
        )
        assert "delete the TXT record with the other part" in str(verdict.cure)
        assert set(records) == set(verdict.found)


@pytest.mark.parametrize(
    "text",
    ["hello=world", "google-site-verification=a-all", "spf2.0/pra include:a.test -all"]
    + ["a", "mx", "all", "v=DMARC1; p=none", "include me", "ip4 and ip6", "MS=ms1", ""],
)
def test_other_texts_are_no_halves(text):
    assert check(f"v=spf1 {MJ} ~all", text).status == "ok"
    assert check(text).proposal == f"v=spf1 {MJ} ~all"


def test_what_is_not_understood_is_never_dropped():
    for text in (f"v=spf1 foo:a.test {MJ} ~all", "v=spf10 foo:a.test -all"):
        verdict = check(text)
        assert not verdict.proposal
        assert "foo:a.test" in f"{verdict.cause} {verdict.refusal}"


REMOVED = {
    "open end": ((f"v=spf1 {MJ} mx +all",), "“+all” is left out because it lets"),
    "milder end": (
        ("v=spf1 mx ~all", "v=spf1 a include:a.test -all"),
        "“~all” is left out: the record ends with “-all”",
    ),
    "redirect beside all": (
        ("v=spf1 redirect=a.test -all",),
        "“redirect=a.test” is left out because receivers ignore it",
    ),
    "redirect of one of two": (
        ("v=spf1 redirect=a.test", f"v=spf1 {MJ} ~all"),
        "“redirect=a.test” becomes “include:a.test”",
    ),
    "two explanations": (
        ("v=spf1 mx exp=a.test -all", "v=spf1 exp=b.test -all"),
        "“exp=b.test” is left out because only one",
    ),
    "wrong sign": ((f"v=spf1 -{MJ} mx -all",), f"“-{MJ}” is left out"),
    "second end": (
        ("v=spf1 mx ~all -all",),
        "“-all” is left out because receivers stop at “~all”",
    ),
}


@pytest.mark.parametrize(("records", "words"), REMOVED.values(), ids=REMOVED)
def test_what_is_removed_is_named(records, words):
    verdict = check(*records)
    assert words in " ".join(map(str, verdict.removals))
    quoted = re.search("“(.*?)”", words)[1]
    assert quoted not in verdict.proposal.split()


# -- Properties ----------------------------------------------------------------------

TERMS = st.sampled_from(
    ["a", "mx", "+a:b.test", "mx:t.test/32", "a:b.test/24//64", "include:a.test"]
    + ["include:b.test", "include:_c.test", "?include:a.test", "-include:b.test", MJ]
    + [f"-{MJ}", f"?{MJ}", "ip4:203.0.113.20", "ip4:203.0.113.16/28", "ptr"]
    + ["ip6:2001:db8::/64", "exists:%{i}.gone.test", "exp=a.test", "foo=bar"]
    + ["include=a.test", "redirect=a.test", "-all", "~all", "?all", "+all"]
)
LISTS = st.lists(TERMS, max_size=7).filter(
    lambda terms: sum(term.startswith(("redirect", "exp")) for term in terms) < 2
)


def no_error(terms):
    return " ".join(["v=spf1", *terms])


def comma(terms):
    return f"v=spf1 {','.join(terms)}"


def space_after_colon(terms):
    return no_error(terms).replace("include:", "include: ")


def lost_space_before_all(terms):
    return re.sub(r"(?<=test|.com) (?=[~?+-]all)", "", no_error(terms))


def word_processor(terms):
    return no_error(terms).replace("-all", "–all").replace("~all", "˜all")


def hard_spaces(terms):
    return no_error(terms).replace("include", "\u00a0include")


def quotes(terms):
    return f'"{no_error(terms)}"'


def other_version(terms):
    return no_error(terms).replace("v=spf1", "v=spf1;")


def other_names(terms):
    return no_error(terms).replace("ip4", "ipv4").replace("include:", "inlcude:")


def two_texts(terms):
    middle = len(terms) // 2
    return no_error(terms[:middle]), " ".join(terms[middle:])


SLIPS = [no_error, comma, space_after_colon, lost_space_before_all, word_processor]
SLIPS += [hard_spaces, quotes, other_version, other_names, two_texts]


def missing_terms(terms, verdict):
    """Return the terms that are neither in the proposal nor named as removed."""
    kept = verdict.proposal.lower().split()
    named = re.findall("“(.*?)”", " ".join(map(str, verdict.removals)))
    lost = [term for term in terms if term not in kept and term not in named]
    # What receivers ignore may have become a mechanism; "exp" belongs to the first
    return [term for term in lost if term.replace("=", ":", 1) not in kept]


@given(LISTS, st.sampled_from(SLIPS))
@settings(max_examples=300, deadline=None)
def test_every_term_is_kept_or_named(terms, slip):
    if slip is comma:  # a modifier may have a comma in its value
        terms = [term for term in terms if term != "foo=bar"]
    typed = slip(terms)
    records = typed if isinstance(typed, tuple) else (typed,)
    verdict = check(*records)
    if verdict.status == "ok":
        return
    if verdict.proposal:
        if slip is two_texts and len(verdict.found) < 2:
            terms = terms[: len(terms) // 2]  # nothing tells the rest from other texts
        assert missing_terms(terms, verdict) == []
    else:
        assert verdict.cure or verdict.refusal


@given(st.lists(LISTS, min_size=2, max_size=3, unique_by=" ".join))
@settings(max_examples=150, deadline=None)
def test_every_term_of_several_records_is_kept_or_named(lists):
    verdict = check(*map(no_error, lists))
    assert verdict.status == "error"
    if verdict.proposal:
        for terms in lists:
            assert missing_terms(terms, verdict) == []
    else:
        assert "lookups" in str(verdict.refusal)


POSITIVE = LISTS.map(
    lambda terms: [
        t for t in terms if t[0] not in "-?" and t != "+all" and "=" not in t
    ]
)


@given(POSITIVE, POSITIVE, st.sampled_from(["redirect=a.test", "~all", "-all"]))
@settings(max_examples=100, deadline=None)
def test_several_records_have_all_their_senders_in_one(some, others, end):
    records = [no_error([*some, end]), no_error(["include:b.test", *others, "-all"])]
    verdict = check(*records)
    # The hosts here have no IPv6 address: together, void lookups may exceed the limit
    addresses = [address for address in ADDRESSES if ":" not in address]
    after = passing(zone(verdict.proposal), addresses)
    for record in records:
        assert passing(zone(record), addresses) <= after


@given(LISTS)
@settings(max_examples=150, deadline=None)
def test_no_proposal_takes_a_sender_away(terms):
    """pyspf says who passes, before and after."""
    terms = [term for term in terms if term != "+all"]
    ask = zone(no_error(terms))
    verdict = check_spf("t.test", ask)
    if verdict.proposal:
        after = passing(zone(verdict.proposal), ADDRESSES)
        assert passing(ask, ADDRESSES) <= after
        if "-include:b.test" not in terms:
            assert MAILJET_IP in after


@given(LISTS, st.sampled_from(SLIPS[:-1]))
@settings(max_examples=150, deadline=None)
def test_a_repaired_record_lets_the_same_senders_pass(terms, slip):
    terms = [term for term in terms if "=" not in term]
    typed = slip(terms)
    repaired = repair(typed.encode())
    assert len(repaired.records) == 1
    meant = passing(zone(no_error(terms)), ADDRESSES)
    assert passing(zone(repaired.records[0]), ADDRESSES) == meant


@given(LISTS)
@settings(max_examples=100, deadline=None)
def test_what_is_right_is_not_repaired(terms):
    record = no_error([term for term in terms if "=" not in term]).encode()
    assert repair(record).records == (record,)
    assert not repair(record).slips


@given(st.binary(max_size=80))
@settings(max_examples=300, deadline=None)
def test_anything_can_be_repaired(data):
    for text in (data, b"v=spf1 " + data, b"v=spf1 include:" + data + b" ~all"):
        for record in repair(text).records:
            try:
                parse(record)
            except SpfSyntaxError:
                continue
            assert repair(record).records == (record,) or repair(record).slips
