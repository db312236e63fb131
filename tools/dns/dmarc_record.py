"""Read one DMARC record."""

import re
from dataclasses import dataclass

from .names import is_askable, plain
from .tag_list import WHITE_SPACE, TagList, parse_tag_list
from .txt import as_text

# RFC 9989 4.7: the version comes first, with white space only around the equals sign,
# and exactly so; a text of which this is not true is no DMARC record
_VERSION = re.compile(rb"v[ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")
_LIKE_A_RECORD = re.compile(rb"v\s*=\W*DMARC", re.IGNORECASE)

POLICIES = ("none", "quarantine", "reject")

# What a term may say; where it says something else, it is as if it were not there
_VALUES = {
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "t": ("y", "n"),
    "psd": ("y", "n", "u"),
}

# RFC 9989 4.7 has no longer the limit of size that RFC 7489 6.2 put behind the address
_MAILTO = re.compile(r"mailto:[^\s@!?]+@([^\s@!?]+)(\?[^\s!]*)?(![0-9]+[kmgt]?)?", re.I)


@dataclass(frozen=True)
class DmarcRecord:
    """The tags of a record."""

    tags: TagList

    def get(self, name):
        """Return the value of a tag in lower case: all of them mean the same then."""
        return self.tags.get(name).lower()

    @property
    def is_policy_valid(self):
        """Whether p= is there, and all of p=, sp= and np= say a policy."""
        given = [self.get(name) for name in ("p", "sp", "np") if name in self.tags]
        return "p" in self.tags and all(policy in POLICIES for policy in given)

    @property
    def misunderstood(self):
        """The terms that say nothing a receiver knows."""
        terms = list(self.tags.unreadable)
        for name, values in _VALUES.items():
            if name in self.tags and self.get(name) not in values:
                terms.append(f"{name}={self.tags.get(name)}")
        return terms

    @property
    def report_uris(self):
        """What rua= lists: where the daily reports go."""
        uris = (uri.strip(WHITE_SPACE) for uri in self.tags.get("rua").split(","))
        return [uri for uri in uris if uri]

    @property
    def bad_report_uris(self):
        """Those of them that no receiver sends a report to."""
        return [uri for uri in self.report_uris if not report_domain(uri)]

    @property
    def report_domains(self):
        """The domains that reports go to, in the order of the record."""
        domains = (report_domain(uri) for uri in self.report_uris)
        return list(dict.fromkeys(domain for domain in domains if domain))

    def policy(self, is_inherited, is_existing):
        """Return the policy that is written for a domain, or nothing.

        :param bool is_inherited: the record was found at a domain above
        :param bool is_existing: there is anything in the DNS at the domain
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
    """Return the policy that receivers apply during a test, t=y (RFC 9989 4.7)."""
    return {"reject": "quarantine", "quarantine": "none"}.get(policy, policy)


def parse_dmarc_record(value):
    """Return the `DmarcRecord` of the bytes of a TXT record, None if it is none."""
    if not _VERSION.match(value):
        return None
    return DmarcRecord(parse_tag_list(as_text(value)))


def looks_like_dmarc(value):
    """Whether the bytes of a TXT record were meant as a DMARC record."""
    return bool(_LIKE_A_RECORD.search(value))


def report_domain(uri):
    """Return the domain of a mailto: address, or nothing if it is no such address."""
    match = _MAILTO.fullmatch(uri)
    domain = plain(match[1]) if match else ""
    return domain if is_askable(domain) else ""
