"""The stand-in Mailjet as a program of its own: `python tests/standins --help`."""

import argparse
import itertools
import json
import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

if __package__:
    from . import (
        Control,
        DnsStandin,
        EventPoster,
        Message,
        RestStandin,
        SmtpStandin,
        Store,
        TestAuthority,
        write_bundle,
    )
else:
    # Started by path: Python then looks for modules inside this folder, where the
    # relative imports of the package cannot work. Look next to the folder instead.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from standins import (
        Control,
        DnsStandin,
        EventPoster,
        Message,
        RestStandin,
        SmtpStandin,
        Store,
        TestAuthority,
        write_bundle,
    )

import dns.exception  # only now does "dns" mean dnspython and not dns.py of this folder

_logger = logging.getLogger("standins")

# Half a year of a small company, for the sandbox
SMALL_HISTORY = {"events": 5000, "campaigns": 26, "contacts": 900, "days": 182}


def main(arguments: list[str] | None = None) -> int:
    """Play Mailjet until SIGINT or SIGTERM; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with ExitStack() as stack:
            standin = stack.enter_context(_standin(options))
            ready = (
                f"ready smtp={standin.host}:{standin.starttls_port}"
                f" smtps={standin.host}:{standin.tls_port}"
            )
            servers = dict(_more_standins(options, standin))
            for name, server in servers.items():
                stack.enter_context(server)
                ready += f" {name}={server.host}:{server.port}"
            if "rest" in servers:  # where event URLs are registered
                stack.enter_context(EventPoster(standin.store))
            print(ready, flush=True)
            zone_file = _ZoneFile(options.zones, servers.get("dns"))
            while not stopped.wait(1):
                zone_file.load_if_changed()
    except OSError as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="standins", description="A stand-in Mailjet that delivers nothing."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--smtp-port", type=int, default=1587, help="STARTTLS (%(default)s; 0: free)")
    add("--smtps-port", type=int, default=1465, help="TLS (%(default)s; 0: free)")
    add("--smtp-delay", type=float, default=0.0, help="seconds of a round trip")
    add("--command-delay", type=float, default=0.0, help="seconds for each command")
    add("--max-sessions", type=int, help="SMTP connections at once, others get 421")
    add("--max-messages", type=int, help="mails on a connection, then 421")
    add("--no-chunking", action="store_true", help="do not announce CHUNKING")
    add("--no-bodies", action="store_true", help="keep only the header of each mail")
    add("--no-deduplication", action="store_true", help="send duplicates in a campaign")
    add("--quiet", action="store_true", help="log no mails")
    add("--lag", type=float, default=0.0, help="seconds until REST shows a mail")
    add("--rest-port", type=int, help="REST API over HTTP (0: free; off by default)")
    add(
        "--rest-delay", type=float, default=0.0, help="delay of each answer, in seconds"
    )
    add("--dns-port", type=int, help="DNS, UDP and TCP (0: free; off by default)")
    add(
        "--zones",
        type=Path,
        help="zone file for DNS, with $ORIGIN; read again when it changes",
    )
    add("--api-key", required=True, help="the only valid user name")
    add("--secret-key", required=True, help="its password; make one up")
    add(
        "--sender",
        action="append",
        default=[],
        help="an active sender, address or *@domain; may be repeated",
    )
    add(
        "--ca-file",
        type=Path,
        help="write the certificates to trust to this file, for SSL_CERT_FILE",
    )
    add("--messages", type=Path, metavar="DIR", help="write each email to DIR/NNNN.eml")
    add(
        "--history",
        type=json.loads,
        default=SMALL_HISTORY,
        metavar="JSON",
        help="the history that REST shows: fields of reporting/fill.py's Fill, such as"
        ' {"events": 1000000, "campaigns": 200}; {} for none (default: a small one)',
    )
    return parser


def _standin(options: argparse.Namespace) -> SmtpStandin:
    """A server ready to start, with its certificate and store."""
    store = Store(keeps_bodies=not options.no_bodies)
    store.deduplicates = not options.no_deduplication
    account = store.add_key(options.api_key, options.secret_key)
    account.statistics.lag = options.lag
    for address in options.sender:
        store.add_sender(options.api_key, address)
    if options.history and options.rest_port is not None:
        account.statistics.fill(**options.history)
    if options.messages:
        store.subscribe(_writer(options.messages))
    if not options.quiet:
        store.subscribe(_log_message)
    authority = TestAuthority()
    if options.ca_file:
        write_bundle(options.ca_file, authority)
    names = dict.fromkeys(["localhost", "127.0.0.1", "::1", options.host])
    return SmtpStandin(
        store,
        authority.issue(*names),
        host=options.host,
        starttls_port=options.smtp_port,
        tls_port=options.smtps_port,
        delay=options.smtp_delay,
        command_delay=options.command_delay,
        max_sessions=options.max_sessions,
        max_messages=options.max_messages,
        chunking=not options.no_chunking,
    )


def _more_standins(
    options: argparse.Namespace, relay: SmtpStandin
) -> list[tuple[str, DnsStandin | RestStandin]]:
    """The servers requested besides SMTP, ready to start."""
    zones = options.zones.read_text() if options.zones else ""
    dns = DnsStandin(zones, options.host, options.dns_port or 0)
    store = relay.store
    rest = RestStandin(
        store,
        options.host,
        options.rest_port or 0,
        delay=options.rest_delay,
        control=Control(store, relay),
        **({} if options.dns_port is None else {"lookup_txt": dns.lookup_txt}),
    )
    store.on_activation(
        lambda address, url, mail: _logger.info("activate=%r url=%s", address, url)
    )
    chosen = []
    if options.dns_port is not None:
        chosen.append(("dns", dns))
    if options.rest_port is not None:
        chosen.append(("rest", rest))
    return chosen


class _ZoneFile:
    """A zone file that may be edited while the server runs."""

    def __init__(self, path: Path | None, server: DnsStandin | None):
        self._path = path
        self._server = server
        self._loaded = self._changed()

    def load_if_changed(self) -> None:
        """Reload the file if it changed; if it is invalid, keep the records in use."""
        changed = self._changed()
        if changed == self._loaded:
            return
        self._loaded = changed
        try:
            self._server.load(self._path.read_text())
        except (dns.exception.DNSException, OSError, ValueError) as error:
            _logger.info("zones not read: %s", error)
        else:
            _logger.info("zones read again")

    def _changed(self) -> float:
        both = self._path and self._server and self._path.exists()
        return self._path.stat().st_mtime if both else 0.0


def _writer(folder: Path) -> Callable[[Message], None]:
    """Return a listener that writes each message to the next numbered file."""
    folder.mkdir(parents=True, exist_ok=True)
    used = [int(file.stem) for file in folder.glob("*.eml") if file.stem.isdecimal()]
    numbers = itertools.count(max(used, default=0) + 1)

    def write(message: Message) -> None:
        Path(folder, f"{next(numbers):04}.eml").write_bytes(message.content)

    return write


def _log_message(message: Message) -> None:
    """Log one line a message, never more: a sender's text is printed quoted."""
    try:
        subject = str(message.parsed_head()["Subject"])
    except Exception:  # the parser fails in many ways, which must not reject the email
        subject = "(unreadable)"
    _logger.info(
        "from=%r to=%r subject=%r queued=%s",
        message.mail_from,
        ", ".join(message.rcpt_tos),
        subject,
        message.queued_id,
    )


if __name__ == "__main__":
    sys.exit(main())
