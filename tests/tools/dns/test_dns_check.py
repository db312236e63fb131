"""All checks of a domain: the time they take, and asking its own name servers."""

import asyncio
import logging
import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from mail_mailjet.tests.standins import DnsStandin
from mail_mailjet.tools.dns import authoritative, check, lookup
from mail_mailjet.tools.dns.authoritative import find_views, is_at_or_below
from mail_mailjet.tools.dns.check import check_domain, check_domains, combine
from mail_mailjet.tools.dns.lookup import Question, Resolver
from mail_mailjet.tools.dns.verdict import STATUSES, Verdict
from mail_mailjet.tools.words import Words

ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
SOA = ["ns1.example.com. hostmaster.example.com. 1 3600 600 86400 90"]
WANTED = "v=spf1 include:spf.mailjet.com ~all"


def zone(texts=(WANTED,)):
    """A zone with three name servers, and the version that each of them has."""
    records = {
        "example.com": {
            "SOA": SOA,
            "NS": [f"ns{number}.example.com." for number in (1, 2, 3)],
            "TXT": texts,
        },
        "alias.example.com": {"CNAME": ["target.example.org."]},
        "inner.example.com": {"CNAME": ["example.com."]},
    }
    for number, address in enumerate(ADDRESSES, 1):
        records[f"ns{number}.example.com"] = {"A": [address]}
    return {
        name: {kind: values for kind, values in types.items() if values}
        for name, types in records.items()
    }


class Net:
    """A resolver and three name servers of example.com, on one port."""

    def __init__(self, stack):
        self.resolver = stack.enter_context(DnsStandin(zone()))
        self.resolver.set("target.example.org", "TXT", ["elsewhere"])
        self.port = self.resolver.port
        self.servers = [
            stack.enter_context(DnsStandin(zone(), host=address, port=self.port))
            for address in ADDRESSES
        ]
        self.servers[0].set("www.example.com", "A", ["192.0.2.9"])

    def ask(self, **options):
        options = {"lookup_seconds": 0.4, **options}
        return Resolver([(self.resolver.host, self.port)], **options)

    def views(self, domain="example.com"):
        """Return the addresses asked, and the reason if there are none."""
        views, note = self.find(domain)
        return [view.server.address for view in views], note

    def find(self, domain="example.com", allow_private=True):
        views = find_views(domain, self.ask(), self.port, allow_private)
        return asyncio.run(views)

    def view(self):
        """Return the view of the first name server."""
        return next(v for v in self.find()[0] if v.server.address == ADDRESSES[0])

    def check(self, checks=None, domain="example.com", is_direct=True, **options):
        return check_domain(
            domain,
            {"text": check_text} if checks is None else checks,
            self.ask(**options),
            is_direct=is_direct,
            port=self.port,
            allow_private=True,
        )


@pytest.fixture
def net(monkeypatch):
    # Do not wait long for servers that stay silent
    monkeypatch.setattr(lookup, "TRY_SECONDS", 0.2)
    monkeypatch.setattr(authoritative, "_GREETING_SECONDS", 0.4)
    with ExitStack() as stack:
        yield Net(stack)


def check_text(ask, name="example.com"):
    """A check of a TXT record, like the real ones."""
    [found] = ask([Question(name, "TXT")])
    if found.is_outage:
        return Verdict("temperror", Words("There was no answer."))
    texts = tuple(record.decode() for record in found.records)
    if WANTED in texts:
        return Verdict("ok", found=texts)
    return Verdict("error" if texts else "missing", Words("It is not so."), found=texts)


# -- Finding the name servers --------------------------------------------------------


def test_the_name_servers_of_the_zone_around_a_domain(net):
    for domain in (
        "example.com",
        "Example.com.",
        "news.example.com",
        "a.b.example.com",
    ):
        addresses, note = net.views(domain)
        assert (set(addresses), note) == (set(ADDRESSES), None), domain


@pytest.mark.parametrize(
    ("name", "zone", "is_in"),
    [
        ("example.com.", "Example.com", True),
        ("a.EXAMPLE.com", "example.com.", True),
        ("anexample.com", "example.com", False),
        ("com", "example.com", False),
    ],
)
def test_below(name, zone, is_in):
    assert is_at_or_below(name, zone) == is_in


