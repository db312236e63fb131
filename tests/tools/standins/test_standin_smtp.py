"""The stand-in relay, met as its users meet it: smtplib, real sockets, real TLS."""

import base64
import gc
import hmac
import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from mail_mailjet.tests import standins
from mail_mailjet.tests.standins import SmtpStandin, Store, TestAuthority

KEY, SECRET = "key-of-the-account", "hush-hush-secret"
SENDER, RECIPIENT = "from@example.com", "to@example.com"
CONTENT = b"Subject: Hello\r\n\r\nWorld\r\n"
TIMEOUT = 5
AUTHORITY = TestAuthority()
CERTIFICATE = AUTHORITY.issue("localhost", "127.0.0.1")


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def relay(store):
    with SmtpStandin(store, CERTIFICATE) as relay:
        yield relay


def connect(relay, security="starttls", context=None):
    """A client on the port for `security`, its TLS on."""
    context = context or AUTHORITY.client_context()
    if security == "tls":
        return smtplib.SMTP_SSL(
            "127.0.0.1", relay.tls_port, timeout=TIMEOUT, context=context
        )
    client = smtplib.SMTP("127.0.0.1", relay.starttls_port, timeout=TIMEOUT)
    if security == "starttls":
        try:
            client.starttls(context=context)
        except Exception:
            client.close()
            raise
    client.ehlo()
    return client


def log_in(client, mechanism, user=KEY, password=SECRET, initial=True):
    client.user, client.password = user, password
    method = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
    return client.auth(mechanism, method, initial_response_ok=initial)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.005)


# -- the conversation ------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_mail_is_taken_and_stored(relay, store, security):
    with connect(relay, security) as client:
        client.login(KEY, SECRET)
        client.sendmail(SENDER, [RECIPIENT], CONTENT)
    [message] = store.messages
    [connection] = relay.connections
    assert message.api_key == KEY
    assert message.mail_from == SENDER
    assert message.rcpt_tos == (RECIPIENT,)
    assert message.content == CONTENT
    assert message.security == connection.security == security
    assert message.port == connection.port
    assert message.port == (
        relay.tls_port if security == "tls" else relay.starttls_port
    )
    assert message.auth_mechanism == "CRAM-MD5", "smtplib's first choice"
    assert message.received_at.tzinfo
    assert message.parsed()["Subject"] == "Hello"
    assert connection.authenticated and connection.content_received
    assert connection.commands[-5:] == ("AUTH", "MAIL", "RCPT", "DATA", "QUIT")


def test_mailjets_words(relay, store):
    with socket.create_connection(("127.0.0.1", relay.starttls_port), TIMEOUT) as sock:
        file = sock.makefile("rwb")

        def say(line):
            file.write(line.encode() + b"\r\n")
            file.flush()
            return file.readline().decode()

        assert file.readline() == b"220 in.mailjet.com ESMTP Mailjet\r\n"
        assert say("EHLO client") == "250-in.mailjet.com\r\n"
        extensions = [file.readline().decode() for _ in range(10)]
        assert extensions == [
            "250-PIPELINING\r\n",
            "250-SIZE 15728640\r\n",
            "250-VRFY\r\n",
            "250-ETRN\r\n",
            "250-STARTTLS\r\n",
            "250-AUTH PLAIN LOGIN DIGEST-MD5 CRAM-MD5\r\n",
            "250-ENHANCEDSTATUSCODES\r\n",
            "250-8BITMIME\r\n",
            "250-SMTPUTF8\r\n",
            "250 CHUNKING\r\n",
        ]
        assert (
            say(f"AUTH PLAIN {encoded(chr(0) + KEY + chr(0) + SECRET)}")[:4] == "235 "
        )
        assert say(f"MAIL FROM:<{SENDER}>") == "250 2.1.0 Ok\r\n"
        assert say(f"RCPT TO:<{RECIPIENT}>") == "250 2.1.5 Ok\r\n"
        assert say("DATA") == "354 End data with <CR><LF>.<CR><LF>\r\n"
        queued = say("Subject: Hello\r\n\r\nWorld\r\n.")
        assert queued == f"250 OK queued as {store.messages[0].queued_id}\r\n"
        assert re.fullmatch(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", store.messages[0].queued_id
        )
        assert say("QUIT") == "221 2.0.0 Bye\r\n"
        assert file.readline() == b"", "the server hangs up after QUIT"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_starttls_is_offered_in_clear_text_only(relay, security):
    with connect(relay, security) as client:
        client.ehlo()
        assert not client.has_extn("starttls")
        assert client.esmtp_features["auth"].split()[-1] == "CRAM-MD5"
        assert client.docmd("STARTTLS")[0] == 554
        assert client.noop()[0] == 250


