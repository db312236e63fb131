"""What follows from each cause: whom it concerns, and whether to try again."""

from dataclasses import dataclass, replace

from .cause import Cause, Scope, Stage


@dataclass(frozen=True)
class Consequence:
    """A row: see `Diagnosis` for what the columns mean.

    A `scope` of None depends on the stage; a `can_retry` of None depends on the class
    of the reply's code.
    """

    scope: Scope | None
    can_retry: bool | None = False
    pauses: bool = False
    needs_admin: bool = False
    reconnects: bool = False
    failure_type: str = "mail_smtp"


# A failure that is not about the email itself must never fail the email: either it
# passes by itself, or the server pauses until somebody has fixed it.
_PASSES = Consequence(Scope.CONNECTION, can_retry=True)
_SETUP = replace(_PASSES, pauses=True, needs_admin=True)
_ACCOUNT = replace(_SETUP, scope=Scope.ACCOUNT)
_LIMIT = replace(_ACCOUNT, needs_admin=False)

_FROM_INVALID = Consequence(Scope.SENDER, failure_type="mail_from_invalid")
_EMAIL_INVALID = Consequence(Scope.RECIPIENT, failure_type="mail_email_invalid")
_MESSAGE = Consequence(Scope.MESSAGE, failure_type="unknown")
# One provider's rule: email to the others may pass
_RULE = Consequence(Scope.MESSAGE, can_retry=None, failure_type="mail_spam")

