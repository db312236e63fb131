"""Merge the existing SPF records and Mailjet's include into one record."""

from dataclasses import dataclass, field

from ..words import Words, _lt
from .spf_record import parse

# "+" is left out: it would let everybody pass
_STRICTEST_FIRST = "-~?"

_OPEN = _lt("“%(term)s” is left out because it lets anybody send.")
_STRICTER = _lt("“%(term)s” is left out: the record ends with “%(end)s” instead.")
_UNREAD_END = _lt("“%(term)s” is left out because receivers stop at “%(end)s”.")
_UNREAD_REDIRECT = _lt(
    "“%(term)s” is left out because receivers ignore it beside “all”."
)
_REDIRECT = _lt(
    "“%(term)s” becomes “include:%(domain)s”, so that the other terms count, too."
)
_SIGN = _lt(
    "“%(term)s” is left out because it does not authorize anyone (its "
    "qualifier is not “+”)."
)
_ONE_EXPLANATION = _lt("“%(term)s” is left out because only one “exp” is allowed.")


@dataclass(frozen=True)
class Merged:
    """The record to publish as text; a sentence for each term that is not in it."""

    text: str
    removals: tuple[Words, ...] = ()


@dataclass
class _Parts:
    """What the records hold: terms by what they mean, the first of its kind first."""

    kept: dict = field(default_factory=dict)
    unread: dict = field(default_factory=dict)
    ends: list = field(default_factory=list)
    redirects: list = field(default_factory=list)
    removals: list = field(default_factory=list)

    def remove(self, source, term, **values):
        self.removals.append(Words(source, {"term": term.text, **values}))


def merge(records, include, is_reached=False):
    """Return the `Merged` record to publish.

    Terms keep their text and order; those after the first "all", which receivers
    ignore, stay there. The include goes before the end of the record: the "all" or a
    redirect. Of several records, the one with the most terms goes first, and the
    strictest "all" is kept.

    :param list records: the existing SPF records, as bytes; may be empty
    :param str include: the domain to include
    :param bool is_reached: whether another term leads there already
    :raise SpfSyntaxError: if one of the records cannot be read
    """
    parsed = sorted((parse(record) for record in records), key=len, reverse=True)
    parts = _Parts()
    for terms in parsed:
        _sort_terms(parts, terms, include)
    end = _end(parts, is_single=len(parsed) == 1)
    own = [] if is_reached else [f"include:{include}"]
    unread = [text for key, text in parts.unread.items() if key not in parts.kept]
    words = ["v=spf1", *parts.kept.values(), *own, end, *unread]
    return Merged(" ".join(words), tuple(parts.removals))


def _sort_terms(parts, terms, include):
    end = None
    for term in terms:
        key = term.text if "%" in term.text else term.text.lower()
        if term.name == "all" and end:
            parts.remove(_UNREAD_END, term, end=end.text)
        elif term.name == "all":
            end = term
            parts.ends.append(term)
        elif term.name == "redirect":
            parts.redirects.append(term)
        elif term.name == "include" and term.target == include:
            if term.qualifier != "+":
                parts.remove(_SIGN, term)
        elif term.name == "exp" and _has_explanation(parts):
            if key not in parts.kept and key not in parts.unread:
                parts.remove(_ONE_EXPLANATION, term)
        elif key not in parts.kept:
            target = parts.unread if end else parts.kept
            target.setdefault(key, term.text)


def _has_explanation(parts):
    return any(key.startswith("exp=") for key in (*parts.kept, *parts.unread))


def _end(parts, is_single):
    """Return the term that ends the record, and note what becomes of the others."""
    if is_single and parts.redirects and not parts.ends:
        return parts.redirects[0].text
    strictest = [
        sign
        for sign in _STRICTEST_FIRST
        if sign in (term.qualifier for term in parts.ends)
    ]
    end = f"{strictest[0]}all" if strictest else "~all"
    for term in parts.ends:
        if term.qualifier == "+":
            parts.remove(_OPEN, term)
        elif term.text.lower() != end:
            parts.remove(_STRICTER, term, end=end)
    for term in parts.redirects:
        if is_single:
            parts.remove(_UNREAD_REDIRECT, term)
        else:
            parts.kept.setdefault(
                f"include:{term.domain}".lower(), f"include:{term.domain}"
            )
            parts.remove(_REDIRECT, term, domain=term.domain)
    return end
