import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet_message_id import mailjet_message_ids


def written(number):
    data = number.to_bytes(8, "big") + bytes(31)
    return f"<0123abcd.{base64.urlsafe_b64encode(data).decode()}@mailjet.com>"


@given(st.integers(0, 2**64 - 1))
def test_reads_the_number(number):
    assert mailjet_message_ids(written(number)) == [str(number)]


def test_reads_all_in_their_order():
    references = f"<odoo@example.com>\n {written(7)} {written(5)}"
    assert mailjet_message_ids(references) == ["7", "5"]


@pytest.mark.parametrize(
    "references", [None, "", "<a@mailjet.com>", written(7).replace("mailjet", "other")]
)
def test_other_ids_are_none_of_mailjets(references):
    assert mailjet_message_ids(references) == []


@given(st.text())
def test_any_text_will_do(references):
    mailjet_message_ids(references)
