"""Read what the receiving mail server found out about a mail's author.

The header is defined in RFC 8601, alignment in RFC 7489 section 3.1. Whoever sends a
mail can write the header, too, but only below those of the receiving server.
"""

import re
from collections import namedtuple

_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"[^"]*"')
_RESULT = re.compile(r"(dkim|spf|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
# The domain that each method proved
_PROPERTY = {
    "dkim": re.compile(r"\bheader\.[di]\s*=\s*(\S+)", re.IGNORECASE),
    "spf": re.compile(r"\bsmtp\.mailfrom\s*=\s*(\S+)", re.IGNORECASE),
    "dmarc": re.compile(r"\bheader\.from\s*=\s*(\S+)", re.IGNORECASE),
}

# Removing nested comments takes longer than in proportion to their number
_MAX_LENGTH = 10_000

Finding = namedtuple("Finding", "method result domain")


def is_author_proven(headers, domain):
    """Return whether DKIM or SPF passed for an author's domain.

    :param headers: pairs of name and value, as in the mail
    :param str domain: of the author, as a name that its owner alone controls; its
        subdomains are its own
    :return: None if the receiving server reports neither DKIM nor SPF
    """
    findings = _findings(headers)
    if not findings:
        return None
    return any(
        finding.result == "pass" and is_within(finding.domain, domain)
        for finding in findings
    )


def is_within(name, domain):
    """Return whether a host name is the domain or below it."""
    return name == domain or name.endswith(f".{domain}")


def read_results(value):
    """Return which server wrote an Authentication-Results header, and its findings.

    :return: the server's name in lower case, and a list of `Finding`
    """
    plain = _plain(value)
    return "".join(_written_by(plain)).lower(), list(_findings_of(plain))


def _findings(headers):
    """Return the findings of the last server, each method's from its topmost header."""
    found = {}
    for value in _topmost(headers):
        by_method = {}
        for finding in _findings_of(value):
            by_method.setdefault(finding.method, []).append(finding)
        found = {**by_method, **found}
    return [finding for findings in found.values() for finding in findings]


def _topmost(headers):
    """Yield the values that the last server added.

    They bear one name and stand above the next Received, where others' headers begin.
    """
    server = None
    for name, value in headers:
        if server is not None and name.lower() == "received":
            return
        if name.lower() == "authentication-results":
            plain = _plain(value)
            if server in (None, _written_by(plain)):
                server = _written_by(plain)
                yield plain


def _plain(value):
    """Return a header's value without comments and quoted texts."""
    return _QUOTED.sub('""', _without_comments(str(value)[:_MAX_LENGTH]))


def _written_by(plain):
    """Return the name of the server that wrote a header, in a list, or an empty one."""
    return plain.partition(";")[0].split()[:1]


def _without_comments(value):
    """Remove comments; they may be nested."""
    while (shorter := _COMMENT.sub(" ", value)) != value:
        value = shorter
    return value


def _findings_of(value):
    for part in value.split(";")[1:]:
        match = _RESULT.match(part.strip())
        if match:
            method = match[1].lower()
            proven = _PROPERTY[method].search(part)
            name = proven[1].rpartition("@")[2].rstrip(".").lower() if proven else ""
            yield Finding(method, match[2].lower(), name)
