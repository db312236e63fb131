"""The rules for a DKIM key record, each with the words to an administrator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..words import Words, _lt
from .cures import replace_cure
from .dkim_record import DkimRecord, is_same_key, rsa_bits
from .txt import excerpt
from .verdict import Verdict

# RFC 8301 3.2: shorter keys must not be accepted, longer ones should be used
SHORTEST_BITS = 1024
ADVISED_BITS = 2048


@dataclass(frozen=True)
class DkimCase:
    """A record, the one that Mailjet expects, and the values for every sentence."""

    record: DkimRecord
    wanted: DkimRecord
    values: Mapping[str, str]

    def verdict(self, status, cause, cure=None, **values):
        values = {**self.values, **values}
        return Verdict(status, Words(cause, values), cure and Words(cure, values))

    def error(self, cause, **values):
        """Return the `Verdict` on an error that only Mailjet's value fixes."""
        cure = replace_cure(self.values["name"], "TXT")
        return replace(self.verdict("error", cause, **values), cure=cure)


def _unreadable_terms(case):
    if case.record.tags.unreadable:
        return case.error(
            _lt("The record at %(name)s is unreadable: %(term)s is not tag=value."),
            term=excerpt(case.record.tags.unreadable[0]),
        )
    return None


def _repeated_tags(case):
    if case.record.tags.repeated:
        return case.error(
            _lt(
                "The tag %(tag)s= appears twice at %(name)s, so receivers discard the "
                "record. Was the value pasted twice?"
            ),
            tag=case.record.tags.repeated[0],
        )
    return None


def _version(case):
    pairs = case.record.tags.pairs
    if "v" in case.record.tags and pairs[0] != ("v", "DKIM1"):
        return case.error(
            _lt(
                "Receivers discard the record at %(name)s: its tag v= must come first "
                "and be v=DKIM1."
            )
        )
    return None


def _no_key(case):
    if "p" not in case.record.tags:
        return case.error(
            _lt(
                "The record at %(name)s has no p= tag, which holds the key. It must be "
                "lowercase and come after a semicolon."
            )
        )
    if not case.record.base64:
        return case.error(
            _lt("The key at %(name)s is empty, which means it was revoked.")
        )
    return None


def _key_type(case):
    kind = case.record.tags.get("k", "rsa")
    if kind != "rsa":
        return case.error(
            _lt(
                "The key at %(name)s has the type %(kind)s, but Mailjet signs with an "
                "RSA key."
            ),
            kind=excerpt(kind),
        )
    return None


def _limits(case):
    """h= and s= may rule out what Mailjet does: sign email with SHA-256."""
    for tag, accepted in (("h", {"sha256"}), ("s", {"*", "email"})):
        if tag in case.record.tags and not accepted & _list(case.record, tag):
            return case.error(
                _lt(
                    "The tag %(tag)s=%(value)s at %(name)s rules out the signatures "
                    "that Mailjet makes."
                ),
                tag=tag,
                value=excerpt(case.record.tags.get(tag)),
            )
    return None


def _pasted_twice(case):
    key = case.wanted.base64
    if key and case.record.base64 == key + key:
        return case.error(_lt("The key at %(name)s was pasted twice."))
    return None


def _broken_key(case):
    if not case.record.key:
        return case.error(
            _lt(
                "The key at %(name)s contains invalid characters or is incomplete at "
                "the end."
            )
        )
    if not rsa_bits(case.record.key):
        return case.error(_lt("The key at %(name)s is truncated or damaged."))
    return None


def _other_key(case):
    if case.wanted.key and not is_same_key(case.record.key, case.wanted.key):
        return case.verdict(
            "error",
            _lt("The key at %(name)s is not Mailjet's key for this domain."),
            _lt(
                "Replace it with the value shown, unless another Mailjet account that "
                "sends for %(domain)s uses it: there is room for only one key."
            ),
        )
    return None


def _short_key(case):
    bits = rsa_bits(case.record.key)
    if bits < SHORTEST_BITS:
        return case.verdict(
            "error",
            _lt(
                "The key at %(name)s has %(bits)s bits; receivers reject keys shorter "
                "than %(shortest)s bits."
            ),
            _lt("Ask Mailjet support for a longer key for %(domain)s."),
            bits=bits,
            shortest=SHORTEST_BITS,
        )
    return None


def _test_flag(case):
    if "y" in _list(case.record, "t"):
        return case.verdict(
            "warning",
            _lt(
                "The tag t=y at %(name)s says that DKIM is only being tested, so "
                "receivers may treat signed mail as unsigned."
            ),
            _lt("Remove t=y from the TXT record at %(name)s."),
        )
    return None


def _not_compared(case):
    if not case.wanted.key:
        return case.verdict(
            "warning",
            _lt(
                "There is a valid key at %(name)s, but Odoo does not know which key "
                "Mailjet expects there."
            ),
            _lt("Read %(domain)s from Mailjet again, then check again."),
        )
    return None


def _advised_size(case):
    bits = rsa_bits(case.record.key)
    if bits < ADVISED_BITS:
        return case.verdict(
            "ok",
            _lt(
                "The key has %(bits)s bits, which is enough; %(advised)s bits are "
                "recommended for new keys."
            ),
            bits=bits,
            advised=ADVISED_BITS,
        )
    return None


def _list(record, tag):
    """Return the items of a colon-separated list."""
    return {member.strip() for member in record.tags.get(tag).split(":")}


# The first rule that returns a verdict decides: errors, then warnings, then notes
RULES = (
    _repeated_tags,
    _unreadable_terms,
    _version,
    _no_key,
    _key_type,
    _limits,
    _pasted_twice,
    _broken_key,
    _other_key,
    _short_key,
    _test_flag,
    _not_compared,
    _advised_size,
)
