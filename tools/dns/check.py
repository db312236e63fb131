"""Run the checks of a domain side by side, within one deadline."""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, replace

from ..words import Words, _lt
from .authoritative import find_views
from .lookup import LOOKUP_THREADS, Resolver
from .servers import DNS_PORT
from .verdict import Verdict

_logger = logging.getLogger(__name__)

DOMAINS_AT_ONCE = 32
_CHECKS_AT_ONCE = 24  # of one domain
# After the deadline lookups are over at once; checks then have this long to conclude
_CONCLUDE_SECONDS = 0.25


@dataclass(frozen=True)
class Report:
    """What the checks of a domain say.

    `verdicts` maps the kind of each check to its `Verdict`, `asked` are the servers, to
    show. `note` is about the asking itself: why not the domain's own name servers.
    `zone` is the one whose name servers were asked, if they were.
    """

    domain: str
    verdicts: Mapping[str, Verdict]
    asked: tuple[str, ...]
    note: Words | None = None
    zone: str = ""

    @property
    def is_direct(self):
        """Whether the domain's own name servers were asked."""
        return bool(self.zone)

    @property
    def is_fallback(self):
        """Whether the resolver had to stand in for the domain's own name servers."""
        return self.note is not None


def check_domain(
    domain, checks, resolver, is_direct=False, port=DNS_PORT, allow_private=False
):
    """Run all checks of a domain; return a `Report` by the resolver's deadline.

    :param checks: {kind: function that takes an `Ask` and returns a `Verdict`}. The
        first question that a check asks must be for the record that it is about.
    :param Resolver resolver: a new one
    :param bool is_direct: ask the domain's own name servers; see `find_views` for
        `port` and `allow_private`
    """
    views, note = [], None
    if is_direct:
        views, note = find_views(domain, resolver, port, allow_private)
    verdicts = _run(checks, views or [resolver], resolver.deadline)
    servers = [view.server for view in views] or resolver.servers
    return Report(
        domain,
        {kind: combine(verdicts[kind]) for kind in checks},
        tuple(map(str, servers)),
        note,
        views[0].zone if views else "",
    )


def check_domains(
    checks_by_domain, servers=(), is_direct=False, workers=DOMAINS_AT_ONCE
):
    """Run the checks of many domains, some at the same time; yield a `Report` for each,
    the first that is done first.

    :param checks_by_domain: {domain: checks as for `check_domain`}
    :param servers: as for `Resolver`
    :param bool is_direct: as for `check_domain`
    """

    def check(domain, checks):
        with Resolver(servers, pool=lookups) as resolver:
            return check_domain(domain, checks, resolver, is_direct)

    with (
        ThreadPoolExecutor(LOOKUP_THREADS, "dns-lookup") as lookups,
        ThreadPoolExecutor(workers, "dns-domain") as pool,
    ):
        futures = [pool.submit(check, *item) for item in checks_by_domain.items()]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:  # when nobody wants the rest
            for future in futures:
                future.cancel()


def _run(checks, asks, deadline):
    """Run every check once for each `Ask`; return {kind: [verdict, ...]}."""
    runs = [(kind, ask) for kind in checks for ask in asks]
    pool = ThreadPoolExecutor(min(len(runs), _CHECKS_AT_ONCE) or 1, "dns-check")
    futures = [pool.submit(_run_check, kind, checks[kind], ask) for kind, ask in runs]
    left = max(0, deadline - time.monotonic())
    done, late = wait(futures, left + _CONCLUDE_SECONDS)
    # A thread that hangs cannot be ended, only left
    pool.shutdown(wait=not late, cancel_futures=True)
    verdicts = {kind: [] for kind in checks}
    for (kind, _ask), future in zip(runs, futures, strict=True):
        verdicts[kind].append(future.result() if future in done else _too_late())
    return verdicts


def _run_check(kind, check, ask):
    """The verdict of one check; a defect in it must not spoil the others."""
    ask = _Noting(ask)
    try:
        verdict = check(ask)
    except Exception:
        _logger.exception("The check of %s failed", kind)
        return _failed()
    if verdict.status == "missing" and verdict.wait is None:
        return replace(verdict, wait=ask.wait)
    return verdict


class _Noting:
    """An `Ask` that notes how long resolvers remember the first answer it gave."""

    def __init__(self, ask):
        self._ask = ask
        self._first = None

    def __call__(self, questions):
        lookups = self._ask(questions)
        self._first = self._first or next(iter(lookups), None)
        return lookups

    @property
    def wait(self):
        """In seconds; None if that is not known."""
        if self._first is None:
            return None
        return self._first.negative_ttl if self._first.is_absent else self._first.ttl


def _too_late():
    return Verdict(
        "temperror",
        Words(_lt("The DNS servers did not answer in time.")),
        Words(_lt("Check again in a few minutes.")),
    )


def _failed():
    return Verdict(
        "temperror",
        Words(_lt("The check stopped with an error of its own.")),
        Words(_lt("Look for the error in the server's log and report it.")),
    )


def combine(verdicts):
    """Return the one verdict on what several name servers said about a record.

    Some may not have the latest version of the zone yet. Who gave no answer does not
    count, unless nobody did.
    """
    known = [v for v in verdicts if v.status != "temperror"]
    if not known:
        return verdicts[0]
    best = min(known, key=lambda v: _BEST_FIRST.index(v.status))
    good = [v for v in known if v.status == best.status]
    if len(good) == len(known) or best.status not in ("ok", "warning"):
        return best
    cause = Words(
        _lt(
            "%(good)s of %(all)s name servers have the new record; the others follow, "
            "usually within a few minutes."
        ),
        {"good": len(good), "all": len(known)},
    )
    return replace(best, status="warning", cause=cause, cure=None)


# Among those to repair, the one that shows what is there
_BEST_FIRST = ("ok", "warning", "error", "missing")
