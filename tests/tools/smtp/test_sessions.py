"""Pipelines and several sessions at once, against the stand-in relay over real TLS."""

import smtplib
import threading
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_mailjet.tests.standins import (
    HANG_UP,
    HANG_UP_AFTER,
    LOSE_ANSWER,
    SmtpStandin,
    Store,
    TestAuthority,
)
from mail_mailjet.tools.smtp import pipeline as pipeline_module
from mail_mailjet.tools.smtp.connection import Connector
from mail_mailjet.tools.smtp.pipeline import Envelope, Fate, LineBrokenError, Pipeline
from mail_mailjet.tools.smtp.sessions import Sessions

KEY, SECRET = "key-of-the-account", "hush-hush-secret"
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


@pytest.fixture
def connector(relay):
    context = AUTHORITY.client_context()
    return Connector("localhost", relay.starttls_port, context, False, KEY, SECRET)


def envelope(number, *recipients, **options):
    recipients = recipients or (f"to{number}@example.org",)
    content = f"Subject: {number}\r\n\r\n.A dot\r\n..Two\r\nand no end".encode()
    return Envelope(number, "info@example.com", recipients, content, **options)


def hand_over(sessions, envelopes):
    sessions.put(envelopes)
    deliveries = sessions.take()
    sessions.close()
    return {delivery.envelope.key: delivery for delivery in deliveries}


def fates(deliveries):
    return Counter(
        fate for delivery in deliveries.values() for fate in delivery.fates.values()
    )


# -- One pipeline --------------------------------------------------------------------


@pytest.mark.parametrize("pipelines", [True, False])
def test_each_mail_comes_to_one_delivery(relay, store, connector, pipelines):
    connection = connector.open()
    if not pipelines:
        del connection.esmtp_features["pipelining"]
    reply = "550 5.1.1 User unknown"
    relay.faults.add("RCPT", reply, address="bad@example.org", times=None)
    kept = []
    pipeline = Pipeline(connection, kept.append)
    pipeline.offer(envelope(1))
    pipeline.offer(envelope(2, "bad@example.org"))
    pipeline.offer(envelope(3, "bad@example.org", "good@example.org"))
    pipeline.offer(envelope(4))
    pipeline.finish()
    connection.quit()
    assert [delivery.envelope.key for delivery in kept] == [1, 2, 3, 4]
    assert kept[1].fates == {"bad@example.org": Fate.REFUSED}
    assert kept[2].fates == {
        "bad@example.org": Fate.REFUSED,
        "good@example.org": Fate.ACCEPTED,
    }
    assert store.taken() == {
        "to1@example.org": 1,
        "good@example.org": 1,
        "to4@example.org": 1,
    }
    body = store.messages[0].content.partition(b"\r\n\r\n")[2]
    assert body == b".A dot\r\n..Two\r\nand no end\r\n"


def test_a_mail_whose_time_is_over_is_not_begun(connector, store):
    now = [0.0]
    connection, kept = connector.open(), []
    pipeline = Pipeline(connection, kept.append, clock=lambda: now[0])
    pipeline.offer(envelope(1, deadline=10.0))
    now[0] = 11.0
    with pytest.raises(LineBrokenError):
        pipeline.finish()
    assert kept[0].fates == {"to1@example.org": Fate.NOT_BEGUN}
    assert not store.taken()


def test_a_line_end_in_an_address_is_no_command(connector):
    pipeline = Pipeline(connector.open(), print)
    with pytest.raises(ValueError, match="line end"):
        pipeline.offer(envelope(1, ",\r\nDATA"))


# -- Several sessions ----------------------------------------------------------------


def test_mails_that_are_late_do_not_end_a_session(relay, store, connector):
    now = [0.0]
    sessions = Sessions(connector.open(), connector, 1, clock=lambda: now[0])
    relay.options.delay = 0.2  # the first one is begun, and waits for the reply
    sessions.put([envelope(number, deadline=10.0) for number in range(5)])
    now[0] = 11.0
    late = sessions.take()
    assert {fate for one in late for fate in one.fates.values()} == {Fate.NOT_BEGUN}
    assert len(late) == 5 and not sessions.failure
    relay.options.delay = 0
    assert fates(hand_over(sessions, [envelope(5)])) == {Fate.ACCEPTED: 1}
    assert store.taken() == {"to5@example.org": 1}


