"""The REST client, against the stand-in Mailjet over a real socket."""

import base64
import json
import logging
import socketserver
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_mailjet import const
from mail_mailjet.tests.standins import RestStandin, Store, TestAuthority
from mail_mailjet.tools.mailjet.client import (
    AuthenticationError,
    InvalidError,
    MailjetApi,
    MailjetApiError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    ReadOnlyError,
    UnavailableError,
    UnexpectedAnswerError,
    check_base_url,
    path_of,
)

KEY, SECRET = "key-of-the-account", "hush-hush-secret"
# Shorter than the first pause, so that nothing is tried again
ONCE = {"deadline": 0.4}
TOKEN = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
ADDRESS, DOMAIN = "shop@example.com", "*@example.com"
URL = "https://mailjet:event-password@odoo.example/mailjet/events/token"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def store():
    store = Store()
    store.add_key(KEY, SECRET)
    return store


@pytest.fixture
def standin(store):
    with RestStandin(store) as standin:
        yield standin


class Clock:
    """Time that only goes on when somebody sleeps."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def api(standin, clock):
    with client(standin, clock) as api:
        yield api


def client(standin, clock=None, pair=(KEY, SECRET), **options):
    if clock:
        options = {"clock": clock, "sleep": clock.sleep, **options}
    options = {"connect_timeout": 2, "read_timeout": 2, **options}
    return MailjetApi(*pair, standin.url, random_part=lambda: 1.0, **options)


def answer_with(standin, body, status=200, times=1, **options):
    """Let the stand-in's next answer have this body."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    standin.faults.add("garbage", body=body, status=status, times=times, **options)


def error_body(message, status=400, info=""):
    return {"ErrorInfo": info, "ErrorMessage": message, "StatusCode": status}


def rows(*data):
    return {"Count": len(data), "Data": list(data), "Total": len(data)}


# -- Where the keys may go -----------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (const.API_URL, "https://api.mailjet.com"),
        ("https://API.us.mailjet.com/", "https://api.us.mailjet.com"),
        ("https://proxy.example.com:8443", "https://proxy.example.com:8443"),
        ("http://localhost:1580", "http://localhost:1580"),
        ("http://[::1]:1580", "http://[::1]:1580"),
    ],
)
def test_a_base_url_to_trust(url, kept):
    assert check_base_url(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.mailjet.com",
        "http://api.mailjet.com",
        "ftp://127.0.0.1",
        "https://me@api.mailjet.com",
        "https://api.mailjet.com/v3",
        "https://api.mailjet.com?x=1",
        "https://api.mailjet.com#x",
        "https://api.mailjet.com:port",
        "https://[api",
    ],
)
def test_a_base_url_not_to_trust(url):
    with pytest.raises(InvalidError):
        MailjetApi(KEY, SECRET, url)


def test_parts_of_a_path_stay_parts():
    assert path_of("sender", DOMAIN, "validate") == "sender/*@example.com/validate"
    assert path_of("sender", "a/b?c#d é") == "sender/a%2Fb%3Fc%23d%20%C3%A9"
    for wrong in ("", None, False, ".", ".."):
        with pytest.raises(InvalidError):
            path_of("sender", wrong)


def test_a_path_never_leads_to_another_host(api, standin):
    for path in ("http://127.0.0.2/", "//127.0.0.2/x", "/@127.0.0.2"):
        with pytest.raises(MailjetApiError):
            api.request("GET", path)
    assert len(standin.requests) == 3


def test_a_certificate_is_always_verified(standin, clock):
    """Plain HTTP on the other side, and a certificate that nobody vouches for."""
    tls = TestAuthority().issue("127.0.0.1").server_context()
    with raw_server(b"", tls) as port:
        api = MailjetApi(KEY, SECRET, f"https://127.0.0.1:{port}", sleep=clock.sleep)
        with api, pytest.raises(UnavailableError) as caught:
            api.user()
    assert caught.value.reason == "tls" and not clock.pauses


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_elsewhere_is_refused(api, standin, status):
    with RestStandin(Store()) as other:
        place = f"{other.url}/v3/REST/user"
        standin.faults.add("redirect", status=status, location=place)
        with pytest.raises(UnexpectedAnswerError, match="another host"):
            api.user()
        assert not other.requests


def test_a_redirect_on_the_same_host_is_followed_by_reads_only(api, standin):
    here = {"location": "/v3/REST/user", "status": 307}
    standin.faults.add("redirect", path="myprofile", **here)
    assert api.request("GET", "myprofile")["Data"][0]["Username"]
    standin.faults.add("redirect", path="sender", **here)
    with pytest.raises(UnexpectedAnswerError):
        api.create_sender(ADDRESS)
    for hop in range(9):
        standin.faults.add("redirect", location=f"/v3/REST/user?hop={hop}")
    standin.clear_requests()
    with pytest.raises(UnexpectedAnswerError):
        api.user()
    assert len(standin.requests) == 4, "it gives up"
    standin.faults.clear()
    standin.faults.add("redirect", location="")
    with pytest.raises(UnexpectedAnswerError, match="nowhere"):
        api.user()


def test_an_odd_location_is_refused(api, standin):
    standin.faults.add("redirect", location="http://[odd")
    with pytest.raises(UnexpectedAnswerError):
        api.user()


