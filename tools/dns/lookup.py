"""Ask DNS servers; every outcome, failures included, is a value."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from .exchange import exchange
from .servers import Server, machine_servers


class Question(NamedTuple):
    """An absolute name in A-labels (a trailing dot is optional), and a record type."""

    name: str
    type: str


@dataclass(frozen=True)
class Lookup:
    """The outcome of one question.

    `status` is one of

    - answer: there are `records`,
    - nodata: the name exists, without records of this type,
    - nxdomain: the name, or the one its alias leads to, does not exist,
    - servfail, refused, timeout, bogus (DNSSEC is broken), malformed: an outage, which
      says nothing about the record.

    `records` are bytes for TXT, with the strings of each record joined; for other types
    they are values as in a zone file, with absolute names in lower case and a trailing
    dot. Their order means nothing. `chain` are the names that aliases led to; the last
    one answered. `ttl` and `negative_ttl` are in seconds; the latter is how long
    resolvers may cache the absence. `server` is the server that was asked.
    """

    name: str
    type: str
    status: str
    records: tuple[bytes, ...] | tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    ttl: int | None = None
    negative_ttl: int | None = None
    server: str = ""
    is_authoritative: bool = False

    @property
    def is_absent(self):
        """Whether the record certainly does not exist."""
        return self.status in ("nodata", "nxdomain")

    @property
    def is_outage(self):
        """Whether nothing was learned about the record."""
        return self.status not in ("answer", "nodata", "nxdomain")


# Asks all questions of a call at the same time and answers them in order. It never
# raises for what happens on the network. To repeat a question costs nothing.
Ask = Callable[[Sequence[Question]], list[Lookup]]

TRY_SECONDS = 1.0  # for one server to answer
LOOKUP_SECONDS = 3.0  # for one question, over all tries
DOMAIN_SECONDS = 10.0  # for all questions about one domain

# Larger UDP answers may be fragmented and then lost: dnsflagday.net/2020
_PAYLOAD = 1232
# RFC 8914 section 4: DNSSEC bogus, signature expired, signature not yet valid, DNSKEY
# missing, RRSIGs missing
_DNSSEC_ERRORS = range(6, 11)
# Types whose values are names and numbers, so that case does not matter
_CASELESS = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV")


class Asker:
    """Base of what can be called as an `Ask`."""

    def __call__(self, questions):
        """Ask all questions at the same time; return a `Lookup` for each, in order."""
        return asyncio.run(self.look_up(questions))

    async def look_up(self, questions):
        """The same, without blocking the event loop."""
        raise NotImplementedError


class Resolver(Asker):
    """Asks servers over the network; call it as an `Ask`, from one thread at a time.

    It remembers its answers: make a new one for each run of checks. `servers` are
    (address, port) pairs, each a fallback for the one before; by default, those of this
    machine. Questions still open at `deadline` (`time.monotonic()`, in ten seconds by
    default) time out. Without `is_recursive`, servers answer only what they know
    themselves. `slots`, an `asyncio.Semaphore`, limits how many questions are asked at
    the same time by all resolvers that share it.

    It uses no threads: Odoo's memory limits count the address space that the system
    reserves for each thread, some 70 MB, used or not.
    """

    def __init__(
        self,
        servers=(),
        deadline=None,
        lookup_seconds=LOOKUP_SECONDS,
        is_recursive=True,
        slots=None,
    ):
        self.servers = tuple(Server(*server) for server in servers or machine_servers())
        self.deadline = deadline or time.monotonic() + DOMAIN_SECONDS
        self._lookup_seconds = lookup_seconds
        self._flags = dns.flags.RD if is_recursive else dns.flags.Flag(0)
        self.slots = slots or nullcontext()
        self._tasks: dict[Question, asyncio.Task] = {}

    async def look_up(self, questions):
        """Ask all questions at the same time; return a `Lookup` for each, in order."""
        tasks = [self._task(question) for question in questions]
        return [
            replace(await task, name=question.name)
            for question, task in zip(questions, tasks, strict=True)
        ]

    def _task(self, question):
        """Return the task that asks this question, or has asked it."""
        key = Question(question.name.lower().removesuffix("."), question.type.upper())
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._in_turn(key))
        return self._tasks[key]

    async def _in_turn(self, question):
        async with self.slots:
            return await self._look_up(question)

    async def _look_up(self, question):
        """Ask one server after the other, and those that do not answer again."""
        try:
            name = dns.name.from_text(question.name.encode("ascii"))
        except (dns.exception.DNSException, ValueError):  # no record can have this name
            return Lookup(*question, "nxdomain")
        end = min(self.deadline, time.monotonic() + self._lookup_seconds)
        everybody = ", ".join(map(str, self.servers))
        outage = Lookup(*question, "timeout", server=everybody)
        servers = list(self.servers)
        while servers and time.monotonic() < end:
            server = servers.pop(0)
            try:
                lookup = await self._ask_server(question, name, server, end)
            except asyncio.TimeoutError:
                servers.append(server)
                continue
            except OSError:  # it cannot be reached
                continue
            except (dns.exception.DNSException, EOFError):
                lookup = Lookup(*question, "malformed", server=str(server))
            if not lookup.is_outage:
                return lookup
            outage = lookup
        return outage

    async def _ask_server(self, question, name, server, end):
        """Ask one server once, or twice if DNSSEC may be why it failed."""
        query = dns.message.make_query(
            name, question.type, use_edns=0, payload=_PAYLOAD, flags=self._flags
        )
        end = min(end, time.monotonic() + TRY_SECONDS)
        lookup = read_response(question, await exchange(query, server, end))
        if lookup.status == "servfail" and self._flags & dns.flags.RD:
            query.flags |= dns.flags.CD
            if await _is_fine(question, query, server, end):
                lookup = replace(lookup, status="bogus")
        return replace(lookup, server=str(server))


async def _is_fine(question, query, server, end):
    """Whether a server answers a query without an outage.

    With the CD flag, it does not check signatures: RFC 4035 section 3.2.2.
    """
    try:
        response = await exchange(query, server, end)
    except (dns.exception.DNSException, EOFError, OSError, asyncio.TimeoutError):
        return False
    return not read_response(question, response).is_outage


def read_response(question, response):
    """Return the `Lookup` in a response, a `dns.message.Message`."""
    is_authoritative = bool(response.flags & dns.flags.AA)
    blank = Lookup(*question, _read_rcode(response), is_authoritative=is_authoritative)
    if blank.is_outage:
        return blank
    try:
        found = response.resolve_chaining()
    except dns.message.ChainTooLong:  # endless: resolvers fail on it
        return replace(blank, status="servfail")
    except dns.exception.DNSException:
        return replace(blank, status="malformed")
    chain = tuple(alias[0].target.to_text().lower() for alias in found.cnames)
    ttls = [alias.ttl for alias in found.cnames]
    if found.answer is not None:
        records = tuple(map(_value, found.answer))
        ttl = min([*ttls, found.answer.ttl])
        return replace(blank, status="answer", records=records, chain=chain, ttl=ttl)
    if not chain and _is_lame(response):
        return replace(blank, status="refused")
    ttl, negative_ttl = min(ttls, default=None), _negative_ttl(response)
    return replace(blank, chain=chain, ttl=ttl, negative_ttl=negative_ttl)


def _read_rcode(response):
    """Return the status for a response code; nodata until a record is found."""
    rcode = response.rcode()
    if rcode == dns.rcode.NOERROR:
        return "nodata"
    if rcode == dns.rcode.NXDOMAIN:
        return "nxdomain"
    if rcode != dns.rcode.SERVFAIL:
        return "refused"
    # dnspython before 2.7 has no attribute for it
    is_bogus = any(
        option.otype == dns.edns.OptionType.EDE and option.code in _DNSSEC_ERRORS
        for option in response.options
    )
    return "bogus" if is_bogus else "servfail"


def _is_lame(response):
    """Whether an empty response comes from a server that does not know the zone.

    Such a server claims no authority, and either does not recurse or refers to other
    servers (RFC 2308 section 2.2 tells a referral from "no data").
    """
    types = {rrset.rdtype for rrset in response.authority}
    is_referral = dns.rdatatype.NS in types and dns.rdatatype.SOA not in types
    is_resolver = response.flags & dns.flags.RA
    if response.flags & dns.flags.AA or response.rcode() == dns.rcode.NXDOMAIN:
        return False
    return is_referral or not is_resolver


def _value(rdata):
    """Return the value of a record, as in `Lookup.records`."""
    if rdata.rdtype == dns.rdatatype.TXT:
        return b"".join(rdata.strings)  # RFC 7208 section 3.3: without spaces
    text = rdata.to_text()
    is_caseless = dns.rdatatype.to_text(rdata.rdtype) in _CASELESS
    return text.lower() if is_caseless else text


def _negative_ttl(response):
    """Return how long an absence may be cached: RFC 2308 section 5."""
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return min(rrset.ttl, rrset[0].minimum)
    return None
