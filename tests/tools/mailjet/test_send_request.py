"""Requests are filled up to the limits, and share what their mails attach."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet import const
from mail_mailjet.tools.mailjet.send_message import (
    AttachmentMemory,
    CannotCarry,
    to_json,
)
from mail_mailjet.tools.mailjet.send_request import (
    Filling,
    SendEntry,
    body_of,
    entry_of,
)
from send_mails import ANN, BOB, add_image, entry, mail


def sized(number, size=100, recipients=1):
    names = tuple(f"a{number}.{one}@example.org" for one in range(recipients))
    return SendEntry(number, names, (b"x" * size,), size, size)


def requests_of(entries):
    """Yield the entries in order, as many together as one request takes."""
    filling = Filling()
    for one in entries:
        if not filling.add(one):
            yield filling.entries
            filling = Filling()
            filling.add(one)
    if filling.entries:
        yield filling.entries


def test_the_bytes_are_the_message():
    message = mail(
        text='"quoted"\\ and ü\n', attachments=[("ä.pdf", b"%PDF", "application/pdf")]
    )
    add_image(message, "logo")
    message.add_attachment(b"b", "text", "csv", filename="b.csv")
    values = to_json(message, [ANN])
    made = entry_of(values, 1, [ANN])
    assert json.loads(b"".join(made.pieces)) == values
    assert made.length == len(b"".join(made.pieces))
    assert made.custom_id == "o1-test"


def test_a_request_checks_the_sender_before_it_answers():
    body = json.loads(b"".join(body_of([entry(), entry(key=2)])))
    assert body["AdvanceErrorHandling"] is True and "SandboxMode" not in body
    assert len(body["Messages"]) == 2
    assert json.loads(b"".join(body_of([entry()], sandbox=True)))["SandboxMode"] is True


def test_places_name_recipients_as_the_caller_spells_them():
    message = mail(To=[ANN], Cc=[BOB])
    made = entry(message, ["Ann@Example.org", BOB, "eve@example.org"])
    assert made.places == {
        "To[0]": "Ann@Example.org",
        "Cc[0]": BOB,
        "Bcc[0]": "eve@example.org",
    }


def test_50_mails_a_request():
    requests = list(requests_of(map(sized, range(120))))
    assert [len(one) for one in requests] == [50, 50, 20]


def test_50_recipients_a_request():
    entries = [sized(number, recipients=20) for number in range(5)]
    assert [len(one) for one in requests_of(entries)] == [2, 2, 1]


def test_15_mb_a_request():
    entries = [sized(number, size=4_000_000) for number in range(7)]
    assert [len(one) for one in requests_of(entries)] == [3, 3, 1]


@given(
    st.lists(
        st.tuples(st.integers(1, const.SEND_MAX_BYTES // 400), st.integers(1, 50)),
        max_size=80,
    )
)
def test_no_request_is_over_a_limit_and_none_is_lost(shapes):
    # A hundredth of a byte each, for the sake of memory
    entries = [
        SendEntry(
            number, tuple(map(str, range(recipients))), (), size * 100, size * 100
        )
        for number, (size, recipients) in enumerate(shapes)
    ]
    requests = list(requests_of(entries))
    assert [one for request in requests for one in request] == entries
    for request in requests:
        assert len(request) <= 50
        assert sum(len(one.recipients) for one in request) <= 50
        assert sum(one.length for one in request) <= const.SEND_MAX_BYTES
    for first, second in zip(requests, requests[1:], strict=False):
        together = [*first, second[0]]
        assert (
            len(together) > 50
            or sum(len(one.recipients) for one in together) > 50
            or sum(one.length + 1 for one in together) > const.SEND_MAX_BYTES - 501
        )


def test_a_mail_that_fits_into_no_request_goes_by_smtp():
    with pytest.raises(CannotCarry) as caught:
        entry_of({"TextPart": "ä" * 8_000_000}, 1, [ANN])
    assert caught.value.reason_key == "too_large"


def test_shared_attachments_are_in_memory_once():
    memory, content = AttachmentMemory(), bytes(200_000)
    entries = [
        entry_of(
            to_json(mail(attachments=[("a.zip", content, "a/b")]), [ANN], memory),
            number,
            [ANN],
        )
        for number in range(50)
    ]
    [request] = requests_of(entries)
    # So a run neither hands over less at once nor waits, for want of memory
    assert entries[0].size == entries[0].length > 266_000
    assert all(one.size < 2_000 < one.length for one in entries[1:])
    pieces = {id(piece): piece for piece in body_of(request)}
    assert sum(map(sys.getsizeof, pieces.values())) < 400_000
    assert sum(map(len, body_of(request))) > 50 * 266_000


def test_attachments_of_a_mails_own_count_for_it():
    memory = AttachmentMemory()
    for number in range(3):
        message = mail(attachments=[("a.zip", bytes([number]) * 90_000, "a/b")])
        one = entry_of(to_json(message, [ANN], memory), number, [ANN])
        assert one.size == one.length > 120_000
