"""Read one record of a report: the emails of one source with the same results."""

from typing import NamedTuple

from ..dns.names import is_within
from .node import MAX_TEXT
from .values import (
    MAX_DOMAIN,
    is_aligned,
    read_address,
    read_count,
    read_disposition,
    read_domain,
    read_result,
)

# How many combinations of parts are remembered
MAX_KNOWN = 1000


class Row(NamedTuple):
    """A record in normal form."""

    source_ip: str
    count: int
    disposition: str
    dkim_aligned: bool
    spf_aligned: bool
    not_stated: bool
    header_from: str
    envelope_from: str
    envelope_derived: bool
    dkim_domain: str
    dkim_selector: str
    dkim_result: str
    other_signatures: str
    spf_domain: str
    spf_result: str
    spf_scope: str
    reason_types: str
    reason_comments: str

    @property
    def passes(self):
        """Whether the emails pass DMARC: one of both is enough."""
        return self.dkim_aligned or self.spf_aligned


class _Signature(NamedTuple):
    domain: str
    selector: str
    result: str

    def __str__(self):
        return f"{self.domain or '?'} {self.selector} {self.result}".replace("  ", " ")


class _Sender(NamedTuple):
    domain: str
    result: str
    scope: str


def read_row(record, policy, known=None):
    """Return a record as a `Row`.

    :param Node record: the element
    :param policy: has `policy_domain`, `adkim` and `aspf`
    :param dict known: remembers what further records of the report may repeat
    :return: None if its source, number or From domain is missing or wrong
    """
    row = record.node("row")
    source, count = read_address(row.text("source_ip")), read_count(row.text("count"))
    if not source or not count:
        return None
    parts = (
        record.node("identifiers", "identities"),
        row.node("policy_evaluated"),
        record.node("auth_results"),
    )
    if known is None or not all(part.is_shared for part in parts):
        found = _read_parts(*parts, policy)
    else:
        if parts not in known:
            if len(known) >= MAX_KNOWN:
                known.clear()
            known[parts] = _read_parts(*parts, policy)
        found = known[parts]
    return found and Row(source, count, *found)


def _read_parts(names, judged, results, policy):
    """Return the values of a `Row` behind its source and number, or None."""
    author = read_domain(names.text("header_from")) or policy.policy_domain
    if "header_from" in names.nodes:  # with something inside that is no text
        return None
    if not is_within(author, policy.policy_domain):
        return None
    signature, others = _signatures(results, author, policy)
    sender = _sender(results, author, policy)
    types, comments = _reasons(judged)
    envelope = read_domain(names.text("envelope_from"))
    dkim, spf = judged.text("dkim").lower(), judged.text("spf").lower()
    values = {
        "disposition": read_disposition(judged.text("disposition")),
        "dkim_aligned": dkim == "pass",
        "spf_aligned": spf == "pass",
        "not_stated": not (dkim and spf),
        "header_from": author,
        "envelope_from": envelope or sender.domain,
        "envelope_derived": not envelope and bool(sender.domain),
        "dkim_domain": signature.domain,
        "dkim_selector": signature.selector,
        "dkim_result": signature.result,
        "other_signatures": others,
        "spf_domain": sender.domain,
        "spf_result": sender.result,
        "spf_scope": sender.scope,
        "reason_types": types,
        "reason_comments": comments,
    }
    return tuple(values[name] for name in Row._fields[2:])


def _signatures(results, author, policy):
    """Return the signature that says most, and the others as a text."""
    strict = policy.adkim == "s"

    def value(signature):
        passes = signature.result == "pass"
        aligned = is_aligned(signature.domain, author, policy.policy_domain, strict)
        return passes and aligned, passes

    found = [
        _Signature(
            read_domain(node.text("domain")),
            node.text("selector")[:MAX_DOMAIN],
            read_result(node.text("result")),
        )
        for node in results.all("dkim")
    ]
    if len(found) < 2:
        return (found or [_Signature("", "", "")])[0], ""
    found.sort(key=value, reverse=True)
    return found[0], "; ".join(map(str, found[1:]))[:MAX_TEXT]


def _sender(results, author, policy):
    """Return the SPF result that says most."""
    strict = policy.aspf == "s"

    def value(sender):
        passes = sender.result == "pass"
        # The name in HELO is not what DMARC aligns
        is_sender = sender.scope != "helo"
        aligned = is_aligned(sender.domain, author, policy.policy_domain, strict)
        return is_sender, passes and aligned, passes

    found = [
        _Sender(
            read_domain(node.text("domain")),
            read_result(node.text("result")),
            node.text("scope").lower(),
        )
        for node in results.all("spf")
    ]
    return max(found, key=value, default=_Sender("", "", ""))


def _reasons(judged):
    """Return why the receiver departed from the policy: types and comments."""
    reasons = judged.all("reason")
    types = dict.fromkeys(reason.text("type").lower() for reason in reasons)
    comments = dict.fromkeys(reason.text("comment") for reason in reasons)
    return (
        ", ".join(filter(None, types))[:MAX_TEXT],
        "; ".join(filter(None, comments))[:MAX_TEXT],
    )
