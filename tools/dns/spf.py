"""Check that a domain's SPF record allows Mailjet's servers (RFC 7208)."""

from dataclasses import dataclass

from ...const import SPF_INCLUDE
from ..words import Words, _lt
from .outage import outage_verdict
from .spf_merge import merge
from .spf_record import SpfSyntaxError, parse
from .spf_tree import MAX_LOOKUPS, MAX_VOIDS, SpfTree, opening, passes, walk
from .txt import show
from .verdict import Verdict

# Longer answers may not fit into one packet (section 3.4)
_LONG_RECORD = 450

_PUBLISH = Words(_lt("Publish the value shown as the only SPF record of the domain."))
_REPLACE = Words(_lt("Replace the SPF record with the value shown."))
_ABSENT = _lt("The SPF record does not include Mailjet (%(include)s).")
_REPAIR = Words(_lt("Correct or remove this term in the SPF record."))


@dataclass(frozen=True)
class SpfVerdict(Verdict):
    """A `Verdict` on SPF; `lookups` and `voids` are the most that receivers count."""

    lookups: int = 0
    voids: int = 0


def check_spf(domain, ask, include=SPF_INCLUDE):
    """Return the `SpfVerdict` on a domain that sends through the servers of `include`.

    :param Ask ask: asked once for each level of the tree of records
    """
    tree = SpfTree()
    tree.fetch(domain, ask, include)
    lookup = tree.lookup(domain, "TXT")
    if lookup.is_outage:
        return _verdict(outage_verdict(lookup))
    records = tree.records(domain)
    if not records:
        return _missing(domain, lookup, include)
    proposal, refusal = _proposal(tree, domain, records, include)
    verdict, walked = _judge(tree, domain, records, include)
    if walked and walked.outage and not _is_certain(verdict, walked.outage):
        return _verdict(outage_verdict(walked.outage))
    # If a single term has to be corrected, a merged record would not help
    is_proposed = verdict.cure in (_PUBLISH, _REPLACE)
    is_fine = verdict.status == "ok" or verdict.cure == _REPAIR
    return SpfVerdict(
        verdict.status,
        verdict.cause,
        None if is_proposed and refusal else verdict.cure,
        tuple(map(show, records)),
        proposal=proposal if is_proposed else "",
        refusal=None if is_fine else refusal,
        lookups=walked.lookups if walked else 0,
        voids=len(walked.voids) if walked else 0,
    )


def _is_certain(verdict, outage):
    """Whether an error stands whatever the outage hides, such as the include."""
    may_be_there = verdict.cause.source == _ABSENT and outage.type == "TXT"
    return verdict.status == "error" and not may_be_there


def _verdict(verdict):
    return SpfVerdict(verdict.status, verdict.cause, verdict.cure, verdict.found)


def _missing(domain, lookup, include):
    """Return the `SpfVerdict` if there is no record that receivers see as SPF."""
    damaged = sorted(r for r in lookup.records if b"v=spf1" in r.lower())
    if damaged:
        cause = Words(
            _lt(
                "A TXT record of %(domain)s looks like SPF, but receivers ignore it: "
                "it has to begin with exactly v=spf1 and a space."
            ),
            {"domain": domain},
        )
    else:
        cause = Words(_lt("%(domain)s has no SPF record."), {"domain": domain})
    return SpfVerdict(
        "missing",
        cause,
        _PUBLISH,
        tuple(map(show, damaged)),
        proposal=merge([], include),
    )


def _proposal(tree, domain, records, include):
    """Return the merged record and None, or "" and why there is no proposal."""
    try:
        merged = merge(records, include, _is_reached(tree, domain, records, include))
        terms = parse(merged.encode())
    except SpfSyntaxError as error:
        return "", Words(
            _lt("Odoo proposes no merged record: “%(term)s” is unreadable."),
            {"term": show(error.term.encode())},
        )
    walked = walk(tree, domain, terms)
    if walked.lookups > MAX_LOOKUPS:
        costs = walked.costs
        dearest = sorted(costs, key=costs.get, reverse=True)[:3]
        return "", Words(
            _lt(
                "Odoo proposes no merged record: with Mailjet it would need %(count)s "
                "DNS lookups, and receivers allow ten. These terms need the most: "
                "%(terms)s."
            ),
            {
                "count": walked.lookups,
                "terms": ", ".join(
                    f"{text} ({walked.costs[text]})" for text in dearest
                ),
            },
        )
    return merged, None


