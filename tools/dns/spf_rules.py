"""The rules for an SPF record, each with the words to an administrator (RFC 7208)."""

import re
from dataclasses import dataclass

from ..words import Words, _lt
from .spf_reach import opening, superfluous
from .spf_record import MECHANISMS, Term
from .spf_tree import MAX_LOOKUPS, MAX_VOIDS, SpfTree, Walk, passes
from .verdict import Verdict

# Longer answers may not fit into one packet (section 3.4)
LONG_RECORD = 450
# How many terms fit into a sentence
_NAMED = 5

PUBLISH = Words(_lt("Publish the value shown as the only SPF record of the domain."))
REPLACE = Words(_lt("Replace the SPF record with the value shown."))
JOIN = Words(
    _lt(
        "Replace the SPF record with the value shown, and delete the TXT record with "
        "the other part."
    )
)
_SHORTEN = Words(
    _lt("Remove terms that you no longer need, such as those of old providers.")
)
# The cures that speak of a value to publish, or of one that would be too long
PROPOSING = (PUBLISH, REPLACE, JOIN, _SHORTEN)
ABSENT = _lt("The SPF record does not include Mailjet (%(include)s).")
_CORRECT = _lt("Correct or remove %(terms)s in the SPF record.")


@dataclass(frozen=True)
class SpfCase:
    """The only record of a domain, read, with all that it leads to."""

    tree: SpfTree
    domain: str
    include: str
    record: bytes
    terms: list[Term]
    walked: Walk


def correction(*terms):
    """Return the `Words` to correct or remove these terms."""
    return Words(_CORRECT, {"terms": _listed(terms)})


def _listed(terms):
    return ", ".join(f"“{getattr(term, 'text', term)}”" for term in terms)


def judge(case):
    """Return the `Verdict` on the record."""
    return next(verdict for rule in _RULES if (verdict := rule(case)))


def _permanent_error(case):
    walked = case.walked
    if walked.permerror:
        cure = correction(walked.culprit)
        return Verdict("error", walked.permerror, cure)
    if walked.lookups > MAX_LOOKUPS:
        cause = Words(
            _lt(
                "The SPF record needs %(count)s DNS lookups. Receivers give up after "
                "ten and treat the record as invalid."
            ),
            {"count": walked.lookups},
        )
        return Verdict("error", cause, _SHORTEN)
    if len(walked.voids) > MAX_VOIDS:
        cause = Words(
            _lt(
                "%(count)s terms of the SPF record find nothing in DNS: %(terms)s. "
                "Receivers give up after two."
            ),
            {"count": len(walked.voids), "terms": ", ".join(walked.voids)},
        )
        return Verdict("error", cause, correction(*walked.voids))
    return None


def _open_to_all(case):
    terms, is_everybody = opening(case.tree, case.domain, case.terms)
    if not terms:
        return None
    source = _lt("%(terms)s lets a large part of the Internet send for the domain.")
    if is_everybody and len(terms) == 1:
        source = _lt("%(terms)s lets anybody send in the name of the domain.")
    elif is_everybody:
        source = _lt("Together, %(terms)s let anybody send in the name of the domain.")
    elif len(terms) > 1:
        source = _lt(
            "Together, %(terms)s let a large part of the Internet send for the domain."
        )
    cure = REPLACE if terms[0].name == "all" else correction(*terms)
    return Verdict("error", Words(source, {"terms": _listed(terms)}), cure)


def _not_passing(case):
    tree, domain, terms, include = case.tree, case.domain, case.terms, case.include
    matched = passes(tree, domain, terms, include)
    if matched == "+":
        return None
    if matched:
        source = _lt(
            "The SPF record lists Mailjet with “%(sign)s”, which is not a pass."
        )
        return Verdict("error", Words(source, {"sign": matched}), REPLACE)
    ends = [term for term in terms if term.name == "all"]
    if passes(tree, domain, [t for t in terms if t.name != "all"], include):
        source = _lt("Mailjet comes after “%(term)s”, where receivers stop reading.")
        return Verdict("error", Words(source, {"term": ends[0].text}), REPLACE)
    return Verdict("error", Words(ABSENT, {"include": include}), REPLACE)