CONSEQUENCES = {
    # The connection
    Cause.UNKNOWN_HOST: _PASSES,
    Cause.NAME_TIMEOUT: _PASSES,
    Cause.NO_ANSWER: _PASSES,
    Cause.CONNECTION_REFUSED: _PASSES,
    Cause.NETWORK: _PASSES,
    Cause.NO_GREETING: _PASSES,
    Cause.TOO_SLOW: _PASSES,
    Cause.DISCONNECTED: _PASSES,
    Cause.NOT_SMTP: _SETUP,
    Cause.STOPPED: replace(_PASSES, failure_type="unknown"),
    Cause.CLIENT_REFUSED: _SETUP,
    Cause.TOO_MANY_CONNECTIONS: _PASSES,
    Cause.SESSION_ENDED: replace(_PASSES, reconnects=True),
    Cause.SESSION_REFUSED: _SETUP,
    # Encryption
    Cause.CERTIFICATE: _SETUP,
    Cause.CERTIFICATE_EXPIRED: _SETUP,
    Cause.CERTIFICATE_NOT_YET_VALID: _SETUP,
    Cause.CERTIFICATE_HOST: _SETUP,
    Cause.CERTIFICATE_SELF_SIGNED: _SETUP,
    Cause.CERTIFICATE_AUTHORITY: _SETUP,
    Cause.WRONG_SECURITY: _SETUP,
    Cause.NO_STARTTLS: _SETUP,
    Cause.STARTTLS_REFUSED: _SETUP,
    Cause.OLD_TLS: _SETUP,
    Cause.TLS_FAILED: _SETUP,
    Cause.TLS_REQUIRED: _SETUP,
    Cause.TLS_UNAVAILABLE: _PASSES,
    # Login
    Cause.LOGIN: _ACCOUNT,
    Cause.LOGIN_EMAIL: _ACCOUNT,
    Cause.LOGIN_RESET: _ACCOUNT,
    Cause.LOGIN_SMTP_ONLY: _ACCOUNT,
    Cause.LOGIN_DEACTIVATED: _ACCOUNT,
    Cause.LOGIN_CHARACTERS: _ACCOUNT,
    Cause.LOGIN_MISSING: _ACCOUNT,
    Cause.LOGIN_TEMPORARY: _PASSES,
    Cause.NO_AUTH: _SETUP,
    Cause.MECHANISM: _SETUP,
    # The account
    Cause.SUSPENDED: _ACCOUNT,
    Cause.UNREVIEWED: _ACCOUNT,
    Cause.LIMIT_REACHED: _LIMIT,
    Cause.HOURLY_LIMIT: _LIMIT,
    Cause.THROTTLED: _LIMIT,
    # The sender
    Cause.SENDER: _FROM_INVALID,
    Cause.SENDER_DOMAIN: _FROM_INVALID,
    Cause.RELAY_DENIED: Consequence(Scope.SENDER),
    # The rules of mailbox providers
    Cause.DKIM_REQUIRED: _RULE,
    Cause.DMARC_REQUIRED: _RULE,
    Cause.SPF_REQUIRED: _RULE,
    Cause.ALIGNMENT_REQUIRED: _RULE,
    Cause.AUTHENTICATION_REQUIRED: _RULE,
    Cause.SENDER_CANNOT_RECEIVE: _RULE,
    Cause.SENDING_HOST: _RULE,
    Cause.COMPLAINTS: _RULE,
    Cause.RECEIVER_LIMIT: _RULE,
    # The recipient
    Cause.RECIPIENT: _EMAIL_INVALID,
    Cause.RECIPIENT_DISABLED: replace(_EMAIL_INVALID, can_retry=None),
    Cause.RECIPIENT_BLOCKED: replace(_EMAIL_INVALID, failure_type="mail_bl"),
    Cause.RECIPIENT_BUSY: Consequence(Scope.RECIPIENT, can_retry=True),
    Cause.MAILBOX_FULL: Consequence(Scope.RECIPIENT, can_retry=None),
    Cause.NO_SMTPUTF8: _EMAIL_INVALID,
    Cause.INVALID_ADDRESS: _EMAIL_INVALID,
    # The message
    # RFC 5321 section 4.5.3.1.10: the recipients left over go in another transaction.
    Cause.TOO_MANY_RECIPIENTS: Consequence(Scope.MESSAGE, can_retry=True),
    Cause.TOO_LARGE: _MESSAGE,
    Cause.CONTENT: replace(_MESSAGE, failure_type="mail_spam"),
    Cause.INVALID_HEADER: _MESSAGE,
    Cause.LINE_TOO_LONG: _MESSAGE,
    Cause.LINE_ENDING: _MESSAGE,
    Cause.MESSAGE_FORMAT: _MESSAGE,
    # The Send API
    Cause.NOT_API: _SETUP,
    Cause.API_UNAVAILABLE: _PASSES,
    Cause.API_ANSWER: _PASSES,
    Cause.API_REFUSED: _SETUP,
    Cause.NOT_CARRIED: _MESSAGE,
    Cause.OTHER_RECIPIENT: Consequence(Scope.MESSAGE, can_retry=True),
    # Anything else
    Cause.GREYLISTED: Consequence(Scope.RECIPIENT, can_retry=True),
    Cause.TEMPORARY: Consequence(None, can_retry=True),
    Cause.REPLY: Consequence(None, failure_type="unknown"),
}

_SCOPES = {
    Stage.MAIL: Scope.SENDER,
    Stage.RCPT: Scope.RECIPIENT,
    Stage.DATA: Scope.MESSAGE,
    Stage.QUEUED: Scope.MESSAGE,
    None: Scope.MESSAGE,
}


def consequence_of(cause, stage, code):
    """Return the `Consequence` of a cause with nothing left open.

    :param Stage stage: where it happened, None if not known
    :param int code: of the reply, 0 if there was none
    """
    consequence = CONSEQUENCES[cause]
    scope = consequence.scope
    if not scope:
        # 421 announces that the server closes the connection: RFC 5321 section 3.8
        scope = _SCOPES.get(stage) if code != 421 else None
    can_retry = consequence.can_retry
    if can_retry is None:
        can_retry = 400 <= code < 500
    return replace(consequence, scope=scope or Scope.CONNECTION, can_retry=can_retry)
