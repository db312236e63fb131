"""Read SPF records, term by term (RFC 7208, section 12)."""

import ipaddress
import re
from dataclasses import dataclass

_VERSION = re.compile(rb"v=spf1( |$)", re.IGNORECASE)
_TERM = re.compile(r"(?P<qualifier>[-+~?]?)(?P<name>[a-z][a-z0-9._-]*)(?P<rest>.*)")
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9._-]*)=(?P<value>.*)", re.IGNORECASE)
# Section 7.1; the letters c, r and t are for explanations only
_MACRO = r"%\{[slodiphv]\d*r?[-.+,/_=]*\}|%%|%_|%-"
_MACRO_STRING = re.compile(rf"(?:{_MACRO}|[!-$&-~])*", re.IGNORECASE)
_EXPLANATION = re.compile(r"(?:%\{[a-z]\d*r?[-.+,/_=]*\}|%[%_-]|[!-$&-~])*", re.I)
# A name ends in a label that is not a number, or in a macro
_DOMAIN_END = re.compile(
    rf"(?:\.(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?|{_MACRO})$",
    re.IGNORECASE,
)
_DUAL_CIDR = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?$")
_CIDR = re.compile(r"(?P<address>[^/]*)(?:/(?P<length>0|[1-9]\d{0,2}))?$")

# Each costs receivers a DNS query, and they allow ten (section 4.6.4)
QUERYING = ("include", "a", "mx", "ptr", "exists", "redirect")
MODIFIERS = ("redirect", "exp")


@dataclass(frozen=True)
class Term:
    """One term; `domain` as written, "" for the domain of the record.

    `name` is in lower case. Receivers ignore modifiers that they do not know, even one
    called like a mechanism (section 6): its name ends with "=", as in "include=".
    """

    text: str
    name: str
    qualifier: str = "+"
    domain: str = ""

    @property
    def target(self):
        """The domain to look up: lower case without trailing dot, "" with macros."""
        return "" if "%" in self.domain else self.domain.rstrip(".").lower()

    @property
    def is_ignored(self):
        """Whether it is a modifier that means nothing to receivers."""
        return self.name.endswith("=")


class SpfSyntaxError(ValueError):
    """A term makes receivers ignore the whole record; `term` is its text."""

    def __init__(self, term):
        super().__init__(term)
        self.term = term


def is_spf(data):
    """Whether receivers see the bytes of a TXT record as SPF (section 4.5)."""
    return bool(_VERSION.match(data))


def parse(data):
    """Return the `Term`s of a record; raise `SpfSyntaxError` as receivers would."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise SpfSyntaxError(data.decode("ascii", "backslashreplace")) from None
    if text.strip(" ") != re.sub(r"[^ -~]", "", text).strip(" "):
        raise SpfSyntaxError(text)
    terms = [_parse_term(word) for word in text.split(" ")[1:] if word]
    for name in MODIFIERS:
        again = [term for term in terms if term.name == name][1:]
        if again:
            raise SpfSyntaxError(again[0].text)
    return terms


def _parse_term(text):
    modifier = _MODIFIER.match(text)
    if modifier:
        return _parse_modifier(text, modifier["name"].lower(), modifier["value"])
    match = _TERM.fullmatch(text.lower())
    if not match:
        raise SpfSyntaxError(text)
    rest = text[len(match["qualifier"]) + len(match["name"]) :]
    parser = MECHANISMS.get(match["name"])
    if not parser:
        raise SpfSyntaxError(text)
    domain = parser(text, match["name"], rest)
    return Term(text, match["name"], match["qualifier"] or "+", domain)


def _parse_modifier(text, name, value):
    if name in MODIFIERS and not _is_domain(value):
        raise SpfSyntaxError(text)
    if not _EXPLANATION.fullmatch(value):
        raise SpfSyntaxError(text)
    if name in MODIFIERS:
        return Term(text, name, "", value)
    return Term(text, f"{name}=", "")


def _is_domain(value):
    return bool(_MACRO_STRING.fullmatch(value) and _DOMAIN_END.search(value))


def _nothing(text, name, rest):
    if rest:
        raise SpfSyntaxError(text)
    return ""


def _domain(text, name, rest):
    if not (rest.startswith(":") and _is_domain(rest[1:])):
        raise SpfSyntaxError(text)
    return rest[1:]


def _maybe_domain(text, name, rest):
    return _domain(text, name, rest) if rest else ""


def _maybe_domain_and_prefix(text, name, rest):
    prefix = _DUAL_CIDR.search(rest)
    four, six = prefix.groups()
    if int(four or 0) > 32 or int(six or 0) > 128:
        raise SpfSyntaxError(text)
    return _maybe_domain(text, name, rest[: prefix.start()])


def _address(text, name, rest):
    match = _CIDR.fullmatch(rest[1:])
    longest = 32 if name == "ip4" else 128
    if not (rest.startswith(":") and match and int(match["length"] or 0) <= longest):
        raise SpfSyntaxError(text)
    kind = ipaddress.IPv4Address if name == "ip4" else ipaddress.IPv6Address
    try:
        kind(match["address"])
    except ValueError:
        raise SpfSyntaxError(text) from None
    return ""


MECHANISMS = {
    "all": _nothing,
    "include": _domain,
    "a": _maybe_domain_and_prefix,
    "mx": _maybe_domain_and_prefix,
    "ptr": _maybe_domain,
    "ip4": _address,
    "ip6": _address,
    "exists": _domain,
}
