"""Explain why a domain has no SPF record, and where it may have ended up."""

from dataclasses import replace

from ..words import Words, _lt
from .absence import absence_cause
from .cures import create_cure
from .existence import existence_question, gone_verdict
from .lookup import Question
from .names import alias_target
from .spf_proposal import Draft, draft
from .spf_record import SpfSyntaxError, is_spf, parse
from .spf_repair import is_half, looks_like_spf
from .spf_rules import PUBLISH
from .stand_in import alias_cure, is_wildcard, wildcard_cause, wildcard_question
from .txt import shown
from .verdict import Verdict
from .wrong_host import spf_wrong_hosts, wrong_host_verdict


def missing_spf(tree, domain, include, ask):
    """Return the `Verdict` on a domain without an SPF record, and a `Draft` of one.

    :param SpfTree tree: in which the domain has been looked up
    :param Ask ask: asked once for reasons, and for what the draft leads to
    """
    lookup = tree.lookup(domain, "TXT")
    hosts = spf_wrong_hosts(domain)
    existence, twin, *elsewhere = ask(
        [
            existence_question(domain),
            wildcard_question(domain),
            *(Question(host.name, "TXT") for host in hosts),
        ]
    )
    if gone := gone_verdict(existence):
        return gone, Draft()
    meant = sorted(r for r in lookup.records if looks_like_spf(r) or is_half(r))
    if not meant:
        for host, other in zip(hosts, elsewhere, strict=True):
            if found := sorted(filter(_has_senders, other.records)):
                verdict = wrong_host_verdict(domain, host, shown(found))
                return verdict, draft(tree, domain, include, found, ask)
    verdict = Verdict("missing", _cause(domain, meant), PUBLISH, shown(meant))
    verdict = replace(verdict, host=alias_target(lookup))
    if is_wildcard(lookup, twin):
        cure = create_cure(domain, "TXT", domain)
        verdict = replace(verdict, cause=wildcard_cause(domain), cure=cure, host="")
    elif lookup.chain:
        # What stands at the target is no record of the domain
        meant, cure = [], alias_cure(lookup)
        verdict = replace(verdict, cause=_alias_cause(lookup), cure=cure)
    return verdict, draft(tree, domain, include, meant, ask)


def _has_senders(value):
    """Whether this is an SPF record that names anybody who may send."""
    try:
        return is_spf(value) and any(t.name != "all" for t in parse(value))
    except SpfSyntaxError:
        return True


def _cause(domain, meant):
    source = _lt("%(domain)s has no SPF record.")
    if meant:
        source = _lt(
            "A TXT record of %(domain)s looks like SPF, but receivers ignore it: it "
            "has to begin with exactly v=spf1 and a space."
        )
    return Words(source, {"domain": domain})


def _alias_cause(lookup):
    if lookup.status == "nxdomain":
        return absence_cause(lookup)
    return Words(
        _lt("%(name)s is an alias (CNAME) for %(target)s, which has no SPF record."),
        {"name": lookup.name.removesuffix("."), "target": alias_target(lookup)},
    )
