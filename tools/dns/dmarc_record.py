"""Read one DMARC record."""

import re
from dataclasses import dataclass

from .names import is_askable, plain
from .tag_list import WHITE_SPACE, TagList, parse_tag_list
from .txt import as_text

# RFC 9989 4.7: a DMARC record begins with exactly this version. White space is allowed
# only around the equals sign; case matters in the value, but not in "v" (RFC 5234 2.3).
_VERSION = re.compile(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")
_LIKE_A_RECORD = re.compile(rb"v\s*=\W*DMARC", re.IGNORECASE)

POLICIES = ("none", "quarantine", "reject")

# The valid values of a tag; receivers ignore a tag with any other value
VALUES = {
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "t": ("y", "n"),
    "psd": ("y", "n", "u"),
}

# RFC 9989 4.7 dropped the size limit that RFC 7489 6.2 allowed after the address
_ADDRESS = re.compile(r"[^\s@,;:<>/!?()]+@[^\s@,;:<>/!?()]+")
_MAILTO = re.compile(
    r"mailto:(?!//)[^\s@!?]+@([^\s@!?]+)(\?[^\s!]*)?(![0-9]+[kmgt]?)?", re.I
)


@dataclass(frozen=True)
class DmarcRecord:
    """The tags of a record."""

    tags: TagList

    def get(self, name):
        """Return the value of a tag in lower case, as case does not matter."""
        return self.tags.get(name).lower()

    @property
    def is_policy_valid(self):
        """Whether p= is present, and all of p=, sp= and np= are policies."""
        given = [self.get(name) for name in ("p", "sp", "np") if name in self.tags]
        return "p" in self.tags and all(policy in POLICIES for policy in given)

    @property
    def misunderstood(self):
        """The terms that receivers do not understand."""
        terms = list(self.tags.unreadable)
        for name, values in VALUES.items():
            if name in self.tags and self.get(name) not in values:
                terms.append(f"{name}={self.tags.get(name)}")
        return terms

    def uris(self, tag):
        """Return the addresses in rua=, where the daily reports go, or in ruf=."""
        uris = (uri.strip(WHITE_SPACE) for uri in self.tags.get(tag).split(","))
        return [uri for uri in uris if uri]

    @property
    def report_uris(self):
        """The addresses in rua=."""
        return self.uris("rua")

    def bad_uris(self, tag):
        """Return the addresses in a tag that no receiver sends a report to."""
        return [uri for uri in self.uris(tag) if not report_domain(uri)]

    @property
    def stray_addresses(self):
        """The terms that were meant as more addresses, but come after a semicolon."""
        return [term for term in self.tags.unreadable if _ADDRESS.search(term)]

    def meant_addresses(self, tag):
        """Return the mail addresses meant in a tag, whatever is between them."""
        texts = [self.tags.get(tag)]
        # A semicolon in the place of a comma ends the tag
        texts += self.stray_addresses if tag == "rua" and texts[0] else []
        addresses = _ADDRESS.findall(" ".join(texts))
        return list(dict.fromkeys(address.rstrip(".") for address in addresses))

    @property
    def report_domains(self):
        """The domains that reports go to, in the order of the record."""
        domains = (report_domain(uri) for uri in self.report_uris)
        return list(dict.fromkeys(domain for domain in domains if domain))

    def policy(self, is_inherited, is_existing):
        """Return the policy that the record states for a domain, or nothing.

        :param bool is_inherited: whether the record belongs to a parent domain
        :param bool is_existing: whether the domain exists in DNS
        """
        if not self.is_policy_valid:
            return "none" if self.report_domains else ""
        policy = self.get("p")
        if is_inherited:
            policy = self.get("sp") or policy
            if not is_existing:
                policy = self.get("np") or policy
        return policy


def weaker(policy):
    """Return the policy that receivers apply while testing, t=y (RFC 9989 4.7)."""
    return {"reject": "quarantine", "quarantine": "none"}.get(policy, policy)


def parse_dmarc_record(value):
    """Return the `DmarcRecord` in the bytes of a TXT record, otherwise None."""
    if not _VERSION.match(value):
        return None
    return DmarcRecord(parse_tag_list(as_text(value)))


def looks_like_dmarc(value):
    """Whether the bytes of a TXT record were meant as a DMARC record."""
    return bool(_LIKE_A_RECORD.search(value))


def report_domain(uri):
    """Return the domain of a mailto: address, or nothing if it is not one."""
    match = _MAILTO.fullmatch(uri)
    domain = plain(match[1]) if match else ""
    return domain if is_askable(domain) else ""
