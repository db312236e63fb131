"""What can go wrong in an SMTP conversation, and at which stage of it."""

from enum import Enum


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
