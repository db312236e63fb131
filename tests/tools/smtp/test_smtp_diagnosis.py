"""From an exception or a reply to cause, cure and what becomes of the mail."""

import base64
import re
import smtplib
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.smtp import advice_row
from mail_mailjet.tools.smtp import diagnosis as smtp_diagnosis
from mail_mailjet.tools.smtp.address import MalformedAddressError
from mail_mailjet.tools.smtp.cause import Cause, Scope, Stage
from mail_mailjet.tools.smtp.diagnosis import diagnose, diagnose_pair
from mail_mailjet.tools.smtp.exceptions import (
    LoginCharactersError,
    ProtocolError,
    SendApiError,
    StoppedError,
)
from mail_mailjet.tools.smtp.headers import LineEndingError, LineTooLongError
from mail_mailjet.tools.words import Words

FAILURE_TYPES = {
    "mail_from_invalid",
    "mail_email_invalid",
    "mail_bl",
    "mail_spam",
    "mail_smtp",
    "unknown",
}


class Reply(smtplib.SMTPResponseException):
    """A reply whose class says nothing about the stage."""

    def __init__(self, code, text):
        super().__init__(code, text.encode())


def ssl_error(kind, reason="", verify_code=None):
    error = kind(1, reason)
    error.reason = reason
    if verify_code:
        error.verify_code = verify_code
    return error


def certificate_error(number):
    return ssl_error(ssl.SSLCertVerificationError, "CERTIFICATE_VERIFY_FAILED", number)


ERRORS = [
    (socket.gaierror(-2, "Name or service not known"), None, Cause.UNKNOWN_HOST),
    (TimeoutError("timed out"), None, Cause.NO_ANSWER),
    (TimeoutError("timed out"), Stage.RESOLVE, Cause.NAME_TIMEOUT),
    (TimeoutError("timed out"), Stage.CONNECT, Cause.NO_ANSWER),
    (TimeoutError("timed out"), Stage.GREETING, Cause.NO_GREETING),
    (TimeoutError("timed out"), Stage.DATA, Cause.TOO_SLOW),
    (ConnectionRefusedError(111, "refused"), None, Cause.CONNECTION_REFUSED),
    (certificate_error(9), None, Cause.CERTIFICATE_NOT_YET_VALID),
    (certificate_error(10), None, Cause.CERTIFICATE_EXPIRED),
    (certificate_error(18), None, Cause.CERTIFICATE_SELF_SIGNED),
    (certificate_error(19), None, Cause.CERTIFICATE_AUTHORITY),
    (certificate_error(20), None, Cause.CERTIFICATE_AUTHORITY),
    (certificate_error(62), None, Cause.CERTIFICATE_HOST),
    (certificate_error(23), None, Cause.CERTIFICATE),
    (ssl_error(ssl.SSLCertVerificationError), None, Cause.CERTIFICATE),
    (ssl_error(ssl.SSLError, "WRONG_VERSION_NUMBER"), None, Cause.WRONG_SECURITY),
    (ssl_error(ssl.SSLError, "UNSUPPORTED_PROTOCOL"), None, Cause.OLD_TLS),
    (ssl_error(ssl.SSLError, "SSLV3_ALERT_HANDSHAKE_FAILURE"), None, Cause.TLS_FAILED),
    (ssl.SSLError("without a reason"), None, Cause.TLS_FAILED),
    (ssl_error(ssl.SSLEOFError, "EOF occurred"), None, Cause.DISCONNECTED),
    (smtplib.SMTPNotSupportedError("STARTTLS not there"), None, Cause.NO_STARTTLS),
    (smtplib.SMTPNotSupportedError("SMTP AUTH not there"), None, Cause.NO_AUTH),
    (smtplib.SMTPNotSupportedError("SMTPUTF8 not there"), None, Cause.NO_SMTPUTF8),
    (
        smtplib.SMTPException("No suitable authentication method found."),
        None,
        Cause.MECHANISM,
    ),
    (smtplib.SMTPServerDisconnected("closed"), None, Cause.DISCONNECTED),
    (smtplib.SMTPServerDisconnected("closed: timed out"), None, Cause.TOO_SLOW),
    (ConnectionResetError(104, "reset by peer"), None, Cause.DISCONNECTED),
    (BrokenPipeError(32, "broken pipe"), None, Cause.DISCONNECTED),
    (OSError(101, "Network is unreachable"), None, Cause.NETWORK),
    (StoppedError("stopped"), Stage.CONNECT, Cause.STOPPED),
    (ProtocolError("babble"), Stage.EHLO, Cause.NOT_SMTP),
    (smtplib.SMTPConnectError(-1, b"babble"), None, Cause.NOT_SMTP),
    (LoginCharactersError("x"), Stage.AUTH, Cause.LOGIN_CHARACTERS),
    (MalformedAddressError("x", Words("no address")), None, Cause.INVALID_ADDRESS),
    (LineTooLongError("Subject", Words("too long")), None, Cause.LINE_TOO_LONG),
    (LineEndingError("Subject", Words("a lone CR")), None, Cause.LINE_ENDING),
]


