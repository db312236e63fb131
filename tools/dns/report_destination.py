"""Check the record by which another domain agrees to receive DMARC reports."""

from ..words import Words, _lt
from .dmarc_record import looks_like_dmarc, parse_dmarc_record
from .dmarc_walk import Level, Walk, walked_domains
from .lookup import Question
from .names import alias_target, is_within, plain
from .outage import outage_verdict
from .txt import shown
from .verdict import Verdict

VALUE = "v=DMARC1;"


def authorisation_name(domain, destination):
    """Return the name of the record (RFC 9990 4, formerly RFC 7489 7.1)."""
    return f"{domain}._report._dmarc.{destination}"


def is_outside(domain, destination):
    """Whether a destination may need the record: the names alone leave that open."""
    return not (is_within(destination, domain) or is_within(domain, destination))


def check_report_destination(domain, destination, ask):
    """Return the `Verdict` on the record for reports about a domain.

    A wildcard `*._report._dmarc.<destination>` answers for all domains, so nothing
    distinguishes it here. Within one organisational domain no record is needed.

    :param str domain: the domain that the reports are about
    :param str destination: the domain of the mailbox that receives them
    :param Ask ask: asked once
    """
    domain, destination = plain(domain), plain(destination)
    name = authorisation_name(domain, destination)
    walked = walked_domains(domain)
    lookup, *levels = ask(
        [Question(name, "TXT"), *(Question(f"_dmarc.{one}", "TXT") for one in walked)]
    )
    values = {"domain": domain, "destination": destination, "name": name}
    found = shown(lookup.records)
    host = alias_target(lookup)
    if any(parse_dmarc_record(value) for value in lookup.records):
        source = _lt("%(destination)s agrees to receive the reports about %(domain)s.")
        return Verdict("ok", Words(source, values), found=found, host=host)
    walk = Walk(tuple(map(Level, walked, levels)))
    if walk.outage:
        return outage_verdict(walk.outage)
    if is_within(destination, walk.organisation):
        source = _lt(
            "%(destination)s and %(domain)s belong to the same organization, so "
            "receivers need no record here."
        )
        return Verdict("ok", Words(source, values))
    if lookup.is_outage:
        return outage_verdict(lookup)
    return _not_agreed(lookup, values, found, host)


def _not_agreed(lookup, values, found, host):
    cure = Words(
        _lt(
            "Publish a TXT record v=DMARC1; at %(name)s, in the DNS of "
            "%(destination)s. *._report._dmarc.%(destination)s works, too, for all "
            "domains at once."
        ),
        values,
    )
    if any(looks_like_dmarc(value) for value in lookup.records):
        source = _lt(
            "The record at %(name)s does not begin with exactly “v=DMARC1;”, so "
            "receivers ignore it and send no reports to %(destination)s."
        )
        return Verdict("error", Words(source, values), cure, found, host, VALUE)
    source = _lt(
        "%(destination)s is another organization's domain and has not agreed to "
        "receive the reports about %(domain)s, so receivers send it none."
    )
    return Verdict("missing", Words(source, values), cure, found, host, VALUE)
