"""A large generated history."""

import json
from collections import Counter
from datetime import datetime, timezone

import pytest
import requests
from mail_mailjet.tests.standins import StandinProcess, Store
from mail_mailjet.tests.standins.__main__ import SMALL_HISTORY
from statistics_account import (
    COUNTERS,
    DAY,
    EVENT_PATHS,
    EVENT_TIMES,
    EVERYTHING,
    NOW,
    OTHER,
    PAIR,
    at,
    data,
    deliver,
    seconds,
    text,
)

HISTORY = {"events": 3000, "campaigns": 9, "contacts": 1500, "end": NOW}


@pytest.fixture
def history(statistics):
    statistics.fill(**HISTORY)
    return statistics


def test_all_stored_events_are_served(history, rows):
    for kind, path in EVENT_PATHS.items():
        stored = list(history.events(kind))
        served = rows(path, limit=177, **EVERYTHING)
        held = {
            "open": lambda e: (e.message_id, e.campaign_id, e.contact_id, e.agent),
            "click": lambda e: (e.message_id, None, e.contact_id, e.url),
            "bounce": lambda e: (e.message_id, e.campaign_id, e.contact_id, e.state_id),
        }[kind]
        assert Counter(
            (
                row.get("MessageID", row.get("ID")),
                row.get("CampaignID"),
                row["ContactID"],
                row.get("UserAgentFull", row.get("Url", row.get("StateID"))),
                row[EVENT_TIMES[kind]],
            )
            for row in served
        ) == Counter(
            (*held(e), text(datetime.fromtimestamp(e.at, timezone.utc))) for e in stored
        )
        assert sum(history.count_by_day(kind).values()) == len(stored)
    counts = [history.count(kind) for kind in EVENT_PATHS]
    assert counts == [2100, 600, 300] and sum(counts) == HISTORY["events"]


def test_days_add_up(history, call):
    for kind, path in EVENT_PATHS.items():
        for day, count in list(history.count_by_day(kind).items())[::20]:
            begin = at(datetime(day.year, day.month, day.day, tzinfo=timezone.utc))
            window = {"EventFromTs": begin - 1, "EventToTs": begin + 86_399}
            counted = call("GET", path, countOnly=1, **EVERYTHING, **window)
            assert counted.json()["Total"] == count


def test_a_history_is_consistent(history, rows):
    messages = {row["ID"]: row for row in rows("message", FromTS=0)}
    assert len(messages) == 2 * HISTORY["events"]
    contacts = {row["ID"] for row in rows("contact")}
    campaigns = {row["ID"]: row for row in rows("campaign", FromTS=0)}
    assert {row["ContactID"] for row in messages.values()} <= contacts
    assert {row["CampaignID"] for row in messages.values()} == {*campaigns}
    for kind in EVENT_PATHS:
        for event in history.events(kind):
            message = messages[event.message_id]
            assert seconds(message["ArrivedAt"]) <= event.at <= at(NOW)
            assert message["ContactID"] == event.contact_id
            assert message["CampaignID"] == event.campaign_id
            failed = message["Status"] in ("hardbounced", "softbounced", "blocked")
            assert failed == (kind == "bounce")
    for row in messages.values():
        campaign = campaigns[row["CampaignID"]]
        sent = campaign["SendStartAt"] <= row["ArrivedAt"] <= campaign["SendEndAt"]
        assert sent, "in the time of its campaign"
    delivered = Counter(
        row["ContactID"]
        for row in messages.values()
        if row["Status"] in ("sent", "opened", "clicked", "spam", "unsub")
    )
    assert delivered == {
        row["ID"]: row["DeliveredCount"]
        for row in rows("contact")
        if row["DeliveredCount"]
    }
    members = Counter(row["ListID"] for row in rows("listrecipient"))
    lists = rows("contactslist")
    assert members == {
        row["ID"]: row["SubscriberCount"] for row in lists if row["ID"] in members
    }
    assert any(row["IsDeleted"] for row in lists)


def test_counters_of_a_history_add_up(history, rows):
    [total] = rows("statcounters", **{**COUNTERS, "CounterResolution": "Lifetime"})
    assert total["Total"] == 2 * HISTORY["events"]
    assert total["EventOpenedCount"] == history.count("open")
    assert total["EventClickedCount"] == history.count("click")
    assert total["EventSpamCount"] == history.count("spam")
    failed = total["MessageHardBouncedCount"] + total["MessageSoftBouncedCount"]
    assert failed == history.count("bounce")
    for name, kind in (
        ("MessageOpenedCount", "open"),
        ("MessageClickedCount", "click"),
    ):
        assert total[name] == len({e.message_id for e in history.events(kind)})
    names = [name for name, value in total.items() if isinstance(value, int)]
    for timing in ("Message", "Event"):
        daily = []
        for end in (NOW, NOW - 100 * DAY, NOW - 200 * DAY, NOW - 300 * DAY):
            window = {"FromTS": at(end - 100 * DAY), "ToTS": at(end)}
            asked = {**COUNTERS, "CounterTiming": timing, **window}
            daily += rows("statcounters", **asked)
        for name in names:
            if name not in ("APIKeyID", "SourceID", "MessageUnsubscribedCount"):
                assert sum(row[name] for row in daily) >= total[name], name
            if name.startswith("Event"):
                assert sum(row[name] for row in daily) == total[name], name


