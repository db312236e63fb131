"""Domains of recipients that receive no mail."""

from mail_mailjet.tools.dns.lookup import Lookup
from mail_mailjet.tools.dns.recipient_domain import can_receive_mail

ZONE = {
    ("mx.com", "MX"): ("10 mail.mx.com.",),
    ("null.com", "MX"): ("0 .",),
    ("both.com", "MX"): ("0 .", "10 mail.both.com."),
    ("web.com", "A"): ("192.0.2.1",),
    ("six.com", "AAAA"): ("2001:db8::1",),
    ("empty.com", "TXT"): (b"x",),
}
OUTAGES = {("down.com", "MX"), ("half.com", "A")}
NAMES = {name for name, _kind in ZONE} | {"half.com"}


def ask(questions):
    return [answer(*question) for question in questions]


def answer(name, kind):
    if (name, kind) in OUTAGES:
        return Lookup(name, kind, "timeout")
    if (name, kind) in ZONE:
        return Lookup(name, kind, "answer", ZONE[name, kind])
    return Lookup(name, kind, "nodata" if name in NAMES else "nxdomain")


def test_who_receives_mail():
    assert can_receive_mail(
        [
            *("mx.com", "null.com", "both.com", "web.com", "six.com", "empty.com"),
            *("none.com", "down.com", "half.com", "a..b", ""),
        ],
        ask,
    ) == {
        "mx.com": True,
        "null.com": False,
        "both.com": True,
        "web.com": True,
        "six.com": True,
        "empty.com": False,
        "none.com": False,
        "down.com": None,
        "half.com": None,
        "a..b": False,
        "": False,
    }


def test_no_domains():
    assert can_receive_mail([], ask) == {}
