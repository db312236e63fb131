"""Check that the domains which DMARC reports go to have agreed to receive them."""

from ..words import Words, _lt
from .dmarc_record import parse_dmarc_record
from .lookup import Question
from .names import is_askable, is_within
from .verdict import Verdict

# Receivers need not serve more addresses than a few (RFC 9990 4)
_MAX_DOMAINS = 5


def outside_questions(record, record_domain, organisation):
    """Return {report domain: Question} for the ones that have to agree.

    A domain agrees by a record of the version alone at <yours>._report._dmarc.<its>
    (RFC 9990 4, before it RFC 7489 7.1). Below the organisational domain that is not
    needed; a domain above yours is taken for your own too, as it is for every receiver
    that knows the public suffixes.
    """
    questions = {}
    for domain in record.report_domains:
        name = f"{record_domain}._report._dmarc.{domain}"
        is_inside = is_within(domain, organisation) or is_within(record_domain, domain)
        if not is_inside and is_askable(name):
            questions[domain] = Question(name, "TXT")
    return dict(list(questions.items())[:_MAX_DOMAINS])


def unauthorised_verdict(domain, lookup):
    """Return the `Verdict` on a domain that has not agreed, None if it has.

    An outage there says nothing about the DMARC record, so it is passed over.
    """
    agrees = any(parse_dmarc_record(value) for value in lookup.records)
    if agrees or lookup.is_outage:
        return None
    values = {"domain": domain, "name": lookup.name.removesuffix(".")}
    return Verdict(
        "warning",
        Words(
            _lt(
                "%(domain)s, which is to get the DMARC reports, has not agreed to it, "
                "so that receivers send it none."
            ),
            values,
        ),
        Words(
            _lt(
                "Let %(domain)s publish a TXT record v=DMARC1 at %(name)s, or give a "
                "mailbox of your own domain in rua=."
            ),
            values,
        ),
    )
