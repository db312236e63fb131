"""When an email counts as taken, and when as not taken."""

from datetime import datetime, timedelta

import pytest
from mail_mailjet.tools.mailjet.evidence import (
    LATER_EMAILS,
    Evidence,
    is_missing,
    is_overdue,
    next_look,
    watermark,
)

CLAIM = datetime(2026, 3, 5, 12, 0, 0, 700_000)
UNCERTAIN = CLAIM + timedelta(minutes=1)
MINUTE = timedelta(minutes=1)


def later(minutes, count=LATER_EMAILS):
    """Moments of so many emails, one a minute, the last one that long after CLAIM."""
    return [CLAIM + timedelta(minutes=minutes - number) for number in range(count)]


def test_an_email_of_before_the_claim_is_not_this_one():
    evidence = Evidence()
    evidence.add("x", "a@example.org", CLAIM - 10 * MINUTE)
    assert not evidence.has("x", "a@example.org", CLAIM)
    # Mailjet cuts off parts of a second, and its clock may be a little behind
    evidence.add("x", "a@example.org", CLAIM.replace(microsecond=0) - MINUTE)
    assert evidence.has("x", "a@example.org", CLAIM)


@pytest.mark.parametrize(
    ("wanted", "is_known"),
    [
        ("a@example.org", True),
        ("A@EXAMPLE.ORG", True),
        ("b@example.org", False),
        (None, True),
    ],
)
def test_one_of_several_addresses(wanted, is_known):
    evidence = Evidence()
    evidence.add("x", "a@Example.org", CLAIM + MINUTE)
    assert evidence.has("x", wanted, CLAIM) is is_known
    assert not evidence.has("y", wanted, CLAIM)


def test_addresses_in_either_spelling():
    evidence = Evidence()
    evidence.add("x", "kontakt@xn--bcher-kva.example", CLAIM)
    assert evidence.has("x", "kontakt@bücher.example", CLAIM)


def test_an_event_without_an_address():
    evidence = Evidence()
    evidence.add("x", None, CLAIM)
    assert evidence.has("x", None, CLAIM)
    assert not evidence.has("x", "a@example.org", CLAIM)


def test_the_watermark_is_the_fifth_of_the_latest():
    moments = later(20, 8)
    assert watermark(moments) == sorted(moments)[-LATER_EMAILS]
    assert watermark(moments[: LATER_EMAILS - 1]) is None
    assert watermark([]) is None


@pytest.mark.parametrize(
    ("age", "arrivals", "missing"),
    [
        (29, later(29), False),  # too soon, whatever is listed
        (30, later(29), True),
        (30, later(29, LATER_EMAILS - 1), False),
        (30, [], False),  # one empty answer says nothing
        (600, [], False),  # however late
        (30, later(5), False),  # the first of these five is not after the doubt
        (30, later(6), True),
    ],
)
def test_missing_is_believed_by_the_watermark(age, arrivals, missing):
    now = CLAIM + timedelta(minutes=age)
    assert is_missing(CLAIM, UNCERTAIN, watermark(arrivals), now) is missing


def test_when_mailjet_is_asked():
    now, ages = CLAIM, []
    while not is_overdue(CLAIM, now):
        now = next_look(CLAIM, now)
        ages.append((now - CLAIM) / timedelta(hours=1))
    assert ages == [0.25, 0.5, 1, 2, 4, 8, 12, 16, 20, 24]


def test_a_late_look_skips_those_missed():
    now = CLAIM + timedelta(hours=9)
    assert next_look(CLAIM, now) == CLAIM + timedelta(hours=12)
