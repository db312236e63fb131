"""The stand-in relay's line: pipelining, chunks, delays, limits."""

import smtplib
import time
from contextlib import ExitStack

import pytest
from mail_mailjet.tests.standins import (
    HANG_UP,
    REFUSE,
    SmtpStandin,
    Store,
    TestAuthority,
)

KEY, SECRET = "key-of-the-account", "hush-hush-secret"
AUTHORITY = TestAuthority()
CERTIFICATE = AUTHORITY.issue("localhost")
CONTENT = b"Subject: Hello\r\n\r\nWorld\r\n"
ENVELOPE = b"MAIL FROM:<from@example.com>\r\nRCPT TO:<to%d@example.org>\r\n"


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def relay(store):
    with SmtpStandin(store, CERTIFICATE) as relay:
        yield relay


def connect(relay):
    context = AUTHORITY.client_context()
    return smtplib.SMTP_SSL("localhost", relay.tls_port, timeout=5, context=context)


@pytest.fixture
def client(relay):
    with connect(relay) as client:
        client.login(KEY, SECRET)
        yield client


def codes(client, count):
    return [client.getreply()[0] for _ in range(count)]


def timed(act):
    began = time.monotonic()
    act()
    return time.monotonic() - began


# -- Pipelining ----------------------------------------------------------------------


def test_what_comes_in_one_segment_is_answered_in_one(client):
    client.sock.sendall(ENVELOPE % 1 + b"DATA\r\n")
    answer = client.sock.recv(1000)  # one record of TLS
    assert [line[:3] for line in answer.splitlines()] == [b"250", b"250", b"354"]


def test_a_content_and_the_next_envelope_in_one_write(client, store):
    client.send(ENVELOPE % 1 + b"DATA\r\n")
    assert codes(client, 3) == [250, 250, 354]
    client.send(CONTENT + b".\r\n" + ENVELOPE % 2 + b"DATA\r\n")
    assert codes(client, 4) == [250, 250, 250, 354]
    client.send(b"..dots\r\n.\r\nQUIT\r\n")
    assert codes(client, 2) == [250, 221]
    assert [m.content for m in store.messages] == [CONTENT, b".dots\r\n"]
    assert [m.rcpt_tos for m in store.messages] == [
        ("to1@example.org",),
        ("to2@example.org",),
    ]


def test_a_byte_at_a_time(client, store):
    for byte in ENVELOPE % 1 + b"DATA\r\n":
        client.send(bytes([byte]))
    assert codes(client, 3) == [250, 250, 354]
    for byte in CONTENT + b".\r\n":
        client.send(bytes([byte]))
    assert codes(client, 1) == [250]
    assert store.messages[0].content == CONTENT


def test_no_content_where_no_recipient_was_accepted(relay, client, store):
    relay.faults.add("RCPT", "550 5.1.1 User unknown")
    client.send(ENVELOPE % 1 + b"DATA\r\n")
    assert codes(client, 3) == [250, 550, 554]
    client.send(b"RSET\r\n" + ENVELOPE % 2 + b"DATA\r\n")
    assert codes(client, 4) == [250, 250, 250, 354]
    client.send(CONTENT + b".\r\n")
    assert codes(client, 1) == [250]
    assert store.messages[0].rcpt_tos == ("to2@example.org",)


def test_what_is_said_behind_starttls_is_dropped(relay):
    """RFC 3207 section 6: it may have come from somebody in between."""
    with smtplib.SMTP("localhost", relay.starttls_port, timeout=5) as client:
        client.ehlo()
        client.send(b"STARTTLS\r\nNOOP\r\n")
        assert client.getreply()[0] == 220
        context = AUTHORITY.client_context()
        client.sock = context.wrap_socket(client.sock, server_hostname="localhost")
        client.file = None
        assert client.ehlo()[0] == 250
        assert client.noop()[0] == 250
    assert relay.connections[0].commands.count("NOOP") == 1


# -- Addresses -----------------------------------------------------------------------


def test_a_non_ascii_address_needs_smtputf8(client, store):
    client.send("MAIL FROM:<é@example.com>\r\n".encode())
    assert client.getreply()[0] == 553
    client.mail("from@example.com")
    client.send("RCPT TO:<ü@bücher.example>\r\n".encode())
    assert client.getreply()[0] == 553
    client.rset()
    options = ["SMTPUTF8", "BODY=8BITMIME"]
    client.sendmail("é@example.com", ["ü@bücher.example"], CONTENT, options)
    assert store.messages[0].rcpt_tos == ("ü@bücher.example",)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("MAIL from@example.com", 501),
        ("MAIL FROM:<from@example.com> BODY=BINARYMIME", 555),
        ("MAIL FROM:<from@example.com> RET=HDRS", 555),
        ("RCPT TO:<to@example.org>", 503),
        ("DATA", 503),
        ("NONSENSE", 500),
        ("VRFY someone", 252),
        ("BDAT some", 501),
    ],
)
def test_odd_commands(client, line, code):
    assert client.docmd(line)[0] == code


