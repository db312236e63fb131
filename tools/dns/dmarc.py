"""Check the DMARC record: what receivers do with mail that may be forged."""

from dataclasses import dataclass, replace

from ..words import Words, _lt
from .absence import missing_txt
from .alias_conflict import alias_conflict
from .cures import replace_cure
from .dmarc_proposal import meant_record, propose_dmarc
from .dmarc_record import looks_like_dmarc, parse_dmarc_record, weaker
from .dmarc_reports import outside_questions, unauthorised_verdict
from .dmarc_rules import RULES, DmarcCase, no_reports, note
from .dmarc_walk import Level, Walk, walked_domains
from .domain_name import asked_name
from .existence import GONE
from .lookup import Question
from .names import alias_target, plain
from .outage import outage_verdict
from .quoting import has_quoting, quoting_cause
from .stand_in import explain, wildcard_question
from .txt import shown
from .verdict import Verdict


@dataclass(frozen=True)
class DmarcVerdict(Verdict):
    """A `Verdict`, and what receivers do.

    `policy` is the one that receivers apply to the domain: none, quarantine or reject,
    or nothing if no record applies. `record_domain` is the domain that the record
    belongs to; the policy is inherited if that is another one. `proposal` is a record
    to publish if there is none yet, or if it corrects the existing one.
    """

    policy: str = ""
    record_domain: str = ""


def check_dmarc(domain, ask, selector_domain=None, rua=None):
    """Return the `DmarcVerdict` on a domain that is used in the From of mail.

    It follows RFC 9989, and notes where receivers that follow RFC 7489 differ. A report
    domain that cannot be reached does not affect the verdict.

    :param str domain: the domain in the From
    :param Ask ask: asked once, and once more for questions that depend on whether there
        is a record
    :param str selector_domain: the domain that Mailjet signs for, if it is another one
    :param str rua: the address for reports in a proposal, see `propose_dmarc`
    """
    domain = asked_name(domain)
    signer = asked_name(selector_domain or domain)
    names = walked_domains(domain)
    *lookups, alias, existence = ask(
        [
            *(Question(f"_dmarc.{name}", "TXT") for name in names),
            Question(f"_dmarc.{domain}", "CNAME"),
            Question(domain, "TXT"),
        ]
    )
    walk = Walk(tuple(map(Level, names, lookups)))
    if walk.own.is_broken:
        return _broken_own(walk, rua, ask)
    if walk.outage and not walk.own.record:
        return DmarcVerdict(**vars(outage_verdict(walk.outage)))
    if walk.applied:
        case = _case(walk, walk.applied.record, existence, signer)
        verdict = _judge(walk, alias, case, ask)
        proposal = propose_dmarc(domain, rua, walk.applied.record)
        better = _case(walk, parse_dmarc_record(proposal.encode()), existence, signer)
        return _with_correction(verdict, walk, better, proposal)
    if walk.broken:
        return _broken(walk, walk.broken)
    missing = missing_txt(walk.own.lookup, domain, looks_like_dmarc, ask)
    return _with_proposal(missing, domain, rua)


def _with_proposal(missing, domain, rua):
    """Return the `DmarcVerdict` on a missing record, with one to publish."""
    if missing.cause.source == GONE:
        return DmarcVerdict(**vars(missing))
    record = meant_record(missing.found[0].encode()) if _is_misplaced(missing) else None
    proposal = propose_dmarc(domain, rua, record)
    cure = missing.cure if rua or record else _with_hint(missing.cure, domain)
    return DmarcVerdict(**{**vars(missing), "proposal": proposal, "cure": cure})


def _is_misplaced(verdict):
    """Whether the record has been found, if at another name."""
    return len(verdict.found) == 1 and looks_like_dmarc(verdict.found[0].encode())


def _with_hint(cure, domain):
    source = _lt(
        "%(cure)s The reports then go to %(address)s; use another mailbox if nobody "
        "reads that one."
    )
    return Words(source, {"cure": cure, "address": f"postmaster@{domain}"})


