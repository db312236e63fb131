"""Asking DNS servers: the value of every outcome, the time taken, and leaks."""

import asyncio
import contextlib
import gc
import os
import socket
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mail_mailjet.tests.standins import DnsStandin
from mail_mailjet.tools.dns import lookup as lookup_module
from mail_mailjet.tools.dns.domain_name import (
    DomainError,
    clean_domain,
    readable_domain,
)
from mail_mailjet.tools.dns.lookup import Question, Resolver, read_response
from mail_mailjet.tools.dns.servers import (
    Server,
    ServersError,
    machine_servers,
    parse_servers,
)

ZONE = r"""
$ORIGIN example.com.
$TTL 300
@ IN SOA ns hostmaster 1 3600 600 86400 120
@ IN TXT "v=spf1 include:spf." "mailjet.com ~all"
@ IN TXT "caf\195\169"
@ IN MX 10 MAIL.example.com.
@ IN CAA 0 issue "Example.org"
mail IN A 192.0.2.1
www 60 IN CNAME web
web 200 IN CNAME Mail
lost 60 IN CNAME nowhere
alias IN CNAME mail
loop IN CNAME loop2
loop2 IN CNAME loop
"""


@pytest.fixture
def standin():
    with DnsStandin(ZONE) as standin:
        yield standin


def place(standin):
    return (standin.host, standin.port)


def look_up(servers, name, kind="A", **options):
    [lookup] = Resolver(servers, **options)([Question(name, kind)])
    return lookup


@pytest.fixture
def quick(monkeypatch):
    """Do not wait long for servers that do not answer."""
    monkeypatch.setattr(lookup_module, "TRY_SECONDS", 0.1)


class Scripted:
    """A UDP server that answers with a function from bytes to bytes."""

    def __init__(self, respond):
        self.respond = respond
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while True:
            wire, client = self.socket.recvfrom(4096)
            if wire == b"end":
                return
            self.socket.sendto(self.respond(wire), client)

    def __enter__(self):
        self.thread.start()
        return self.socket.getsockname()

    def __exit__(self, *exc_info):
        self.socket.sendto(b"end", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


def respond(change):
    """Make a server answer every question with a changed response."""

    def wire(query):
        query = dns.message.from_wire(query)
        response = dns.message.make_response(query, recursion_available=True)
        return (change(query, response) or response).to_wire()

    return wire


# -- Outcomes ------------------------------------------------------------------------


def test_records(standin):
    found = look_up([place(standin)], "Example.COM.", "TXT")
    assert found.status == "answer" and not found.is_outage and not found.is_absent
    assert set(found.records) == {
        b"v=spf1 include:spf.mailjet.com ~all",
        b"caf\xc3\xa9",
    }
    assert (found.name, found.type, found.ttl) == ("Example.COM.", "TXT", 300)
    assert found.server == f"127.0.0.1:{standin.port}" and found.is_authoritative
    assert found.negative_ttl is None and found.chain == ()


def test_values_of_other_types_are_as_in_a_zone_file(standin):
    mx = look_up([place(standin)], "example.com", "mx")
    assert mx.records == ("10 mail.example.com.",)
    caa = look_up([place(standin)], "example.com", "CAA")
    assert caa.records == ('0 issue "Example.org"',), "not a name"


def test_no_record_and_no_name(standin):
    nodata = look_up([place(standin)], "mail.example.com", "TXT")
    assert (nodata.status, nodata.negative_ttl) == ("nodata", 120)
    nxdomain = look_up([place(standin)], "none.example.com", "TXT")
    assert (nxdomain.status, nxdomain.negative_ttl) == ("nxdomain", 120)
    assert nodata.is_absent and nxdomain.is_absent and nxdomain.ttl is None


@pytest.mark.parametrize(("ttl", "minimum"), [(30, 120), (120, 30)])
def test_negative_ttl_is_the_lesser(ttl, minimum):
    soa = f"example.com. {ttl} IN SOA a. b. 1 2 3 4 {minimum}"
    with DnsStandin(f"$ORIGIN example.com.\n{soa}\n") as standin:
        assert look_up([place(standin)], "x.example.com").negative_ttl == 30


def test_aliases(standin):
    found = look_up([place(standin)], "www.example.com")
    assert found.records == ("192.0.2.1",)
    assert found.chain == ("web.example.com.", "mail.example.com.")
    assert found.ttl == 60, "the least of all"
    asked_for = look_up([place(standin)], "www.example.com", "CNAME")
    assert asked_for.records == ("web.example.com.",) and asked_for.chain == ()
    lost = look_up([place(standin)], "lost.example.com")
    assert (lost.status, lost.chain) == ("nxdomain", ("nowhere.example.com.",))
    nodata = look_up([place(standin)], "alias.example.com", "TXT")
    assert (nodata.status, nodata.chain) == ("nodata", ("mail.example.com.",))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("SERVFAIL", "servfail"),
        ("REFUSED", "refused"),
        ("BOGUS", "bogus"),
        ("LAME", "refused"),
        ("GARBAGE", "malformed"),
        ("SILENCE", "timeout"),
        ("TRUNCATE", "answer"),
        ("TRUNCATE_NO_TCP", "timeout"),
    ],
)
def test_faults(standin, quick, fault, status):
    standin.fail("mail.example.com", fault)
    found = look_up([place(standin)], "mail.example.com", lookup_seconds=0.3)
    assert found.status == status
    assert found.is_outage == (status != "answer")
    assert not found.is_absent


