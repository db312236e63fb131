"""Run the checks of a domain concurrently, within one deadline."""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from queue import SimpleQueue

from ..words import Words, _lt
from .authoritative import find_views
from .domain_name import asked_name
from .lookup import Resolver
from .servers import DNS_PORT
from .verdict import Verdict
from .web_file import Files

_logger = logging.getLogger(__name__)

DOMAINS_AT_ONCE = 100
# Each question has its own socket, and a process may have 1024 files open
QUESTIONS_AT_ONCE = 400


@dataclass(frozen=True)
class Report:
    """The result of the checks of a domain.

    `verdicts` maps the kind of each check to its `Verdict`; `asked` are the servers, as
    text. `note` says why the domain's own name servers were not asked, if they should
    have been. `zone` is the zone whose name servers were asked, if they were.
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
        first question of a check must be for the record that it checks. While a check
        waits, others run; it is then called again and gets its answers from memory.
    :param Resolver resolver: a new one
    :param bool is_direct: ask the domain's own name servers; see `find_views` for
        `port` and `allow_private`
    """
    where = (port, allow_private) if is_direct else None
    return asyncio.run(_check_domain(domain, checks, resolver, where))


def check_domains(
    checks_by_domain, servers=(), is_direct=False, workers=DOMAINS_AT_ONCE
):
    """Run the checks of many domains, several at a time; yield each `Report` as soon as
    it is done.

    The checks run in their own thread, and go on while the caller handles a report.

    :param checks_by_domain: {domain: checks as for `check_domain`}
    :param servers: as for `Resolver`
    :param bool is_direct: ask the domains' own name servers
    """
    where = (DNS_PORT, False) if is_direct else None
    items, reports = iter(checks_by_domain.items()), SimpleQueue()
    is_unwanted = threading.Event()

    async def work(slots):
        for domain, checks in items:
            if is_unwanted.is_set():
                return
            resolver = Resolver(servers, slots=slots)
            reports.put(await _check_domain(domain, checks, resolver, where))

    async def work_side_by_side():
        slots = asyncio.Semaphore(QUESTIONS_AT_ONCE)
        await asyncio.gather(*(work(slots) for _ in range(workers)))

    with ThreadPoolExecutor(1, "dns-check") as pool:
        run = pool.submit(lambda: asyncio.run(work_side_by_side()))
        run.add_done_callback(lambda _run: reports.put(None))
        try:
            yield from iter(reports.get, None)
        finally:
            is_unwanted.set()
        run.result()  # raises what ended the run early


async def _check_domain(domain, checks, resolver, where=None):
    views, note = [], None
    if where:
        views, note = await find_views(asked_name(domain), resolver, *where)
    files = Files(resolver)
    askers = [files.beside(asker) for asker in views or [resolver]]
    runs = [
        _run_check(kind, check, asker, resolver.deadline)
        for kind, check in checks.items()
        for asker in askers
    ]
    verdicts = iter(await asyncio.gather(*runs))
    servers = [view.server for view in views] or resolver.servers
    return Report(
        domain,
        {kind: combine(list(islice(verdicts, len(askers)))) for kind in checks},
        tuple(map(str, servers)),
        note,
        views[0].zone if views else "",
    )


async def _run_check(kind, check, asker, deadline):
    """Call a check until it has all its answers; return its verdict."""
    answers = _Answers()
    while True:
        try:
            verdict = check(answers)
        except _Unanswered as unanswered:
            if time.monotonic() >= deadline:
                return _too_late()
            questions = unanswered.questions
        except Exception:  # a bug in one check must not stop the others
            _logger.exception("The check of %s failed", kind)
            return _failed()
        else:
            break
        answers.add(questions, await asker.look_up(questions))
    if verdict.status == "missing" and verdict.wait is None:
        return replace(verdict, wait=answers.wait)
    return verdict


class _Unanswered(BaseException):
    """Leaves a check that has to wait for answers, past any `except Exception`."""

    def __init__(self, questions):
        super().__init__()
        self.questions = questions


class _Answers:
    """An `Ask` from memory; raises `_Unanswered` for questions not asked yet."""

    def __init__(self):
        self._lookups = {}

    def __call__(self, questions):
        unknown = [q for q in questions if q not in self._lookups]
        if unknown:
            raise _Unanswered(unknown)
        return [self._lookups[question] for question in questions]

    def add(self, questions, lookups):
        """Remember the answers to questions."""
        self._lookups.update(zip(questions, lookups, strict=True))

    @property
    def wait(self):
        """How long resolvers cache the first answer, in seconds; None if unknown."""
        first = next(iter(self._lookups.values()), None)
        if first is None:
            return None
        return first.negative_ttl if first.is_absent else first.ttl


def _too_late():
    return Verdict(
        "temperror",
        Words(_lt("The DNS servers did not answer in time.")),
        Words(_lt("Check again in a few minutes.")),
    )


def _failed():
    return Verdict(
        "temperror",
        Words(_lt("The check failed because of an error in Odoo.")),
        Words(_lt("Find the error in the Odoo server log and report it.")),
    )


def combine(verdicts):
    """Combine the verdicts from several name servers into one.

    Some may not have the latest version of the zone yet. Servers that gave no answer do
    not count, unless none did.
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
            "%(good)s of %(all)s name servers have the new record; the others usually "
            "follow within a few minutes."
        ),
        {"good": len(good), "all": len(known)},
    )
    return replace(best, status="warning", cause=cause, cure=None)


# Of those that need a change, the one that shows what is there
_BEST_FIRST = ("ok", "warning", "error", "missing")
