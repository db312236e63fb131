"""Try a mail server step by step, and say how far it got and why no further."""

import contextlib
import dataclasses
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from ...const import PORTS
from ..words import Words, _lt
from .address import AddressError, envelope_address, needs_smtputf8
from .cause import Stage
from .client import (
    Client,
    Patience,
    TlsFacts,
    connect,
    resolve,
    tls_context,
)
from .diagnosis import Diagnosis, diagnose, reply_text
from .encryption import SECURITIES
from .exceptions import StoppedError
from .transcript import Transcript

# smtplib's order, which is Odoo's when it sends
MECHANISMS = ("CRAM-MD5", "PLAIN", "LOGIN")
# A port that accepts no connection by then is blocked
CONNECT_SECONDS = 10
CERTIFICATE_SECONDS = 3
GOODBYE_SECONDS = 1
LONGEST_DETAIL = 300

# "250 OK queued as <uuid>" is Mailjet's, "250 2.0.0 Ok: queued as <id>" Postfix's.
# https://github.com/PHPMailer/PHPMailer/pull/2578
_QUEUED = re.compile(r"\bqueued as ([\w.@-]+)", re.IGNORECASE)


class State(Enum):
    """What became of a step."""

    NOT_REACHED = "not_reached"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One step of the test, how many seconds it took, and what it found."""

    stage: Stage
    state: State = State.NOT_REACHED
    seconds: float = 0.0
    detail: Words | None = None


@dataclass(frozen=True)
class Target:
    """What to try, and how far.

    :param str security: "starttls", "ssl" or "none"
    :param bool verify: False: encrypt only, so whoever answers gets the secret
    :param str mechanism: "auto" or one of `MECHANISMS`
    :param bool deliver: False: stop before the content
    :param message: the content: bytes, or a function that returns them
    :param bool is_mailjet: whether the advice may mention Mailjet's keys and senders
    :raise ValueError: for a test that no server could be asked to run
    """

    host: str
    port: int
    security: str = "starttls"
    verify: bool = True
    user: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    mechanism: str = "auto"
    mail_from: str = ""
    rcpt_to: str = ""
    deliver: bool = False
    message: bytes | Callable[[], bytes] = field(default=b"", repr=False)
    is_mailjet: bool = True

    def __post_init__(self):
        if self.security not in (*SECURITIES, "none"):
            raise ValueError(f"no such security: {self.security}")
        if self.mechanism not in ("auto", *MECHANISMS):
            raise ValueError(f"no such mechanism: {self.mechanism}")
        if not 0 < self.port < 65536:
            raise ValueError(f"no such port: {self.port}")
        for address in (self.host, self.mail_from, self.rcpt_to):
            if any(ord(character) < 32 for character in address):
                raise ValueError("a line end or another control character")


@dataclass(frozen=True)
class ProbeResult:
    """The outcome of a test: all its steps in order, and what was said.

    `diagnosis` is None if nothing failed. `size_limit` is the server's, 0 if unknown.
    """

    steps: tuple[Step, ...]
    seconds: float
    transcript: Transcript
    diagnosis: Diagnosis | None = None
    tls: TlsFacts | None = None
    mechanism: str = ""
    size_limit: int = 0
    queued_id: str = ""

    @property
    def ok(self) -> bool:
        return self.diagnosis is None

    def step(self, stage: Stage) -> Step:
        """Return the step of a stage."""
        return next(step for step in self.steps if step.stage is stage)


def planned_steps(target):
    """Return the steps of a test in order, before it begins.

    :return: a tuple of `Step`, all `NOT_REACHED` or `SKIPPED`
    """
    order = [stage for stage in Stage if stage is not Stage.TLS]
    order.insert(2 if target.security == "ssl" else 4, Stage.TLS)
    return tuple(
        Step(stage, State.SKIPPED if _is_skipped(target, stage) else State.NOT_REACHED)
        for stage in order
    )


def _is_skipped(target, stage):
    wanted = {
        Stage.TLS: target.security != "none",
        Stage.AUTH: target.user,
        Stage.MAIL: target.rcpt_to,
        Stage.RCPT: target.rcpt_to,
        Stage.DATA: target.deliver,
        Stage.QUEUED: target.deliver,
    }
    return not wanted.get(stage, True)


def probe(target, on_step=None, deadline=30.0, stop=None):
    """Try a mail server.

    Network failures do not raise; they are in the result. Exceptions of `on_step` and
    `target.message` pass through. Nothing secret is sent without the TLS that `target`
    asks for, or to a certificate that is not the server's.

    :param Target target: what to try, and how far
    :param on_step: called with each `Step` as it begins and as it ends
    :param float deadline: seconds for everything, whatever the server does
    :param stop: a function that returns whether to stop, or a `threading.Event`
    :return: a `ProbeResult`
    """
    run = _Run(target, on_step or (lambda step: None), Patience(deadline, stop))
    return run.result()


class _Run:
    """One test under way."""

    def __init__(self, target, on_step, patience):
        self.target = target
        self.on_step = on_step
        self.patience = patience
        self.secrets = (target.user, target.secret)
        self.transcript = Transcript(self.secrets)
        self.steps = {step.stage: step for step in planned_steps(target)}
        self.began = time.monotonic()
        self.client = self.addresses = self.diagnosis = self.tls = None
        self.mechanism = self.queued_id = self.last_reply = ""
        self.message = b""
        self.size_limit = 0

    def result(self):
        """Go through the steps and return the `ProbeResult`."""
        try:
            for stage, step in tuple(self.steps.items()):
                if step.state is not State.SKIPPED and not self._take(stage):
                    break
        finally:
            self._say_goodbye()
        return ProbeResult(
            steps=tuple(self.steps.values()),
            seconds=time.monotonic() - self.began,
            transcript=self.transcript,
            diagnosis=self.diagnosis,
            tls=self.tls,
            mechanism=self.mechanism,
            size_limit=self.size_limit,
            queued_id=self.queued_id,
        )

    def _take(self, stage):
        """Take one step; return whether it went well."""
        action = getattr(self, f"_{stage.value}")
        began = time.monotonic()
        self._note(Step(stage, State.RUNNING))
        if stage is Stage.MAIL and self.target.deliver:
            # Outside the try: a failure to make the message is not the server's.
            self.message = self._content()
        try:
            self.patience.remaining()
            detail = action()
        except (OSError, AddressError) as error:
            state, detail = State.FAILED, self._explain(error, stage)
        else:
            state = State.OK
        self._note(Step(stage, state, time.monotonic() - began, detail))
        return state is State.OK

    def _note(self, step):
        self.steps[step.stage] = step
        self.on_step(step)

    def _explain(self, error, stage):
        """Keep the diagnosis of a failure; return the detail for its step."""
        diagnosis = diagnose(
            error,
            self.secrets,
            stage=stage,
            host=self.target.host,
            port=self.target.port,
            user=self.target.user,
            is_mailjet=self.target.is_mailjet,
        )
        # The transcript also masks what a login made of the secret.
        detail = self.transcript.mask(reply_text(error))
        self.diagnosis = dataclasses.replace(diagnosis, detail=detail)
        if not isinstance(error, smtplib.SMTPResponseException):
            self.transcript.remark(reply_text(error))
            facts = self._look_at_certificate(error)
            self._hang_up()
            if facts:
                return _tls_words(facts)
        return self._words(reply_text(error))

    def _words(self, text):
        """Return the words of a server or the system as they are, not translated."""
        return Words("%(text)s", {"text": self.transcript.mask(text)[:LONGEST_DETAIL]})

    # -- the steps ---------------------------------------------------------------

    def _resolve(self):
        self.addresses = resolve(
            self.target.host, self.target.port, self.patience.at_most(CONNECT_SECONDS)
        )
        found = dict.fromkeys(address[4][0] for address in self.addresses)
        return self._words(", ".join(found))

    def _connect(self):
        self.client = self._new_client(self.patience, self.transcript, CONNECT_SECONDS)
        address = self.client.sock.getpeername()[0]
        self.transcript.remark(f"connected to {address}, port {self.target.port}")
        return self._words(address)

    def _new_client(self, patience, transcript, seconds):
        sock = connect(self.addresses, patience.at_most(seconds))
        return Client(self.target.host, sock, patience, transcript)

    def _greeting(self):
        return self._expect(self.client.getreply(), 220)

    def _ehlo(self):
        reply = self.client.ehlo()
        self._expect(reply, 250)
        size = self.client.esmtp_features.get("size", "")
        self.size_limit = int(size) if re.fullmatch(r"[0-9]{1,15}", size) else 0
        return self._words(", ".join(_lines(reply[1])))

    def _tls(self):
        if self.target.security == "starttls":
            self._start_tls(self.client)
        self.tls = self.client.secure(tls_context(self.target.verify))
        self.transcript.remark(f"{self.tls.protocol} begins, {self.tls.cipher}")
        if self.target.security == "starttls":
            self._ehlo()
        return _tls_words(self.tls)

    def _start_tls(self, client):
        if not client.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError("STARTTLS is not offered")
        self._expect(client.docmd("STARTTLS"), 220)

    def _auth(self):
        """Log in by the first mechanism that works, as smtplib does."""
        self.client.user, self.client.password = self.target.user, self.target.secret
        refused = []
        for mechanism in self._mechanisms():
            answer = getattr(self.client, f"auth_{mechanism.lower().replace('-', '_')}")
            try:
                self.client.auth(mechanism, answer)
            except smtplib.SMTPAuthenticationError as error:
                refused.append(error)
            except StoppedError:
                raise
            except OSError:
                if not refused:
                    raise
                break  # hanging up after a refusal belongs to the refusal
            else:
                self.mechanism = mechanism
                return self._words(mechanism)
        # A wrong pair says more than a mechanism that is offered but does not work.
        raise max(refused, key=lambda error: error.smtp_code in (435, 535))

    def _mechanisms(self):
        offered = self.client.esmtp_features.get("auth", "").upper().split()
        if not offered:
            raise smtplib.SMTPNotSupportedError("AUTH is not offered")
        wanted = self.target.mechanism
        usable = [
            name for name in MECHANISMS if name in offered and wanted in ("auto", name)
        ]
        if not usable:
            raise smtplib.SMTPException(
                f"no usable authentication method, offered: {' '.join(offered)}"
            )
        return usable

    def _content(self):
        message = self.target.message
        return message() if callable(message) else message

    def _mail(self):
        options = []
        if self.target.deliver and self.client.has_extn("size"):
            options.append(f"SIZE={len(self.message)}")
        sender = self.target.mail_from and envelope_address(self.target.mail_from)
        if needs_smtputf8(sender) or needs_smtputf8(self.target.rcpt_to):
            options.append("SMTPUTF8")
        return self._expect(self.client.mail(sender, options), 250)

    def _rcpt(self):
        recipient = envelope_address(self.target.rcpt_to)
        return self._expect(self.client.rcpt(recipient), 250, 251)

    def _data(self):
        reply = self.client.data(self.message)
        detail = self._expect(reply, 250)
        self.last_reply = " ".join(_lines(reply[1]))
        return detail

    def _queued(self):
        match = _QUEUED.search(self.last_reply)
        if match:
            self.queued_id = self.transcript.mask(match[1])
        return self._words(match[1] if match else self.last_reply)

    def _expect(self, reply, *codes):
        """Return the reply for the step's detail; raise it if it has another code."""
        code, text = reply
        if code not in codes:
            raise smtplib.SMTPResponseException(code, text)
        return self._words(f"{code} {' '.join(_lines(text))}")

    # -- the end -----------------------------------------------------------------

    def _look_at_certificate(self, error):
        """Return the `TlsFacts` of a refused certificate, None if none was refused.

        A failed handshake does not show the certificate, so look at it on a second
        connection that verifies nothing and sends only EHLO and STARTTLS.
        """
        if not isinstance(error, ssl.SSLCertVerificationError):
            return None
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError))
            patience = self.patience.at_most(CERTIFICATE_SECONDS)
            client = self._new_client(patience, Transcript(), CERTIFICATE_SECONDS)
            stack.callback(client.close)
            if self.target.security == "starttls":
                self._expect(client.getreply(), 220)
                self._expect(client.ehlo(), 250)
                self._start_tls(client)
            return client.secure(tls_context(verify=False))
        return None

    def _say_goodbye(self):
        """Quit if the server still listens, and close in any case."""
        if not self.client or not self.client.sock:
            return
        with contextlib.suppress(OSError):
            self.client.patience = self.patience.at_most(GOODBYE_SECONDS)
            if self.steps[Stage.MAIL].state is State.OK and not self.queued_id:
                self.client.rset()
            self.client.quit()
        self._hang_up()

    def _hang_up(self):
        if self.client:
            self.client.close()