def test_endless_aliases_are_a_failure(standin):
    assert look_up([place(standin)], "loop.example.com").status == "servfail"

    def chain(query, response):
        name = query.question[0].name
        for number in range(20):
            target = f"n{number}.example.com."
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", target))
            name = dns.name.from_text(target)

    with Scripted(respond(chain)) as server:
        assert look_up([server], "n.example.com").status == "servfail"


def test_long_answers_come_over_tcp(standin):
    texts = [f"{number:02} " + "x" * 100 for number in range(60)]
    standin.set("big.example.com", "TXT", texts)
    found = look_up([place(standin)], "big.example.com", "TXT")
    assert {text.decode() for text in found.records} == set(texts)
    assert [query.transport for query in standin.queries] == ["udp", "tcp"]


@pytest.mark.parametrize("code", range(4, 13))
def test_dnssec_told_by_the_reason_of_the_failure(code):
    """RFC 8914: 6 to 10 are about signatures; the CD question fails as well here."""

    def fail(query, response):
        response.set_rcode(dns.rcode.SERVFAIL)
        response.use_edns(0, options=[dns.edns.EDEOption(code)])

    with Scripted(respond(fail)) as server:
        expected = "bogus" if 6 <= code <= 10 else "servfail"
        assert look_up([server], "example.com").status == expected


def test_dnssec_told_by_asking_without(quick):
    def fail(query, response):
        if not query.flags & dns.flags.CD:
            response.set_rcode(dns.rcode.SERVFAIL)

    with Scripted(respond(fail)) as server:
        assert look_up([server], "example.com").status == "bogus"
        direct = look_up([server], "example.com", is_recursive=False)
        assert direct.status == "servfail", "a zone's own server checks no signatures"


@pytest.mark.parametrize("code", ["FORMERR", "NOTIMP", "NOTAUTH", "YXDOMAIN"])
def test_other_refusals(code):
    def refuse(query, response):
        response.set_rcode(dns.rcode.from_text(code))

    with Scripted(respond(refuse)) as server:
        assert look_up([server], "example.com").status == "refused"


def test_an_error_without_the_question():
    def fail(query, response):
        response.question.clear()
        response.set_rcode(dns.rcode.REFUSED)

    with Scripted(respond(fail)) as server:
        found = look_up([server], "example.com")
        assert (found.status, found.name) == ("refused", "example.com")


def test_the_answer_to_another_question_is_none():
    def other(query, response):
        return dns.message.make_response(
            dns.message.make_query("other.example", "A", id=query.id)
        )

    with Scripted(respond(other)) as server:
        assert look_up([server], "example.com").status == "malformed"


def test_a_name_that_does_not_exist_has_no_records():
    def both(query, response):
        response.set_rcode(dns.rcode.NXDOMAIN)
        name = query.question[0].name
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.1"))

    with Scripted(respond(both)) as server:
        assert look_up([server], "example.com").status == "malformed"


