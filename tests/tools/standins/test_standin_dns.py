"""The stand-in DNS server, asked over real sockets."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from mail_mailjet.tests.standins import DnsStandin

ZONES = {
    "example.com": {
        "TXT": ["v=spf1 include:spf.mailjet.com -all", 'say "hi" \\ é'],
        "MX": ["10 mail.example.com."],
    },
    "mail.example.com.": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "a.b.example.com": {"A": ["192.0.2.2"]},
    "www.example.com": {"CNAME": ["web.example.com."]},
    "web.example.com": {"CNAME": ["mail.example.com."]},
    "lost.example.com": {"CNAME": ["nowhere.example.com."]},
    "loop.example.com": {"CNAME": ["loop.example.com."]},
    "long.example.com": {"TXT": ["x" * 600, "y" * 255]},
}


@pytest.fixture
def standin():
    with DnsStandin(ZONES) as standin:
        yield standin


def ask(standin, name, kind="A", how=dns.query.udp, edns=False, timeout=2):
    query = dns.message.make_query(name, kind, use_edns=edns)
    return how(query, standin.host, port=standin.port, timeout=timeout)


def values(response):
    return sorted(str(record) for rrset in response.answer for record in rrset)


@pytest.mark.parametrize("how", [dns.query.udp, dns.query.tcp])
def test_records(standin, how):
    assert values(ask(standin, "MAIL.example.com", how=how)) == ["192.0.2.1"]
    assert values(ask(standin, "example.com", "MX", how)) == ["10 mail.example.com."]
    [query, _] = standin.queries
    assert (query.name, query.type) == ("mail.example.com", "A")
    assert query.transport == ("tcp" if how is dns.query.tcp else "udp")


def test_texts_of_any_length_and_characters(standin):
    assert set(standin.lookup_txt("example.com.")) == set(ZONES["example.com"]["TXT"])
    assert set(standin.lookup_txt("long.example.com")) == {"x" * 600, "y" * 255}
    assert standin.queries[-1].transport == "tcp", "it did not fit"
    standin.set("example.com", "TXT", ['"two " "strings"'])
    assert standin.lookup_txt("example.com") == ["two strings"]


def test_no_such_name_and_no_such_record(standin):
    missing = ask(standin, "nobody.example.com")
    assert missing.rcode() == dns.rcode.NXDOMAIN and not missing.answer
    [soa] = missing.authority
    assert str(soa.name) == "example.com."
    for name in ("example.com", "b.example.com"):  # the second has names below it
        empty = ask(standin, name)
        assert empty.rcode() == dns.rcode.NOERROR and not empty.answer
        assert empty.authority[0].rdtype == dns.rdatatype.SOA
    elsewhere = ask(standin, "example.org")
    assert elsewhere.rcode() == dns.rcode.NXDOMAIN
    assert standin.lookup_txt("nobody.example.com") == []
    assert standin.lookup_txt("mail.example.com") == []


def test_aliases_are_followed(standin):
    response = ask(standin, "www.example.com")
    assert [str(rrset.name) for rrset in response.answer] == [
        "www.example.com.",
        "web.example.com.",
        "mail.example.com.",
    ]
    assert values(ask(standin, "www.example.com", "CNAME")) == ["web.example.com."]
    lost = ask(standin, "lost.example.com")
    assert lost.rcode() == dns.rcode.NXDOMAIN and len(lost.answer) == 1
    assert ask(standin, "loop.example.com").rcode() == dns.rcode.SERVFAIL


def test_faults_by_name(standin):
    for fault in ("SERVFAIL", "REFUSED"):
        standin.fail("Example.com", fault)
        assert ask(standin, "example.com", "MX").rcode() == dns.rcode.from_text(fault)
        with pytest.raises(dns.exception.DNSException):
            standin.lookup_txt("example.com")
    assert values(ask(standin, "mail.example.com")), "others are well"
    standin.fail("example.com", "SILENCE")
    with pytest.raises(dns.exception.Timeout):
        ask(standin, "example.com", timeout=0.1)
    with pytest.raises((dns.exception.Timeout, EOFError)):
        ask(standin, "example.com", how=dns.query.tcp, timeout=0.1)
    standin.heal()
    assert values(ask(standin, "example.com", "MX"))
    with pytest.raises(ValueError, match="none of"):
        standin.fail("example.com", "FIRE")


def test_truncation(standin):
    standin.fail("example.com", "TRUNCATE")
    cut = ask(standin, "example.com", "MX")
    assert cut.flags & dns.flags.TC and not cut.answer
    whole = ask(standin, "example.com", "MX", dns.query.tcp)
    assert not whole.flags & dns.flags.TC and values(whole)
    assert ask(standin, "long.example.com", "TXT").flags & dns.flags.TC
    large = ask(standin, "long.example.com", "TXT", edns=True)
    assert not large.flags & dns.flags.TC, "EDNS has room for it"


def test_records_change_while_it_runs(standin):
    standin.set("new.example.com", "A", ["192.0.2.9"])
    assert values(ask(standin, "new.example.com")) == ["192.0.2.9"]
    standin.set("new.example.com", "A", [])
    assert ask(standin, "new.example.com").rcode() == dns.rcode.NXDOMAIN
    standin.load({})
    assert ask(standin, "example.com", "MX").rcode() == dns.rcode.NXDOMAIN


def test_a_zone_file():
    text = """
