"""Say in plain words why a mail server refused, failed or did not answer.

The one table for it: `_ERRORS` tells exceptions apart, `_REPLIES` the server's replies,
`_ADVICE` has what people read about each cause.
"""

import dataclasses
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from enum import Enum

from ..words import Words, _lt
from .transcript import Masker


class Stage(Enum):
    """How far a conversation has come."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    QUEUED = "queued"


class Cause(Enum):
    """What stopped the conversation."""

    # The way to the server
    UNKNOWN_HOST = "unknown_host"
    NAME_TIMEOUT = "name_timeout"
    NO_ANSWER = "no_answer"
    CONNECTION_REFUSED = "connection_refused"
    NETWORK = "network"
    NO_GREETING = "no_greeting"
    TOO_SLOW = "too_slow"
    DISCONNECTED = "disconnected"
    NOT_SMTP = "not_smtp"
    STOPPED = "stopped"
    # Encryption
    CERTIFICATE = "certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_HOST = "certificate_host"
    CERTIFICATE_SELF_SIGNED = "certificate_self_signed"
    CERTIFICATE_AUTHORITY = "certificate_authority"
    WRONG_SECURITY = "wrong_security"
    NO_STARTTLS = "no_starttls"
    STARTTLS_REFUSED = "starttls_refused"
    OLD_TLS = "old_tls"
    TLS_FAILED = "tls_failed"
    TLS_REQUIRED = "tls_required"
    # Login
    LOGIN = "login"
    LOGIN_EMAIL = "login_email"
    LOGIN_SWAPPED = "login_swapped"
    LOGIN_RESET = "login_reset"
    LOGIN_SMTP_ONLY = "login_smtp_only"
    LOGIN_DEACTIVATED = "login_deactivated"
    LOGIN_CHARACTERS = "login_characters"
    LOGIN_MISSING = "login_missing"
    LOGIN_TEMPORARY = "login_temporary"
    NO_AUTH = "no_auth"
    MECHANISM = "mechanism"
    # The account
    SUSPENDED = "suspended"
    UNREVIEWED = "unreviewed"
    LIMIT_REACHED = "limit_reached"
    THROTTLED = "throttled"
    # The mail
    SENDER = "sender"
    SENDER_DOMAIN = "sender_domain"
    RECIPIENT = "recipient"
    RECIPIENT_BLOCKED = "recipient_blocked"
    MAILBOX_FULL = "mailbox_full"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    RELAY_DENIED = "relay_denied"
    CLIENT_REFUSED = "client_refused"
    TOO_LARGE = "too_large"
    CONTENT = "content"
    NO_SMTPUTF8 = "no_smtputf8"
    # All else
    GREYLISTED = "greylisted"
    TEMPORARY = "temporary"
    REPLY = "reply"


@dataclass(frozen=True)
class Diagnosis:
    """Why a conversation failed, what to do about it, and what follows for the mail.

    `link` is a page of Mailjet's (an https address) or one of `SERVER`, `SENDERS`,
    `DOMAIN` for an Odoo screen, or None. `can_retry`: the same mail may well be taken
    later. `pauses`: all mail of the account meets the same refusal. `failure_type` is
    one of Odoo's. `detail` is what the server or the system said, masked.
    """

    cause: Cause
    title: Words
    reason: Words
    cure: Words
    link: str | None = None
    can_retry: bool = False
    pauses: bool = False
    failure_type: str = "mail_smtp"
    detail: str = ""


class ProtocolError(smtplib.SMTPException):
    """What came from the server is no SMTP."""


class StoppedError(OSError):
    """Whoever asked for the conversation does not want it any more."""


class LoginCharactersError(smtplib.SMTPException):
    """SMTP's logins as Odoo uses them take ASCII characters only."""


# --------------------------------------------------------------------------------------
# Which exception means what
# --------------------------------------------------------------------------------------

# OpenSSL's numbers: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE_ERRORS = {
    9: Cause.CERTIFICATE_NOT_YET_VALID,
    10: Cause.CERTIFICATE_EXPIRED,
    18: Cause.CERTIFICATE_SELF_SIGNED,
    19: Cause.CERTIFICATE_AUTHORITY,
    20: Cause.CERTIFICATE_AUTHORITY,
    21: Cause.CERTIFICATE_AUTHORITY,
    62: Cause.CERTIFICATE_HOST,
    64: Cause.CERTIFICATE_HOST,
}
# OpenSSL's names; what is no TLS at all has several, by version
_TLS_ERRORS = {
    "UNSUPPORTED_PROTOCOL": Cause.OLD_TLS,
    "TLSV1_ALERT_PROTOCOL_VERSION": Cause.OLD_TLS,
    "WRONG_VERSION_NUMBER": Cause.WRONG_SECURITY,
    "RECORD_LAYER_FAILURE": Cause.WRONG_SECURITY,
    "PACKET_LENGTH_TOO_LONG": Cause.WRONG_SECURITY,
    "UNKNOWN_PROTOCOL": Cause.WRONG_SECURITY,
}