def test_stripped_starttls(store):
    with SmtpStandin(store, CERTIFICATE, offer_starttls=False) as relay:
        with connect(relay, "none") as client:
            assert client.has_extn("auth")
            assert client.docmd("STARTTLS")[0] == 454
            with pytest.raises(smtplib.SMTPNotSupportedError):
                client.starttls(context=AUTHORITY.client_context())
        assert [c.security for c in relay.connections] == ["none"]
        connect(relay, "tls").quit()


def test_pipelined_commands_are_answered_in_order(relay, store):
    with connect(relay) as client:
        client.login(KEY, SECRET)
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n")
        assert [client.getreply()[0] for _ in range(3)] == [250, 250, 354]
        client.send(CONTENT + b".\r\n")
        assert client.getreply()[0] == 250
    assert store.messages[0].content == CONTENT


# -- login -----------------------------------------------------------------------


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_login(relay, store, mechanism, initial):
    with connect(relay) as client:
        assert log_in(client, mechanism, initial=initial)[0] == 235
        client.sendmail(SENDER, [RECIPIENT], CONTENT)
    assert store.messages[0].auth_mechanism == mechanism


WRONG_PAIR = (535, b"5.7.8 Error: authentication failed")


@pytest.mark.parametrize("pair", [(KEY, "wrong"), (KEY, ""), ("unknown", SECRET)])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_wrong_pair_is_refused_at_once(relay, mechanism, pair):
    with connect(relay) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            log_in(client, mechanism, *pair)
        assert refusal.value.args == WRONG_PAIR
        assert client.mail(SENDER)[0] == 530
        assert log_in(client, mechanism)[0] == 235, "a second try may still succeed"


@pytest.mark.parametrize("pair", ["\0", "ключ\0секрет", f"{KEY}\0{SECRET}\xff"])
def test_a_wrong_pair_of_odd_letters(relay, pair):
    """Spelled out, since smtplib's logins write ASCII only."""
    with connect(relay) as client:
        blob = base64.b64encode(b"\0" + pair.encode("utf-8")).decode()
        assert client.docmd("AUTH", f"PLAIN {blob}") == WRONG_PAIR
        blob = base64.b64encode(b"\0\xff\xfe\0\xff").decode()
        assert client.docmd("AUTH", f"PLAIN {blob}") == WRONG_PAIR


def test_smtplib_gives_up_after_all_mechanisms(relay, store):
    client = connect(relay)
    with client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(KEY, "wrong")
    [connection] = relay.connections
    assert connection.commands.count("AUTH") == 3
    assert not connection.authenticated and not connection.content_received
    assert store.messages == []


def test_an_answer_to_cram_md5_cannot_be_used_again(relay):
    with connect(relay) as client:
        _code, challenge = client.docmd("AUTH", "CRAM-MD5")
        digest = hmac.new(SECRET.encode(), base64.b64decode(challenge), "md5")
        answer = encoded(f"{KEY} {digest.hexdigest()}")
        assert client.docmd(answer)[0] == 235
    with connect(relay) as client:
        assert client.docmd("AUTH", "CRAM-MD5")[1] != challenge
        assert client.docmd(answer)[0] == 535


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (["AUTH DIGEST-MD5"], [504]),
        (["AUTH XOAUTH2"], [504]),
        (["AUTH"], [501]),
        (["AUTH LOGIN", "*"], [334, 501]),
        (["AUTH CRAM-MD5", "*"], [334, 501]),
        (["AUTH PLAIN", "no base64!"], [334, 501]),
        (["AUTH LOGIN", "no base64!"], [334, 501]),
        (["AUTH CRAM-MD5", encoded("nospace")], [334, 535]),
        (["AUTH PLAIN " + encoded("no zero bytes")], [501]),
        (["auth login " + encoded(KEY), encoded(SECRET)], [334, 235]),
    ],
)
def test_odd_logins_get_an_answer(relay, lines, codes):
    with connect(relay) as client:
        assert [client.docmd(line)[0] for line in lines] == codes
        assert client.noop()[0] == 250


def test_without_login_nothing_is_taken(relay, store):
    with connect(relay) as client:
        refused = (530, b"5.7.1 Authentication required")
        assert client.mail(SENDER) == refused
        assert client.rcpt(RECIPIENT) == refused
        assert client.docmd("DATA") == refused
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail(SENDER, [RECIPIENT], CONTENT)
    assert not relay.connections[0].content_received
    assert store.messages == []


