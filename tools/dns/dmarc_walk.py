"""Find the DMARC record of a domain or its parents (RFC 9989 4.10)."""

from dataclasses import dataclass

from .dmarc_record import DmarcRecord, looks_like_dmarc, parse_dmarc_record
from .lookup import Lookup

# Above a longer name, the walk begins at the parent with this many labels
MAX_LABELS_ABOVE = 7


def walked_domains(domain):
    """Return the domains to ask, the longest first: at most eight."""
    labels = domain.split(".")
    above = labels[1:][-MAX_LABELS_ABOVE:]
    return [domain, *(".".join(above[start:]) for start in range(len(above)))]


@dataclass(frozen=True)
class Level:
    """What one domain of the walk publishes at _dmarc."""

    domain: str
    lookup: Lookup

    @property
    def records(self):
        """The DMARC records; receivers ignore them if there is more than one."""
        parsed = (parse_dmarc_record(value) for value in self.lookup.records)
        return [record for record in parsed if record]

    @property
    def record(self) -> DmarcRecord | None:
        """The record that receivers use."""
        records = self.records
        return records[0] if len(records) == 1 else None

    @property
    def is_broken(self):
        """Whether there is an attempt at a record that receivers do not use."""
        meant = any(looks_like_dmarc(value) for value in self.lookup.records)
        return meant and not self.record


@dataclass(frozen=True)
class Walk:
    """The levels of a walk, starting with the domain itself."""

    levels: tuple[Level, ...]

    @property
    def own(self):
        """The level of the domain itself."""
        return self.levels[0]

    @property
    def outage(self):
        """The first `Lookup` that failed, which leaves the rest of the walk open."""
        lookups = (level.lookup for level in self._reached())
        return next((lookup for lookup in lookups if lookup.is_outage), None)

    @property
    def organisation(self):
        """The organisational domain: DMARC treats all names within it as one.

        If part of the walk is unknown, the largest that it may be.
        """
        if self.outage:
            return ".".join(self.own.domain.split(".")[-2:])
        found = [level for level in self._reached() if level.record]
        last = found[-1] if found else self.own
        if last is not self.own and last.record.get("psd") == "y":
            return _one_below(last.domain, self.own.domain)
        return last.domain

    @property
    def applied(self):
        """The level whose record receivers apply to the domain, or None."""
        if self.own.record:
            return self.own
        found = [level for level in self._reached() if level.record]
        organisation = [lv for lv in found if lv.domain == self.organisation]
        suffix = [lv for lv in found if lv.record.get("psd") == "y"]
        return next(iter([*organisation, *suffix]), None)

    @property
    def broken(self):
        """The nearest level with a record that receivers do not use, or None."""
        return next((level for level in self.levels if level.is_broken), None)

    @property
    def older_reading(self):
        """The level that receivers following RFC 7489 use, as far as can be known.

        They use the public suffix list instead of psd=, and look at the domain itself,
        then at the one right below a suffix. Without that list, the shortest domain
        with a record has to do.
        """
        if self.own.record:
            return self.own
        found = [lv for lv in self.levels if lv.record and "." in lv.domain]
        return found[-1] if found else None

    def _reached(self):
        """Yield the levels up to the one that ends the walk."""
        for level in self.levels:
            yield level
            if level.record and level.record.get("psd") in ("y", "n"):
                return


def _one_below(suffix, domain):
    """Return the parent of the domain that is one label longer than the suffix."""
    labels = domain.removesuffix(f".{suffix}").split(".")
    return f"{labels[-1]}.{suffix}"
