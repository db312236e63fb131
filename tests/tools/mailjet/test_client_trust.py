"""Where the keys may be sent, and that nothing shows them."""

import logging
import traceback

import pytest
from mail_mailjet import const
from mail_mailjet.tests.standins import RestStandin, Store, TestAuthority
from mail_mailjet.tools.mailjet.client import check_base_url, path_of
from mail_mailjet.tools.mailjet.errors import (
    AuthenticationError,
    InvalidError,
    MailjetApiError,
    UnavailableError,
    UnexpectedAnswerError,
)
from mail_mailjet.tools.mailjet.resources import MailjetApi
from rest_account import (
    ADDRESS,
    DOMAIN,
    KEY,
    ONCE,
    SECRET,
    TOKEN,
    answer_with,
    client,
    error_body,
    raw_server,
    rows,
)


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
def test_trusted_base_urls(url, kept):
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
def test_untrusted_base_urls(url):
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
    """The server's certificate is not trusted."""
    tls = TestAuthority().issue("127.0.0.1").server_context()
    with raw_server(bytes, tls) as port:
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
    with pytest.raises(UnexpectedAnswerError, match="to itself"):
        api.user()


def test_an_odd_location_is_refused(api, standin):
    standin.faults.add("redirect", location="http://[odd")
    with pytest.raises(UnexpectedAnswerError):
        api.user()


def failing_calls(standin):
    """Add every fault in turn, including ones that echo the login."""
    for kind in ("unauthorized", "rate_limited", "error", "closed", "redirect"):
        standin.faults.add(kind, status=302 if kind == "redirect" else 503)
        yield kind
    echo = f"Wrong: {KEY} {SECRET} Basic {TOKEN}"
    for status in (302, 400, 401, 403, 404, 429, 500):
        answer_with(standin, error_body(echo, status, {"Echo": [echo]}), status)
        yield status
    answer_with(standin, echo.encode())
    yield "echo"
    # The row of a key, as Mailjet sends it to its owner, but unreadable
    answer_with(standin, rows({"ID": "x", "SecretKey": SECRET}))
    yield "apikey"


def leaves(error):
    """Everything an error shows, including chained errors and local variables."""
    # Without the frame of the test itself, which holds the secrets
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
