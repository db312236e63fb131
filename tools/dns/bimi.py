"""Check the record for the logo beside emails (BIMI).

https://datatracker.ietf.org/doc/draft-brand-indicators-for-message-identification/
"""

import re
from dataclasses import replace

from ..words import Words, _lt
from .dmarc import check_dmarc
from .domain_name import asked_name
from .lookup import Question
from .names import parents
from .optional import absent, several
from .outage import LATER, outage_verdict
from .tag_list import parse_tag_list
from .txt import as_text, shown
from .verdict import Verdict
from .web_file import FILE

_VERSION = re.compile(rb"v[ \t]*=[ \t]*BIMI1[ \t]*(;|\Z)")
_LIKE_A_RECORD = re.compile(rb"v\s*=\W*BIMI", re.IGNORECASE)
_LARGEST_LOGO = 32 * 1024


def check_bimi(domain, ask):
    """Return the `Verdict` on the logo of a domain.

    :param str domain: the domain in the From
    :param Ask ask: asked once for the record, once for DMARC and once for the logo
    """
    domain = asked_name(domain)
    names = [f"default._bimi.{name}" for name in (domain, *parents(domain))]
    lookups = ask([Question(name, "TXT") for name in names])
    for name, lookup in zip(names, lookups, strict=True):
        meant = [value for value in lookup.records if _LIKE_A_RECORD.search(value)]
        if lookup.is_outage:
            return outage_verdict(lookup)
        if meant:
            verdict = _judge(domain, name, meant, ask)
            host = name if name != names[0] else ""
            return replace(verdict, found=shown(meant), host=host)
    return absent(lookups[0], domain, _LIKE_A_RECORD.search, ask, _set_up(names[0]))


def _judge(domain, name, meant, ask):
    records = [value for value in meant if _VERSION.match(value)]
    if len(records) > 1:
        return several(name, "BIMI", shown(records))
    tags = parse_tag_list(as_text(records[0])) if records else None
    if not tags or tags.unreadable or tags.repeated:
        return _verdict("error", _UNREADABLE, _REWRITE, name)
    logo, certificate = tags.get("l"), tags.get("a")
    if not logo and certificate:
        return _verdict("error", _NO_LOGO, _REWRITE, name)
    if not logo:
        return Verdict("ok", Words(_DECLINED, {"domain": domain}))
    for address in filter(None, (logo, certificate)):
        if not address.lower().startswith("https://"):
            return _verdict("warning", _NOT_HTTPS, _USE_HTTPS, name)
    dmarc = check_dmarc(domain, ask)
    if dmarc.status == "temperror":
        return dmarc
    if dmarc.policy not in ("quarantine", "reject"):
        return _verdict("warning", _WEAK_POLICY, _STRICTER, name, domain=domain)
    [file] = ask([Question(logo, FILE)])
    return _judge_logo(name, file) or _judge_certificate(name, certificate)


def _judge_logo(name, file):
    """Return the `Verdict` on a logo that receivers cannot use, None if they can."""
    if file.is_outage:
        return _verdict("temperror", _UNREACHABLE, LATER, name)
    if file.status != "ok":
        return _verdict("warning", _NO_FILE, _PUBLISH, name)
    if b"<svg" not in file.body[:4096].lower():
        return _verdict("warning", _NO_SVG, _PUBLISH, name)
    if b"tiny-ps" not in file.body[:4096].lower():
        return _verdict("warning", _NO_TINY, _CONVERT, name)
    if len(file.body) > _LARGEST_LOGO:
        return _verdict("warning", _TOO_LARGE, _CONVERT, name)
    return None


def _judge_certificate(name, certificate):
    if not certificate:
        return _verdict("warning", _UNCERTIFIED, _CERTIFY, name)
    return Verdict("ok")


def _verdict(status, cause, cure, name, **values):
    values = {"name": name, **values}
    return Verdict(status, Words(cause, values), Words(cure, values))


def _set_up(name):
    return Words(
        _lt(
            "To show your logo at Gmail, Apple and Yahoo, you need a DMARC policy of "
            "quarantine or reject, the logo as SVG Tiny PS, usually a certificate for "
            "it (VMC or CMC), and a TXT record at %(name)s with v=BIMI1; l= and a=."
        ),
        {"name": name},
    )


_UNREADABLE = _lt("The record at %(name)s is not of the form v=BIMI1; l=…; a=….")
_NO_LOGO = _lt("The record at %(name)s names a certificate (a=) but no logo (l=).")
_REWRITE = _lt(
    "Change the TXT record at %(name)s to v=BIMI1; l= with the address of the logo; a= "
    "with that of its certificate."
)
_DECLINED = _lt("%(domain)s declares that it has no logo.")
_NOT_HTTPS = _lt("An address at %(name)s does not begin with https://.")
_USE_HTTPS = _lt("Put both files on a website with HTTPS, and correct the record.")
_WEAK_POLICY = _lt(
    "No receiver shows the logo, as the DMARC policy of %(domain)s is not quarantine "
    "or reject."
)
_STRICTER = _lt(
    "Change the policy of the DMARC record to p=quarantine once its reports show that "
    "all your senders pass."
)
_UNREACHABLE = _lt("The website with the logo at %(name)s did not answer.")
_NO_FILE = _lt(
    "The logo address at %(name)s returns no file: receivers do not follow "
    "redirects, and they require a valid certificate."
)
_NO_SVG = _lt("The logo address at %(name)s returns a file that is not an SVG image.")
_PUBLISH = _lt("Put the logo at that address, or correct the record at %(name)s.")
_NO_TINY = _lt("The logo at %(name)s is not in the format SVG Tiny PS.")
_TOO_LARGE = _lt("The logo at %(name)s is larger than 32 kB.")
_CONVERT = _lt("Convert the logo to SVG Tiny PS of at most 32 kB.")
_UNCERTIFIED = _lt(
    "Gmail and Apple do not show the logo at %(name)s, as it has no certificate (a=)."
)
_CERTIFY = _lt(
    "Get a certificate for the logo (VMC for a registered trademark, otherwise CMC), "
    "or settle for the receivers that show it without one."
)