@dataclass(frozen=True)
class _Error:
    """A row: an exception of this class, at one of these stages if any are named."""

    kind: type
    cause: Cause
    stages: tuple = ()
    text: str = ""


# The first match counts: the special class stands before the one it derives from.
# Every exception of smtplib and ssl is an OSError. The texts are those of smtplib.
_ERRORS = (
    _Error(StoppedError, Cause.STOPPED),
    _Error(socket.gaierror, Cause.UNKNOWN_HOST),
    _Error(TimeoutError, Cause.NAME_TIMEOUT, (Stage.RESOLVE,)),
    _Error(TimeoutError, Cause.NO_ANSWER, (Stage.CONNECT, None)),
    _Error(TimeoutError, Cause.NO_GREETING, (Stage.GREETING,)),
    _Error(TimeoutError, Cause.TOO_SLOW),
    _Error(ConnectionRefusedError, Cause.CONNECTION_REFUSED),
    _Error(ssl.SSLEOFError, Cause.DISCONNECTED),
    _Error(ssl.SSLZeroReturnError, Cause.DISCONNECTED),
    _Error(ssl.SSLError, Cause.TLS_FAILED),
    _Error(smtplib.SMTPNotSupportedError, Cause.NO_AUTH, text="AUTH"),
    _Error(smtplib.SMTPNotSupportedError, Cause.NO_SMTPUTF8, text="SMTPUTF8"),
    _Error(smtplib.SMTPNotSupportedError, Cause.NO_STARTTLS),
    _Error(LoginCharactersError, Cause.LOGIN_CHARACTERS),
    _Error(ProtocolError, Cause.NOT_SMTP),
    _Error(smtplib.SMTPServerDisconnected, Cause.TOO_SLOW, text="timed out"),
    _Error(smtplib.SMTPServerDisconnected, Cause.DISCONNECTED),
    _Error(smtplib.SMTPException, Cause.MECHANISM, text="authentication method"),
    _Error(smtplib.SMTPException, Cause.NOT_SMTP, text="infinite loop"),
    _Error(ConnectionError, Cause.DISCONNECTED),
)

_STAGES = (
    (smtplib.SMTPSenderRefused, Stage.MAIL),
    (smtplib.SMTPRecipientsRefused, Stage.RCPT),
    (smtplib.SMTPDataError, Stage.DATA),
    (smtplib.SMTPAuthenticationError, Stage.AUTH),
    (smtplib.SMTPHeloError, Stage.EHLO),
    (smtplib.SMTPConnectError, Stage.GREETING),
)


# --------------------------------------------------------------------------------------
# Which reply means what
# --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reply:
    """A row: it fits if each column that is filled in fits.

    `enhanced` has subject and detail of the code, as "7.8" of 4.7.8 and 5.7.8, or the
    subject alone; a reply that has one of `not_enhanced` does not fit.
    """

    cause: Cause
    codes: tuple = ()
    enhanced: tuple = ()
    stages: tuple = ()
    text: re.Pattern | None = None
    not_enhanced: tuple = ()


def _text(pattern):
    return re.compile(pattern, re.IGNORECASE)


_REFUSED = (501, 504, 511, 521, 541, 550, 551, 553, 554, 555, 556)
# At RCPT TO the server speaks of the recipient's account.
_ABOUT_THE_ACCOUNT = tuple({*Stage} - {Stage.RCPT}) + (None,)

