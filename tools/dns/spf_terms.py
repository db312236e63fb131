"""Correct a single term of an SPF record that was typed wrongly."""

import difflib
import ipaddress
import re

from .spf_record import MECHANISMS, MODIFIERS, SpfSyntaxError, parse

_NAMES = (*MECHANISMS, *MODIFIERS)
# Short names are too much like each other to guess
_LONG_NAMES = ("include", "redirect", "exists")
_CLOSE_ENOUGH = 0.75
_OTHER_NAMES = {
    "ip": "ip4",
    "ipv4": "ip4",
    "ipv6": "ip6",
    "ip-4": "ip4",
    "ip-6": "ip6",
    "incl": "include",
    "inc": "include",
}
_TERM = re.compile(r"(?P<sign>[-+~?]*)(?P<name>[a-z][a-z0-9-]*)(?P<rest>.*)", re.I)
# Names with an argument, which may begin in the middle of a word
_WITH_ARGUMENT = "(?:include:|exists:|redirect=|ip4:|ip6:)"
# A top-level domain has no hyphen, unless it is xn--: "com-all" is no name
_GLUED = (
    re.compile(r"(?<=[\w.}])(?=[-+~?]all$)", re.I),
    re.compile(rf"(?<=[\w.}}])(?=[-+~?]?{_WITH_ARGUMENT})", re.I),
    re.compile(r"(?<=[\w.}])(?=[+~?](?:all|a|mx|ptr)(?:$|[:/+~?-]))", re.I),
)


def is_name(text):
    """Whether the text begins with the name of a term, with or without a sign."""
    match = _TERM.fullmatch(text)
    if not match or match["name"].lower() not in _NAMES:
        return False
    return not match["rest"] or match["rest"][0] in ":/="


def split_glued(word):
    """Return the terms in a word that has lost the blanks between them."""
    for pattern in _GLUED:
        cut = next((m.start() for m in pattern.finditer(word) if m.start()), 0)
        if cut and _is_whole(word[:cut]):
            return [*split_glued(word[:cut]), *split_glued(word[cut:])]
    return [word]


def _is_whole(text):
    """Whether this can be a term: the name of a host may hold "include", too."""
    return is_name(text) or bool(_address(text))


def correct_term(term):
    """Return the term that was meant, or the same if nothing is known to be wrong."""
    match = _TERM.fullmatch(term)
    if version := _address(term):
        return f"ip{version}:{term}"
    if not match:
        return term
    sign = match["sign"][:1] if len(set(match["sign"])) == 1 else match["sign"]
    name, argument = _name_and_argument(match["name"].lower(), match["rest"])
    if name not in _NAMES:
        return term
    if not argument:
        right = sign + (match["name"] if name == match["name"].lower() else name)
    else:
        right = _with_argument(sign, name, match, argument)
    return right if right == term or _is_right(right) else term


def _name_and_argument(name, rest):
    """Return the name that was meant and the argument with its separator."""
    if name == "include" and rest.startswith("."):
        rest = f":{rest[1:]}"
    if name not in _NAMES and rest[:1] in (":", "="):
        close = difflib.get_close_matches(name, _LONG_NAMES, 1, _CLOSE_ENOUGH)
        name = _OTHER_NAMES.get(name) or next(iter(close), name)
    return name, rest.rstrip(".,;:") if name == "all" else rest


def _with_argument(sign, name, match, argument):
    written = match["name"] if name == match["name"].lower() else name
    if argument[0] not in ":=":
        return sign + written + argument
    value = re.sub(r"^[:=]+", "", argument)
    if version := _address(value):
        if name not in (f"ip{version}", *MODIFIERS):
            written = f"ip{version}"
    elif name in ("ip4", "ip6") and "/" not in value and _is_host(value):
        written = "a"
    separator = "=" if name in MODIFIERS else ":"
    return f"{sign}{written}{separator}{value}"


def _is_host(text):
    return bool(re.fullmatch(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*\.?", text, re.I))


def _address(text):
    """Return 4 or 6 if the text is an address or a network, otherwise 0."""
    try:
        return ipaddress.ip_network(text, strict=False).version
    except ValueError:
        return 0


def _is_right(term):
    name, _colon, value = term.partition(":")
    if ":" in value and not name.lower().endswith("ip6"):
        return False
    try:
        return bool(parse(f"v=spf1 {term}".encode("ascii", "replace")))
    except SpfSyntaxError:
        return False
