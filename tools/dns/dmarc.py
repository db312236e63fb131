"""Check the DMARC record: what receivers do with mail that may be forged."""

from dataclasses import dataclass, replace

from ..words import Words, _lt
from .absence import missing_txt
from .alias_conflict import alias_conflict
from .dmarc_record import looks_like_dmarc, weaker
from .dmarc_reports import outside_questions, unauthorised_verdict
from .dmarc_rules import RULES, DmarcCase, no_reports, note
from .dmarc_walk import Level, Walk, walked_domains
from .lookup import Question
from .names import alias_target, plain
from .outage import outage_verdict
from .quoting import has_quoting, quoting_cause
from .txt import shown
from .verdict import Verdict

# The minimum that Gmail, Yahoo and Microsoft require of bulk senders; the owner of the
# domain chooses the mailbox for the reports
PROPOSAL = "v=DMARC1; p=none;"


@dataclass(frozen=True)
class DmarcVerdict(Verdict):
    """A `Verdict`, and what receivers do.

    `policy` is the one that receivers apply to the domain: none, quarantine or reject,
    or nothing if no record applies. `record_domain` is the domain that the record
    belongs to; the policy is inherited if that is another one. `proposal` is a record
    to publish if there is no record yet.
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
    :param str rua: the address that reads reports, for the proposal; None if there is
        none
    """
    domain = plain(domain)
    signer = plain(selector_domain or domain)
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
        return _broken(walk, walk.own)
    if walk.outage and not walk.own.record:
        return DmarcVerdict(**vars(outage_verdict(walk.outage)))
    if walk.applied:
        return _judge(walk, alias, existence, signer, ask)
    if walk.broken:
        return _broken(walk, walk.broken)
    missing = missing_txt(walk.own.lookup, domain, looks_like_dmarc, ask)
    proposal = f"{PROPOSAL} rua=mailto:{rua};" if rua else PROPOSAL
    return DmarcVerdict(**{**vars(missing), "proposal": proposal})


def _judge(walk, alias, existence, signer, ask):
    """Return the `DmarcVerdict` on the record that applies."""
    domain, level, record = walk.own.domain, walk.applied, walk.applied.record
    written = record.policy(level is not walk.own, existence.status != "nxdomain")
    policy = weaker(written) if record.get("t") == "y" else written
    values = {
        "domain": domain,
        "name": plain(level.lookup.name),
        "record_domain": level.domain,
        "written": written,
        "policy": policy,
        "signer": signer,
    }
    case = DmarcCase(record, walk, signer, values)
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