@pytest.mark.parametrize(("error", "stage", "cause"), ERRORS)
def test_errors(error, stage, cause):
    assert diagnose(error, stage=stage).cause is cause


ANY = None
# stage, code, text, cause; whether the mail may go later, whether all mail waits
REPLIES = [
    # login
    (Stage.AUTH, 535, "5.7.8 Error: authentication failed", Cause.LOGIN),
    (Stage.AUTH, 435, "4.7.8 Error: authentication failed", Cause.LOGIN),
    (Stage.AUTH, 454, "4.7.8 Error: authentication failed", Cause.LOGIN),
    (Stage.AUTH, 535, "Authentication failed", Cause.LOGIN),
    (Stage.AUTH, 535, "5.7.8 This API key is deactivated", Cause.LOGIN_DEACTIVATED),
    (Stage.AUTH, 454, "4.7.0 Temporary failure", Cause.LOGIN_TEMPORARY),
    (Stage.AUTH, 534, "5.7.9 mechanism is too weak", Cause.MECHANISM),
    (Stage.AUTH, 538, "5.7.11 Encryption required", Cause.TLS_REQUIRED),
    (Stage.AUTH, 421, "4.7.0 Error: too many errors", Cause.TEMPORARY),
    (Stage.MAIL, 530, "5.7.1 Authentication required", Cause.LOGIN_MISSING),
    (Stage.MAIL, 530, "5.7.0 Must issue STARTTLS first", Cause.TLS_REQUIRED),
    (Stage.DATA, 554, "5.7.1 Encrypted attachments are spam", Cause.CONTENT),
    (Stage.TLS, 500, "Line too long.", Cause.NOT_SMTP),
    # TLS
    (Stage.TLS, 454, "4.7.0 TLS not available", Cause.TLS_UNAVAILABLE),
    (Stage.TLS, 454, "Temporary failure", Cause.TLS_UNAVAILABLE),
    (Stage.TLS, 451, "4.3.0 Local error", Cause.TLS_UNAVAILABLE),
    (ANY, 454, "TLS not available due to temporary reason", Cause.TLS_UNAVAILABLE),
    (Stage.TLS, 502, "5.5.1 no", Cause.STARTTLS_REFUSED),
    # the account
    (Stage.AUTH, 535, "Your account has been suspended", Cause.SUSPENDED),
    (Stage.MAIL, 550, "5.7.1 Account blocked, see support", Cause.SUSPENDED),
    (Stage.DATA, 554, "Suspended account", Cause.SUSPENDED),
    (Stage.MAIL, 550, "5.7.1 Your account is under review", Cause.UNREVIEWED),
    (Stage.DATA, 550, "Sandbox account: not delivered", Cause.UNREVIEWED),
    (Stage.MAIL, 452, "4.7.1 Daily sending limit reached", Cause.LIMIT_REACHED),
    (Stage.DATA, 550, "5.7.1 Monthly quota exceeded", Cause.LIMIT_REACHED),
    (Stage.DATA, 552, "You have exceeded your daily quota", Cause.LIMIT_REACHED),
    (Stage.MAIL, 450, "4.7.1 Hourly limit reached", Cause.HOURLY_LIMIT),
    (Stage.MAIL, 451, "4.7.1 Rate limit exceeded, slow down", Cause.THROTTLED),
    (Stage.GREETING, 421, "4.7.0 Too many connections", Cause.TOO_MANY_CONNECTIONS),
    (Stage.MAIL, 421, "Too many messages on this connection", Cause.SESSION_ENDED),
    (Stage.MAIL, 550, "5.7.1 Throttled", Cause.THROTTLED),
    # the recipient's account
    (Stage.RCPT, 550, "5.2.1 The email account is disabled", Cause.RECIPIENT_DISABLED),
    (ANY, 550, "5.2.1 The email account is disabled", Cause.RECIPIENT_DISABLED),
    (Stage.RCPT, 550, "5.2.1 Not here any more", Cause.RECIPIENT_DISABLED),
    (Stage.RCPT, 450, "4.2.1 Not now", Cause.TEMPORARY),
    (Stage.RCPT, 450, "4.2.1 User is receiving too quickly", Cause.RECIPIENT_BUSY),
    # senders
    (Stage.MAIL, 550, "5.7.1 Sender not allowed", Cause.SENDER),
    (Stage.MAIL, 553, "no", Cause.SENDER),
    (Stage.MAIL, 501, "5.1.7 Bad sender address syntax", Cause.SENDER),
    (Stage.DATA, 554, "5.7.1 The From address is not validated", Cause.SENDER),
    (Stage.RCPT, 550, "5.1.8 Sender address rejected: no domain", Cause.SENDER),
    (ANY, 550, "5.7.1 unverified sender", Cause.SENDER),
    (Stage.MAIL, 550, "Domain example.com is not verified", Cause.SENDER_DOMAIN),
    (Stage.DATA, 550, "unverified domain", Cause.SENDER_DOMAIN),
    # recipients
    (Stage.RCPT, 550, "5.1.1 User unknown", Cause.RECIPIENT),
    (Stage.RCPT, 553, "no such address", Cause.RECIPIENT),
    (ANY, 550, "5.1.1 User unknown", Cause.RECIPIENT),
    (Stage.RCPT, 550, "5.7.1 for a reason of ours", Cause.REPLY),
    (Stage.RCPT, 554, "5.7.1 Relay access denied", Cause.RELAY_DENIED),
    (Stage.RCPT, 550, "Recipient is on the suppression list", Cause.RECIPIENT_BLOCKED),
    (Stage.RCPT, 452, "4.2.2 Mailbox full", Cause.MAILBOX_FULL),
    (Stage.RCPT, 552, "5.2.2 Over quota", Cause.MAILBOX_FULL),
    (Stage.RCPT, 452, "4.5.3 Too many recipients", Cause.TOO_MANY_RECIPIENTS),
    (Stage.RCPT, 452, "Too many recipients", Cause.TOO_MANY_RECIPIENTS),
    (Stage.RCPT, 553, "5.6.7 SMTPUTF8 not offered", Cause.NO_SMTPUTF8),
    # this machine
    (Stage.GREETING, 554, "5.7.1 No service", Cause.CLIENT_REFUSED),
    (Stage.MAIL, 554, "5.7.1 Client host [192.0.2.1] rejected", Cause.CLIENT_REFUSED),
    (Stage.RCPT, 554, "5.7.1 blocked using zen.spamhaus.org", Cause.CLIENT_REFUSED),
    (Stage.RCPT, 504, "5.5.2 <x>: Helo command rejected", Cause.CLIENT_REFUSED),
    (Stage.DATA, 554, "5.7.1 URL listed by Spamhaus DBL", Cause.CONTENT),
    # the rules of mailbox providers
    (ANY, 550, "5.7.26 This mail has been blocked", Cause.AUTHENTICATION_REQUIRED),
    (Stage.DATA, 550, "5.7.20 No passing DKIM", Cause.DKIM_REQUIRED),
    (Stage.DATA, 421, "4.7.31 Set up DMARC. - gsmtp", Cause.DMARC_REQUIRED),
    (Stage.DATA, 550, "5.7.22 No valid author DKIM", Cause.ALIGNMENT_REQUIRED),
    (ANY, 550, "Reject due to SPF policy", Cause.SPF_REQUIRED),
    (Stage.MAIL, 550, "5.7.27 Sender has null MX", Cause.SENDER_CANNOT_RECEIVE),
    (ANY, 550, "5.7.25 Reverse DNS failed", Cause.SENDING_HOST),
    (ANY, 421, "4.7.0 [TSS04] Messages deferred", Cause.COMPLAINTS),
    (ANY, 421, "OFR004_104 Too many connections", Cause.RECEIVER_LIMIT),
    # the message
    (Stage.MAIL, 552, "5.3.4 Message size exceeds fixed limit", Cause.TOO_LARGE),
    (Stage.MAIL, 552, "Message size exceeds limit of 15728640", Cause.TOO_LARGE),
    (Stage.DATA, 552, "Error: Too much mail data", Cause.TOO_LARGE),
    (Stage.DATA, 554, "Message is too large", Cause.TOO_LARGE),
    (Stage.DATA, 554, "5.7.1 Looks like spam", Cause.CONTENT),
    (Stage.DATA, 550, "Virus found", Cause.CONTENT),
    (Stage.DATA, 554, "5.6.0 Malformed header", Cause.INVALID_HEADER),
    (Stage.DATA, 554, "5.6.0 Invalid header", Cause.INVALID_HEADER),
    (Stage.DATA, 554, "Message header size exceeds limit", Cause.INVALID_HEADER),
    (Stage.DATA, 550, "Messages should have one From header", Cause.REPLY),
    (Stage.DATA, 550, "5.7.1 Missing Date header", Cause.INVALID_HEADER),
    (Stage.DATA, 554, "5.7.1 Spam: not RFC 5322 compliant", Cause.INVALID_HEADER),
    (Stage.DATA, 521, "5.5.2 Error: bare <LF> received", Cause.LINE_ENDING),
    (Stage.DATA, 550, "Bare carriage return in body", Cause.LINE_ENDING),
    (Stage.DATA, 451, "See http://pobox.com/~djb/docs/smtplf.html", Cause.LINE_ENDING),
    (Stage.DATA, 500, "Line too long", Cause.LINE_TOO_LONG),
    (Stage.DATA, 554, "5.6.0 Header line is too long", Cause.LINE_TOO_LONG),
    (Stage.DATA, 554, "5.6.1 Media not supported", Cause.MESSAGE_FORMAT),
    (Stage.DATA, 554, "5.0.0 Transaction failed", Cause.REPLY),
    # all else
    (Stage.RCPT, 450, "4.2.0 Greylisted", Cause.GREYLISTED),
    (Stage.RCPT, 451, "4.7.1 Graylisting in action", Cause.GREYLISTED),
    (Stage.RCPT, 451, "4.7.1 Try later", Cause.TEMPORARY),
    (Stage.GREETING, 421, "Too busy", Cause.TEMPORARY),
    (Stage.DATA, 452, "4.3.1 Insufficient system storage", Cause.TEMPORARY),
    (Stage.EHLO, 550, "no", Cause.SESSION_REFUSED),
    (Stage.AUTH, 500, "5.5.2 what?", Cause.SESSION_REFUSED),
    (Stage.MAIL, 503, "5.5.1 Bad sequence", Cause.REPLY),
    (ANY, 550, "no", Cause.REPLY),
    (ANY, 250, "what is this?", Cause.REPLY),
]


