"""What is written down of a conversation, and what never is."""

import base64
import hmac
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.smtp.transcript import (
    CONTENT_LINES,
    LONGEST_LINE,
    LONGEST_READ,
    Masker,
    Transcript,
    mask,
)

KEY, SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "S3cr+t/of=the?Account&more~here"
PAIR = (SECRET, KEY)


def b64(text):
    return base64.b64encode(text.encode()).decode()


FORMS = {
    "secret": SECRET,
    "key": KEY,
    "upper case": KEY.upper(),
    "base64 of the secret": b64(SECRET),
    "base64 of the key": b64(KEY),
    "url-safe base64": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "base64 in lower case": b64(SECRET).lower(),
    "PLAIN": b64(f"\0{KEY}\0{SECRET}"),
    "PLAIN with authzid": b64(f"{KEY}\0{KEY}\0{SECRET}"),
    "PLAIN without padding": b64(f"\0{KEY}\0{SECRET}").rstrip("="),
    "PLAIN decoded": f"\0{KEY}\0{SECRET}",
    "hex": SECRET.encode().hex(),
    "hex in upper case": SECRET.encode().hex().upper(),
    "url-encoded": urllib.parse.quote(SECRET, safe=""),
    "url-encoded in part": urllib.parse.quote(SECRET),
    "url-encoded base64": urllib.parse.quote(b64(SECRET), safe=""),
    "all of it url-encoded": "".join(f"%{b:02X}" for b in SECRET.encode()),
}


def shown_parts(form, text):
    """The pieces of a form, six characters long, that can be read in a text."""
    pieces = {form[i : i + 6] for i in range(len(form) - 5)}
    return [piece for piece in pieces if piece.lower() in text.lower()]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("write", ["sent", "received", "remark"])
def test_no_form_is_written_down(form, write):
    transcript = Transcript(PAIR)
    text = f"before {form} after {form}"
    getattr(transcript, write)(text if write == "remark" else text.encode() + b"\r\n")
    assert not shown_parts(form, str(transcript))
    assert "before *** after ***" in str(transcript)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_none_is_shown_where_a_line_is_cut(form):
    for length in range(LONGEST_READ - len(form) - 5, LONGEST_READ + 5, 7):
        transcript = Transcript(PAIR)
        transcript.received(b" " * length + form.encode() + b"x" * 99)
        transcript.received((" " * (length - LONGEST_READ + 99) + form[:9]).encode(), 1)
        assert not shown_parts(form, str(transcript))


def test_half_a_secret_that_came_before_the_line_ended():
    transcript = Transcript(PAIR)
    transcript.received(
        b"535 refused is " + b"x" * 999 + SECRET[:-1].encode(), cut=True
    )
    assert not shown_parts(SECRET, str(transcript))


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_login_shows_its_mechanism_only(mechanism):
    transcript = Transcript()  # it need not know the secret
    transcript.sent_login(f"AUTH {mechanism} {b64(SECRET)}\r\n".encode())
    transcript.sent_login(f"{b64(KEY)}\r\n".encode())
    assert [line.text for line in transcript.lines] == [f"AUTH {mechanism} ***", "***"]


def test_the_digest_of_cram_md5():
    digest = hmac.new(SECRET.encode(), b"<1@x>", "md5").hexdigest()
    transcript = Transcript(PAIR)
    transcript.hide(f"{KEY} {digest}", digest)
    for form in (digest, digest.upper(), b64(digest), b64(f"{KEY} {digest}")):
        transcript.received(f"535 {form}".encode())
    assert [line.text for line in transcript.lines] == ["535 ***"] * 4


def test_the_words_of_an_exception():
    transcript = Transcript(("it's\\so", "\xe4\0b"))
    error = ValueError(b"535 it's\\so", "\xe4\0b")
    transcript.remark(str(error))
    assert transcript.lines[0].text == "(b\"535 ***\", '***')"


def test_times_and_directions():
    moments = iter([100.0, 100.5, 101.25, 103.0])
    transcript = Transcript(clock=lambda: next(moments))
    transcript.received(b"220 hello\r\n")
    transcript.sent(b"EHLO me\r\n")
    transcript.remark("TLS begins")
    assert str(transcript) == (
        "  0.500 < 220 hello\n  1.250 > EHLO me\n  3.000 * TLS begins"
    )
    assert [line.direction for line in transcript.lines] == ["<", ">", "*"]


def test_control_characters_are_made_visible():
    transcript = Transcript()
    transcript.received(b"250 \x00\x1b[31m\tred\r middle \xff\x7f caf\xc3\xa9\r\n")
    [line] = transcript.lines
    assert line.text == "250 \\x00\\x1b[31m\\tred\\r middle \ufffd\\x7f café"


def test_a_huge_line_is_cut():
    transcript = Transcript(PAIR)
    transcript.received(b"250 " + b"x" * 1_000_000)
    [line] = transcript.lines
    assert len(line.text) < LONGEST_LINE + 10 and line.text.endswith("cut")


def test_content_is_cut():
    transcript = Transcript(PAIR)
    content = f"Subject: {SECRET}\r\n".encode() + b"a\r\n" * 30 + b"x" * 1_000_000
    transcript.sent_content(content)
    lines = [line.text for line in transcript.lines]
    assert len(lines) == CONTENT_LINES + 1
    assert lines[0] == "Subject: ***"
    assert lines[-1] == f"… {1_000_000 + 3 * 19} bytes not shown"


def test_short_content_is_whole():
    transcript = Transcript()
    transcript.sent_content(b"Subject: Hi\r\n\r\nHo\r\n")
    assert "not shown" not in str(transcript) and "Ho" in str(transcript)


def test_one_long_line_of_content():
    transcript = Transcript(PAIR)
    transcript.sent_content(b"x" * 15_000_000)
    assert len(str(transcript)) < LONGEST_LINE + 50


# -- masking -------------------------------------------------------------------------


@given(st.text("abc"), st.text("abc", min_size=1))
def test_nothing_of_a_secret_is_left(text, secret):
    assert secret not in mask(f"{text}{secret}{text}", (secret,))


@given(st.text("ab"), st.text("ab", min_size=1), st.text("ab", min_size=1))
def test_secrets_that_overlap(text, first, second):
    masked = mask(text + first + second[1:], (first, second))
    assert first not in masked and second not in masked


@settings(max_examples=300)
@given(st.binary(max_size=9), st.binary(max_size=9))
def test_base64_of_anything_around_a_secret(before, after):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(before + SECRET.encode() + after).decode()
        whole = encode(SECRET.encode()).decode().rstrip("=")
        masked = mask(text, PAIR)
        assert "***" in masked
        # At most the characters that the neighbours have a part in are left.
        assert len(masked) <= len(text) - len(whole) + len("***") + 3


@given(st.text())
def test_a_text_without_secrets_stays_as_it_is(text):
    masked = mask(text, PAIR)
    assert masked == text


@given(st.text(max_size=30), st.text(max_size=30), st.booleans())
def test_no_text_and_no_secret_is_too_odd(text, secret, cut):
    masker = Masker((secret, text))
    assert masker.mask(text, cut=cut) in ("***", "") or not text


def test_empty_secrets_mask_nothing():
    assert mask("535 refused", ("", None, False)) == "535 refused"
    assert Masker().mask("535 refused", cut=True) == "535 refused"
