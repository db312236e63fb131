"""Ask DNS servers; whatever happens comes back as a value."""

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
    """A name, absolute and in A-labels (a last dot is allowed), and a record type."""

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

    `records` are bytes for TXT, the strings of each record joined; for other types the
    value as in a zone file, absolute names in lower case with the last dot. Their order
    means nothing. `chain` are the names that aliases led to, the last one answered.
    `ttl` and `negative_ttl` are in seconds, the latter how long resolvers may remember
    that there is nothing. `server` says who was asked.
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
        """Whether it is certain that there is no such record."""
        return self.status in ("nodata", "nxdomain")

    @property
    def is_outage(self):
        """Whether nothing is known."""
        return self.status not in ("answer", "nodata", "nxdomain")


# All questions of one call are asked at the same time, and answered in their order. It
# never raises for what happens on the network. A question costs once: ask it again.
Ask = Callable[[Sequence[Question]], list[Lookup]]

TRY_SECONDS = 1.0  # what one server gets for one answer
LOOKUP_SECONDS = 3.0  # what one question gets, over all tries
DOMAIN_SECONDS = 10.0  # what all questions about one domain get

# Larger UDP answers may be fragmented and then lost: dnsflagday.net/2020
_PAYLOAD = 1232
# RFC 8914 section 4: DNSSEC bogus, signature expired, signature not yet valid, DNSKEY
# missing, RRSIGs missing
_DNSSEC_ERRORS = range(6, 11)
# Types whose values are made of names and numbers: their case means nothing
_CASELESS = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV")


class Asker:
    """Asks in one way or another; call it as an `Ask`."""

    def __call__(self, questions):
        """Ask all questions at the same time; return a `Lookup` for each, in order."""
        return asyncio.run(self.look_up(questions))

    async def look_up(self, questions):
        """The same, while other things are done."""
        raise NotImplementedError


class Resolver(Asker):
    """Asks servers over the network; call it as an `Ask`, from one thread at a time.

    It remembers what it asked: make a new one for each run of checks. `servers` are
    (address, port) pairs, each asked when the one before it fails; empty means the
    machine's own. When `deadline` (of `time.monotonic()`, in ten seconds by default)
    is over, all that is open has timed out. Without `is_recursive` it wants to hear
    only what the servers know themselves. `slots`, an `asyncio.Semaphore`, bounds how
    many questions of all resolvers that share it are asked at the same time.

    It needs no threads, because Odoo's memory limits count the address space that the
    system reserves for each of them, some 70 MB, used or not.
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
        """What asks, or has asked, this question."""
        key = Question(question.name.lower().removesuffix("."), question.type.upper())
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._in_turn(key))
        return self._tasks[key]

    async def _in_turn(self, question):
        async with self.slots:
            return await self._look_up(question)

    async def _look_up(self, question):
        """Ask one server after the other, again those that are silent."""
        try:
            name = dns.name.from_text(question.name.encode("ascii"))
        except (dns.exception.DNSException, ValueError):  # nobody can have this name
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
            except OSError:  # there is no way to it
                continue
            except (dns.exception.DNSException, EOFError):
                lookup = Lookup(*question, "malformed", server=str(server))
            if not lookup.is_outage:
                return lookup
            outage = lookup
        return outage

    async def _ask_server(self, question, name, server, end):
        """Ask one server once, or twice if DNSSEC may be why it fails."""
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
    """Whether a server has no trouble with a query for a question.

    With the CD flag in it, no signature is checked: RFC 4035 section 3.2.2.
    """
    try:
        response = await exchange(query, server, end)
    except (dns.exception.DNSException, EOFError, OSError, asyncio.TimeoutError):
        return False
    return not read_response(question, response).is_outage


def read_response(question, response):
    """Return the `Lookup` that a response (`dns.message.Message`) amounts to."""
    is_authoritative = bool(response.flags & dns.flags.AA)
    blank = Lookup(*question, _read_rcode(response), is_authoritative=is_authoritative)
    if blank.is_outage:
        return blank
    try:
        found = response.resolve_chaining()
    except dns.message.ChainTooLong:  # an endless one, for which resolvers fail
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
    """The status that a response code means; nodata as long as nothing was found."""
    rcode = response.rcode()
    if rcode == dns.rcode.NOERROR:
        return "nodata"
    if rcode == dns.rcode.NXDOMAIN:
        return "nxdomain"
    if rcode != dns.rcode.SERVFAIL:
        return "refused"
    # On the message itself only from dnspython 2.7 on
    is_bogus = any(
        option.otype == dns.edns.OptionType.EDE and option.code in _DNSSEC_ERRORS
        for option in response.options
    )
    return "bogus" if is_bogus else "servfail"


def _is_lame(response):
    """Whether an empty response comes from a server that does not know the zone.

    It does not claim authority, and either cannot ask others or points to others
    (RFC 2308 section 2.2 on telling a referral from "no data").
    """
    types = {rrset.rdtype for rrset in response.authority}
    is_referral = dns.rdatatype.NS in types and dns.rdatatype.SOA not in types
    is_resolver = response.flags & dns.flags.RA
    if response.flags & dns.flags.AA or response.rcode() == dns.rcode.NXDOMAIN:
        return False
    return is_referral or not is_resolver


def _value(rdata):
    """One record's value, as `Lookup.records` has it."""
    if rdata.rdtype == dns.rdatatype.TXT:
        return b"".join(rdata.strings)  # RFC 7208 section 3.3: without blanks
    text = rdata.to_text()
    is_caseless = dns.rdatatype.to_text(rdata.rdtype) in _CASELESS
    return text.lower() if is_caseless else text


def _negative_ttl(response):
    """How long "there is none" may be remembered: RFC 2308 section 5."""
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return min(rrset.ttl, rrset[0].minimum)
    return None
