"""Retries, deadlines, and answers that do not come."""

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from mail_mailjet.tools.mailjet.errors import (
    MailjetApiError,
    RateLimitedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from mail_mailjet.tools.mailjet.resources import MailjetApi
from rest_account import ADDRESS, DOMAIN, KEY, SECRET, client, raw_server


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rate_limited", {}),
        ("error", {"status": 502}),
        ("error", {"status": 503}),
        ("error", {"status": 504}),
        ("closed", {}),
    ],
)
def test_reads_are_retried(api, standin, clock, kind, options):
    standin.faults.add(kind, times=3, **options)
    assert api.user().id == "1"
    assert clock.pauses == [0.5, 1.0, 2.0]


def test_full_jitter(standin, clock):
    parts = iter([0.0, 0.25, 1.0])
    options = {"clock": clock, "sleep": clock.sleep, "random_part": lambda: next(parts)}
    standin.faults.add("error", status=503, times=3)
    with MailjetApi(KEY, SECRET, standin.url, **options) as api:
        api.user()
    assert clock.pauses == [0.0, 0.25, 2.0]


@pytest.mark.parametrize("kind", ["rate_limited", "closed", "lost"])
def test_a_post_is_not_retried(api, standin, clock, kind):
    standin.faults.add(kind)
    with pytest.raises((RateLimitedError, UnavailableError)):
        api.create_sender(ADDRESS)
    assert len(standin.requests) == 1 and not clock.pauses


def test_idempotent_writes_are_retried(api, standin, clock):
    sender = api.create_sender(DOMAIN)
    for write in (
        lambda: api.update_sender(sender.id, name="New"),
        lambda: api.check_dns(sender.dns_id),
        lambda: api.delete_sender(sender.id),
    ):
        standin.faults.add("closed")
        write()
    assert len(clock.pauses) == 3


@pytest.mark.parametrize("kind", ["error", "unauthorized", "garbage"])
def test_errors_that_are_not_retried(api, standin, clock, kind):
    standin.faults.add(kind)
    with pytest.raises(MailjetApiError):
        api.user()
    assert not clock.pauses


def test_the_deadline_ends_retries(api, standin, clock):
    standin.faults.add("error", status=503, times=None)
    with pytest.raises(UnavailableError) as caught:
        api.user()
    assert caught.value.reason == "status" and caught.value.status == 503
    assert clock.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0] and clock.now < 60


def test_retry_after_is_honored(api, standin, clock):
    standin.faults.add("rate_limited", retry_after=7)
    standin.faults.add("error", status=503, retry_after=3)
    api.user()
    assert clock.pauses == [7.0, 3.0]


def test_a_retry_after_beyond_the_deadline_is_reported(api, standin, clock):
    standin.faults.add("rate_limited", retry_after=600)
    with pytest.raises(RateLimitedError) as caught:
        api.user()
    assert caught.value.retry_after == 600 and not clock.pauses


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "nan", "inf", "9999999", "Mon, 99 Foo 2020 00:00:00 GMT"]
)
def test_an_implausible_retry_after(api, standin, clock, text):
    standin.faults.add("rate_limited", retry_after=text)
    api.user()
    assert clock.pauses == [0.5]


def test_retry_after_as_a_date(api, standin, clock):
    then = datetime.now(timezone.utc) + timedelta(seconds=30)
    standin.faults.add("rate_limited", retry_after=format_datetime(then, usegmt=True))
    api.user()
    assert 25 < clock.pauses[0] <= 30


def test_nobody_listens(standin, clock):
    standin.stop()
    with client(standin, clock) as api, pytest.raises(UnavailableError) as caught:
        api.user()
    assert caught.value.reason == "connection" and caught.value.status == 0


def test_no_answer_in_time(standin):
    standin.faults.add("timeout", times=None)
    with client(standin, read_timeout=0.05, deadline=0.2) as api:
        with pytest.raises(UnavailableError) as caught:
            api.user()
    assert caught.value.reason == "timeout"


def test_a_slow_answer_is_an_answer(standin):
    standin.faults.add("slow", seconds=0.1)
    with client(standin) as api:
        assert api.user().id == "1"


@pytest.mark.parametrize(
    "options",
    [
        {"size": 1024},
        {"seconds": 5},
        # requests itself would read all of this one
        {"size": 1024, "status": 302, "location": "/v3/REST/sender"},
    ],
)
def test_an_answer_that_trickles_in(standin, options):
    standin.faults.add("trickle", times=None, **options)
    with client(standin, read_timeout=0.15, deadline=0.3) as api:
        start = time.monotonic()
        with pytest.raises(UnavailableError) as caught:
            api.user()
    assert caught.value.reason == "timeout"
    assert time.monotonic() - start < 2


def test_an_answer_that_is_too_large(standin):
    standin.faults.add("oversize", size=200_000)
    with client(standin, max_size=100_000) as api:
        with pytest.raises(UnexpectedAnswerError, match="too large"):
            api.user()


def test_an_answer_that_breaks_off(standin, clock):
    broken = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"
    zipped = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n{"
    for content, kind in (
        # urllib3 2 and later notices missing bytes, otherwise JSON does
        (broken, (UnavailableError, UnexpectedAnswerError)),
        (chunked, UnavailableError),
        (zipped, UnexpectedAnswerError),
    ):
        with raw_server(lambda content=content: content) as port:
            api = MailjetApi(
                KEY,
                SECRET,
                f"http://127.0.0.1:{port}",
                clock=clock,
                sleep=clock.sleep,
                deadline=1,
            )
            with api, pytest.raises(kind):
                api.user()
