"""What became of each mail, learned from real conversations with the stand-in relay."""

import smtplib
import threading
import traceback
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from mail_mailjet.tests.standins import (
    HANG_UP,
    LOSE_ANSWER,
    SmtpStandin,
    Store,
    TestAuthority,
)
from mail_mailjet.tests.standins.scripted_smtp import ScriptedSmtp
from mail_mailjet.tools.smtp.cause import Cause
from mail_mailjet.tools.smtp.diagnosis import diagnose
from mail_mailjet.tools.smtp.session import Outcome, RefusedError, Session

KEY, SECRET = "key-of-the-account", "hush-hush-secret"
SENDER = "info@example.com"
AUTHORITY = TestAuthority()
CERTIFICATE = AUTHORITY.issue("localhost")


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def relay(store):
    with SmtpStandin(store, CERTIFICATE) as relay:
        yield relay


@pytest.fixture(params=["starttls", "tls"])
def connection(relay, request):
    """A connection of smtplib's as Odoo hands it over: with TLS, and logged in."""
    context = AUTHORITY.client_context()
    if request.param == "tls":
        client = smtplib.SMTP_SSL("localhost", relay.tls_port, context=context)
    else:
        client = smtplib.SMTP("localhost", relay.starttls_port)
        client.starttls(context=context)
    client.login(KEY, SECRET)
    yield client
    client.close()


@pytest.fixture
def session(connection):
    def masked_diagnosis(error):
        return diagnose(error, secrets=(SECRET, KEY), user=KEY)

    return Session(connection, masked_diagnosis, Outcome())


@contextmanager
def scripted_session(script):
    """A session with a server that does what the script says, and never hangs up."""
    with ScriptedSmtp(script, CERTIFICATE, implicit=True) as server:
        context = AUTHORITY.client_context()
        with smtplib.SMTP_SSL("localhost", server.port, context=context) as client:
            yield Session(client, diagnose, Outcome())


def send(session, *recipients):
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = ", ".join(recipients)
    message["Subject"] = "Hello"
    message.set_content("World")
    return session.send_message(message, SENDER, recipients)


def refused(session, *recipients):
    """Send a mail that is not taken; return what was raised."""
    with pytest.raises(RefusedError) as caught:
        send(session, *(recipients or ["a@example.org"]))
    return caught.value


def arrived(store):
    return [address for message in store.messages for address in message.rcpt_tos]


# -- Mails that are taken ------------------------------------------------------------


def test_each_recipient_of_a_mail_that_was_taken_counts(session, store):
    assert send(session, "a@example.org") == {}
    assert send(session, "b@example.org", "c@example.org") == {}
    assert session.outcome.sent == 3
    assert session.outcome.refusal is None
    assert not session.outcome.is_uncertain and session.is_open
    assert arrived(store) == ["a@example.org", "b@example.org", "c@example.org"]


def test_a_recipient_who_was_refused_does_not_count(session, relay, store):
    relay.faults.add("RCPT", "550 5.1.1 User unknown", after=1)
    found = send(session, "a@example.org", "b@example.org", "c@example.org")
    assert found == {"b@example.org": (550, b"5.1.1 User unknown")}
    assert session.outcome.sent == 2 and session.outcome.refusal is None
    assert arrived(store) == ["a@example.org", "c@example.org"]


def test_all_else_is_the_connections(session, connection):
    assert session.noop() == (250, b"2.0.0 Ok")
    assert session.esmtp_features is connection.esmtp_features
    assert session.sock is connection.sock
    with pytest.raises(AttributeError):
        _ = session.nothing_of_that_name
    session.quit()
    assert not session.is_open


# -- Mails that are refused ----------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "reply", "cause", "can_retry"),
    [
        ("MAIL", "550 5.7.1 Sender address not allowed", Cause.SENDER, False),
        ("RCPT", "550 5.1.1 User unknown", Cause.RECIPIENT, False),
        ("RCPT", "450 4.2.1 Not now", Cause.TEMPORARY, True),
        ("DATA", "451 4.3.0 Local error", Cause.TEMPORARY, True),
        ("CONTENT", "552 5.3.4 Message too big", Cause.TOO_LARGE, False),
        ("CONTENT", "451 4.7.1 Greylisted", Cause.GREYLISTED, True),
    ],
)
def test_a_refusal_is_certain_and_the_next_mail_goes(
    session, relay, store, verb, reply, cause, can_retry
):
    relay.faults.add(verb, reply)
    error = refused(session)
    refusal = session.outcome.refusal
    assert (refusal.cause, refusal.can_retry) == (cause, can_retry)
    assert refusal.detail == reply
    assert str(error) == f"{refusal.title}: {reply}"
    assert not session.outcome.is_uncertain and not session.outcome.is_connection
    assert session.is_open and session.outcome.sent == 0 and not store.messages
    send(session, "b@example.org")
    assert session.outcome.refusal is None and session.outcome.sent == 1
    assert arrived(store) == ["b@example.org"]


