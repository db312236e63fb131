"""Explain why a record is missing, and where it may have ended up."""

from dataclasses import replace

from ..words import Words, _lt
from .cures import create_cure
from .existence import existence_question, gone_verdict
from .lookup import Question
from .names import alias_target, plain
from .stand_in import alias_cure, is_wildcard, wildcard_cause, wildcard_question
from .txt import shown
from .verdict import Verdict
from .wrong_host import wrong_host_verdict, wrong_hosts


def absence_cause(lookup):
    """Return the `Words` that explain a `Lookup` that found nothing."""
    values = {
        "name": plain(lookup.name),
        "target": alias_target(lookup),
        "type": lookup.type,
    }
    if lookup.status == "nxdomain" and lookup.chain:
        source = _lt(
            "%(name)s is an alias (CNAME) for %(target)s, which does not exist."
        )
    elif lookup.status == "nxdomain":
        source = _lt("The name %(name)s does not exist.")
    elif lookup.chain:
        source = _lt(
            "%(name)s is an alias (CNAME) for %(target)s, "
            "which exists but has no %(type)s record."
        )
    else:
        source = _lt("The name %(name)s exists but has no %(type)s record.")
    return Words(source, values)


def missing_txt(lookup, domain, is_wanted, ask):
    """Return the `Verdict` on a name without a TXT record of the wanted kind.

    Asks once: whether the domain exists, for a wildcard, and for the names where the
    record may be by mistake.

    :param Lookup lookup: the TXT records at the name
    :param is_wanted: a function of bytes: whether they are the missing record
    """
    name = plain(lookup.name)
    hosts = wrong_hosts(name, domain)
    existence, twin, *elsewhere = ask(
        [
            existence_question(domain),
            wildcard_question(name),
            *(Question(host.name, "TXT") for host in hosts),
        ]
    )
    if gone := gone_verdict(existence):
        return gone
    for host, other in zip(hosts, elsewhere, strict=True):
        if wanted := [value for value in other.records if is_wanted(value)]:
            return wrong_host_verdict(name, host, shown(wanted))
    verdict = Verdict(
        "missing",
        _other_text(name) if lookup.records else absence_cause(lookup),
        create_cure(name, "TXT", domain),
        shown(lookup.records),
        alias_target(lookup),
    )
    if is_wildcard(lookup, twin):
        return replace(verdict, cause=wildcard_cause(name))
    return replace(verdict, cure=alias_cure(lookup)) if lookup.chain else verdict


def _other_text(name):
    return Words(
        _lt("The TXT records at %(name)s are for other purposes."), {"name": name}
    )
