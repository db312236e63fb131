"""The rows of Mailjet's REST API, each as a frozen value with its reader.

* An id is a `str`, "" if there is none. Mailjet's ids have up to 64 bits, too many for
  an integer field or a browser.
* A date is a `datetime` in UTC without a time zone, as Odoo stores it, or None.
* A word from a list (a status, a type) is in lower case, with "_" for a space. A word
  that `const` does not list becomes "unknown".
* A DNS name is fully qualified, without the final dot.

Readers raise `UnexpectedAnswerError` for a row they cannot read.
"""

from dataclasses import dataclass, field
from datetime import datetime, timezone

from ... import const
from ..address import address_key, domain_key
from .answer import first_row
from .errors import UnexpectedAnswerError
from .event import LATEST
from .values import (
    date_of,
    flag_of,
    id_of,
    link_of,
    needed_text_of,
    number_of,
    text_of,
    texts_of,
    word_of,
)


@dataclass(frozen=True)
class Sender:
    """One row of /sender: an address, or a whole domain as `*@example.com`."""

    id: str  # ID
    email: str  # Email, as its `address_key`
    name: str  # Name: free text
    email_type: str  # EmailType: const.SENDER_EMAIL_TYPES; informative only
    status: str  # Status: const.SENDER_STATUSES or "unknown"
    is_default: bool  # IsDefaultSender
    dns_id: str  # DNSID: id of the `DomainDns`; Mailjet sends -1 or nothing for none
    filename: str  # Filename: proves a domain if served from its root; "" for others
    created_at: datetime | None  # CreatedAt

    @property
    def is_domain(self):
        """Whether it covers every address of its domain."""
        return self.email.startswith("*@")

    @property
    def domain(self):
        """The part after the @, as its `domain_key`."""
        return domain_key(self.email.rpartition("@")[2])


def read_sender(row):
    """Return the `Sender` in a row."""
    return Sender(
        id=id_of(row),
        email=address_key(needed_text_of(row, "Email")),
        name=text_of(row, "Name"),
        email_type=word_of(row, "EmailType", const.SENDER_EMAIL_TYPES),
        status=word_of(row, "Status", const.SENDER_STATUSES),
        is_default=flag_of(row, "IsDefaultSender"),
        dns_id=link_of(row, "DNSID"),
        filename=text_of(row, "Filename"),
        created_at=date_of(row, "CreatedAt"),
    )


@dataclass(frozen=True)
class ValidationResult:
    """The answer of /sender/{id}/validate. It does not include the sender's status."""

    # ValidationMethod: const.VALIDATION_METHODS, "already_active", "unknown", or "" if
    # validation failed. "activation_email" only means that an email was sent.
    method: str
    message: str  # GlobalError: a sentence, "" on success
    dns_error: str  # Errors.DNSValidationError
    file_error: str  # Errors.FileValidationError

    @property
    def ok(self):
        """Whether Mailjet accepted the request, which may only mean: email sent."""
        return bool(self.method) and not self.message


_VALIDATION_KEYS = {"ValidationMethod", "GlobalError", "Errors"}


def read_validation_result(body):
    """Return the `ValidationResult` in an answer.

    Real answers come without an envelope; the documentation shows one.
    """
    if isinstance(body, dict) and "Data" in body:
        body = first_row(body)
    if not isinstance(body, dict) or not _VALIDATION_KEYS & body.keys():
        raise UnexpectedAnswerError("The answer does not contain a validation result")
    method = text_of(body, "ValidationMethod")
    errors = body.get("Errors")
    errors = errors if isinstance(errors, dict) else {}
    return ValidationResult(
        # ActivationEmail is one word, so it cannot be split like the others
        method={"activationemail": "activation_email", "": ""}.get(
            method.lower(), word_of(body, "ValidationMethod", const.VALIDATION_METHODS)
        ),
        message=text_of(body, "GlobalError").strip(),
        dns_error=text_of(errors, "DNSValidationError").strip(),
        file_error=text_of(errors, "FileValidationError").strip(),
    )