# -- Secrets -------------------------------------------------------------------------


def failing_calls(standin):
    """Add every fault in turn, also ones that repeat the login."""
    for kind in ("unauthorized", "rate_limited", "error", "closed", "redirect"):
        standin.faults.add(kind, status=302 if kind == "redirect" else 503)
        yield kind
    echo = f"Wrong: {KEY} {SECRET} Basic {TOKEN}"
    for status in (302, 400, 401, 403, 404, 429, 500):
        answer_with(standin, error_body(echo, status, {"Echo": [echo]}), status)
        yield status
    answer_with(standin, echo.encode())
    yield "echo"
    # What Mailjet sends to its owner: the row of a key, here one that cannot be read
    answer_with(standin, rows({"ID": "x", "SecretKey": SECRET}))
    yield "apikey"


def leaves(error):
    """All that can be seen of an error, chained ones and local variables included."""
    # Without the frame of the test itself, which has the secrets in its hands
    error = error.with_traceback(error.__traceback__.tb_next)
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format()) + repr(error) + repr(error.args) + repr(vars(error))


def test_no_secret_in_errors_reprs_and_logs(standin, caplog):
    caplog.set_level(logging.DEBUG)
    with client(standin, **ONCE) as api:
        for _ in failing_calls(standin):
            with pytest.raises(MailjetApiError) as caught:
                api.user()
            assert caught.value.__context__ is None and caught.value.__cause__ is None
            shown = leaves(caught.value) + repr(api)
            for secret in (KEY, SECRET, TOKEN):
                assert secret not in shown
        assert SECRET not in repr(api.own_apikey()) and KEY not in repr(
            api.own_apikey()
        )
    for secret in (KEY, SECRET, TOKEN):
        assert secret not in caplog.text


def test_keys_of_any_characters(standin, store):
    store.add_key("clé-€", "sécret-€")
    with client(standin, pair=("clé-€", "sécret-€")) as api:
        assert api.own_apikey().key == "clé-€"


@pytest.mark.parametrize("pair", [(KEY, "wrong"), (SECRET, KEY), (False, None)])
def test_a_wrong_pair(standin, clock, pair):
    with client(standin, clock, pair=pair) as api:
        with pytest.raises(AuthenticationError) as caught:
            api.user()
    assert caught.value.status == 401 and str(caught.value).startswith("401 ")
    assert len(standin.requests) == 1


# -- Reading only --------------------------------------------------------------------


def test_read_only_sends_no_write(standin):
    with client(standin, read_only=True) as api:
        for write in (
            lambda: api.create_sender(ADDRESS),
            lambda: api.update_sender("1", name="x"),
            lambda: api.delete_sender("1"),
            lambda: api.validate_sender("1"),
            lambda: api.check_dns("1"),
            lambda: api.create_callback("open", URL),
            lambda: api.update_callback("1", URL),
            lambda: api.delete_callback("1"),
            lambda: api.set_exclusion("1", True),
            lambda: api.create_contact(ADDRESS, True),
        ):
            with pytest.raises(ReadOnlyError):
                write()
        assert not standin.requests
        assert list(api.senders()) == []


# -- Again, and giving up ------------------------------------------------------------


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
def test_reads_are_tried_again(api, standin, clock, kind, options):
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
def test_a_post_is_not_tried_again(api, standin, clock, kind):
    standin.faults.add(kind)
    with pytest.raises((RateLimitedError, UnavailableError)):
        api.create_sender(ADDRESS)
    assert len(standin.requests) == 1 and not clock.pauses


def test_idempotent_writes_are_tried_again(api, standin, clock):
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
def test_what_trying_again_does_not_cure(api, standin, clock, kind):
    standin.faults.add(kind)
    with pytest.raises(MailjetApiError):
        api.user()
    assert not clock.pauses


def test_the_deadline_ends_it(api, standin, clock):
    standin.faults.add("error", status=503, times=None)
    with pytest.raises(UnavailableError) as caught:
        api.user()
    assert caught.value.reason == "status" and caught.value.status == 503
    assert clock.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0] and clock.now < 60


def test_retry_after_is_honoured(api, standin, clock):
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
def test_a_retry_after_that_is_not_sane(api, standin, clock, text):
    standin.faults.add("rate_limited", retry_after=text)
    api.user()
    assert clock.pauses == [0.5]


def test_retry_after_as_a_date(api, standin, clock):
    then = datetime.now(timezone.utc) + timedelta(seconds=30)
    standin.faults.add("rate_limited", retry_after=format_datetime(then, usegmt=True))
    api.user()
    assert 25 < clock.pauses[0] <= 30


# -- No answer -----------------------------------------------------------------------


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
        # requests itself would read this one to its end
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
        # What is missing is noticed by urllib3 from its version 2 on, or by JSON
        (broken, (UnavailableError, UnexpectedAnswerError)),
        (chunked, UnavailableError),
        (zipped, UnexpectedAnswerError),
    ):
        with raw_server(content) as port:
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


