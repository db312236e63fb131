"""Say who sent the mail of a row of a DMARC report."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...const import (
    DKIM_SELECTOR,
    RETURN_PATH_LABEL,
    RETURN_PATH_TARGET,
    SHARED_DKIM_SELECTORS,
)
from ..dns.existence import registered_domain
from ..dns.names import is_within, plain
from .networks import Networks, Term, is_wide, network_of
from .services import service_of_domain, service_of_selector

MAILJET = "mailjet"
# What gave a source its name, the most certain first
EVIDENCE = ("mailjet", "dkim", "spf_record", "spf", "ptr", "network")

# a<account>.bnc3.mailjet.com: each account has a return path of its own
_ACCOUNT = re.compile(rf"a([0-9]+)\.{re.escape(RETURN_PATH_TARGET)}")
# Reasons by which receivers say that mail was forwarded (RFC 7489 appendix C, RFC 9990)
_DETOURS = frozenset(("forwarded", "trusted_forwarder", "mailing_list"))


@dataclass(frozen=True)
class Row:
    """What a row says about where its mail came from."""

    source_ip: str
    dkim_aligned: bool = False
    spf_aligned: bool = False
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_result: str = ""
    spf_domain: str = ""
    spf_result: str = ""
    reasons: str = ""
    comments: str = ""

    @property
    def is_forwarded(self):
        """Whether the receiver says that the mail was forwarded."""
        reasons = set(re.split(r"[^a-z_]+", self.reasons.lower()))
        is_sealed = "local_policy" in reasons and "arc=pass" in self.comments.lower()
        return is_sealed or bool(reasons & _DETOURS)


@dataclass(frozen=True)
class Source:
    """A sender: rows with the same `key` are its mail.

    `is_own_network`: the SPF record of the domain names the network. `is_forwarder`:
    a service that passes on other people's mail.
    """

    key: str
    name: str
    evidence: str
    is_own_network: bool = False
    is_forwarder: bool = False


@dataclass(frozen=True)
class Known:
    """What is known about a domain and about addresses.

    `terms` are those of the domain's SPF record; `hosts` maps an address to the name
    that its reverse DNS confirms; `accounts` are the numbers of the Mailjet accounts
    that sign for the domain.
    """

    domain: str
    mailjet: Networks
    terms: tuple[Term, ...] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)
    accounts: frozenset[str] = frozenset()

    def __post_init__(self):
        networks = [
            (term, Networks(text for text in term.networks if not is_wide(text)))
            for term in self.terms
        ]
        object.__setattr__(self, "_networks", networks)

    def term_of(self, address):
        """Return the first term that allows an address, wide networks left out."""
        return next((term for term, nets in self._networks if address in nets), None)


def is_mailjet_signed(row):
    """Whether Mailjet signed for the domain itself, which proves that it sent this."""
    return row.dkim_aligned and row.dkim_selector.lower() == DKIM_SELECTOR


def mailjet_account(row):
    """Return the number of the Mailjet account that sent this, or nothing."""
    match = _ACCOUNT.fullmatch(row.spf_domain.lower())
    return match[1] if match and row.spf_result == "pass" else ""


def find_source(row, known):
    """Return the `Source` of a row.

    Evidence that cannot be forged takes precedence: an aligned signature, then the
    return path that SPF confirms, then reverse DNS, then the network.
    """
    return (
        _mailjet(row, known)
        or _signer(row, known)
        or _own_network(row, known)
        or _return_path(row)
        or _host(row, known)
        or _network(row)
    )


def _mailjet(row, known):
    account = mailjet_account(row)
    is_signed = is_mailjet_signed(row)
    if account and known.accounts and account not in known.accounts and not is_signed:
        name = f"Mailjet (a{account})"
        return Source(f"{MAILJET}:a{account}", name, "mailjet")
    is_its_return_path = row.spf_result == "pass" and (
        is_within(row.spf_domain.lower(), RETURN_PATH_TARGET)
        or (row.spf_aligned and row.spf_domain.startswith(f"{RETURN_PATH_LABEL}."))
    )
    is_its_signature = (
        row.dkim_result == "pass"
        and is_within(row.dkim_domain.lower(), RETURN_PATH_TARGET)
        and row.dkim_selector.lower() in SHARED_DKIM_SELECTORS
    )
    is_its_network = row.source_ip in known.mailjet
    if is_signed or is_its_return_path or is_its_signature or is_its_network:
        return Source(MAILJET, "Mailjet", "mailjet")
    return None


def _signer(row, known):
    if not row.dkim_aligned or not row.dkim_selector:
        return None
    own = _is_own(row, known)
    service = service_of_selector(row.dkim_selector) or _passing_service(row)
    if service:
        return _of_service(service, "dkim", own)
    selector, domain = row.dkim_selector.lower(), row.dkim_domain.lower()
    name = f"{selector}._domainkey.{domain}"
    return Source(f"dkim:{selector}:{domain}", name, "dkim", own)


def _own_network(row, known):
    term = _own_term(row, known)
    if not term:
        return None
    service = service_of_domain(term.target) if term.target else None
    if service:
        return _of_service(service, "spf_record", True)
    return Source(f"term:{term.text.lower()}", term.text, "spf_record", True)


def _own_term(row, known):
    return known.term_of(row.source_ip) if row.spf_aligned else None


def _is_own(row, known):
    return bool(_own_term(row, known))


def _return_path(row):
    if row.spf_result != "pass" or not row.spf_domain or row.spf_aligned:
        return None
    service = _passing_service(row)
    if service:
        return _of_service(service, "spf")
    domain = registered_domain(plain(row.spf_domain))
    return Source(f"spf:{domain}", domain, "spf")


def _passing_service(row):
    if row.spf_result != "pass" or row.spf_aligned:
        return None
    return service_of_domain(row.spf_domain)


def _host(row, known):
    name = known.hosts.get(row.source_ip)
    return source_of_host(name) if name else None


def source_of_host(name):
    """Return the `Source` that a confirmed name of an address stands for."""
    service = service_of_domain(name)
    if service:
        return _of_service(service, "ptr")
    domain = registered_domain(plain(name))
    return Source(f"ptr:{domain}", domain, "ptr")


def _network(row):
    if not row.source_ip:  # addresses are deleted after a while
        return Source("unknown", "", "network")
    network = network_of(row.source_ip)
    return Source(f"net:{network}", network, "network")


def _of_service(service, evidence, is_own_network=False):
    return Source(
        f"service:{service.code}",
        service.name,
        evidence,
        is_own_network,
        service.is_forwarder,
    )
