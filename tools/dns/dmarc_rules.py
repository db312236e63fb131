"""The rules for the DMARC record that applies, with words to an administrator."""

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
    """The record that applies, and the values for every sentence."""

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
                "The tag %(tag)s= appears twice at %(name)s, so receivers discard the "
                "record. Was the value pasted twice?"
            ),
            _lt("Keep only one %(tag)s= tag in the TXT record at %(name)s."),
            tag=case.record.tags.repeated[0],
        )
    return None


def _policy(case):
    """RFC 9989 4.7: an invalid policy counts as none if reports are requested."""
    if case.record.is_policy_valid:
        return None
    cure = _lt("Write p=none, p=quarantine or p=reject after v=DMARC1; at %(name)s.")
    if case.values["policy"]:
        return case.verdict(
            "warning",
            _lt(
                "The record at %(name)s has no valid policy (p=, sp=, np=), so "
                "receivers act as if it were none."
            ),
            cure,
        )
    return case.verdict(
        "error",
        _lt(
            "The record at %(name)s has no valid policy (p=, sp=, np=), so receivers "
            "ignore it."
        ),
        cure,
    )


def _alignment(case):
    """The signature of another domain counts only if it aligns with the From."""
    domain = case.values["domain"]
    if case.signer == domain:
        return None
    if case.record.get("adkim") == "s":
        return case.verdict(
            "warning",
            _lt(
                "Mailjet signs for %(signer)s, but adkim=s at %(name)s requires a "
                "signature for exactly %(domain)s, so mail from it fails DMARC."
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
                "Mailjet signs for %(signer)s, which does not align with %(domain)s, "
                "so mail from it fails DMARC."
            ),
            _lt("Add %(domain)s to Mailjet as a domain of its own."),
        )
    return None


def _testing(case):
    if case.values["policy"] != case.values["written"]:
        return case.verdict(
            "warning",
            _lt(
                "The tag t=y at %(name)s marks the policy as a test, so receivers "
                "apply %(policy)s instead of %(written)s."
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
                "The tag pct=%(percentage)s at %(name)s is obsolete: some receivers "
                "apply the policy to only part of the mail, others ignore the tag."
            ),
            _lt("Remove pct= from the record at %(name)s."),
            percentage=excerpt(percentage),
        )
    return None


def _policy_place(case):
    """RFC 7489 6.4 requires the policy right after the version."""
    if "p" in case.record.tags and case.record.tags.pairs[1][0] != "p":
        return case.verdict(
            "warning",
            _lt(
                "The tag p= at %(name)s does not come right after the version, so "
                "older receivers may ignore the record."
            ),
            _lt("Move p= to second place in the record at %(name)s."),
        )
    return None


def _misunderstood(case):
    if case.record.misunderstood:
        return case.verdict(
            "warning",
            _lt("Receivers do not understand %(term)s in the record at %(name)s."),
            _lt("Correct or remove %(term)s in the record at %(name)s."),
            term=excerpt(case.record.misunderstood[0]),
        )
    return None


def _stray_address(case):
    """A semicolon ends a tag, so what follows is no longer in the list."""
    if case.record.stray_addresses and case.record.report_uris:
        return case.verdict(
            "warning",
            _lt(
                "Receivers send no reports to %(uri)s at %(name)s: it must be "
                "preceded by a comma, not a semicolon."
            ),
            _lt("Separate the addresses in rua= at %(name)s with commas."),
            uri=excerpt(case.record.stray_addresses[0]),
        )
    return None


def _report_uris(case):
    for tag in ("rua", "ruf"):
        if bad := case.record.bad_uris(tag):
            cause, cure = _bad_uri(bad[0])
            return case.verdict("warning", cause, cure, uri=excerpt(bad[0]), tag=tag)
    return None


def _bad_uri(uri):
    """Return the cause and the cure of an address that receivers cannot use."""
    if uri.count("@") > 1:
        return (
            _lt(
                "Receivers send no reports to %(uri)s in %(tag)s= at %(name)s: a comma "
                "is missing between the addresses."
            ),
            _lt("Separate the addresses in %(tag)s= at %(name)s with commas."),
        )
    if uri.lower().startswith("mailto:"):
        return (
            _lt(
                "Receivers send no reports to %(uri)s in %(tag)s= at %(name)s: it is "
                "not a complete address without spaces."
            ),
            _lt("Write %(tag)s=mailto:name@domain at %(name)s."),
        )
    return (
        _lt(
            "Receivers send no reports to %(uri)s in %(tag)s= at %(name)s: only "
            "addresses like mailto:name@domain count."
        ),
        _lt("Write mailto: before each address in %(tag)s= at %(name)s."),
    )


def no_reports(case):
    if not case.record.report_uris:
        return case.verdict(
            "warning",
            _lt(
                "The record at %(name)s requests no reports (rua=), so you do not "
                "learn who sends mail in the name of the domain."
            ),
            _lt(
                "Add rua=mailto: with a mailbox that somebody reads to the record at "
                "%(name)s."
            ),
        )
    return None


def note(case):
    """Return the ok `Verdict`.

    SPF passes for Mailjet's bounce domain, which never aligns with the From. A custom
    return path aligns, unless aspf=s, and so does Mailjet's signature for the domain.
    """
    walk = case.walk
    if walk.applied is walk.own:
        source = _lt(
            "The policy for mail that fails is %(policy)s. Mail sent through Mailjet "
            "passes by its DKIM signature; SPF does not count for %(domain)s without a "
            "custom return path."
        )
    elif walk.older_reading and walk.older_reading is not walk.applied:
        source = _lt(
            "The record of %(record_domain)s applies, with the policy %(policy)s; "
            "older receivers use that of %(older)s. Mail sent through Mailjet passes "
            "by its DKIM signature; SPF does not count for %(domain)s without a custom "
            "return path."
        )
    else:
        source = _lt(
            "The record of %(record_domain)s applies, with the policy %(policy)s. Mail "
            "sent through Mailjet passes by its DKIM signature; SPF does not count for "
            "%(domain)s without a custom return path."
        )
    older = walk.older_reading.domain if walk.older_reading else ""
    return case.verdict("ok", source, older=older)


# The first rule that returns a verdict decides: errors, then warnings
RULES = (
    _repeated_tags,
    _policy,
    _alignment,
    _testing,
    _percentage,
    _policy_place,
    _stray_address,
    _misunderstood,
    _report_uris,
)