@pytest.mark.parametrize(("stage", "code", "text", "cause"), REPLIES)
def test_replies(stage, code, text, cause):
    diagnosis = diagnose(Reply(code, text), stage=stage)
    assert diagnosis.cause is cause
    assert diagnosis.detail == f"{code} {text}"


# Columns: scope, retry, pause, administrator, Odoo's failure type, link
CONSEQUENCES = {
    Cause.LOGIN: (Scope.ACCOUNT, True, True, True, "mail_smtp", advice_row.API_KEYS),
    Cause.SUSPENDED: (
        *(Scope.ACCOUNT, True, True, True, "mail_smtp", advice_row.HELP_THROTTLED),
    ),
    Cause.LIMIT_REACHED: (
        *(Scope.ACCOUNT, True, True, False, "mail_smtp", advice_row.HELP_FREE_PLAN),
    ),
    Cause.HOURLY_LIMIT: (
        *(Scope.ACCOUNT, True, True, False, "mail_smtp", advice_row.HELP_THROTTLED),
    ),
    Cause.THROTTLED: (
        *(Scope.ACCOUNT, True, True, False, "mail_smtp", advice_row.HELP_THROTTLED),
    ),
    Cause.DISCONNECTED: (Scope.CONNECTION, True, False, False, "mail_smtp", None),
    Cause.NO_ANSWER: (Scope.CONNECTION, True, False, False, "mail_smtp", "server"),
    Cause.TOO_SLOW: (Scope.CONNECTION, True, False, False, "mail_smtp", None),
    Cause.TLS_UNAVAILABLE: (Scope.CONNECTION, True, False, False, "mail_smtp", None),
    Cause.SESSION_ENDED: (Scope.CONNECTION, True, False, False, "mail_smtp", None),
    Cause.CERTIFICATE_EXPIRED: (Scope.CONNECTION, True, True, True, "mail_smtp", None),
    Cause.SENDER: (Scope.SENDER, False, False, False, "mail_from_invalid", "senders"),
    Cause.SENDER_DOMAIN: (
        *(Scope.SENDER, False, False, False, "mail_from_invalid", "domain"),
    ),
    Cause.GREYLISTED: (Scope.RECIPIENT, True, False, False, "mail_smtp", None),
    Cause.RECIPIENT: (Scope.RECIPIENT, False, False, False, "mail_email_invalid", None),
    Cause.RECIPIENT_BLOCKED: (
        *(Scope.RECIPIENT, False, False, False, "mail_bl", advice_row.HELP_BLOCKED),
    ),
    Cause.TOO_MANY_RECIPIENTS: (Scope.MESSAGE, True, False, False, "mail_smtp", None),
    Cause.CONTENT: (Scope.MESSAGE, False, False, False, "mail_spam", None),
    Cause.INVALID_HEADER: (Scope.MESSAGE, False, False, False, "unknown", None),
    Cause.TEMPORARY: (Scope.MESSAGE, True, False, False, "mail_smtp", None),
    Cause.REPLY: (Scope.MESSAGE, False, False, False, "unknown", None),
}


