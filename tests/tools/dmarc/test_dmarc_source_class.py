"""Which senders are ours, forwarders or strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.dmarc.source_class import CLASSES, DECISIONS, Sums, classify


@pytest.mark.parametrize(
    ("sums", "options", "expected"),
    [
        (Sums(100, 100), {"is_mailjet": True}, "mailjet"),
        (Sums(100, 0), {"is_mailjet": True}, "mailjet"),
        (Sums(100, 95), {"decision": "ours"}, "ours_passing"),
        (Sums(100, 94), {"decision": "ours"}, "ours_failing"),
        (Sums(), {"decision": "ours"}, "ours_passing"),
        (Sums(100, 100, own=100), {}, "ours_passing"),
        (Sums(100, 94, own=94), {}, "unknown_passing"),
        (Sums(100, 100, own=100), {"decision": "not_ours"}, "unknown_passing"),
        (Sums(100, 100), {}, "unknown_passing"),
        (Sums(100, 49), {}, "unknown_failing"),
        (Sums(100, 0, forwarded=50), {}, "forwarder"),
        (Sums(100, 0, forwarded=49), {}, "unknown_failing"),
        (Sums(100, 0), {"is_forwarder": True}, "forwarder"),
        (Sums(100, 0), {"decision": "forwarder"}, "forwarder"),
        (Sums(100, 0, forwarded=100), {"decision": "not_ours"}, "unknown_failing"),
        (Sums(), {}, "unknown_failing"),
    ],
)
def test_classes(sums, options, expected):
    assert classify(sums, **options) == expected


@st.composite
def sums(draw):
    messages = draw(st.integers(0, 10**7))
    parts = [draw(st.integers(0, messages)) for _part in range(3)]
    return Sums(messages, *parts)


decisions = st.sampled_from([None, *DECISIONS])


@given(sums(), st.booleans(), st.booleans(), decisions)
def test_every_source_has_a_class(figures, is_mailjet, is_forwarder, decision):
    found = classify(figures, is_mailjet, is_forwarder, decision)
    assert found in CLASSES
    if decision == "ours":
        assert found in ("mailjet", "ours_passing", "ours_failing")
    if decision == "not_ours" and not is_mailjet:
        assert found.startswith("unknown")


@given(sums(), decisions, st.integers(1, 10**6))
def test_failing_mail_makes_no_source_pass(figures, decision, more):
    worse = Sums(
        figures.messages + more, figures.passing, figures.forwarded, figures.own
    )
    if not figures.messages or classify(figures, decision=decision) == "forwarder":
        return
    if not classify(figures, decision=decision).endswith("passing"):
        assert not classify(worse, decision=decision).endswith("passing")
