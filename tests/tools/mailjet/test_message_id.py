import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.message_id import MOST_IDS, mailjet_message_ids


def written(number):
    data = number.to_bytes(8, "big") + bytes(31)
    return f"<0123abcd.{base64.urlsafe_b64encode(data).decode()}@mailjet.com>"


@given(st.integers(0, 2**64 - 1))
def test_reads_the_number(number):
    assert mailjet_message_ids(written(number)) == [str(number)]


def test_reads_all_in_order():
    references = f"<odoo@example.com>\n {written(7)} {written(5)}"
    assert mailjet_message_ids(references) == ["7", "5"]


@pytest.mark.parametrize(
    "references", [None, "", "<a@mailjet.com>", written(7).replace("mailjet", "other")]
)
def test_other_ids_are_not_mailjets(references):
    assert mailjet_message_ids(references) == []


ANY_TEXT = st.text(st.characters())


@given(ANY_TEXT)
def test_any_text_is_accepted(references):
    for found in mailjet_message_ids(references):
        assert re.fullmatch("[0-9]{1,20}", found)


@given(
    st.lists(st.integers(0, 2**64 - 1), max_size=4),
    st.lists(ANY_TEXT, min_size=5, max_size=5),
)
def test_finds_all_of_them_in_any_text(numbers, texts):
    around = [text.replace("<", "").replace(">", "") for text in texts]
    pairs = zip(around, [*map(written, numbers), ""], strict=False)
    references = "".join(part for pair in pairs for part in pair)
    assert mailjet_message_ids(references) == [str(number) for number in numbers]


@given(st.binary(min_size=39, max_size=39), st.integers(0, 2**32 - 1))
def test_the_rest_of_the_id_does_not_matter(data, start):
    local = f"{start:08x}.{base64.urlsafe_b64encode(data).decode()}"
    found = mailjet_message_ids(f"<{local}@mailjet.com>")
    assert found == [str(int.from_bytes(data[:8], "big"))]


@pytest.mark.parametrize(
    "wrong",
    [
        written(7).upper(),
        written(7).replace("<0123abcd", "<0123abc"),
        written(7).replace("AA@", "A@"),
        written(7).replace("AA@", "AAA@"),
        written(7).replace("AA@", "A=@"),
        written(7).replace("@mailjet.com", "@mailjet.com.example.org"),
        written(7).replace("@mailjet.com", "@mailjetxcom"),
        written(7).strip("<>"),
    ],
)
def test_lookalikes(wrong):
    assert mailjet_message_ids(wrong) == []


@pytest.mark.parametrize("fold", [" ", "\r\n ", "\t"])
def test_a_folded_id(fold):
    whole = written(7)
    for place in (1, 9, 30, 60, len(whole) - 1):
        folded = whole[:place] + fold + whole[place:]
        assert mailjet_message_ids(folded) == ["7"]


def test_only_the_last_ones_count():
    references = " ".join(written(number) for number in range(5000))
    expected = [str(number) for number in range(5000 - MOST_IDS, 5000)]
    assert mailjet_message_ids(references) == expected
