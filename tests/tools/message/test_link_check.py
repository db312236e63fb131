"""The link checker: what it asks, what it never asks, and how long it takes."""

import asyncio
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tests.standins import TestAuthority
from mail_mailjet.tests.tools.web.internal_addresses import INTERNAL
from mail_mailjet.tools.message import link_check
from mail_mailjet.tools.message.finding import Level
from mail_mailjet.tools.message.link_check import (
    FetchError,
    LinkState,
    Page,
    check_links,
    fetch_page,
    read_page,
)
from mail_mailjet.tools.message.link_findings import link_findings, links_to_ask
from mail_mailjet.tools.message.sample import split_url
from mail_mailjet.tools.web import exchange
from message_samples import BASE_URL, UNSUBSCRIBE, sample

PUBLIC = "93.184.215.14"
AUTHORITY = TestAuthority()


class Net:
    """Names, pages and what was asked of whom."""

    def __init__(self, pages=None, names=None):
        self.pages = pages or {}
        self.names = names or {}
        self.asked = []

    async def resolve(self, host):
        addresses = self.names.get(host, [PUBLIC])
        if isinstance(addresses, Exception):
            raise addresses
        # A list of lists: another answer each time
        return (
            addresses.pop(0)
            if addresses and isinstance(addresses[0], list)
            else addresses
        )

    async def fetch(self, address, parts, method):
        self.asked.append((method, parts.geturl(), address))
        page = self.pages.get((method, parts.geturl())) or self.pages.get(
            parts.geturl()
        )
        if isinstance(page, Exception):
            raise page
        return page or Page(200)

    def check(self, *urls, **options):
        return check_links(urls, resolve=self.resolve, fetch=self.fetch, **options)


@pytest.mark.parametrize("address", INTERNAL)
def test_a_name_with_an_internal_address_is_not_asked(address):
    net = Net(names={"a.com": [PUBLIC, address]})
    [result] = net.check("https://a.com/")
    assert result.state is LinkState.FORBIDDEN
    assert not net.asked


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://localhost/",
        "http://odoo/",
        "http://a.com:8069/",
        "http://a.com:22/",
        "http://user@a.com/",
        "http://user:secret@a.com/",
        "ftp://a.com/",
        "file:///etc/passwd",
        "gopher://a.com/",
        "http://１２７.0.0.1/",
        "http:///a",
    ],
)
def test_what_is_no_public_web_address_is_not_asked(url):
    net = Net()
    [result] = net.check(url)
    assert result.state is LinkState.FORBIDDEN
    assert not net.asked


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/", "http://internal.com/", "http://a.com:6379/"]
)
def test_a_redirect_to_an_internal_address_is_not_followed(target):
    net = Net({"https://a.com/": Page(302, target)}, {"internal.com": ["192.168.0.1"]})
    [result] = net.check("https://a.com/")
    assert result.state is LinkState.FORBIDDEN
    assert [url for _method, url, _address in net.asked] == ["https://a.com/"]


def test_rebinding():
    """A name that is public when looked at and internal afterwards."""
    net = Net({"https://a.com/": Page(500)}, {"a.com": [[PUBLIC], ["127.0.0.1"]]})
    net.check("https://a.com/")
    assert {address for *_rest, address in net.asked} == {PUBLIC}
    net = Net({"https://a.com/": Page(302, "/b")}, {"a.com": [[PUBLIC], ["127.0.0.1"]]})
    [result] = net.check("https://a.com/")
    assert result.state is LinkState.FORBIDDEN
    assert {address for *_rest, address in net.asked} == {PUBLIC}


def test_the_connection_goes_to_the_address_and_no_name_is_looked_up(monkeypatch):
    def forbidden(*_args, **_kwargs):
        raise AssertionError("looked up again")

    with serving([b"HTTP/1.1 404 Gone\r\n\r\n"]) as (port, heard):
        monkeypatch.setitem(link_check._PORTS, "http", port)
        monkeypatch.setattr(socket, "gethostbyname", forbidden)
        parts = split_url("http://nobody.invalid/a b?c=é")
        page = asyncio.run(fetch_page("127.0.0.1", parts, "HEAD"))
    assert page == Page(404)
    assert heard[0].startswith(
        b"HEAD /a%20b?c=%C3%A9 HTTP/1.1\r\nHost: nobody.invalid\r\n"
    )


def test_outcomes():
    net = Net(
        {
            "https://a.com/ok": Page(204),
            "https://a.com/gone": Page(410),
            "https://a.com/no": Page(403),
            "https://a.com/busy": Page(429),
            "https://a.com/odd": Page(500),
            "https://a.com/cut": FetchError("no proper answer"),
            ("HEAD", "https://a.com/get"): Page(404),
            ("GET", "https://a.com/get"): Page(200),
        },
        {"none.com": [], "silent.com": FetchError("DNS does not answer")},
    )
    names = ("ok", "gone", "no", "busy", "odd", "cut", "get")
    results = net.check(
        *(f"https://a.com/{name}" for name in names),
        "https://none.com/",
        "https://silent.com/",
    )
    ok, dead, unknown = LinkState.OK, LinkState.DEAD, LinkState.UNKNOWN
    assert [result.state for result in results] == [
        *(ok, dead, unknown, unknown, unknown, unknown, ok),
        *(dead, unknown),
    ]


def test_redirects_end():
    pages = {f"https://a.com/{n}": Page(301, f"/{n + 1}") for n in range(20)}
    [short, long] = Net(pages).check("https://a.com/15", "https://a.com/0")
    assert short.state is LinkState.OK
    assert short.final == "https://a.com/20"
    assert (long.state, long.detail) == (LinkState.UNKNOWN, "too many redirects")