@pytest.mark.parametrize("cause", CONSEQUENCES)
def test_consequences(cause):
    diagnosis = smtp_diagnosis._diagnosis(cause)
    assert CONSEQUENCES[cause] == (
        diagnosis.scope,
        diagnosis.can_retry,
        diagnosis.pauses,
        diagnosis.needs_admin,
        diagnosis.failure_type,
        diagnosis.link,
    )


@pytest.mark.parametrize("cause", Cause)
def test_only_what_is_about_the_email_fails_it(cause):
    is_api = cause in API_CAUSES
    diagnosis = smtp_diagnosis._diagnosis(cause, code=550, is_api=is_api)
    if diagnosis.scope in (Scope.ACCOUNT, Scope.CONNECTION):
        assert diagnosis.can_retry
    else:
        assert not diagnosis.pauses
    if diagnosis.needs_admin:
        assert diagnosis.pauses and not diagnosis.is_temporary
    assert diagnosis.reconnects is (cause is Cause.SESSION_ENDED)


@pytest.mark.parametrize(("code", "can_retry"), [(452, True), (552, False)])
def test_the_class_of_the_code_decides_where_the_cause_does_not(code, can_retry):
    diagnosis = diagnose(Reply(code, "Mailbox full"), stage=Stage.RCPT)
    assert diagnosis.cause is Cause.MAILBOX_FULL
    assert diagnosis.can_retry is diagnosis.is_temporary is can_retry


