"""Several sessions of the Send API at once, against the stand-in over real sockets."""

import threading
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet import send_sessions
from mail_mailjet.tools.mailjet.send_api import SendApi
from mail_mailjet.tools.mailjet.send_request import entry_of
from mail_mailjet.tools.mailjet.send_sessions import SendSessions
from mail_mailjet.tools.smtp.cause import Cause
from mail_mailjet.tools.smtp.pipeline import Fate
from rest_account import KEY, SECRET


@pytest.fixture
def store(store):
    store.add_sender(KEY, "*@example.com")
    return store


def opener(standin, **options):
    options = {"read_timeout": 20.0, "random_part": lambda: 0.0, **options}
    return lambda: SendApi(KEY, SECRET, standin.url, **options)


def entry(number, sender="info@example.com", **options):
    message = {
        "From": {"Email": sender},
        "To": [{"Email": f"to{number}@example.org"}],
        "Subject": f"Mail {number}",
        "TextPart": "Hello",
        "CustomID": f"id-{number}",
    }
    return entry_of(message, number, [f"to{number}@example.org"], **options)


def hand_over(sessions, entries):
    sessions.put(entries)
    deliveries = sessions.take(0, 30)
    assert not sessions.pending, "Mails have no delivery"
    sessions.close()
    assert len(deliveries) == len(entries)
    return {delivery.envelope.key: delivery for delivery in deliveries}


def fates(deliveries):
    return Counter(
        fate for delivery in deliveries.values() for fate in delivery.fates.values()
    )


@pytest.fixture
def sizes(monkeypatch):
    """Return how many mails each request had."""
    sizes, send = [], SendApi.send

    def watched(self, entries):
        sizes.append(len(entries))
        return send(self, entries)

    monkeypatch.setattr(SendApi, "send", watched)
    return sizes


@pytest.fixture
def no_pause(monkeypatch):
    """Do not wait between tries."""
    rest = SendSessions._rest
    monkeypatch.setattr(SendSessions, "_rest", lambda self, _seconds: rest(self, 0))


def test_requests_are_full_and_each_mail_is_sent_once(standin, store, sizes):
    found = hand_over(
        SendSessions(opener(standin), 4), [entry(number) for number in range(220)]
    )
    assert fates(found) == {Fate.ACCEPTED: 220}
    assert set(store.taken().values()) == {1} and len(store.taken()) == 220
    assert sorted(sizes) == [20, 50, 50, 50, 50]
    taken = {m.rcpt_tos[0]: str(m.message_ids[0]) for m in store.messages}
    assert {
        to: one for d in found.values() for to, one in d.message_ids.items()
    } == taken


def test_no_thread_is_left(standin):
    before = threading.active_count()
    sessions = SendSessions(opener(standin), 4)
    hand_over(sessions, [entry(number) for number in range(120)])
    assert not sessions.running and sessions._idle == 0
    assert threading.active_count() <= before + 5  # those of the stand-in


@pytest.mark.parametrize(
    ("kind", "options"),
    [("rate_limited", {}), ("error", {"status": 503}), ("error", {"status": 500})],
)
def test_mailjet_asks_to_wait(standin, store, no_pause, kind, options):
    standin.faults.add(kind, path="send", times=2, **options)
    found = hand_over(
        SendSessions(opener(standin), 2), [entry(number) for number in range(60)]
    )
    assert fates(found) == {Fate.ACCEPTED: 60}
    assert set(store.taken().values()) == {1} and len(store.taken()) == 60


@pytest.mark.parametrize(
    ("kind", "options", "cause"),
    [
        ("rate_limited", {}, Cause.THROTTLED),
        ("error", {"status": 503}, Cause.API_UNAVAILABLE),
        ("unauthorized", {}, Cause.LOGIN),
    ],
)
def test_an_outage_ends_all_sessions_and_sends_nothing(
    standin, store, no_pause, sizes, kind, options, cause
):
    standin.faults.add(kind, path="send", times=None, **options)
    sessions = SendSessions(opener(standin), 3)
    found = hand_over(sessions, [entry(number) for number in range(300)])
    assert fates(found) == {Fate.NOT_BEGUN: 300}
    assert sessions.failure.cause is cause
    assert not store.taken()
    if cause is Cause.LOGIN:
        assert len(sizes) <= 3, "A refused key is not tried again and again"


def test_a_few_mails_are_no_reason_why_mailjet_asks_to_wait(standin, no_pause):
    standin.faults.add("rate_limited", path="send", times=None)
    sessions = SendSessions(opener(standin), 1)
    found = hand_over(sessions, [entry(number) for number in range(3)])
    assert fates(found) == {Fate.NOT_BEGUN: 3}
    assert sessions.failure.cause is Cause.THROTTLED


def test_nobody_waits_as_long_as_mailjet_may_ask(standin, sizes):
    """Mails that fill the queue would block the thread that prepares more."""
    standin.faults.add("rate_limited", path="send", times=None, retry_after=3600)
    sessions = SendSessions(opener(standin), 2)
    found = hand_over(sessions, [entry(number) for number in range(120)])
    assert fates(found) == {Fate.NOT_BEGUN: 120}
    assert sessions.failure.cause is Cause.THROTTLED
    assert len(sizes) <= 2