def _with_correction(verdict, walk, better, proposal):
    """Return the verdict on the domain's own record, with a corrected one if possible.

    The proposal is one if no rule objects to it.

    :param DmarcCase better: the case of the proposal
    """
    if verdict.status == "ok" or walk.applied is not walk.own:
        return verdict
    if better.record.tags.pairs == walk.own.record.tags.pairs:
        return verdict
    is_right = not any(rule(better) for rule in (*RULES, no_reports))
    return replace(verdict, proposal=proposal) if is_right else verdict


def _case(walk, record, existence, signer):
    """Return the `DmarcCase` of a record as if it were the one that applies."""
    level = walk.applied
    written = record.policy(level is not walk.own, existence.status != "nxdomain")
    values = {
        "domain": walk.own.domain,
        "name": plain(level.lookup.name),
        "record_domain": level.domain,
        "written": written,
        "policy": weaker(written) if record.get("t") == "y" else written,
        "signer": signer,
    }
    return DmarcCase(record, walk, signer, values)


def _judge(walk, alias, case, ask):
    """Return the `DmarcVerdict` on the record that applies."""
    level = walk.applied
    verdicts = [
        *(rule(case) for rule in RULES),
        *_unauthorised(walk, ask),
        no_reports(case),
        alias_conflict(walk.own.lookup, alias) if level is walk.own else None,
        note(case),
    ]
    verdict = next(verdict for verdict in verdicts if verdict)
    verdict = replace(verdict, found=_found(level), host=_host(walk, level))
    if verdict.status == "error":
        return DmarcVerdict(**vars(verdict))
    policy = case.values["policy"]
    return DmarcVerdict(**vars(verdict), policy=policy, record_domain=level.domain)


def _unauthorised(walk, ask):
    """Return a `Verdict` for each report domain that has not agreed."""
    level = walk.applied
    outside = outside_questions(level.record, level.domain, walk.organisation)
    if not outside:
        return []
    return map(unauthorised_verdict, outside, ask(list(outside.values())))


def _found(level):
    values = level.lookup.records
    return shown(value for value in values if looks_like_dmarc(value))


def _host(walk, level):
    """Return the name where the record was found, if it is not the one asked for."""
    inherited = "" if level is walk.own else plain(level.lookup.name)
    return alias_target(level.lookup) or inherited


def _broken_own(walk, rua, ask):
    """Return the `DmarcVerdict` on records of the domain that receivers ignore."""
    level = walk.own
    verdict = _broken(walk, level)
    meant = [value for value in level.lookup.records if looks_like_dmarc(value)]
    if len(meant) == 1:
        proposal = propose_dmarc(level.domain, rua, meant_record(meant[0]))
        cure = replace_cure(plain(level.lookup.name), "TXT")
        verdict = replace(verdict, cure=cure, proposal=proposal)
    [twin] = ask([wildcard_question(plain(level.lookup.name))])
    return explain(verdict, level.lookup, twin, level.domain)


def _broken(walk, level):
    """Return the `DmarcVerdict` on records that receivers ignore."""
    name = plain(level.lookup.name)
    meant = [value for value in level.lookup.records if looks_like_dmarc(value)]
    cure = Words(
        _lt("Keep one TXT record at %(name)s that begins with v=DMARC1; and p=."),
        {"name": name},
    )
    if level.records:
        source = _lt(
            "There are several DMARC records at %(name)s, so receivers ignore them all."
        )
    else:
        source = _lt(
            "The record at %(name)s does not begin with exactly “v=DMARC1;”, so "
            "receivers ignore it."
        )
    cause = Words(source, {"name": name})
    if not level.records and any(map(has_quoting, meant)):
        cause = quoting_cause(name)
    return DmarcVerdict("error", cause, cure, shown(meant), _host(walk, level))
