"""The id that ties an event to a record."""

import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.custom_id import (
    LONGEST,
    CustomId,
    database_tag,
    read_custom_id,
    write_custom_id,
)

KEY = b"key of this database"
TAG = database_tag("0e3a4f66-8b5c-11f1-9d4e-0242ac120002")
LARGEST = 2**31 - 1

custom_ids = st.one_of(
    st.builds(CustomId, trace_id=st.integers(1, LARGEST)),
    st.builds(
        CustomId,
        message_id=st.integers(1, LARGEST),
        partner_id=st.integers(0, LARGEST),
    ),
    st.builds(CustomId, test=st.from_regex("[a-z0-9]{1,20}", fullmatch=True)),
)


@given(custom_ids)
def test_reads_what_was_written(custom_id):
    text = write_custom_id(custom_id, TAG, KEY)
    assert read_custom_id(text, TAG, KEY) == custom_id


@given(custom_ids)
def test_stays_whole_in_a_header(custom_id):
    text = write_custom_id(custom_id, TAG, KEY)
    assert text.isascii()
    assert len(text) <= LONGEST
    message = EmailMessage(policy=email.policy.SMTP)
    message["X-MJ-CustomID"] = text
    assert f"X-MJ-CustomID: {text}\r\n".encode() in message.as_bytes()


def test_another_database_and_another_key_are_foreign():
    text = write_custom_id(CustomId(trace_id=12), TAG, KEY)
    assert read_custom_id(text, database_tag("another"), KEY) is None
    assert read_custom_id(text, TAG, b"another") is None


@given(st.data())
def test_a_changed_character_makes_it_foreign(data):
    text = write_custom_id(CustomId(message_id=45, partner_id=67), TAG, KEY)
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters().filter(lambda c: c != text[place]))
    changed = text[:place] + character + text[place + 1 :]
    assert read_custom_id(changed, TAG, KEY) is None


@given(st.text())
def test_any_text_is_foreign(text):
    assert read_custom_id(text, TAG, KEY) is None


@pytest.mark.parametrize("text", [None, "", "Welcome mail", "o1-", "o1-aaaaaa-t0-"])
def test_other_ids_are_foreign(text):
    assert read_custom_id(text, TAG, KEY) is None


def test_digits_of_other_scripts_are_not_ids():
    text = write_custom_id(CustomId(trace_id=12), TAG, KEY)
    assert read_custom_id(text.replace("t12", "t１２"), TAG, KEY) is None
