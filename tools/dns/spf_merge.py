"""Make one SPF record of those that are there, with Mailjet's include in it."""

from .spf_record import parse

# The strictest first; "+" would let everybody through
_STRICTEST_FIRST = "-~?"


def merge(records, include, is_reached=False):
    """Return the record to publish, as text.

    Terms stay as they are written and in their order; those after the first "all",
    which nobody reads, stay there. The include stands before what ends the record: the
    "all", or a redirect. Of several records the one with the most terms goes first, and
    the strictest "all" is kept.

    :param list records: the SPF records there are, as bytes; none makes a new one
    :param str include: the domain to include
    :param bool is_reached: whether another term leads there, so that it is not needed
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
