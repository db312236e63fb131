"""Messages and their history in the REST API."""

from datetime import datetime, timedelta

import pytest
from mail_mailjet import const
from mail_mailjet.tools.mailjet.errors import InvalidError, UnexpectedAnswerError
from rest_account import KEY, NOON, answer_with, deliver, rows

DAY = "2026-03-05"  # without one, only today counts


def test_a_message(api, store):
    mail = deliver(store, "open@x.example", "bounce@x.example", campaign="Spring")
    opened, bounced = api.messages(FromTS=DAY)
    assert opened.id == str(mail.message_ids[0]) and int(opened.id) > 2**53
    assert opened.guid == mail.guids[0] != bounced.guid
    assert (opened.status, bounced.status) == ("opened", "hardbounced")
    assert (opened.state_id, bounced.state_id) == ("", "1")
    assert (opened.is_permanent, bounced.is_permanent) == (False, True)
    assert const.MESSAGE_STATES[bounced.state_id] == "user unknown"
    assert opened.email == "open@x.example" and opened.custom_id == "c-1"
    assert opened.contact_id != bounced.contact_id
    assert opened.campaign_id == bounced.campaign_id != ""
    assert opened.arrived_at == NOON
    deliver(store, "a@x.example")
    assert [message.campaign_id for message in api.messages(FromTS=DAY)][2] == ""


def test_messages_by_filter(api, store):
    deliver(store, "a@x.example", "b@x.example")
    [message] = api.messages(ContactAlt="b@x.example", FromTS=DAY)
    assert message.email == "b@x.example"


def test_messages_with_a_custom_id(api, store):
    second = timedelta(seconds=1)
    for at in (NOON - second, NOON, NOON + second):
        deliver(store, "a@x.example", at=at)
    deliver(store, "b@x.example", custom_id="c-2")
    found = [message.arrived_at for message in api.messages_of("c-1", NOON)]
    assert found == [NOON, NOON + second]
    assert list(api.messages_of("c-3", NOON)) == []


def test_how_many_messages_a_time_has(api, store):
    day = timedelta(days=1)
    for number in range(4):
        deliver(store, "a@x.example", at=NOON + number * day)
    assert api.message_count(NOON, NOON + 2 * day) == 3


def test_the_latest_arrivals(api, store):
    minute = timedelta(minutes=1)
    for number in (2, 0, 3, 1):
        deliver(store, "a@x.example", at=NOON + number * minute)
    assert api.latest_arrivals(NOON, 2) == [NOON + 3 * minute, NOON + 2 * minute]
    assert api.latest_arrivals(NOON + 3 * minute, 5) == [NOON + 3 * minute]
    assert api.latest_arrivals(NOON + 4 * minute, 5) == []


def test_messages_of_a_time_page_by_page(api, store, standin):
    day = timedelta(days=1)
    for number in range(-1, 4):
        deliver(store, f"a{number}@x.example", at=NOON + number * day)
    window = NOON, NOON + 2 * day
    standin.clear_requests()
    pages = [
        [message.email for message in api.message_page(*window, offset=at, limit=2)]
        for at in (0, 2, 4)
    ]
    assert pages == [["a0@x.example", "a1@x.example"], ["a2@x.example"], []]
    assert len(standin.requests) == 3, "one request per page"


@pytest.mark.parametrize(
    ("field", "value", "name", "read"),
    [
        ("Status", "HardBounced", "status", "hardbounced"),
        ("Status", "processed", "status", "unknown"),
        ("Status", None, "status", "unknown"),
        ("StateID", 0, "state_id", ""),
        ("StateID", -1, "state_id", ""),
        ("StateID", "21", "state_id", "21"),
        ("CampaignID", 2**62, "campaign_id", str(2**62)),
        ("CampaignID", -1, "campaign_id", ""),
        ("ContactID", 0, "contact_id", ""),
        ("ContactAlt", "", "email", ""),
        ("ArrivedAt", "", "arrived_at", None),
        ("StatePermanent", "true", "is_permanent", True),
    ],
)
def test_spellings_in_a_message(api, standin, field, value, name, read):
    answer_with(standin, rows({"ID": 1, field: value}))
    [message] = api.messages()
    assert getattr(message, name) == read


@pytest.mark.parametrize(
    ("word", "events"),
    [
        ("anybody", ["sent"]),
        ("click", ["sent", "open", "click"]),
        ("unsub", ["sent", "open", "unsub"]),
        ("spam", ["sent", "spam"]),
        ("blocked", ["blocked"]),
        ("bounce", ["bounce"]),
        ("dropped", []),
    ],
)
def test_the_history_of_a_message_in_the_words_of_posts(api, store, word, events):
    mail = deliver(store, f"{word}@x.example")
    history = api.message_history(mail.message_ids[0])
    assert [entry.event for entry in history] == events
    minute = timedelta(minutes=1)
    assert [entry.date for entry in history] == [
        NOON + number * minute for number in range(len(events))
    ]


def test_why_a_message_failed(api, store):
    mail = deliver(store, "softbounce@x.example")
    [entry] = api.message_history(mail.message_ids[0])
    assert entry.state == "quota exceeded" and entry.comment.startswith("452 4.2.2")
    assert entry.agent == "", "Mailjet only gives a number"
    assert api.message_history("123") == []
    with pytest.raises(InvalidError):
        api.message_history("")


def test_a_long_history_is_read_to_its_end(api, standin):
    opens = [{"EventAt": 1603784101 + n, "EventType": "opened"} for n in range(40)]
    answer_with(standin, rows(*opens))
    assert len(api.message_history("1")) == 40
    assert standin.requests[0].params == {"Limit": "1000"}, "the default is ten"


@pytest.mark.parametrize(
    ("written", "event"),
    [
        ("Opened", "open"),
        ("clicked", "click"),
        ("BOUNCED", "bounce"),
        ("unsubscribed", "unsub"),
        ("open", "open"),
        (" spam ", "spam"),
        ("reincarnated", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_spellings_in_a_history(api, standin, written, event):
    answer_with(standin, rows({"EventAt": 1603784101, "EventType": written}))
    [entry] = api.message_history("1")
    assert entry.event == event and entry.date == datetime(2020, 10, 27, 7, 35, 1)


@pytest.mark.parametrize("value", [None, 0, -1, "x", 1.5, 10**11, 2**200])
def test_invalid_times_in_a_history(api, standin, value):
    answer_with(standin, rows({"EventAt": value, "EventType": "sent"}))
    with pytest.raises(UnexpectedAnswerError):
        api.message_history("1")


def test_the_start_of_a_window_is_included(api, store):
    """Although Mailjet excludes FromTS itself."""
    begin = datetime(2026, 3, 5, 9, 0, 0)
    statistics = store.account(KEY).statistics
    for seconds in (-1, 0, 1):
        arrived = begin + timedelta(seconds=seconds)
        statistics.add_message(
            "to@example.org", arrived_at=arrived, custom_id="c-1", sender_id=1
        )
    page = api.message_page(begin, begin, offset=0, limit=10)
    assert [message.arrived_at for message in page] == [begin]
    found = api.messages_of("c-1", begin)
    assert [message.arrived_at.second for message in found] == [0, 1]
