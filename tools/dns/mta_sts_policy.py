"""Read the policy file of MTA-STS (RFC 8461 3.2)."""

import re
from dataclasses import dataclass

from .names import plain

MODES = ("enforce", "testing", "none")
# A year, and a bit
_LONGEST = 31557600
_PAIR = re.compile(r"([A-Za-z0-9][\w.-]{0,31})[ \t]*:[ \t]*(.*?)[ \t]*")


@dataclass(frozen=True)
class Policy:
    """The mode and the names of mail servers; `problem` names what is wrong, if so."""

    mode: str = ""
    hosts: tuple[str, ...] = ()
    problem: str = ""

    def allows(self, host):
        """Whether a mail server is among those named; * stands for one label."""
        parent = host.partition(".")[2]
        return host in self.hosts or f"*.{parent}" in self.hosts


def parse_policy(body):
    """Return the `Policy` in the bytes of a file."""
    try:
        lines = body.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return Policy(problem="UTF-8")
    pairs, strange = [], ""
    for line in filter(str.strip, lines):
        match = _PAIR.fullmatch(line)
        if match:
            pairs.append((match[1], match[2]))
        else:
            strange = strange or _excerpt(line)
    # RFC 8461 3.2: of a key that is there twice, the first one counts, except for mx
    values = dict(reversed(pairs))
    hosts = tuple(plain(value) for key, value in pairs if key == "mx")
    mode = values.get("mode", "")
    problem = strange or _problem(values, mode, hosts)
    return Policy(mode if mode in MODES else "", hosts, problem)


def _problem(values, mode, hosts):
    """Return the line that is missing or wrong; nothing if there is none."""
    age = values.get("max_age", "")
    if values.get("version") != "STSv1":
        return "version: STSv1"
    if mode not in MODES:
        return f"mode: {_excerpt(mode)}"
    if not (re.fullmatch("[0-9]{1,10}", age) and int(age) <= _LONGEST):
        return f"max_age: {_excerpt(age)}"
    if mode != "none" and not hosts:
        return "mx:"
    return ""


def _excerpt(text):
    return text.encode("ascii", "replace").decode()[:40]