@pytest.mark.parametrize(
    ("code", "stage", "scope"),
    [
        (550, Stage.MAIL, Scope.SENDER),
        (450, Stage.RCPT, Scope.RECIPIENT),
        (450, Stage.DATA, Scope.MESSAGE),
        (450, None, Scope.MESSAGE),
        (450, Stage.EHLO, Scope.CONNECTION),
        (421, Stage.RCPT, Scope.CONNECTION),
    ],
)
def test_the_stage_decides_the_scope_where_the_cause_does_not(code, stage, scope):
    assert diagnose(Reply(code, "5.5.9 no"), stage=stage).scope is scope


# Only the Send API has them; test_send_answer.py has their answers
API_CAUSES = {
    Cause.NOT_API,
    Cause.API_UNAVAILABLE,
    Cause.API_ANSWER,
    Cause.API_REFUSED,
    Cause.NOT_CARRIED,
    Cause.OTHER_RECIPIENT,
}


@pytest.mark.parametrize(
    ("cause", "way"),
    [
        (cause, way)
        for cause in Cause
        for way in ("mailjet", "other", "api")
        if way == "api" or cause not in API_CAUSES
    ],
)
def test_every_cause_has_all_its_words(cause, way):
    place = {"host": "in.example.com", "port": 587}
    diagnosis = smtp_diagnosis._diagnosis(
        cause, place=place, is_mailjet=way != "other", is_api=way == "api"
    )
    for words in (diagnosis.title, diagnosis.reason, diagnosis.cure):
        assert str(words) and "%" not in str(words)
    assert str(diagnosis.reason).endswith(".") and str(diagnosis.cure).endswith(".")
    assert diagnosis.failure_type in FAILURE_TYPES
    assert diagnosis.link in (None, "server", "senders", "domain") or re.match(
        r"https://[a-z]+\.mailjet\.com/", diagnosis.link
    )
    assert diagnosis.can_retry or not diagnosis.pauses


def test_every_cause_is_tested():
    """Apart from those of `diagnose_pair` and the one that needs the user name."""
    tested = {row[-1] for row in ERRORS} | {row[-1] for row in REPLIES}
    assert {*Cause} - tested == {
        Cause.LOGIN_EMAIL,
        Cause.LOGIN_RESET,
        Cause.LOGIN_SMTP_ONLY,
        *API_CAUSES,
    }