# -- What Mailjet says ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"", AuthenticationError),
        (401, error_body("API key authentication/..."), AuthenticationError),
        (401, error_body("Operation not allowed"), NotAllowedError),
        (403, error_body("Not authorised"), NotAllowedError),
        (404, error_body("Object not found"), NotFoundError),
        (400, error_body("Object properties invalid"), InvalidError),
        (405, error_body("Method not allowed"), InvalidError),
        (429, b"<html><body><h1>429 Too Many Requests</h1>", RateLimitedError),
        (500, error_body("Internal"), UnavailableError),
        (500, b"", UnavailableError),
        (500, error_body('Could not determine HTTP module for "x"'), InvalidError),
        # Somebody else's words
        (404, b"<html>404 Not Found", UnexpectedAnswerError),
        (404, b"", UnexpectedAnswerError),
        (403, b"<html>Blocked by your proxy", UnexpectedAnswerError),
        (400, b"[]", UnexpectedAnswerError),
        (302, b"", UnexpectedAnswerError),
        (200, b"<html>", UnexpectedAnswerError),
        (200, b"", UnexpectedAnswerError),
        (200, b"null", UnexpectedAnswerError),
        (200, b"[" * 100_000, UnexpectedAnswerError),
        (200, b'{"Data": [{"ID": NaN}]}', UnexpectedAnswerError),
        (200, {"Data": []}, UnexpectedAnswerError),
        (200, {"Data": [1]}, UnexpectedAnswerError),
        (200, {"Data": {}}, UnexpectedAnswerError),
        (200, [], UnexpectedAnswerError),
    ],
)
def test_which_error(standin, status, body, kind):
    answer_with(standin, body, status)
    with client(standin, **ONCE) as api, pytest.raises(MailjetApiError) as caught:
        api.user()
    assert type(caught.value) is kind
    assert caught.value.message


@pytest.mark.parametrize(
    ("info", "line"),
    [
        ("", ""),
        (None, ""),
        ("MJ08 Property Name is invalid", "MJ08 Property Name is invalid"),
        ({"Properties": [{"p": "Not defined"}]}, "p: Not defined"),
        ('{"Lists": [{"ListID": 1, "Error": "bad"}]}', "ListID: 1; Error: bad"),
        ("{not JSON\n at all", "{not JSON at all"),
        (["one", "two\x00"], "one; two"),
        (7, "7"),
        ("x" * 600, "x" * 500),
    ],
)
def test_what_mailjet_adds_to_an_error(api, standin, info, line):
    answer_with(standin, error_body("Object properties invalid", 400, info), 400)
    with pytest.raises(InvalidError) as caught:
        api.user()
    assert caught.value.message == "Object properties invalid"
    assert caught.value.info == line
    assert str(caught.value) == "400 Object properties invalid" + (
        f" ({line})" if line else ""
    )


def test_what_support_can_find_a_request_by(api, standin):
    standin.faults.add("error")
    with pytest.raises(UnavailableError) as caught:
        api.user()
    assert len(caught.value.request_id) == 36
    answer_with(standin, {"ErrorIdentifier": "abc", "ErrorMessage": "No"}, 400)
    with pytest.raises(InvalidError) as caught:
        api.user()
    assert caught.value.request_id == "abc"


# -- Paging --------------------------------------------------------------------------


def test_all_pages_are_read(api, standin, store):
    senders = store.account(KEY).senders
    api.create_sender(ADDRESS)
    [first] = senders
    senders[:] = [
        {**first, "ID": 2**60 + number, "Email": f"a{number}@example.com"}
        for number in range(2000)
    ]
    standin.clear_requests()
    found = list(api.senders())
    assert [one.id for one in found] == [str(2**60 + n) for n in range(2000)]
    paging = [(r.params["Limit"], r.params["Offset"]) for r in standin.requests]
    assert paging == [("1000", "0"), ("1000", "1000"), ("1000", "2000")]


def test_999_rows_need_one_request(api, standin):
    answer_with(standin, rows(*({"ID": number + 1} for number in range(999))))
    assert len(list(api.iterate("anything"))) == 999
    assert len(standin.requests) == 1


@pytest.mark.parametrize(
    "page", [[{"ID": n + 1} for n in range(1000)], [{"Day": "x", "Sub": []}] * 1000]
)
def test_a_page_that_repeats(api, standin, page):
    answer_with(standin, rows(*page), times=None)
    with pytest.raises(UnexpectedAnswerError, match="same page"):
        list(api.iterate("anything"))
    assert len(standin.requests) == 2


def test_filters_reach_mailjet(api, standin):
    list(api.senders(ShowDeleted=1))
    list(api.dns_records(IsCheckInProgress=0))
    list(api.apikeys(IsMaster=1))
    assert standin.requests[0].params["ShowDeleted"] == "1"


# -- Senders -------------------------------------------------------------------------


def test_the_begin_of_a_window_belongs_to_it(api, store):
    """Although Mailjet leaves out what arrived at FromTS itself."""
    begin = datetime(2026, 3, 5, 9, 0, 0)
    statistics = store.account(KEY).statistics
    for seconds in (-1, 0, 1):
        arrived = begin + timedelta(seconds=seconds)
        statistics.add_message(
            "to@example.org", arrived_at=arrived, custom_id="c-1", sender_id=1
        )
    page = api.message_page(begin, begin, offset=0, limit=10)
    assert [message.arrived_at for message in page] == [begin]
    found = api.messages_of("c-1", begin)
    assert [message.arrived_at.second for message in found] == [0, 1]
    today = datetime(2026, 3, 5)
    [counter] = api.daily_counters(today, today + timedelta(hours=12))
    assert (counter["date"], counter["processed"]) == (today, 3)


