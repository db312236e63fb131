"""Check the token that proves to Mailjet who owns a domain."""

import re
from dataclasses import replace

from ..words import Words, _lt
from .absence import missing_txt
from .alias_conflict import alias_conflict
from .cures import replace_cure
from .lookup import Question
from .names import alias_target, plain
from .outage import outage_verdict
from .quoting import has_quoting, quoting_cause
from .txt import shown
from .verdict import Verdict

# The form of Mailjet's tokens in every zone seen so far
_TOKEN = re.compile(rb"\W*[0-9a-f]{32}\W*", re.IGNORECASE)


def check_ownership(domain, name, token, ask):
    """Return the `Verdict` on the TXT record that proves that a domain is yours.

    There may be tokens of other accounts and other records beside it.

    :param str domain: the sending domain
    :param str name: Mailjet's OwnerShipTokenRecordName, in full
    :param str token: Mailjet's OwnerShipToken; without it there is no verdict
    :param Ask ask: asked once, and once more to find out why there is no token
    """
    domain, name = plain(domain), plain(name)
    wanted = (token or "").encode(errors="replace")
    if not wanted:
        return _no_token(domain)
    texts, alias = ask([Question(name, "TXT"), Question(name, "CNAME")])
    if texts.is_outage:
        return outage_verdict(texts)
    if wanted in texts.records:
        verdict = alias_conflict(texts, alias) or Verdict("ok")
    elif meant := [v for v in texts.records if wanted in v or _TOKEN.fullmatch(v)]:
        verdict = _wrong_token(name, meant)
    else:
        return missing_txt(texts, domain, lambda value: wanted in value, ask)
    return replace(verdict, found=shown(texts.records), host=alias_target(texts))


def _wrong_token(name, meant):
    """Return the `Verdict` on values that were meant as the token."""
    cause = Words(
        _lt("The value at %(name)s is not the token that Mailjet expects."),
        {"name": name},
    )
    if any(has_quoting(value) for value in meant):
        cause = quoting_cause(name)
    return Verdict("error", cause, replace_cure(name, "TXT"))


def _no_token(domain):
    values = {"domain": domain}
    return Verdict(
        "temperror",
        Words(
            _lt("Odoo does not know which token Mailjet expects for %(domain)s."),
            values,
        ),
        Words(
            _lt("Read %(domain)s from Mailjet again, then check again."),
            values,
        ),
    )
