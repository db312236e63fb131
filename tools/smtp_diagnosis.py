"""Tell from an exception why an SMTP conversation with Mailjet failed."""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from enum import Enum


class Cause(Enum):
    """What stopped the conversation; the words for people are the caller's."""

    UNKNOWN_HOST = "unknown_host"
    NO_ANSWER = "no_answer"
    CONNECTION_REFUSED = "connection_refused"
    CERTIFICATE = "certificate"
    WRONG_SECURITY = "wrong_security"
    NO_STARTTLS = "no_starttls"
    LOGIN = "login"
    DISCONNECTED = "disconnected"
    REPLY = "reply"
    NETWORK = "network"


@dataclass(frozen=True)
class Diagnosis:
    """The cause, and the raw words of the server or of the system beneath it."""

    cause: Cause
    detail: str


# 535 is the answer to a wrong key pair; 435 4.7.8 was seen for the same although its
# class says "try again"; 530 5.7.1 comes when no login was made.
# https://github.com/mailjet/mailjet-gem/issues/14
# https://github.com/mailjet/mailjet-apiv3-php/issues/93
LOGIN_REFUSED_CODES = (435, 530, 535)

# First match counts: the more special class stands before the one it derives from.
# Every exception of smtplib is an OSError too.
CAUSES = (
    (socket.gaierror, Cause.UNKNOWN_HOST),
    (TimeoutError, Cause.NO_ANSWER),
    (ConnectionRefusedError, Cause.CONNECTION_REFUSED),
    (ssl.SSLCertVerificationError, Cause.CERTIFICATE),
    (ssl.SSLEOFError, Cause.DISCONNECTED),
    (ssl.SSLError, Cause.WRONG_SECURITY),
    (smtplib.SMTPNotSupportedError, Cause.NO_STARTTLS),
    (smtplib.SMTPServerDisconnected, Cause.DISCONNECTED),
    (ConnectionError, Cause.DISCONNECTED),
    (smtplib.SMTPResponseException, Cause.REPLY),
)


def diagnose(error, secrets=()):
    """Return the `Diagnosis` of an exception raised while connecting or logging in.

    :param OSError error: what `smtplib`, `ssl` or `socket` raised
    :param secrets: strings to mask, in case a server repeats them in its reply
    """
    cause = next((cause for kind, cause in CAUSES if isinstance(error, kind)), None)
    if getattr(error, "smtp_code", None) in LOGIN_REFUSED_CODES:
        cause = Cause.LOGIN
    return Diagnosis(cause or Cause.NETWORK, mask(reply_text(error), secrets))


def reply_text(error):
    """Return "code text" of a server's reply, or the exception's own words."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        return f"{error.smtp_code} {text}"
    return str(error)


def mask(text, secrets):
    """Replace each of the secrets in the text."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