def test_a_login_before_starttls_does_not_survive_it(relay):
    with connect(relay, "none") as client:
        client.login(KEY, SECRET)
        client.starttls(context=AUTHORITY.client_context())
        client.ehlo()
        assert client.mail(SENDER)[0] == 530


def test_a_new_secret_replaces_the_old_one(relay, store):
    store.add_key(KEY, "rotated")
    assert store.secret_of(KEY) == "rotated"
    assert store.secret_of("unknown") is None
    with connect(relay) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            log_in(client, "PLAIN")
        assert log_in(client, "PLAIN", password="rotated")[0] == 235


def test_no_secret_and_no_content_in_any_log(relay, store, caplog):
    caplog.set_level(0)
    forms = [SECRET, encoded(SECRET), encoded(f"\0{KEY}\0{SECRET}")]
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        with connect(relay) as client:
            log_in(client, mechanism)
            client.sendmail(SENDER, [RECIPIENT], CONTENT)
    with connect(relay) as client:
        for misplaced in ("AUTH LOGIN", f"{SECRET}!", *forms, f"NOOP {SECRET}"):
            client.docmd(misplaced)
    for leak in (*forms, "World"):
        assert leak not in caplog.text
        assert leak not in repr(relay.connections) + repr(store.messages)
    assert not [r for r in caplog.records if r.levelname in ("WARNING", "ERROR")]


# -- certificates ----------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("certificate", "context", "reason"),
    [
        (AUTHORITY.issue("other.example"), AUTHORITY.client_context(), "match"),
        (
            AUTHORITY.issue("127.0.0.1", days_valid=-1),
            AUTHORITY.client_context(),
            "expired",
        ),
        (CERTIFICATE, ssl.create_default_context(), "issuer"),
    ],
    ids=["wrong name", "expired", "untrusted"],
)
def test_a_bad_certificate_is_refused_before_anything_leaves(
    store, security, certificate, context, reason, caplog
):
    with SmtpStandin(store, certificate) as relay:
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            connect(relay, security, context)
        [connection] = relay.connections
        assert connection.security == "none"
        assert set(connection.commands) <= {"EHLO", "STARTTLS"}
        assert not connection.authenticated and not connection.content_received
        connect(relay, "none").quit()  # the server is none the worse for it
    assert caplog.text == ""


# -- messages --------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n...\r\na.\r\n",
        b"Subject: 8bit\r\n\r\n\xe9\xff\x80\x00 caf\xc3\xa9\r\n",
        b"Subject: bare\r\n\r\nline feed\n and return\r in a line\r\n",
        b"Subject: long\r\n\r\n" + b"x" * 998 + b"\r\n",
        b"\r\n",
        b"Subject: spaces \t\r\n\r\n\r\n \r\n\r\n",
    ],
    ids=["dots", "8bit", "bare", "long line", "empty", "blank lines"],
)
def test_content_is_kept_byte_for_byte(relay, store, content):
    with connect(relay) as client:
        client.login(KEY, SECRET)
        client.sendmail(SENDER, [RECIPIENT], content, ["BODY=8BITMIME"])
        client.sendmail(SENDER, [RECIPIENT], CONTENT)
    assert [m.content for m in store.messages] == [content, CONTENT]


def test_envelopes(relay, store):
    recipients = [f"to{number}@example.com" for number in range(60)]
    with connect(relay) as client:
        client.login(KEY, SECRET)
        client.sendmail(SENDER, recipients, CONTENT)
        client.sendmail("<>", [RECIPIENT], CONTENT)
        client.sendmail("é@example.com", ["ü@example.com"], CONTENT, ["SMTPUTF8"])
        client.mail("dropped@example.com")
        client.rset()
        client.sendmail(SENDER, [RECIPIENT], CONTENT)
    envelopes = [(m.mail_from, m.rcpt_tos) for m in store.messages]
    assert envelopes == [
        (SENDER, tuple(recipients)),
        ("", (RECIPIENT,)),
        ("é@example.com", ("ü@example.com",)),
        (SENDER, (RECIPIENT,)),
    ]
    assert len({m.queued_id for m in store.messages}) == 4


def test_an_oversize_mail_is_refused_by_its_announced_size(relay, store):
    with connect(relay) as client:
        client.login(KEY, SECRET)
        assert client.mail(SENDER, [f"SIZE={15 * 2**20 + 1}"])[0] == 552
        assert client.mail(SENDER, [f"SIZE={15 * 2**20}"])[0] == 250
    assert not relay.connections[0].content_received


