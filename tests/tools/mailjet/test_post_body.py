"""Posts that were damaged, wrapped or compressed on the way."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.event import read_post
from mail_mailjet.tools.mailjet.post_body import (
    LONGEST_RAW,
    PostError,
    TooLargeError,
    unpack,
)

LIMIT = 1000
GOOD = {"event": "open", "time": 1772700000, "MessageID": 12, "email": "a@b.example"}
BAD = {**GOOD, "event": "bounce", "MessageID": 13, "comment": "MARK"}


def post_with(mark):
    """Return a post whose second event has these bytes in its comment."""
    return json.dumps([GOOD, BAD, GOOD]).encode().replace(b"MARK", mark)


@pytest.mark.parametrize(
    ("mark", "comment", "raw"),
    [
        (b"Bo\xeete pleine", "Bo\ufffdte pleine", "Bo\\xeete pleine"),
        (b"a\xff\xfeb", "a\ufffd\ufffdb", "a\\xff\\xfeb"),
        (b"a\x00b\x1b[0m", "a\ufffdb\ufffd[0m", "a\\x00b\\x1b[0m"),
        (b"550 no\r\nsuch\tuser", "550 no\r\nsuch\tuser", "550 no\r\nsuch\tuser"),
        (b"Bo\xc3\xaete \xe9", "Boîte \ufffd", "Bo\\xc3\\xaete \\xe9"),
    ],
)
def test_a_damaged_string_is_repaired_and_kept_as_sent(mark, comment, raw):
    post = read_post(post_with(mark))
    assert [event.message_id for event in post.events] == ["12", "13", "12"]
    assert not post.unreadable
    assert post.events[1].comment == comment
    assert raw in post.events[1].damaged
    assert [event.damaged for event in post.events[::2]] == ["", ""]


def test_what_is_kept_of_a_damaged_event_is_bounded():
    [_, event, _] = read_post(post_with(b"\xe9" * 50_000)).events
    assert len(event.damaged) == LONGEST_RAW


@pytest.mark.parametrize(
    ("item", "message_ids"),
    [
        (b"", ["12", "12"]),
        (b"x", ["12", "12"]),
        (b'{"event": }', ["12", "12"]),
        (b'"unknown \\x escape"', ["12", "12"]),
        (b"[" * 5000 + b"]" * 5000, ["12", "12"]),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, ["12", "12"]),
        (b"9" * 6000, ["12", "12"]),
        (json.dumps({**BAD, "n": "N"}).encode().replace(b'"N"', b"7" * 6000), None),
        # Nothing can be told apart after a string without an end
        (b'{"event": "open}', ["12"]),
    ],
)
def test_a_bad_item_costs_no_other(item, message_ids):
    good = json.dumps(GOOD).encode()
    post = read_post(b"[" + good + b", " + item + b", " + good + b"]")
    found = [event.message_id for event in post.events]
    assert found == (message_ids or ["12", "13", "12"])
    assert bool(post.unreadable) is bool(message_ids)


def test_a_post_cut_short_keeps_its_complete_events():
    body = json.dumps([GOOD, BAD, GOOD]).encode()
    post = read_post(body[:-20])
    assert [event.message_id for event in post.events] == ["12", "13"]
    assert len(post.unreadable) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark(encoding):
    body = json.dumps([{**BAD, "comment": "Boîte"}], ensure_ascii=False)
    [event] = read_post(body.encode(encoding)).events
    assert event.comment == "Boîte"


def test_a_byte_order_mark_before_a_damaged_string():
    assert len(read_post(b"\xef\xbb\xbf" + post_with(b"\xe9")).events) == 3


def test_gzip():
    body = post_with(b"x")
    assert unpack(gzip.compress(body), LIMIT) == body
    assert unpack(body, LIMIT) == body
    assert unpack(gzip.compress(b" " * LIMIT), LIMIT) == b" " * LIMIT


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (gzip.compress(b" " * (LIMIT + 1)), TooLargeError),
        (gzip.compress(b" " * 10**7), TooLargeError),
        (gzip.compress(b"[]")[:-9], PostError),
        (b"\x1f\x8bnonsense", PostError),
    ],
)
def test_gzip_that_is_refused(body, error):
    with pytest.raises(error):
        unpack(body, LIMIT)


def test_a_long_string_without_an_end_takes_no_time():
    assert read_post(b'["' + b'\\"' * 500_000).is_refused


def as_events(number):
    return {**GOOD, "MessageID": number, "comment": "é" * (number % 3)}


@given(
    st.lists(st.integers(1, 10**18), min_size=1, max_size=8),
    st.integers(0, 7),
    st.binary(min_size=1, max_size=20),
)
def test_any_bytes_in_one_string_cost_no_event_before_it(numbers, index, damage):
    """And none at all, unless they contain a quotation mark or a backslash."""
    items = [json.dumps(as_events(n), ensure_ascii=False).encode() for n in numbers]
    index %= len(items)
    items[index] = items[index].replace(
        b'"open"', b'"open", "extra": "' + damage + b'"'
    )
    post = read_post(b"[" + b",".join(items) + b"]")
    found = [event.message_id for event in post.events]
    expected = list(map(str, numbers))
    if b'"' in damage or b"\\" in damage:
        assert found[:index] == expected[:index]
    else:
        assert found == expected