@dataclass(frozen=True)
class DomainDns:
    """One row of /dns: what a domain should publish, and what Mailjet found."""

    id: str  # ID
    domain: str  # Domain, as its `domain_key`
    ownership_token: str  # OwnerShipToken: value of the TXT record
    ownership_name: str  # OwnerShipTokenRecordName: its full name
    dkim_name: str  # DKIMRecordName: full name
    dkim_value: str  # DKIMRecordValue: starts with "k=rsa; p="
    dkim_status: str  # DKIMStatus: const.DNS_STATUSES or "unknown"
    spf_value: str  # SPFRecordValue: a proposal that ignores existing SPF records
    spf_status: str  # SPFStatus: const.DNS_STATUSES or "unknown"
    is_check_in_progress: bool  # IsCheckInProgress
    last_check_at: datetime | None  # LastCheckAt; None: never


def read_domain_dns(row):
    """Return the `DomainDns` in a row."""
    return DomainDns(
        id=id_of(row),
        domain=domain_key(needed_text_of(row, "Domain")),
        ownership_token=text_of(row, "OwnerShipToken"),
        ownership_name=_full_name(row, "OwnerShipTokenRecordName"),
        dkim_name=_full_name(row, "DKIMRecordName"),
        dkim_value=text_of(row, "DKIMRecordValue"),
        dkim_status=word_of(row, "DKIMStatus", const.DNS_STATUSES),
        spf_value=text_of(row, "SPFRecordValue"),
        spf_status=word_of(row, "SPFStatus", const.DNS_STATUSES),
        is_check_in_progress=flag_of(row, "IsCheckInProgress"),
        last_check_at=date_of(row, "LastCheckAt"),
    )


def _full_name(row, name):
    """Return a fully qualified DNS name without the final dot, "" if it is missing.

    Real answers have the full name and a dot; the documentation omits the domain.
    """
    host = text_of(row, name).rstrip(".").lower()
    domain = text_of(row, "Domain").rstrip(".").lower()
    if not host or not domain or f".{host}".endswith(f".{domain}"):
        return host
    return f"{host}.{domain}"


@dataclass(frozen=True)
class DnsCheck:
    """What /dns/{id}/check has just found."""

    dkim_status: str  # DKIMStatus: const.DNS_STATUSES or "unknown"
    dkim_errors: tuple[str, ...]  # DKIMErrors
    spf_status: str  # SPFStatus: const.DNS_STATUSES or "unknown"
    spf_found: tuple[str, ...]  # SPFRecordsCurrentValues
    spf_errors: tuple[str, ...]  # SPFErrors


def read_dns_check(row):
    """Return the `DnsCheck` in a row."""
    return DnsCheck(
        dkim_status=word_of(row, "DKIMStatus", const.DNS_STATUSES),
        dkim_errors=texts_of(row, "DKIMErrors"),
        spf_status=word_of(row, "SPFStatus", const.DNS_STATUSES),
        spf_found=texts_of(row, "SPFRecordsCurrentValues"),
        spf_errors=texts_of(row, "SPFErrors"),
    )


@dataclass(frozen=True)
class ApiKey:
    """One row of /apikey: the main account or a sub-account, without its secret."""

    id: str  # ID
    key: str = field(repr=False)  # APIKey
    name: str  # Name
    is_active: bool  # IsActive
    is_master: bool  # IsMaster: False for a sub-account
    run_level: str  # Runlevel: const.RUN_LEVELS or "unknown"; not "normal": restricted


def read_api_key(row):
    """Return the `ApiKey` in a row."""
    return ApiKey(
        id=id_of(row),
        key=needed_text_of(row, "APIKey"),
        name=text_of(row, "Name"),
        # A missing value must not report a key as suspended
        is_active=flag_of(row, "IsActive", missing=True),
        is_master=flag_of(row, "IsMaster"),
        run_level=word_of(row, "Runlevel", const.RUN_LEVELS),
    )


@dataclass(frozen=True)
class User:
    """The row of /user: the owner of the account."""

    id: str  # ID
    email: str  # Email
    max_api_keys: int  # MaxAllowedAPIKeys


def read_user(row):
    """Return the `User` in a row."""
    return User(
        id=id_of(row),
        email=text_of(row, "Email"),
        max_api_keys=number_of(row, "MaxAllowedAPIKeys"),
    )


@dataclass(frozen=True)
class Message:
    """One row of /message: an email to one recipient."""

    id: str  # ID
    guid: str  # UUID: Message_GUID in events
    status: str  # Status: const.MESSAGE_STATUSES or "unknown"
    state_id: str  # StateID: why it failed, const.MESSAGE_STATES; "" for none
    is_permanent: bool  # StatePermanent
    contact_id: str  # ContactID
    email: str  # ContactAlt, as its `address_key`: only with ShowContactAlt=1
    custom_id: str  # CustomID: only with ShowCustomID=1
    campaign_id: str  # CampaignID; "" for none
    arrived_at: datetime | None  # ArrivedAt: when Mailjet accepted it


