"""Wait for Mailjet's report on an email."""

from datetime import datetime, timedelta, timezone

import pytest
from mail_mailjet.tests.standins import RestStandin, Store
from mail_mailjet.tools.mailjet.delivery_failure import Kind
from mail_mailjet.tools.mailjet.resources import MailjetApi
from mail_mailjet.tools.mailjet.round_trip import Verdict, wait_for_delivery

KEY, SECRET = "key-of-the-account", "hush-hush-secret"


class Clock:
    """A clock that only advances while somebody sleeps."""

    def __init__(self, on_sleep=lambda seconds: None):
        self.now = 0.0
        self.on_sleep = on_sleep

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.on_sleep(self.now)


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def rest(store):
    with RestStandin(store) as rest:
        yield rest


def send(store, recipient, custom_id="test-1"):
    store.add_message(
        api_key=KEY,
        mail_from="info@example.com",
        rcpt_tos=[recipient],
        content=f"X-MJ-CustomID: {custom_id}\r\n\r\nHi\r\n".encode(),
        port=587,
        security="starttls",
        auth_mechanism="PLAIN",
    )


def wait(rest, seconds=120, clock=None):
    clock = clock or Clock()
    since = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=1)
    with MailjetApi(KEY, SECRET, rest.url, deadline=0.4) as client:
        return wait_for_delivery(
            client, "test-1", since, seconds, sleep=clock.sleep, clock=clock
        )


@pytest.mark.parametrize(
    ("word", "verdict", "kind"),
    [
        ("anybody", Verdict.DELIVERED, None),
        ("open", Verdict.DELIVERED, None),
        ("bounce", Verdict.FAILED, Kind.HARD),
        ("softbounce", Verdict.FAILED, Kind.SOFT),
        ("blocked", Verdict.FAILED, Kind.SUPPRESSED),
        ("greylisted", Verdict.UNDER_WAY, None),
        ("dropped", Verdict.NO_TRACE, None),
    ],
)
def test_verdicts(store, rest, word, verdict, kind):
    send(store, f"{word}@example.org")
    trip = wait(rest)
    assert trip.verdict is verdict
    assert (trip.failure and trip.failure.kind) is kind


def test_another_email_does_not_count(store, rest):
    send(store, "anybody@example.org", "test-2")
    assert wait(rest, seconds=3).verdict is Verdict.NO_TRACE


def test_waits_until_it_is_listed(store, rest):
    def arrive(now):
        if now >= 4 and not store.messages:
            send(store, "anybody@example.org")

    trip = wait(rest, clock=Clock(arrive))
    assert (trip.verdict, trip.seconds) == (Verdict.DELIVERED, 4)


def test_an_outage_is_waited_out_and_wrong_keys_are_not(store, rest):
    send(store, "anybody@example.org")
    rest.faults.add("error", status=503, times=2)
    assert wait(rest).verdict is Verdict.DELIVERED
    rest.faults.add("unauthorized")
    trip = wait(rest)
    assert trip.verdict is Verdict.NOT_ASKED
    assert trip.seconds == 0


def test_polls_no_more_often_than_planned(store, rest):
    wait(rest, seconds=120)
    asked = [request for request in rest.requests if "message" in request.path]
    assert len(asked) <= 30
