"""One connection to the stand-in relay.

Commands that arrive together are answered in their order and in one segment, as
PIPELINING (RFC 2920) has it. The wording follows what the live relay was seen to say:
banner, EHLO lines and their order, the replies to MAIL, RCPT, DATA and QUIT, 530
without a login. Where nothing is known it is Postfix's.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable

from .smtp_connections import ConnectionRecord
from .smtp_faults import HANG_UP_AFTER, LOSE_ANSWER
from .smtp_line import HOSTNAME, Relay, SmtpLine
from .smtp_login import MECHANISMS, Conversation, MalformedLogin

SIZE_LIMIT = 15 * 1024 * 1024
# RFC 5321 section 4.5.3.1.6, without the line feed
_LINE_LIMIT = 999
# RFC 4954 section 4: the longest command line is an answer of AUTH
_COMMAND_LIMIT = 12288
_END = b"\r\n.\r\n"
_PATH = re.compile(r"(FROM|TO): ?<([^>]*)>(?: +(.*))?", re.IGNORECASE)
_BODIES = ("", "7BIT", "8BITMIME")


class SmtpSession(SmtpLine):
    """Reads commands and messages, and answers them."""

    def __init__(
        self, relay: Relay, record: ConnectionRecord, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(relay, record, loop)
        self._read: Callable[[], bool] = self._read_command
        self._searched = 0  # where to look on for the end of the message
        self._chunk = 0, False  # bytes still to come, and whether it is the last
        self._messages = 0
        self._forget_client()

    def _forget_client(self) -> None:
        self._greeted = False
        self._api_key = self._mechanism = ""
        self._login: Conversation | None = None
        self._forget_envelope()

    def _forget_envelope(self) -> None:
        self._mail_from: str | None = None
        self._allows_utf8 = False
        self._named: list[str] = []  # refused ones included
        self._recipients: list[str] = []
        self._chunks = bytearray()
        self._chunks_failed = False

    # -- Lines -------------------------------------------------------------------

    def _read_line(self) -> str | None:
        """The next line without its end, None if it is not complete."""
        end = self._unread.find(b"\n")
        if end < 0 and len(self._unread) <= _COMMAND_LIMIT:
            return None
        line = self._unread[: end + 1 or None].rstrip(b"\r\n")
        del self._unread[: end + 1 or None]
        return line.decode("utf-8", "surrogateescape")

    def _read_command(self) -> bool:
        line = self._read_line()
        if line is None:
            return False
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        command = _COMMANDS.get(verb)
        if len(line) > _COMMAND_LIMIT:
            self._reply("500 5.5.2 Error: line too long")
        elif command is None or (verb == "BDAT" and not self._relay.options.chunking):
            self._reply("500 5.5.2 Error: command not recognized")
        else:
            self._record.commands.append(verb)
            if verb in _OWN_FAULTS or not self._fails(verb):
                command(self, argument.strip())
        return True

    def _may_send(self) -> bool:
        """Reply 530 unless the client has logged in; return whether it has."""
        if not self._api_key:
            self._reply("530 5.7.1 Authentication required")
        return bool(self._api_key)

    def _ehlo(self, argument: str) -> None:
        if not argument:
            self._reply("501 5.5.4 Syntax: EHLO hostname")
            return
        self._forget_envelope()
        self._greeted = True
        options = self._relay.options
        starttls = options.starttls and self._record.security == "none"
        lines = [
            HOSTNAME,
            "PIPELINING",
            f"SIZE {SIZE_LIMIT}",
            "VRFY",
            "ETRN",
            *(["STARTTLS"] if starttls else []),
            "AUTH PLAIN LOGIN DIGEST-MD5 CRAM-MD5",  # before STARTTLS, too
            "ENHANCEDSTATUSCODES",
            "8BITMIME",
            "SMTPUTF8",
            *(["CHUNKING"] if options.chunking else []),
        ]
        self._reply(
            "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}"
        )

    def _helo(self, argument: str) -> None:
        self._forget_envelope()
        self._greeted = bool(argument)
        self._reply(
            f"250 {HOSTNAME}" if argument else "501 5.5.4 Syntax: HELO hostname"
        )

    def _noop(self, argument: str) -> None:
        self._reply("250 2.0.0 Ok")

    def _vrfy(self, argument: str) -> None:
        if self._may_send():
            self._reply(f"252 2.0.0 {argument}")

    def _rset(self, argument: str) -> None:
        self._forget_envelope()
        self._reply("250 2.0.0 Ok")

    def _quit(self, argument: str) -> None:
        self._reply("221 2.0.0 Bye")

    # -- TLS ---------------------------------------------------------------------

    def _starttls(self, argument: str) -> None:
        if self._record.security != "none":
            self._reply("554 5.5.1 Error: TLS already active")
        elif not self._relay.options.starttls:
            self._reply("454 4.7.0 TLS not available")
        else:
            # What came with the command is dropped, RFC 3207 section 6
            self._unread.clear()
            self._reply("220 2.0.0 Ready to start TLS")
            if not self._is_leaving:
                self._put(self._begin_tls, takes_time=False)

    # -- Login -------------------------------------------------------------------

    def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        if not self._greeted:
            self._reply("503 5.5.1 Error: send EHLO first")
        elif self._api_key:
            self._reply("503 5.5.1 Error: already authenticated")
        elif not mechanism:
            self._reply("501 5.5.4 Syntax: AUTH mechanism")
        elif mechanism not in MECHANISMS:
            self._reply("504 5.5.4 Unrecognized authentication type")
        else:
            self._mechanism = mechanism
            try:
                first = _decoded(initial) if initial else None
            except MalformedLogin:
                self._reply("501 5.5.2 Error: cannot decode the answer")
                return
            self._login = MECHANISMS[mechanism](first)
            self._continue_login(None)

    def _read_login(self) -> bool:
        line = self._read_line()
        if line is None:
            return False
        self._read = self._read_command
        try:
            self._continue_login(_decoded(line))
        except MalformedLogin:
            self._reply("501 5.5.2 Error: cannot decode the answer")
        return True

    def _continue_login(self, answer: bytes | None) -> None:
        try:
            challenge = self._login.send(answer)
        except MalformedLogin:
            self._reply("501 5.5.2 Error: cannot decode the answer")
        except StopIteration as end:
            claim = end.value
            if not claim.holds(self._relay.store):
                self._reply("535 5.7.8 Error: authentication failed")
                return
            self._api_key = claim.api_key
            self._record.authenticated = True
            self._reply("235 2.7.0 Authentication successful")
        else:
            self._read = self._read_login
            self._reply(f"334 {base64.b64encode(challenge).decode()}".rstrip())

    # -- Envelope ----------------------------------------------------------------

    def _mail(self, argument: str) -> None:
        options = self._relay.options
        if not self._may_send():
            return
        if options.max_messages is not None and self._messages >= options.max_messages:
            self._reply(options.too_many_messages)
            return
        if self._mail_from is not None:
            self._reply("503 5.5.1 Error: nested MAIL command")
            return
        path = _path(argument, "FROM")
        if path is None:
            self._reply("501 5.5.4 Syntax: MAIL FROM:<address>")
            return
        address, parameters = path
        known = {"SIZE", "BODY", "SMTPUTF8", "AUTH"}
        size = parameters.get("SIZE", "")
        if not parameters.keys() <= known or parameters.get("BODY", "") not in _BODIES:
            self._reply("555 5.5.4 Unsupported option")
        elif size.isdecimal() and int(size) > SIZE_LIMIT:
            self._reply("552 5.3.4 Message size exceeds fixed limit")
        elif not address.isascii() and "SMTPUTF8" not in parameters:
            self._reply("553 5.6.7 Error: SMTPUTF8 is needed for that address")
        else:
            self._mail_from = address
            self._allows_utf8 = "SMTPUTF8" in parameters
            self._reply("250 2.1.0 Ok")

    def _rcpt(self, argument: str) -> None:
        path = _path(argument, "TO")
        if path and self._mail_from is not None:
            self._named.append(path[0])
        if self._fails("RCPT") or not self._may_send():
            return
        if self._mail_from is None:
            self._reply("503 5.5.1 Error: need MAIL command")
        elif path is None or not path[0]:
            self._reply("501 5.5.4 Syntax: RCPT TO:<address>")
        elif path[1]:
            self._reply("555 5.5.4 Unsupported option")
        elif not path[0].isascii() and not self._allows_utf8:
            self._reply("553 5.6.7 Error: SMTPUTF8 is needed for that address")
        else:
            self._recipients.append(path[0])
            self._reply("250 2.1.5 Ok")

    def _may_take_content(self) -> bool:
        if not self._may_send():
            return False
        if not self._recipients:
            self._reply(
                "554 5.5.1 Error: no valid recipients"
                if self._named
                else "503 5.5.1 Error: need RCPT command"
            )
        return bool(self._recipients)

    # -- Content -----------------------------------------------------------------

    def _data(self, argument: str) -> None:
        if argument:
            self._reply("501 5.5.4 Syntax: DATA")
        elif self._chunks or self._chunks_failed:
            self._reply("503 5.5.1 Error: DATA after BDAT")
        elif self._may_take_content():
            self._reply("354 End data with <CR><LF>.<CR><LF>")
            # A line end in front: the end may be the very first line
            self._unread[:0] = b"\r\n"
            self._searched = 0
            self._read = self._read_content

    def _read_content(self) -> bool:
        if len(self._unread) > 2 and not self._searched:
            self._record.content_received = True
            if self._fails("BODY"):
                return False
        end = self._unread.find(_END, self._searched)
        if end < 0:
            self._searched = max(len(self._unread) - len(_END) + 1, 0)
            return False
        stuffed = bytes(self._unread[: end + 2])
        del self._unread[: end + len(_END)]
        self._read = self._read_command
        self._finish(stuffed.replace(b"\r\n.", b"\r\n")[2:])
        return True

    def _bdat(self, argument: str) -> None:
        size, _, last = argument.partition(" ")
        if not size.isdecimal() or last.upper() not in ("", "LAST"):
            self._reply("501 5.5.4 Syntax: BDAT count [LAST]")
            return
        self._chunk = int(size), bool(last)
        self._read = self._read_chunk

    def _read_chunk(self) -> bool:
        size, is_last = self._chunk
        if self._unread and self._recipients:
            self._record.content_received = True
            if self._fails("BODY"):
                return False
        if len(self._unread) < size:
            return False
        chunk = bytes(self._unread[:size])
        del self._unread[:size]
        self._read = self._read_command
        if self._chunks_failed:
            self._reply("503 5.5.1 Error: a chunk was refused before")
        elif not self._may_take_content() or (not is_last and self._fails("BDAT")):
            self._chunks_failed = True
        else:
            self._chunks += chunk
            if is_last:
                self._finish(bytes(self._chunks))
            else:
                self._reply(f"250 2.0.0 Ok: {size} bytes")
        return True

    def _finish(self, content: bytes) -> None:
        """Take or refuse the message, and get ready for the next."""
        if len(content) > SIZE_LIMIT:
            self._reply("552 5.3.4 Error: message file too big")
        elif max(map(len, content.split(b"\n"))) > _LINE_LIMIT:
            self._reply("500 Line too long (see RFC5321 4.5.3.1.6)")
        else:
            self._take(content)
        self._forget_envelope()

    def _take(self, content: bytes) -> None:
        action = self._relay.faults.take("CONTENT", self._named)
        if action not in (None, LOSE_ANSWER, HANG_UP_AFTER):
            self._give(action)
            return
        message = self._relay.store.add_message(
            api_key=self._api_key,
            mail_from=self._mail_from,
            rcpt_tos=self._recipients,
            content=content,
            port=self._record.port,
            security=self._record.security,
            auth_mechanism=self._mechanism,
        )
        self._messages += 1
        if action == LOSE_ANSWER:
            self._hang_up()
            return
        self._leaves_after_reply = action == HANG_UP_AFTER
        self._reply(f"250 OK queued as {message.queued_id}")


# RCPT counts its recipient before it looks for faults; BDAT must read its chunk first
_OWN_FAULTS = ("RCPT", "BDAT")
_COMMANDS: dict[str, Callable[[SmtpSession, str], None]] = {
    "EHLO": SmtpSession._ehlo,
    "HELO": SmtpSession._helo,
    "STARTTLS": SmtpSession._starttls,
    "AUTH": SmtpSession._auth,
    "MAIL": SmtpSession._mail,
    "RCPT": SmtpSession._rcpt,
    "DATA": SmtpSession._data,
    "BDAT": SmtpSession._bdat,
    "RSET": SmtpSession._rset,
    "NOOP": SmtpSession._noop,
    "VRFY": SmtpSession._vrfy,
    "QUIT": SmtpSession._quit,
}


def _path(argument: str, word: str) -> tuple[str, dict[str, str]] | None:
    """The address and the parameters of MAIL or RCPT, None if malformed."""
    match = _PATH.fullmatch(argument)
    if match is None or match[1].upper() != word:
        return None
    pairs = (parameter.partition("=") for parameter in (match[3] or "").split())
    return match[2], {name.upper(): value.upper() for name, _, value in pairs}


def _decoded(answer: str) -> bytes:
    """What a client answers in base64; "*" gives up."""
    try:
        return base64.b64decode(answer, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedLogin from None