@pytest.mark.parametrize("domain", ["gone.example", "example", "a.b.unknown-tld", "."])
def test_a_domain_that_does_not_exist(net, domain):
    addresses, note = net.views(domain)
    assert addresses == [] and "could be asked directly" in str(note)
    report = net.check({"text": lambda ask: check_text(ask, domain)}, domain)
    assert report.verdicts["text"].status == "missing" and report.is_fallback


def test_a_domain_that_is_an_alias_is_in_the_zone_above(net):
    net.resolver.set("target.example.org", "NS", ["ns.example.org."])
    addresses, _note = net.views("alias.example.com")
    assert set(addresses) == set(ADDRESSES)


@pytest.mark.parametrize("fault", ["SERVFAIL", "REFUSED", "LAME", "SILENCE", "GARBAGE"])
def test_an_outage_on_the_walk_up(net, fault):
    """It may be a zone of its own, so do not ask its parent."""
    net.resolver.fail("news.example.com", fault)
    addresses, note = net.views("news.example.com")
    assert addresses == [] and note


def test_lame_and_silent_name_servers_are_not_asked_further(net):
    net.servers[0].fail(".", "LAME", below=True)
    net.servers[1].fail(".", "SILENCE", below=True)
    addresses, note = net.views()
    assert (addresses, note) == ([ADDRESSES[2]], None)
    report = net.check()
    assert report.verdicts["text"].status == "ok"
    assert report.asked == (f"ns3.example.com ({ADDRESSES[2]}:{net.port})",)


@pytest.mark.parametrize("fault", ["LAME", "REFUSED", "SERVFAIL", "GARBAGE"])
def test_a_lame_delegation(net, fault):
    for server in net.servers:
        server.fail(".", fault, below=True)
    report = net.check()
    assert report.verdicts["text"].status == "ok", "the resolver knows"
    assert "could be asked directly" in str(report.note)


def test_a_firewall_before_port_53(net):
    for server in net.servers:
        server.fail(".", "SILENCE", below=True)
    begin = time.monotonic()
    report = net.check()
    assert report.verdicts["text"].status == "ok" and report.is_fallback
    assert "firewall" in str(report.note) and "example.com" in str(report.note)
    assert report.asked == (f"127.0.0.1:{net.port}",)
    assert time.monotonic() - begin < 1.5


def test_addresses_inside_are_not_asked(net):
    """Anybody can write any address into a zone."""
    views, note = net.find(allow_private=False)
    assert views == [] and "could be asked directly" in str(note)
    assert [server.queries for server in net.servers] == [[], [], []]


def test_one_address_each_and_eight_servers_at_most(net):
    names = [f"ns{number:02}.example.com." for number in range(12)]
    net.resolver.set("example.com", "NS", names)
    for number, name in enumerate(names):
        addresses = [f"127.0.1.{number}", "127.0.1.99"]
        net.resolver.set(name, "A", addresses)
        net.resolver.set(name, "AAAA", ["::1"])
    servers = asyncio.run(
        authoritative._find_servers(names[:8], net.ask(), net.port, True)
    )
    assert [server.address for server in servers] == [
        f"127.0.1.{number}" for number in range(8)
    ]
    net.find()
    asked = {query.name for query in net.resolver.queries if query.type == "A"}
    assert asked == {name.rstrip(".") for name in names[:8]}


# -- The view of a name server ---------------------------------------------------------


def test_views_ask_without_recursion_and_names_elsewhere_at_the_resolver(net):
    here, below, elsewhere = net.view()(
        [
            Question("example.com", "TXT"),
            Question("www.example.com", "A"),
            Question("target.example.org", "TXT"),
        ]
    )
    assert here.is_authoritative and below.records == ("192.0.2.9",)
    assert here.server.startswith("ns1.example.com (127.0.0.2")
    assert elsewhere.records == (b"elsewhere",)
    assert elsewhere.server == f"127.0.0.1:{net.port}"
    queries = net.servers[0].queries
    assert {query.name for query in queries} == {"example.com", "www.example.com"}
    assert not any(query.is_recursive for query in queries)
    assert all(query.is_recursive for query in net.resolver.queries)


