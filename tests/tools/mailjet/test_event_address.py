"""Check the event URL, with small servers on loopback."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from mail_mailjet.tests.standins import TestAuthority
from mail_mailjet.tools.mailjet import event_address
from mail_mailjet.tools.mailjet.event_address import try_address

TAG = "k3f9a2"
SECRET = "hush-hush"


@contextmanager
def serving(status=200, body=TAG, headers=(), certificate=None, seconds=0):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.path, self.headers.get("Authorization")))
            threading.Event().wait(seconds)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            pass

    seen = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate:
        context = certificate.server_context()
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        port = server.server_port
        yield f"{scheme}://mailjet:{SECRET}@127.0.0.1:{port}/mailjet/events/t", seen
    finally:
        server.shutdown()
        server.server_close()


def tried(url):
    words = try_address(url, TAG, is_public=False)
    text = words and str(words)
    assert SECRET not in (text or "")
    return text


def test_all_is_well():
    with serving() as (url, seen):
        assert tried(url) is None
    [(path, login)] = seen
    assert path == "/mailjet/events/t"
    assert login.startswith("Basic ")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"status": 404}, "several databases"),
        ({"status": 401}, "its own login (401)"),
        ({"status": 403}, "its own login (403)"),
        ({"status": 500}, "an error (500)"),
        (
            {"status": 301, "headers": [("Location", "https://a.example/x")]},
            "redirects",
        ),
        ({"status": 302, "headers": [("Location", "/web/login")]}, "redirects to /"),
        ({"body": "something else"}, "Something other"),
        ({"body": ""}, "Something other"),
    ],
)
def test_what_is_wrong(answer, text):
    with serving(**answer) as (url, _seen):
        assert text in tried(url)


def test_nobody_listens():
    with serving() as (url, _seen):
        pass
    assert "cannot be reached" in tried(url)


def test_an_untrusted_certificate():
    certificate = TestAuthority().issue("127.0.0.1")
    with serving(certificate=certificate) as (url, _seen):
        assert "certificate of 127.0.0.1 is not valid" in tried(url)


def test_no_answer_in_time_is_no_verdict(monkeypatch):
    monkeypatch.setattr(event_address, "SECONDS", 0.2)
    with serving(seconds=1) as (url, _seen):
        assert tried(url) is None


def test_an_address_in_a_private_network(monkeypatch):
    monkeypatch.setattr(requests, "post", None)  # not even requested
    words = try_address("https://a:b@127.0.0.1/mailjet/events/t", TAG)
    assert "a private network (127.0.0.1)" in str(words)
