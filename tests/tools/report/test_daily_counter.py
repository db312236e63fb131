"""An account's counters of days, read from the stand-in."""

from datetime import datetime, timedelta

import pytest
from mail_mailjet.tests.standins import RestStandin, Store
from mail_mailjet.tools.mailjet.errors import InvalidError
from mail_mailjet.tools.report.daily_counter import daily_counters
from rest_account import KEY, NOON, SECRET, answer_with, client, deliver, rows


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def standin(store):
    with RestStandin(store) as standin:
        yield standin


@pytest.fixture
def api(standin):
    with client(standin) as api:
        yield api


def test_daily_counters(api, store):
    day, second = timedelta(days=1), timedelta(seconds=1)
    midnight = datetime(2026, 3, 5)
    for at in (midnight - second, midnight, midnight + 3 * day, midnight + 4 * day):
        deliver(store, "a@x.example", at=at)
    deliver(store, "blocked@x.example", "bounce@x.example", at=midnight + 3 * day)
    end = midnight + 4 * day - second
    first, last = daily_counters(api, midnight, end)
    assert counted(first) == (midnight, 1, 1), "including its first day"
    assert counted(last) == (midnight + 3 * day, 3, 1)


def test_all_pages_of_many_days_are_read(api, store):
    day = timedelta(days=1)
    for number in range(99):
        deliver(store, "a@x.example", at=NOON + number * day)
    counters = daily_counters(api, NOON - day / 2, NOON + 98.5 * day)
    assert len(counters) == 99
    with pytest.raises(InvalidError, match="window"):
        daily_counters(api, NOON, NOON + 100 * day)


def test_an_empty_counter(api, standin):
    answer_with(standin, rows({"Timeslice": ""}))
    [counter] = daily_counters(api, NOON, NOON)
    assert counted(counter) == (None, 0, 0)


def counted(counter):
    return counter["date"], counter["processed"], counter["delivered"]


def test_the_first_day_of_a_window_is_included(api, store):
    """Although Mailjet excludes FromTS itself."""
    midnight = datetime(2026, 3, 5)
    for seconds in (-1, 0, 1):
        deliver(store, "a@x.example", at=midnight + timedelta(seconds=seconds))
    [counter] = daily_counters(api, midnight, midnight + timedelta(hours=12))
    assert counted(counter) == (midnight, 2, 2)
