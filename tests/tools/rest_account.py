"""An account at the stand-in Mailjet, a client of it, and answers to give it."""

import base64
import json
import socketserver
import threading
from contextlib import contextmanager, suppress
from datetime import datetime, timezone

from mail_mailjet.tools.mailjet.resources import MailjetApi

KEY, SECRET = "key-of-the-account", "hush-hush-secret"
TOKEN = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
ADDRESS, DOMAIN = "shop@example.com", "*@example.com"
URL = "https://mailjet:event-password@odoo.example/mailjet/events/token"
NOON = datetime(2026, 3, 5, 12)
# Shorter than the first pause, so that nothing is retried
ONCE = {"deadline": 0.4}


class Clock:
    """A clock that only advances while somebody sleeps."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def client(standin, clock=None, pair=(KEY, SECRET), **options):
    """Return a client of the stand-in, on a clock of its own if one is given."""
    if clock:
        options = {"clock": clock, "sleep": clock.sleep, **options}
    options = {"connect_timeout": 2, "read_timeout": 2, **options}
    return MailjetApi(*pair, standin.url, random_part=lambda: 1.0, **options)


def answer_with(standin, body, status=200, times=1, **options):
    """Have the stand-in give this body in its next answer."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    standin.faults.add("garbage", body=body, status=status, times=times, **options)


def error_body(message, status=400, info=""):
    return {"ErrorInfo": info, "ErrorMessage": message, "StatusCode": status}


def rows(*data):
    return {"Count": len(data), "Data": list(data), "Total": len(data)}


def deliver(store, *recipients, at=NOON, custom_id="c-1", campaign=""):
    """Have the stand-in accept an email at a given time; return it."""
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


@contextmanager
def raw_server(content, tls=None):
    """Run a server that reads once, sends bytes and hangs up; yield its port.

    :param content: a function that returns the bytes
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with suppress(OSError):  # the client may reject the certificate
                sock = self.request
                sock = tls.wrap_socket(sock, server_side=True) if tls else sock
                sock.recv(65536)
                sock.sendall(content())

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
