"""Benchmark of the DNS checks: `dev/python benchmarks/dns.py`.

Prints a line for each promise and exits with 1 if one is broken. Times are compared
only with others from the same run on the same machine.
"""

import multiprocessing
import sys
import threading
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Replaces this folder, in which "dns" would be this file instead of dnspython
sys.path[0] = str(ROOT / "tests" / "tools")
sys.path.append(str(ROOT / "benchmarks"))
import conftest  # noqa: E402, F401 - makes mail_mailjet.tools importable without Odoo
from mail_mailjet.tests.standins import DnsStandin  # noqa: E402
from mail_mailjet.tools.dns.bimi import check_bimi  # noqa: E402
from mail_mailjet.tools.dns.check import check_domain, check_domains  # noqa: E402
from mail_mailjet.tools.dns.dkim import check_dkim  # noqa: E402
from mail_mailjet.tools.dns.dmarc import check_dmarc  # noqa: E402
from mail_mailjet.tools.dns.lookup import DOMAIN_SECONDS, Resolver  # noqa: E402
from mail_mailjet.tools.dns.mta_sts import check_mta_sts  # noqa: E402
from mail_mailjet.tools.dns.mx import check_mx  # noqa: E402
from mail_mailjet.tools.dns.name_servers import check_name_servers  # noqa: E402
from mail_mailjet.tools.dns.ownership import check_ownership  # noqa: E402
from mail_mailjet.tools.dns.return_path import check_return_path  # noqa: E402
from mail_mailjet.tools.dns.spf import check_spf  # noqa: E402
from mail_mailjet.tools.dns.tls_rpt import check_tls_rpt  # noqa: E402
from promises import exit_code, promise  # noqa: E402

ANSWERS_AFTER = 0.05  # seconds
TOKEN = "0123456789abcdef0123456789abcdef"
DOMAINS = 100
DEAD_ONE_IN = 10
# One by one, all domains would take minutes: measure some, with as many dead ones
ASKED_ONE_BY_ONE = 20
# Time to assemble the result after the deadline
CONCLUDING = 0.5
# The record itself and three nested includes
DEPTH = 4
SPF_TREE = {
    "spf.mailjet.com": {"TXT": ["v=spf1 ip4:198.51.100.0/24 ?all"]},
    "one.test": {"TXT": ["v=spf1 include:two.test -all"]},
    "two.test": {"TXT": ["v=spf1 include:three.test a:host.test -all"]},
    "three.test": {"TXT": ["v=spf1 ip4:192.0.2.3 -all"]},
    "four.test": {"TXT": ["v=spf1 include:five.test -all"]},
    "five.test": {"TXT": ["v=spf1 a:host.test -all"]},
    "host.test": {"A": ["192.0.2.1"]},
}
SPF = "v=spf1 include:one.test include:four.test mx a include:spf.mailjet.com ~all"


def zone_of(domain):
    """Return the zone of a domain whose records are all correct."""
    return {
        domain: {"TXT": [SPF], "MX": [f"10 mx.{domain}."], "A": ["192.0.2.2"]},
        f"mx.{domain}": {"A": ["192.0.2.4"]},
        f"_dmarc.{domain}": {"TXT": [f"v=DMARC1; p=none; rua=mailto:d@{domain}"]},
        f"mailjet._{TOKEN[:8]}.{domain}": {"TXT": [TOKEN]},
        f"mailjet._domainkey.{domain}": {"TXT": ["k=rsa; p="]},
    }


def checks_of(domain):
    """Return the checks that the add-on runs for a domain."""
    dkim_name = f"mailjet._domainkey.{domain}"
    return {
        "ownership": partial(
            check_ownership, domain, f"mailjet._{TOKEN[:8]}.{domain}", TOKEN
        ),
        "spf": partial(check_spf, domain),
        "dkim": partial(check_dkim, domain, dkim_name, "k=rsa; p="),
        "dmarc": partial(check_dmarc, domain),
        "mx": partial(check_mx, domain),
        "return_path": partial(check_return_path, domain),
        "mta_sts": partial(check_mta_sts, domain),
        "tls_rpt": partial(check_tls_rpt, domain),
        "bimi": partial(check_bimi, domain),
        "name_servers": partial(check_name_servers, domain),
    }


def seconds(function):
    start = time.monotonic()
    function()
    return time.monotonic() - start


def check_one(server, domain):
    return check_domain(domain, checks_of(domain), Resolver([server]))


def measure_one(server):
    report = check_one(server, "d1.test")
    spf = report.verdicts["spf"]
    assert (spf.status, spf.lookups) == ("ok", 10), spf
    return seconds(lambda: check_one(server, "d1.test"))


def measure_many(server, names):
    one_by_one = names[:ASKED_ONE_BY_ONE]
    times = {name: seconds(lambda n=name: check_one(server, n)) for name in one_by_one}
    serial = sum(times.values()) * len(names) / len(one_by_one)
    checks = {name: checks_of(name) for name in names}
    reports = []
    together = seconds(lambda: reports.extend(check_domains(checks, [server])))
    right = [r for r in reports if r.verdicts["spf"].status == "ok"]
    assert len(right) == len(names) - len(names[::DEAD_ONE_IN]), len(right)
    return together, serial, max(times.values())


def files_open():
    return len(list(Path("/proc/self/fd").iterdir()))


def serve(zones, dead, connection):
    """Run the DNS stand-in in a separate process, like a remote server."""
    with DnsStandin(zones, delay=ANSWERS_AFTER) as server:
        for name in dead:
            for host in (*zone_of(name), f"bnc3.{name}"):
                server.fail(host, "SILENCE")
        connection.send((server.host, server.port))
        connection.recv()


def main():
    names = [f"d{number}.test" for number in range(DOMAINS)]
    zones = dict(SPF_TREE)
    for name in names:
        zones.update(zone_of(name))
    here, there = multiprocessing.Pipe()
    arguments = (zones, names[::DEAD_ONE_IN], there)
    process = multiprocessing.Process(target=serve, args=arguments)
    process.start()
    server = here.recv()
    try:
        check_one(server, "d1.test")  # warm up
        threads, files = threading.active_count(), files_open()
        one = measure_one(server)
        together, serial, longest = measure_many(server, names)
        left = max(threading.active_count() - threads, 0)
        left += max(files_open() - files, 0)
    finally:
        here.send("stop")
        process.join()
    print(f"{ASKED_ONE_BY_ONE} domains one by one, scaled to {DOMAINS}: {serial:.1f} s")
    print(f"{DOMAINS} domains together: {together:.1f} s")
    promises = [
        ("one_domain_seconds", one, 4 * ANSWERS_AFTER * DEPTH),
        ("many_domains_share_of_one_by_one", together / serial, 0.1),
        ("longest_domain_seconds", longest, DOMAIN_SECONDS + CONCLUDING),
        ("threads_and_files_left", left, 0),
    ]
    for name, measured, floor in promises:
        promise(name, f"{measured:.3f}", f"{floor:.3f}", measured <= floor)
    return exit_code()


if __name__ == "__main__":
    sys.exit(main())
