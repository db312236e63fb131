"""Make one SPF record of those that are there, with Mailjet's include in it."""

from .spf_record import parse

# The strictest first; "+" would let everybody through
_STRICTEST_FIRST = "-~?"


def merge(records, include):
    """Return the record to publish, as text.

    Terms stay as they are written and in their order. The include stands before what
    ends the record: the first "all", or a redirect. Of several records the one with the
    most terms goes first, and the strictest "all" is kept.

    :param list records: the SPF records there are, as bytes; none makes a new one
    :param str include: the domain to include
    :raise SpfSyntaxError: if one of the records cannot be read
    """
    parsed = sorted((parse(record) for record in records), key=len, reverse=True)
    kept, redirects, alls = [], [], []
    for term in (term for terms in parsed for term in terms):
        if term.name == "all":
            alls.append(term)
        elif term.name == "redirect":
            redirects.append(term)
        elif term.name == "include" and term.target == include:
            continue
        elif term.text.lower() not in (other.lower() for other in kept):
            kept.append(term.text)
    end = _end(alls, redirects, len(parsed))
    return " ".join(["v=spf1", *kept, f"include:{include}", end])


def _end(alls, redirects, count):
    if redirects and not alls and count == 1:
        return redirects[0].text
    strictest = [
        qualifier
        for qualifier in _STRICTEST_FIRST
        if qualifier in (term.qualifier for term in alls)
    ]
    return f"{strictest[0]}all" if strictest else "~all"
