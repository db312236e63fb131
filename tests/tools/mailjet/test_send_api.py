"""Requests to the stand-in's Send API, cut, delayed and refused in every way."""

import json
import socket
import threading
import time

import pytest
from mail_mailjet.tests.standins import TestAuthority
from mail_mailjet.tools.mailjet.errors import InvalidError, ReadOnlyError
from mail_mailjet.tools.mailjet.send_api import SendApi
from mail_mailjet.tools.mailjet.send_message import to_json
from mail_mailjet.tools.mailjet.send_request import entry_of
from mail_mailjet.tools.smtp.cause import Cause
from mail_mailjet.tools.smtp.diagnosis import diagnose
from mail_mailjet.tools.smtp.pipeline import Fate
from rest_account import raw_server
from send_mails import ANN, AUTHOR, BOB, KEY, SECRET, entry, mail


@pytest.fixture
def store(store):
    store.add_sender(KEY, "*@example.com")
    return store


def connected(standin, secret=SECRET, **options):
    options = {"read_timeout": 2, "deadline": 5, "random_part": lambda: 1.0, **options}
    return SendApi(KEY, secret, getattr(standin, "url", standin), **options)


@pytest.fixture
def api(standin):
    with connected(standin) as api:
        yield api


def numbered(number, html=None, **headers):
    address = f"a{number}@example.org"
    message = mail(
        **({"html": html} if html else {}),
        To=[address],
        X_MJ_CustomID=f"o1-{number}",
        **headers,
    )
    return entry_of(to_json(message, [address]), number, [address])


def fates(sent):
    return [fate for one in sent.deliveries for fate in one.fates.values()]


def test_each_mail_with_its_message_id(api, store):
    sent = api.send([numbered(1), numbered(2)])
    assert fates(sent) == [Fate.ACCEPTED] * 2
    assert not sent.failure and not sent.pause
    ids = [one.message_ids for one in sent.deliveries]
    assert ids == [
        {message.rcpt_tos[0]: str(message.message_ids[0])} for message in store.messages
    ]
    assert [message.header("X-MJ-CustomID") for message in store.messages] == [
        "o1-1",
        "o1-2",
    ]


def test_one_connection_for_many_requests(api, standin):
    for number in range(5):
        api.send([numbered(number)])
    with standin._lock:
        assert len(standin._connections) == 1


def test_an_idle_connection_is_not_trusted(standin):
    now = [0.0]
    opened = []
    with connected(standin, clock=lambda: now[0]) as api:
        for pause in (0, 10, 100):
            now[0] += pause
            api.send([numbered(now[0])])
            opened.append({id(one) for one in api._session._connections if one.sock})
    assert opened[0] == opened[1] != opened[2]


def test_a_mixed_request(api, store):
    message = mail(From="stranger@elsewhere.example")
    sent = api.send([numbered(1), entry(message), numbered(2)])
    assert fates(sent) == [Fate.ACCEPTED, Fate.REFUSED, Fate.ACCEPTED]
    assert sent.deliveries[1].errors[ANN].cause is Cause.SENDER
    assert not sent.failure and len(store.messages) == 2


def test_all_refused(api, store):
    message = mail(From="stranger@elsewhere.example")
    sent = api.send([entry(message), entry(message, key=2)])
    assert fates(sent) == [Fate.REFUSED] * 2 and not sent.failure


def test_a_bad_address_beside_a_good_one(api, store):
    recipients = [ANN, "bob@example..org"]
    values = {**to_json(mail(), [ANN])}
    values["To"] = [{"Email": address} for address in recipients]
    [delivery] = api.send([entry_of(values, 1, recipients)]).deliveries
    causes = {to: error.cause for to, error in delivery.errors.items()}
    assert causes == {
        ANN: Cause.OTHER_RECIPIENT,
        "bob@example..org": Cause.INVALID_ADDRESS,
    }
    assert not store.messages


def test_a_request_refused_as_a_whole_is_halved(api, store):
    """One mail is the reason, and the others go."""
    entries = [numbered(number) for number in range(6)]
    broken = entries[3].pieces[0][1:]
    entries[3] = entry_of({}, 3, [BOB])
    object.__setattr__(entries[3], "pieces", (broken,))
    sent = api.send(entries)
    by_key = {one.envelope.key: set(one.fates.values()) for one in sent.deliveries}
    assert by_key.pop(3) == {Fate.REFUSED}
    assert by_key == {number: {Fate.ACCEPTED} for number in (0, 1, 2, 4, 5)}
    assert len(store.messages) == 5