def test_a_mail_whose_time_is_over_meanwhile_has_no_reason(
    standin, no_pause, monkeypatch
):
    now = [0.0]
    send = SendApi.send

    def slow(self, entries):
        sent = send(self, entries)
        now[0] = 11.0
        return sent

    monkeypatch.setattr(SendApi, "send", slow)
    standin.faults.add("error", path="send", status=500)
    sessions = SendSessions(
        opener(standin, clock=lambda: now[0]), 1, clock=lambda: now[0]
    )
    found = hand_over(sessions, [entry(1, deadline=10.0)])
    assert fates(found) == {Fate.NOT_BEGUN: 1}
    assert not found[1].errors, "The server has refused nothing"


def test_what_got_no_answer_is_in_doubt(standin, store, no_pause):
    standin.faults.add("lost", path="send", times=1)
    found = hand_over(
        SendSessions(opener(standin), 1), [entry(number) for number in range(100)]
    )
    assert fates(found) == {Fate.UNCERTAIN: 50, Fate.ACCEPTED: 50}
    assert set(store.taken().values()) == {1} and len(store.taken()) == 100


def test_a_server_that_never_answers_is_not_given_everything(standin, no_pause):
    standin.faults.add("lost", path="send", times=None)
    sessions = SendSessions(opener(standin), 1)
    found = hand_over(sessions, [entry(number) for number in range(500)])
    assert fates(found) == {Fate.UNCERTAIN: 150, Fate.NOT_BEGUN: 350}
    assert sessions.failure


def test_a_mail_that_breaks_each_request_takes_no_other_down(standin, store, no_pause):
    send = SendApi.send

    def watched(self, entries):
        if any(b'"Mail 17"' in b"".join(one.pieces) for one in entries):
            standin.faults.add("error", path="send", status=500)
        return send(self, entries)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SendApi, "send", watched)
        entries = [entry(number) for number in range(200)]
        found = hand_over(SendSessions(opener(standin), 1), entries)
    lost = {
        key for key, one in found.items() if Fate.ACCEPTED not in one.fates.values()
    }
    assert lost == {17}
    assert found[17].errors["to17@example.org"]
    assert len(store.taken()) == 199 and set(store.taken().values()) == {1}


def test_one_refused_mail_does_not_concern_the_others(standin, store):
    entries = [entry(number) for number in range(10)]
    entries[3] = entry(3, sender="info@foreign.example")
    found = hand_over(SendSessions(opener(standin), 1), entries)
    assert fates(found) == {Fate.ACCEPTED: 9, Fate.REFUSED: 1}
    assert found[3].errors["to3@example.org"].cause is Cause.SENDER


def test_mails_whose_time_is_over_are_not_begun(standin, store):
    now = [0.0]
    sessions = SendSessions(opener(standin), 1, clock=lambda: now[0])
    entries = [entry(number, deadline=10.0) for number in range(5)]
    now[0] = 11.0
    found = hand_over(sessions, entries)
    assert fates(found) == {Fate.NOT_BEGUN: 5}
    assert not sessions.failure and not store.taken()


def test_what_was_not_begun_can_be_taken_back(standin, store):
    standin.delay = 0.3
    sessions = SendSessions(opener(standin), 1)
    sessions.put([entry(number) for number in range(120)])
    sessions.cancel()
    found = {one.envelope.key: one for one in sessions.take(0, 10)}
    sessions.close()
    assert fates(found)[Fate.ACCEPTED] <= 50
    assert fates(found)[Fate.NOT_BEGUN] >= 70
    assert len(store.taken()) == fates(found)[Fate.ACCEPTED]


def test_a_fault_of_ours_leaves_no_mail_without_a_delivery(
    standin, no_pause, monkeypatch
):
    def send(self, entries):
        raise ZeroDivisionError

    monkeypatch.setattr(SendApi, "send", send)
    monkeypatch.setattr(send_sessions._logger, "exception", lambda *_args: None)
    found = hand_over(SendSessions(opener(standin), 2), [entry(n) for n in range(60)])
    assert Fate.UNCERTAIN in fates(found)
    assert fates(found).total() == 60


FAULTS = st.lists(
    st.sampled_from(
        ["lost", "torn", "cut", "closed", "hang_up_after", "rate_limited", "jumbled"]
    ),
    max_size=6,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(faults=FAULTS, count=st.integers(1, 130), limit=st.integers(1, 3))
def test_any_faults_send_no_mail_twice(standin, store, no_pause, faults, count, limit):
    store.clear_messages()
    standin.faults.clear()
    for kind in faults:
        standin.faults.add(kind, path="send")
    sessions = SendSessions(opener(standin), limit)
    found = hand_over(sessions, [entry(number) for number in range(count)])
    taken = store.taken()
    assert set(taken.values()) <= {1}
    for number, delivery in found.items():
        [(address, fate)] = delivery.fates.items()
        if fate == Fate.ACCEPTED:
            assert address in taken
        elif fate != Fate.UNCERTAIN:
            assert address not in taken, number


def test_a_thread_that_cannot_be_had_is_not_counted(standin, sizes, monkeypatch):
    """The others do its work."""
    start, left = threading.Thread.start, [1]

    def scarce(thread):
        if getattr(thread._target, "__name__", "") == "_run":
            if not left[0]:
                raise RuntimeError("can't start new thread")
            left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    sessions = SendSessions(opener(standin), 3)
    found = hand_over(sessions, [entry(number) for number in range(160)])
    assert fates(found) == {Fate.ACCEPTED: 160}
    assert not sessions.running and sessions._idle == 0