def test_several_sessions_send_each_mail_once(relay, store, connector):
    relay.options.delay = 0.005
    sessions = Sessions(connector.open(), connector, 4)
    found = hand_over(sessions, [envelope(number) for number in range(100)])
    assert fates(found) == {Fate.ACCEPTED: 100}
    assert set(store.taken().values()) == {1} and len(store.taken()) == 100
    assert len(found) == 100


def test_too_many_messages_on_a_connection_means_another_one(relay, store, connector):
    relay.options.max_messages = 7

    def is_rotation(error):
        return b"too many messages" in getattr(error, "smtp_error", b"").lower()

    sessions = Sessions(connector.open(), connector, 2, is_rotation)
    found = hand_over(sessions, [envelope(number) for number in range(50)])
    assert fates(found) == {Fate.ACCEPTED: 50}
    assert set(store.taken().values()) == {1}
    assert sessions.allowed == 2


def test_a_brake_halves_the_sessions(relay, store, connector):
    relay.options.delay = 0.005
    relay.options.max_sessions = 2
    sessions = Sessions(connector.open(), connector, 8)
    found = hand_over(sessions, [envelope(number) for number in range(60)])
    assert fates(found) == {Fate.ACCEPTED: 60}
    assert sessions.allowed <= 4


def test_all_sessions_braked_at_once_leave_one(relay, store, connector):
    relay.faults.add("MAIL", "421 4.7.0 Too many connections", times=4)
    sessions = Sessions(connector.open(), connector, 4)
    deliveries = hand_over(sessions, [envelope(number) for number in range(20)])
    assert fates(deliveries) == {Fate.ACCEPTED: 20}
    assert sessions.allowed == 1 and not sessions.failure


def test_a_mail_that_breaks_the_line_does_not_keep_the_others(relay, store, connector):
    relay.faults.add("RCPT", HANG_UP, address="to3@example.org", times=None)
    sessions = Sessions(connector.open(), connector, 2)
    deliveries = hand_over(sessions, [envelope(number) for number in range(12)])
    assert not sessions.failure or fates(deliveries)[Fate.ACCEPTED] == 11
    assert deliveries[3].fates == {"to3@example.org": Fate.NOT_BEGUN}
    assert deliveries[3].errors
    assert set(store.delivered().values()) == {1} and len(store.delivered()) == 11


def test_without_a_server_nothing_is_lost(relay, connector):
    connection = connector.open()
    relay.stop()
    sessions = Sessions(connection, connector, 3)
    found = hand_over(sessions, [envelope(number) for number in range(20)])
    assert fates(found) == {Fate.NOT_BEGUN: 20}
    assert sessions.failure is not None


def test_what_is_queued_can_be_taken_back(relay, connector):
    relay.options.delay = 0.2
    sessions = Sessions(connector.open(), connector, 1)
    sessions.put([envelope(number) for number in range(10)])
    sessions.cancel()
    found = {delivery.envelope.key: delivery for delivery in sessions.take()}
    sessions.close()
    assert len(found) == 10
    assert fates(found)[Fate.NOT_BEGUN] >= 7