def test_counters_agree_with_the_overview(history, rows):
    for row in rows("campaignoverview", Sent=1):
        asked = {"CounterSource": "Campaign", "SourceID": row["ID"]}
        lifetime = {**COUNTERS, **asked, "CounterResolution": "Lifetime"}
        [counter] = rows("statcounters", **lifetime)
        assert row["ProcessedCount"] == counter["Total"] > 0
        assert row["OpenedCount"] == counter["MessageOpenedCount"]


def test_the_same_options_make_the_same_history(history):
    store = Store()
    again = store.add_key(*PAIR).statistics
    again.fill(**{**HISTORY, "end": at(NOW)})
    again.clock = NOW.timestamp
    other = store.add_key(*OTHER).statistics
    other.fill(**HISTORY, seed=2)
    for kind in EVENT_PATHS:
        assert list(again.events(kind)) == list(history.events(kind))
        assert [e.at for e in other.events(kind)] != [e.at for e in again.events(kind)]
    for path in ("campaign", "contact", "listrecipient", "message", "contactslist"):
        assert again.rows(path, FromTS=0) == history.rows(path, FromTS=0)


def test_a_history_with_late_events(statistics):
    statistics.fill(**HISTORY, late=0.3)
    statistics.clock = (NOW - 200 * DAY).timestamp
    some = statistics.count("open")
    statistics.clock = (NOW + DAY).timestamp
    assert some < statistics.count("open") == 2100


def test_a_history_is_filled_once_with_valid_options(history, store):
    with pytest.raises(RuntimeError):
        history.fill(**HISTORY)
    other = store.account(OTHER[0]).statistics
    for wrong in ({"contacts": 10}, {"messages": 100}):
        with pytest.raises(ValueError, match="so many"):
            other.fill(**{**HISTORY, **wrong})
    assert other.rows("contactslist") == []


def test_changes_of_a_history(history, rows):
    numbers = list(history.numbers("open"))
    first, second = (history.event("open", number) for number in numbers[:2])
    history.delete_event("open", first.number)
    with pytest.raises(KeyError):
        history.delete_event("open", first.number)
    history.change_event("open", second.number, at=NOW)
    served = rows("openinformation", FromTS=0)
    assert len(served) == 2099 and served[-1]["MessageID"] == second.message_id
    history.change_message(first.message_id, status="spam")
    assert history.rows(
        "message", FromTS=0, MessageStatus=6, ContactID=first.contact_id
    )
    history.delete_message(first.message_id)
    assert first.message_id not in {row["ID"] for row in rows("message", FromTS=0)}
    assert len(rows("messageinformation", FromTS=0)) == 2 * HISTORY["events"] - 1
    member = rows("listrecipient")[6]  # in two lists, as every third contact is
    history.change_list_recipient(member["ID"], IsUnsubscribed=True)
    assert member["ID"] in [row["ID"] for row in rows("listrecipient", Unsub=1)]
    before = len(rows("listrecipient"))
    history.delete_contact(member["ContactID"])
    assert member["ContactID"] not in {row["ID"] for row in rows("contact")}
    assert before - len(rows("listrecipient")) == 2


def test_mail_in_addition_to_a_history(history, store, rows):
    history.clock = datetime.now(timezone.utc).timestamp
    known = rows("contact")[0]
    deliver(store, known["Email"], "click@x.example")
    [campaign] = rows("campaign")
    assert campaign["CustomValue"] == "Spring 2026"
    messages = rows("message")
    assert [row["ContactID"] for row in messages][0] == known["ID"]
    assert messages[0]["ID"] > max(e.message_id for e in history.events("bounce"))
    assert rows("contact")[0]["DeliveredCount"] == known["DeliveredCount"] + 1
    assert rows("contact")[-1]["Email"] == "click@x.example"
    assert len(rows("openinformation")) == 1
    assert len(rows("openinformation", FromTS=0)) == 2101


def test_in_its_own_process():
    options = {"events": 300, "campaigns": 3, "contacts": 400, "end": at(NOW)}
    with StandinProcess(*PAIR, **options) as process:
        url = f"{process.rest_url}/v3/REST/openinformation"
        params = {**EVERYTHING, "Limit": 1000}
        served = requests.get(url, auth=PAIR, params=params, timeout=10)
    here = Store().add_key(*PAIR).statistics
    here.fill(**options)
    assert data(served) == here.rows("openinformation", FromTS=0)
    assert len(data(served)) == 210
    with pytest.raises(RuntimeError), StandinProcess(*PAIR, nonsense=1):
        pass


def test_the_history_of_the_sandbox():
    statistics = Store().add_key(*PAIR).statistics
    statistics.fill(**SMALL_HISTORY)
    for path in (
        "campaign",
        "contact",
        "contactslist",
        "listrecipient",
        "contactfilter",
        "message",
        *EVENT_PATHS.values(),
    ):
        assert statistics.rows(path, FromTS=0), path
    overview = statistics.rows("campaignoverview", All=1)
    assert {row["IDType"] for row in overview} == {"Campaign", "NL", "AX"}
    senders = {row["FromEmail"] for row in statistics.rows("campaign", FromTS=0)}
    assert len({address.partition("@")[2] for address in senders}) == 3
    addresses = json.dumps(statistics.rows("contact"))
    assert ".com" not in addresses and ".org" not in addresses, (
        "addresses nobody can have"
    )
