"""Check the record that asks for reports on failed encryption (RFC 8460)."""

import re

from ..words import Words, _lt
from .domain_name import asked_name
from .lookup import Question
from .optional import absent, several
from .outage import outage_verdict
from .tag_list import parse_tag_list
from .txt import as_text, shown
from .verdict import Verdict

_VERSION = re.compile(rb"v=TLSRPTv1[ \t]*(;|\Z)")
_LIKE_A_RECORD = re.compile(rb"v\s*=\W*TLSRPT", re.IGNORECASE)
_ADDRESS = re.compile(r"mailto:[^\s@,]+@[^\s@,]+\.[^\s@,]+|https://[^\s,]+", re.I)


def check_tls_rpt(domain, ask):
    """Return the `Verdict` on where TLS reports of a domain go.

    :param str domain: the domain that receives mail
    :param Ask ask: asked once, and once more to find out why there is no record
    """
    domain = asked_name(domain)
    name = f"_smtp._tls.{domain}"
    [lookup] = ask([Question(name, "TXT")])
    if lookup.is_outage:
        return outage_verdict(lookup)
    meant = [value for value in lookup.records if _LIKE_A_RECORD.search(value)]
    if not meant:
        return absent(lookup, domain, _LIKE_A_RECORD.search, ask, _set_up(name))
    records = [value for value in meant if _VERSION.match(value)]
    if len(records) > 1:
        return several(name, "TLS-RPT", shown(records))
    found = shown(meant)
    if not records:
        return Verdict("error", _unreadable(name), _write(name), found)
    tags = parse_tag_list(as_text(records[0]))
    addresses = [part.strip() for part in tags.get("rua").split(",") if part.strip()]
    if not addresses:
        return Verdict("warning", _without_address(name), _write(name), found)
    wrong = [text for text in addresses if not _ADDRESS.fullmatch(text)]
    if wrong:
        return Verdict("error", _wrong_address(name, wrong[0]), _write(name), found)
    return Verdict("ok", found=found)


def _set_up(name):
    return Words(
        _lt(
            "To get such reports, create a TXT record at %(name)s with v=TLSRPTv1; "
            "rua=mailto: and an address that is read by a tool or a person."
        ),
        {"name": name},
    )


def _write(name):
    return Words(
        _lt(
            "Change the TXT record at %(name)s to v=TLSRPTv1; rua=mailto: and an "
            "address, or delete it."
        ),
        {"name": name},
    )


def _unreadable(name):
    return Words(
        _lt(
            "The record at %(name)s does not begin with exactly “v=TLSRPTv1;”, so "
            "nobody sends reports."
        ),
        {"name": name},
    )


def _without_address(name):
    return Words(
        _lt("The record at %(name)s names no address (rua=), so no reports arrive."),
        {"name": name},
    )


def _wrong_address(name, text):
    values = {"name": name, "address": text.encode("ascii", "replace").decode()[:60]}
    return Words(
        _lt(
            "Reports cannot be sent to %(address)s at %(name)s: the address must "
            "begin with mailto: or https://."
        ),
        values,
    )