def test_an_error_of_the_send_api_says_where_and_what():
    error = SendApiError(Cause.NO_ANSWER, "no connection in time", "api.mailjet.com")
    diagnosis = diagnose(error, host="in-v3.mailjet.com", port=587)
    assert str(diagnosis.reason) == "api.mailjet.com does not answer on port 443."
    assert "587" not in str(diagnosis.cure) and not diagnosis.link
    assert diagnosis.detail == "no connection in time"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (smtplib.SMTPSenderRefused(550, b"no", "a@b"), Cause.SENDER),
        (smtplib.SMTPSenderRefused(530, b"5.7.1 login", "a@b"), Cause.LOGIN_MISSING),
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no")}), Cause.RECIPIENT),
        (smtplib.SMTPRecipientsRefused({}), Cause.NETWORK),
        (smtplib.SMTPDataError(554, b"spam"), Cause.CONTENT),
        (smtplib.SMTPConnectError(554, b"no"), Cause.CLIENT_REFUSED),
        (smtplib.SMTPAuthenticationError(534, b"no"), Cause.MECHANISM),
        # What smtplib raises when STARTTLS is refused
        (smtplib.SMTPResponseException(454, b"Not now"), Cause.TLS_UNAVAILABLE),
        (smtplib.SMTPResponseException(502, b"no"), Cause.STARTTLS_REFUSED),
    ],
)
def test_smtplibs_exceptions_imply_the_stage(error, cause):
    assert diagnose(error).cause is cause


def test_an_email_address_as_user_name():
    error = smtplib.SMTPAuthenticationError(535, b"5.7.8 failed")
    assert diagnose(error, user="me@example.com").cause is Cause.LOGIN_EMAIL
    other = diagnose(error, user="me@example.com", is_mailjet=False)
    assert other.cause is Cause.LOGIN
    assert "Mailjet" not in f"{other.reason}{other.cure}"


def test_a_refused_sender_elsewhere():
    error = smtplib.SMTPSenderRefused(550, b"no", "a@b")
    other = diagnose(error, is_mailjet=False)
    assert "Mailjet" not in str(other.cure) and other.link is None
    assert other.failure_type == "mail_from_invalid"


@pytest.mark.parametrize(
    ("smtp", "rest", "cause"),
    [
        (True, True, None),
        (True, False, Cause.LOGIN_RESET),
        (False, True, Cause.LOGIN_SMTP_ONLY),
        (False, False, Cause.LOGIN),
    ],
)
def test_a_pair_tried_both_ways(smtp, rest, cause):
    diagnosis = diagnose_pair(smtp, rest, host="in.example.com")
    assert (diagnosis and diagnosis.cause) is cause


def test_the_place_is_named():
    diagnosis = diagnose(TimeoutError(), host="in.example.com", port=2525)
    assert "in.example.com" in str(diagnosis.reason)
    assert "2525" in str(diagnosis.reason)


def test_the_reply_is_kept_with_its_code():
    error = smtplib.SMTPAuthenticationError(535, b"5.7.8 Error: failed")
    assert diagnose(error).detail == "535 5.7.8 Error: failed"


def test_a_reply_in_no_known_encoding():
    assert "534" in diagnose(smtplib.SMTPResponseException(534, b"\xff\xfe")).detail


def test_other_words_are_kept():
    assert "unreachable" in diagnose(OSError(101, "Network is unreachable")).detail


def test_a_server_that_repeats_the_secrets():
    error = smtplib.SMTPAuthenticationError(535, b"no key ABC with secret XYZ")
    assert diagnose(error, ("XYZ", "ABC")).detail == "535 no key *** with secret ***"


SECRET = "secret-of-the-account"


@given(
    st.integers(-1, 999),
    st.one_of(st.text(), st.binary()),
    st.sampled_from(["", SECRET, base64.b64encode(SECRET.encode()).decode()]),
    st.sampled_from([*Stage, None]),
    st.booleans(),
)
def test_whatever_a_server_says(code, text, secret, stage, is_mailjet):
    text += secret if isinstance(text, str) else secret.encode()
    error = smtplib.SMTPResponseException(code, text)
    diagnosis = diagnose(error, (SECRET,), stage=stage, is_mailjet=is_mailjet)
    assert str(diagnosis.title) and str(diagnosis.reason) and str(diagnosis.cure)
    assert not secret or secret not in repr(diagnosis)