# The first row that fits counts. Mailjet's own texts for the account are not known, so
# these patterns are the words any provider would use, and the advice calls them the
# server's words. Codes: RFC 5321 section 4.2.3; enhanced ones: RFC 3463 and IANA's
# list.
_REPLIES = (
    # Encryption: RFC 3207 section 4 and RFC 4954 section 6
    _Reply(Cause.TLS_REQUIRED, (538,)),
    _Reply(
        Cause.TLS_REQUIRED, (523, 530, 554), text=_text(r"starttls|\btls\b|encrypt")
    ),
    _Reply(Cause.STARTTLS_REFUSED, stages=(Stage.TLS,)),
    # More than fits: RFC 1870 section 6.1 (size), RFC 5321 section 4.5.3.1.10 (452 for
    # recipients). 552 is a full mailbox, too.
    _Reply(Cause.TOO_MANY_RECIPIENTS, enhanced=("5.3",)),
    _Reply(Cause.MAILBOX_FULL, enhanced=("2.2",)),
    _Reply(Cause.MAILBOX_FULL, (452, 552), text=_text(r"mailbox.*\bfull|over ?quota")),
    _Reply(Cause.TOO_LARGE, enhanced=("2.3", "3.4")),
    _Reply(
        Cause.TOO_LARGE,
        (523, 550, 552, 554),
        text=_text(r"\bsize\b|\b(message|mail)\b.*\btoo (big|large)"),
    ),
    # The account. SMTP says nothing that is known; REST has one text for suspended and
    # blocked: https://github.com/ThetaTau/CMT/issues/903
    # Limits: https://documentation.mailjet.com/hc/en-us/articles/360043101633 and
    # https://documentation.mailjet.com/hc/en-us/articles/8625025643803
    # x.1 and x.2 speak of the recipient's account.
    _Reply(
        Cause.LOGIN_DEACTIVATED,
        text=_text(
            r"\bkey\b.*\b(deactivated|disabled|inactive|revoked|not active)"
            r"|\b(deactivated|disabled|inactive|revoked) (api )?key"
        ),
    ),
    _Reply(
        Cause.SUSPENDED,
        stages=_ABOUT_THE_ACCOUNT,
        not_enhanced=("1", "2"),
        text=_text(
            r"\baccount\b.*\b(suspend|blocked|disabled|deactivated|closed|terminated)"
            r"|\b(suspended|blocked|disabled) account"
        ),
    ),
    _Reply(
        Cause.UNREVIEWED,
        stages=_ABOUT_THE_ACCOUNT,
        text=_text(
            r"\bsandbox(ed)? (account|mode)|\baccount\b.*\b(sandbox|under review"
            r"|being reviewed|not (yet )?(been )?(reviewed|approved|verified|validated"
            r"|activated))"
        ),
    ),
    _Reply(
        Cause.THROTTLED,
        not_enhanced=("1", "2"),
        text=_text(
            r"\bthrottl|\brate.?limit|\bhourly\b.*\b(limit|quota)|\bslow(ing)? down"
            r"|\btoo fast\b|\bconnections?\b.*\blimit|\btoo (many|much) (concurrent "
            r"|simultaneous )?(connections|sessions|messages|mails|e-?mails|requests)"
        ),
    ),
    _Reply(
        Cause.LIMIT_REACHED,
        stages=_ABOUT_THE_ACCOUNT,
        not_enhanced=("1", "2"),
        text=_text(
            r"\b(daily|monthly|sending|plan)\b.*\b(limit|quota)"
            r"|\b(limit|quota)\b.*\b(reached|exceeded)|\bexceeded\b.*\b(limit|quota)"
        ),
    ),
    _Reply(Cause.TOO_LARGE, (523, 552)),
    # Login: RFC 4954 section 6. 535 is Mailjet's answer to a wrong pair; 435 4.7.8 was
    # seen for the same although its class says "try again"; 530 5.7.1 comes when no
    # login was made.
    # https://github.com/mailjet/mailjet-gem/issues/14
    # https://github.com/mailjet/mailjet-gem/issues/17
    # https://github.com/mailjet/mailjet-apiv3-php/issues/93
    _Reply(Cause.LOGIN, (435, 535)),
    _Reply(Cause.LOGIN, enhanced=("7.8",)),
    _Reply(Cause.LOGIN_MISSING, (530,)),
    _Reply(Cause.LOGIN_TEMPORARY, (454,), stages=(Stage.AUTH, None)),
    _Reply(Cause.MECHANISM, (504, 534), stages=(Stage.AUTH,)),
    # This machine. 554 instead of a greeting: RFC 5321 section 3.1; the texts are those
    # of Postfix: https://www.postfix.org/postconf.5.html#smtpd_client_restrictions
    _Reply(Cause.CLIENT_REFUSED, (521, 550, 554), stages=(Stage.GREETING,)),
    _Reply(
        Cause.CLIENT_REFUSED,
        _REFUSED,
        text=_text(
            r"\bdnsbl\b|\brbl\b|spamhaus|\bblocked using\b|\b(helo|ehlo)\b"
            r"|\bclient host\b.*\b(blocked|rejected|refused)"
            r"|\b(ip|host|network)\b.*\b(black|block|deny) ?list"
        ),
    ),
    # Greylisting: RFC 6647
    _Reply(Cause.GREYLISTED, (421, 450, 451), text=_text(r"gr[ea]y-?list")),
    _Reply(
        Cause.RELAY_DENIED,
        _REFUSED,
        stages=(Stage.MAIL, Stage.RCPT, None),
        text=_text(r"\brelay(ing)?\b"),
    ),
    # Blocked recipients: Mailjet accepts them and tells later, as far as is known.
    # https://documentation.mailjet.com/hc/en-us/articles/360043102273
    _Reply(
        Cause.RECIPIENT_BLOCKED,
        _REFUSED,
        stages=(Stage.RCPT, Stage.DATA, None),
        text=_text(r"suppress|unsubscrib|opted out|previously bounced|pre-?blocked"),
    ),
    # Senders. https://www.mailjet.com/support/account.htm tells of unknown senders;
    # the raw text of the relay is not known.
    _Reply(
        Cause.SENDER_DOMAIN,
        _REFUSED,
        stages=(Stage.MAIL, Stage.DATA, None),
        text=_text(
            r"\bdomain\b.*\bnot (been )?(verified|validated|authenticated|authori[sz]ed"
            r"|confirmed|registered)|\b(unverified|unvalidated) (sender )?domain"
        ),
    ),
    _Reply(Cause.SENDER, _REFUSED, stages=(Stage.MAIL,), not_enhanced=("5",)),
    _Reply(Cause.SENDER, _REFUSED, enhanced=("1.7", "1.8")),
    _Reply(
        Cause.SENDER,
        _REFUSED,
        text=_text(
            r"\b(sender|from (address|header|domain)|from:).*\b(unverified|unknown"
            r"|refused|rejected|not (been )?(allowed|permitted|authori[sz]ed|owned"
            r"|verified|validated|valid|active))"
            r"|\b(unverified|unvalidated|invalid|unknown) sender\b"
        ),
    ),
    # x.7 is a policy and need not be the address's fault.
    _Reply(Cause.RECIPIENT, _REFUSED, stages=(Stage.RCPT,), not_enhanced=("5", "7")),
    _Reply(Cause.RECIPIENT, _REFUSED, enhanced=("1.1", "1.2", "1.3", "1.6", "1.10")),
    # Content
    _Reply(
        Cause.CONTENT,
        _REFUSED,
        stages=(Stage.DATA, None),
        text=_text(r"\bspam|virus|malware|phish|\bcontent\b.*\b(refused|rejected)"),
    ),
    _Reply(Cause.CONTENT, _REFUSED, enhanced=("6", "7.7"), stages=(Stage.DATA, None)),
)

