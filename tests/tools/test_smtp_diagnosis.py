import smtplib
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.smtp_diagnosis import Cause, diagnose, mask


def ssl_error(kind, reason):
    error = kind(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (socket.gaierror(-2, "Name or service not known"), Cause.UNKNOWN_HOST),
        (TimeoutError("timed out"), Cause.NO_ANSWER),
        (ConnectionRefusedError(111, "Connection refused"), Cause.CONNECTION_REFUSED),
        (ssl_error(ssl.SSLCertVerificationError, "expired"), Cause.CERTIFICATE),
        (ssl_error(ssl.SSLError, "WRONG_VERSION_NUMBER"), Cause.WRONG_SECURITY),
        (ssl_error(ssl.SSLEOFError, "EOF occurred"), Cause.DISCONNECTED),
        (smtplib.SMTPNotSupportedError("STARTTLS not supported"), Cause.NO_STARTTLS),
        (smtplib.SMTPServerDisconnected("Connection closed"), Cause.DISCONNECTED),
        (ConnectionResetError(104, "reset by peer"), Cause.DISCONNECTED),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 failed"), Cause.LOGIN),
        (smtplib.SMTPAuthenticationError(435, b"4.7.8 failed"), Cause.LOGIN),
        (smtplib.SMTPSenderRefused(530, b"5.7.1 login first", "a@b"), Cause.LOGIN),
        (smtplib.SMTPConnectError(421, b"too busy"), Cause.REPLY),
        (smtplib.SMTPHeloError(550, b"not you"), Cause.REPLY),
        (OSError(101, "Network is unreachable"), Cause.NETWORK),
    ],
)
def test_causes(error, cause):
    assert diagnose(error).cause is cause


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


@given(st.text("abc"), st.text("abc", min_size=1))
def test_nothing_of_a_secret_is_left(text, secret):
    assert secret not in mask(f"{text}{secret}{text}", (secret,))


def test_empty_secrets_mask_nothing():
    assert mask("535 refused", ("", None, False)) == "535 refused"
