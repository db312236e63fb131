"""Look up an SPF record with everything it refers to, and walk through it."""

from dataclasses import dataclass, field, replace

from ..words import Words, _lt
from .lookup import Lookup, Question
from .spf_record import QUERYING, SpfSyntaxError, is_spf, parse

MAX_DEPTH = 10
# A valid record needs at most 23: ten terms with two types of address each
MAX_QUESTIONS = 24
# RFC 7208, section 4.6.4
MAX_LOOKUPS = 10
MAX_VOIDS = 2
MAX_MX_NAMES = 10

_MISSING = Lookup("", "", "nodata")


class SpfTree:
    """All lookups for the SPF record of a domain; answers from memory."""

    def __init__(self):
        self.lookups = {}

    def fetch(self, domain, ask, *more):
        """Look up the records of a domain and what they lead to, level by level.

        All questions of a level go out at once, so the deepest branch sets the time.

        :param more: other questions for the first level
        """
        self._fetch([Question(domain, "TXT"), *more], ask)

    def fetch_terms(self, terms, domain, ask):
        """Look up what the terms of a record for the domain lead to."""
        self._fetch([q for term in terms for q in questions_of(term, domain)], ask)

    def _fetch(self, wanted, ask):
        for _level in range(MAX_DEPTH + 1):
            wanted = [q for q in dict.fromkeys(wanted) if q not in self.lookups]
            wanted = wanted[: MAX_QUESTIONS - len(self.lookups)]
            if not wanted:
                break
            self.lookups.update(zip(wanted, ask(wanted), strict=True))
            wanted = [
                further
                for question in wanted
                if question.type == "TXT"
                for term in self._terms(question.name)
                for further in questions_of(term, question.name)
            ]

    def lookup(self, name, kind):
        """Return the `Lookup` of a question; an absence if it was not asked."""
        return self.lookups.get(Question(name, kind), _MISSING)

    def records(self, domain):
        """Return the SPF records of a domain, as bytes, in a stable order."""
        return sorted(r for r in self.lookup(domain, "TXT").records if is_spf(r))

    def terms(self, domain):
        """Return the terms of the SPF record of a domain, [] if it has no valid one."""
        records = self.records(domain)
        try:
            return parse(records[0]) if len(records) == 1 else []
        except SpfSyntaxError:
            return []

    def _terms(self, domain):
        terms = []
        for record in self.records(domain):
            try:
                terms += parse(record)
            except SpfSyntaxError:
                continue  # the walk finds and reports it
        return terms


def questions_of(term, domain):
    """Return the questions that a term of this domain's record makes receivers ask.

    Those that depend on the mail (macros, ptr) count, but are not asked.
    """
    target = term.target or ("" if term.domain else domain)
    kinds = {
        "include": ("TXT",),
        "redirect": ("TXT",),
        "a": ("A", "AAAA"),
        "mx": ("MX",),
        "exists": ("A",),
    }.get(term.name, ())
    return [Question(target, kind) for kind in kinds if target]


@dataclass
class Walk:
    """The worst that receivers may meet in a record.

    `permerror` says why they give up for good, and `culprit` is the term of the record
    itself that makes them; `outage` is a lookup that failed.
    `voids` are the terms that find nothing in DNS, and `nameless` those of them whose
    name does not exist at all. `costs` maps each term of the record itself to its
    number of lookups.
    """

    lookups: int = 0
    voids: list[str] = field(default_factory=list)
    nameless: list[str] = field(default_factory=list)
    permerror: Words | None = None
    culprit: str = ""
    outage: Lookup | None = None
    costs: dict[str, int] = field(default_factory=dict)
    has_ptr: bool = False


def reached(terms):
    """Return the terms that count: those before "all", or all with the redirect."""
    counting = []
    for term in terms:
        if term.name == "all":
            return counting
        if term.name != "redirect":
            counting.append(term)
    return counting + [term for term in terms if term.name == "redirect"]


def walk(tree, domain, terms):
    """Walk through all terms of a record of `domain`; return a `Walk`."""
    result = Walk()
    for term in reached(terms):
        before = result.lookups
        _visit(tree, domain, term, result, (domain,))
        if term.name in QUERYING:
            result.costs[term.text] = result.lookups - before
        if result.permerror and not result.culprit:
            result.culprit = term.text
    return result


def _visit(tree, domain, term, result, path):
    if term.name not in QUERYING or result.lookups > 2 * MAX_QUESTIONS:
        return
    result.lookups += 1
    result.has_ptr = result.has_ptr or (term.name == "ptr" and len(path) == 1)
    if term.name in ("include", "redirect"):
        _enter(tree, term, result, path)
    else:
        _look(tree, domain, term, result)


def _look(tree, domain, term, result):
    lookups = [tree.lookup(*question) for question in questions_of(term, domain)]
    outages = [lookup for lookup in lookups if lookup.is_outage]
    result.outage = result.outage or next(iter(outages), None)
    if lookups and not outages and not any(lookup.records for lookup in lookups):
        result.voids.append(term.text)
        if all(lookup.status == "nxdomain" for lookup in lookups):
            result.nameless.append(term.text)
    if term.name == "mx" and lookups and len(lookups[0].records) > MAX_MX_NAMES:
        _fail(
            result,
            _lt("%(term)s leads to more than ten mail servers, so receivers give up."),
            term=term.text,
        )


def _enter(tree, term, result, path):
    target = term.target
    if not target:
        return  # it depends on the mail
    if target in path:
        _fail(
            result,
            _lt("%(term)s leads back to a record that contains it: an endless loop."),
            term=term.text,
        )
        return
    lookup = tree.lookup(target, "TXT")
    if lookup.is_outage:
        result.outage = result.outage or replace(lookup, name=target)
        return
    terms = _terms_to_enter(tree, term, result)
    if terms is None:
        return
    if len(path) > MAX_DEPTH:
        return
    for inner in reached(terms):
        _visit(tree, target, inner, result, (*path, target))


def _terms_to_enter(tree, term, result):
    """Return the terms of an included record; None if it has none, and note why."""
    records = tree.records(term.target)
    if Question(term.target, "TXT") not in tree.lookups:
        return None  # beyond our own limits, which are far beyond those of receivers
    if not records:
        result.voids.append(term.text)
        _fail(
            result,
            _lt("%(term)s leads to a domain without an SPF record."),
            term=term.text,
        )
        return None
    if len(records) > 1:
        _fail(
            result,
            _lt("%(term)s leads to a domain with several SPF records."),
            term=term.text,
        )
        return None
    try:
        return parse(records[0])
    except SpfSyntaxError as error:
        _fail(
            result,
            _lt("%(term)s leads to a record with an error: %(inner)s"),
            term=term.text,
            inner=error.term,
        )
        return None


def _fail(result, source, **values):
    result.permerror = result.permerror or Words(source, values)


def passes(tree, domain, terms, include, path=()):
    """Return the qualifier that `include` matches with, "+" for a pass, or None.

    The first matching term decides (section 4.6.2). An included record matches only if
    its own result is a pass (section 5.2).
    """
    for term in reached(terms):
        if term.name not in ("include", "redirect") or term.target in path:
            continue
        inner = (
            "+"
            if term.target == include
            else _passes_inside(tree, term.target, include, (*path, domain))
        )
        if term.name == "redirect":
            return inner
        if inner == "+":
            return term.qualifier
    return None


def _passes_inside(tree, domain, include, path):
    if domain in path or len(path) > MAX_DEPTH:
        return None
    return passes(tree, domain, tree.terms(domain), include, path)