def test_no_more_than_thirty_and_each_once():
    net = Net()
    results = net.check(*(f"https://a.com/{n % 40}" for n in range(80)))
    assert len(results) == len(net.asked) == 30


def test_the_budget_holds_whatever_the_other_side_does(monkeypatch):
    monkeypatch.setattr(link_check, "LINK_SECONDS", 0.2)

    class Slow(Net):
        async def fetch(self, address, parts, method):
            await asyncio.sleep(60)

    begin = time.monotonic()
    results = Slow().check(*(f"https://a.com/{n}" for n in range(30)), budget=0.5)
    assert time.monotonic() - begin < 1.5
    assert {result.state for result in results} == {LinkState.UNKNOWN}


@contextmanager
def serving(answers, context=None):
    """Serve raw answers, one a connection; yield the port and what was heard.

    :param context: for TLS
    """
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            for answer in answers:
                connection, _address = server.accept()
                with suppress(ssl.SSLError), connection:
                    if context:
                        connection = context.wrap_socket(connection, server_side=True)
                    heard.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join(5)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 2\r\n\r\n",
        b"a" * 70000,
        b"HTTP/1.1 200",
    ],
)
def test_what_is_no_http(answer, monkeypatch):
    with serving([answer]) as (port, _heard):
        monkeypatch.setitem(link_check._PORTS, "http", port)
        with pytest.raises(FetchError):
            asyncio.run(fetch_page("127.0.0.1", split_url("http://a.com/"), "GET"))


@pytest.mark.parametrize(
    ("name", "is_trusted", "is_asked"),
    [("a.com", True, True), ("a.com", False, False), ("b.com", True, False)],
)
def test_certificates_are_verified(monkeypatch, name, is_trusted, is_asked):
    trust = ssl.create_default_context()
    if is_trusted:
        trust.load_verify_locations(cadata=AUTHORITY.pem.decode())
    monkeypatch.setattr(exchange, "_trust", lambda: trust)
    context = AUTHORITY.issue(name).server_context()
    with serving([b"HTTP/1.1 404 Gone\r\n\r\n"], context) as (port, heard):
        monkeypatch.setitem(link_check._PORTS, "https", port)
        asking = fetch_page("127.0.0.1", split_url("https://a.com/"), "HEAD")
        if is_asked:
            assert asyncio.run(asking) == Page(404)
        else:
            with pytest.raises(FetchError, match="certificate"):
                asyncio.run(asking)
    assert bool(heard) is is_asked


def test_a_refused_connection(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setitem(link_check._PORTS, "http", port)
    with pytest.raises(FetchError):
        asyncio.run(fetch_page("127.0.0.1", split_url("http://a.com/"), "GET"))


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_url_breaks_the_checker(host, path):
    Net().check(f"http://{host}/{path}", host)


@given(st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 302 "]), st.binary(max_size=200))
def test_no_answer_breaks_the_reader(start, rest):
    try:
        page = read_page(start + rest + b"\r\n\r\n")
    except FetchError:
        return
    assert 100 <= page.status <= 999


def test_the_first_of_several_places_counts():
    head = b"HTTP/1.1 301 Moved\r\nlocation:  /a \r\nLocation: /b\r\n\r\n<html>"
    assert read_page(head) == Page(301, "/a")
    with pytest.raises(FetchError):
        read_page(head.partition(b"\r\n\r\n")[0])


def test_a_line_break_in_a_redirect_adds_no_header():
    net = Net({"http://a.com/": Page(302, "/b\r\nX-Evil: 1")})
    net.check("http://a.com/")
    for _method, url, _address in net.asked:
        request = link_check._request(split_url(url), "GET")
        assert b"\r\nX-Evil" not in request


def test_links_that_act_are_not_asked():
    body = "".join(
        f'<a href="{href}">x</a>'
        for href in (
            UNSUBSCRIBE,
            f"{BASE_URL}/r/abc",
            f"{BASE_URL}/mail/track/5/a/blank.gif",
            f"{BASE_URL}/mailing/5/view",
            "https://x.mjt.lu/lnk/abc",
            "https://roses.com/unsubscribe?u=5",
            "mailto:a@b.com",
            f"{BASE_URL}/shop",
            f"{BASE_URL}/r/abc/m/5",
            "https://roses.com/a",
        )
    )
    message = sample(
        body=body, targets={f"{BASE_URL}/r/abc/m/5": "https://tulips.com/"}
    )
    assert links_to_ask([message, message]) == [
        f"{BASE_URL}/shop",
        "https://tulips.com/",
        "https://roses.com/a",
    ]


def test_a_redirect_to_no_address():
    [result] = Net({"http://a.com/": Page(302, "http://[")}).check("http://a.com/")
    assert result.state is LinkState.UNKNOWN


def test_findings():
    net = Net(
        {
            "https://a.com/gone": Page(404),
            "https://a.com/slow": FetchError("slow"),
            "https://a.com/away": Page(302, "https://b.com/"),
            "https://a.com/unsafe": Page(302, "http://a.com/"),
            "https://a.com/same": Page(302, "https://www.a.com/"),
        }
    )
    names = ("gone", "slow", "away", "unsafe", "same", "fine")
    results = net.check(*(f"https://a.com/{n}" for n in names), "http://10.0.0.1/")
    found = {finding.code: finding for finding in link_findings(results)}
    assert {code: finding.level for code, finding in found.items()} == {
        "dead_link": Level.ERROR,
        "unknown_link": Level.NOTE,
        "redirected_link": Level.NOTE,
        "http_redirect": Level.WARNING,
        "internal_link": Level.WARNING,
    }
    assert "a.com/gone" in found["dead_link"].examples[0]
    assert link_findings(net.check("https://a.com/fine")) == []