STAGES = ("EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "BODY", "CONTENT")
ACTIONS = (
    *(HANG_UP, "451 4.3.0 Later", "550 5.7.1 No", "421 4.3.2 Closing"),
    *(LOSE_ANSWER, HANG_UP_AFTER),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    faults=st.lists(
        st.tuples(st.sampled_from(STAGES), st.sampled_from(ACTIONS), st.integers(0, 9)),
        max_size=5,
    )
)
def test_whatever_happens_each_recipient_has_a_true_fate(
    relay, store, connector, faults
):
    """Accepted means taken once; refused and not begun mean not taken at all."""
    relay.faults.clear()
    store.clear_messages()
    first = connector.open()
    for stage, action, after in faults:
        is_answer = action in (HANG_UP, HANG_UP_AFTER) or action[0].isdigit()
        if stage == "BODY" or stage != "CONTENT" and not is_answer:
            relay.faults.add(stage, HANG_UP, after=after)
        else:
            relay.faults.add(stage, action, after=after)
    sessions = Sessions(first, connector, 3)
    found = hand_over(sessions, [envelope(number) for number in range(15)])
    relay.faults.clear()
    assert len(found) == 15
    taken = store.taken()
    for number, delivery in found.items():
        [(address, fate)] = delivery.fates.items()
        times = taken.get(address, 0)
        expected = {Fate.ACCEPTED: {1}, Fate.UNCERTAIN: {0, 1}}
        assert times in expected.get(fate, {0}), (number, fate, times)
        assert (fate is Fate.ACCEPTED) == (address not in delivery.errors)


def test_the_secrets_are_in_no_text(connector):
    assert SECRET not in repr(connector) and KEY not in repr(connector)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        Connector(
            connector.host, connector.port, connector.context, False, KEY, "wrong"
        ).open()


def test_whoever_waits_gets_what_is_done_when_the_time_is_up(connector, relay, store):
    sessions = Sessions(connector.open(), connector, limit=1)
    relay.options.change(command_delay=0.2)
    sessions.put([envelope(number) for number in range(5)])
    done = sessions.take(seconds=1.5)
    assert 0 < len(done) < 5
    assert sessions.pending == 5 - len(done)
    relay.options.change(command_delay=0)
    assert len(done) + len(sessions.take()) == 5
    assert sessions.pending == 0
    sessions.close()


def test_mails_whose_time_is_over_are_no_reason_to_end(connector, store):
    """They go back as if never queued: nobody has refused anything."""
    sessions = Sessions(connector.open(), connector, 1, clock=lambda: 11.0)
    late = [envelope(number, deadline=10.0) for number in range(8)]
    found = hand_over(sessions, [*late, envelope(8)])
    assert not sessions.failure
    assert not any(found[number].errors for number in range(8))
    assert fates(found) == {Fate.NOT_BEGUN: 8, Fate.ACCEPTED: 1}
    assert store.taken() == {"to8@example.org": 1}


def test_a_mail_that_cannot_be_written_has_a_fate(connector, store):
    sessions = Sessions(connector.open(), connector, 1)
    sessions.put([envelope(1), envelope(2, ",\r\nDATA"), envelope(3)])
    done = sessions.take(seconds=10)
    assert fates({each.envelope.key: each for each in done}) == {
        Fate.ACCEPTED: 2,
        Fate.REFUSED: 1,
    }
    sessions.close()


def test_an_unforeseen_error_in_a_session_leaves_no_mail_without_a_fate(
    connector, monkeypatch
):
    def fail(content):
        raise MemoryError

    monkeypatch.setattr(pipeline_module, "_quoted", fail)
    sessions = Sessions(connector.open(), connector, 1)
    sessions.put([envelope(1)])
    [delivery] = sessions.take(seconds=10)
    assert set(delivery.fates.values()) == {Fate.NOT_BEGUN}
    sessions.close()


def test_without_another_thread_the_first_session_sends_all(
    connector, store, monkeypatch
):
    sessions = Sessions(connector.open(), connector, 4)

    def fail(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    sessions.put([envelope(number) for number in range(20)])
    found = sessions.take(seconds=30)
    assert len(found) == 20 and len(store.taken()) == 20
    assert sessions.running == 1
    sessions.close()


def test_a_server_that_never_answers_does_not_get_the_whole_queue(relay, connector):
    """Each of these mails is uncertain for hours."""
    relay.faults.add("CONTENT", LOSE_ANSWER, times=None)
    sessions = Sessions(connector.open(), connector, 1)
    found = hand_over(sessions, [envelope(number) for number in range(30)])
    assert fates(found)[Fate.UNCERTAIN] <= 3
    assert fates(found)[Fate.NOT_BEGUN] >= 27
    assert sessions.failure
