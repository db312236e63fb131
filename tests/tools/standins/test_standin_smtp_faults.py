"""What the stand-in relay refuses on demand, met with smtplib."""

import smtplib

import pytest
from mail_mailjet.tests.standins import (
    HANG_UP,
    LOSE_ANSWER,
    SmtpStandin,
    Store,
    TestAuthority,
)
from mail_mailjet.tests.standins.smtp_faults import VERBS

KEY, SECRET = "key-of-the-account", "hush-hush-secret"
AUTHORITY = TestAuthority()
CERTIFICATE = AUTHORITY.issue("localhost")
CONTENT = b"Subject: Hello\r\n\r\nWorld\r\n"


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def relay(store):
    with SmtpStandin(store, CERTIFICATE) as relay:
        yield relay


@pytest.fixture
def client(relay):
    context = AUTHORITY.client_context()
    client = smtplib.SMTP_SSL("localhost", relay.tls_port, timeout=5, context=context)
    yield client
    client.close()


def finish_content(client):
    client.send(CONTENT + b".\r\n")
    return client.getreply()


TRANSACTION = {
    "MAIL": lambda client: client.mail("from@example.com"),
    "RCPT": lambda client: client.rcpt("to@example.org"),
    "DATA": lambda client: client.docmd("DATA"),
    "CONTENT": finish_content,
    "RSET": lambda client: client.rset(),
}


def say(client, verb):
    """Lead a conversation as far as a verb; return the reply to that."""
    client.ehlo()
    if verb == "AUTH":
        return client.docmd("AUTH", "PLAIN")
    client.login(KEY, SECRET)
    for name, step in TRANSACTION.items():
        reply = step(client)
        if name == verb:
            break
    return reply


def send(client, *recipients):
    recipients = recipients or ["to@example.org"]
    return client.sendmail("from@example.com", recipients, CONTENT)


@pytest.mark.parametrize("verb", VERBS)
def test_a_reply_of_ones_own(relay, store, client, verb):
    relay.faults.add(verb, "450 4.9.9 As you like it")
    assert say(client, verb) == (450, b"4.9.9 As you like it")
    assert len(store.messages) == (1 if verb == "RSET" else 0)
    store.clear_messages()
    if verb == "AUTH":
        client.login(KEY, SECRET)
    assert client.rset()[0] == 250
    assert send(client) == {} and len(store.messages) == 1, "only once"


@pytest.mark.parametrize("verb", VERBS)
def test_a_421_closes_the_connection(relay, store, client, verb):
    relay.faults.add(verb, "421 4.3.2 Shutting down")
    assert say(client, verb) == (421, b"4.3.2 Shutting down")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    assert len(store.messages) == (1 if verb == "RSET" else 0)


@pytest.mark.parametrize("verb", VERBS)
def test_hanging_up(relay, store, client, verb):
    relay.faults.add(verb, HANG_UP)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        say(client, verb)
    assert len(store.messages) == (1 if verb == "RSET" else 0)


def test_the_answer_to_a_mail_is_lost(relay, store, client):
    relay.faults.add("CONTENT", LOSE_ANSWER)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        say(client, "CONTENT")
    [message] = store.messages
    assert message.content == CONTENT


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "CONTENT"])
def test_there_is_no_other_answer_to_lose(relay, verb):
    with pytest.raises(ValueError, match="CONTENT"):
        relay.faults.add(verb, LOSE_ANSWER)


def test_a_verb_it_does_not_know(relay):
    with pytest.raises(ValueError, match="none of"):
        relay.faults.add("QUIT", "221 Bye")


def test_how_often_and_after_how_many(relay, client):
    relay.faults.add("RCPT", "550 no", times=2, after=1)
    client.login(KEY, SECRET)
    refused = send(client, *(f"{letter}@example.org" for letter in "abcde"))
    assert list(refused) == ["b@example.org", "c@example.org"]


def test_for_ever_until_it_is_cleared(relay, client):
    relay.faults.add("MAIL", "450 no", times=None)
    client.login(KEY, SECRET)
    assert {client.mail("from@example.com")[0] for _ in range(5)} == {450}
    relay.faults.clear()
    assert send(client) == {}


def test_one_after_the_other(relay, client):
    relay.faults.add("RCPT", "551 first")
    relay.faults.add("DATA", "554 of its own")
    relay.faults.add("RCPT", "552 second")
    client.login(KEY, SECRET)
    client.mail("from@example.com")
    assert [client.rcpt("to@example.org")[0] for _ in range(3)] == [551, 552, 250]
    assert client.docmd("DATA")[0] == 554


def test_all_connections_share_them(relay, client):
    relay.faults.add("MAIL", "451 no")
    client.login(KEY, SECRET)
    with smtplib.SMTP_SSL(
        "localhost", relay.tls_port, timeout=5, context=AUTHORITY.client_context()
    ) as other:
        other.login(KEY, SECRET)
        assert other.mail("from@example.com")[0] == 451
    assert client.mail("from@example.com")[0] == 250
