"""A DNS server on loopback: zones from a dict, and faults by name.

It answers like a resolver that knows only its own zones: any other name does not exist.
"""

import contextlib
import ipaddress
import socketserver
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset
import dns.zone

FAULTS = (
    "SERVFAIL",
    "REFUSED",
    "BOGUS",
    "LAME",
    "GARBAGE",
    "SILENCE",
    "TRUNCATE",
    "TRUNCATE_NO_TCP",
)
_TTL = 60
_MAX_CHAIN = 8
_IN = dns.rdataclass.IN
# Any zone would do: only its presence matters.
_SOA = "ns.standin.invalid. hostmaster.standin.invalid. 1 3600 600 86400 60"

Zones = Mapping[str, Mapping[str, Iterable[str]]] | str
_Records = dict[dns.name.Name, dict[dns.rdatatype.RdataType, dns.rrset.RRset]]


@dataclass(frozen=True)
class Query:
    """One question received. `transport` is 'udp' or 'tcp'; `is_recursive` says whether
    recursion was desired.
    """

    name: str
    type: str
    transport: str
    is_recursive: bool


class DnsStandin:
    """A DNS server on one port, UDP and TCP.

    `zones` is {name: {type: [value, ...]}}, names with or without the final dot, or the
    text of a zone file with an $ORIGIN. A TXT value is plain text of any length; if it
    starts with a quote, it uses zone file syntax. Port 0 picks a free port, which
    `port` returns once the server runs. Each answer takes `delay` seconds. Use it as a
    context manager, or call `start()` and `stop()`. Raises `ValueError` if the host is
    not loopback.
    """

    def __init__(
        self,
        zones: Zones = "",
        host: str = "127.0.0.1",
        port: int = 0,
        delay: float = 0,
    ):
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("a stand-in listens on loopback only")
        self.host = host
        self.port = port
        self.delay = delay
        self._lock = threading.Lock()
        self._records: _Records = {}
        self._names: set[dns.name.Name] = set()  # names with records, and their parents
        self._faults: dict[dns.name.Name, str] = {}
        self._faults_below: dict[dns.name.Name, str] = {}
        self._queries: list[Query] = []
        self._servers: list[socketserver.BaseServer] = []
        self._threads: list[threading.Thread] = []
        self.load(zones)

    # -- Records and faults ----------------------------------------------------------

    def load(self, zones: Zones) -> None:
        """Replace all records."""
        if isinstance(zones, str):
            records = _from_text(zones)
        else:
            records = {
                _name(name): {
                    dns.rdatatype.from_text(kind): _rrset(name, kind, values)
                    for kind, values in types.items()
                }
                for name, types in zones.items()
            }
        with self._lock:
            self._records = records
            self._names = _with_all_above(records)

    def set(self, name: str, kind: str, values: Iterable[str]) -> None:
        """Replace the records of one name and type; without values, remove them."""
        rrset, rdtype = _rrset(name, kind, values), dns.rdatatype.from_text(kind)
        with self._lock:
            types = self._records.setdefault(rrset.name, {})
            types.pop(rdtype, None)
            if rrset:
                types[rdtype] = rrset
            if not types:
                del self._records[rrset.name]
            self._names = _with_all_above(self._records)

    def fail(self, name: str, fault: str, below: bool = False) -> None:
        """From now on, answer questions for a name with one of `FAULTS`.

        With `below`, also for all names below it. SILENCE is no answer; GARBAGE is
        unreadable; LAME is an empty answer from a server without the zone; BOGUS is
        SERVFAIL unless the client disables DNSSEC checks; TRUNCATE is an empty UDP
        answer that makes the client retry over TCP, which works, or is silent with
        TRUNCATE_NO_TCP.
        """
        if fault not in FAULTS:
            raise ValueError(f"{fault} is none of {FAULTS}")
        with self._lock:
            (self._faults_below if below else self._faults)[_name(name)] = fault

    def heal(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()
            self._faults_below.clear()

    @property
    def queries(self) -> list[Query]:
        """The questions so far, oldest first."""
        with self._lock:
            return list(self._queries)

    def lookup_txt(self, name: str) -> list[str]:
        """Query this server, over the network, for the TXT records of a name.

        Returns [] if there are none; raises `dns.exception.DNSException` on a failure.
        """
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [self.host], self.port
        resolver.lifetime = 1.0
        try:
            answer = resolver.resolve(_name(name), "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        return [b"".join(record.strings).decode() for record in answer]

    # -- Start and stop --------------------------------------------------------------

    def start(self) -> "DnsStandin":
        """Listen; raises `OSError` if the port is taken."""
        if self._servers:
            raise RuntimeError("already started")
        self._servers = list(self._bind())
        self.port = self._servers[0].server_address[1]
        for server in self._servers:
            thread = threading.Thread(
                target=server.serve_forever, args=(0.005,), name="standin-dns"
            )
            thread.daemon = True
            thread.start()
            self._threads.append(thread)
        return self

    def stop(self) -> None:
        """Free the port; does nothing if not started."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._servers, self._threads = [], []

    def __enter__(self) -> "DnsStandin":
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _bind(self) -> tuple[socketserver.BaseServer, socketserver.BaseServer]:
        """Bind one port for both; a port free for TCP may be taken for UDP."""
        attempts = 1 if self.port else 20
        for attempt in range(attempts):
            tcp = _TcpServer((self.host, self.port), _TcpHandler)
            tcp.standin = self
            try:
                udp = _UdpServer(tcp.server_address, _UdpHandler)
            except OSError:
                tcp.server_close()
                if attempt == attempts - 1:
                    raise
                continue
            udp.standin = self
            return tcp, udp
        raise AssertionError("unreachable")

    # -- Answering -------------------------------------------------------------------

    def answer(self, wire: bytes, transport: str) -> bytes | None:
        """Return the answer to a question; None to stay silent."""
        try:
            query = dns.message.from_wire(wire)
            [question] = query.question
        except (dns.exception.DNSException, ValueError):
            return None
        with self._lock:
            self._queries.append(
                Query(
                    question.name.to_text(omit_final_dot=True).lower(),
                    dns.rdatatype.to_text(question.rdtype),
                    transport,
                    bool(query.flags & dns.flags.RD),
                )
            )
            fault = self._fault(question.name)
            response = dns.message.make_response(query, recursion_available=True)
            response.flags |= dns.flags.AA
            if not _spoil(query, response, fault, transport):
                self._fill(response, question)
        time.sleep(self.delay)
        if fault == "SILENCE" or (fault, transport) == ("TRUNCATE_NO_TCP", "tcp"):
            return None
        if fault == "GARBAGE":  # a header that announces more than follows
            return wire[:2] + b"\x81\x80\0\1\0\1\0\0\0\0\x3f"
        return _wire(query, response, transport)

    def _fault(self, name: dns.name.Name) -> str | None:
        """Return the fault for a name, if any."""
        above = (self._faults_below.get(parent) for parent in _and_all_above(name))
        return self._faults.get(name) or next(filter(None, above), None)

    def _fill(self, response: dns.message.Message, question: dns.rrset.RRset) -> None:
        """Add the records, following aliases, or the SOA record if there are none."""
        name, rdtype = question.name, question.rdtype
        for _ in range(_MAX_CHAIN):
            types = self._records.get(name, {})
            if rdtype in types:
                response.answer.append(types[rdtype])
                return
            alias = types.get(dns.rdatatype.CNAME)
            if alias is None:
                break
            response.answer.append(alias)
            name = alias[0].target
        else:
            response.set_rcode(dns.rcode.SERVFAIL)  # aliases that lead nowhere
            return
        response.authority.append(self._soa(name))
        if name not in self._names:
            response.set_rcode(dns.rcode.NXDOMAIN)

    def _soa(self, name: dns.name.Name) -> dns.rrset.RRset:
        """Return the SOA record of a name's zone.

        If there is none, the zone starts at the topmost known name.
        """
        above = [known for known in _and_all_above(name) if known in self._records]
        for known in above:
            if dns.rdatatype.SOA in self._records[known]:
                return self._records[known][dns.rdatatype.SOA]
        top = above[-1] if above else dns.name.root
        return dns.rrset.from_text(top, _TTL, _IN, "SOA", _SOA)


def _name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


def _and_all_above(name: dns.name.Name) -> list[dns.name.Name]:
    """Yield a name and all its parents, up to the root."""
    return [dns.name.Name(name.labels[start:]) for start in range(len(name.labels))]


def _with_all_above(names: Iterable[dns.name.Name]) -> set[dns.name.Name]:
    return {above for name in names for above in _and_all_above(name)}


def _spoil(
    query: dns.message.Message,
    response: dns.message.Message,
    fault: str | None,
    transport: str,
) -> bool:
    """Apply a fault to a response; return False if the response still gets records."""
    if fault in ("SERVFAIL", "REFUSED"):
        response.set_rcode(dns.rcode.from_text(fault))
    elif fault == "BOGUS" and not query.flags & dns.flags.CD:
        response.set_rcode(dns.rcode.SERVFAIL)
        if query.edns >= 0:  # RFC 8914: an Extended DNS Error carries the reason
            reason = dns.edns.EDEOption(dns.edns.EDECode.DNSSEC_BOGUS)
            response.use_edns(0, options=[reason])
    elif fault == "LAME":
        response.flags &= ~(dns.flags.AA | dns.flags.RA)
    elif fault in ("TRUNCATE", "TRUNCATE_NO_TCP") and transport == "udp":
        response.flags |= dns.flags.TC
    else:
        return False
    return True


def _rrset(name: str, kind: str, values: Iterable[str]) -> dns.rrset.RRset:
    """Return the records of one name and type."""
    rrset = dns.rrset.RRset(_name(name), _IN, dns.rdatatype.from_text(kind))
    for value in values:
        plain = kind.upper() == "TXT" and not value.startswith('"')
        text = _quoted(value) if plain else value
        rdata = dns.rdata.from_text(_IN, kind, text, dns.name.root, relativize=False)
        rrset.add(rdata, _TTL)
    return rrset


def _quoted(text: str) -> str:
    """Return a text in zone file syntax: strings of at most 255 bytes."""
    data = text.encode()
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)] or [b""]
    return " ".join(
        '"' + "".join(f"\\{byte:03}" for byte in piece) + '"' for piece in pieces
    )


def _from_text(text: str) -> _Records:
    """Return the records of a zone file, with full names."""
    if not text.strip():
        return {}
    zone = dns.zone.from_text(text, relativize=False, check_origin=False)
    records: _Records = {}
    for name, rdataset in zone.iterate_rdatasets():
        rrset = dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))
        records.setdefault(name, {})[rdataset.rdtype] = rrset
    return records


def _wire(
    query: dns.message.Message, response: dns.message.Message, transport: str
) -> bytes:
    """Return the bytes to send; over UDP, an answer that is too long is truncated."""
    limit = 65535 if transport == "tcp" else max(512, query.payload)
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        response.answer.clear()
        response.authority.clear()
        response.flags |= dns.flags.TC
        return response.to_wire()


class _UdpHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sock = self.request
        answer = self.server.standin.answer(wire, "udp")
        if answer is not None:
            with contextlib.suppress(OSError):  # stopped meanwhile
                sock.sendto(answer, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while len(head := self.rfile.read(2)) == 2:
                [length] = struct.unpack("!H", head)
                answer = self.server.standin.answer(self.rfile.read(length), "tcp")
                if answer is not None:
                    self.wfile.write(struct.pack("!H", len(answer)) + answer)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    block_on_close = False
    standin: DnsStandin


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False
    standin: DnsStandin
