"""Verdicts on records that a domain may have, but need not."""

from dataclasses import dataclass, replace

from ..words import Words, _lt
from .absence import missing_txt
from .cures import create_cure
from .names import plain
from .verdict import Verdict


@dataclass(frozen=True)
class OptionalVerdict(Verdict):
    """A `Verdict` on an optional record: missing is not an error."""

    is_optional: bool = True


def optional(verdict):
    """Return a verdict as that on an optional record."""
    return OptionalVerdict(**vars(verdict))


def absent(lookup, domain, is_wanted, ask, cure):
    """Return the `Verdict` on a name without the wanted TXT record.

    If it is elsewhere by mistake, somebody wanted it: then it is a warning.

    :param lookup, is_wanted: as for `missing_txt`
    :param Words cure: how to set it up
    """
    verdict = missing_txt(lookup, domain, is_wanted, ask)
    if verdict.cure == create_cure(plain(lookup.name), "TXT", domain):
        return replace(verdict, cure=cure)
    return replace(verdict, status="warning")


def several(name, kind, found):
    """Return the `Verdict` on a name with more than one record of a kind."""
    values = {"name": name, "kind": kind}
    return Verdict(
        "error",
        Words(
            _lt("There are several %(kind)s records at %(name)s, so none counts."),
            values,
        ),
        Words(_lt("Keep one TXT record at %(name)s for %(kind)s."), values),
        found,
    )