@pytest.fixture
def view(net):
    return net.view()


def test_aliases_that_leave_the_zone(net, view):
    [found] = view([Question("alias.example.com", "TXT")])
    assert (found.status, found.records) == ("answer", (b"elsewhere",))
    assert found.chain == ("target.example.org.",)
    assert found.name == "alias.example.com"
    [inside] = view([Question("inner.example.com", "TXT")])
    assert inside.is_authoritative and inside.chain == ("example.com.",)


def test_only_the_aliases_in_the_zone_are_the_name_servers_to_tell(net, view):
    net.servers[0].set("long.example.com", "CNAME", ["alias.example.com."])
    net.servers[0].set("target.example.org", "TXT", ["not its business"])
    net.resolver.set("target.example.org", "TXT", [])
    net.resolver.set("target.example.org", "CNAME", ["final.example.net."])
    net.resolver.set("final.example.net", "TXT", ["final"])
    [found] = view([Question("long.example.com", "TXT")])
    assert found.records == (b"final",)
    assert found.chain == (
        "alias.example.com.",
        "target.example.org.",
        "final.example.net.",
    )


@pytest.mark.parametrize("fault", ["LAME", "REFUSED"])
def test_a_part_of_the_zone_that_is_elsewhere(net, view, fault):
    """As if _domainkey.example.com were delegated to a key management service."""
    net.resolver.set("x._domainkey.example.com", "TXT", ["key"])
    net.servers[0].fail("_domainkey.example.com", fault, below=True)
    [found] = view([Question("x._domainkey.example.com", "TXT")])
    assert found.records == (b"key",) and found.server == f"127.0.0.1:{net.port}"


def test_an_outage_of_the_name_server_stays_one(net, view):
    net.servers[0].fail("example.com", "SERVFAIL")
    [found] = view([Question("example.com", "TXT")])
    assert found.status == "servfail", "though the resolver has the record"


@pytest.mark.parametrize(
    ("status", "negative_ttl", "is_authoritative", "is_enough"),
    [
        ("answer", None, True, True),
        ("answer", None, False, False),  # from a cache
        ("nodata", 60, True, True),
        ("nxdomain", 60, True, True),
        ("nxdomain", 60, False, False),
        ("nodata", None, True, False),  # perhaps the last name before a delegation
        ("refused", None, False, False),
        ("servfail", None, False, True),
        ("timeout", None, False, True),
    ],
)
def test_what_a_name_server_has_to_say_in_the_end(
    status, negative_ttl, is_authoritative, is_enough
):
    question, server = Question("x.example.com", "TXT"), ("127.0.0.1", 1)
    found = lookup.Lookup(*question, status)
    found = replace(found, negative_ttl=negative_ttl, is_authoritative=is_authoritative)
    view = authoritative.View("example.com", server, Resolver([server]))
    assert view._further(question, found) == (None if is_enough else question)


# -- Propagation ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "status", "counts"),
    [
        ([WANTED, WANTED, WANTED], "ok", None),
        ([WANTED, WANTED, None], "warning", (2, 3)),
        ([None, WANTED, "v=spf1 -all"], "warning", (1, 3)),
        ([None, None, None], "missing", None),
        ([None, "v=spf1 -all", None], "error", None),
    ],
)
def test_propagation(net, texts, status, counts):
    for server, text in zip(net.servers, texts, strict=True):
        server.set("example.com", "TXT", [text] if text else [])
    net.resolver.set("example.com", "TXT", [])
    report = net.check()
    verdict = report.verdicts["text"]
    assert verdict.status == status and len(report.asked) == 3
    assert report.note is None and not report.is_fallback
    if counts:
        good, total = counts
        assert f"{good} of {total} name servers have" in str(verdict.cause)
        assert verdict.found == (WANTED,) and verdict.cure is None


def test_a_name_server_in_trouble_does_not_count(net):
    net.servers[0].fail("example.com", "SERVFAIL")
    net.servers[1].set("example.com", "TXT", [])
    verdict = net.check().verdicts["text"]
    assert verdict.status == "warning" and "1 of 2" in str(verdict.cause)


def check_text_of(status):
    return Verdict(status, Words(status))