def test_the_life_of_a_sender(api, standin):
    sender = api.create_sender(ADDRESS, "Shop", "bulk")
    assert (sender.email, sender.name, sender.email_type) == (ADDRESS, "Shop", "bulk")
    assert sender.status == "inactive" and sender.dns_id == ""
    assert not sender.is_domain and sender.domain == "example.com"
    assert isinstance(sender.created_at, datetime) and not sender.created_at.tzinfo
    api.update_sender(sender.id, name="Store", is_default=True)
    changed = api.sender(ADDRESS)
    assert (changed.name, changed.email_type, changed.is_default) == (
        "Store",
        "bulk",
        True,
    )
    api.update_sender(sender.id, name="Store")  # 304
    api.delete_sender(sender.id)
    assert api.sender(sender.id).status == "deleted"
    with pytest.raises(InvalidError) as caught:
        api.create_sender(ADDRESS)
    assert caught.value.is_duplicate
    with pytest.raises(InvalidError) as caught:
        api.create_sender("nonsense")
    assert not caught.value.is_duplicate
    with pytest.raises(NotFoundError):
        api.sender("nobody@example.com")


def test_the_older_words_for_a_duplicate():
    words = 'MJ18 A Sender resource with value "a@b.c" for Email already exists.'
    assert InvalidError(words).is_duplicate


@pytest.mark.parametrize("envelope", [False, True])
def test_validating_with_and_without_an_envelope(standin, api, envelope):
    standin.validate_envelope = envelope
    sender = api.create_sender(ADDRESS)
    assert api.validate_sender(sender.id).method == "activation_email"
    domain = api.create_sender(DOMAIN)
    assert domain.is_domain and domain.filename.endswith(".txt")
    refused = api.validate_sender(DOMAIN)
    assert not refused.ok and refused.method == ""
    assert refused.message and refused.dns_error and refused.file_error
    standin.lookup_txt = lambda name: [api.dns("example.com").ownership_token]
    assert api.validate_sender(DOMAIN).method == "dns"
    assert api.validate_sender(DOMAIN).method == "already_active"
    assert api.validate_sender(sender.id).method == "domain"
    assert api.sender(sender.id).dns_id == domain.dns_id


def test_odd_answers_to_validate(api, standin):
    answer_with(standin, {"ValidationMethod": "Magic", "Errors": ""})
    assert api.validate_sender("1").method == "unknown"
    answer_with(standin, {"GlobalError": "No", "Errors": {}})
    result = api.validate_sender("1")
    assert result.message == "No" and not result.ok
    for body in ({}, [], rows({"x": 1})):
        answer_with(standin, body)
        with pytest.raises(UnexpectedAnswerError):
            api.validate_sender("1")
    answer_with(standin, error_body("Something else"), 400)
    with pytest.raises(InvalidError):
        api.validate_sender("1")


MOMENT = datetime(2020, 4, 19, 7, 32, 9)
SENDER = {"ID": 2**63, "Email": "a@b.example"}


def test_a_row_with_nothing_but_what_it_needs(api, standin):
    answer_with(standin, rows(SENDER))
    sender = api.sender("1")
    assert sender.id == "9223372036854775808"
    assert sender.name == sender.dns_id == sender.filename == ""
    assert sender.status == sender.email_type == "unknown"
    assert sender.created_at is None and sender.is_default is False


@pytest.mark.parametrize(
    ("field", "value", "name", "read"),
    [
        ("ID", "12", "id", "12"),
        ("DNSID", -1, "dns_id", ""),
        ("DNSID", 4758266369, "dns_id", "4758266369"),
        ("Status", "ACTIVE", "status", "active"),
        ("Status", "Frozen", "status", "unknown"),
        ("IsDefaultSender", "true", "is_default", True),
        ("IsDefaultSender", "False", "is_default", False),
        ("IsDefaultSender", None, "is_default", False),
        ("CreatedAt", "", "created_at", None),
        ("CreatedAt", "2020-04-19T07:32:09", "created_at", MOMENT),
        ("CreatedAt", "2020-04-19T07:32:09.5Z", "created_at", MOMENT),
        ("Name", 5, "name", "5"),
        ("Name", "a\x00\ud800", "name", "a?"),
    ],
)
def test_spellings_of_a_value(api, standin, field, value, name, read):
    answer_with(standin, rows({**SENDER, field: value}))
    assert getattr(api.sender("1"), name) == read


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ID", None),
        ("ID", True),
        ("ID", 0),
        ("ID", 1.5),
        ("ID", "x"),
        ("ID", [1]),
        ("DNSID", "x"),
        ("Email", ""),
        ("Email", {}),
        ("IsDefaultSender", "perhaps"),
        ("IsDefaultSender", []),
        ("CreatedAt", "yesterday"),
        ("CreatedAt", "2021-02-31T00:00:00Z"),
        ("CreatedAt", "2021-02-01T00:00:00+02:00"),
    ],
)
def test_a_value_that_cannot_be_read(api, standin, field, value):
    answer_with(standin, rows({**SENDER, field: value}))
    with pytest.raises(UnexpectedAnswerError):
        api.sender("1")