@pytest.mark.parametrize(
    ("authority", "recursion", "status"),
    [
        ("NS", True, "refused"),  # a referral: ask there
        ("SOA", True, "nodata"),
        (None, True, "nodata"),  # a forwarder that drops the SOA record
        (None, False, "refused"),  # knows nothing and does not recurse
    ],
)
def test_an_empty_response_without_authority(authority, recursion, status):
    response = dns.message.make_response(
        dns.message.make_query("example.com", "A"), recursion_available=recursion
    )
    if authority:
        data = "ns.example." if authority == "NS" else "a. b. 1 2 3 4 5"
        response.authority.append(
            dns.rrset.from_text("com.", 60, "IN", authority, data)
        )
    assert read_response(Question("example.com", "A"), response).status == status


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=80), st.booleans())
@example(b"", True)
def test_whatever_bytes_come_there_is_a_status(noise, keeps_question):
    """An answer with the right id, with or without the right question."""

    def respond(wire):
        end = wire.index(b"\0", 12) + 5
        question = wire[12:end] if keeps_question else b""
        counts = bytes([0, keeps_question, 0, 1, 0, 1, 0, 1])
        return wire[:2] + b"\x85\x80" + counts + question + noise

    with Scripted(respond) as server:
        found = look_up([server], "example.com", deadline=time.monotonic() + 0.05)
        assert found.status in ("answer", "nodata", "refused", "malformed", "timeout")


def test_a_forged_packet_does_not_hide_the_response(standin):
    """A forger who guesses the port may answer first, with garbage or another id."""

    class Forger(Scripted):
        def serve(self):
            wire, client = self.socket.recvfrom(4096)
            other_id = bytes([wire[0] ^ 1, wire[1]])
            no_operation = wire[:2] + b"\xe8" + wire[3:]
            cut = wire[:2] + b"\x83\x80\0\1"
            for forged in (b"", b"x", other_id + wire[2:], no_operation, cut):
                self.socket.sendto(forged, client)
            query = dns.message.from_wire(wire)
            self.socket.sendto(standin.answer(query.to_wire(), "udp"), client)
            super().serve()

    with Forger(None) as server:
        assert look_up([server], "mail.example.com").records == ("192.0.2.1",)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
@example("")
@example("a..b")
@example(".example.com")
@example("x" * 64 + ".example.com")
@example("x." * 130)
@example("b\u00fccher.example")
@example("\\")
@example("\\\u00b2")
@example("%{i}._spf.example.com")
@example("\ud800")
def test_no_name_is_too_odd(name):
    """A name that cannot be asked for does not exist."""
    found = look_up([("127.0.0.1", 1)], name, deadline=time.monotonic() + 0.001)
    assert found.status in ("nxdomain", "timeout")


@pytest.mark.parametrize(
    "name", ["a..b", "x" * 64 + ".example.com", "x." * 130, "\\", "\u00fc.example.com"]
)
def test_impossible_names_do_not_exist(standin, name):
    assert look_up([place(standin)], name).status == "nxdomain"
    assert standin.queries == []


def test_names_are_absolute(standin):
    """There is no search list: "mail" is not mail.example.com."""
    assert look_up([place(standin)], "mail").status == "nxdomain"
    assert [query.name for query in standin.queries] == ["mail"]


# -- TCP -----------------------------------------------------------------------------


class TcpServer(Scripted):
    """Truncate every answer over UDP, and let `speak` handle the TCP connection."""

    def __init__(self, speak):
        super().__init__(self.cut)
        self.speak = speak
        self.tcp = socket.create_server(self.socket.getsockname())
        self.tcp_thread = threading.Thread(target=self.serve_tcp, daemon=True)
        self.tcp_thread.start()

    def cut(self, wire):
        response = dns.message.make_response(dns.message.from_wire(wire))
        response.flags |= dns.flags.TC
        return response.to_wire()

    def serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                with connection:
                    self.speak(connection)

    def __exit__(self, *exc_info):
        super().__exit__(*exc_info)
        self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()
        self.tcp_thread.join()


