"""The rules for the DMARC record that applies, each a sentence or two to an admin."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..words import Words, _lt
from .dmarc_record import DmarcRecord
from .dmarc_walk import Walk
from .names import is_within
from .txt import excerpt
from .verdict import Verdict


@dataclass(frozen=True)
class DmarcCase:
    """The record that applies, and the values of every sentence."""

    record: DmarcRecord
    walk: Walk
    signer: str
    values: Mapping[str, str]

    def verdict(self, status, cause, cure=None, **values):
        values = {**self.values, **values}
        return Verdict(status, Words(cause, values), cure and Words(cure, values))


def _repeated_tags(case):
    if case.record.tags.repeated:
        return case.verdict(
            "error",
            _lt(
                "The term %(tag)s= is there twice at %(name)s, so that receivers "
                "discard the record; was the value pasted twice?"
            ),
            _lt("Keep only one term %(tag)s= in the TXT record at %(name)s."),
            tag=case.record.tags.repeated[0],
        )
    return None


def _policy(case):
    """RFC 9989 4.7: a policy that cannot be read is none if reports are wanted."""
    if case.record.is_policy_valid:
        return None
    cure = _lt("Write p=none, p=quarantine or p=reject after v=DMARC1; at %(name)s.")
    if case.values["policy"]:
        return case.verdict(
            "warning",
            _lt(
                "The record at %(name)s gives no policy that can be read (p=, sp=, "
                "np=), so that receivers act as if it were none."
            ),
            cure,
        )
    return case.verdict(
        "error",
        _lt(
            "The record at %(name)s gives no policy that can be read (p=, sp=, np=), "
            "so that receivers pass it over."
        ),
        cure,
    )


def _alignment(case):
    """A signature of another domain counts only if it is close enough to the From."""
    domain = case.values["domain"]
    if case.signer == domain:
        return None
    if case.record.get("adkim") == "s":
        return case.verdict(
            "warning",
            _lt(
                "Mailjet signs for %(signer)s, but adkim=s at %(name)s demands a "
                "signature of exactly %(domain)s, so that mail from it fails DMARC."
            ),
            _lt(
                "Remove adkim=s from the record at %(name)s, or add %(domain)s to "
                "Mailjet as a domain of its own."
            ),
        )
    if not is_within(case.signer, case.walk.organisation):
        return case.verdict(
            "warning",
            _lt(
                "Mailjet signs for %(signer)s, which does not belong together with "
                "%(domain)s in DMARC, so that mail from it fails DMARC."
            ),
            _lt("Add %(domain)s to Mailjet as a domain of its own."),
        )
    return None


def _testing(case):
    if case.values["policy"] != case.values["written"]:
        return case.verdict(
            "warning",
            _lt(
                "The term t=y at %(name)s says that this is a test, so that receivers "
                "apply the policy %(policy)s instead of %(written)s."
            ),
            _lt("Remove t=y from the record at %(name)s when the test is over."),
        )
    return None


def _percentage(case):
    percentage = case.record.get("pct")
    if percentage and percentage != "100":
        return case.verdict(
            "warning",
            _lt(
                "The term pct=%(percentage)s at %(name)s is outdated: some receivers "
                "apply the policy to a part of the mail only, others ignore it."
            ),
            _lt("Remove pct= from the record at %(name)s."),
            percentage=excerpt(percentage),
        )
    return None


def _policy_place(case):
    """RFC 7489 6.4 wants the policy right behind the version."""
    if "p" in case.record.tags and case.record.tags.pairs[1][0] != "p":
        return case.verdict(
            "warning",
            _lt(
                "The term p= does not come right after v=DMARC1; at %(name)s, so that "
                "older receivers may pass the record over."
            ),
            _lt("Move p= to the second place of the record at %(name)s."),
        )
    return None


def _misunderstood(case):
    if case.record.misunderstood:
        return case.verdict(
            "warning",
            _lt("Receivers cannot make sense of %(term)s in the record at %(name)s."),
            _lt("Correct or remove %(term)s in the record at %(name)s."),
            term=excerpt(case.record.misunderstood[0]),
        )
    return None


def _report_uris(case):
    if case.record.bad_report_uris:
        return case.verdict(
            "warning",
            _lt(
                "Receivers send no reports to %(uri)s, which rua= at %(name)s gives: "
                "only addresses like mailto:name@domain count."
            ),
            _lt("Write mailto: before each address in rua= at %(name)s."),
            uri=excerpt(case.record.bad_report_uris[0]),
        )
    return None


def no_reports(case):
    if not case.record.report_uris:
        return case.verdict(
            "warning",
            _lt(
                "The record at %(name)s asks for no reports (rua=), so that nobody "
                "learns who sends mail in the name of the domain."
            ),
            _lt(
                "Add rua=mailto: and a mailbox that somebody reads to the record at "
                "%(name)s."
            ),
        )
    return None


def note(case):
    """Return the ok `Verdict`.

    SPF passes for Mailjet's bounce domain, which never aligns with the From; a custom
    return path does, unless aspf=s. Mailjet signs for the domain, and that aligns.
    """
    walk = case.walk
    if walk.applied is walk.own:
        source = _lt(
            "Failing mail meets the policy %(policy)s; Mailjet's mail passes by its "
            "DKIM signature, as SPF never counts for %(domain)s without a custom "
            "return path."
        )
    elif walk.older_reading and walk.older_reading is not walk.applied:
        source = _lt(
            "The record of %(record_domain)s applies with the policy %(policy)s, older "
            "receivers take that of %(older)s; Mailjet's mail passes by its "
            "DKIM signature, as SPF never counts for %(domain)s without a custom "
            "return path."
        )
    else:
        source = _lt(
            "The record of %(record_domain)s applies with the policy %(policy)s; "
            "Mailjet's mail passes by its DKIM signature, as SPF never counts for "
            "%(domain)s without a custom return path."
        )
    older = walk.older_reading.domain if walk.older_reading else ""
    return case.verdict("ok", source, older=older)


# The first one that has something to say decides: errors, then warnings
RULES = (
    _repeated_tags,
    _policy,
    _alignment,
    _testing,
    _percentage,
    _policy_place,
    _misunderstood,
    _report_uris,
)
