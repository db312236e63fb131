"""Check the token that proves to Mailjet who owns a domain."""

import re
from dataclasses import replace

from ..words import Words, _lt
from .absence import missing_txt
from .alias_conflict import alias_conflict
from .cures import replace_cure
from .domain_name import asked_name
from .lookup import Question
from .names import alias_target
from .outage import outage_verdict
from .quoting import has_quoting, quoting_cause
from .stand_in import explain, wildcard_question
from .txt import as_text, shown
from .verdict import Verdict

# Shorter pieces of a token may be anything
_PART = 8
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
    domain, name = asked_name(domain), asked_name(name)
    wanted = (token or "").encode(errors="replace")
    if not wanted:
        return _no_token(domain)
    texts, alias = ask([Question(name, "TXT"), Question(name, "CNAME")])
    if texts.is_outage:
        return outage_verdict(texts)
    if wanted in texts.records:
        verdict = alias_conflict(texts, alias) or Verdict("ok")
    elif meant := [v for v in texts.records if _is_meant(v, wanted)]:
        [twin] = ask([wildcard_question(name)])
        verdict = _wrong_token(name, wanted, meant)
        verdict = explain(verdict, texts, twin, domain)
    else:
        return missing_txt(texts, domain, lambda value: wanted in value, ask)
    return replace(verdict, found=shown(texts.records), host=alias_target(texts))


def _is_meant(value, wanted):
    """Whether the bytes of a record were meant as the token, or as another one."""
    bare = re.sub(rb"\s", b"", value)
    is_part = len(bare) > _PART and bare in wanted
    return wanted in bare or is_part or bool(_TOKEN.fullmatch(bare))


def _wrong_token(name, wanted, meant):
    """Return the `Verdict` on values that were meant as the token."""
    slips = (_slip(value, wanted, name) for value in meant)
    cause = next(filter(None, slips), None) or Words(
        _lt("The value at %(name)s is not the token that Mailjet expects."),
        {"name": name},
    )
    return Verdict("error", cause, replace_cure(name, "TXT"))


def _slip(value, wanted, name):
    """Return the `Words` on how a value differs from the token, None if in all."""
    if has_quoting(value):
        return quoting_cause(name)
    text = as_text(value)
    token = as_text(wanted)
    if text.replace("\xc2\xa0", " ").strip() == token:
        is_behind = text.startswith(token)
        source = (
            _lt("The token at %(name)s has a space at the end.")
            if is_behind
            else _lt("The token at %(name)s has a space at the beginning.")
        )
    elif re.sub(r"\s", "", text) == token:
        source = _lt("The token at %(name)s has a space in the middle.")
    elif text.strip().lower() == token.lower():
        source = _lt("The token at %(name)s is right except for its capital letters.")
    elif text.strip() == token + token:
        source = _lt("The token at %(name)s was pasted twice.")
    elif token in text:
        source = _lt("There is other text around the token at %(name)s.")
    elif len(text) > _PART and text.strip() in token:
        source = _lt("The token at %(name)s is cut off.")
    else:
        return None
    return Words(source, {"name": name})


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