def test_a_break_after_a_refusal_takes_nothing_back(session, relay):
    relay.faults.add("DATA", "451 4.3.0 Local error")
    relay.faults.add("RSET", HANG_UP)
    refused(session)
    assert session.outcome.refusal.detail == "451 4.3.0 Local error"
    assert not session.outcome.is_uncertain and not session.is_open


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "CONTENT"])
def test_after_a_421_nothing_more_can_be_sent(session, relay, store, verb):
    relay.faults.add(verb, "421 4.3.2 Service shutting down")
    refused(session)
    assert session.outcome.refusal.detail == "421 4.3.2 Service shutting down"
    assert session.outcome.refusal.can_retry
    assert not session.outcome.is_uncertain, "it was an answer"
    assert not session.is_open and not store.messages


def test_a_421_ends_it_even_if_the_server_stays():
    with scripted_session({"DATA": "421 4.3.2 Later"}) as session:
        refused(session)
        assert not session.is_open and not session.outcome.is_uncertain


def test_what_the_server_repeats_of_the_login_is_not_shown(session, relay):
    relay.faults.add("MAIL", f"550 5.7.1 Key {KEY} with {SECRET} may not do that")
    error = refused(session)
    assert error.__context__ is None and error.__cause__ is None
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(found.format()) + repr(session.outcome)
    assert KEY not in shown and SECRET not in shown
    assert "may not do that" in str(error) and "may not do that" in shown


# -- Connections that break ----------------------------------------------------------


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_break_before_the_content_is_certain(session, relay, store, verb):
    relay.faults.add(verb, HANG_UP)
    refused(session)
    assert session.outcome.refusal.cause is Cause.DISCONNECTED
    assert session.outcome.refusal.can_retry
    assert not session.outcome.is_uncertain
    assert not session.is_open and not store.messages


@pytest.mark.parametrize(("action", "taken"), [(HANG_UP, 0), (LOSE_ANSWER, 1)])
def test_a_break_after_the_content_leaves_it_open(session, relay, store, action, taken):
    """Both look the same from here, whether the mail was taken or not."""
    relay.faults.add("CONTENT", action)
    refused(session)
    assert session.outcome.refusal.cause is Cause.DISCONNECTED
    assert session.outcome.is_uncertain and not session.is_open
    assert session.outcome.sent == 0
    assert len(store.messages) == taken


def test_an_answer_that_cannot_be_read_leaves_it_open():
    endless = b"250 " + b"x" * 9000 + b"\r\n"
    script = {"CONTENT": lambda peer: peer.send(endless)}
    with scripted_session(script) as session:
        refused(session)
        assert session.outcome.is_uncertain and not session.is_open


def test_a_break_in_a_later_mail_says_nothing_of_that_one(session, relay, store):
    """The mail before had come as far as its content, and was taken."""
    relay.faults.add("MAIL", HANG_UP, after=1)
    send(session, "a@example.org")
    refused(session, "b@example.org")
    assert not session.outcome.is_uncertain and session.outcome.sent == 1
    refused(session, "c@example.org")
    assert not session.outcome.is_uncertain, "nothing can be sent on a closed line"
    assert arrived(store) == ["a@example.org"]


def test_an_answer_that_does_not_come_leaves_it_open(session, connection, store):
    """The relay is still busy with the mail when the client has had enough."""
    is_over = threading.Event()
    store.subscribe(lambda message: is_over.wait(10))
    getreply = session._read_reply

    def lose_patience_at_the_content():
        reply = getreply()
        connection.sock.settimeout(0.1 if reply[0] == 354 else 10)
        return reply

    session._read_reply = lose_patience_at_the_content
    refused(session)
    assert not store.messages
    is_over.set()
    assert session.outcome.refusal.cause is Cause.TOO_SLOW
    assert session.outcome.is_uncertain and not session.is_open
    assert store.wait_for(1), "it was taken after all"


def test_a_new_try_forgets_the_last_one(session, relay):
    outcome = session.outcome
    relay.faults.add("CONTENT", LOSE_ANSWER)
    refused(session)
    outcome.begin()
    assert outcome == Outcome()
    outcome.fail(diagnose(TimeoutError("timed out")), is_connection=True)
    assert outcome.is_connection and outcome.refusal.cause is Cause.NO_ANSWER
    outcome.begin()
    assert outcome == Outcome()
