"""Explain a record that is not at its name: an alias or a wildcard stands in for it."""

from dataclasses import replace

from ..words import Words, _lt
from .cures import create_cure
from .lookup import Question
from .names import alias_target, plain, unused_name


def wildcard_question(name, kind="TXT"):
    """Return the `Question` for a name beside this one that only a wildcard answers."""
    return Question(unused_name(name), kind)


def is_wildcard(lookup, twin):
    """Whether a wildcard answers for a name, with a record or with an alias.

    :param Lookup lookup: what was found at the name
    :param Lookup twin: the answer to `wildcard_question`
    """
    found = (set(lookup.records), lookup.chain)
    return found != (set(), ()) and found == (set(twin.records), twin.chain)


def wildcard_cause(name):
    """Return the `Words` for a name that only a wildcard record answers for."""
    return Words(
        _lt(
            "%(name)s has no record of its own: a wildcard record (*) answers in its "
            "place."
        ),
        {"name": name},
    )


def alias_cure(lookup):
    """Return the `Words` for a record that cannot stand beside an alias.

    A name with a CNAME must have no other record (RFC 1034 3.6.2).
    """
    return Words(
        _lt(
            "Delete the CNAME record at %(name)s, which rules out any other record "
            "there, and create the %(type)s record; or have the %(type)s record at "
            "%(target)s changed."
        ),
        {
            "name": plain(lookup.name),
            "type": lookup.type,
            "target": alias_target(lookup),
        },
    )


def explain(verdict, lookup, twin, domain):
    """Return the verdict on a bad record, with what stands in for it.

    :param Verdict verdict: on the record, as if it were at the name itself
    :param Lookup lookup: what was found at the name
    :param Lookup twin: the answer to `wildcard_question`
    :param str domain: the domain whose DNS provider has the record
    """
    name = plain(lookup.name)
    if is_wildcard(lookup, twin):
        cure = create_cure(name, lookup.type, domain)
        return replace(verdict, status="missing", cause=wildcard_cause(name), cure=cure)
    if not lookup.chain:
        return verdict
    cause = Words(
        _lt(
            "%(name)s is an alias (CNAME) for %(target)s, so receivers read the record "
            "there. %(problem)s"
        ),
        {"name": name, "target": alias_target(lookup), "problem": verdict.cause},
    )
    return replace(verdict, cause=cause, cure=alias_cure(lookup))