@pytest.mark.parametrize(("excess", "code"), [(0, 250), (1, 552)])
def test_the_limit_holds_for_unannounced_sizes_too(relay, store, excess, code):
    line = b"x" * 998 + b"\r\n"
    head = b"Subject: big\r\n\r\n"
    missing = 15 * 2**20 + excess - len(head)
    tail = b"y" * (missing % 1000 - 2) + b"\r\n"
    content = head + line * (missing // 1000) + tail
    assert len(content) == 15 * 2**20 + excess
    with connect(relay) as client:
        client.login(KEY, SECRET)
        client.mail(SENDER)
        client.rcpt(RECIPIENT)
        assert client.data(content)[0] == code
        client.sendmail(SENDER, [RECIPIENT], CONTENT)
    kept = [content, CONTENT] if code == 250 else [CONTENT]
    assert [m.content for m in store.messages] == kept
    assert relay.connections[0].content_received


def test_a_client_that_dies_in_the_middle_of_a_mail(relay, store):
    client = connect(relay)
    client.login(KEY, SECRET)
    client.mail(SENDER)
    client.rcpt(RECIPIENT)
    client.putcmd("DATA")
    assert client.getreply()[0] == 354
    assert not relay.connections[0].content_received
    client.send(b"Subject: half")
    wait_until(lambda: relay.connections[0].content_received)
    client.close()
    connect(relay).quit()
    assert store.messages == []


def test_many_sessions_at_once(relay, store):
    def send(thread):
        with connect(relay, ["starttls", "tls"][thread % 2]) as client:
            client.login(KEY, SECRET)
            for number in range(20):
                content = b"Subject: %d.%d\r\n\r\n" % (thread, number)
                client.sendmail(SENDER, [f"{thread}@example.com"], content)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(send, range(10)))
    messages = store.wait_for(200, timeout=0)
    assert len(messages) == len({m.queued_id for m in messages}) == 200
    subjects = {(m.parsed()["Subject"], m.rcpt_tos[0]) for m in messages}
    assert subjects == {
        (f"{thread}.{number}", f"{thread}@example.com")
        for thread in range(10)
        for number in range(20)
    }
    assert len(relay.connections) == 10
    assert all(c.commands.count("DATA") == 20 for c in relay.connections)


# -- the store -------------------------------------------------------------------


def add_message(store, **changes):
    values = {
        "api_key": KEY,
        "mail_from": SENDER,
        "rcpt_tos": [RECIPIENT],
        "content": CONTENT,
        "port": 587,
        "security": "starttls",
        "auth_mechanism": "PLAIN",
    }
    return store.add_message(**{**values, **changes})


def test_waiting_for_messages(store):
    with pytest.raises(TimeoutError, match="0 of 1"):
        store.wait_for(1, timeout=0.01)
    thread = threading.Timer(0.05, add_message, [store])
    thread.start()
    [message] = store.wait_for(1, timeout=TIMEOUT)
    thread.join()
    assert store.messages == [message]
    store.messages.clear()
    assert store.messages == [message], "a snapshot, not the list itself"
    store.clear_messages()
    assert store.messages == []
    assert store.secret_of(KEY) == SECRET


def test_listeners_are_told_before_the_sender(relay, store):
    told = []
    store.subscribe(told.append)
    with connect(relay) as client:
        client.login(KEY, SECRET)
        client.sendmail(SENDER, [RECIPIENT], CONTENT)
        assert told == store.messages


def test_a_listener_that_fails_is_a_temporary_error(relay, store, caplog):
    store.subscribe(lambda message: 1 / 0)
    with connect(relay) as client:
        client.login(KEY, SECRET)
        with pytest.raises(smtplib.SMTPDataError) as failure:
            client.sendmail(SENDER, [RECIPIENT], CONTENT)
        assert failure.value.smtp_code == 451
    assert store.messages == []
    assert "ZeroDivisionError" in caplog.text


# -- start and stop --------------------------------------------------------------


