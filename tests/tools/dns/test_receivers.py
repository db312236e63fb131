"""Which receivers a domain is ready for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.dns.receivers import (
    RECEIVERS,
    bulk_readiness,
    receiver_lines,
)
from mail_mailjet.tools.dns.verdict import STATUSES, Verdict

DMARC = Verdict("ok", found=("v=DMARC1; p=none; rua=mailto:dmarc@company.example",))
MX = Verdict("ok", found=("10 mx.company.example.",))
GOOD = {"spf": Verdict("ok"), "dkim": Verdict("ok"), "dmarc": DMARC, "mx": MX}


def states(**changes):
    verdicts = {**GOOD, **changes}
    known = {kind: verdict for kind, verdict in verdicts.items() if verdict}
    return {line.receiver.code: line.state for line in receiver_lines(known)}


def changed(**changes):
    """Return the states that differ from those of a domain without a fault."""
    good = states()
    return {
        code: state for code, state in states(**changes).items() if state != good[code]
    }


def test_a_domain_without_a_fault():
    uncheckable = {"tonline", "free"}
    assert set(states()) == {receiver.code for receiver in RECEIVERS}
    for code, state in states().items():
        assert state == ("uncheckable" if code in uncheckable else "met"), code
    assert bulk_readiness(GOOD) == ("ready", [])


def test_without_dkim_no_receiver_is_content():
    for status in ("missing", "error", "warning"):
        lines = states(dkim=Verdict(status))
        assert set(lines.values()) == {"not_met", "uncheckable", "met"}
        assert [code for code, state in lines.items() if state == "met"] == ["mailjet"]
        verdicts = {**GOOD, "dkim": Verdict(status)}
        assert bulk_readiness(verdicts) == ("not_ready", ["dkim"])


def test_without_dmarc():
    assert changed(dmarc=Verdict("missing")) == {
        **dict.fromkeys(("gmail", "yahoo", "microsoft", "orange"), "not_met"),
        "laposte": "not_met",
        **dict.fromkeys(("apple", "gmx"), "advice"),
    }


def test_dmarc_without_reports_displeases_laposte_only():
    record = Verdict("warning", found=("v=DMARC1; p=none",))
    assert changed(dmarc=record) == {"laposte": "advice"}
    [line] = [
        line
        for line in receiver_lines({**GOOD, "dmarc": record})
        if line.state == "advice"
    ]
    assert not line.missing and "rua=" in str(*line.advice)
    assert bulk_readiness({**GOOD, "dmarc": record}) == ("ready", [])


@pytest.mark.parametrize("status", ["missing", "error"])
def test_only_mailjet_asks_for_spf(status):
    assert changed(spf=Verdict(status)) == {"mailjet": "advice"}
    assert bulk_readiness({**GOOD, "spf": Verdict(status)}) == ("ready", [])


@pytest.mark.parametrize(
    "mx",
    [Verdict("missing"), Verdict("error"), Verdict("warning", found=("0 .",))],
)
def test_a_domain_that_receives_no_mail(mx):
    assert changed(mx=mx) == dict.fromkeys(("orange", "laposte", "gmx"), "not_met")


def test_a_domain_with_an_address_only_receives_mail():
    assert not changed(mx=Verdict("warning"))


def test_what_was_not_checked_is_unknown_and_not_missing():
    lines = receiver_lines({})
    assert {line.state for line in lines} == {"unknown", "uncheckable"}
    assert not any(line.missing for line in lines)
    assert bulk_readiness({}) == ("unknown", [])
    assert bulk_readiness({"dkim": Verdict("missing")})[0] == "not_ready"


def test_each_line_says_what_is_missing_and_has_its_source():
    for line in receiver_lines({**GOOD, "dkim": Verdict("missing")}):
        receiver = line.receiver
        assert receiver.url.startswith("https://") or receiver.code == "mailjet"
        assert bool(line.missing) == (line.state == "not_met")
        assert not any("%(" in text for text in (receiver.asks, receiver.beyond))
        for words in line.missing:
            assert str(words).startswith("DKIM")


@given(
    st.dictionaries(
        st.sampled_from(["spf", "dkim", "dmarc", "mx"]),
        st.builds(
            Verdict,
            st.sampled_from(STATUSES[:-1]),
            found=st.tuples(st.from_regex(r"[ -~]*", fullmatch=True)),
        ),
    )
)
def test_the_summary_is_that_of_the_lines(verdicts):
    states = {line.state for line in receiver_lines(verdicts)}
    state, wrong = bulk_readiness(verdicts)
    assert (state == "not_ready") == ("not_met" in states) == bool(wrong)
    if state == "ready":
        assert states <= {"met", "advice", "unknown", "uncheckable"}
