"""Answers DNS questions from a dict: an `ask` for checks."""

import dns.name
from mail_mailjet.tools.dns.lookup import Lookup

_MAX_CHAIN = 8


class ZoneAsk:
    """An `Ask` over {name: {type: [values] or a status}}; {name: status} for all types.

    TXT values are text or bytes, or a list of them for the strings of one record. A
    label "*" stands for names that are not there. `is_reversed` turns every answer
    around, since no order means anything. `asked` are the different questions, `rounds`
    says how many batches had a new one.
    """

    def __init__(self, zone, is_reversed=False):
        self.zone = {_plain(name): records for name, records in zone.items()}
        self.is_reversed = is_reversed
        self.asked = []
        self.rounds = 0

    def __call__(self, questions):
        new = [question for question in questions if question not in self.asked]
        self.asked += dict.fromkeys(new)
        self.rounds += bool(new)
        return [self._look_up(*question) for question in questions]

    def _look_up(self, name, kind):
        assert name.isascii()
        dns.name.from_text(name)  # raises for what cannot be asked
        chain, node = (), self._node(_plain(name))
        while kind != "CNAME" and self._is_alias(node, kind):
            if len(chain) == _MAX_CHAIN:
                return Lookup(name, kind, "servfail")
            [target] = node["CNAME"]
            chain += (f"{_plain(target)}.",)
            node = self._node(_plain(target))
        return self._answer(name, kind, node, chain)

    def _answer(self, name, kind, node, chain):
        if node is None:
            return Lookup(name, kind, "nxdomain", chain=chain)
        values = node if isinstance(node, str) else node.get(kind, [])
        if isinstance(values, str):
            return Lookup(name, kind, values, chain=chain)
        records = [_bytes(value) if kind == "TXT" else value for value in values]
        if self.is_reversed:
            records.reverse()
        status = "answer" if records else "nodata"
        return Lookup(name, kind, status, tuple(records), chain)

    @staticmethod
    def _is_alias(node, kind):
        if not isinstance(node, dict) or kind in node:
            return False
        return isinstance(node.get("CNAME"), list)

    def _node(self, name):
        """Return the records of the name, None if it does not exist."""
        if name in self.zone:
            return self.zone[name]
        if any(other.endswith(f".{name}") for other in self.zone):
            return {}
        _label, _dot, parent = name.partition(".")
        while parent:
            if f"*.{parent}" in self.zone:
                return self.zone[f"*.{parent}"]
            if self._exists(parent):
                return None
            parent = parent.partition(".")[2]
        return None

    def _exists(self, name):
        return any(f".{other}".endswith(f".{name}") for other in self.zone)


def _plain(name):
    return name.removesuffix(".").lower()


def _bytes(value):
    if isinstance(value, list):
        return b"".join(_bytes(part) for part in value)
    return value.encode() if isinstance(value, str) else value


def both_orders(check, zone):
    """Return the verdict of `check(ask)`; the order of the records must not matter."""
    verdict = check(ZoneAsk(zone))
    assert check(ZoneAsk(zone, is_reversed=True)) == verdict
    assert_presentable(verdict)
    return verdict


def assert_presentable(verdict):
    """Check what holds for every verdict."""
    assert verdict.status in ("ok", "warning", "error", "missing", "temperror")
    if verdict.status != "ok":
        assert verdict.cause and verdict.cure
    for words in filter(None, (verdict.cause, verdict.cure)):
        assert str(words)[-1] in ".?"
        assert len(str(words)) < 600
    for text in verdict.found:
        assert text.isascii()
    assert not verdict.host.endswith(".")
