"""What each REST resource of the stand-in does; rest.py has HTTP itself.

Each is a `Resource`: its rows, its actions, and what can be filtered, sorted and
written. Texts of answers and errors are Mailjet's where known.
"""

from dataclasses import dataclass

from .resource import (
    ApiError,
    Call,
    Resource,
    invalid_property,
    same,
    same_all,
)
from .rows import (
    Row,
    new_callback,
    new_domain,
    new_sender,
    timestamp,
)
from .store import Account

EVENT_NUMBERS = {
    "click": 1,
    "bounce": 2,
    "spam": 3,
    "blocked": 4,
    "unsub": 5,
    "open": 6,
    "sent": 7,
}
_SPF = "include:spf.mailjet.com"


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


# -- sender --------------------------------------------------------------------------


def _senders(call: Call) -> list[Row]:
    return list(call.account.senders)


def _create_sender(call: Call) -> Row:
    address = str(call.body.get("email") or "").strip()
    local, at, domain = address.rpartition("@")
    if not (local and at and "." in domain):
        raise ApiError(
            400, "Object properties invalid", "MJ08 Property Email is invalid"
        )
    if "status" in call.body:
        raise ApiError(400, 'MJ19 Setting a value for property "Status" is not allowed')
    for row in call.account.senders:
        if row["Email"].lower() == address.lower():
            raise ApiError(400, _duplicate_text(row["Status"].lower()))
    zone = _domain_row(call, domain.lower())
    is_domain = local == "*"
    sender = new_sender(
        call.store.next_id(29000),
        address,
        str(call.body.get("name") or ""),
        str(call.body.get("emailtype") or "unknown"),
        zone["ID"] if is_domain else -1,
        f"{zone['OwnerShipToken']}.txt" if is_domain else "",
    )
    call.account.senders.append(sender)
    if call.body.get("isdefaultsender"):
        sender["IsDefaultSender"] = True
        _one_default(call, sender)
    return sender


def _write_to_new_sender(call: Call, row: Row) -> None:
    if not row["Email"].startswith("*@"):
        call.standin.send_activation(call.account, row)


def _duplicate_text(status: str) -> str:
    text = f"There is an already existing {status} sender with the same email."
    if status != "active":
        text += ' You can use "validate" action in order to activate it.'
    return text


def _domain_row(call: Call, domain: str) -> Row:
    """Return the /dns row of a domain, which the first sender creates."""
    for row in call.account.domains:
        if row["Domain"] == domain:
            return row
    row = new_domain(call.store.next_id(4758000000), domain, call.standin.dkim_bits)
    call.account.domains.append(row)
    return row


def _check_sender_update(call: Call, row: Row) -> None:
    if call.body.get("email", row["Email"]) != row["Email"]:
        raise ApiError(400, "Not allowed to change email address")


def _one_default(call: Call, row: Row) -> None:
    if row["IsDefaultSender"]:
        for other in call.account.senders:
            other["IsDefaultSender"] = other is row


def _delete_sender(call: Call, row: Row) -> None:
    row["Status"] = "Deleted"
    row["IsDefaultSender"] = False


def activate(call_account: Account, row: Row) -> None:
    """Activate a sender and link it to the row of its domain."""
    row["Status"] = "Active"
    for zone in call_account.domains:
        if zone["Domain"] == _domain_of(row["Email"]):
            row["DNSID"] = zone["ID"]


def _validate(call: Call, row: Row) -> Row:
    """Look for a domain's proof, or email an address. Holds no lock."""
    with call.store.lock:
        if row["Status"] == "Active":
            raise ApiError(400, "The sender is already active!")
        is_domain = row["Email"].startswith("*@")
        covered = not is_domain and _is_covered(call.account, row["Email"])
        # This revives a deleted sender, but it must prove itself again.
        row["Status"] = "Inactive"
    if is_domain:
        return _validate_domain(call, row)
    if not covered:
        call.standin.send_activation(call.account, row)
        return _validated("ActivationEmail")
    with call.store.lock:
        activate(call.account, row)
    return _validated("Domain")


