"""The SMTP test, against servers that refuse, hang, babble, drip and hang up."""

import base64
import ipaddress
import re
import smtplib
import socket
import ssl
import threading
import time
import urllib.parse
import warnings

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_mailjet.tests.standins import (
    Certificate,
    SmtpStandin,
    Store,
    TestAuthority,
    write_bundle,
)
from mail_mailjet.tests.standins.scripted_smtp import EHLO, Peer, ScriptedSmtp
from mail_mailjet.tools.smtp import client as smtp_client
from mail_mailjet.tools.smtp import probe as smtp_probe
from mail_mailjet.tools.smtp.cause import Cause, Stage
from mail_mailjet.tools.smtp.probe import (
    Patience,
    State,
    Target,
    planned_steps,
    probe,
    try_other_ports,
)

KEY, SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "S3cr+t/of=the?Account&more~here"
MESSAGE = b"Subject: Hello\r\nTo: to@example.com\r\n\r\n.dot\r\n" + b"x\r\n" * 50
HOST = "127.0.0.1"
SLACK = 0.7  # the machine may be busy

AUTHORITY = TestAuthority()
CERTIFICATE = AUTHORITY.issue(HOST, "localhost")


def self_signed():
    return Certificate(
        pem=AUTHORITY.pem,
        key_pem=AUTHORITY._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def old_tls():
    """A server of years ago; it is deprecated to be like that."""
    context = CERTIFICATE.server_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@pytest.fixture(autouse=True)
def trusted(monkeypatch, tmp_path):
    write_bundle(tmp_path / "ca.pem", AUTHORITY, with_public_roots=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


def target(port, **changes):
    values = {
        "host": HOST,
        "port": port,
        "user": KEY,
        "secret": SECRET,
        "mail_from": "from@example.com",
        "rcpt_to": "to@example.com",
        "deliver": True,
        "message": MESSAGE,
    }
    return Target(**{**values, **changes})


def failed_stage(result):
    """The stage that failed; what comes behind it was not reached."""
    states = [step.state for step in result.steps if step.state is not State.SKIPPED]
    if State.FAILED not in states:
        return None
    number = states.index(State.FAILED)
    assert set(states[:number]) <= {State.OK}
    assert set(states[number + 1 :]) <= {State.NOT_REACHED}
    return next(step.stage for step in result.steps if step.state is State.FAILED)


def encodings(secret):
    """All that a secret may look like, written down apart from the code under test."""
    raw = secret.encode()
    return {
        secret,
        raw.hex(),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        base64.b64encode(raw).decode(),
        base64.b64encode(raw).decode().rstrip("="),
    }


def wire_forms(lines):
    """What crossed the wire in logins, as it was, decoded and in parts."""
    forms = set()
    for line in lines:
        for word in line.decode("latin-1").split(" "):
            if len(word) >= 20 and re.fullmatch(r"[A-Za-z0-9+/]+=*", word):
                decoded = base64.b64decode(word).decode("latin-1")
                forms |= {word, decoded, *re.split(r"[ \0]", decoded)}
    return {form for form in forms if len(form) > 3}


def assert_no_secret(result, caplog, lines=()):
    shown = "\n".join(
        [
            str(result.transcript),
            repr(result),
            repr(result.diagnosis),
            repr(result.steps),
            *(str(step.detail) for step in result.steps),
            caplog.text,
        ]
    )
    for form in {
        *encodings(KEY),
        *encodings(SECRET),
        base64.b64encode(f"\0{KEY}\0{SECRET}".encode()).decode(),
        base64.b64encode(f"{KEY}\0{KEY}\0{SECRET}".encode()).decode(),
        *wire_forms(lines),
    }:
        assert form.lower() not in shown.lower()


# -- what servers do -----------------------------------------------------------------


def echo(peer):
    """Repeat all that was said, in every way there is to write it."""
    for line in peer.lines:
        text = line.decode()
        for word in text.split(" "):
            peer.say(f"535-5.7.8 {word}")
            peer.say(f"535-{word.upper()}")
            peer.say(f"535-{word.encode().hex()}")
            peer.say(f"535-{urllib.parse.quote(word, safe='')}")
            if len(word) >= 20:
                decoded = base64.b64decode(word)
                peer.send(b"535-" + decoded + b"\r\n")
                peer.send(b"535-" + decoded.hex().upper().encode() + b"\r\n")
                peer.send(b"535-" + urllib.parse.quote(decoded).encode() + b"\r\n")
    for value in (*encodings(KEY), *encodings(SECRET)):
        peer.say(f"535-5.7.8 <{value}>")
    peer.say("535 5.7.8 refused")


def drip(peer):
    peer.drip(b"250 2.1.0 Ok, and so on and on and on\r\n", 0.2)


def fast_drip(peer):
    peer.drip(b"2" * 1000, 0.005)


def huge_line(peer):
    peer.send(b"250 " + b"x" * 1_000_000 + b"\r\n")


def endless_reply(peer):
    while True:
        peer.send(b"250-and more\r\n" * 100)


def endless_questions(peer):
    while True:
        peer.say("334 VXNlcm5hbWU6")
        peer.read_line()


def garbage(peer):
    peer.send(b"\xff\xfe\x00\x1b[31mHTTP/1.1 400 Bad Request\r\n")


def injected(peer):
    peer.send(b"220 go\r\n250-in.example.com\r\n250 AUTH PLAIN\r\n")


def plain_after_starttls(peer):
    peer.say("220 go ahead")
    peer.read_some()
    peer.say("220 not what you think")
    peer.silence()


NO_STARTTLS = "250-in.example.com\r\n250 AUTH PLAIN LOGIN CRAM-MD5"
WITHOUT = EHLO.partition("\r\n250 AUTH")[0].replace("250-STARTTLS", "250 STARTTLS")
TLS = {"certificate": CERTIFICATE}
IMPLICIT = {"certificate": CERTIFICATE, "implicit": True}
OTHER_NAME = {"certificate": AUTHORITY.issue("mail.example.com")}
EXPIRED = {"certificate": AUTHORITY.issue(HOST, days_valid=-2)}
FUTURE = {"certificate": AUTHORITY.issue(HOST, days_until_valid=2)}
UNKNOWN = {"certificate": TestAuthority("Nobody").issue(HOST)}
SELF_SIGNED = {"certificate": self_signed()}
OLD_TLS = {"certificate": old_tls()}
SSL, PLAIN = {"security": "ssl"}, {"security": "none"}


# script, server, target, stage that fails, cause
SERVERS = {
    # greeting
    "greeting-silence": (
        {"GREETING": Peer.silence}, TLS, {}, Stage.GREETING, Cause.NO_GREETING,
    ),
    "greeting-hangs-up": (
        {"GREETING": Peer.hang_up}, TLS, {}, Stage.GREETING, Cause.DISCONNECTED,
    ),
    "greeting-garbage": (
        {"GREETING": garbage}, TLS, {}, Stage.GREETING, Cause.NOT_SMTP,
    ),
    "greeting-drip": (
        {"GREETING": drip}, TLS, {}, Stage.GREETING, Cause.NO_GREETING,
    ),
    "greeting-fast-drip": (
        {"GREETING": fast_drip}, TLS, {}, Stage.GREETING, Cause.NO_GREETING,
    ),
    "greeting-huge-line": (
        {"GREETING": huge_line}, TLS, {}, Stage.GREETING, Cause.NOT_SMTP,
    ),
    "greeting-busy": (
        {"GREETING": "421 4.3.2 Too busy"}, TLS, {}, Stage.GREETING, Cause.TEMPORARY,
    ),
    "greeting-no-service": (
        {"GREETING": "554 5.7.1 No service for you"}, TLS, {},
        Stage.GREETING, Cause.CLIENT_REFUSED,
    ),
    "greeting-too-many-connections": (
        {"GREETING": "421 4.7.0 Too many connections"}, TLS, {},
        Stage.GREETING, Cause.TOO_MANY_CONNECTIONS,
    ),
    "ssl-port-asked-in-plain": (
        {}, IMPLICIT, {}, Stage.GREETING, Cause.NO_GREETING,
    ),
    # EHLO
    "ehlo-refused": (
        {"EHLO": "550 5.5.1 no"}, TLS, {}, Stage.EHLO, Cause.SESSION_REFUSED,
    ),
    "ehlo-endless": ({"EHLO": endless_reply}, TLS, {}, Stage.EHLO, Cause.NOT_SMTP),
    "ehlo-silence": ({"EHLO": Peer.silence}, TLS, {}, Stage.EHLO, Cause.TOO_SLOW),
    "ehlo-hangs-up": ({"EHLO": Peer.hang_up}, TLS, {}, Stage.EHLO, Cause.DISCONNECTED),
    # TLS
    "starttls-stripped": (
        {"EHLO": NO_STARTTLS}, TLS, {}, Stage.TLS, Cause.NO_STARTTLS,
    ),
    "starttls-not-now": (
        {"STARTTLS": "454 4.7.0 TLS not available"}, TLS, {},
        Stage.TLS, Cause.TLS_UNAVAILABLE,
    ),
    "starttls-hangs-up": (
        {"STARTTLS": Peer.hang_up}, TLS, {}, Stage.TLS, Cause.DISCONNECTED,
    ),
    "starttls-silence": (
        {"STARTTLS": Peer.silence}, TLS, {}, Stage.TLS, Cause.TOO_SLOW,
    ),
    "starttls-injection": (
        {"STARTTLS": injected}, TLS, {}, Stage.TLS, Cause.NOT_SMTP,
    ),
    "starttls-without-tls": (
        {"STARTTLS": plain_after_starttls}, TLS, {}, Stage.TLS, Cause.WRONG_SECURITY,
    ),
    "plain-port-asked-with-ssl": ({}, TLS, SSL, Stage.TLS, Cause.WRONG_SECURITY),
    "ssl-asked-of-silence": (
        {"GREETING": Peer.silence}, TLS, SSL, Stage.TLS, Cause.TOO_SLOW,
    ),
    "certificate-for-another-name": (
        {}, OTHER_NAME, {}, Stage.TLS, Cause.CERTIFICATE_HOST,
    ),
    "certificate-expired": ({}, EXPIRED, {}, Stage.TLS, Cause.CERTIFICATE_EXPIRED),
    "certificate-not-yet-valid": (
        {}, FUTURE, {}, Stage.TLS, Cause.CERTIFICATE_NOT_YET_VALID,
    ),
    "certificate-of-unknown-authority": (
        {}, UNKNOWN, {}, Stage.TLS, Cause.CERTIFICATE_AUTHORITY,
    ),
    "certificate-implicit-expired": (
        {}, {**EXPIRED, "implicit": True}, SSL, Stage.TLS, Cause.CERTIFICATE_EXPIRED,
    ),
    "tls-too-old": ({}, OLD_TLS, {}, Stage.TLS, Cause.OLD_TLS),
    # AUTH
    "auth-not-offered": ({"EHLO": WITHOUT}, TLS, {}, Stage.AUTH, Cause.NO_AUTH),
    "auth-mechanism-not-offered": (
        {}, {**TLS, "mechanisms": "DIGEST-MD5"}, {}, Stage.AUTH, Cause.MECHANISM,
    ),
    "auth-535": ({"AUTH": "535 5.7.8 failed"}, TLS, {}, Stage.AUTH, Cause.LOGIN),
    "auth-435": ({"AUTH": "435 4.7.8 failed"}, TLS, {}, Stage.AUTH, Cause.LOGIN),
    "auth-454": (
        {"AUTH": "454 4.7.0 not now"}, TLS, {}, Stage.AUTH, Cause.LOGIN_TEMPORARY,
    ),
    "auth-email": (
        {"AUTH": "535 5.7.8 failed"}, TLS, {"user": "me@example.com"},
        Stage.AUTH, Cause.LOGIN_EMAIL,
    ),
    "auth-suspended": (
        {"AUTH": "535 5.7.1 Your account has been suspended"}, TLS, {},
        Stage.AUTH, Cause.SUSPENDED,
    ),
    "auth-echo": ({"AUTH": echo}, TLS, {}, Stage.AUTH, Cause.LOGIN),
    "auth-endless-questions": (
        {"AUTH": endless_questions}, {**TLS, "mechanisms": "LOGIN"}, {},
        Stage.AUTH, Cause.NOT_SMTP,
    ),
    "auth-bad-challenge": (
        {"AUTH": "334 a"}, {**TLS, "mechanisms": "LOGIN"}, {},
        Stage.AUTH, Cause.NOT_SMTP,
    ),
    "auth-hangs-up": ({"AUTH": Peer.hang_up}, TLS, {}, Stage.AUTH, Cause.DISCONNECTED),
    "auth-silence": ({"AUTH": Peer.silence}, TLS, {}, Stage.AUTH, Cause.TOO_SLOW),
    "auth-not-ascii": (
        {}, TLS, {"secret": "päss"}, Stage.AUTH, Cause.LOGIN_CHARACTERS,
    ),
    # MAIL FROM
    "mail-sender": (
        {"MAIL": "550 5.7.1 Sender not allowed"}, TLS, {}, Stage.MAIL, Cause.SENDER,
    ),
    "mail-login-missing": (
        {"MAIL": "530 5.7.1 Authentication required"}, TLS, {"user": ""},
        Stage.MAIL, Cause.LOGIN_MISSING,
    ),
    "mail-limit": (
        {"MAIL": "452 4.7.1 Daily sending limit reached"}, TLS, {},
        Stage.MAIL, Cause.LIMIT_REACHED,
    ),
    "mail-too-large": (
        {"MAIL": "552 5.3.4 Message size exceeds fixed limit"}, TLS, {},
        Stage.MAIL, Cause.TOO_LARGE,
    ),
    "mail-hangs-up": ({"MAIL": Peer.hang_up}, TLS, {}, Stage.MAIL, Cause.DISCONNECTED),
    "mail-drip": ({"MAIL": drip}, IMPLICIT, SSL, Stage.MAIL, Cause.TOO_SLOW),
    "mail-accents": (
        {}, TLS, {"mail_from": "é@example.com"}, Stage.MAIL, Cause.NO_SMTPUTF8,
    ),
    # RCPT TO
    "rcpt-unknown": (
        {"RCPT": "550 5.1.1 User unknown"}, TLS, {}, Stage.RCPT, Cause.RECIPIENT,
    ),
    "rcpt-greylisted": (
        {"RCPT": "450 4.2.0 Greylisted, come back"}, TLS, {},
        Stage.RCPT, Cause.GREYLISTED,
    ),
    "rcpt-relay": (
        {"RCPT": "554 5.7.1 Relay access denied"}, TLS, {},
        Stage.RCPT, Cause.RELAY_DENIED,
    ),
    "rcpt-hangs-up": ({"RCPT": Peer.hang_up}, TLS, {}, Stage.RCPT, Cause.DISCONNECTED),
    # DATA
    "data-refused": (
        {"DATA": "451 4.3.0 try later"}, TLS, {}, Stage.DATA, Cause.TEMPORARY,
    ),
    "data-hangs-up": ({"DATA": Peer.hang_up}, TLS, {}, Stage.DATA, Cause.DISCONNECTED),
    "content-spam": (
        {"CONTENT": "554 5.7.1 Message looks like spam"}, TLS, {},
        Stage.DATA, Cause.CONTENT,
    ),
    "content-unknown": (
        {"CONTENT": "554 5.0.0 Transaction failed"}, TLS, {}, Stage.DATA, Cause.REPLY,
    ),
    "content-hangs-up": (
        {"CONTENT": Peer.hang_up}, TLS, {}, Stage.DATA, Cause.DISCONNECTED,
    ),
    "content-silence": ({"CONTENT": Peer.silence}, TLS, {}, Stage.DATA, Cause.TOO_SLOW),
    # the end
    "quit-hangs-up": ({"QUIT": Peer.hang_up}, TLS, {}, None, None),
    "quit-garbage": ({"QUIT": garbage}, TLS, {}, None, None),
    "quit-silence": ({"QUIT": Peer.silence}, TLS, {}, None, None),
}  # fmt: skip


@pytest.mark.parametrize(
    ("script", "server", "changes", "stage", "cause"), SERVERS.values(), ids=SERVERS
)
def test_servers(script, server, changes, stage, cause, caplog):
    caplog.set_level("DEBUG")
    deadline = 0.8
    began = time.monotonic()
    with ScriptedSmtp(script, **server) as relay:
        result = probe(target(relay.port, **changes), deadline=deadline)
        took = time.monotonic() - began
    assert failed_stage(result) is stage
    assert result.ok is (stage is None)
    if cause:
        assert result.diagnosis.cause is cause
    assert took < deadline + SLACK
    assert_no_secret(result, caplog, relay.lines)
    if stage and stage is not Stage.DATA:
        assert not [line for line in relay.lines if b"Hello" in line]
    assert not [thread for thread in threading.enumerate() if "smtp-" in thread.name]


def test_the_table_covers_what_was_promised():
    assert len(SERVERS) >= 30
    assert {row[3] for row in SERVERS.values()} >= {
        Stage.GREETING, Stage.EHLO, Stage.TLS, Stage.AUTH,
        Stage.MAIL, Stage.RCPT, Stage.DATA,
    }  # fmt: skip


@pytest.mark.parametrize("mechanism", ["auto", "PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("ending", [echo, "535 5.7.8 no"], ids=["echo", "refused"])
def test_no_mechanism_leaks(mechanism, ending, caplog):
    with ScriptedSmtp({"AUTH": ending}, CERTIFICATE) as relay:
        result = probe(target(relay.port, mechanism=mechanism))
    logins = [line for line in relay.lines if line.upper().startswith(b"AUTH")]
    assert len(logins) == (3 if mechanism == "auto" else 1)
    assert wire_forms(relay.lines), "the server has seen the secret"
    assert_no_secret(result, caplog, relay.lines)
    assert "***" in str(result.transcript)
    assert "AUTH" in str(result.transcript)


def test_an_echo_in_a_later_reply_and_in_the_sender(caplog):
    def repeat(peer):
        peer.send(b"550 5.7.1 " + peer.lines[3] + b"\r\n")

    with ScriptedSmtp({"MAIL": repeat}, CERTIFICATE, mechanisms="CRAM-MD5") as relay:
        result = probe(target(relay.port))
    assert result.diagnosis.cause is Cause.SENDER
    assert wire_forms(relay.lines)
    assert_no_secret(result, caplog, relay.lines)


def test_the_secret_stays_here_when_the_certificate_is_wrong(caplog):
    with ScriptedSmtp({}, **OTHER_NAME) as relay:
        result = probe(target(relay.port))
    verbs = {line.split(b" ")[0].upper() for line in relay.lines}
    assert verbs <= {b"EHLO", b"STARTTLS"}
    detail = str(result.step(Stage.TLS).detail)
    assert "mail.example.com" in detail, "whose certificate it is"
    assert re.search(r"\d{4}-\d\d-\d\d", detail)


def test_a_self_signed_certificate(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    with ScriptedSmtp({}, **SELF_SIGNED) as relay:
        result = probe(target(relay.port))
    assert result.diagnosis.cause is Cause.CERTIFICATE_SELF_SIGNED


def test_encryption_only():
    with ScriptedSmtp({}, **UNKNOWN) as relay:
        result = probe(target(relay.port, verify=False))
    assert result.ok
    assert result.tls.names == (HOST,)
    assert "Nobody" in result.tls.issuer


# -- what works ----------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", ["auto", "PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("security", ["starttls", "ssl", "none"])
def test_delivered(security, mechanism, caplog):
    caplog.set_level("DEBUG")
    store = Store()
    store.add_key(KEY, SECRET)
    told = []
    with SmtpStandin(store, CERTIFICATE) as relay:
        port = relay.tls_port if security == "ssl" else relay.starttls_port
        wanted = target(port, security=security, mechanism=mechanism)
        result = probe(wanted, on_step=told.append)
    assert result.ok, str(result.transcript)
    [message] = store.messages
    assert message.content == MESSAGE
    assert message.security == {"ssl": "tls"}.get(security, security)
    assert result.queued_id == message.queued_id
    assert str(result.step(Stage.QUEUED).detail) == message.queued_id
    assert result.mechanism == message.auth_mechanism
    assert result.mechanism == (mechanism if mechanism != "auto" else "CRAM-MD5")
    assert result.size_limit == 15 * 2**20
    assert_no_secret(result, caplog)
    transcript = str(result.transcript)
    assert "Subject: Hello" in transcript and "bytes not shown" in transcript
    assert " > QUIT" in transcript.upper() and "< 221" in transcript
    # each step is told as it begins and as it ends, in the order planned
    planned = [s.stage for s in planned_steps(wanted) if s.state is not State.SKIPPED]
    assert [s.stage for s in told if s.state is State.RUNNING] == planned
    assert [s.stage for s in told if s.state is State.OK] == planned
    assert tuple(s.stage for s in result.steps) == tuple(
        s.stage for s in planned_steps(wanted)
    )
    assert (result.tls is None) is (security == "none")
    if result.tls:
        assert result.tls.protocol in ("TLSv1.2", "TLSv1.3")
        assert HOST in result.tls.names
        assert "TLSv1" in str(result.step(Stage.TLS).detail)


def test_stopping_before_the_content():
    store = Store()
    store.add_key(KEY, SECRET)
    with SmtpStandin(store, CERTIFICATE) as relay:
        result = probe(target(relay.starttls_port, deliver=False))
        [connection] = relay.connections
    assert result.ok and store.messages == []
    assert connection.commands[-4:] == ("MAIL", "RCPT", "RSET", "QUIT")
    assert not connection.content_received
    for stage in (Stage.DATA, Stage.QUEUED):
        assert result.step(stage).state is State.SKIPPED
    assert result.step(Stage.RCPT).state is State.OK


def test_an_umlaut_domain_goes_out_as_ascii():
    with ScriptedSmtp({}, CERTIFICATE) as server:
        result = probe(
            target(
                server.port,
                mail_from="info@bücher.example",
                rcpt_to="kontakt@bücher.example",
            )
        )
    assert result.ok
    transcript = str(result.transcript)
    assert "FROM:<info@xn--bcher-kva.example>" in transcript
    assert "TO:<kontakt@xn--bcher-kva.example>" in transcript
    assert "SMTPUTF8" not in transcript.partition("FROM:")[2]


def test_a_recipient_that_is_not_an_address():
    with ScriptedSmtp({}, CERTIFICATE) as server:
        result = probe(target(server.port, rcpt_to="kontakt@bü..example"))
    assert failed_stage(result) is Stage.RCPT
    assert result.diagnosis.cause is Cause.INVALID_ADDRESS
    assert "bü..example" in result.diagnosis.detail


def test_wrong_pair_at_the_stand_in(caplog):
    with SmtpStandin(Store(), CERTIFICATE) as relay:
        result = probe(target(relay.starttls_port))
    assert result.diagnosis.cause is Cause.LOGIN
    assert result.diagnosis.needs_admin and not result.diagnosis.is_temporary
    assert_no_secret(result, caplog)


def test_a_wrong_pair_says_more_than_a_mechanism_that_does_not_work():
    def answer(peer):
        plain = peer.lines[-1].upper().startswith(b"AUTH PLAIN")
        peer.say("535 5.7.8 wrong" if plain else "504 5.5.4 not implemented")

    with ScriptedSmtp({"AUTH": answer}, CERTIFICATE) as relay:
        result = probe(target(relay.port))
    assert result.diagnosis.cause is Cause.LOGIN
    assert "535" in result.diagnosis.detail


def test_hanging_up_after_a_refused_login_is_the_refusal():
    def once(peer):
        if sum(line.upper().startswith(b"AUTH") for line in peer.lines) > 1:
            peer.hang_up()
        peer.say("535 5.7.8 wrong")

    with ScriptedSmtp({"AUTH": once}, CERTIFICATE) as relay:
        result = probe(target(relay.port))
    assert result.diagnosis.cause is Cause.LOGIN


def test_the_message_is_made_when_it_is_needed():
    made = []

    def make():
        made.append(1)
        return MESSAGE

    with ScriptedSmtp({"AUTH": "535 5.7.8 no"}, CERTIFICATE) as relay:
        probe(target(relay.port, message=make))
    assert made == []
    with ScriptedSmtp({}, CERTIFICATE) as relay:
        assert probe(target(relay.port, message=make)).ok
        size = f"SIZE={len(MESSAGE)}".encode()
        assert any(line.upper().endswith(size) for line in relay.lines)
    assert made == [1]


def test_what_making_the_message_raises_is_the_callers():
    def broken():
        raise OSError("the disk is gone")

    with ScriptedSmtp({}, CERTIFICATE) as relay:
        with pytest.raises(OSError, match="the disk"):
            probe(target(relay.port, message=broken))


def test_lines_that_end_in_every_way_and_begin_with_a_dot():
    store = Store()
    store.add_key(KEY, SECRET)
    with SmtpStandin(store, CERTIFICATE) as relay:
        content = b"Subject: x\n\n.\n..\r.a\r\nend"
        assert probe(target(relay.starttls_port, message=content)).ok
    assert store.messages[0].content == b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\nend\r\n"


# -- the way there -------------------------------------------------------------------


def test_an_unknown_host():
    result = probe(target(25, host="nowhere.invalid"))
    assert failed_stage(result) is Stage.RESOLVE
    assert result.diagnosis.cause is Cause.UNKNOWN_HOST


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example.com", "."])
def test_a_host_that_is_no_name(host):
    result = probe(target(25, host=host), deadline=2)
    assert failed_stage(result) in (Stage.RESOLVE, Stage.CONNECT)


def test_a_look_up_that_hangs(monkeypatch):
    leave = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kw: leave.wait(5))
    result = probe(target(25, host="slow.example.com"), deadline=0.3)
    leave.set()
    assert result.diagnosis.cause is Cause.NAME_TIMEOUT
    assert result.seconds < 0.3 + SLACK


def test_a_port_where_nobody_listens():
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    result = probe(target(port))
    assert failed_stage(result) is Stage.CONNECT
    assert result.diagnosis.cause is Cause.CONNECTION_REFUSED


@pytest.fixture
def full_port():
    """A port that takes no further connection, like one behind a firewall."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex((HOST, port))
            waiting.append(sock)
        yield port
        for sock in waiting:
            sock.close()


def test_a_port_that_is_blocked(full_port):
    result = probe(target(full_port), deadline=0.5)
    assert failed_stage(result) is Stage.CONNECT
    assert result.diagnosis.cause is Cause.NO_ANSWER
    assert result.seconds < 0.5 + SLACK


def address(port, host=HOST):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    assert ipaddress.ip_address(host)
    return (family, socket.SOCK_STREAM, 6, "", (host, port))


def test_a_silent_address_leaves_time_for_the_next(full_port):
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        addresses = [address(full_port), address(port)]
        began = time.monotonic()
        with smtp_client.connect(addresses, Patience(2)) as sock:
            assert sock.getpeername()[1] == port
    assert 0.9 < time.monotonic() - began < 1 + SLACK


def test_the_failure_that_says_most_is_told():
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    # TCP knows no way to a multicast address
    addresses = [address(port), address(25, "224.0.0.1")]
    with pytest.raises(ConnectionRefusedError):
        smtp_client.connect(addresses, Patience(1))


# -- stopping ------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "AUTH", "CONTENT"])
def test_stopped_while_it_waits(stage):
    stop = threading.Event()

    def wait(peer):
        stop.set()
        peer.silence()

    with ScriptedSmtp({stage: wait}, CERTIFICATE) as relay:
        began = time.monotonic()
        result = probe(target(relay.port), stop=stop)
        assert time.monotonic() - began < 1
    assert result.diagnosis.cause is Cause.STOPPED


def test_stopped_by_a_function():
    with ScriptedSmtp({}, CERTIFICATE) as relay:
        result = probe(target(relay.port), stop=lambda: True)
    assert failed_stage(result) is Stage.RESOLVE
    assert result.diagnosis.cause is Cause.STOPPED


def test_a_caller_that_fails_leaves_no_connection():
    def fail(step):
        if step.stage is Stage.AUTH:
            raise KeyError("the caller")

    with ScriptedSmtp({}, CERTIFICATE) as relay:
        with pytest.raises(KeyError):
            probe(target(relay.port), on_step=fail)
        relay.peers[0]._stopped.wait(0.1)
        assert relay.lines[-1].upper() == b"QUIT"


# -- other ports ---------------------------------------------------------------------


def test_other_ports(full_port):
    with (
        ScriptedSmtp({}, CERTIFICATE) as starttls,
        ScriptedSmtp({}, CERTIFICATE, implicit=True) as implicit,
        ScriptedSmtp({"EHLO": NO_STARTTLS}) as plain,
        ScriptedSmtp({}, **OTHER_NAME) as wrong,
    ):
        ports = {
            full_port: "starttls",
            starttls.port: "starttls",
            implicit.port: "ssl",
            plain.port: "starttls",
            wrong.port: "starttls",
        }
        answers = try_other_ports(HOST, ports, deadline=1)
        said = starttls.lines + implicit.lines + plain.lines + wrong.lines
    assert [(a.port, a.security) for a in answers] == list(ports.items())
    assert [a.works for a in answers] == [False, True, True, False, False]
    assert answers[3].diagnosis.cause is Cause.NO_STARTTLS
    assert answers[4].diagnosis.cause is Cause.CERTIFICATE_HOST
    assert max(a.seconds for a in answers) < 1 + SLACK
    verbs = {line.split(b" ")[0].upper() for line in said}
    assert verbs == {b"EHLO", b"STARTTLS", b"QUIT"}


def test_plain_text_is_never_tried():
    assert "none" not in smtp_probe.PORTS.values()
    with pytest.raises(ValueError):
        try_other_ports(HOST, {80: "none"})


# -- the target ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"security": "tls"},
        {"mechanism": "NTLM"},
        {"port": 0},
        {"port": 65536},
        {"mail_from": "a@b\r\nRCPT TO:<x@y>"},
        {"rcpt_to": "a@b\n"},
        {"host": "a\0b"},
    ],
)
def test_a_target_that_cannot_be(changes):
    with pytest.raises(ValueError):
        target(**{"port": 25, **changes})


def test_a_target_does_not_show_its_pair():
    assert KEY not in repr(target(25)) and SECRET not in repr(target(25))


# -- whatever comes ------------------------------------------------------------------


pieces = st.sampled_from(
    [
        b"250 ", b"250-", b"220 x\r\n", b"334 \r\n", b"334 YQ==\r\n", b"535 5.7.8 ",
        b"\r\n", b"\n", b"\0", b"-", b"999 ", b"235 ok\r\n", b"354 \r\n", b"250 ok\r\n",
        KEY.encode(), SECRET.encode(), base64.b64encode(SECRET.encode()),
        base64.b64encode(f"\0{KEY}\0{SECRET}".encode()), b"250 AUTH LOGIN PLAIN\r\n",
    ]
)  # fmt: skip
replies = st.lists(st.one_of(pieces, st.binary(max_size=12)), max_size=8).map(b"".join)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(replies, max_size=6), st.integers(0, 6))
def test_whatever_a_server_says(caplog, said, depth):
    """From some step on, each command gets the next reply, then the server hangs up."""
    rest = iter(said)

    def answer(peer):
        reply = next(rest, None)
        if reply is None:
            peer.hang_up()
        peer.send(reply)

    verbs = ("GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "CONTENT")
    with ScriptedSmtp(dict.fromkeys(verbs[depth:], answer)) as relay:
        result = probe(target(relay.port, security="none"), deadline=0.15)
    assert_no_secret(result, caplog, relay.lines)
    assert result.seconds < 0.15 + SLACK


def test_a_reply_is_never_searched_for_long():
    """Long lines full of what looks like secrets are no burden."""

    def babble(peer):
        for _ in range(90):
            peer.say("535-" + SECRET * 20)
        peer.say("535 5.7.8 no")

    with ScriptedSmtp({"AUTH": babble}, CERTIFICATE) as relay:
        result = probe(target(relay.port))
    assert result.seconds < 2
    assert result.diagnosis.cause is Cause.LOGIN


def test_the_client_refuses_to_talk_without_a_connection():
    client = smtp_client.Client.__new__(smtp_client.Client)
    client.sock, client._unread, client._logging_in = None, bytearray(), False
    for action in (client._receive, lambda: client._transmit(b"x")):
        with pytest.raises(smtplib.SMTPServerDisconnected):
            action()
