"""Whether the mail that brings a report is proven to come from its author.

RFC 9990 requires such mail to pass DMARC itself. Our own mail server's
Authentication-Results (RFC 8601) says whether it does; anybody can write such a header,
but not above those that our server adds.
"""

from email.utils import getaddresses

from ..dns.names import is_within
from ..mailjet.authentication_results import read_results
from .values import read_domain


def judge_author(headers, servers=()):
    """Return "authenticated", "failed" or "not_checked".

    :param headers: pairs of name and value, as in the mail
    :param servers: the names that our own servers write in Authentication-Results.
        Without any, only a header above all Received counts: the last server wrote it
    """
    headers = list(headers)
    results = _own_results(headers, {name.lower() for name in servers})
    verdicts = {one.result for one in results if one.method == "dmarc"}
    if "pass" in verdicts:
        return "authenticated"
    if "fail" in verdicts:
        return "failed"
    author = _author_domain(headers)
    if any(
        one.method == "dkim"
        and one.result == "pass"
        and "." in one.domain
        and is_within(author, one.domain)
        for one in results
    ):
        return "authenticated"
    return "not_checked"


def _own_results(headers, servers):
    """Return the findings of the topmost header that our own server wrote."""
    for name, value in headers:
        if name.lower() == "received" and not servers:
            break
        if name.lower() == "authentication-results":
            server, findings = read_results(value)
            if not servers or server in servers:
                return findings
    return []


def _author_domain(headers):
    """Return the domain of the mail's only author, or nothing."""
    values = [str(value) for name, value in headers if name.lower() == "from"]
    addresses = {address for _name, address in getaddresses(values)}
    return read_domain(addresses.pop()) if len(addresses) == 1 else ""
