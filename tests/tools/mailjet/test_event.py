"""Read what Mailjet posts."""

import json
import math
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.const import EVENT_TYPES
from mail_mailjet.tools.mailjet.event import event_key, read_post

SENT = {
    "event": "sent",
    "time": 1433333949,
    "MessageID": 1152921519812251571,
    "Message_GUID": "0f3e2b34-c9aa-4c58-80bd-a2418c18f652",
    "email": "Zoe@Example.com",
    "mj_campaign_id": 7653742672,
    "mj_contact_id": 2847931267,
    "customcampaign": "",
    "mj_message_id": "1152921519812251571",
    "smtp_reply": "sent (250 2.0.0 OK)",
    "CustomID": "o1-abc",
    "Payload": "",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def read_one(**changes):
    post = read_post(json.dumps({**SENT, **changes}).encode())
    assert (len(post.events), post.unreadable) == (1, ())
    return post.events[0]


def test_reads_every_field():
    event = read_one()
    assert event.event == "sent"
    assert event.date == datetime(2015, 6, 3, 12, 19, 9)
    assert event.message_id == "1152921519812251571"
    assert event.email == "zoe@example.com"
    assert event.campaign_id == "7653742672"
    assert event.custom_id == "o1-abc"
    assert event.smtp_reply == "sent (250 2.0.0 OK)"
    assert event.is_hard is None
    assert event.raw == SENT


def test_an_array_an_object_and_an_empty_array():
    assert len(read_post(json.dumps([SENT, SENT]).encode()).events) == 2
    assert len(read_post(json.dumps(SENT).encode()).events) == 1
    post = read_post(b"[]")
    assert (post.events, post.unreadable) == ((), ())


@pytest.mark.parametrize(
    "body",
    [b"", b"not JSON", b"\xff\xfe", b'"text"', b"12", b"null", b"[1, 2", b"[" * 100000],
)
def test_items_that_are_not_events(body):
    post = read_post(body)
    assert not post.events
    assert post.unreadable
    assert post.is_refused


def test_a_bad_item_does_not_affect_others():
    post = read_post(json.dumps([SENT, 12, None, {"event": "x"}, [], SENT]).encode())
    assert len(post.events) == 2
    assert post.unreadable == ("12", "null", '{"event": "x"}', "[]")
    assert not post.is_refused


def test_an_id_as_text_wins_over_a_rounded_number():
    assert read_one(MessageID=1152921519812251600).message_id == SENT["mj_message_id"]
    assert read_one(mj_message_id="").message_id == "1152921519812251571"
    assert read_one(MessageID=0, mj_message_id="0").message_id == ""


@pytest.mark.parametrize(
    ("value", "meaning"),
    [(True, True), (False, False), ("true", True), ("False", False), ("", None)]
    + [(1, True), ("1", True), (0, False), ("0", False), (1.0, None), (2, None)]
    + [(None, None), ([], None), ("x", None)],
)
def test_booleans(value, meaning):
    assert read_one(event="bounce", hard_bounce=value).is_hard is meaning


def test_the_test_button_and_empty_events_are_counted():
    empty = {"event": "spam", "time": 1751890193, "MessageID": 0, "email": ""}
    post = read_post(json.dumps([empty, SENT]).encode())
    assert (len(post.events), post.empty) == (1, 1)


def test_unknown_types_are_kept():
    assert read_one(event="typofix").event == "typofix"
    assert "typofix" not in EVENT_TYPES


@pytest.mark.parametrize(
    "time", ["", None, True, "tomorrow", -1, 0, 1e300, math.nan, 99999999999, [1]]
)
def test_invalid_times(time):
    post = read_post(json.dumps({**SENT, "time": time}).encode())
    assert (post.events, len(post.unreadable)) == ((), 1)


@pytest.mark.parametrize("time", [1433333949, "1433333949", 1433333949.5])
def test_times(time):
    assert read_one(time=time).date == datetime(2015, 6, 3, 12, 19, 9)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "9" * 400])
def test_numbers_that_databases_reject(number):
    body = json.dumps(SENT)[:-1] + f', "extra": {number}}}'
    [event] = read_post(body.encode()).events
    json.dumps(event.raw, allow_nan=False)
    assert isinstance(event.raw["extra"], str)


def test_text_that_databases_reject():
    event = read_one(comment="a\0b\ud800c", event="bounce", extra={"x": "\0"})
    assert event.comment == "ab\ufffdc"
    assert "\0" not in json.dumps(event.raw, ensure_ascii=False)


def test_campaigns_come_back_encoded():
    assert read_one(customcampaign="=?utf-8?q?=C3=89t=C3=A9?=").custom_campaign == "Été"
    assert read_one(customcampaign="=?broken").custom_campaign == "=?broken"


def test_the_key_distinguishes_events():
    event = read_one(event="click", url="https://example.com/a")
    assert event.key == read_one(event="click", url="https://example.com/a").key
    assert len(event.key) == 22
    others = [
        read_one(event="click", url="https://example.com/b"),
        read_one(event="click", url="https://example.com/a", time=1433333950),
        read_one(event="open"),
        read_one(event="click", url="https://example.com/a", mj_message_id="12"),
    ]
    assert event.key not in {other.key for other in others}
    # As in the REST API
    assert event.key == event_key(
        "click", event.message_id, event.date, "https://example.com/a"
    )


def test_without_an_id_the_address_is_in_the_key():
    first, second = (
        read_one(MessageID=0, mj_message_id="", email=f"{name}@example.com")
        for name in ("a", "b")
    )
    assert first.key != second.key


@given(json_values)
def test_any_json_is_accepted(value):
    read_post(json.dumps(value).encode())


@given(st.dictionaries(st.sampled_from(sorted(SENT)), json_values))
def test_any_value_in_any_field(changes):
    post = read_post(json.dumps({**SENT, **changes}).encode())
    for event in post.events:
        kept = json.dumps(event.raw, ensure_ascii=False, allow_nan=False)
        assert "\0" not in kept and "\\u0000" not in kept.replace("\\\\", "")
        kept.encode()
        assert len(event.key) == 22


@given(st.binary())
def test_any_bytes_are_accepted(body):
    read_post(body)


SAMPLES = Path(__file__).resolve().parents[4] / "shared/reference/webhooks"


def test_real_posts():
    """Each of the team's samples is read, if they are next to the repository."""
    for path in SAMPLES.glob("*.json"):
        post = read_post(path.read_bytes())
        assert not post.unreadable, path
        assert post.events or post.empty, path