def _is_reached(tree, domain, records, include):
    """Whether the only record reaches the include through another one."""
    if len(records) > 1:
        return False
    terms = parse(records[0])
    direct = [t for t in terms if t.name == "include" and t.target == include]
    return not direct and passes(tree, domain, terms, include) == "+"


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
        return Verdict("error", cause, _REPLACE), None
    try:
        terms = parse(records[0])
    except SpfSyntaxError as error:
        cause = Words(
            _lt("Receivers cannot read “%(term)s” and ignore the whole SPF record."),
            {"term": show(error.term.encode())},
        )
        return Verdict("error", cause, _REPAIR), None
    walked = walk(tree, domain, terms)
    verdict = (
        _permanent_error(walked)
        or _not_passing(tree, domain, terms, include)
        or _weakness(walked, terms, include, records[0])
        or _fine(terms)
    )
    return verdict, walked


def _permanent_error(walked):
    if walked.permerror:
        return Verdict("error", walked.permerror, _REPAIR)
    if walked.lookups > MAX_LOOKUPS:
        cause = Words(
            _lt(
                "The SPF record needs %(count)s DNS lookups. Receivers give up after "
                "ten and treat the record as invalid."
            ),
            {"count": walked.lookups},
        )
        cure = Words(
            _lt("Remove terms that you no longer need, such as those of old providers.")
        )
        return Verdict("error", cause, cure)
    if len(walked.voids) > MAX_VOIDS:
        cause = Words(
            _lt(
                "%(count)s terms of the SPF record lead to names that do not exist: "
                "%(terms)s. Receivers give up after two."
            ),
            {"count": len(walked.voids), "terms": ", ".join(walked.voids)},
        )
        return Verdict("error", cause, _REPAIR)
    return None


def _not_passing(tree, domain, terms, include):
    ends = [term for term in terms if term.name == "all"]
    open_term = opening(tree, terms)
    if open_term:
        cause = Words(
            _lt("“%(term)s” lets anybody send in the name of the domain."),
            {"term": open_term.text},
        )
        cure = _REPLACE if open_term.name == "all" else _REPAIR
        return Verdict("error", cause, cure)
    matched = passes(tree, domain, terms, include)
    if matched == "+":
        return None
    if matched:
        source = _lt(
            "The SPF record lists Mailjet with “%(sign)s”, which is not a pass."
        )
        return Verdict("error", Words(source, {"sign": matched}), _REPLACE)
    if passes(tree, domain, [t for t in terms if t.name != "all"], include):
        source = _lt("Mailjet comes after “%(term)s”, where receivers stop reading.")
        return Verdict("error", Words(source, {"term": ends[0].text}), _REPLACE)
    return Verdict("error", Words(_ABSENT, {"include": include}), _REPLACE)


def _weakness(walked, terms, include, record):
    own = [t for t in terms if t.name == "include" and t.target == include]
    if not any(term.name in ("all", "redirect") for term in terms):
        source = _lt("The SPF record does not say how to treat other senders.")
        return Verdict("warning", Words(source), _REPLACE)
    unread = _after_all(terms)
    if unread:
        source = _lt("Receivers ignore what comes after “%(end)s”: %(terms)s.")
        values = {"end": unread[0].text, "terms": " ".join(t.text for t in unread[1:])}
        return Verdict("warning", Words(source, values), _REPAIR)
    if len(own) > 1:
        source = _lt("The SPF record includes Mailjet more than once.")
        return Verdict("warning", Words(source), _REPLACE)
    if walked.voids:
        source = _lt("The SPF record leads to a name that does not exist: %(terms)s.")
        values = {"terms": ", ".join(walked.voids)}
        return Verdict("warning", Words(source, values), _REPAIR)
    if walked.has_ptr:
        source = _lt("The SPF record uses “ptr”, which is slow and deprecated.")
        return Verdict("warning", Words(source), _REPAIR)
    if len(record) > _LONG_RECORD:
        source = _lt(
            "The SPF record has %(count)s characters; more than 450 may not fit into "
            "one DNS answer."
        )
        return Verdict("warning", Words(source, {"count": len(record)}), _REPAIR)
    return None


def _after_all(terms):
    """Return the first "all" and the mechanisms after it; [] if there are none."""
    names = [term.name for term in terms]
    if "all" not in names:
        return []
    rest = [term for term in terms[names.index("all") :] if term.qualifier]
    return rest if len(rest) > 1 else []


def _fine(terms):
    if any(term.name == "all" and term.qualifier == "?" for term in terms):
        source = _lt(
            "Mailjet may send. “?all” leaves other senders undecided; “~all” says more."
        )
        return Verdict("ok", Words(source))
    return Verdict("ok", Words(_lt("Mailjet may send for the domain.")))
