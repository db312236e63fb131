"""Write the DMARC record to publish."""

import re
from urllib.parse import quote

from .dmarc_record import POLICIES, VALUES, DmarcRecord, report_domain
from .domain_name import asked_name
from .tag_list import parse_tag_list
from .txt import as_text

_LIKE_A_VERSION = re.compile(r"\W*v\W*=\W*DMARC\s*[0-9]*\W*", re.IGNORECASE)
# RFC 9989 dropped pct=, rf= and ri=
_DROPPED = ("v", "p", "pct", "rf", "ri")


def propose_dmarc(domain, rua=None, record=None):
    """Return the text of a record that leaves no warning once it is published.

    :param str domain: the domain in the From
    :param str rua: the address where somebody reads the reports; by default the
        postmaster's, who has to exist at every domain with mail (RFC 5321 4.5.1)
    :param DmarcRecord record: the existing one, whose tags are kept if they mean
        something to receivers
    """
    tags = record.tags if record else parse_tag_list("")
    reports = record.meant_addresses("rua") if record else []
    reports = reports or [rua or f"postmaster@{domain}"]
    policy = tags.get("p").lower()
    pairs = {
        "v": "DMARC1",
        "p": policy if policy in POLICIES else "none",
        "rua": _uris(reports),
    }
    for name, value in tags.pairs:
        if name not in _DROPPED and _is_understood(name, value):
            pairs.setdefault(name, value)
    if record and (failures := record.meant_addresses("ruf")):
        pairs["ruf"] = _uris(failures)
    return "; ".join(f"{name}={value}" for name, value in pairs.items())


def meant_record(value):
    """Return the `DmarcRecord` that somebody meant with a value that nobody reads."""
    text = re.sub(r'[\\"]', "", as_text(value))
    rest = _LIKE_A_VERSION.sub("", text, count=1)
    # Without semicolons, a blank before the next tag is one
    rest = re.sub(r"(?<=[\w.])\s+(?=[a-z]+\s*=)", ";", rest)
    return DmarcRecord(parse_tag_list(rest))


def _is_understood(name, value):
    if name in ("sp", "np"):
        return value.lower() in POLICIES
    return value.lower() in VALUES.get(name, (value.lower(),)) and value.isascii()


def _uris(addresses):
    """Return addresses as mailto: URIs, which a comma or an exclamation mark ends."""
    uris = []
    for address in addresses:
        local, _at, domain = address.rpartition("@")
        local = quote(local, safe="+-._=&'*$~%")
        uris.append(f"mailto:{local}@{asked_name(domain)}")
    return ",".join(uri for uri in uris if report_domain(uri))
