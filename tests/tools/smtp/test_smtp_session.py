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
from mail_mailjet.tools.smtp import pipeline
from mail_mailjet.tools.smtp.cause import Cause
from mail_mailjet.tools.smtp.diagnosis import diagnose
from mail_mailjet.tools.smtp.pipeline import Fate
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
    """Send a mail whose CustomID is its number in the session."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = ", ".join(recipients)
    message["Subject"] = "Hello"
    message["X-MJ-CustomID"] = str(len(session.outcome.deliveries))
    message.set_content("World")
    return session.send_message(message, SENDER, recipients)


def refused(session, *recipients):
    """Send a mail that is not taken; return what was raised, and why."""
    session.outcome.begin()
    with pytest.raises(RefusedError) as caught:
        send(session, *(recipients or ["a@example.org"]))
    [delivery] = session.outcome.deliveries.values()
    [*errors] = delivery.errors.values()
    return caught.value, diagnose(errors[0])


def fates(session):
    """Return the fates of all recipients since `begin`."""
    found = {}
    for delivery in session.outcome.deliveries.values():
        found.update(delivery.fates)
    return found


def arrived(store):
    return [address for message in store.messages for address in message.rcpt_tos]


# -- Mails that are taken ------------------------------------------------------------


def test_each_recipient_of_a_mail_that_was_taken_counts(session, store):
    send(session, "a@example.org")
    send(session, "b@example.org", "c@example.org")
    assert set(fates(session).values()) == {Fate.ACCEPTED}
    assert session.outcome.refusal is None and session.is_open
    assert arrived(store) == ["a@example.org", "b@example.org", "c@example.org"]


def test_a_recipient_who_was_refused_does_not_count(session, relay, store):
    relay.faults.add("RCPT", "550 5.1.1 User unknown", after=1)
    send(session, "a@example.org", "b@example.org", "c@example.org")
    [delivery] = session.outcome.deliveries.values()
    assert delivery.fates["b@example.org"] is Fate.REFUSED
    error = delivery.errors.pop("b@example.org")
    assert error.recipients == {"b@example.org": (550, b"5.1.1 User unknown")}
    assert not delivery.errors
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
    error, refusal = refused(session)
    assert (refusal.cause, refusal.can_retry) == (cause, can_retry)
    assert refusal.detail == reply
    assert str(error) == f"{refusal.title}: {reply}"
    assert fates(session) == {"a@example.org": Fate.REFUSED}
    assert session.is_open and not store.messages
    session.outcome.begin()
    send(session, "b@example.org")
    assert fates(session) == {"b@example.org": Fate.ACCEPTED}
    assert arrived(store) == ["b@example.org"]


def test_others_are_tried_before_anything_is_raised(session, relay, store):
    relay.faults.add("MAIL", "550 5.7.1 Sender address not allowed")
    session.outcome.left = 2
    send(session, "a@example.org")
    send(session, "b@example.org")
    assert fates(session) == {
        "a@example.org": Fate.REFUSED,
        "b@example.org": Fate.ACCEPTED,
    }


def test_a_break_after_a_refusal_takes_nothing_back(session, relay):
    relay.faults.add("DATA", "451 4.3.0 Local error")
    relay.faults.add("RSET", HANG_UP)
    _error, refusal = refused(session)
    assert refusal.detail == "451 4.3.0 Local error"
    assert fates(session) == {"a@example.org": Fate.REFUSED} and not session.is_open


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "CONTENT"])
def test_after_a_421_nothing_more_can_be_sent(session, relay, store, verb):
    relay.faults.add(verb, "421 4.3.2 Service shutting down")
    _error, refusal = refused(session)
    assert refusal.detail == "421 4.3.2 Service shutting down"
    assert refusal.can_retry
    assert Fate.UNCERTAIN not in fates(session).values(), "it was an answer"
    assert not session.is_open and not store.messages


def test_a_421_ends_it_even_if_the_server_stays():
    with scripted_session({"DATA": "421 4.3.2 Later"}) as session:
        refused(session)
        assert not session.is_open
        assert fates(session) == {"a@example.org": Fate.NOT_BEGUN}


def test_what_the_server_repeats_of_the_login_is_not_shown(session, relay):
    relay.faults.add("MAIL", f"550 5.7.1 Key {KEY} with {SECRET} may not do that")
    error, _refusal = refused(session)
    assert error.__context__ is None and error.__cause__ is None
    found = traceback.TracebackException.from_exception(error)
    shown = "".join(found.format())
    assert KEY not in shown and SECRET not in shown
    assert "may not do that" in str(error) and "may not do that" in shown


# -- Connections that break ----------------------------------------------------------


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "BODY"])
def test_a_break_before_the_content_ends_is_certain(session, relay, store, verb):
    relay.faults.add(verb, HANG_UP)
    _error, refusal = refused(session)
    assert refusal.cause is Cause.DISCONNECTED and refusal.can_retry
    assert not session.is_open and not store.messages
    if verb != "BODY":  # a small content is one write, so nobody knows how far it came
        assert fates(session) == {"a@example.org": Fate.NOT_BEGUN}


@pytest.mark.parametrize(("action", "taken"), [(HANG_UP, 0), (LOSE_ANSWER, 1)])
def test_a_break_after_the_content_leaves_it_open(session, relay, store, action, taken):
    """Both look the same from here, whether the mail was taken or not."""
    relay.faults.add("CONTENT", action)
    _error, refusal = refused(session)
    assert refusal.cause is Cause.DISCONNECTED
    assert fates(session) == {"a@example.org": Fate.UNCERTAIN}
    assert not session.is_open
    assert len(store.messages) == taken


def test_an_answer_that_cannot_be_read_leaves_it_open():
    endless = b"250 " + b"x" * 9000 + b"\r\n"
    script = {"CONTENT": lambda peer: peer.send(endless)}
    with scripted_session(script) as session:
        refused(session)
        assert fates(session) == {"a@example.org": Fate.UNCERTAIN}
        assert not session.is_open


def test_a_break_in_a_later_mail_says_nothing_of_that_one(session, relay, store):
    """The mail before had come as far as its content, and was taken."""
    relay.faults.add("MAIL", HANG_UP, after=1)
    send(session, "a@example.org")
    refused(session, "b@example.org")
    assert fates(session) == {"b@example.org": Fate.NOT_BEGUN}
    refused(session, "c@example.org")
    assert fates(session) == {"c@example.org": Fate.NOT_BEGUN}, "the line is closed"
    assert arrived(store) == ["a@example.org"]


def test_an_answer_that_does_not_come_leaves_it_open(session, store, monkeypatch):
    """The relay is still busy with the mail when the client has had enough."""
    is_over = threading.Event()
    store.subscribe(lambda message: is_over.wait(10))
    monkeypatch.setattr(pipeline, "REPLY_SECONDS", 0.3)
    _error, refusal = refused(session)
    assert not store.messages
    is_over.set()
    assert refusal.cause is Cause.TOO_SLOW
    assert fates(session) == {"a@example.org": Fate.UNCERTAIN} and not session.is_open
    assert store.wait_for(1), "it was taken after all"
