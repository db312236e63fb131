"""Files over HTTPS: from public addresses only, and never too much or too long."""

import asyncio
import contextlib
import ssl
import sys
import threading
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.dns import web_file
from mail_mailjet.tools.dns.lookup import Question, Resolver
from mail_mailjet.tools.dns.web_file import FILE, LARGEST_FILE, Files

sys.path.append(str(Path(__file__).parents[2]))
from standins import DnsStandin
from standins.certificates import TestAuthority

HOST = "mta-sts.company.example"
URL = f"https://{HOST}/.well-known/mta-sts.txt"
AUTHORITY = TestAuthority()


class WebServer:
    """Answers every request over TLS with the same bytes; keeps the requests."""

    def __init__(self, answer, host=HOST, wait=0):
        self.answer, self.host, self.wait = answer, host, wait
        self.requests = []

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        context = AUTHORITY.issue(self.host).server_context()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self._server = self._loop.run_until_complete(start)
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            await asyncio.sleep(self.wait)
            writer.write(self.answer)
            await writer.drain()
            writer.close()


def answer(body=b"version: STSv1", status="200 OK", *headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def fetch(server, url=URL, allow_private=True, trusted=True, address="127.0.0.1"):
    """Return what `Files` makes of a server's answer."""
    context = ssl.create_default_context()
    if trusted:
        context.load_verify_locations(cadata=AUTHORITY.pem.decode())

    async def ask(dns):
        resolver = Resolver([(dns.host, dns.port)])
        files = Files(resolver, allow_private, server.port, context)
        questions = [Question(url, FILE), Question(HOST, "A"), Question(url, FILE)]
        file, lookup, again = await files.beside(resolver).look_up(questions)
        assert file is again
        assert lookup.type == "A"
        return file

    kind = "AAAA" if address and ":" in address else "A"
    zones = {HOST: {kind: [address]}} if address else {}
    with DnsStandin(zones) as dns:
        return asyncio.run(ask(dns))


def test_a_file():
    with WebServer(answer()) as server:
        file = fetch(server)
        [request] = server.requests
    assert (file.status, file.body, file.code) == ("ok", b"version: STSv1", 200)
    assert request.startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n")
    assert f"\r\nHost: {HOST}\r\n".encode() in request


def test_a_file_in_chunks():
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"7\r\nversion\r\n7\r\n: STSv1\r\n0\r\n\r\n"
    )
    with WebServer(chunked) as server:
        assert fetch(server).body == b"version: STSv1"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (answer(b"", "301 Moved", "Location: https://127.0.0.1/"), "not_found"),
        (answer(b"", "404 Not Found"), "not_found"),
        (answer(b"", "503 Service Unavailable"), "unreachable"),
        (answer(b"x" * (LARGEST_FILE + 1)), "too_large"),
        (answer(b"x" * 10 * LARGEST_FILE), "too_large"),
        (answer(b"x" * LARGEST_FILE), "ok"),
        (answer(b"12345")[:-2], "unreachable"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50000, "unreachable"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "unreachable"),
        (b"", "unreachable"),
    ],
)
def test_answers(sent, status):
    with WebServer(sent) as server:
        assert fetch(server).status == status
        assert len(server.requests) == 1, "A redirect is not followed"


def test_an_endless_answer_ends():
    with (
        WebServer(answer(), wait=60) as server,
        patch.object(web_file, "FILE_SECONDS", 0.3),
    ):
        start = time.monotonic()
        assert fetch(server).status == "unreachable"
        assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1"]
    # IPv6 addresses that carry 127.0.0.1, and one of a local network
    + ["64:ff9b::7f00:1", "2002:7f00:1::1", "::ffff:127.0.0.1", "fec0::1"],
)
def test_private_addresses_are_not_asked(address):
    with WebServer(answer()) as server:
        assert fetch(server, allow_private=False, address=address).status == "private"
        assert not server.requests


def test_a_host_without_an_address():
    with WebServer(answer()) as server:
        assert fetch(server, address=None).status == "no_host"


def test_certificates_are_verified():
    with WebServer(answer()) as server:
        assert fetch(server, trusted=False).status == "certificate"
    with WebServer(answer(), host="other.example") as server:
        assert fetch(server).status == "certificate"
        assert not server.requests


@pytest.mark.parametrize(
    "url",
    [
        "http://mta-sts.company.example/",
        "https://mta-sts.company.example:8443/",
        "https://user@mta-sts.company.example/",
        "https://[::1/",
        "https://",
        "file:///etc/passwd",
        "https://mta-sts.company.example/\r\nX: y",
        "https://mta-sts.company.example/a b",
        "https://mta-sts.company.example/é",
    ],
)
def test_other_addresses_are_not_asked(url):
    with WebServer(answer()) as server:
        assert fetch(server, url=url).status == "invalid"
        assert not server.requests


@given(st.text() | st.from_regex(r"https://[!-~]{0,20}/[!-~]{0,20}", fullmatch=True))
def test_no_address_breaks_a_request(url):
    host, path = web_file._place(url)
    assert not set(host + path) & set("\r\n \t")
    assert not host or path.startswith("/")
