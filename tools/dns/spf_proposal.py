"""Write the SPF record to publish, from what the domain publishes now."""

from dataclasses import dataclass

from ..words import Words, _lt
from .spf_merge import merge
from .spf_record import SpfSyntaxError, parse
from .spf_repair import repair
from .spf_tree import MAX_LOOKUPS, passes, walk
from .txt import show


@dataclass(frozen=True)
class Draft:
    """A record to publish, with every sender of the existing ones.

    `text` is "" if there is no such record, and `refusal` says why. `removals` are
    sentences on the terms that are not in it as they are written now, `slips` on the
    typing errors that it corrects.
    """

    text: str = ""
    refusal: Words | None = None
    removals: tuple[Words, ...] = ()
    slips: tuple[Words, ...] = ()


def draft(tree, domain, include, records, ask):
    """Return the `Draft` of one record for these records, or parts of one.

    :param SpfTree tree: to it goes what corrected terms lead to
    :param list records: bytes; may be empty
    :param Ask ask: asked once for each level of what is new
    """
    bold, walked = _draft(tree, domain, include, records, ask, is_bold=True)
    # What receivers ignore now must not break the record when it is corrected
    if walked and (walked.permerror or walked.lookups > MAX_LOOKUPS):
        cautious, _walked = _draft(tree, domain, include, records, ask, is_bold=False)
        if len(cautious.slips) < len(bold.slips):
            return cautious
    return bold


def _draft(tree, domain, include, records, ask, is_bold):
    """Return the `Draft`, and the `Walk` through it, None if it cannot be read."""
    repaired = [repair(record, is_bold) for record in records]
    meant = [record for one in repaired for record in one.records]
    slips = tuple(slip for one in repaired for slip in one.slips)
    try:
        for record in meant:
            tree.fetch_terms(parse(record), domain, ask)
        merged = merge(meant, include, _is_reached(tree, domain, meant, include))
        terms = parse(merged.text.encode())
    except SpfSyntaxError as error:
        return Draft(refusal=_unreadable(error.term)), None
    walked = walk(tree, domain, terms)
    if walked.lookups > MAX_LOOKUPS:
        return Draft(refusal=_too_many(walked), slips=slips), walked
    return Draft(merged.text, None, merged.removals, slips), walked


def _is_reached(tree, domain, records, include):
    """Whether the only record reaches the include through another one."""
    if len(records) != 1:
        return False
    terms = parse(records[0])
    direct = [t for t in terms if t.name == "include" and t.target == include]
    return not direct and passes(tree, domain, terms, include) == "+"


def _unreadable(term):
    return Words(
        _lt("Odoo proposes no merged record: “%(term)s” is unreadable."),
        {"term": show(term.encode())},
    )


def _too_many(walked):
    costs = walked.costs
    dearest = sorted(costs, key=costs.get, reverse=True)[:3]
    return Words(
        _lt(
            "Odoo proposes no merged record: with Mailjet it would need %(count)s DNS "
            "lookups, and receivers allow ten. These terms need the most: %(terms)s."
        ),
        {
            "count": walked.lookups,
            "terms": ", ".join(f"{text} ({costs[text]})" for text in dearest),
        },
    )
