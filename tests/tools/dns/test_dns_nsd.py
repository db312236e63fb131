"""Compare NSD, a real name server, and the stand-in on the same zone."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from mail_mailjet.tests.standins import DnsStandin
from mail_mailjet.tools.dns.authoritative import View
from mail_mailjet.tools.dns.lookup import Question, Resolver

pytestmark = pytest.mark.skipif(not shutil.which("nsd"), reason="needs NSD")

# The root zone, so that one file holds names of all domains
ZONE = rf"""
$ORIGIN .
$TTL 300
@ IN SOA ns.test. hostmaster.test. 1 3600 600 86400 120
@ IN NS ns.test.
ns.test. IN A 127.0.0.1
good.test. IN TXT "v=spf1 include:spf." "mailjet.com ~all"
good.test. IN TXT "caf\195\169 \"quoted\" \\ ;"
good.test. IN MX 10 MAIL.good.test.
good.test. IN MX 20 mail2.good.test.
mail.good.test. IN A 192.0.2.1
mail.good.test. IN AAAA 2001:DB8::1
null.test. IN MX 0 .
caa.test. IN CAA 0 issue "Letsencrypt.org"
srv.test. IN SRV 1 2 3 Mail.good.test.
a.b.deep.test. 77 IN TXT "below two names without records"
www.test. 60 IN CNAME web.test.
web.test. 200 IN CNAME Mail.good.test.
lost.test. 60 IN CNAME nowhere.test.
empty.test. 60 IN CNAME mail.good.test.
loop.test. IN CNAME loop2.test.
loop2.test. IN CNAME loop.test.
self.test. IN CNAME self.test.
xn--bcher-spf-q9a.test. IN TXT "v=spf1 -all"
_dmarc.good.test. IN TXT "v=DMARC1; p=none"
mailjet._domainkey.good.test. IN TXT "k=rsa; p={"A" * 200}" "{"B" * 200}"
spf.mailjet.com. IN TXT "v=spf1 ip4:192.0.2.0/24 ?all"
nothing.test. IN TXT ""
"""
ZONE += "".join(f'big.test. IN TXT "{n:02} {"x" * 100}"\n' for n in range(60))

NAMES = (
    *("good.test", "GOOD.Test.", "mail.good.test", "null.test", "caa.test", "srv.test"),
    *("deep.test", "b.deep.test", "a.b.deep.test", "z.a.b.deep.test", "nothing.test"),
    *("www.test", "web.test", "lost.test", "empty.test", "loop.test", "self.test"),
    *("xn--bcher-spf-q9a.test", "_dmarc.good.test", "mailjet._domainkey.good.test"),
    *("_domainkey.good.test", "spf.mailjet.com", "com", "big.test", "none.test", ""),
    *("none.good.test", "_dmarc.none.good.test", "gone.example", "x" * 63 + ".test"),
)
TYPES = ("TXT", "A", "AAAA", "MX", "CNAME", "NS", "SOA", "CAA", "SRV")

CONFIG = """
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd"
  zonelistfile: "{folder}/zones"
  xfrdir: "{folder}"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
"""


NOBODY = 65534


def free_port():
    """Return a port that is free for both TCP and UDP."""
    while True:
        with (
            socket.create_server(("127.0.0.1", 0)) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            contextlib.suppress(OSError),
        ):
            udp.bind(tcp.getsockname())
            return udp.getsockname()[1]


def command(folder):
    """Run NSD in the foreground, not as root."""
    nsd = ["nsd", "-d", "-c", f"{folder}/nsd.conf"]
    if os.getuid():
        return nsd
    os.chown(folder, NOBODY, NOBODY)
    ids = (f"--reuid={NOBODY}", f"--regid={NOBODY}")
    return ["setpriv", *ids, "--clear-groups", *nsd]


@pytest.fixture(scope="module")
def folder():
    """A folder for NSD's files; pytest's own folders are closed to other users."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def nsd(folder):
    """Run NSD; yield its port."""
    port = free_port()
    (folder / "nsd.conf").write_text(CONFIG.format(port=port, folder=folder))
    (folder / "root.zone").write_text(ZONE)
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command(folder), stdout=log, stderr=log) as process,
    ):
        try:
            end = time.monotonic() + 10
            while look_up(port, [Question("good.test", "A")])[0].is_outage:
                output = (folder / "log").read_text(errors="replace")
                assert process.poll() is None and time.monotonic() < end, output
            yield port
        finally:
            process.terminate()
            process.wait(10)


def look_up(port, questions, **options):
    return Resolver([("127.0.0.1", port)], **options)(questions)


def comparable(lookup):
    return replace(lookup, server="", records=tuple(sorted(lookup.records)))


@pytest.mark.parametrize("is_recursive", [True, False])
def test_the_stand_in_and_nsd_say_the_same(nsd, is_recursive):
    questions = [Question(name, kind) for name in NAMES for kind in TYPES]
    options = {"is_recursive": is_recursive, "deadline": time.monotonic() + 60}
    with DnsStandin(ZONE) as standin:
        ours = look_up(standin.port, questions, **options)
        tcp = {query.name for query in standin.queries if query.transport == "tcp"}
    theirs = look_up(nsd, questions, **options)
    assert list(map(comparable, ours)) == list(map(comparable, theirs))
    statuses = {lookup.status for lookup in theirs}
    assert statuses == {"answer", "nodata", "nxdomain", "servfail"}
    assert tcp == {"big.test"}


def test_what_nsd_says(nsd):
    """Without this, both could be read wrongly in the same way."""
    text, big, lost, alias, deep, loop = look_up(
        nsd,
        [
            Question("good.test", "TXT"),
            Question("big.test", "TXT"),
            Question("lost.test", "A"),
            Question("www.test", "A"),
            Question("deep.test", "TXT"),
            Question("loop.test", "A"),
        ],
    )
    assert set(text.records) == {
        b"v=spf1 include:spf.mailjet.com ~all",
        b'caf\xc3\xa9 "quoted" \\ ;',
    }
    assert len(big.records) == 60 and big.status == "answer"
    assert (lost.status, lost.chain) == ("nxdomain", ("nowhere.test.",))
    assert alias.records == ("192.0.2.1",) and alias.ttl == 60
    assert alias.chain == ("web.test.", "mail.good.test.")
    assert (deep.status, deep.negative_ttl) == ("nodata", 120)
    assert loop.status == "servfail"


def test_a_view_of_nsd(nsd):
    """As a name server of good.test; mailjet.com is elsewhere."""
    with DnsStandin({"spf.mailjet.com": {"TXT": ["from the resolver"]}}) as standin:
        resolver = Resolver([(standin.host, standin.port)])
        view = View("good.test", ("127.0.0.1", nsd), resolver)
        here, elsewhere, nothing = view(
            [
                Question("_dmarc.good.test", "TXT"),
                Question("spf.mailjet.com", "TXT"),
                Question("none.good.test", "TXT"),
            ]
        )
        assert here.records == (b"v=DMARC1; p=none",) and here.is_authoritative
        assert elsewhere.records == (b"from the resolver",)
        assert nothing.status == "nxdomain" and nothing.negative_ttl == 120
        assert [query.name for query in standin.queries] == ["spf.mailjet.com"]
