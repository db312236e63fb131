"""Second opinions: the test suite of RFC 7208, and dkimpy on DKIM keys.

The suite comes with the source of pyspf, which `dev/setup` keeps as an archive in the
environment; nothing of it is copied into this repository.
"""

import sys
import tarfile
from pathlib import Path

import pytest
from dns_zone import ZoneAsk
from mail_mailjet.tools.dns.dkim import check_dkim
from mail_mailjet.tools.dns.lookup import Lookup
from mail_mailjet.tools.dns.names import is_askable
from mail_mailjet.tools.dns.spf import check_spf
from mail_mailjet.tools.dns.spf_record import SpfSyntaxError, parse
from mail_mailjet.tools.dns.spf_tree import MAX_LOOKUPS, MAX_VOIDS, SpfTree, walk
from rsa_keys import public_key

dkim = pytest.importorskip("dkim", reason="dev/setup installs dkimpy")
yaml = pytest.importorskip("yaml", reason="dev/setup installs PyYAML")

ARCHIVES = Path(sys.prefix) / "vectors"

# We look at all of a record and take the worst that a receiver may meet; the suite has
# one mail in mind, which may be decided before that, or ask for a name made of it
OTHERWISE = {
    "include-at-limit": "permerror",
    "exists-dnserr": "readable",
}
TIMEOUT = "TIMEOUT"
# Those that we agree on may not become fewer
AGREED = 201


def scenarios():
    """Return the scenarios of the suite, as its format has them."""
    archives = sorted(ARCHIVES.glob("pyspf-*.tar.gz"))
    if not archives:
        pytest.skip(f"dev/setup downloads the suite to {ARCHIVES}")
    with tarfile.open(archives[0]) as archive:
        [name] = [n for n in archive.getnames() if n.endswith("/rfc7208-tests.yml")]
        return list(yaml.safe_load_all(archive.extractfile(name).read()))


class SuiteAsk(ZoneAsk):
    """An `Ask` over the zone data of a scenario."""

    def __init__(self, zone_data):
        super().__init__({name: self._node_of(r) for name, r in zone_data.items()})

    @staticmethod
    def _node_of(rows):
        """Return {type: values}; what is SPF in the suite is TXT, unless there is one.

        What no row of the suite answers times out, if there is a row TIMEOUT.
        """
        node = {}
        has_text = any("TXT" in row for row in rows)
        for kind, value in (
            item for row in rows if row != TIMEOUT for item in row.items()
        ):
            if value == TIMEOUT:
                node[kind] = "timeout"
            elif value != "NONE" and (kind != "SPF" or not has_text):
                text = _mx(*value) if kind == "MX" else value
                node.setdefault("TXT" if kind == "SPF" else kind, []).append(text)
        dead = dict.fromkeys(("TXT", "A", "AAAA", "MX"), "timeout")
        return {**dead, **node} if TIMEOUT in rows else node

    def _look_up(self, name, kind):
        # The resolver does not ask for what no record can be called, either
        if not is_askable(name):
            return Lookup(name, kind, "nxdomain")
        return super()._look_up(name, kind)


def _mx(preference, host):
    return f"{preference} {host.rstrip('.').lower()}."


def our_result(domain, ask):
    """Return what receivers make of a record: readable, or a result of RFC 7208 2.6."""
    verdict = check_spf(domain, ask)
    if verdict.status in ("temperror", "missing"):
        return {"temperror": "temperror", "missing": "none"}[verdict.status]
    tree = SpfTree()
    tree.fetch(domain, ask)
    records = tree.records(domain)
    try:
        [record] = records
        walked = walk(tree, domain, parse(record))
    except (ValueError, SpfSyntaxError):
        return "permerror"
    is_over = walked.lookups > MAX_LOOKUPS or len(walked.voids) > MAX_VOIDS
    return "permerror" if walked.permerror or is_over else "readable"


def _as_list(results):
    return [results] if isinstance(results, str) else results


def _in_our_words(result):
    return result if result in ("none", "permerror", "temperror") else "readable"


def test_rfc_7208_suite():
    agreed, wrong = 0, {}
    for scenario in scenarios():
        ask = SuiteAsk(scenario["zonedata"])
        for name, test in scenario["tests"].items():
            wanted = set(map(_in_our_words, _as_list(test["result"])))
            domain = (test["mailfrom"] or test["helo"]).rpartition("@")[2]
            result = our_result(domain, ask)
            if result in wanted:
                agreed += 1
            elif OTHERWISE.get(name) != result:
                wrong[name] = (result, wanted)
    assert not wrong
    assert agreed >= AGREED


KEY = public_key(2048)
SMALL = public_key(1024)
RECORDS = {
    "as issued": f"k=rsa; p={KEY}",
    "version": f"v=DKIM1; k=rsa; p={KEY};",
    "key alone": f"p={KEY}",
    "1024 bits": f"k=rsa; p={SMALL}",
    "spaces in the key": f"k=rsa; p={KEY[:60]} {KEY[60:]}",
    "line breaks": f"v=DKIM1;\r\n k=rsa;\r\n p={KEY}",
    "unknown tag": f"k=rsa; x=y; p={KEY}",
    "service": f"s=email; k=rsa; p={KEY}",
    "hashes": f"h=sha1:sha256; k=rsa; p={KEY}",
    "revoked": "v=DKIM1; p=",
    "no key": "v=DKIM1; k=rsa",
    "other version": f"v=DKIM2; k=rsa; p={KEY}",
    "other service": f"v=DKIM1; s=tlsrpt; p={KEY}",
    "other kind": f"v=DKIM1; k=dsa; p={KEY}",
    "twice": f"k=rsa; p={KEY}; p={KEY}",
    "lost semicolon": f"k=rsa p={KEY}",
    "cut": f"k=rsa; p={KEY[:120]}",
    "bare key": KEY,
    "damaged": f"k=rsa; p={KEY.lower()}",
}


@pytest.mark.parametrize("name", RECORDS)
def test_dkimpy_agrees(name):
    text = RECORDS[name]
    host = "mailjet._domainkey.example.com"
    wanted = SMALL if SMALL in text else KEY
    verdict = check_dkim(
        "example.com", host, f"p={wanted}", ZoneAsk({host: {"TXT": [text]}})
    )
    assert (verdict.status in ("ok", "warning")) == is_usable(text)


def is_usable(text):
    """Whether dkimpy finds a key for the signatures of emails in a record."""
    try:
        _key, size, kind, is_for_reports = dkim.load_pk_from_dns(
            b"any.example", dnsfunc=lambda name, timeout=5: text.encode()
        )
    except (dkim.DKIMException, ValueError, KeyError):
        return False
    return kind == b"rsa" and size >= 1024 and not is_for_reports
