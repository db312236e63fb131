"""What the stand-in relay refuses on demand, met with smtplib."""

import smtplib

import pytest
from mail_mailjet.tests.standins import (
    HANG_UP,
    HANG_UP_AFTER,
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


# -- Where it hangs up -----------------------------------------------------------


def connect(relay):
    context = AUTHORITY.client_context()
    return smtplib.SMTP_SSL("localhost", relay.tls_port, timeout=5, context=context)


def test_no_greeting(relay):
    relay.faults.add("CONNECT", HANG_UP)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connect(relay)
    relay.faults.add("CONNECT", "421 4.3.2 Come back later")
    with pytest.raises(smtplib.SMTPConnectError):
        connect(relay)
    connect(relay).quit()


def test_no_answer_to_ehlo(relay, client):
    relay.faults.add("EHLO", HANG_UP)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.ehlo()


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("454 4.7.0 TLS not available", smtplib.SMTPResponseException),
        (HANG_UP, smtplib.SMTPServerDisconnected),
        (HANG_UP_AFTER, OSError),
    ],
)
def test_starttls_fails(relay, action, error):
    relay.faults.add("STARTTLS", action)
    with smtplib.SMTP("localhost", relay.starttls_port, timeout=5) as client:
        with pytest.raises(error):
            client.starttls(context=AUTHORITY.client_context())
    assert relay.connections[0].security == "none"


@pytest.mark.parametrize("verb", VERBS)
def test_hanging_up_after_the_answer(relay, store, client, verb):
    relay.faults.add(verb, HANG_UP_AFTER)
    if verb == "AUTH":
        client.login(KEY, SECRET)
    else:
        assert 200 <= say(client, verb)[0] < 400
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    assert len(store.messages) == (1 if verb in ("CONTENT", "RSET") else 0)
    connect(relay).quit()


def test_hanging_up_in_the_middle_of_a_mail(relay, store, client):
    relay.faults.add("BODY", HANG_UP)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        say(client, "CONTENT")
    assert store.messages == []
    assert relay.connections[0].content_received


def test_hanging_up_in_the_middle_of_a_chunk(relay, store, client):
    relay.faults.add("BODY", HANG_UP, after=1)
    client.login(KEY, SECRET)
    chunk = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 4 LAST\r\nab\r\n"
    client.send(chunk)
    assert [client.getreply()[0] for _ in range(3)] == [250] * 3
    client.send(chunk)
    assert [client.getreply()[0] for _ in range(2)] == [250] * 2
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.getreply()
    assert len(store.messages) == 1


def test_a_reply_that_was_on_its_way_arrives(relay, client):
    """The second RCPT of one segment kills the connection, the first is answered."""
    client.login(KEY, SECRET)
    relay.options.delay = 0.05
    relay.faults.add("RCPT", HANG_UP, position=2)
    client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n")
    client.send("RCPT TO:<e@f.example>\r\nDATA\r\n")
    assert [client.getreply()[0] for _ in range(2)] == [250, 250]
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.getreply()


# -- Whom and how often ----------------------------------------------------------

QUOTA = "550 5.4.5 Daily user sending quota exceeded"


def test_a_reply_for_a_recipient(relay, store, client):
    relay.faults.add("RCPT", "450 4.2.1 Later", address="B@example.org", times=None)
    relay.faults.add("RCPT", QUOTA, address="c@example.org")
    client.login(KEY, SECRET)
    four = [f"{letter}@example.org" for letter in "abcd"]
    assert send(client, *four) == {
        "b@example.org": (450, b"4.2.1 Later"),
        "c@example.org": (550, QUOTA[4:].encode()),
    }
    assert list(send(client, *four)) == ["b@example.org"]
    assert store.messages[0].rcpt_tos == ("a@example.org", "d@example.org")


def test_a_reply_to_a_mail_for_a_recipient(relay, store, client):
    relay.faults.add("CONTENT", "554 5.6.0 Invalid header", address="b@example.org")
    client.login(KEY, SECRET)
    assert send(client, "a@example.org") == {}
    with pytest.raises(smtplib.SMTPDataError):
        send(client, "a@example.org", "b@example.org", "c@example.org")
    assert send(client, "b@example.org") == {}
    assert len(store.messages) == 2


def test_a_recipient_by_position(relay, client):
    relay.faults.add("RCPT", "550 5.1.1 Second", position=2)
    relay.faults.add("RCPT", "452 4.5.3 Too many", from_position=51, times=None)
    client.login(KEY, SECRET)
    for expected in ([2, 51, 52], [51, 52]):
        refused = send(client, *(f"a{n}@example.org" for n in range(1, 53)))
        assert list(refused) == [f"a{n}@example.org" for n in expected]


def test_at_random_but_the_same_for_the_same_seed(relay, client):
    client.login(KEY, SECRET)
    runs = []
    for seed in (1, 1, 2):
        relay.faults.clear()
        relay.faults.seed(seed)
        relay.faults.add("RCPT", "450 no", times=None, chance=0.5)
        runs.append(list(send(client, *(f"a{n}@example.org" for n in range(64)))))
    assert runs[0] == runs[1] != runs[2]
    assert 16 < len(runs[0]) < 48


def test_a_key_that_is_switched_off(relay, store, client):
    store.set_active(KEY, False)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
        client.login(KEY, SECRET)
    assert refusal.value.smtp_code == 535
    store.set_active(KEY, True)
    assert client.login(KEY, SECRET)[0] == 235


@pytest.mark.parametrize(
    ("verb", "action", "options"),
    [
        ("MAIL", "no", {}),
        ("MAIL", "250 two\r\n250 lines", {}),
        ("BODY", "554 no", {}),
        ("MAIL", "450 no", {"position": 1}),
        ("DATA", "450 no", {"from_position": 1}),
    ],
)
def test_faults_that_make_no_sense(relay, verb, action, options):
    with pytest.raises(ValueError):
        relay.faults.add(verb, action, **options)