def _is_covered(account: Account, address: str) -> bool:
    wanted = f"*@{_domain_of(address)}"
    return any(
        row["Status"] == "Active" and row["Email"].lower() == wanted
        for row in account.senders
    )


def _validate_domain(call: Call, row: Row) -> Row:
    with call.store.lock:
        zone = _domain_row(call, _domain_of(row["Email"]))
    dns_error = file_error = ""
    method = "DNS"
    if zone["OwnerShipToken"] not in _texts_at(call, zone["OwnerShipTokenRecordName"]):
        dns_error = (
            " DNS record verification failed as no TXT record for that ownership token"
            " was found on the remote server."
        )
        method = "File"
        if call.standin.fetch(f"http://www.{zone['Domain']}/{row['Filename']}") is None:
            file_error = (
                f" File verification failed as {row['Filename']} cannot be found at"
                " domain root."
            )
            method = ""
    if not method:
        return _validated("", dns_error, file_error)
    with call.store.lock:
        activate(call.account, row)
    return _validated(method)


def _texts_at(call: Call, name: str) -> list[str]:
    """Return the TXT records of a name; none if the lookup fails."""
    try:
        return call.standin.lookup_txt(name.rstrip("."))
    except Exception:  # any resolver may be plugged in, each with its own errors
        return []


def _validated(method: str, dns_error: str = "", file_error: str = "") -> Row:
    sentence = (
        ""
        if method
        else "Neither the file at your domain root nor the DNS TXT record have been"
        " found to validate this sender."
    )
    return {
        "ValidationMethod": method,
        "Errors": {"FileValidationError": file_error, "DNSValidationError": dns_error},
        "GlobalError": sentence,
    }


def _visible_senders(call: Call) -> list[Row]:
    """Return the senders to list: deleted ones only if asked for."""
    shown = call.query.get("showdeleted", "").lower() in ("1", "true")
    asked = call.query.get("status", "").lower() == "deleted"
    return [
        row
        for row in call.account.senders
        if shown or asked or row["Status"] != "Deleted"
    ]


def _is_domain_sender(row: Row, value: str) -> bool:
    return row["Email"].startswith("*@") == (value.lower() in ("1", "true"))


SENDER = Resource(
    "Sender",
    _senders,
    listed=_visible_senders,
    filters={
        **same_all("DNSID Email Status"),
        "domain": lambda row, value: _domain_of(row["Email"]) == value.lower(),
        "localpart": lambda row, value: row["Email"].rpartition("@")[0] == value,
        "isdomainsender": _is_domain_sender,
    },
    sort={"id": True},
    key="Email",
    writable=("Email", "EmailType", "IsDefaultSender", "Name"),
    create=_create_sender,
    created=_write_to_new_sender,
    check_update=_check_sender_update,
    changed=_one_default,
    delete=_delete_sender,
    actions={"validate": _validate},
)


# -- dns -----------------------------------------------------------------------------


def _check_dns(call: Call, row: Row) -> Row:
    """Look up SPF and DKIM. Holds no lock meanwhile."""
    dkim = _texts_at(call, row["DKIMRecordName"])
    spf = [text for text in _texts_at(call, row["Domain"]) if text.startswith("v=spf1")]
    expected = row["DKIMRecordValue"].partition("p=")[2]
    dkim_ok = any(text.partition("p=")[2].strip() == expected for text in dkim)
    spf_ok = any(_SPF in text.split() for text in spf)
    statuses = {
        "DKIMStatus": "OK" if dkim_ok else "Error",
        "SPFStatus": "OK" if spf_ok else "Error" if spf else "Not Found",
    }
    with call.store.lock:
        row.update(statuses, LastCheckAt=timestamp())
    return {
        "DKIMErrors": [] if dkim_ok else ["no DKIM record"],
        "DKIMRecordCurrentValue": dkim[0] if dkim else "",
        "SPFErrors": [] if spf_ok else ["no SPF record with Mailjet's include"],
        "SPFRecordsCurrentValues": spf,
        **statuses,
    }