def tcp_response(connection):
    query = dns.message.from_wire(connection.recv(4096)[2:])
    wire = dns.message.make_response(query, recursion_available=True).to_wire()
    return len(wire).to_bytes(2, "big") + wire


def test_tcp_in_pieces():
    def speak(connection):
        for byte in tcp_response(connection):
            connection.sendall(bytes([byte]))

    with TcpServer(speak) as server:
        assert look_up([server], "example.com").status == "nodata"


def test_tcp_too_slowly(quick):
    def speak(connection):
        for byte in tcp_response(connection):
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with TcpServer(speak) as server:
        begin = time.monotonic()
        assert look_up([server], "example.com", lookup_seconds=0.1).status == "timeout"
        assert time.monotonic() - begin < 0.4


@pytest.mark.parametrize("size", [0, 1, 10])
def test_tcp_broken_off(size):
    def speak(connection):
        connection.sendall(tcp_response(connection)[:size])

    with TcpServer(speak) as server:
        assert look_up([server], "example.com").status == "malformed"


def test_tcp_refused():
    """Truncated, and no TCP: an outage, at once."""

    class UdpOnly(TcpServer):
        def __init__(self):
            super().__init__(None)
            self.tcp.shutdown(socket.SHUT_RDWR)
            self.tcp.close()
            self.tcp_thread.join()

        def __exit__(self, *exc_info):
            Scripted.__exit__(self, *exc_info)

    with UdpOnly() as server:
        begin = time.monotonic()
        assert look_up([server], "example.com").status == "timeout"
        assert time.monotonic() - begin < 0.5


def test_where_nobody_listens_there_is_no_waiting():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        server = sock.getsockname()
    begin = time.monotonic()
    assert look_up([server, ("::ffff:0:1", 1)], "example.com").status == "timeout"
    assert time.monotonic() - begin < 0.5


@pytest.mark.parametrize("is_recursive", [True, False])
def test_whether_the_server_is_to_ask_others(standin, is_recursive):
    look_up([place(standin)], "example.com", is_recursive=is_recursive)
    [query] = standin.queries
    assert query.is_recursive == is_recursive


# -- Several servers, several questions ----------------------------------------------


@pytest.mark.parametrize("fault", ["SERVFAIL", "REFUSED", "GARBAGE", "SILENCE", "LAME"])
def test_the_next_server_stands_in(standin, quick, fault):
    with DnsStandin(host="127.0.0.2") as bad:
        bad.fail(".", fault, below=True)
        found = look_up([place(bad), place(standin)], "mail.example.com")
        assert found.status == "answer" and found.server == f"127.0.0.1:{standin.port}"
        assert len(bad.queries) >= 1


def test_absence_is_an_answer_and_the_next_server_is_not_asked(standin):
    with DnsStandin(host="127.0.0.2") as other:
        found = look_up([place(standin), place(other)], "none.example.com")
        assert found.status == "nxdomain" and other.queries == []


def test_what_a_server_said_tells_more_than_silence(standin, quick):
    standin.fail("mail.example.com", "SERVFAIL")
    with DnsStandin(host="127.0.0.2") as silent:
        silent.fail(".", "SILENCE", below=True)
        for servers in ([standin, silent], [silent, standin]):
            places = [place(server) for server in servers]
            found = look_up(places, "mail.example.com", lookup_seconds=0.3)
            assert found.status == "servfail"


def test_a_lost_packet_is_sent_again(quick):
    class Lossy(Scripted):
        def serve(self):
            self.socket.recvfrom(4096)  # lost
            super().serve()

    with Lossy(respond(lambda query, response: None)) as server:
        assert look_up([server], "example.com").status == "nodata"


def test_batches_are_asked_at_the_same_time(standin):
    standin.delay = 0.2
    questions = [Question(f"n{number}.example.com", "A") for number in range(20)]
    begin = time.monotonic()
    resolver = Resolver([place(standin)])
    lookups = resolver([*questions, Question("mail.example.com", "A")])
    assert [lookup.status for lookup in lookups] == ["nxdomain"] * 20 + ["answer"]
    assert [lookup.name for lookup in lookups[:20]] == [q.name for q in questions]
    assert time.monotonic() - begin < 1


