"""Verdicts on records that a domain may have, but need not."""

from dataclasses import replace

from ..words import Words, _lt
from .absence import absence_cause
from .lookup import Question
from .names import is_askable, plain
from .txt import shown
from .verdict import Verdict
from .wrong_host import WrongHost, wrong_host_verdict


def absent(lookup, domain, is_wanted, ask, cure):
    """Return the `Verdict` on a name without the wanted TXT record.

    Asks once: whether the record is where a DNS panel puts it that adds the domain to
    what is entered. Then somebody wanted it, and the verdict is a warning. Other wrong
    places are not searched, as most domains have none of these records.

    :param Lookup lookup: the TXT records at the name
    :param is_wanted: a function of bytes: whether they are the wanted record
    :param Words cure: how to set it up
    """
    name = plain(lookup.name)
    doubled = WrongHost(f"{name}.{domain}", name.removesuffix(f".{domain}"))
    if not is_askable(doubled.name):
        return Verdict("missing", _cause(lookup), cure)
    [elsewhere] = ask([Question(doubled.name, "TXT")])
    if found := [value for value in elsewhere.records if is_wanted(value)]:
        verdict = wrong_host_verdict(name, doubled, shown(found))
        return replace(verdict, status="warning")
    return Verdict("missing", _cause(lookup), cure)


def _cause(lookup):
    """Say that there is no such record; other TXT records are no news here."""
    if not lookup.records:
        return absence_cause(lookup)
    return Words(
        _lt("There is no such record at %(name)s."), {"name": plain(lookup.name)}
    )


def several(name, kind, found):
    """Return the `Verdict` on a name with more than one record of a kind."""
    values = {"name": name, "kind": kind}
    return Verdict(
        "error",
        Words(
            _lt(
                "There are several %(kind)s records at %(name)s, so none of them "
                "counts."
            ),
            values,
        ),
        Words(_lt("Keep one TXT record at %(name)s for %(kind)s."), values),
        found,
    )
