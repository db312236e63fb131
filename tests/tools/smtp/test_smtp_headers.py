"""Headers that a server may refuse, and References that fit on one line."""

import re
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.smtp.headers import (
    LONGEST_LINE,
    HeaderError,
    LineEndingError,
    LineTooLongError,
    check_headers,
    check_value,
)
from mail_mailjet.tools.smtp.references import shorten_references


def message(*lines, body=b"Hello\r\n"):
    return b"\r\n".join([b"From: a@b.example", *lines, b"", body])


def test_a_long_header_is_named():
    content = message(b"X-Short: 1", b"List-Unsubscribe: <" + b"x" * 1000 + b">")
    with pytest.raises(LineTooLongError) as raised:
        check_headers(content)
    assert raised.value.header == "List-Unsubscribe"
    assert "List-Unsubscribe" in str(raised.value) and "1020" in str(raised.value)


def test_the_name_is_that_of_a_folded_header():
    content = message(b"Subject: short", b" " + b"x" * 998)
    with pytest.raises(LineTooLongError) as raised:
        check_headers(content)
    assert raised.value.header == "Subject"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\n\r", b"\r\r\n", b"\n\n"])
def test_a_lone_line_end_is_named(end):
    content = message(b"X-Note: one" + end + b"Bcc: two")
    with pytest.raises(LineEndingError) as raised:
        check_headers(content)
    assert raised.value.header == "X-Note"


def test_the_longest_line_allowed():
    check_headers(message(b"X: " + b"x" * 995))
    with pytest.raises(LineTooLongError):
        check_headers(message(b"X: " + b"x" * 996))


def test_the_body_is_not_looked_at():
    check_headers(message(b"X: 1", body=b"x" * 2000 + b"\nlone\r"))


def test_what_python_writes_passes():
    email = EmailMessage(policy=SMTP)
    email["From"] = "Zoé <zoe@example.com>"
    email["Subject"] = "Wörter und " * 100
    email.set_content("Grüße\n" * 50)
    check_headers(bytes(email))


@given(st.binary(max_size=3000))
def test_every_fault_is_found_and_nothing_else(content):
    headers = content.partition(b"\r\n\r\n")[0]
    lines = headers.split(b"\r\n")
    is_bad = any(len(x) > 998 or b"\r" in x or b"\n" in x for x in lines)
    try:
        check_headers(content)
    except HeaderError as error:
        assert is_bad and error.words and str(error).isprintable()
    else:
        assert not is_bad


def ids(*lengths):
    return [f"<{number:x>{length - 4}}@m>" for number, length in enumerate(lengths)]


def line(value):
    return f"References: {value}".encode()


def test_what_fits_stays():
    value = "<a@b>  <c@d> (a comment)"
    assert shorten_references(value) is value
    assert shorten_references("<a@b>\r\n <c@d>") == "<a@b> <c@d>"
    assert shorten_references("") == ""


def test_the_first_and_the_last_ones_are_kept():
    given_ids = ids(*[60] * 40)
    kept = shorten_references(" ".join(given_ids)).split()
    assert kept[0] == given_ids[0]
    assert kept[1:] == given_ids[-len(kept) + 1 :]
    assert len(kept) == 16  # 16 × 60 bytes, 15 spaces and "References: "
    assert len(line(" ".join(kept))) <= LONGEST_LINE


def test_an_id_that_is_too_long_alone_is_left_out():
    first, long, last = ids(60, 1200, 60)
    assert shorten_references(f"{first} {long} {last}") == f"{first} {last}"
    assert shorten_references(f"{long} {last}") == last
    assert shorten_references(f"{first} {long}") == first
    assert shorten_references(long) == ""


def test_the_parent_counts_most_where_the_first_does_not_fit_beside_it():
    first, second, last = ids(500, 60, 600)
    assert shorten_references(f"{first} {second} {last}") == last


@pytest.mark.parametrize(("length", "is_kept"), [(384, True), (385, False)])
def test_the_line_is_used_to_its_last_byte(length, is_kept):
    first, dropped, middle, last = ids(300, 500, length, 300)
    value = shorten_references(f"{first} {dropped} {middle} {last}")
    assert value.split() == [first, *([middle] if is_kept else []), last]


def test_the_name_shares_the_line():
    value = " ".join(ids(*[60] * 16))
    assert shorten_references(value) == value
    assert shorten_references(value, "X-Longer-Than-References") != value


@given(
    st.lists(
        st.one_of(st.integers(6, 1200), st.integers(6, 90)), min_size=1, max_size=60
    ),
    st.sampled_from([" ", "\r\n ", "\n\t", "  "]),
)
def test_whatever_the_ids_are(lengths, blank):
    given_ids = ids(*lengths)
    value = shorten_references(blank.join(given_ids))
    assert len(line(value)) <= LONGEST_LINE and not re.search(r"[\r\n]", value)
    kept = value.split()
    assert [one for one in given_ids if one in kept] == kept
    usable = [one for one in given_ids if len(line(one)) <= LONGEST_LINE]
    assert bool(kept) is bool(usable)
    if usable:
        assert kept[-1] == usable[-1]
        first_and_last = " ".join(dict.fromkeys([usable[0], usable[-1]]))
        if len(line(first_and_last)) <= LONGEST_LINE:
            assert kept[0] == usable[0]


@pytest.mark.parametrize("text", ["a\nBcc: b@c.example", "a\rb", "a\r\n b"])
def test_a_line_break_in_a_value_is_named(text):
    with pytest.raises(LineEndingError) as raised:
        check_value("X-Note", text)
    assert "X-Note" in str(raised.value)
    check_value("X-Note", "plain text")