@pytest.mark.parametrize(
    ("statuses", "status", "cause"),
    [
        (["temperror"], "temperror", "temperror"),
        (["temperror", "temperror"], "temperror", "temperror"),
        (["temperror", "ok"], "ok", "ok"),
        (["temperror", "missing"], "missing", "missing"),
        (["warning", "warning"], "warning", "warning"),
        (["warning", "missing"], "warning", "1 of 2 name servers"),
        (["ok", "warning", "ok"], "warning", "2 of 3 name servers"),
        (["ok", "error", "temperror"], "warning", "1 of 2 name servers"),
        (["missing", "error"], "error", "error"),
    ],
)
def test_several_verdicts_are_one(statuses, status, cause):
    for order in (statuses, statuses[::-1]):
        verdict = combine(list(map(check_text_of, order)))
        assert verdict.status == status and str(verdict.cause).startswith(cause)
    assert set(check._BEST_FIRST) | {"temperror"} == set(STATUSES)


# -- The wait ------------------------------------------------------------------------


def test_how_long_resolvers_remember_that_there_is_none(net):
    for server in (*net.servers, net.resolver):
        server.set("example.com", "TXT", [])
    for is_direct in (True, False):
        report = net.check(is_direct=is_direct)
        assert report.verdicts["text"].wait == 60, "TTL of the SOA record"

    def elsewhere_too(ask):
        ask([Question("example.com", "TXT"), Question("x.example.org", "TXT")])
        return Verdict("missing", wait=7)

    assert net.check({"text": elsewhere_too}).verdicts["text"].wait == 7
    nothing_asked = net.check({"text": lambda ask: Verdict("missing")})
    assert nothing_asked.verdicts["text"].wait is None


def test_how_long_resolvers_remember_another_text(net):
    def missing(ask):
        ask([Question("example.com", "TXT"), Question("none.example.com", "TXT")])
        return Verdict("missing")

    with DnsStandin('$ORIGIN example.com.\n@ 777 IN TXT "hello"\n') as standin:
        resolver = Resolver([(standin.host, standin.port)])
        report = check_domain("example.com", {"text": missing}, resolver)
    assert report.verdicts["text"].wait == 777
    assert net.check().verdicts["text"].wait is None, "it is there"


# -- Time and bugs ------------------------------------------------------------------


def test_checks_run_side_by_side(net):
    net.resolver.delay = 0.15
    checks = {
        number: lambda ask, n=number: check_text(ask, f"{n}.example.com")
        for number in range(8)
    }
    begin = time.monotonic()
    report = net.check(checks, is_direct=False)
    assert {verdict.status for verdict in report.verdicts.values()} == {"missing"}
    assert list(report.verdicts) == list(checks)
    assert time.monotonic() - begin < 0.6


def test_a_question_of_several_checks_costs_once(net):
    checks = dict.fromkeys(range(5), check_text)
    net.check(checks, is_direct=False)
    assert len(net.resolver.queries) == 1


@pytest.mark.parametrize("is_direct", [True, False])
def test_silence_of_all_ends_at_the_deadline(net, is_direct):
    def patient(ask):
        for number in range(50):
            [found] = ask([Question(f"{number}.example.com", "TXT")])
            assert found.status == "timeout"
        return Verdict("temperror")

    net.resolver.fail(".", "SILENCE", below=True)
    begin = time.monotonic()
    limits = {"deadline": begin + 0.5, "lookup_seconds": 60}
    report = net.check({"text": patient}, is_direct=is_direct, **limits)
    assert report.verdicts["text"].status == "temperror"
    assert time.monotonic() - begin < 0.9


def test_a_check_that_asks_on_and_on_is_cut_off(net):
    def endless(ask):
        number = 0
        while ask([Question(f"{number}.example.com", "TXT")]):
            number += 1

    begin = time.monotonic()
    checks = {"endless": endless, "text": check_text}
    report = net.check(checks, is_direct=False, deadline=begin + 0.3)
    assert time.monotonic() - begin < 0.8
    assert report.verdicts["text"].status == "ok"
    assert report.verdicts["endless"].status == "temperror"
    assert "in time" in str(report.verdicts["endless"].cause)