def test_stop_is_quick_whatever_clients_are_doing(store, caplog):
    relay = SmtpStandin(store, CERTIFICATE).start()
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), TIMEOUT))
            # The second one keeps the server waiting for a TLS handshake.
            for port in (relay.starttls_port, relay.tls_port)
        ]
        assert silent[0].recv(100).startswith(b"220 ")
        clients = [connect(relay, kind) for kind in ("none", "starttls", "tls")]
        in_login, in_data, in_handshake = (
            connect(relay, kind) for kind in ("starttls", "tls", "none")
        )
        assert in_login.docmd("AUTH", "LOGIN")[0] == 334
        in_data.login(KEY, SECRET)
        in_data.mail(SENDER)
        in_data.rcpt(RECIPIENT)
        in_data.docmd("DATA")
        assert in_handshake.docmd("STARTTLS")[0] == 220
        clients += [in_login, in_data, in_handshake]
        for client in clients:
            stack.callback(client.close)
        with warnings.catch_warnings(record=True) as left_open:
            warnings.simplefilter("always", ResourceWarning)
            began = time.monotonic()
            relay.stop()
            assert time.monotonic() - began < 1
            gc.collect()
        assert [str(w.message) for w in left_open] == []
        for sock in silent:
            with suppress(ConnectionResetError):
                assert sock.recv(100) == b""
        for client in clients[:3]:
            with pytest.raises(smtplib.SMTPServerDisconnected):
                client.noop()
    for port in (relay.starttls_port, relay.tls_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), TIMEOUT)
    assert "standin-smtp" not in [t.name for t in threading.enumerate()]
    assert caplog.text == ""
    relay.stop()  # once more does no harm


def test_starting_again_on_the_same_ports(store):
    relay = SmtpStandin(store, CERTIFICATE)
    ports = set()
    for _ in range(2):
        with relay:
            ports.add((relay.starttls_port, relay.tls_port))
            connect(relay).quit()
            with pytest.raises(RuntimeError):
                relay.start()
    assert len(ports) == 1 and 0 not in ports.pop()


def test_a_port_that_is_taken(store, relay):
    second = SmtpStandin(store, CERTIFICATE, tls_port=relay.tls_port)
    with pytest.raises(OSError):
        second.start()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", second.starttls_port), TIMEOUT)


# -- as a program ----------------------------------------------------------------

FOLDER = Path(standins.__file__).parent


def run_alone(tmp_path, *arguments):
    return subprocess.Popen(
        [
            *(sys.executable, str(FOLDER), "--smtp-port=0", "--smtps-port=0"),
            *("--api-key", KEY, "--secret-key", SECRET),
            *("--ca-file", str(tmp_path / "ca.pem"), *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_alone(tmp_path, number):
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "0041.eml").touch()
    with run_alone(tmp_path, "--messages", str(folder)) as process:
        try:
            ready = re.fullmatch(
                r"ready smtp=127\.0\.0\.1:(\d+) smtps=127\.0\.0\.1:(\d+)\n",
                process.stdout.readline(),
            )
            context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
            smtp = smtplib.SMTP("localhost", int(ready[1]), timeout=TIMEOUT)
            smtps = smtplib.SMTP_SSL(
                "localhost", int(ready[2]), timeout=TIMEOUT, context=context
            )
            smtp.starttls(context=context)
            for client in (smtp, smtps):
                client.login(KEY, SECRET)
                client.sendmail(SENDER, [RECIPIENT, "b@example.com"], CONTENT)
                client.quit()
            mails = {path.name: path.read_bytes() for path in folder.iterdir()}
        finally:
            process.send_signal(number)
            output, log = process.communicate(timeout=TIMEOUT)
    assert mails == {"0041.eml": b"", "0042.eml": CONTENT, "0043.eml": CONTENT}
    assert process.returncode == 0
    assert output == ""
    lines = log.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert SENDER in line and f"{RECIPIENT}, b@example.com" in line
        assert "Hello" in line and re.search(r"queued=[0-9a-f-]{36}$", line)
        assert "World" not in line and SECRET not in line


def test_run_alone_on_a_port_that_is_taken(tmp_path, relay):
    with run_alone(tmp_path, f"--smtp-port={relay.starttls_port}") as process:
        output, log = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert output == ""
    assert log.startswith("cannot start: ") and "Traceback" not in log


def test_run_as_a_module(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "standins", "--help"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        cwd=FOLDER.parent,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "--secret-key" in done.stdout


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (b"two\r\n lines", "'two lines'"),
        (b"=?utf-8?b?YQ0KYg==?=", r"'a\r\nb'"),
        (b"\xff\xfe", ""),
        (b'=?utf-8?q?"?= <@', ""),
    ],
)
def test_one_log_line_a_mail_whatever_its_subject(store, caplog, subject, shown):
    from mail_mailjet.tests.standins import __main__ as program

    caplog.set_level("INFO")
    program._log_message(add_message(store, content=b"Subject: " + subject + b"\r\n"))
    [record] = caplog.records
    assert shown in record.getMessage()
    assert "\n" not in record.getMessage() and "\r" not in record.getMessage()