# -- Domains and the account ---------------------------------------------------------


def test_a_domain(api):
    sender = api.create_sender(DOMAIN)
    [zone] = api.dns_records()
    assert zone == api.dns("example.com") == api.dns(sender.dns_id)
    assert int(zone.id) > 2**32
    assert zone.dkim_name == "mailjet._domainkey.example.com"
    assert zone.ownership_name == f"mailjet._{zone.ownership_token[:8]}.example.com"
    assert zone.dkim_status == zone.spf_status == "not_checked"
    assert zone.last_check_at is None and zone.is_check_in_progress is False
    check = api.check_dns(zone.id)
    assert (check.dkim_status, check.spf_status) == ("error", "not_found")
    assert check.dkim_errors == ("no DKIM record",) and check.spf_found == ()
    assert api.dns(zone.id).last_check_at is not None


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("", ""),
        ("mailjet._1", "mailjet._1.b.example"),
        ("mailjet._1.b.example.", "mailjet._1.b.example"),
        ("mailjet._1.B.example", "mailjet._1.b.example"),
    ],
)
def test_complete_names(api, standin, host, name):
    row = {"ID": 1, "Domain": "B.example.", "OwnerShipTokenRecordName": host}
    answer_with(standin, rows({**row, "DKIMStatus": "Not checked"}))
    zone = api.dns("b.example")
    assert (zone.domain, zone.ownership_name) == ("b.example", name)
    assert zone.dkim_status == "not_checked"


def test_lists_of_a_check(api, standin):
    answer_with(standin, rows({"SPFErrors": "one", "DKIMErrors": None}))
    check = api.check_dns("1")
    assert check.spf_errors == ("one",) and check.dkim_errors == ()
    for odd in ([1], {"a": 1}):
        answer_with(standin, rows({"SPFErrors": odd}))
        with pytest.raises(UnexpectedAnswerError):
            api.check_dns("1")


def test_the_account(api, store, standin):
    store.add_key("other-key", "other-secret", "Shop 2")
    assert api.user().max_api_keys == 5
    assert api.profile().company == "Stand-in Company"
    own, other = api.apikeys()
    assert own == api.own_apikey() and own.is_master and own.is_active
    assert (other.name, other.is_master, other.run_level) == ("Shop 2", False, "normal")
    answer_with(standin, rows({"ID": 1, "APIKey": "x"}))
    assert next(api.apikeys()).is_active, "nothing said, nothing claimed"
    others = rows({"ID": 1, "APIKey": "x"}, {"ID": 2, "APIKey": "y"})
    answer_with(standin, others)
    with pytest.raises(NotFoundError):
        api.own_apikey()


@pytest.mark.parametrize(("value", "read"), [("7", 7), (None, 0), (True, 1)])
def test_numbers(api, standin, value, read):
    answer_with(standin, rows({"ID": 1, "MaxAllowedAPIKeys": value}))
    assert api.user().max_api_keys == read


@pytest.mark.parametrize("value", ["many", 1.5, [1]])
def test_odd_numbers(api, standin, value):
    answer_with(standin, rows({"ID": 1, "MaxAllowedAPIKeys": value}))
    with pytest.raises(UnexpectedAnswerError):
        api.user()


def test_requests_outside_of_rest(api):
    with pytest.raises(InvalidError):
        api.request("GET", "/v3/wrongresourcepath")
    with pytest.raises(UnexpectedAnswerError):
        api.request("GET", "/v9/nothing")


# -- Messages and statistics ---------------------------------------------------------

NOON = datetime(2026, 3, 5, 12)
DAY = "2026-03-05"  # without one, only today counts


def deliver(store, *recipients, at=NOON, custom_id="c-1", campaign=""):
    """Have the stand-in take a mail at a moment; return it."""
    headers = f"X-MJ-CustomID: {custom_id}\r\nX-Mailjet-Campaign: {campaign}\r\n"
    return store.add_message(
        api_key=KEY,
        mail_from=ADDRESS,
        rcpt_tos=recipients,
        content=f"{headers}Content-Type: text/html\r\n\r\nHi\r\n".encode(),
        port=587,
        security="starttls",
        auth_mechanism="PLAIN",
        received_at=at.replace(tzinfo=timezone.utc),
    )


def test_a_message(api, store):
    mail = deliver(store, "open@x.example", "bounce@x.example", campaign="Spring")
    opened, bounced = api.messages(FromTS=DAY)
    assert opened.id == str(mail.message_ids[0]) and int(opened.id) > 2**53
    assert opened.guid == mail.guids[0] != bounced.guid
    assert (opened.status, bounced.status) == ("opened", "hardbounced")
    assert (opened.state_id, bounced.state_id) == ("", "1")
    assert (opened.is_permanent, bounced.is_permanent) == (False, True)
    assert const.MESSAGE_STATES[bounced.state_id] == "user unknown"
    assert opened.email == "open@x.example" and opened.custom_id == "c-1"
    assert opened.contact_id != bounced.contact_id
    assert opened.campaign_id == bounced.campaign_id != ""
    assert opened.arrived_at == NOON
    deliver(store, "a@x.example")
    assert [message.campaign_id for message in api.messages(FromTS=DAY)][2] == ""


