"""Say in plain words why a mail server refused, failed or did not answer."""

import smtplib
from dataclasses import dataclass

from ..words import Words
from .advice import advice_for
from .cause import Cause
from .exceptions import cause_of_error, stage_of
from .replies import cause_of_reply
from .transcript import Masker


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
    stage = stage or stage_of(error)
    detail = Masker(secrets).mask(reply_text(error))
    code, text = _reply_of(error)
    if code == -1:  # smtplib's word for something that is no reply
        cause = Cause.NOT_SMTP
    elif code:
        cause = cause_of_reply(code, text, stage)
    else:
        cause = cause_of_error(error, stage)
    if cause is Cause.LOGIN and is_mailjet and "@" in user:
        cause = Cause.LOGIN_EMAIL
    return _diagnosis(cause, detail, code, host, port, is_mailjet)


def diagnose_pair(smtp, rest, *, host=""):
    """Return the `Diagnosis` of a pair of keys tried over SMTP and over REST, or None.

    A reset secret keeps working over SMTP for more than an hour while REST refuses it
    at once: https://documentation.mailjet.com/hc/en-us/articles/360043227053

    :param bool smtp: whether the relay accepts the pair
    :param bool rest: whether REST accepts it
    """
    if smtp and rest:
        return None
    if smtp:
        cause = Cause.LOGIN_RESET
    elif rest:
        cause = Cause.LOGIN_SMTP_ONLY
    else:
        cause = Cause.LOGIN
    return _diagnosis(cause, host=host)


def reply_text(error):
    """Return "code text" of a server's reply, or the exception's own words."""
    code, text = _reply_of(error)
    return f"{code} {text}" if code else str(error)


def _diagnosis(cause, detail="", code=0, host="", port=0, is_mailjet=True):
    advice = advice_for(cause, is_mailjet)
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