def _lines(text):
    return text.decode("utf-8", "replace").split("\n")


def _tls_words(facts):
    values = {
        "protocol": facts.protocol,
        "names": ", ".join(facts.names[:5]),
        "issuer": facts.issuer,
    }
    if not facts.valid_until:
        return Words(_lt("%(protocol)s; the certificate cannot be read"), values)
    values["begin"] = facts.valid_from.date().isoformat()
    values["end"] = facts.valid_until.date().isoformat()
    return Words(
        _lt(
            "%(protocol)s; certificate for %(names)s, valid from %(begin)s to %(end)s, "
            "issued by %(issuer)s"
        ),
        values,
    )


# --------------------------------------------------------------------------------------
# Other ports
# --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PortAnswer:
    """Whether a port can be used: it answers with TLS and the right certificate."""

    port: int
    security: str
    works: bool
    seconds: float
    diagnosis: Diagnosis | None = None


def try_other_ports(host, ports=None, deadline=5.0, stop=None):
    """Try all ports at once and return a `PortAnswer` for each, in the order given.

    Nothing secret is sent. A port without TLS counts as not working.

    :param ports: a mapping of port to "starttls" or "ssl"; None: Mailjet's
    :param float deadline: seconds for everything
    :param stop: as for `probe`
    """
    ports = PORTS if ports is None else ports
    if not set(SECURITIES).issuperset(ports.values()):
        raise ValueError("plain text is not tried")
    targets = [Target(host, port, security) for port, security in ports.items()]
    answers = {}

    def ask(target):
        result = probe(target, deadline=deadline, stop=stop)
        answers[target.port] = PortAnswer(
            target.port, target.security, result.ok, result.seconds, result.diagnosis
        )

    threads = [
        threading.Thread(target=ask, args=[target], name="smtp-ports", daemon=True)
        for target in targets
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tuple(answers[port] for port in ports)
