"""Our own exceptions, and which exception of a connection means what."""

import smtplib
import socket
import ssl
from dataclasses import dataclass

from .address import AddressError
from .cause import Cause, Stage
from .headers import LineEndingError, LineTooLongError


class ProtocolError(smtplib.SMTPException):
    """The server sent something that is not SMTP."""


class StoppedError(OSError):
    """The caller stopped the conversation."""


class LoginCharactersError(smtplib.SMTPException):
    """User name or password contain characters that an SMTP login cannot carry."""


class SendApiError(OSError):
    """Mailjet's Send API refused a mail, or did not answer; `cause` says why.

    It takes the place of smtplib's exceptions where mail goes by the API. `host` is
    where the API is, and `text` what it said.
    """

    def __init__(self, cause, text="", host=""):
        super().__init__(cause, text, host)
        self.cause = cause
        self.text = text
        self.host = host

    def __str__(self):
        return self.text


class OneWayError(OSError):
    """One of two ways to hand mails over failed; the other may still work.

    `error` says why. `reason` are the `Words` why these mails did not go the other way,
    None where this way was chosen for them.
    """

    def __init__(self, error, reason=None):
        super().__init__(*error.args)
        self.error = error
        self.reason = reason

    def __str__(self):
        return str(self.error)


# https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
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
# OpenSSL's reasons; a server that does not speak TLS gets several, by version
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
    """A row: an exception of this class whose words contain `text`.

    If `stages` are named, it must have happened at one of them.
    """

    kind: type
    cause: Cause
    stages: tuple = ()
    text: str = ""


# The first match counts, so a subclass comes before its base; the exceptions of smtplib
# and ssl are all OSErrors. The texts are smtplib's.
_ERRORS = (
    _Error(AddressError, Cause.INVALID_ADDRESS),
    _Error(LineTooLongError, Cause.LINE_TOO_LONG),
    _Error(LineEndingError, Cause.LINE_ENDING),
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

_STAGES = {
    smtplib.SMTPSenderRefused: Stage.MAIL,
    smtplib.SMTPRecipientsRefused: Stage.RCPT,
    smtplib.SMTPDataError: Stage.DATA,
    smtplib.SMTPAuthenticationError: Stage.AUTH,
    smtplib.SMTPHeloError: Stage.EHLO,
    smtplib.SMTPConnectError: Stage.GREETING,
}


def stage_of(error):
    """Return the `Stage` that the class of one of smtplib's exceptions implies."""
    if type(error) is smtplib.SMTPResponseException:
        return Stage.TLS  # smtplib raises the base class only for STARTTLS
    return next((s for kind, s in _STAGES.items() if isinstance(error, kind)), None)


def cause_of_error(error, stage):
    """Return the `Cause` of an exception that has no reply of the server."""
    if isinstance(error, SendApiError):
        return error.cause
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
