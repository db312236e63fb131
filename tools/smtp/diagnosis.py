"""Say in plain words why a mail server refused, failed or did not answer."""

import smtplib
from dataclasses import dataclass, replace

from ..words import Words
from .advice import HOURLY_REASON, advice_for
from .cause import Cause, Scope
from .consequences import consequence_of
from .exceptions import OneWayError, SendApiError, cause_of_error, stage_of
from .replies import cause_of_reply, hourly_limit_in
from .send_api_advice import send_api_advice_for
from .transcript import Masker


@dataclass(frozen=True)
class Diagnosis:
    """Why a conversation failed, how to fix it, and what follows for the email.

    :ivar link: a page of Mailjet's (an https address), one of `advice.SERVER`,
        `SENDERS` and `DOMAIN` for an Odoo screen, or None
    :ivar scope: what the failure is about
    :ivar can_retry: the same email may be accepted later, so it must not fail now
    :ivar pauses: stop sending through this server for a while; every email of the
        account would fail the same way
    :ivar needs_admin: it stays broken until somebody fixes it
    :ivar reconnects: open a new connection and carry on at once
    :ivar hourly_limit: the emails an hour that the server allows, None unless it said
    :ivar failure_type: one of Odoo's
    :ivar detail: what the server or the system said, with secrets masked
    :ivar by_smtp: why the email went by SMTP and not by the Send API, or None
    """

    cause: Cause
    title: Words
    reason: Words
    cure: Words
    link: str | None = None
    scope: Scope = Scope.CONNECTION
    can_retry: bool = False
    pauses: bool = False
    needs_admin: bool = False
    reconnects: bool = False
    hourly_limit: int | None = None
    failure_type: str = "mail_smtp"
    detail: str = ""
    by_smtp: Words | None = None

    @property
    def is_temporary(self) -> bool:
        """Whether it passes without anybody's help."""
        return self.can_retry and not self.needs_admin


def diagnose(
    error, secrets=(), *, stage=None, host="", port=0, user="", is_mailjet=True
):
    """Return the `Diagnosis` of an exception raised while connecting or sending.

    :param error: an exception of `smtplib`, `ssl` or `socket`, an `AddressError`, a
        `HeaderError` or a `SendApiError`
    :param secrets: strings to mask, in case a server repeats them in its reply
    :param Stage stage: where it happened; most exceptions of smtplib imply it
    :param host, port: the server, for the sentences
    :param str user: the user name, to tell an email address from an API key
    :param bool is_mailjet: whether the advice may mention Mailjet's keys and senders
    """
    if isinstance(error, OneWayError):
        options = {"host": host, "port": port, "user": user, "is_mailjet": is_mailjet}
        stage = stage_of(error.error) or stage
        return _of_one_way(
            diagnose(error.error, secrets, stage=stage, **options), error.reason
        )
    stage = stage or stage_of(error)
    code, text = _reply_of(error)
    cause = _cause_of(error, code, text, stage)
    if cause is Cause.LOGIN and is_mailjet and "@" in user:
        cause = Cause.LOGIN_EMAIL
    is_api = isinstance(error, SendApiError)
    if is_api:
        host, port, text = error.host, 443, error.text
    return _diagnosis(
        cause,
        stage=stage,
        code=code,
        text=text,
        detail=Masker(secrets).mask(reply_text(error)),
        place={"host": host, "port": port},
        is_mailjet=is_mailjet,
        is_api=is_api,
    )


def _of_one_way(diagnosis, reason):
    """Return what a failure of one of two ways means: the other needs no pause."""
    pauses = diagnosis.pauses and diagnosis.scope is Scope.ACCOUNT
    return replace(diagnosis, pauses=pauses, by_smtp=reason)


def diagnose_pair(smtp, rest, *, host=""):
    """Return the `Diagnosis` of a pair of keys tried over SMTP and over REST, or None.

    A replaced secret key keeps working over SMTP for more than an hour, while REST
    refuses it at once:
    https://documentation.mailjet.com/hc/en-us/articles/360043227053

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
    return _diagnosis(cause, place={"host": host})


def reply_text(error):
    """Return "code text" of a server's reply, or the exception's own words."""
    code, text = _reply_of(error)
    return f"{code} {text}" if code else str(error)


def _diagnosis(
    cause,
    *,
    stage=None,
    code=0,
    text="",
    detail="",
    place=None,
    is_mailjet=True,
    is_api=False,
):
    advice = send_api_advice_for(cause) if is_api else advice_for(cause, is_mailjet)
    reason, values = advice.reason, {"host": "", "port": 0, **(place or {})}
    limit = hourly_limit_in(text) if cause is Cause.HOURLY_LIMIT else None
    if limit:
        reason, values["limit"] = HOURLY_REASON, limit
    consequence = consequence_of(cause, stage, code)
    return Diagnosis(
        cause,
        Words(advice.title),
        Words(reason, values),
        Words(advice.cure, values),
        advice.link,
        scope=consequence.scope,
        can_retry=consequence.can_retry,
        pauses=consequence.pauses,
        needs_admin=consequence.needs_admin,
        reconnects=consequence.reconnects,
        hourly_limit=limit,
        failure_type=consequence.failure_type,
        detail=detail,
    )


def _cause_of(error, code, text, stage):
    if code == -1:  # smtplib's code for something that is not a reply
        return Cause.NOT_SMTP
    if code:
        return cause_of_reply(code, text, stage)
    return cause_of_error(error, stage)


def _reply_of(error):
    """Return code and text of the reply in an exception, (0, "") if it has none.

    If several recipients were refused, the first stands for all of them.
    """
    code, text = 0, ""
    if isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients:
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return code, text