def test_messages_by_filter(api, store):
    deliver(store, "a@x.example", "b@x.example")
    [message] = api.messages(ContactAlt="b@x.example", FromTS=DAY)
    assert message.email == "b@x.example"


def test_messages_with_a_custom_id(api, store):
    second = timedelta(seconds=1)
    for at in (NOON - second, NOON, NOON + second):
        deliver(store, "a@x.example", at=at)
    deliver(store, "b@x.example", custom_id="c-2")
    found = [message.arrived_at for message in api.messages_of("c-1", NOON)]
    assert found == [NOON, NOON + second]
    assert list(api.messages_of("c-3", NOON)) == []


def test_messages_of_a_time_page_by_page(api, store, standin):
    day = timedelta(days=1)
    for number in range(-1, 4):
        deliver(store, f"a{number}@x.example", at=NOON + number * day)
    window = NOON, NOON + 2 * day
    standin.clear_requests()
    pages = [
        [message.email for message in api.message_page(*window, offset=at, limit=2)]
        for at in (0, 2, 4)
    ]
    assert pages == [["a0@x.example", "a1@x.example"], ["a2@x.example"], []]
    assert len(standin.requests) == 3, "a page, a request"


@pytest.mark.parametrize(
    ("field", "value", "name", "read"),
    [
        ("Status", "HardBounced", "status", "hardbounced"),
        ("Status", "processed", "status", "unknown"),
        ("Status", None, "status", "unknown"),
        ("StateID", 0, "state_id", ""),
        ("StateID", -1, "state_id", ""),
        ("StateID", "21", "state_id", "21"),
        ("CampaignID", 2**62, "campaign_id", str(2**62)),
        ("CampaignID", -1, "campaign_id", ""),
        ("ContactID", 0, "contact_id", ""),
        ("ContactAlt", "", "email", ""),
        ("ArrivedAt", "", "arrived_at", None),
        ("StatePermanent", "true", "is_permanent", True),
    ],
)
def test_spellings_in_a_message(api, standin, field, value, name, read):
    answer_with(standin, rows({"ID": 1, field: value}))
    [message] = api.messages()
    assert getattr(message, name) == read


@pytest.mark.parametrize(
    ("word", "events"),
    [
        ("anybody", ["sent"]),
        ("click", ["sent", "open", "click"]),
        ("unsub", ["sent", "open", "unsub"]),
        ("spam", ["sent", "spam"]),
        ("blocked", ["blocked"]),
        ("bounce", ["bounce"]),
        ("dropped", []),
    ],
)
def test_the_history_of_a_message_in_the_words_of_posts(api, store, word, events):
    mail = deliver(store, f"{word}@x.example")
    history = api.message_history(mail.message_ids[0])
    assert [entry.event for entry in history] == events
    minute = timedelta(minutes=1)
    assert [entry.date for entry in history] == [
        NOON + number * minute for number in range(len(events))
    ]


def test_why_a_message_failed(api, store):
    mail = deliver(store, "softbounce@x.example")
    [entry] = api.message_history(mail.message_ids[0])
    assert entry.state == "quota exceeded" and entry.comment.startswith("452 4.2.2")
    assert entry.agent == "", "Mailjet gives a number only"
    assert api.message_history("123") == []
    with pytest.raises(InvalidError):
        api.message_history("")


def test_a_long_history_is_read_to_its_end(api, standin):
    opens = [{"EventAt": 1603784101 + n, "EventType": "opened"} for n in range(40)]
    answer_with(standin, rows(*opens))
    assert len(api.message_history("1")) == 40
    assert standin.requests[0].params == {"Limit": "1000"}, "it would be ten"


