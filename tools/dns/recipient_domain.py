"""Whether domains receive mail at all, for many of them at once."""

from .lookup import Ask, Question
from .names import is_askable, plain


def can_receive_mail(domains: list[str], ask: Ask) -> dict[str, bool | None]:
    """Return whether each domain receives mail; None where nothing was learned.

    Without MX records, mail goes to the domain's own address (RFC 5321 section 5.1);
    a null MX refuses all mail (RFC 7505).

    :param ask: asked once, and once more for the domains without MX records
    """
    known: dict[str, bool | None] = {}
    names = {domain: plain(domain) for domain in domains}
    asked = [domain for domain in domains if is_askable(names[domain])]
    known.update((domain, False) for domain in domains if domain not in asked)
    without = []
    lookups = ask([Question(names[domain], "MX") for domain in asked])
    for domain, lookup in zip(asked, lookups, strict=True):
        if lookup.status == "answer":
            known[domain] = any(
                plain(record.split()[-1]) for record in lookup.records if record.split()
            )
        elif lookup.status == "nodata":
            without.append(domain)
        else:
            known[domain] = False if lookup.is_absent else None
    lookups = iter(
        ask([Question(names[d], kind) for d in without for kind in ("A", "AAAA")])
    )
    for domain in without:
        both = (next(lookups), next(lookups))
        if any(lookup.status == "answer" for lookup in both):
            known[domain] = True
        else:
            known[domain] = None if any(one.is_outage for one in both) else False
    return known