DNS = Resource(
    "DNS",
    lambda call: list(call.account.domains),
    filters=same_all("IsCheckInProgress"),
    key="Domain",
    actions={"check": _check_dns},
)


# -- apikey, user, myprofile ---------------------------------------------------------


def _apikeys(call: Call) -> list[Row]:
    """Return all keys for the main account, only its own for a sub-account."""
    is_master = call.account.row["IsMaster"]
    accounts = call.store.accounts if is_master else [call.account]
    for account in accounts:
        # In place, because a PUT writes to the row.
        account.row.update(APIKey=account.api_key, SecretKey=account.secret_key)
    return [account.row for account in accounts]


APIKEY = Resource(
    "APIKey",
    _apikeys,
    filters=same_all("APIKey IsActive IsMaster Name"),
    sort={"id": False, "ismaster": True, "isactive": True, "name": True},
    key="APIKey",
    writable=("ACL", "IsActive", "Name"),
)
USER = Resource(
    "User",
    lambda call: [call.store.user],
    key="Email",
    writable=("ACL", "Email", "Locale", "Timezone", "Username"),
)
PROFILE = Resource(
    "Myprofile",
    lambda call: [call.store.profile],
    writable=("AddressCity", "AddressCountry", "CompanyName", "Website"),
)


# -- eventcallbackurl ----------------------------------------------------------------


def _callback_slot(row: Row) -> tuple[str, bool]:
    return row["EventType"], row["IsBackup"]


def _create_callback(call: Call) -> Row:
    event = str(call.body.get("eventtype") or "open").lower()
    url = str(call.body.get("url") or "")
    for name, is_right in (("EventType", event in EVENT_NUMBERS), ("Url", bool(url))):
        if not is_right:
            raise invalid_property(name)
    row = new_callback(call.store.next_id(), call.account.row["ID"], event, url)
    row["IsBackup"] = bool(call.body.get("isbackup"))
    row["Status"] = call.body.get("status", "alive")
    row["Version"] = call.body.get("version", 1)
    _check_callback_slot(call, row)
    call.account.callbacks.append(row)
    return row


def _check_callback_slot(call: Call, row: Row) -> None:
    """Allow one URL and one backup URL for each type of event."""
    slots = [_callback_slot(other) for other in call.account.callbacks]
    if _callback_slot(row) in slots:
        slot = f"{EVENT_NUMBERS[row['EventType']]}|{str(row['IsBackup']).lower()}"
        raise ApiError(
            400,
            f'MJ18 A EventCallbackURL resource with value "{slot}" for'
            " EventType|Backup already exists.",
        )


def _same_event(row: Row, value: str) -> bool:
    return value.lower() in (row["EventType"], str(EVENT_NUMBERS[row["EventType"]]))


def _callbacks(call: Call) -> list[Row]:
    return list(call.account.callbacks)


@dataclass(frozen=True)
class _Callbacks(Resource):
    """Only a new URL reactivates a suspended callback."""

    def update(self, call: Call, row: Row) -> None:
        before = dict(row)
        super().update(call, row)
        if row["Url"] != before["Url"]:
            row["Status"] = "alive"
        elif before["Status"] == "dead":
            row["Status"] = "dead"


CALLBACK = _Callbacks(
    "EventCallbackURL",
    _callbacks,
    filters={
        **same_all("Status Version"),
        "apikey": same("APIKeyID"),
        "backup": same("IsBackup"),
        "eventtype": _same_event,
    },
    writable=("Status", "Url", "Version"),
    create=_create_callback,
    delete=lambda call, row: call.account.callbacks.remove(row),
)


RESOURCES: dict[str, Resource] = {
    "sender": SENDER,
    "dns": DNS,
    "apikey": APIKEY,
    "user": USER,
    "myprofile": PROFILE,
    "eventcallbackurl": CALLBACK,
}
