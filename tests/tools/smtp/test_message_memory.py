"""Messages with a memory: the same bytes as without, whatever they hold."""

import email.policy
import re
from email.generator import BytesGenerator
from email.message import EmailMessage
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.smtp import message_memory
from mail_mailjet.tools.smtp.message_memory import Flattener, remembering

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
LINE = TEXT.map(lambda text: " ".join(text.split()))


def built(policy, generator, subject, body, attachment, name):
    """Build a message as Odoo does; return its bytes with the boundaries by number."""
    message = EmailMessage(policy=policy)
    message["Subject"] = subject
    message["From"] = "Zoë <zoe@company.example>"
    message["To"] = ["ann@example.org", '"B, C" <b@example.org>']
    message["X-Own"] = subject
    message.add_alternative(body, subtype="plain", charset="utf-8")
    message.add_alternative(f"<p>{body}</p>", subtype="html", charset="utf-8")
    message.add_attachment(attachment, "application", "pdf", filename=name)
    content = BytesIO()
    generator(content).flatten(message, linesep="\r\n")
    found = content.getvalue()
    for number, boundary in enumerate(dict.fromkeys(re.findall(rb"={15}\d+==", found))):
        found = found.replace(boundary, b"boundary %d" % number)
    return found


@given(st.lists(st.tuples(LINE, TEXT, st.binary(max_size=200), LINE), max_size=4))
def test_the_bytes_are_the_same(mails):
    policy = remembering(email.policy.SMTP)
    for mail in [*mails, *mails]:  # the second time from memory
        with_memory = built(policy, Flattener, *mail)
        assert with_memory == built(email.policy.SMTP, BytesGenerator, *mail)


def test_line_ends():
    text = "one\rtwo\r\nthree\n\n\r\r\n.\nfour"
    for end in ("", "\r", "\n", "\r\n"):
        written, expected = BytesIO(), BytesIO()
        for generator, content in ((Flattener, written), (BytesGenerator, expected)):
            message = EmailMessage(policy=email.policy.SMTP)
            message.set_payload(text + end)
            generator(content).flatten(message, linesep="\r\n")
        assert written.getvalue() == expected.getvalue()


def test_a_line_end_in_a_header_is_refused_each_time():
    policy = remembering(email.policy.SMTP)
    for _time in range(2):
        message = EmailMessage(policy=policy)
        with pytest.raises(ValueError, match="linefeed"):
            message["Subject"] = "one\r\nBcc: spy@example.org"


def test_what_is_remembered_has_an_end(monkeypatch):
    monkeypatch.setattr(message_memory, "MOST_HEADERS", 10)
    monkeypatch.setattr(message_memory, "MOST_BYTES", 1000)
    policy = remembering(email.policy.SMTP)
    for number in range(50):
        mail = (f"Subject {number}", "Hello", b"%d" % number * 100, "plan.pdf")
        expected = built(email.policy.SMTP, BytesGenerator, *mail)
        assert built(policy, Flattener, *mail) == expected
        assert len(policy.parsed) <= 10
        assert len(policy.folded) <= 10
        assert policy.content_manager.size <= 1000


def test_a_boundary_is_in_no_content(monkeypatch):
    numbers = iter([7, 7, 8])
    monkeypatch.setattr("random.randrange", lambda _most: next(numbers))
    taken = BytesGenerator._make_boundary()
    boundary = Flattener._make_boundary(b"--" + taken.encode() + b"\n")
    assert boundary != taken