$ORIGIN example.net.
$TTL 60
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN TXT "v=spf1 -all"
mail IN A 192.0.2.1
"""
    with DnsStandin(text) as standin:
        assert standin.lookup_txt("example.net") == ["v=spf1 -all"]
        assert values(ask(standin, "mail.example.net")) == ["192.0.2.1"]
        [soa] = ask(standin, "none.example.net").authority
        assert str(soa[0].mname) == "ns.example.net."


def test_nonsense_is_ignored(standin):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for nonsense in (b"", b"x", b"\0" * 12):
            sock.sendto(nonsense, (standin.host, standin.port))
    assert values(ask(standin, "mail.example.com"))


def test_start_and_stop():
    standin = DnsStandin(ZONES)
    standin.stop()
    standin.start()
    port = standin.port
    with pytest.raises(RuntimeError):
        standin.start()
    with pytest.raises(OSError):
        DnsStandin(port=port).start()
    with socket.create_connection((standin.host, port)):
        begin = time.monotonic()
        standin.stop()
        assert time.monotonic() - begin < 0.5
    with pytest.raises(OSError):
        ask(standin, "example.com", how=dns.query.tcp, timeout=0.2)
    with standin:
        assert standin.port == port


def test_loopback_only():
    with pytest.raises(ValueError, match="loopback"):
        DnsStandin(host="192.0.2.1")


def test_broken_dnssec(standin):
    standin.fail("example.com", "BOGUS")
    assert ask(standin, "example.com", "MX").rcode() == dns.rcode.SERVFAIL
    [reason] = ask(standin, "example.com", "MX", edns=True).options
    assert reason.code == dns.edns.EDECode.DNSSEC_BOGUS
    unchecked = dns.message.make_query("example.com", "MX")
    unchecked.flags |= dns.flags.CD
    response = dns.query.udp(unchecked, standin.host, port=standin.port, timeout=2)
    assert values(response) == ["10 mail.example.com."]


def test_a_server_that_does_not_know_the_zone(standin):
    assert ask(standin, "example.com", "MX").flags & dns.flags.AA
    standin.fail("example.com", "LAME")
    response = ask(standin, "example.com", "MX")
    assert response.rcode() == dns.rcode.NOERROR
    assert not response.answer and not response.authority
    assert not response.flags & (dns.flags.AA | dns.flags.RA)


def test_garbage(standin):
    standin.fail("example.com", "GARBAGE")
    for how in (dns.query.udp, dns.query.tcp):
        with pytest.raises(dns.exception.FormError):
            ask(standin, "example.com", "MX", how)


def test_truncation_without_tcp(standin):
    standin.fail("example.com", "TRUNCATE_NO_TCP")
    assert ask(standin, "example.com", "MX").flags & dns.flags.TC
    with pytest.raises((dns.exception.Timeout, EOFError)):
        ask(standin, "example.com", "MX", dns.query.tcp, timeout=0.1)


def test_faults_below_a_name(standin):
    standin.fail("b.example.com", "SERVFAIL", below=True)
    for name in ("b.example.com", "a.b.example.com", "none.a.b.example.com"):
        assert ask(standin, name).rcode() == dns.rcode.SERVFAIL
    assert values(ask(standin, "mail.example.com")), "others are well"
    standin.fail(".", "REFUSED", below=True)
    assert ask(standin, "mail.example.com").rcode() == dns.rcode.REFUSED
    standin.heal()
    assert values(ask(standin, "a.b.example.com"))


def test_delay(standin):
    standin.delay = 0.1
    for how in (dns.query.udp, dns.query.tcp):
        begin = time.monotonic()
        assert values(ask(standin, "mail.example.com", how=how))
        assert 0.1 <= time.monotonic() - begin < 1


def test_answers_come_side_by_side(standin):
    standin.delay = 0.2
    begin = time.monotonic()
    with ThreadPoolExecutor(50) as pool:
        names = ["mail.example.com", "none.example.com"] * 25
        answers = list(pool.map(lambda name: ask(standin, name), names))
    assert len(answers) == 50 and time.monotonic() - begin < 2


def test_servers_of_one_zone_on_one_port():
    """Two that have an old and a new version of it, as during propagation."""
    old, new = ({"example.com": {"TXT": [text]}} for text in ("old", "new"))
    with (
        DnsStandin(old, host="127.0.0.2") as first,
        DnsStandin(new, host="127.0.0.3", port=first.port) as second,
    ):
        assert first.lookup_txt("example.com") == ["old"]
        assert second.lookup_txt("example.com") == ["new"]