def _ignored(case):
    """Section 6: receivers ignore unknown modifiers, whatever they are called."""
    terms = [
        t for t in case.terms if t.is_ignored and t.name.removesuffix("=") in MECHANISMS
    ]
    if not terms:
        return None
    source = _lt(
        "Receivers ignore %(terms)s in the SPF record because of the equals sign, "
        "probably a typing error."
    )
    cure = Words(
        _lt(
            "Correct or remove %(terms)s: SPF writes a colon, as in "
            "include:example.com."
        ),
        {"terms": _listed(terms)},
    )
    return Verdict("warning", Words(source, {"terms": _listed(terms)}), cure)


def _no_end(case):
    if any(term.name in ("all", "redirect") for term in case.terms):
        return None
    source = _lt("The SPF record does not say how to treat other senders.")
    return Verdict("warning", Words(source), REPLACE)


def _after_all(case):
    names = [term.name for term in case.terms]
    if "all" not in names:
        return None
    end, *rest = case.terms[names.index("all") :]
    rest = [term for term in rest if term.qualifier]
    if not rest:
        return None
    source = _lt("Receivers ignore what comes after “%(end)s”: %(terms)s.")
    values = {"end": end.text, "terms": " ".join(term.text for term in rest)}
    return Verdict("warning", Words(source, values), correction(*rest))


def _repeated(case):
    own = [t for t in case.terms if t.name == "include" and t.target == case.include]
    if len(own) < 2:
        return None
    source = _lt("The SPF record includes Mailjet more than once.")
    return Verdict("warning", Words(source), REPLACE)


def _voids(case):
    walked = case.walked
    if not walked.voids:
        return None
    if terms := walked.nameless:
        source = _lt("The SPF record leads to a name that does not exist: %(terms)s.")
    elif terms := [text for text in walked.voids if re.match(r"\W?mx\b", text, re.I)]:
        source = _lt("%(terms)s finds nothing: the name exists, but has no MX record.")
    else:
        terms = walked.voids
        source = _lt("%(terms)s finds nothing: the name exists, but has no address.")
    return Verdict(
        "warning", Words(source, {"terms": _listed(terms)}), correction(*terms)
    )


def _pointer(case):
    if not case.walked.has_ptr:
        return None
    terms = [term for term in case.terms if term.name == "ptr"]
    source = _lt("The SPF record uses “ptr”, which is slow and deprecated.")
    return Verdict("warning", Words(source), correction(*terms))


def _long(case):
    if len(case.record) <= LONG_RECORD:
        return None
    source = _lt(
        "The SPF record has %(count)s characters; more than 450 may not fit into one "
        "DNS answer."
    )
    return Verdict(
        "warning", Words(source, {"count": len(case.record)}), _shortening(case)
    )


def _shortening(case):
    """Return the `Words` on what could go from a long record."""
    if needless := superfluous(case.walked, case.terms):
        source = _lt(
            "%(count)s terms can be removed without any effect on senders: %(terms)s."
        )
        more = ", …" if len(needless) > _NAMED else ""
        named = _listed(needless[:_NAMED]) + more
        return Words(source, {"count": len(needless), "terms": named})
    addresses = [term for term in case.terms if term.name in ("ip4", "ip6")]
    values = {"domain": case.domain, "count": len(addresses)}
    if len(addresses) > 1:
        source = _lt(
            "Remove addresses that you no longer need, or move the %(count)s ip4 "
            "and ip6 terms to an SPF record at _spf.%(domain)s and put "
            "include:_spf.%(domain)s in their place."
        )
        return Words(source, values)
    longest = sorted(case.terms, key=lambda term: len(term.text), reverse=True)[:3]
    source = _lt("Remove what you no longer need. The longest terms are %(terms)s.")
    return Words(source, {"terms": _listed(longest)})


def _fine(case):
    if any(term.name == "all" and term.qualifier == "?" for term in case.terms):
        source = _lt(
            "Mailjet may send. “?all” leaves other senders undecided; “~all” says more."
        )
        return Verdict("ok", Words(source))
    return Verdict("ok", Words(_lt("Mailjet may send for the domain.")))


# The first rule that returns a verdict decides: errors, then warnings, then notes
_RULES = (
    _permanent_error,
    _open_to_all,
    _not_passing,
    _ignored,
    _no_end,
    _after_all,
    _repeated,
    _voids,
    _pointer,
    _long,
    _fine,
)