def test_a_question_costs_once(standin):
    resolver = Resolver([place(standin)])
    same = ["mail.example.com", "mail.example.com.", "MAIL.example.com"]

    async def ask_side_by_side():
        batch = [Question(name, "A") for name in same]
        return await asyncio.gather(*(resolver.look_up(batch) for _ in range(8)))

    found = asyncio.run(ask_side_by_side())
    again = resolver(
        [Question("mail.example.com", "a"), Question("x.example.com", "A")]
    )
    assert {lookup.records for lookups in found for lookup in lookups} == {
        again[0].records
    }
    assert [lookup.name for lookup in found[0]] == same
    names = sorted(query.name for query in standin.queries)
    assert names == ["mail.example.com", "x.example.com"]
    look_up([place(standin)], "mail.example.com")
    assert len(standin.queries) == 3, "another run asks again"


def test_nobody_to_ask_is_an_outage(monkeypatch):
    monkeypatch.setattr(lookup_module, "machine_servers", lambda: ())
    assert look_up((), "example.com").status == "timeout"


def test_the_machines_resolver(monkeypatch, standin):
    own = (Server(standin.host, standin.port),)
    monkeypatch.setattr(lookup_module, "machine_servers", lambda: own)
    assert look_up((), "mail.example.com").status == "answer"


# -- Time, threads, sockets -----------------------------------------------------------


def test_a_silent_server_costs_three_seconds_at_most(standin):
    standin.fail(".", "SILENCE", below=True)
    begin = time.monotonic()
    assert look_up([place(standin)], "example.com").status == "timeout"
    assert 2.9 < time.monotonic() - begin < 3.3
    assert len(standin.queries) == 3


def test_all_ends_at_the_deadline(standin):
    standin.fail(".", "SILENCE", below=True)
    begin = time.monotonic()
    resolver = Resolver([place(standin)], deadline=begin + 0.5)
    names = [f"n{number}.example.com" for number in range(100)]
    lookups = resolver([Question(name, "A") for name in names])
    assert {lookup.status for lookup in lookups} == {"timeout"}
    assert time.monotonic() - begin < 0.8
    asked = len(standin.queries)
    assert asked >= 100, "all at the same time"
    [late] = resolver([Question("other.example.com", "A")])
    assert late.status == "timeout" and len(standin.queries) == asked


def files_above(count):
    """Return the files open beyond a number, once the stand-in has closed its own."""
    end = time.monotonic() + 6
    while (left := len(os.listdir("/proc/self/fd")) - count) > 0:
        if time.monotonic() > end:
            return left
        time.sleep(0.02)
    return 0


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux")
def test_nothing_is_left_behind(standin, quick):
    """Not even objects that only the garbage collector would free."""
    standin.fail("mail.example.com", "TRUNCATE_NO_TCP")
    standin.fail("web.example.com", "SILENCE")
    gc.collect()
    gc.disable()
    try:
        files = len(os.listdir("/proc/self/fd"))
        resolver = Resolver([place(standin)], lookup_seconds=0.3)
        names = ["mail", "web", "www", "none"]
        resolver([Question(f"{name}.example.com", "A") for name in names])
        assert files_above(files) == 0
    finally:
        gc.enable()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(("dns", "asyncio"))]


# -- Which servers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("", ()),
        (" , ", ()),
        ("192.0.2.1", (("192.0.2.1", 53),)),
        (
            "1.2.3.4, 127.0.0.1:5353 ,[::1]:54,",
            (("1.2.3.4", 53), ("127.0.0.1", 5353), ("::1", 54)),
        ),
        ("2001:db8::1,[2001:db8::2]", (("2001:db8::1", 53), ("2001:db8::2", 53))),
    ],
)
def test_a_list_of_servers(text, servers):
    assert parse_servers(text) == tuple(Server(*server) for server in servers)


