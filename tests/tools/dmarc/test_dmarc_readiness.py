"""Ready for a stricter policy? Every threshold, on both sides."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.dmarc.readiness import Evidence, Sender, judge, percent
from mail_mailjet.tools.dmarc.source_class import CLASSES

TODAY = date(2026, 11, 29)
OLD = TODAY - timedelta(days=60)


def sender(name, source_class, messages=1000, passing=None, **values):
    passing = messages if passing is None else passing
    defaults = {
        "failing": messages - passing,
        "dkim_aligned": passing,
        "first_day": OLD,
    }
    return Sender(name, source_class, messages, passing, **{**defaults, **values})


MAILJET = sender("Mailjet", "mailjet", 800)
SHOP = sender("Shop", "ours_passing", 200, is_decided=True)
READY = Evidence(TODAY, "none", None, 21, 3, 4000, [MAILJET, SHOP])


def with_senders(*senders):
    return replace(READY, senders=senders)


def test_ready():
    answer = judge(READY)
    assert answer.verdict == "ready"
    assert answer.next_policy == "quarantine"
    assert not answer.open


@pytest.mark.parametrize(
    ("evidence", "verdict", "codes"),
    [
        (replace(READY, days=20), "not_enough_data", ["days"]),
        (replace(READY, receivers=2), "not_enough_data", ["receivers"]),
        (
            with_senders(sender("Mailjet", "mailjet", 499)),
            "not_enough_data",
            ["messages", "reported"],
        ),
        (replace(READY, sent=4001), "not_enough_data", ["reported"]),
        (
            with_senders(MAILJET, SHOP, sender("X", "unknown_failing", 10)),
            "not_yet",
            ["decided"],
        ),
        (
            with_senders(MAILJET, SHOP, sender("X", "unknown_passing", 10)),
            "not_yet",
            ["decided"],
        ),
        (
            with_senders(sender("Mailjet", "mailjet", 10000, 9799)),
            "not_yet",
            ["ours_together", "mailjet"],
        ),
        (
            with_senders(
                sender("Mailjet", "mailjet", 10000),
                sender("Shop", "ours_failing", 100, 94),
            ),
            "not_yet",
            ["ours_each"],
        ),
        (
            with_senders(sender("Mailjet", "mailjet", 10000, dkim_aligned=9899)),
            "not_yet",
            ["mailjet"],
        ),
        (
            with_senders(MAILJET, replace(SHOP, first_day=TODAY - timedelta(days=13))),
            "not_yet",
            ["stable"],
        ),
        (
            with_senders(sender("X", "unknown_failing", is_decided=True)),
            "not_enough_data",
            ["reported", "ours_together"],
        ),
        (
            replace(READY, policy="quarantine", since=TODAY - timedelta(days=27)),
            "not_yet",
            ["policy_age"],
        ),
        (replace(READY, policy="quarantine"), "not_yet", ["policy_age"]),
    ],
)
def test_what_is_open(evidence, verdict, codes):
    answer = judge(evidence)
    assert [one.code for one in answer.open] == codes
    assert answer.verdict == verdict
    for one in answer.criteria:
        assert str(one.rule)
        assert one.figures or one.is_met


@pytest.mark.parametrize(
    "evidence",
    [
        replace(READY, sent=None),
        with_senders(
            MAILJET, SHOP, sender("X", "unknown_failing", 10, is_decided=True)
        ),
        # A small source does not matter, but counts
        with_senders(sender("M", "mailjet", 10000), sender("X", "unknown_failing", 9)),
        with_senders(MAILJET, SHOP, sender("F", "forwarder", 5000, 0)),
        with_senders(sender("Mailjet", "mailjet", 10000, 9900)),
        with_senders(MAILJET, replace(SHOP, first_day=TODAY - timedelta(days=14))),
        # Forwarded emails fail, and are left out
        with_senders(sender("M", "mailjet", 1000, 900, failing=0, dkim_aligned=990)),
    ],
)
def test_still_ready(evidence):
    assert judge(evidence).verdict == "ready", judge(evidence).open


def test_from_quarantine_to_reject():
    answer = judge(
        replace(READY, policy="quarantine", since=TODAY - timedelta(days=28))
    )
    assert (answer.verdict, answer.next_policy) == ("ready", "reject")
    answer = judge(replace(READY, policy=""))
    assert (answer.verdict, answer.next_policy) == ("no_policy", "none")
    answer = judge(replace(READY, policy="reject"))
    assert (answer.verdict, answer.next_policy) == ("done", "")


def test_many_names_are_cut_short():
    strangers = [sender(f"X{n}", "unknown_failing", 100 + n) for n in range(8)]
    [decided] = [
        one for one in judge(with_senders(*strangers)).criteria if one.code == "decided"
    ]
    assert str(decided.figures) == "Open: X7, X6, X5, X4, X3, +3"


def test_percent_is_rounded_down():
    assert percent(97.99) == 97.9
    assert str(percent(98.0)) == "98"


@st.composite
def senders(draw):
    messages = draw(st.integers(0, 5000))
    return Sender(
        draw(st.text(max_size=5)),
        draw(st.sampled_from(CLASSES)),
        messages,
        passing := draw(st.integers(0, messages)),
        draw(st.integers(0, messages - passing)),
        draw(st.integers(0, messages)),
        TODAY - timedelta(days=draw(st.integers(0, 100))),
        draw(st.booleans()),
    )


@given(
    st.builds(
        Evidence,
        today=st.just(TODAY),
        policy=st.sampled_from(["", "none", "quarantine", "reject"]),
        since=st.none() | st.dates(OLD, TODAY),
        days=st.integers(0, 28),
        receivers=st.integers(0, 9),
        sent=st.none() | st.integers(0, 10**6),
        senders=st.lists(senders(), max_size=6),
    )
)
def test_never_ready_with_an_open_condition(evidence):
    answer = judge(evidence)
    assert (answer.verdict == "ready") <= (not answer.open)
    assert (answer.verdict == "done") == (evidence.policy == "reject")
    assert (answer.verdict == "no_policy") == (not evidence.policy)
    if answer.verdict == "ready":
        assert evidence.days >= 21 and evidence.receivers >= 3
        assert sum(one.messages for one in evidence.senders) >= 500
