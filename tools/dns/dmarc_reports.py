"""Check that the domains that receive DMARC reports have agreed to it."""

from ..words import Words, _lt
from .dmarc_record import parse_dmarc_record
from .lookup import Question
from .names import is_askable, is_within
from .report_destination import authorisation_name
from .verdict import Verdict

# Receivers need to serve only a few addresses (RFC 9990 4)
_MAX_DOMAINS = 5


def outside_questions(record, record_domain, organisation):
    """Return {report domain: Question} for the domains that have to agree.

    A domain agrees with a v=DMARC1 record, see `authorisation_name`. Domains within the
    organisational domain need not. Nor need parent domains: receivers that know the
    public suffixes take them for yours, too.
    """
    questions = {}
    for domain in record.report_domains:
        name = authorisation_name(record_domain, domain)
        is_inside = is_within(domain, organisation) or is_within(record_domain, domain)
        if not is_inside and is_askable(name):
            questions[domain] = Question(name, "TXT")
    return dict(list(questions.items())[:_MAX_DOMAINS])


def unauthorised_verdict(domain, lookup):
    """Return the `Verdict` on a domain that has not agreed, None if it has.

    An outage there says nothing about the DMARC record, so it is ignored.
    """
    agrees = any(parse_dmarc_record(value) for value in lookup.records)
    if agrees or lookup.is_outage:
        return None
    values = {"domain": domain, "name": lookup.name.removesuffix(".")}
    return Verdict(
        "warning",
        Words(
            _lt(
                "%(domain)s has not agreed to receive the DMARC reports, so receivers "
                "do not send it any."
            ),
            values,
        ),
        Words(
            _lt(
                "Have %(domain)s publish a TXT record v=DMARC1 at %(name)s, or use a "
                "mailbox of your own domain in rua=."
            ),
            values,
        ),
    )