# "4.7.8", at the beginning of a text or behind the code
_ENHANCED = re.compile(r"^\s*(?:[245]\d\d[ -])?\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


# --------------------------------------------------------------------------------------
# What people read
# --------------------------------------------------------------------------------------

SERVER, SENDERS, DOMAIN = "server", "senders", "domain"
API_KEYS = "https://app.mailjet.com/account/apikeys"
_HELP = "https://documentation.mailjet.com/hc/en-us/articles/"
# The secret is shown once and an old one lives on for an hour
HELP_KEYS = f"{_HELP}360043227053"
# An hourly limit for seven days after bad statistics
HELP_THROTTLED = f"{_HELP}360043101633"
# 200 a day and 6,000 a month on the free plan
HELP_FREE_PLAN = f"{_HELP}8625025643803"
# Reasons for a blocked recipient
HELP_BLOCKED = f"{_HELP}360043102273"


@dataclass(frozen=True)
class _Advice:
    """A row: `can_retry` None means that the class of the reply's code tells."""

    title: str
    reason: str
    cure: str
    link: str | None = None
    can_retry: bool | None = False
    pauses: bool = False
    failure_type: str = "mail_smtp"


_ASK_NETWORK = _lt(
    "Ask whoever runs your network: something between this machine and the server may "
    "be intercepting the connection."
)
_ASK_SERVER = _lt(
    "Whoever runs the server has to mend this; check first that its name is spelled "
    "correctly."
)
_PORTS = _lt("Use STARTTLS with port 587 or 2525, or SSL/TLS with port 465.")
_TRY_LATER = _lt("Try again in a few minutes.")
_READ_REPLY = _lt("Read the server's own words below; they may name what to change.")
_WAIT = _lt("The mail can be sent again later without any change.")
_COPY_KEYS = _lt(
    "Copy the API key and the secret key again from Account settings > API key "
    "management at Mailjet."
)

_ADVICE = {
    # The way to the server
    Cause.UNKNOWN_HOST: _Advice(
        _lt("Unknown server name"),
        _lt("There is no server called %(host)s."),
        _lt("Check the name, and that this machine can look up names on the internet."),
        SERVER,
        can_retry=True,
    ),
    Cause.NAME_TIMEOUT: _Advice(
        _lt("The name look-up gives no answer"),
        _lt("Looking up the name %(host)s took too long."),
        _lt("Check the name servers (DNS) that this machine uses."),
        can_retry=True,
    ),
    Cause.NO_ANSWER: _Advice(
        _lt("The port does not answer"),
        _lt("%(host)s does not answer on port %(port)s."),
        _lt(
            "A firewall or your hosting provider probably blocks this port; try "
            "another one, such as 587, 465 or 2525."
        ),
        SERVER,
        can_retry=True,
    ),
    Cause.CONNECTION_REFUSED: _Advice(
        _lt("Connection refused"),
        _lt("%(host)s takes no connection on port %(port)s."),
        _lt("Check host and port; Mailjet listens on 587, 465 and 2525."),
        SERVER,
        can_retry=True,
    ),
    Cause.NETWORK: _Advice(
        _lt("The server cannot be reached"),
        _lt("%(host)s could not be reached on port %(port)s."),
        _lt("Check the network of this machine."),
        can_retry=True,
    ),
    Cause.NO_GREETING: _Advice(
        _lt("The server says nothing"),
        _lt("%(host)s takes the connection on port %(port)s but does not greet."),
        _lt(
            "If this port wants encryption from the first byte on, as 465 does, choose "
            "SSL/TLS; else a firewall may be swallowing the conversation."
        ),
        SERVER,
        can_retry=True,
    ),
    Cause.TOO_SLOW: _Advice(
        _lt("The server stopped answering"),
        _lt("%(host)s did not answer completely within the time allowed."),
        _TRY_LATER,
        can_retry=True,
    ),
    Cause.DISCONNECTED: _Advice(
        _lt("The server hung up"),
        _lt("%(host)s closed the connection in the middle of the conversation."),
        _lt(
            "If port %(port)s and the encryption fit each other, try again in a few "
            "minutes."
        ),
        can_retry=True,
    ),
    Cause.NOT_SMTP: _Advice(
        _lt("No mail server answers there"),
        _lt("What %(host)s says on port %(port)s is not the language of mail (SMTP)."),
        _lt("Check host and port; a proxy or another kind of server may be listening."),
        SERVER,
    ),
    Cause.STOPPED: _Advice(
        _lt("Stopped"),
        _lt("The test was stopped before its end."),
        _lt("Start it again to see the result."),
        can_retry=True,
        failure_type="unknown",
    ),
    # Encryption
    Cause.CERTIFICATE: _Advice(
        _lt("The certificate cannot be verified"),
        _lt("The certificate of %(host)s could not be verified, so nothing was sent."),
        _ASK_NETWORK,
    ),
    Cause.CERTIFICATE_EXPIRED: _Advice(
        _lt("The certificate has expired"),
        _lt("The certificate of %(host)s is out of date, so nothing was sent."),
        _lt(
            "Check the clock of this machine; if it is right, whoever runs the server "
            "has to renew the certificate."
        ),
    ),
    Cause.CERTIFICATE_NOT_YET_VALID: _Advice(
        _lt("The certificate is not valid yet"),
        _lt("The certificate of %(host)s begins in the future, so nothing was sent."),
        _lt("Check the clock of this machine, which may be slow."),
    ),
    Cause.CERTIFICATE_HOST: _Advice(
        _lt("The certificate is for another name"),
        _lt("The certificate shown is not for %(host)s, so nothing was sent."),
        _lt(
            "Use the server name that the certificate was made for; if the name is "
            "right, something in the network may be intercepting the connection."
        ),
        SERVER,
    ),
    Cause.CERTIFICATE_SELF_SIGNED: _Advice(
        _lt("The certificate is self-signed"),
        _lt(
            "%(host)s made its certificate itself, so nobody vouches for it and "
            "nothing was sent."
        ),
        _ASK_NETWORK,
    ),
    Cause.CERTIFICATE_AUTHORITY: _Advice(
        _lt("The certificate comes from an unknown authority"),
        _lt(
            "This machine does not trust whoever signed the certificate of %(host)s, "
            "so nothing was sent."
        ),
        _ASK_NETWORK,
    ),
    Cause.WRONG_SECURITY: _Advice(
        _lt("Encryption and port do not fit"),
        _lt("%(host)s does not speak the chosen encryption on port %(port)s."),
        _PORTS,
        SERVER,
    ),
    Cause.NO_STARTTLS: _Advice(
        _lt("No encryption offered"),
        _lt(
            "%(host)s does not offer encryption (STARTTLS) on port %(port)s, so "
            "nothing was sent."
        ),
        _lt("A firewall may have taken it out; try SSL/TLS with port 465."),
        SERVER,
    ),
    Cause.STARTTLS_REFUSED: _Advice(
        _lt("Encryption refused"),
        _lt("%(host)s offers encryption (STARTTLS) but refused to begin with it."),
        _lt("Try again in a few minutes, or use SSL/TLS with port 465."),
        SERVER,
        can_retry=None,
    ),
    Cause.OLD_TLS: _Advice(
        _lt("Encryption too old"),
        _lt("%(host)s and this machine have no safe version of TLS in common."),
        _ASK_SERVER,
    ),
    Cause.TLS_FAILED: _Advice(
        _lt("Encryption failed"),
        _lt("%(host)s and this machine could not agree on how to encrypt."),
        _ASK_NETWORK,
    ),
    Cause.TLS_REQUIRED: _Advice(
        _lt("Encryption required"),
        _lt("The server wants the connection encrypted before it goes on."),
        _PORTS,
        SERVER,
    ),
    # Login
    Cause.LOGIN: _Advice(
        _lt("API key and secret key refused"),
        _lt(
            "Mailjet refused the pair: one of the two is wrong, they belong to "
            "different (sub-)accounts, or the key was regenerated or deactivated."
        ),
        _lt(
            "Copy both again from Account settings > API key management; the password "
            "of your Mailjet login does not work here."
        ),
        API_KEYS,
    ),
    Cause.LOGIN_EMAIL: _Advice(
        _lt("An email address is no API key"),
        _lt(
            "The user name is an email address, but Mailjet's mail relay knows API "
            "keys only, not the login of its website."
        ),
        _COPY_KEYS,
        API_KEYS,
    ),
    Cause.LOGIN_SWAPPED: _Advice(
        _lt("API key and secret key are swapped"),
        _lt("The pair is accepted the other way round."),
        _lt("Exchange the user name and the password of the server."),
        SERVER,
    ),
    Cause.LOGIN_RESET: _Advice(
        _lt("The secret key was regenerated"),
        _lt(
            "The mail relay still accepts the pair, but Mailjet's API refuses it: a "
            "replaced secret key keeps working for sending for an hour or so."
        ),
        _COPY_KEYS,
        HELP_KEYS,
    ),
    Cause.LOGIN_SMTP_ONLY: _Advice(
        _lt("The API accepts the pair, the mail relay refuses it"),
        _lt(
            "API key and secret key are right, but the mail relay at %(host)s does not "
            "take them."
        ),
        _lt(
            "Check that the host is in-v3.mailjet.com, and try again in a few minutes."
        ),
        SERVER,
    ),
    Cause.LOGIN_DEACTIVATED: _Advice(
        _lt("The API key is deactivated"),
        _lt("Mailjet says that this API key is switched off."),
        _lt("Activate it at Mailjet, or use another key."),
        API_KEYS,
    ),
    Cause.LOGIN_CHARACTERS: _Advice(
        _lt("A character that cannot be right"),
        _lt(
            "The user name or the password has a character that cannot be sent, such "
            "as an accented letter, a typographic quote or an invisible space."
        ),
        _lt("Copy both again, without anything before or after them."),
        SERVER,
    ),
    Cause.LOGIN_MISSING: _Advice(
        _lt("Login required"),
        _lt("The server wants a user name and a password first."),
        _lt(
            "Enter the user name and the password (for Mailjet API key and secret key)."
        ),
        SERVER,
    ),
    Cause.LOGIN_TEMPORARY: _Advice(
        _lt("Login not possible at the moment"),
        _lt("The server cannot check user names and passwords at the moment."),
        _TRY_LATER,
        can_retry=True,
    ),
    Cause.NO_AUTH: _Advice(
        _lt("No login offered"),
        _lt("%(host)s does not offer any login on port %(port)s."),
        _lt(
            "Turn encryption on, since many servers offer a login only then, or leave "
            "the user name empty."
        ),
        SERVER,
    ),
    Cause.MECHANISM: _Advice(
        _lt("Way of logging in not supported"),
        _lt("The server does not take the chosen way of sending the password."),
        _lt("Let the way of logging in be chosen automatically."),
        SERVER,
    ),
    # The account
    Cause.SUSPENDED: _Advice(
        _lt("Account suspended"),
        _lt("By its own words, the server has blocked this account."),
        _lt("Ask the provider's support why; sending goes on once it is released."),
        HELP_THROTTLED,
        can_retry=True,
        pauses=True,
    ),
    Cause.UNREVIEWED: _Advice(
        _lt("Account not released yet"),
        _lt("By its own words, the server has not released this account for sending."),
        _lt("Ask the provider's support to review the account."),
        can_retry=True,
        pauses=True,
    ),
    Cause.LIMIT_REACHED: _Advice(
        _lt("Sending limit reached"),
        _lt(
            "By its own words, the server takes no more mail from this account for now."
        ),
        _lt("Wait for the next day or month, or take a larger plan."),
        HELP_FREE_PLAN,
        can_retry=True,
        pauses=True,
    ),
    Cause.THROTTLED: _Advice(
        _lt("Sending too fast"),
        _lt("By its own words, the server wants fewer mails or connections at a time."),
        _WAIT,
        HELP_THROTTLED,
        can_retry=True,
        pauses=True,
    ),
    # The mail
    Cause.SENDER: _Advice(
        _lt("Sender address refused"),
        _lt("The server does not accept the sender address."),
        _lt(
            "Send from an address that is validated at Mailjet, alone or with its "
            "whole domain."
        ),
        SENDERS,
        failure_type="mail_from_invalid",
    ),
    Cause.SENDER_DOMAIN: _Advice(
        _lt("Sender domain not validated"),
        _lt("By its own words, the server does not know the sender's domain as yours."),
        _lt(
            "Validate the domain at Mailjet, or send from an address that is validated."
        ),
        DOMAIN,
        failure_type="mail_from_invalid",
    ),
    Cause.RECIPIENT: _Advice(
        _lt("Recipient refused"),
        _lt("The server does not accept the recipient's address."),
        _lt("Check the spelling of the address; it may no longer exist."),
        failure_type="mail_email_invalid",
    ),
    Cause.RECIPIENT_BLOCKED: _Advice(
        _lt("Recipient blocked"),
        _lt("By its own words, the server sends no mail to this recipient any more."),
        _lt("Ask the recipient before you have the block lifted."),
        HELP_BLOCKED,
        failure_type="mail_bl",
    ),
    Cause.MAILBOX_FULL: _Advice(
        _lt("Mailbox full"),
        _lt("The recipient's mailbox has no room left."),
        _lt("Reach the recipient in another way."),
        can_retry=None,
    ),
    Cause.TOO_MANY_RECIPIENTS: _Advice(
        _lt("Too many recipients at once"),
        _lt("The mail has more recipients than the server takes at a time."),
        _lt("Send it to fewer recipients at a time."),
        can_retry=None,
    ),
    Cause.RELAY_DENIED: _Advice(
        _lt("The server does not pass on mail"),
        _lt("The server does not pass on mail from this sender to other domains."),
        _lt("Check user name, password and sender address."),
        SERVER,
    ),
    Cause.CLIENT_REFUSED: _Advice(
        _lt("This machine is not welcome"),
        _lt("The server takes no mail from the network address of this machine."),
        _lt(
            "Read the server's own words below; your hosting provider can tell whether "
            "the address is on a block list."
        ),
    ),
    Cause.TOO_LARGE: _Advice(
        _lt("Message too large"),
        _lt("The message is larger than the server accepts."),
        _lt(
            "Make the attachments smaller, or send links to them (Mailjet takes 15 MB)."
        ),
        SERVER,
        failure_type="unknown",
    ),
    Cause.CONTENT: _Advice(
        _lt("Content refused"),
        _lt("The server has read the message and refuses its content."),
        _lt("Look for words, links or attachments that are typical of spam."),
        failure_type="mail_spam",
    ),
    Cause.NO_SMTPUTF8: _Advice(
        _lt("Accented letters in an address"),
        _lt("The server takes only addresses without accented letters."),
        _lt("Use an address that is written with plain letters."),
        failure_type="mail_email_invalid",
    ),
    # All else
    Cause.GREYLISTED: _Advice(
        _lt("Asked to come again later (greylisting)"),
        _lt("The server refuses the first try from a sender it does not know yet."),
        _WAIT,
        can_retry=True,
    ),
    Cause.TEMPORARY: _Advice(
        _lt("Refused for the moment"),
        _lt("The server cannot take the mail at the moment."),
        _WAIT,
        can_retry=True,
    ),
    Cause.REPLY: _Advice(
        _lt("The server refused"),
        _lt("The server gave a reply that is not known here."),
        _READ_REPLY,
        failure_type="unknown",
    ),
}

# For servers that are not Mailjet's
_OTHER_ADVICE = {
    Cause.LOGIN: _Advice(
        _lt("User name and password refused"),
        _lt("The server does not accept this user name with this password."),
        _lt("Enter both again, and see whether the provider wants a key instead."),
        SERVER,
    ),
    Cause.LOGIN_DEACTIVATED: _Advice(
        _lt("The key is deactivated"),
        _lt("By its own words, the server has switched this key off."),
        _lt("Activate it at the provider, or use another key."),
        SERVER,
    ),
    Cause.SENDER: dataclasses.replace(
        _ADVICE[Cause.SENDER],
        cure=_lt("Send from an address that this server sends for."),
        link=None,
    ),
    Cause.SENDER_DOMAIN: dataclasses.replace(
        _ADVICE[Cause.SENDER_DOMAIN],
        cure=_lt("Validate the domain at the provider, or send from another address."),
        link=None,
    ),
}


# --------------------------------------------------------------------------------------
# Looking it up
# --------------------------------------------------------------------------------------


def diagnose(
    error, secrets=(), *, stage=None, host="", port=0, user="", is_mailjet=True
):
    """Return the `Diagnosis` of an exception raised while connecting or sending.

    :param OSError error: what `smtplib`, `ssl` or `socket` raised
    :param secrets: strings to mask, in case a server repeats them in its reply
    :param Stage stage: where it happened; for most exceptions of smtplib it is known
    :param host, port: the server, for the sentences
    :param str user: the user name, to tell an email address from an API key
    :param bool is_mailjet: the advice may speak of Mailjet's keys and senders
    """
    stage = stage or next((s for kind, s in _STAGES if isinstance(error, kind)), None)
    detail = Masker(secrets).mask(reply_text(error))
    code, text = _reply_of(error)
    if code == -1:  # smtplib's word for something that is no reply
        cause = Cause.NOT_SMTP
    elif code:
        cause = _cause_of_reply(code, text, stage)
    else:
        cause = _cause_of_error(error, stage)
    if cause is Cause.LOGIN and is_mailjet and "@" in user:
        cause = Cause.LOGIN_EMAIL
    return _diagnosis(cause, detail, code, host, port, is_mailjet)


def diagnose_pair(smtp, rest, swapped=None, active=None, *, host=""):
    """Return the `Diagnosis` of a pair of keys tried over SMTP and over REST, or None.

    A reset secret goes on working over SMTP for more than an hour while REST refuses it
    at once: https://documentation.mailjet.com/hc/en-us/articles/360043227053

    :param bool smtp: whether the relay accepts the pair
    :param bool rest: whether REST accepts it
    :param swapped: whether REST accepts the pair the other way round; None: not tried
    :param active: whether the key is active, by REST with another key; None: not known
    """
    if smtp and rest:
        return None
    if smtp:
        cause = Cause.LOGIN_RESET
    elif rest:
        cause = Cause.LOGIN_SMTP_ONLY
    elif swapped:
        cause = Cause.LOGIN_SWAPPED
    elif active is False:
        cause = Cause.LOGIN_DEACTIVATED
    else:
        cause = Cause.LOGIN
    return _diagnosis(cause, host=host)


def reply_text(error):
    """Return "code text" of a server's reply, or the exception's own words."""
    code, text = _reply_of(error)
    return f"{code} {text}" if code else str(error)


def _diagnosis(cause, detail="", code=0, host="", port=0, is_mailjet=True):
    advice = _ADVICE[cause]
    if not is_mailjet:
        advice = _OTHER_ADVICE.get(cause, advice)
    can_retry = advice.can_retry
    if can_retry is None:
        can_retry = 400 <= code < 500
    place = {"host": host, "port": port}
    return Diagnosis(
        cause,
        Words(advice.title),
        Words(advice.reason, place),
        Words(advice.cure, place),
        advice.link,
        can_retry,
        advice.pauses,
        advice.failure_type,
        detail,
    )


def _reply_of(error):
    """Return code and text of the reply in an exception, (0, "") if there is none.

    Of several recipients the first one stands for all.
    """
    code, text = 0, ""
    if isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients:
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return code, text


def _cause_of_error(error, stage):
    if isinstance(error, ssl.SSLCertVerificationError):
        number = getattr(error, "verify_code", None)
        return _CERTIFICATE_ERRORS.get(number, Cause.CERTIFICATE)
    reason = getattr(error, "reason", None)
    if isinstance(error, ssl.SSLError) and reason in _TLS_ERRORS:
        return _TLS_ERRORS[reason]
    text = str(error)
    for row in _ERRORS:
        if (
            isinstance(error, row.kind)
            and (not row.stages or stage in row.stages)
            and row.text in text
        ):
            return row.cause
    return Cause.NETWORK


def _cause_of_reply(code, text, stage):
    match = _ENHANCED.match(text)
    enhanced = (match[2], f"{match[2]}.{match[3]}") if match else ()
    for row in _REPLIES:
        if (
            (not row.codes or code in row.codes)
            and (not row.enhanced or set(row.enhanced) & set(enhanced))
            and not set(row.not_enhanced) & set(enhanced)
            and (not row.stages or stage in row.stages)
            and (not row.text or row.text.search(text))
        ):
            return row.cause
    return Cause.TEMPORARY if 400 <= code < 500 else Cause.REPLY
