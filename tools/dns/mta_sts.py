"""Check that others may rely on encryption when they send to a domain (RFC 8461)."""

import re
from dataclasses import replace

from ..words import Words, _lt
from .domain_name import asked_name
from .lookup import Question
from .mta_sts_policy import parse_policy
from .names import plain
from .optional import absent, several
from .outage import LATER, outage_verdict
from .tag_list import parse_tag_list
from .txt import as_text, shown
from .verdict import Verdict
from .web_file import FILE

_VERSION = re.compile(rb"v=STSv1[ \t]*(;|\Z)")
_LIKE_A_RECORD = re.compile(rb"v\s*=\W*STS", re.IGNORECASE)
_ID = re.compile("[A-Za-z0-9]{1,32}")


def check_mta_sts(domain, ask):
    """Return the `Verdict` on the MTA-STS policy of a domain.

    :param str domain: the domain that receives mail
    :param Ask ask: asked once for the record, and once for the policy file
    """
    domain = asked_name(domain)
    name = f"_mta-sts.{domain}"
    lookup, mx = ask([Question(name, "TXT"), Question(domain, "MX")])
    if lookup.is_outage:
        return outage_verdict(lookup)
    meant = [value for value in lookup.records if _LIKE_A_RECORD.search(value)]
    if not meant:
        return absent(lookup, domain, _LIKE_A_RECORD.search, ask, _set_up(name))
    records = [value for value in meant if _VERSION.match(value)]
    if len(records) > 1:
        return several(name, "MTA-STS", shown(records))
    is_valid = records and _ID.fullmatch(parse_tag_list(as_text(records[0])).get("id"))
    values = {"name": name, "domain": domain, "url": policy_url(domain)}
    if not is_valid:
        verdict = _verdict("error", _UNREADABLE, _REWRITE, values)
    else:
        verdict = _judge_file(ask, mx, values)
    return replace(verdict, found=shown(meant))


def policy_url(domain):
    """Return the address of the policy file (RFC 8461 3.3)."""
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def _judge_file(ask, mx, values):
    [file] = ask([Question(values["url"], FILE)])
    if file.is_outage:
        return _verdict("temperror", _UNREACHABLE, LATER, values)
    if file.status != "ok":
        return _verdict("warning", _REASONS[file.status], _PUBLISH, values)
    policy = parse_policy(file.body)
    if policy.problem:
        status = "error" if policy.mode == "enforce" else "warning"
        return _verdict(
            status, _INVALID, _CORRECT, {**values, "problem": policy.problem}
        )
    return _judge_policy(policy, mx, values)


def _judge_policy(policy, mx, values):
    if policy.mode == "none":
        return Verdict("ok", Words(_OFF, values))
    hosts = [plain(record.split()[-1]) for record in mx.records if record.strip()]
    strange = [host for host in hosts if host and not policy.allows(host)]
    if strange:
        is_lost = policy.mode == "enforce" and len(strange) == len(hosts)
        values = {**values, "hosts": ", ".join(sorted(strange))}
        if is_lost:
            return _verdict("error", _ALL_STRANGE, _ADD, values)
        return _verdict("warning", _SOME_STRANGE, _ADD, values)
    if policy.mode == "testing":
        return _verdict("warning", _TESTING, _ENFORCE, values)
    return Verdict("ok")


def _verdict(status, cause, cure, values):
    return Verdict(status, Words(cause, values), Words(cure, values))


def _set_up(name):
    return Words(
        _lt(
            "MTA-STS protects email to you, such as replies, not what you send. To set "
            "it up, ask the provider of your mailboxes for the policy file, and create "
            "a TXT record at %(name)s with v=STSv1; id= and a number."
        ),
        {"name": name},
    )


_UNREADABLE = _lt(
    "The record at %(name)s is not of the form v=STSv1; id= with up to 32 letters and "
    "digits, so it does not count."
)
_REWRITE = _lt("Change it to v=STSv1; id=1, with a new id for each change of policy.")
_UNREACHABLE = _lt("The policy file at %(url)s could not be read: no answer.")
_REASONS = {
    "no_host": _lt(
        "The record at %(name)s announces a policy, but mta-sts.%(domain)s does not "
        "exist, so it does not count."
    ),
    "private": _lt(
        "The record at %(name)s announces a policy, but mta-sts.%(domain)s leads to a "
        "private address, so nobody can read it."
    ),
    "certificate": _lt(
        "The record at %(name)s announces a policy, but the certificate of "
        "mta-sts.%(domain)s is not valid, so it does not count."
    ),
    "not_found": _lt(
        "The record at %(name)s announces a policy, but there is no file at "
        "%(url)s, or only a redirect, which does not count."
    ),
    "too_large": _lt("The policy file at %(url)s is larger than 64 kB."),
    "invalid": _lt("No file can be read at %(url)s."),
}
_PUBLISH = _lt("Put the policy file at %(url)s, or delete the record at %(name)s.")
_INVALID = _lt("The policy file at %(url)s is wrong or lacks a line: “%(problem)s”.")
_CORRECT = _lt("Correct the file, or delete the record at %(name)s.")
_OFF = _lt("The policy is switched off (mode: none).")
_ALL_STRANGE = _lt(
    "The policy names none of the mail servers of %(domain)s (%(hosts)s), so email to "
    "it is held back."
)
_SOME_STRANGE = _lt(
    "The policy does not name all mail servers of %(domain)s; not named: %(hosts)s."
)
_ADD = _lt(
    "Add an mx: line for each of them to %(url)s, and change the id at %(name)s."
)
_TESTING = _lt(
    "The policy is being tested (mode: testing): failures are reported, but email is "
    "delivered without encryption all the same."
)
_ENFORCE = _lt(
    "When the TLS reports show no failures, change the file to mode: enforce, and the "
    "id at %(name)s."
)
