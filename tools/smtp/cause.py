"""What can go wrong on the way to Mailjet, at which stage, and whom it concerns."""

from enum import Enum


class Stage(Enum):
    """How far a conversation got."""

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


class Scope(Enum):
    """What a failure is about, and so how much else it stops."""

    RECIPIENT = "recipient"  # one address
    MESSAGE = "message"  # one email, for all its recipients
    SENDER = "sender"  # every email from this address or domain
    ACCOUNT = "account"  # every email of the account
    CONNECTION = "connection"  # every email through this server


class Cause(Enum):
    """Why a conversation failed."""

    # The connection
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
    CLIENT_REFUSED = "client_refused"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    SESSION_ENDED = "session_ended"
    SESSION_REFUSED = "session_refused"
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
    TLS_UNAVAILABLE = "tls_unavailable"
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
    HOURLY_LIMIT = "hourly_limit"
    THROTTLED = "throttled"
    # The sender
    SENDER = "sender"
    SENDER_DOMAIN = "sender_domain"
    RELAY_DENIED = "relay_denied"
    # The rules of mailbox providers
    DKIM_REQUIRED = "dkim_required"
    DMARC_REQUIRED = "dmarc_required"
    SPF_REQUIRED = "spf_required"
    ALIGNMENT_REQUIRED = "alignment_required"
    AUTHENTICATION_REQUIRED = "authentication_required"
    SENDER_CANNOT_RECEIVE = "sender_cannot_receive"
    SENDING_HOST = "sending_host"
    COMPLAINTS = "complaints"
    RECEIVER_LIMIT = "receiver_limit"
    # The recipient
    RECIPIENT = "recipient"
    RECIPIENT_DISABLED = "recipient_disabled"
    RECIPIENT_BLOCKED = "recipient_blocked"
    RECIPIENT_BUSY = "recipient_busy"
    MAILBOX_FULL = "mailbox_full"
    NO_SMTPUTF8 = "no_smtputf8"
    INVALID_ADDRESS = "invalid_address"
    # The message
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    TOO_LARGE = "too_large"
    CONTENT = "content"
    INVALID_HEADER = "invalid_header"
    LINE_TOO_LONG = "line_too_long"
    LINE_ENDING = "line_ending"
    MESSAGE_FORMAT = "message_format"
    # The Send API
    NOT_API = "not_api"
    API_UNAVAILABLE = "api_unavailable"
    API_ANSWER = "api_answer"
    API_REFUSED = "api_refused"
    NOT_CARRIED = "not_carried"
    OTHER_RECIPIENT = "other_recipient"
    # Anything else
    GREYLISTED = "greylisted"
    TEMPORARY = "temporary"
    REPLY = "reply"