@pytest.mark.parametrize(
    ("recipients", "cause"),
    [([ANN], Cause.INVALID_ADDRESS), ([ANN, BOB], Cause.NOT_CARRIED)],
)
def test_an_address_refused_with_the_whole_request(recipients, cause):
    """Of several recipients none is blamed for another's address."""
    body = json.dumps(
        {
            "ErrorCode": "mj-0013",
            "StatusCode": 400,
            "ErrorMessage": '"x@y..z" is an invalid email address.',
            "ErrorRelatedTo": ["To[0].Email"],
        }
    )
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\n\r\n"
    message = to_json(mail(To=recipients), recipients)
    with raw_server((head + body).encode) as port:
        sent = connected(f"http://127.0.0.1:{port}").send(
            [entry_of(message, 1, recipients)]
        )
    assert fates(sent) == [Fate.REFUSED] * len(recipients)
    assert {one.cause for one in sent.deliveries[0].errors.values()} == {cause}


def test_without_a_thread_to_watch_the_time_nothing_is_begun(api, store, monkeypatch):
    def scarce(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", scarce)
    sent = api.send([numbered(1)])
    assert fates(sent) == [Fate.NOT_BEGUN] and not store.messages
    assert "thread" in str(sent.failure)


def test_too_late(standin, store):
    now = [100.0]
    with connected(standin, clock=lambda: now[0]) as api:
        on_time = entry(key=1, deadline=100.0)
        sent = api.send([entry(key=2, deadline=99.0), on_time])
    by_key = {one.envelope.key: one for one in sent.deliveries}
    assert by_key[2].fates == {ANN: Fate.NOT_BEGUN} and not by_key[2].errors
    assert by_key[1].fates == {ANN: Fate.ACCEPTED}


def test_too_late_while_it_is_written(standin, store):
    ticks = iter(range(1000))
    message = mail(attachments=[("a.zip", bytes(2_000_000), "a/b")])
    with connected(standin, clock=lambda: next(ticks)) as api:
        sent = api.send([entry(message, deadline=10.0)])
    assert fates(sent) == [Fate.NOT_BEGUN] and not sent.failure
    assert not store.messages


# ----------------------------------------------------------------------
# Faults
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "fate", "taken"),
    [
        ("closed", Fate.UNCERTAIN, 0),
        ("lost", Fate.UNCERTAIN, 2),
        ("torn", Fate.UNCERTAIN, 2),
        ("jumbled", Fate.UNCERTAIN, 2),
        ("garbage", Fate.UNCERTAIN, 0),
        ("oversize", Fate.UNCERTAIN, 0),
        ("hang_up_after", Fate.ACCEPTED, 2),
        ("slow", Fate.ACCEPTED, 2),
        ("error", Fate.NOT_BEGUN, 0),
        ("rate_limited", Fate.NOT_BEGUN, 0),
        ("unauthorized", Fate.NOT_BEGUN, 0),
        ("redirect", Fate.NOT_BEGUN, 0),
    ],
)
def test_a_fault(api, standin, store, fault, fate, taken):
    standin.faults.add(
        fault, path="send", **({"seconds": 0.1} if fault == "slow" else {})
    )
    sent = api.send([numbered(1), numbered(2)])
    assert fates(sent) == [fate] * 2
    assert len(store.messages) == taken
    assert bool(sent.failure) is (fate is not Fate.ACCEPTED)
    assert set(fates(api.send([numbered(3)]))) == {Fate.ACCEPTED}


@pytest.mark.parametrize(
    ("fault", "options"),
    [("timeout", {"seconds": 3}), ("trickle", {}), ("drip", {"seconds": 0.05})],
)
def test_an_answer_that_does_not_end_is_given_up(standin, store, fault, options):
    standin.faults.add(fault, path="send", **options)
    start = time.monotonic()
    with connected(standin, deadline=0.5) as api:
        sent = api.send([numbered(1)])
    assert time.monotonic() - start < 2
    assert fates(sent) == [Fate.UNCERTAIN]
    assert sent.failure.cause is Cause.TOO_SLOW


def test_a_request_cut_while_it_is_written_was_not_taken(api, standin, store):
    standin.faults.add("cut", path="send", size=1000)
    content = b"".join(number.to_bytes(4, "big") for number in range(2_000_000))
    message = mail(attachments=[("a.zip", content, "a/b")])
    sent = api.send([entry(message)])
    assert fates(sent) == [Fate.NOT_BEGUN]
    assert sent.failure.cause is Cause.DISCONNECTED
    assert not store.messages