# -- Chunks --------------------------------------------------------------------------


def test_chunks(client, store):
    parts = [b"Subject: chunks\r\n\r\n", b".\r\nno dots are do", b"ubled\r\n"]
    client.send(ENVELOPE % 1)
    for part in parts[:-1]:
        client.send(b"BDAT %d\r\n" % len(part) + part)
    client.send(b"BDAT %d LAST\r\n" % len(parts[-1]) + parts[-1])
    client.send(ENVELOPE % 2 + b"BDAT %d LAST\r\n" % len(CONTENT) + CONTENT)
    assert codes(client, 8) == [250] * 8
    assert [m.content for m in store.messages] == [b"".join(parts), CONTENT]


def test_an_empty_last_chunk(client, store):
    client.send(ENVELOPE % 1 + b"BDAT %d\r\n" % len(CONTENT) + CONTENT)
    client.send(b"BDAT 0 LAST\r\n")
    assert codes(client, 4) == [250] * 4
    assert store.messages[0].content == CONTENT


def test_a_chunk_is_read_even_if_it_is_refused(relay, client, store):
    client.send(b"BDAT 6\r\nNOOP\r\nRSET\r\n")
    assert codes(client, 2) == [503, 250]
    relay.faults.add("BDAT", "452 4.3.1 Full")
    client.send(ENVELOPE % 1 + b"BDAT 4\r\nabcdBDAT 4 LAST\r\nefghDATA\r\nRSET\r\n")
    assert codes(client, 6) == [250, 250, 452, 503, 503, 250]
    assert store.messages == []


def test_without_chunking(store):
    with SmtpStandin(store, CERTIFICATE, chunking=False) as relay:
        with connect(relay) as client:
            client.ehlo()
            assert not client.has_extn("chunking") and client.has_extn("pipelining")
            client.login(KEY, SECRET)
            assert client.docmd("BDAT 0 LAST")[0] == 500
        relay.options.change(chunking=True)
        with connect(relay) as client:
            client.ehlo()
            assert client.has_extn("chunking")


# -- Delays --------------------------------------------------------------------------


def test_a_round_trip_for_each_segment(relay, client):
    relay.options.delay = 0.1

    def one_by_one():
        for _ in range(3):
            client.noop()

    def together():
        client.send(b"NOOP\r\n" * 3)
        assert codes(client, 3) == [250] * 3

    assert 0.3 <= timed(one_by_one) < 0.45
    assert 0.1 <= timed(together) < 0.2


def test_segments_travel_side_by_side(relay, client):
    relay.options.delay = 0.2

    def send():
        for _ in range(4):
            client.send(b"NOOP\r\n")
            time.sleep(0.02)
        assert codes(client, 4) == [250] * 4

    assert 0.2 <= timed(send) < 0.4


def test_pipelining_does_not_shorten_what_the_server_takes(relay, client):
    relay.options.command_delay = 0.05

    def together():
        client.send(b"NOOP\r\n" * 4)
        assert codes(client, 4) == [250] * 4

    assert 0.2 <= timed(together) < 0.35


def test_connecting_takes_its_round_trips(relay):
    relay.options.delay = 0.05
    assert 0.15 <= timed(lambda: connect(relay).close()) < 0.3


def test_a_shorter_delay_lets_no_reply_overtake_another(relay, client):
    relay.options.delay = 0.2
    client.send(b"NOOP\r\n")
    time.sleep(0.05)
    relay.options.delay = 0.0
    client.send(b"VRFY you\r\n")
    assert codes(client, 2) == [250, 252]


# -- Limits --------------------------------------------------------------------------


def test_too_many_messages_on_a_connection(relay, client, store):
    relay.options.max_messages = 2
    for _ in range(2):
        client.sendmail("from@example.com", ["to@example.org"], CONTENT)
    code, text = client.mail("from@example.com")
    assert code == 421 and b"too many messages on this connection" in text
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    with connect(relay) as other:
        other.login(KEY, SECRET)
        other.sendmail("from@example.com", ["to@example.org"], CONTENT)
    assert len(store.messages) == 3


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        ("421 4.7.0 Too many", smtplib.SMTPConnectError),
        (HANG_UP, smtplib.SMTPServerDisconnected),
        (REFUSE, ConnectionRefusedError),
    ],
)
def test_too_many_sessions(relay, greeting, error):
    relay.options.change(max_sessions=2, too_many_sessions=greeting)
    with ExitStack() as stack:
        first, _second = (stack.enter_context(connect(relay)) for _ in range(2))
        for _ in range(2):
            with pytest.raises(error):
                connect(relay)
        first.quit()
        deadline = time.monotonic() + 5
        while True:
            try:
                stack.enter_context(connect(relay))
                break
            except error:
                assert time.monotonic() < deadline
        with pytest.raises(error):
            connect(relay)


def test_there_is_no_such_option(store, relay):
    with pytest.raises(TypeError):
        SmtpStandin(store, CERTIFICATE, speed=1)
    with pytest.raises(ValueError, match="no reply"):
        relay.options.change(too_many_sessions="go away")