def test_a_check_is_called_again_when_answers_are_there(net):
    """It gets the same answers to the same questions, without noticing."""
    calls = []

    def curious(ask):
        calls.append([])
        for names in (("example.com", "www.example.com"), ("example.com", "x.example")):
            try:
                calls[-1].append(ask([Question(name, "TXT") for name in names]))
            except Exception as error:
                pytest.fail(f"{error} is not for checks")
        return Verdict("ok")

    assert net.check({"curious": curious}, is_direct=False).verdicts["curious"]
    assert [len(answers) for answers in calls] == [0, 1, 2]
    assert calls[1][0] == calls[2][0]
    assert calls[2][1][0] == calls[2][0][0]


def test_a_defect_of_one_check_is_logged_and_spoils_no_other(net, caplog):
    def broken(ask):
        return 1 / 0

    with caplog.at_level(logging.ERROR):
        report = net.check({"broken": broken, "text": check_text})
    assert report.verdicts["text"].status == "ok"
    assert report.verdicts["broken"].status == "temperror"
    assert "ZeroDivisionError" in caplog.text and "broken" in caplog.text


def test_no_checks(net):
    assert net.check().domain == "example.com"
    assert net.check({}).verdicts == {}


# -- Many domains ---------------------------------------------------------------------


def jobs(count):
    return {
        f"d{number}.example.com": {
            "text": lambda ask, n=number: check_text(ask, f"d{n}.example.com")
        }
        for number in range(count)
    }


def test_many_domains_the_quick_ones_first(net):
    for number in range(20):
        net.resolver.set(f"d{number}.example.com", "TXT", [WANTED])
    net.resolver.fail("d0.example.com", "SILENCE")
    server = (net.resolver.host, net.port)
    reports = list(check_domains(jobs(20), [server], workers=4))
    assert {report.domain for report in reports} == set(jobs(20))
    assert reports[-1].domain == "d0.example.com"
    assert reports[-1].verdicts["text"].status == "temperror"
    assert {report.verdicts["text"].status for report in reports[:-1]} == {"ok"}
    assert reports[0].asked == (f"127.0.0.1:{net.port}",)
    assert list(check_domains({}, [server])) == []


def test_not_more_domains_at_once_than_said(net):
    net.resolver.delay = 0.05
    running, most = set(), []

    def count(ask, name):
        running.add(name)
        most.append(len(running))
        verdict = check_text(ask, name)
        running.remove(name)
        return verdict

    checks = {
        name: {"count": lambda ask, name=name: count(ask, name)} for name in jobs(20)
    }
    list(check_domains(checks, [(net.resolver.host, net.port)], workers=3))
    assert max(most) == 3


def test_it_goes_on_while_a_report_is_dealt_with(net):
    """A slow caller does not make servers time out."""
    net.resolver.delay = 0.1
    reports = check_domains(jobs(40), [(net.resolver.host, net.port)], workers=20)
    next(reports)
    time.sleep(1)
    begin = time.monotonic()
    rest = list(reports)
    assert time.monotonic() - begin < 0.1 and len(rest) == 39
    assert {report.verdicts["text"].status for report in rest} == {"missing"}


def test_whoever_has_seen_enough_stops_it(net):
    net.resolver.delay = 0.05
    reports = check_domains(jobs(50), [(net.resolver.host, net.port)], workers=2)
    next(reports)
    reports.close()
    assert len(net.resolver.queries) < 10


def test_an_error_of_ours_is_not_waited_for(net, monkeypatch):
    monkeypatch.setattr(check, "Report", None)
    with pytest.raises(TypeError):
        list(check_domains(jobs(5), [(net.resolver.host, net.port)]))


def test_one_thread_at_most_and_none_left_behind(net):
    def ours():
        # The threads of the stand-in are named after its handlers
        names = [thread.name for thread in threading.enumerate()]
        return [name for name in names if name.startswith(("dns", "asyncio"))]

    net.check()
    assert ours() == [], "a single domain is checked by the caller's own"
    reports = check_domains(jobs(30), [(net.resolver.host, net.port)])
    next(reports)
    assert ours() == ["dns-check_0"]
    list(reports)
    assert ours() == []
