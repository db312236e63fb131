"""A message that is only read says the same as one that can be written."""

import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage

from hypothesis import assume, example, given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.cannot_carry import CannotCarry
from mail_mailjet.tools.mailjet.read_message import unwritten
from mail_mailjet.tools.mailjet.send_message import to_json
from mail_mailjet.tools.mailjet.send_request import entry_of
from mail_mailjet.tools.smtp.message_memory import remembering
from mail_mailjet.tools.smtp.session import envelope_of
from send_mails import ANN, AUTHOR, BOB

NAMES = (
    *("Subject", "From", "To", "Cc", "Bcc", "Reply-To", "Sender", "Return-Path"),
    *("Date", "Message-Id", "References", "In-Reply-To", "List-Unsubscribe"),
    *("Resent-To", "Resent-From", "Resent-Date", "Orig-Date", "Comments", "Keywords"),
    *("X-Own", "x-own", "X-MJ-CustomID", "X-MJ-Vars", "X-Mailjet-Prio", "X-Msg-To-Add"),
    *("MIME-Version", "Content-Language", "Content-ID", "Auto-Submitted"),
)
PIECES = (
    *("", " ", "  ", "\t", "\n", "\r\n", "\r\n ", "\r", "\0", "\x0b", "\x85", "\u2028"),
    *("=?", "?=", "=?utf-8?q?=C3=A4?=", "=?utf-8?b?w6Q=?=", "=?nonsense?q?x?=", "=?="),
    *("a", "ä", "🎉", "日本語", "\udce4", "\ud800", "\xa0", "\xad", "\x7f", "x" * 300),
    *("<", ">", '"', "\\", ",", ";", ":", "(", ")", "@", "[", "]", ".", "<1@odoo>"),
    *(ANN, BOB, AUTHOR, f'"Ann, Ä 🎉" <{ANN}>', f"Ann <{ANN}>", f"All: {ANN}, {BOB};"),
    *("ann@bücher.example", "änn@example.org", "1.0", "Bcc: eve@example.org"),
    *("Sun, 29 Nov 2026 12:00:00 +0100", '{"a": 1}'),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(
    max_size=30
)
DATES = st.datetimes(
    min_value=datetime(1000, 1, 1),
    timezones=st.sampled_from((None, UTC, timezone(timedelta(hours=-3, minutes=-30)))),
)


class Text(str):
    """A text of another class, as `Markup` is."""


def parsed(value):
    """Return a value as another message has it in a header."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["X-Own"] = value
    return message["X-Own"]


def is_header(text):
    """Whether Python takes a text for a header at all."""
    try:
        parsed(text)
    except (ValueError, IndexError):
        return False
    return True


VALUES = (
    TEXTS
    | TEXTS.map(Text)
    | st.lists(TEXTS, max_size=3)
    | TEXTS.filter(is_header).map(parsed)
    | DATES
    | st.sampled_from((None, False, 0, 7, b"bytes", ("a", "b")))
)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=5)
REFUSALS = (CannotCarry, ValueError)
USUAL = {
    "Message-Id": "<1.mail@odoo>",
    "references": "<0.mail@odoo>",
    "Subject": "Hello",
    "From": f'"Shop" <{AUTHOR}>',
    "Reply-To": AUTHOR,
    "To": [f'"Ann" <{ANN}>'],
    "Date": datetime(2026, 11, 29, 12),
}


def build(policy, headers, text="Hello\n"):
    """Return a message as core builds it."""
    message = EmailMessage(policy=policy)
    given_names = {name.lower() for name, _value in headers}
    for name, value in USUAL.items():
        if name.lower() not in given_names:
            message[name] = value
    for name, value in headers:
        message[name] = value
    message.add_alternative(text, subtype="plain", charset="utf-8")
    message.add_alternative(f"<p>{text}</p>", subtype="html", charset="utf-8")
    return message


def outcome(policy, headers, text="Hello\n"):
    """Return what becomes of such a message, as JSON or an error."""
    try:
        message = to_json(build(policy, headers, text), [ANN])
        entry_of(message, 1, [ANN])
    except CannotCarry as error:
        return CannotCarry, str(error.words)
    except Exception as error:  # whatever Python's parser raises
        return (type(error),)
    return message


def written(policy, headers):
    """Return the headers that SMTP would carry, None if that fails."""
    try:
        content = envelope_of(build(policy, headers), AUTHOR, [ANN], 1).content
    except Exception:  # whatever Python raises
        return None
    # What follows is random
    return content.partition(b'boundary="')[0]


@given(HEADERS)
@example([("From", datetime(2026, 11, 29))])
@example([("Resent-To", ["änn@example.org"])])
def test_headers_are_the_same(headers):
    policy = remembering(email.policy.SMTP)
    expected = outcome(policy, headers)
    # Python's parser fails for some lists, which need not be parsed here
    assume(isinstance(expected, dict) or issubclass(expected[0], REFUSALS))
    assert outcome(unwritten(policy), headers) == expected


# The database has no surrogates
@given(TEXTS.map(lambda text: text.encode(errors="replace").decode()))
def test_texts_are_the_same(text):
    policy = remembering(email.policy.SMTP)
    expected = outcome(policy, [], text)
    assert outcome(unwritten(policy), [], text) == expected


@given(HEADERS)
def test_the_same_mail_by_smtp_has_the_same_bytes(headers):
    """As without the attempt to send it by the API."""
    policy = remembering(email.policy.SMTP)
    outcome(unwritten(policy), headers)
    expected = written(remembering(email.policy.SMTP), headers)
    assert written(policy, headers) == expected


@given(HEADERS)
def test_a_message_that_was_read_can_be_written(headers):
    """Another module may want its headers as text."""
    # Python replaces surrogates in the text; the database has none
    assume("\\ud" not in repr(headers))
    policy = remembering(email.policy.SMTP)
    expected = written(policy, headers)
    assert written(unwritten(policy), headers) == expected