def test_a_refused_connection_begins_nothing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        sent = connected(url).send([numbered(1)])
    assert fates(sent) == [Fate.NOT_BEGUN]
    assert sent.failure.cause is Cause.CONNECTION_REFUSED
    diagnosis = diagnose(sent.failure)
    assert str(diagnosis.reason).startswith("127.0.0.1 refuses")
    assert "HTTPS" in str(diagnosis.cure)


def test_a_foreign_certificate_gets_no_keys(store):
    tls = TestAuthority().issue("localhost").server_context()
    with raw_server(lambda: b"", tls) as port:
        sent = connected(f"https://localhost:{port}").send([numbered(1)])
    assert fates(sent) == [Fate.NOT_BEGUN]
    assert sent.failure.cause in (
        Cause.CERTIFICATE_SELF_SIGNED,
        Cause.CERTIFICATE_AUTHORITY,
    )
    assert diagnose(sent.failure).pauses


def test_the_pause_is_mailjets_own(api, standin):
    standin.faults.add("rate_limited", path="send", retry_after=7)
    assert api.send([numbered(1)]).pause == 7


def test_the_pause_grows_and_starts_again(api, standin):
    standin.faults.add("error", path="send", times=4, status=503)
    pauses = [api.send([numbered(1)]).pause for _attempt in range(5)]
    assert pauses == [1, 2, 4, 8, 0]


def test_the_pause_has_an_end(api, standin):
    standin.faults.add("error", path="send", times=None)
    for _attempt in range(12):
        pause = api.send([numbered(1)]).pause
    assert pause == 60


def test_a_suspended_account_pauses(api, standin, store):
    store.set_active(KEY, False)
    failure = api.send([numbered(1)]).failure
    assert failure.cause is Cause.SUSPENDED
    assert diagnose(failure).pauses and diagnose(failure).needs_admin


def test_wrong_keys_pause(standin):
    sent = connected(standin, "other").send([numbered(1)])
    assert sent.failure.cause is Cause.LOGIN and diagnose(sent.failure).pauses


def test_no_text_shows_a_secret(standin):
    body = json.dumps({"ErrorMessage": f"{KEY} {SECRET} hidden-too", "StatusCode": 400})
    standin.faults.add("garbage", path="send", status=400, body=body)
    sent = connected(standin, hidden=["hidden-too"]).send([numbered(1)])
    [error] = sent.deliveries[0].errors.values()
    for secret in (KEY, SECRET, "hidden-too"):
        assert secret not in f"{error!r} {error} {sent}"
    assert error.__cause__ is None and error.__context__ is None


def test_no_text_of_the_system_shows_a_secret():
    tls = TestAuthority().issue("localhost").server_context()
    with raw_server(lambda: b"", tls) as port:
        url = f"https://localhost:{port}"
        failure = SendApi(KEY, "certificate", url).send([numbered(1)]).failure
    assert "verify failed" in str(failure)
    assert "certificate" not in str(failure).lower()


def test_the_keys_go_nowhere_else():
    for url in ("http://api.mailjet.com", "https://api.mailjet.com/x", "ftp://a"):
        with pytest.raises(InvalidError):
            SendApi(KEY, SECRET, url)


def test_a_read_only_connection_sends_nothing(standin, store):
    with pytest.raises(ReadOnlyError):
        connected(standin, read_only=True).send([numbered(1)])
    assert not standin.requests


# ----------------------------------------------------------------------
# The connection test
# ----------------------------------------------------------------------


def test_a_check_sends_nothing(api, store):
    assert api.check(AUTHOR, ANN) is None
    assert not store.messages


def test_a_check_says_what_is_wrong(api, standin, store):
    error = api.check("stranger@elsewhere.example", ANN)
    assert error.cause is Cause.SENDER
    assert connected(standin, "other").check(AUTHOR, ANN).cause is Cause.LOGIN
    standin.faults.add("garbage", path="send")
    assert api.check(AUTHOR, ANN).cause is Cause.API_ANSWER
    store.set_active(KEY, False)
    assert api.check(AUTHOR, ANN).cause is Cause.SUSPENDED


def test_no_thread_stays_behind(api):
    before = threading.active_count()
    for number in range(5):
        api.send([numbered(number)])
    time.sleep(0.05)
    assert threading.active_count() <= before + 1
