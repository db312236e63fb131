"""Check that a domain's SPF record allows Mailjet's servers (RFC 7208)."""

from dataclasses import dataclass, replace

from ...const import SPF_INCLUDE
from ..words import Words, _lt
from .alias_conflict import alias_conflict
from .domain_name import asked_name
from .existence import registered_domain
from .lookup import Lookup, Question
from .names import alias_target
from .outage import outage_verdict
from .spf_absence import missing_spf
from .spf_proposal import Draft, draft
from .spf_record import SpfSyntaxError, parse
from .spf_repair import is_half
from .spf_rules import (
    ABSENT,
    JOIN,
    PROPOSING,
    PUBLISH,
    REPLACE,
    SpfCase,
    correction,
    judge,
)
from .spf_tree import SpfTree, Walk, walk
from .stand_in import explain, wildcard_question
from .txt import show, shown
from .verdict import Verdict

_UNREADABLE = _lt("Receivers cannot read “%(term)s” and ignore the whole SPF record.")


@dataclass(frozen=True)
class SpfVerdict(Verdict):
    """A `Verdict` on SPF; `lookups` and `voids` are the most that receivers count."""

    lookups: int = 0
    voids: int = 0


def check_spf(domain, ask, include=SPF_INCLUDE):
    """Return the `SpfVerdict` on a domain that sends through the servers of `include`.

    :param str domain: the sending domain
    :param Ask ask: asked once for each level of the tree of records, and once more to
        find out why the record is missing or wrong
    """
    domain = asked_name(domain)
    tree = SpfTree()
    tree.fetch(domain, ask, Question(domain, "CNAME"), Question(include, "TXT"))
    lookup = tree.lookup(domain, "TXT")
    if lookup.is_outage:
        return _complete(outage_verdict(lookup))
    records = tree.records(domain)
    if not records:
        verdict, drafted = missing_spf(tree, domain, include, ask)
        return _complete(verdict, drafted)
    return _check_records(tree, domain, include, records, ask)


def _check_records(tree, domain, include, records, ask):
    """Return the `SpfVerdict` on a domain with at least one record."""
    lookup = tree.lookup(domain, "TXT")
    halves = sorted(value for value in lookup.records if is_half(value))
    drafted = draft(tree, domain, include, [*records, *halves], ask)
    verdict, walked = _judge(tree, domain, records, include)
    if len(records) == 1:
        verdict = _typing_error(verdict, drafted, halves)
    if walked and walked.outage and not _is_certain(verdict, walked.outage):
        return _complete(outage_verdict(walked.outage))
    verdict = _stand_in(verdict, tree, domain, ask)
    found = shown([*records, *halves])
    verdict = replace(verdict, found=found, host=alias_target(lookup))
    return _complete(verdict, drafted, walked)


def _complete(verdict, drafted=None, walked=None):
    """Return the `SpfVerdict`, with what was drafted if the cure speaks of it."""
    walked = walked or Walk()
    is_offered = verdict.status == "missing" or verdict.cure in PROPOSING
    drafted = drafted if drafted and is_offered else Draft()
    is_cure_void = drafted.refusal and verdict.cure in (PUBLISH, REPLACE, JOIN)
    return SpfVerdict(
        verdict.status,
        verdict.cause,
        None if is_cure_void else verdict.cure,
        verdict.found,
        verdict.host,
        drafted.text,
        drafted.refusal,
        lookups=walked.lookups,
        voids=len(walked.voids),
        removals=drafted.removals,
    )


def _is_certain(verdict, outage):
    """Whether an error stands whatever the outage hides, such as the include."""
    may_be_there = verdict.cause.source == ABSENT and outage.type == "TXT"
    return verdict.status == "error" and not may_be_there


def _judge(tree, domain, records, include):
    """Return a `Verdict`, and the `Walk` through the record if there is only one."""
    if len(records) > 1:
        cause = Words(
            _lt(
                "%(domain)s has %(count)s SPF records. If there is more than one, "
                "receivers ignore them all."
            ),
            {"domain": domain, "count": len(records)},
        )
        return Verdict("error", cause, REPLACE), None
    try:
        terms = parse(records[0])
    except SpfSyntaxError as error:
        term = show(error.term.encode())
        cause = Words(_UNREADABLE, {"term": term})
        return Verdict("error", cause, correction(term)), None
    walked = walk(tree, domain, terms)
    case = SpfCase(tree, domain, include, records[0], terms, walked)
    return judge(case), walked


def _typing_error(verdict, drafted, halves):
    """Return the `Verdict` that names a typing error, if the draft corrects one."""
    if not (halves or drafted.slips):
        return verdict
    status = "error" if verdict.status == "error" else "warning"
    if halves:
        source = _lt(
            "Part of the SPF record is in a TXT record of its own, which receivers "
            "ignore: “%(half)s”."
        )
        return Verdict(status, Words(source, {"half": show(halves[0])}), JOIN)
    cause = drafted.slips[0]
    if verdict.cause.source == _UNREADABLE:
        source = _lt("Receivers ignore the whole SPF record. %(slip)s")
        cause = Words(source, {"slip": cause})
    return Verdict(status, cause, REPLACE)


def _stand_in(verdict, tree, domain, ask):
    """Return the `Verdict` with the alias or the wildcard that answers, if any."""
    lookup = tree.lookup(domain, "TXT")
    if verdict.status == "ok":
        return alias_conflict(lookup, tree.lookup(domain, "CNAME")) or verdict
    twin = Lookup("", "TXT", "nodata")
    # A wildcard never answers for a registered domain
    if verdict.status == "error" and domain != registered_domain(domain):
        [twin] = ask([wildcard_question(domain)])
    return explain(verdict, lookup, twin, domain)
