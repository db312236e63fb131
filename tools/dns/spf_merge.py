"""Merge the existing SPF records and Mailjet's include into one record."""

from .spf_record import parse

# "+" is left out: it would let everybody pass
_STRICTEST_FIRST = "-~?"


def merge(records, include, is_reached=False):
    """Return the record to publish, as text.

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
    kept, unread, redirects, alls = {}, {}, [], []
    for terms in parsed:
        target = kept
        for term in terms:
            if term.name == "all":
                alls.append(term)
                target = unread
            elif term.name == "redirect":
                redirects.append(term)
            elif term.name != "include" or term.target != include:
                if term.text.lower() not in kept:
                    target.setdefault(term.text.lower(), term.text)
    own = [] if is_reached else [f"include:{include}"]
    end = _end(alls, redirects, len(parsed))
    return " ".join(["v=spf1", *kept.values(), *own, end, *unread.values()])


def _end(alls, redirects, count):
    if redirects and not alls and count == 1:
        return redirects[0].text
    strictest = [
        qualifier
        for qualifier in _STRICTEST_FIRST
        if qualifier in (term.qualifier for term in alls)
    ]
    return f"{strictest[0]}all" if strictest else "~all"