def read_message(row):
    """Return the `Message` in a row."""
    return Message(
        id=id_of(row),
        guid=text_of(row, "UUID"),
        status=word_of(row, "Status", const.MESSAGE_STATUSES),
        state_id=link_of(row, "StateID"),
        is_permanent=flag_of(row, "StatePermanent"),
        contact_id=link_of(row, "ContactID"),
        email=address_key(text_of(row, "ContactAlt")),
        custom_id=text_of(row, "CustomID"),
        campaign_id=link_of(row, "CampaignID"),
        arrived_at=date_of(row, "ArrivedAt"),
    )


@dataclass(frozen=True)
class HistoryEvent:
    """One row of /messagehistory: an event of one message."""

    event: str  # EventType, spelled as in posted events: const.EVENT_TYPES or "unknown"
    date: datetime  # EventAt
    state: str  # State: why it failed, spelled as in posted events; "" for none
    comment: str  # Comment
    agent: str  # Useragent


# The history uses the past tense, and three of its words differ from posted events
_HISTORY_EVENTS = {
    "opened": "open",
    "clicked": "click",
    "bounced": "bounce",
    "unsubscribed": "unsub",
}


def read_history_event(row):
    """Return the `HistoryEvent` in a row."""
    word = text_of(row, "EventType").strip().lower()
    word = _HISTORY_EVENTS.get(word, word)
    moment = number_of(row, "EventAt")
    if not 0 < moment <= LATEST:
        raise UnexpectedAnswerError("EventAt is not a time")
    return HistoryEvent(
        event=word if word in const.EVENT_TYPES else const.UNKNOWN,
        date=datetime.fromtimestamp(moment, timezone.utc).replace(tzinfo=None),
        state=text_of(row, "State"),
        comment=text_of(row, "Comment"),
        agent=text_of(row, "Useragent"),
    )


@dataclass(frozen=True)
class Callback:
    """One row of /eventcallbackurl: where Mailjet posts the events of one type."""

    id: str  # ID
    event: str  # EventType: const.EVENT_TYPES or "unknown"
    url: str = field(repr=False)  # Url: may hold a login
    is_alive: bool  # Status: False once Mailjet has given up on the URL
    is_backup: bool  # IsBackup
    version: int  # Version: 2 to group several events in one post


def read_callback(row):
    """Return the `Callback` in a row."""
    return Callback(
        id=id_of(row),
        event=word_of(row, "EventType", const.EVENT_TYPES),
        url=text_of(row, "Url"),
        is_alive=text_of(row, "Status").strip().lower() in ("alive", "1", ""),
        is_backup=flag_of(row, "IsBackup"),
        version=number_of(row, "Version"),
    )


@dataclass(frozen=True)
class Contact:
    """One row of /contact: an address, and whether campaigns exclude it."""

    id: str  # ID
    email: str  # its `address_key`
    is_excluded: bool  # IsExcludedFromCampaigns
    excluded_changed_at: datetime | None  # ExclusionFromCampaignsUpdatedAt; None: never
    is_complaining: bool  # IsSpamComplaining
    is_anonymized: bool  # erased at its owner's request: the address is a placeholder


def read_contact(row):
    """Return the `Contact` in a row."""
    # A missing value must not unblock anybody
    if row.get("IsExcludedFromCampaigns") is None:
        raise UnexpectedAnswerError("IsExcludedFromCampaigns is missing")
    return Contact(
        id=id_of(row),
        email=address_key(needed_text_of(row, "Email")),
        is_excluded=flag_of(row, "IsExcludedFromCampaigns"),
        excluded_changed_at=date_of(row, "ExclusionFromCampaignsUpdatedAt"),
        is_complaining=flag_of(row, "IsSpamComplaining"),
        is_anonymized=is_anonymized(row),
    )


def is_anonymized(row):
    """Return whether Mailjet has erased the person in a row of /contact.

    It then replaces the address and the name by placeholders.
    https://dev.mailjet.com/email/guides/contact-management/#gdpr-delete-contacts
    """
    return (
        text_of(row, "Email").lower().endswith("@domain.invalid")
        or text_of(row, "Name").lower() == "anonymized"
    )