@pytest.mark.parametrize(
    ("written", "event"),
    [
        ("Opened", "open"),
        ("clicked", "click"),
        ("BOUNCED", "bounce"),
        ("unsubscribed", "unsub"),
        ("open", "open"),
        (" spam ", "spam"),
        ("reincarnated", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_words_of_a_history(api, standin, written, event):
    answer_with(standin, rows({"EventAt": 1603784101, "EventType": written}))
    [entry] = api.message_history("1")
    assert entry.event == event and entry.date == datetime(2020, 10, 27, 7, 35, 1)


@pytest.mark.parametrize("value", [None, 0, -1, "x", 1.5, 10**11, 2**200])
def test_a_time_that_is_none(api, standin, value):
    answer_with(standin, rows({"EventAt": value, "EventType": "sent"}))
    with pytest.raises(UnexpectedAnswerError):
        api.message_history("1")


def test_the_life_of_a_callback(api, store):
    api.create_callback("sent", URL)
    [callback] = api.callbacks()
    assert (callback.event, callback.url, callback.version) == ("sent", URL, 2)
    assert callback.is_alive and not callback.is_backup
    assert "event-password" not in repr(callback)
    with pytest.raises(InvalidError) as caught:
        api.create_callback("sent", URL)
    assert caught.value.is_duplicate
    [row] = store.account(KEY).callbacks
    row.update(Status="dead", Version=1)
    assert not next(api.callbacks()).is_alive
    api.update_callback(callback.id, f"{URL}-2")
    [changed] = api.callbacks()
    assert (changed.id, changed.url) == (callback.id, f"{URL}-2")
    assert changed.is_alive and changed.version == 2
    api.update_callback(callback.id, f"{URL}-2")  # 304
    api.delete_callback(callback.id)
    assert list(api.callbacks()) == []
    for gone in (
        lambda: api.delete_callback(callback.id),
        lambda: api.update_callback(callback.id, URL),
    ):
        with pytest.raises(NotFoundError):
            gone()


def test_all_callbacks_are_read(api, store, standin):
    """Ten rows come by default, and there may be fourteen."""
    for event in const.EVENT_TYPES:
        for is_backup in (True, False):
            body = {"EventType": event, "Url": URL, "IsBackup": is_backup}
            api.request("POST", "eventcallbackurl", json=body)
    found = [(row.event, row.is_backup, row.version) for row in api.callbacks()]
    assert found == [(e, b, 1) for e in const.EVENT_TYPES for b in (True, False)]


def test_a_callback_is_created_once(api, standin, clock, store):
    standin.faults.add("lost")
    with pytest.raises(UnavailableError):
        api.create_callback("open", URL)
    assert len(store.account(KEY).callbacks) == 1 and not clock.pauses


@pytest.mark.parametrize(
    ("values", "name", "read"),
    [
        ({"Status": "Alive"}, "is_alive", True),
        ({"Status": 1}, "is_alive", True),
        ({"Status": ""}, "is_alive", True),
        ({}, "is_alive", True),
        ({"Status": "dead"}, "is_alive", False),
        ({"Status": "DEAD "}, "is_alive", False),
        ({"Status": 0}, "is_alive", False),
        ({"EventType": "Open"}, "event", "open"),
        ({"EventType": "typofix"}, "event", "unknown"),
        ({"Version": "2"}, "version", 2),
        ({}, "version", 0),
        ({"IsBackup": "true"}, "is_backup", True),
        ({}, "url", ""),
    ],
)
def test_spellings_in_a_callback(api, standin, values, name, read):
    answer_with(standin, rows({"ID": 1, **values}))
    [callback] = api.callbacks()
    assert getattr(callback, name) == read


def test_counters_of_days(api, store):
    day, second = timedelta(days=1), timedelta(seconds=1)
    midnight = datetime(2026, 3, 5)
    for at in (midnight - second, midnight, midnight + 3 * day, midnight + 4 * day):
        deliver(store, "a@x.example", at=at)
    deliver(store, "blocked@x.example", "bounce@x.example", at=midnight + 3 * day)
    end = midnight + 4 * day - second
    first, last = api.daily_counters(midnight, end)
    assert counted(first) == (midnight, 1, 1), "from its begin"
    assert counted(last) == (midnight + 3 * day, 3, 1)


def test_counters_of_many_days_are_read_to_their_end(api, store):
    day = timedelta(days=1)
    for number in range(99):
        deliver(store, "a@x.example", at=NOON + number * day)
    counters = api.daily_counters(NOON - day / 2, NOON + 98.5 * day)
    assert len(counters) == 99
    with pytest.raises(InvalidError, match="window"):
        api.daily_counters(NOON, NOON + 100 * day)


def test_a_counter_with_nothing_in_it(api, standin):
    answer_with(standin, rows({"Timeslice": ""}))
    [counter] = api.daily_counters(NOON, NOON)
    assert counted(counter) == (None, 0, 0)


def counted(counter):
    return counter["date"], counter["processed"], counter["delivered"]


# -- Contacts ------------------------------------------------------------------------


def test_exclusion_there_and_back(api):
    with pytest.raises(NotFoundError):
        api.contact(ADDRESS)
    with pytest.raises(NotFoundError):
        api.set_exclusion(ADDRESS, True)
    contact = api.create_contact("Shop@Example.com", True)
    assert contact.is_excluded and contact.email == ADDRESS
    assert not contact.is_complaining and not contact.is_anonymized
    with pytest.raises(InvalidError) as caught:
        api.create_contact(ADDRESS, False)
    assert caught.value.is_duplicate
    assert api.set_exclusion(ADDRESS, True) is None, "nothing had to change"
    assert not api.set_exclusion(contact.id, False).is_excluded
    assert not api.contact(ADDRESS).is_excluded
    assert not api.create_contact("x@example.com", False).is_excluded


def test_excluded_contacts_come_page_by_page(api, standin):
    for number in range(5):
        api.create_contact(f"{number}@example.com", number != 2)
    standin.clear_requests()
    pages = [api.excluded_contact_page(offset, limit=3) for offset in (0, 3)]
    names = [[contact.email[0] for contact in page] for page in pages]
    assert names == [["0", "1", "3"], ["4"]]
    assert api.excluded_contact_count() == 4
    query = {"IsExcludedFromCampaigns": "true", "Sort": "ID"}
    for request in standin.requests[:2]:
        assert query.items() <= request.params.items()
    assert "Sort" not in standin.requests[2].params


def test_a_filter_that_is_ignored_is_noticed(api, standin):
    row = {"ID": 1, "Email": ADDRESS, "IsExcludedFromCampaigns": False}
    answer_with(standin, rows(row))
    with pytest.raises(UnexpectedAnswerError, match="not excluded"):
        api.excluded_contact_page(0)


def test_a_contact_as_mailjet_writes_it(api, standin):
    row = {
        "CreatedAt": "2020-11-06T13:38:49Z",
        "Email": "Anna@Example.com",
        "ExclusionFromCampaignsUpdatedAt": "2026-03-05T10:20:30Z",
        "ID": 2**60 + 1,
        "IsExcludedFromCampaigns": True,
        "IsSpamComplaining": True,
        "Name": "Anna",
    }
    answer_with(standin, rows(row))
    contact = api.contact("1")
    assert contact.id == str(2**60 + 1) and contact.email == "anna@example.com"
    assert contact.excluded_changed_at == datetime(2026, 3, 5, 10, 20, 30)
    assert contact.is_complaining and not contact.is_anonymized
    for change in ({"Email": r"\x00ff@domain.invalid"}, {"Name": "Anonymized"}):
        answer_with(standin, rows({**row, **change}))
        assert api.contact("1").is_anonymized
    answer_with(standin, rows({**row, "ExclusionFromCampaignsUpdatedAt": ""}))
    assert api.contact("1").excluded_changed_at is None


def test_nobody_is_free_because_an_answer_does_not_say(api, standin):
    answer_with(standin, rows({"ID": 1, "Email": ADDRESS}))
    with pytest.raises(UnexpectedAnswerError, match="IsExcludedFromCampaigns"):
        api.contact(ADDRESS)


# -- Anything at all -----------------------------------------------------------------


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = (
    "ID Email Name Status DNSID CreatedAt IsDefaultSender Domain DKIMStatus"
    " OwnerShipTokenRecordName DKIMErrors SPFRecordsCurrentValues LastCheckAt APIKey"
    " QuarantineValue Runlevel MaxAllowedAPIKeys ValidationMethod Errors GlobalError"
    " StateID ContactAlt ArrivedAt EventAt EventType Url Version Timeslice Total"
    " IsExcludedFromCampaigns ExclusionFromCampaignsUpdatedAt IsSpamComplaining"
)
ROW = st.dictionaries(
    st.sampled_from(FIELDS.split()),
    JSON | st.sampled_from([1, "1", 2**60, "a@b.example", "2020-01-01T00:00:00Z"]),
)
ERROR = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("ErrorInfo", "ErrorMessage", "ErrorIdentifier"), JSON)
)
BODY = st.one_of(
    st.binary(),
    JSON.map(lambda value: json.dumps(value).encode()),
    ROW.map(lambda row: json.dumps(rows(row)).encode()),
    ROW.map(lambda row: json.dumps(row).encode()),
    ERROR.map(lambda error: json.dumps(error).encode()),
)
FUZZ = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


CALLS = (
    lambda api: list(api.senders()),
    lambda api: api.validate_sender("1"),
    lambda api: api.dns("1"),
    lambda api: api.check_dns("1"),
    lambda api: api.own_apikey(),
    lambda api: api.user(),
    lambda api: api.profile(),
    lambda api: api.update_sender("1", name="x"),
    lambda api: list(api.messages_of("c-1", NOON)),
    lambda api: api.message_page(NOON, NOON, offset=0, limit=10),
    lambda api: api.message_history("1"),
    lambda api: list(api.callbacks()),
    lambda api: api.create_callback("open", URL),
    lambda api: api.update_callback("1", URL),
    lambda api: api.delete_callback("1"),
    lambda api: api.daily_counters(NOON, NOON),
    lambda api: api.excluded_contact_page(0),
    lambda api: api.set_exclusion("1", True),
)
STATUSES = st.sampled_from([200, 200, 200, 201, 304, 400, 401, 404, 418, 429, 503])


@FUZZ
@given(body=BODY, status=STATUSES, call=st.sampled_from(CALLS))
def test_any_body_gives_a_value_or_a_typed_error(standin, body, status, call):
    standin.faults.clear()
    answer_with(standin, body, status)
    with client(standin, **ONCE) as api:
        try:
            call(api)
        except MailjetApiError as error:
            assert str(error) and error.__context__ is None


@pytest.fixture(scope="module")
def raw():
    """A port that answers with whatever `raw.content` is."""
    with raw_server(b"") as port:
        yield port, raw_content


raw_content = {"bytes": b""}


@FUZZ
@given(
    head=st.binary(max_size=40)
    | st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 302 X\r\nLocation: "]),
    rest=st.binary(max_size=60),
)
def test_any_bytes_at_all_give_a_typed_error(raw, head, rest):
    port, content = raw
    content["bytes"] = head + rest
    url = f"http://127.0.0.1:{port}"
    with MailjetApi(KEY, SECRET, url, random_part=lambda: 1.0, **ONCE) as api:
        with pytest.raises(MailjetApiError) as caught:
            api.user()
    assert caught.value.__context__ is None


@contextmanager
def raw_server(content, tls=None):
    """A server that reads once, says those bytes and hangs up; gives its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with suppress(OSError):  # the client may not like our certificate
                sock = self.request
                sock = tls.wrap_socket(sock, server_side=True) if tls else sock
                sock.recv(65536)
                sock.sendall(content or raw_content["bytes"])

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
