"""Check the DKIM key that receivers use to verify Mailjet's signature."""

from dataclasses import replace

from ..words import Words, _lt
from .absence import missing_txt
from .alias_conflict import alias_conflict
from .dkim_record import is_same_key, looks_like_key, parse_dkim_record, rsa_bits
from .dkim_rules import RULES, DkimCase
from .domain_name import asked_name
from .lookup import Question
from .names import alias_target, plain
from .outage import outage_verdict
from .quoting import has_quoting, quoting_cause
from .stand_in import explain, wildcard_question
from .txt import shown
from .verdict import Verdict


def check_dkim(domain, name, expected, ask):
    """Return the `Verdict` on the DKIM key of a domain.

    It compares keys, not text (RFC 6376 3.6.1, RFC 8301, RFC 8463).

    :param str domain: the sending domain
    :param str name: Mailjet's DKIMRecordName, in full: mailjet._domainkey.example.com
    :param str expected: Mailjet's DKIMRecordValue; without a key in it, the one
        found cannot be compared, which is a warning
    :param Ask ask: asked once, and once more to find out why there is no key
    """
    domain, name = asked_name(domain), asked_name(name)
    texts, alias = ask([Question(name, "TXT"), Question(name, "CNAME")])
    if texts.is_outage:
        return outage_verdict(texts)
    wanted = _parse_expected(expected)
    keys = [value for value in texts.records if looks_like_key(value)]
    if not keys:
        return missing_txt(texts, domain, lambda value: _is_same(value, wanted), ask)
    verdict = _judge(keys, wanted, {"name": name, "domain": domain})
    if verdict.status in ("ok", "warning"):
        verdict = _beside(texts, alias) or verdict
    else:
        [twin] = ask([wildcard_question(name)])
        verdict = explain(verdict, texts, twin, domain)
    return replace(verdict, found=shown(texts.records), host=alias_target(texts))


def _parse_expected(expected):
    """Return the `DkimRecord` that Mailjet expects, an empty one if it has no key."""
    wanted = parse_dkim_record((expected or "").encode(errors="replace"))
    return wanted if rsa_bits(wanted.key) else parse_dkim_record(b"")


def _is_same(value, wanted):
    """Whether the bytes of a record are the wanted key; any key if none is known."""
    if not wanted.key:
        return looks_like_key(value)
    return is_same_key(parse_dkim_record(value).key, wanted.key)


def _judge(keys, wanted, values):
    """Return the `Verdict` on the values that are meant as keys."""
    if len(keys) > 1:
        return _several_keys(values["name"])
    case = DkimCase(parse_dkim_record(keys[0]), wanted, values)
    verdicts = (rule(case) for rule in RULES)
    verdict = next((verdict for verdict in verdicts if verdict), Verdict("ok"))
    if verdict.status == "error" and has_quoting(keys[0]):
        return replace(verdict, cause=quoting_cause(values["name"]))
    return verdict


def _beside(texts, alias):
    """Return the `Verdict` on records beside the key, None if there are none."""
    if len(texts.records) > 1:
        values = {"name": plain(texts.name)}
        return Verdict(
            "warning",
            Words(
                _lt(
                    "There is another TXT record beside the key at %(name)s, and some "
                    "receivers may read only that one."
                ),
                values,
            ),
            Words(_lt("Delete the other TXT record at %(name)s."), values),
        )
    return alias_conflict(texts, alias)


def _several_keys(name):
    values = {"name": name}
    return Verdict(
        "error",
        Words(
            _lt(
                "There are several keys at %(name)s, and which one a receiver reads is "
                "left to chance."
            ),
            values,
        ),
        Words(
            _lt(
                "Keep only the key with the value shown at %(name)s; delete the others."
            ),
            values,
        ),
    )
