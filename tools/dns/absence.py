"""Explain why a record is missing, and where it may have ended up."""

from dataclasses import replace

from ..words import Words, _lt
from .cures import create_cure
from .lookup import Question
from .names import alias_target, plain, unused_name
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


def wildcard_cause(name):
    """Return the `Words` for a name that only a wildcard record answers for."""
    return Words(
        _lt(
            "%(name)s has no record of its own: a wildcard record (*) answers in its "
            "place."
        ),
        {"name": name},
    )


def missing_txt(lookup, domain, is_wanted, ask):
    """Return the `Verdict` on a name without a TXT record of the wanted kind.

    Asks once: for a wildcard, and for the names where the record may be by mistake.

    :param Lookup lookup: the TXT records at the name
    :param is_wanted: a function of bytes: whether they are the missing record
    """
    name = plain(lookup.name)
    hosts = wrong_hosts(name, domain)
    wildcard, *elsewhere = ask(
        [
            Question(other, "TXT")
            for other in (unused_name(name), *(h.name for h in hosts))
        ]
    )
    for host, other in zip(hosts, elsewhere, strict=True):
        if wanted := [value for value in other.records if is_wanted(value)]:
            return wrong_host_verdict(name, host, shown(wanted))
    verdict = Verdict(
        "missing",
        absence_cause(lookup),
        create_cure(name, "TXT", domain),
        shown(lookup.records),
        alias_target(lookup),
    )
    if not lookup.records:
        return verdict
    if set(wildcard.records) == set(lookup.records):
        return replace(verdict, cause=wildcard_cause(name))
    return replace(verdict, cause=_other_text(name))


def _other_text(name):
    return Words(
        _lt("The TXT records at %(name)s are for other purposes."), {"name": name}
    )
