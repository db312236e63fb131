"""What the stand-in says of the mail it took: who got it, when it shows, duplicates."""

import threading
from datetime import datetime, timezone

import pytest
import requests
from mail_mailjet.tests.standins import (
    EventPoster,
    RestStandin,
    Store,
    events,
    events_of,
)

PAIR = ("api-key", "secret-key")
NOW = 1_772_712_000
CONTENT = (
    b"Subject: Hello\r\nX-MJ-CustomID: mail-%d\r\nX-Mailjet-Campaign: %s\r\n"
    b"X-Mailjet-DeduplicateCampaign: %s\r\nContent-Type: text/html\r\n\r\n<p>World\r\n"
)


@pytest.fixture
def store():
    store = Store(clock=lambda: NOW)
    store.add_key(*PAIR)
    return store


@pytest.fixture
def listed(store):
    """A function that gives the rows of /message."""
    with RestStandin(store) as rest:

        def get(**params):
            url = f"{rest.url}/v3/REST/message"
            params = {"ShowCustomID": 1, "Limit": 1000, **params}
            return requests.get(url, auth=PAIR, params=params, timeout=5).json()["Data"]

        yield get


def take(store, *recipients, number=1, campaign=b"", deduplicated=b"", at=NOW):
    return store.add_message(
        api_key=PAIR[0],
        mail_from="from@example.com",
        rcpt_tos=recipients or ["to@example.org"],
        content=CONTENT % (number, campaign, deduplicated),
        port=587,
        security="tls",
        auth_mechanism="PLAIN",
        received_at=datetime.fromtimestamp(at, timezone.utc),
    )


def custom_ids(rows):
    return [row["CustomID"] for row in rows]


# -- Lists ---------------------------------------------------------------------------


def test_messages_by_time_and_in_pages(store, listed):
    for number in range(5):
        take(store, number=number, at=NOW - 100 + number)
    window = {"FromTS": NOW - 99, "ToTS": NOW - 97}
    assert custom_ids(listed(**window)) == ["mail-2", "mail-3"], "without its begin"
    assert custom_ids(listed(FromTS=NOW - 999, Limit=2, Offset=3)) == [
        "mail-3",
        "mail-4",
    ]
    assert custom_ids(listed(FromTS=NOW - 999, CustomID="mail-3")) == ["mail-3"]
    assert "CustomID" not in listed(FromTS=NOW - 999, ShowCustomID=0)[0]


def test_mail_shows_up_late(store, listed):
    store.account(PAIR[0]).statistics.lag = 60
    take(store, number=1)
    take(store, number=2, at=NOW + 30)
    for after, expected in [(0, []), (59, []), (60, [1]), (89, [1]), (90, [1, 2])]:
        store.clock = lambda after=after: NOW + after
        wanted = [f"mail-{number}" for number in expected]
        assert custom_ids(listed(FromTS=NOW - 1)) == wanted
        assert custom_ids(listed(FromTS=NOW - 1, CustomID="mail-2")) == wanted[1:]


def test_the_clock_dates_what_is_taken(store):
    store.clock = lambda: NOW + 3600
    message = store.add_message(
        api_key=PAIR[0],
        mail_from="",
        rcpt_tos=["to@example.org"],
        content=b"\r\n",
        port=587,
        security="tls",
        auth_mechanism="PLAIN",
    )
    assert message.received_at.timestamp() == NOW + 3600


# -- Duplicates in a campaign --------------------------------------------------------


def test_a_campaign_reaches_each_address_once(store, listed):
    first = take(store, "To@example.org", campaign=b"News", deduplicated=b"1")
    again = take(
        store, "new@example.org", "tO@example.org", campaign=b"News", deduplicated=b"y"
    )
    assert not first.duplicate_ids
    assert again.duplicate_ids == {again.message_ids[1]}
    event = events_of(again, {})[-1]
    assert event["event"] == "blocked"
    assert (event["error_related_to"], event["error"]) == (
        "mailjet",
        "duplicate in campaign",
    )
    assert [(row["Status"], row.get("StateID")) for row in listed(FromTS=NOW - 1)] == [
        ("sent", None),
        ("sent", None),
        ("blocked", 15),
    ]
    assert store.delivered() == {"to@example.org": 1, "new@example.org": 1}
    assert store.taken() == {"to@example.org": 2, "new@example.org": 1}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"campaign": b"News"}, {"campaign": b"News", "deduplicated": b"1"}),
        (
            {"campaign": b"News", "deduplicated": b"1"},
            {"campaign": b"News", "deduplicated": b"0"},
        ),
        (
            {"campaign": b"News", "deduplicated": b"1"},
            {"campaign": b"Others", "deduplicated": b"1"},
        ),
        ({"deduplicated": b"1"}, {"deduplicated": b"1"}),
    ],
    ids=["first without", "second without", "another campaign", "no campaign"],
)
def test_no_duplicates(store, first, second):
    take(store, **first)
    assert not take(store, **second).duplicate_ids
    assert store.delivered() == {"to@example.org": 2}


def test_deduplication_can_be_switched_off(store):
    store.deduplicates = False
    for _ in range(2):
        assert not take(store, campaign=b"News", deduplicated=b"1").duplicate_ids
    store.deduplicates = True
    assert take(store, campaign=b"News", deduplicated=b"1").duplicate_ids
    store.clear_messages()
    assert not take(store, campaign=b"News", deduplicated=b"1").duplicate_ids


def test_an_address_twice_in_one_mail(store):
    twice = ["to@example.org", "To@example.org"]
    message = take(store, *twice, campaign=b"News", deduplicated=b"true")
    assert message.duplicate_ids == {message.message_ids[1]}


# -- Many mails ----------------------------------------------------------------------


def test_without_bodies(listed):
    store = Store(keeps_bodies=False, clock=lambda: NOW)
    store.add_key(*PAIR)
    message = take(store)
    assert message.content.endswith(b"Content-Type: text/html\r\n\r\n")
    assert message.header("X-MJ-CustomID") == "mail-1"
    assert message.size == len(message.content) + len(b"<p>World\r\n")


def test_nothing_is_parsed_for_events_that_nobody_wants(store, monkeypatch):
    poster = EventPoster(store, clock=lambda: 0.0)
    monkeypatch.setattr(events, "events_of", lambda *_: pytest.fail("parsed"))
    take(store)
    poster.post_all()


def test_counting_while_mail_comes_in(store):
    thread = threading.Thread(target=lambda: [take(store) for _ in range(200)])
    thread.start()
    while thread.is_alive():
        assert store.delivered()["to@example.org"] <= 200
    assert store.delivered() == {"to@example.org": 200}