@pytest.mark.parametrize(
    "item",
    ["dns.example.com", "1.2.3", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:x"]
    + [
        "1.2.3.4:\u0665",
        "[::1",
        "[::1]53",
        "[::1]:",
        "[]",
        "1.2.3.4 5.6.7.8",
        "::1:53:x",
    ],
)
def test_no_list_of_servers(item):
    with pytest.raises(ServersError) as caught:
        parse_servers(f"192.0.2.1,{item}")
    assert caught.value.words.values == {"item": item}
    assert str(caught.value) == str(caught.value.words)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789abc:.[], x\u0661", max_size=30))
def test_any_text_is_a_list_or_an_error(text):
    try:
        servers = parse_servers(text)
    except ServersError as error:
        assert str(error)
    else:
        assert parse_servers(",".join(map(str, servers))) == servers


def test_servers_to_show():
    assert str(Server("192.0.2.1")) == "192.0.2.1"
    assert str(Server("2001:db8::1")) == "2001:db8::1"
    assert str(Server("2001:db8::1", 5353)) == "[2001:db8::1]:5353"
    assert str(Server("192.0.2.1", 53, "ns.example")) == "ns.example (192.0.2.1)"


def test_the_servers_of_the_machine(tmp_path):
    path = tmp_path / "resolv.conf"
    assert machine_servers(str(path)) == ()
    for text in ("", "search example.com\n", "nameserver here\n", "search a..b\n"):
        path.write_text(text)
        assert not machine_servers(str(path)) or text == "nameserver here\n"
    path.write_text("search example.com\nnameserver 192.0.2.1\nnameserver ::1\n")
    assert machine_servers(str(path)) == (Server("192.0.2.1"), Server("::1"))


# -- Names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.com", "example.com"),
        (" SPF-Input-Dot-Case.Test. ", "spf-input-dot-case.test"),
        ("https://www.example.com/a?b#c", "www.example.com"),
        ("HTTP://user:pw@Example.com:8080/", "example.com"),
        ("someone@example.com", "example.com"),
        ("Some One <someone@example.com>", "example.com"),
        ("mailto:someone@example.com", "example.com"),
        ("*@example.com", "example.com"),
        ("example.com/path@here", "example.com"),
        ("b\u00fccher-spf.test", "xn--bcher-spf-q9a.test"),
        ("BU\u0308CHER-spf.test", "xn--bcher-spf-q9a.test"),
        ("xn--bcher-spf-q9a.test", "xn--bcher-spf-q9a.test"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("example\u3002com", "example.com"),
        ("exa\u00admple.com\u200b", "example.com"),
    ],
)
def test_a_domain_out_of_what_people_type(text, name):
    assert clean_domain(text) == name
    assert clean_domain(name) == name


@pytest.mark.parametrize(
    "text",
    ["", "   ", "localhost", "a b.com", "a..com", ".com", "-a.com", "a_b.com", "@"]
    + ["192.0.2.1", "https://[::1]/", "x" * 64 + ".com", "x." * 200 + "com", "a%b.com"]
    + ["xn--a.com", "https://", "\ud800.com", "\u0661\u06f1.com"],
)
def test_no_domain(text):
    with pytest.raises(DomainError) as caught:
        clean_domain(text)
    assert str(caught.value) == str(caught.value.words)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40), st.text(alphabet="a\u00fc.-@/:x N\u00df", max_size=30)
    )
)
def test_any_text_is_a_domain_or_an_error(text):
    try:
        name = clean_domain(text)
    except DomainError as error:
        assert str(error)
    else:
        assert name.isascii() and name == name.lower()
        assert clean_domain(readable_domain(name)) == name
        dns.name.from_text(name)


def test_names_to_show():
    assert readable_domain("xn--bcher-spf-q9a.test.") == "b\u00fccher-spf.test"
    name = "_dmarc.xn--bcher-spf-q9a.test"
    assert readable_domain(name) == "_dmarc.b\u00fccher-spf.test"
    assert readable_domain("xn--\u00fc.test") == "xn--\u00fc.test"
    assert readable_domain("xn--a.Test") == "xn--a.Test"


def test_long_names_do_not_take_long():
    """CVE-2024-3651 of `idna` before 3.7."""
    begin = time.monotonic()
    with pytest.raises(DomainError):
        clean_domain("\u0660" * 10000 + ".com")
    assert time.monotonic() - begin < 0.5
