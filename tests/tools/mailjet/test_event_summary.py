"""The summary of all events of one email."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet import const
from mail_mailjet.tools.mailjet.automatic_open import is_automatic
from mail_mailjet.tools.mailjet.event_summary import (
    RANKS,
    EventFacts,
    failure_of,
    next_status,
    summarize,
)

SENT_AT = datetime(2026, 3, 5, 12)
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def facts(event, seconds=60, number=1, **values):
    date = SENT_AT + timedelta(seconds=seconds)
    return EventFacts(id=number, event=event, date=date, **{"agent": PERSON, **values})


def hard(seconds=60, number=3):
    return facts("bounce", seconds, number, error="user unknown", is_hard=True)


def soft(seconds=60, number=4):
    return facts("bounce", seconds, number, error="quota exceeded", is_hard=False)


def bounce(error, is_hard=None, number=7):
    return facts("bounce", 30, number, error=error, is_hard=is_hard)


BLOCKED = facts("blocked", 5, 5, error_related_to="mailjet", error="preblocked")
GREYLISTED = facts("bounce", 5, 6, error="greylisted", is_hard=False)


DUPLICATE = facts("blocked", 5, 7, error="duplicate in campaign")


def test_a_duplicate_of_what_was_sent_again_has_arrived():
    assert summarize([DUPLICATE]).status == "error"
    summary = summarize([DUPLICATE], is_sent_again=True)
    assert summary.status == "sent"
    assert summary.delivered == DUPLICATE.date
    assert summarize([DUPLICATE, hard()], is_sent_again=True).status == "bounce"
    assert summarize([BLOCKED], is_sent_again=True).status == "error"


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], None),
        ([facts("sent", 0)], "sent"),
        ([facts("sent", 0), facts("open", 60, 2)], "open"),
        ([facts("open", 60)], "open"),
        ([facts("click", 60)], "open"),
        ([hard()], "bounce"),
        ([facts("sent", 0), hard()], "bounce"),
        ([hard(), facts("open", 90, 2)], "open"),
        ([soft()], "error"),
        ([soft(), facts("sent", 90, 2)], "sent"),
        ([facts("sent", 0), soft()], "sent"),
        ([soft(), hard()], "bounce"),
        ([BLOCKED], "error"),
        ([BLOCKED, facts("sent", 90, 2)], "error"),
        ([facts("blocked", error="duplicate in campaign")], "error"),
        (
            [facts("blocked", error="duplicate in campaign"), facts("sent", 9, 2)],
            "sent",
        ),
        ([bounce("content blocked", True)], "bounce"),
        ([bounce("user unknown")], "bounce"),
        ([bounce("quota exceeded")], "error"),
        ([bounce("greylisted", True)], "bounce"),
        ([bounce("greylisted", True), facts("sent", 90, 2)], "bounce"),
        ([GREYLISTED], None),
        ([GREYLISTED, facts("sent", 90, 2)], "sent"),
        # Whoever complains or unsubscribes has got it
        ([facts("spam")], "sent"),
        ([facts("unsub")], "sent"),
        ([facts("typofix")], None),
    ],
)
def test_status(events, status):
    assert summarize(events).status == status


def test_dates_are_those_of_the_events():
    summary = summarize(
        [
            facts("sent", 0, 1),
            facts("open", 120, 2),
            facts("open", 60, 3),
            facts("click", 180, 4),
            facts("click", 90, 5),
        ]
    )
    assert summary.delivered == SENT_AT
    assert summary.opened == SENT_AT + timedelta(seconds=60)
    assert summary.clicked == SENT_AT + timedelta(seconds=180)


def test_a_click_opens():
    assert summarize([facts("click", 90)]).opened == SENT_AT + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("error", "failure_type"),
    [
        ("content blocked", "mail_spam"),
        ("policy issue", "mail_spam"),
        ("sender blocked", "mail_spam"),
        ("preblocked", "mail_bl"),
        ("blacklisted", "mail_bl"),
        ("duplicate in campaign", "mail_dup"),
    ],
)
@pytest.mark.parametrize("is_hard", [False, None])
def test_a_bounce_that_is_no_fault_of_the_address(error, failure_type, is_hard):
    summary = summarize([bounce(error, is_hard)])
    assert (summary.status, summary.failure_type) == ("error", failure_type)
    delivered = facts("sent", 90, 2)
    assert summarize([bounce(error, is_hard), delivered]).status == "sent"
    # It hides no real bounce
    assert summarize([bounce(error, True), hard()]).failure_type == "mail_bounce"


def test_failure_types():
    assert summarize([hard()]).failure_type == "mail_bounce"
    assert summarize([soft()]).failure_type == "mail_bounce"
    assert summarize([BLOCKED]).failure_type == "mail_bl"
    assert summarize([facts("sent", 0)]).failure_type is None
    assert failure_of(facts("sent")) is None


@pytest.mark.parametrize(
    ("agent", "seconds", "automatic"),
    [
        ("Mozilla/5.0", 3600, True),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel)", 3600, True),
        ("Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)", 5, True),
        ("Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)", 60, False),
        (PERSON, 1, True),
        (PERSON, 30, False),
        ("", 30, False),
        ("", 1, True),
        (PERSON, -5, True),
    ],
)
def test_automatic_opens(agent, seconds, automatic):
    opened = facts("open", seconds, 2, agent=agent)
    summary = summarize([facts("sent", 0, 1), opened])
    assert (2 in summary.automatic_ids) is automatic
    assert summary.status == ("sent" if automatic else "open")


def test_without_a_delivery_only_the_agent_counts():
    assert not is_automatic(PERSON, SENT_AT, None)
    assert is_automatic("Mozilla/5.0", SENT_AT, None)


@pytest.mark.parametrize(
    ("current", "derived", "events", "expected"),
    [
        ("outgoing", None, [facts("sent", 0)], "sent"),
        ("pending", None, [facts("sent", 0)], "sent"),
        ("open", None, [facts("sent", 0)], "open"),
        ("reply", None, [facts("sent", 0), facts("open", 60, 2)], "reply"),
        ("reply", None, [hard()], "reply"),
        ("open", None, [hard()], "open"),
        ("sent", None, [hard()], "bounce"),
        ("pending", None, [BLOCKED], "error"),
        # Even if Odoo said "delivered" at the hand-over, a block counts
        ("sent", None, [BLOCKED], "error"),
        ("bounce", None, [facts("open", 60)], "open"),
        ("bounce", None, [facts("sent", 0)], "bounce"),
        ("bounce", "bounce", [facts("sent", 0), hard()], "bounce"),
        ("error", "error", [soft(), facts("sent", 90, 2)], "sent"),
        ("open", "open", [facts("sent", 0), facts("open", 1, 2)], "sent"),
        # Odoo's own tracking saw an open
        ("open", "sent", [facts("sent", 0), facts("open", 1, 2)], "open"),
        ("cancel", None, [facts("sent", 0)], "cancel"),
        ("sent", None, [GREYLISTED], "sent"),
        ("pending", None, [], "pending"),
    ],
)
def test_states_only_move_up(current, derived, events, expected):
    before = derived and "pending"
    status, _, _ = next_status(current, derived, before, summarize(events))
    assert status == expected


some_events = st.lists(
    st.builds(
        facts,
        st.sampled_from(["sent", "open", "click", "bounce", "blocked", "spam", "x"]),
        st.integers(0, 500),
        st.integers(1, 10**6),
        agent=st.sampled_from(["", PERSON, "Mozilla/5.0"]),
        error=st.sampled_from(["", *const.MESSAGE_STATES.values()]),
        is_hard=st.none() | st.booleans(),
    ),
    unique_by=lambda event: event.id,
    max_size=8,
)


@given(some_events, st.randoms())
def test_order_and_repeats_change_nothing(events, random):
    shuffled = events + random.sample(events, len(events) // 2)
    random.shuffle(shuffled)
    assert summarize(shuffled) == summarize(events)


@given(some_events, st.randoms(), st.sampled_from(sorted(RANKS)))
def test_order_and_repeats_do_not_change_the_end(events, random, current):
    """All events so far are summarized after each one."""

    def apply(events):
        status, derived, before = current, None, None
        for number in range(len(events)):
            summary = summarize(events[: number + 1])
            status, derived, before = next_status(status, derived, before, summary)
        return status

    shuffled = events + random.sample(events, len(events) // 2)
    random.shuffle(shuffled)
    assert apply(shuffled) == apply(events)
    assert RANKS[apply(events)] >= RANKS[current]
