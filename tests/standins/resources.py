"""What each REST resource of the stand-in does; HTTP itself is in rest.py.

A resource is a `Resource`: where its rows are, what may be filtered, sorted and
written, and its actions. Texts of answers and errors are Mailjet's where known.
"""

import email.utils
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from .events import events_of
from .fates import Fate
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
    campaign_id,
    new_callback,
    new_domain,
    new_sender,
    timestamp,
)
from .store import Account, Message

EVENT_NUMBERS = {
    "click": 1,
    "bounce": 2,
    "spam": 3,
    "blocked": 4,
    "unsub": 5,
    "open": 6,
    "sent": 7,
}
SLICES = {"Highest": 300, "Hour": 3600, "Day": 86400}
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
    """The /dns row of a domain; it appears with the first sender."""
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
    """Make a sender active and link it to the row of its domain."""
    row["Status"] = "Active"
    for zone in call_account.domains:
        if zone["Domain"] == _domain_of(row["Email"]):
            row["DNSID"] = zone["ID"]


def _validate(call: Call, row: Row) -> Row:
    """Look for the proof of a domain, or write to an address. Holds no lock."""
    with call.store.lock:
        if row["Status"] == "Active":
            raise ApiError(400, "The sender is already active!")
        is_domain = row["Email"].startswith("*@")
        covered = not is_domain and _is_covered(call.account, row["Email"])
        # A deleted sender comes back to life, but not without its proof.
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
    """The TXT records of a name; a resolver that fails has found none."""
    try:
        return call.standin.lookup_txt(name.rstrip("."))
    except Exception:  # any resolver may be plugged in, with errors of its own
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
    """Deleted senders are hidden in lists, unless asked for."""
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
    """Look SPF and DKIM up. Holds no lock while it does."""
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
    """The main account sees every key, a sub-account only its own."""
    is_master = call.account.row["IsMaster"]
    accounts = call.store.accounts if is_master else [call.account]
    for account in accounts:
        # The row itself is what a PUT writes to.
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
    """One address for each type of event, and one backup."""
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
    """Only a new address brings a suspended one back."""

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


# -- message, contact ----------------------------------------------------------------


def _create_contact(call: Call) -> Row:
    address = str(call.body.get("email") or "").lower()
    if "@" not in address:
        raise ApiError(
            400, "Object properties invalid", "MJ08 Property Email is invalid"
        )
    if any(row["Email"] == address for row in _contacts(call)):
        raise ApiError(
            400,
            f'MJ18 A Contact resource with value "{address}" for Email already exists.',
        )
    row = call.store.contact(call.account, address)
    row["Name"] = str(call.body.get("name") or "")
    row["IsExcludedFromCampaigns"] = bool(call.body.get("isexcludedfromcampaigns"))
    return row


def _own_messages(call: Call) -> list[Message]:
    return [
        message
        for message in call.store.messages
        if message.api_key == call.account.api_key
    ]


def _contacts(call: Call) -> list[Row]:
    for message in _own_messages(call):
        for address in message.rcpt_tos:
            call.store.contact(call.account, address)
    return list(call.account.contacts)


CONTACT = Resource(
    "Contact",
    _contacts,
    filters=same_all("Email IsExcludedFromCampaigns"),
    sort={"id": False, "email": True, "createdat": True},
    key="Email",
    writable=("IsExcludedFromCampaigns", "Name"),
    create=_create_contact,
)


def _messages(call: Call) -> list[Row]:
    """One row for each recipient of each mail."""
    return [row for row, _fate in _messages_and_fates(call)]


def _messages_and_fates(call: Call) -> Iterator[tuple[Row, Fate]]:
    for message in _own_messages(call):
        for message_id, guid, address, fate in message.recipients():
            if fate.status:
                row = _message_row(call, message, address, fate)
                yield {**row, "ID": message_id, "UUID": guid}, fate


def _shown(call: Call, name: str) -> bool:
    return call.query.get(name, "").lower() in ("1", "true")


def _message_row(call: Call, message: Message, address: str, fate: Fate) -> Row:
    """All but the two ids."""
    parsed = message.parsed()
    types = {part.get_content_type() for part in parsed.walk()}
    row = {
        "ArrivedAt": timestamp(message.received_at),
        "AttachmentCount": sum(1 for part in parsed.walk() if part.get_filename()),
        "AttemptCount": 0,
        "ContactAlt": address if _shown(call, "showcontactalt") else "",
        "ContactID": call.store.contact(call.account, address)["ID"],
        "Delay": 0,
        "DestinationID": 1,
        "FilterTime": 0,
        "IsClickTracked": "click" in message.tracked,
        "IsHTMLPartIncluded": "text/html" in types,
        "IsOpenTracked": "open" in message.tracked,
        "IsTextPartIncluded": "text/plain" in types,
        "IsUnsubTracked": False,
        "MessageSize": len(message.content),
        "SpamassassinScore": 0,
        "SpamassRules": "",
        "StatePermanent": fate.is_permanent,
        "Status": fate.status,
        "Subject": str(parsed["Subject"] or "") if _shown(call, "showsubject") else "",
    }
    if _shown(call, "showcustomid"):
        row["CustomID"] = message.header("X-MJ-CustomID")
    links = {
        "CampaignID": campaign_id(message.header("X-Mailjet-Campaign")),
        "SenderID": _sender_id(call.account, str(parsed["From"] or message.mail_from)),
        "StateID": fate.state,
    }
    # A link to nothing is left out
    return {**row, **{name: number for name, number in links.items() if number}}


def _sender_id(account: Account, from_header: str) -> int | None:
    """The active sender that covers a From, the address itself before its domain."""
    address = email.utils.parseaddr(from_header)[1].lower()
    for wanted in (address, f"*@{_domain_of(address)}"):
        for row in account.senders:
            if row["Status"] == "Active" and row["Email"].lower() == wanted:
                return row["ID"]
    return None


def _moment(text: str) -> float:
    """A date of a query, RFC 3339 or Unix seconds, as Unix seconds."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ApiError(400, f"{text} is not a date") from None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()


def _select_messages(call: Call) -> Call:
    """The query with what the filters on hidden fields need to see."""
    query = {**call.query}
    query.update(dict.fromkeys(("showcontactalt", "showcustomid"), "1"))
    return Call(call.standin, call.account, query, call.body)


@dataclass(frozen=True)
class _Messages(Resource):
    """Filters also see the fields that are only shown on request."""

    def select(self, call: Call) -> list[Row]:
        rows = {row["ID"]: row for row in self.rows(call)}
        return [rows[row["ID"]] for row in super().select(_select_messages(call))]


MESSAGE = _Messages(
    "Message",
    _messages,
    filters={
        **same_all("CampaignID ContactAlt ContactID CustomID SenderID"),
        "campaign": same("CampaignID"),
        "contact": same("ContactID"),
        "messagestate": same("StateID"),
        "sender": same("SenderID"),
        "fromts": lambda row, value: _moment(row["ArrivedAt"]) >= _moment(value),
        "tots": lambda row, value: _moment(row["ArrivedAt"]) <= _moment(value),
    },
    sort={"id": True, "arrivedat": True},
)


# -- messagehistory ------------------------------------------------------------------

_HISTORY_WORDS = {"open": "opened", "click": "clicked", "bounce": "bounced"}


def _history(call: Call) -> list[Row]:
    """The events of one message in the words of /messagehistory, by time.

    The live API was only seen to give the number of an agent, never its name.
    """
    return [
        {
            "Comment": event.get("comment", ""),
            "EventAt": event["time"],
            "EventType": _HISTORY_WORDS.get(event["event"], event["event"]),
            "State": event.get("error", ""),
            "Useragent": "",
            "UseragentID": 1675 if "agent" in event else 0,
        }
        for message in _own_messages(call)
        for event in events_of(message, {})
        if str(event["MessageID"]) == call.query.get("message")
    ]


HISTORY = Resource("Messagehistory", _history)


# -- statcounters --------------------------------------------------------------------


def _check_counters(query: Mapping[str, str]) -> tuple[str, str, str]:
    """The three parameters, each in Mailjet's spelling; raises `ApiError` 400."""
    values = []
    for name, allowed in (
        ("CounterSource", ("APIKey", "Campaign", "List", "Sender")),
        ("CounterTiming", ("Message", "Event")),
        ("CounterResolution", ("Lifetime", *SLICES)),
    ):
        value = query.get(name.lower(), "").lower()
        known = {word.lower(): word for word in allowed}
        if value not in known:
            raise ApiError(400, f"{name} is missing or invalid")
        values.append(known[value])
    source, timing, resolution = values
    if source in ("List", "Sender") and timing != "Message":
        raise ApiError(400, f"CounterSource {source} needs CounterTiming Message")
    if source == "List" and resolution != "Lifetime":
        raise ApiError(400, "CounterSource List needs CounterResolution Lifetime")
    if resolution == "Lifetime" and timing == "Event":
        raise ApiError(400, "CounterResolution Lifetime needs CounterTiming Message")
    if source != "APIKey" and not query.keys() & {"sourceid", "sourceids"}:
        raise ApiError(400, f"CounterSource {source} needs a SourceID")
    return source, timing, resolution


def _window(query: Mapping[str, str], resolution: str) -> tuple[float, float]:
    """From (exclusive) and to (inclusive), as Unix seconds."""
    if resolution == "Lifetime":
        if query.keys() & {"fromts", "tots"}:
            raise ApiError(400, "FromTS and ToTS do not go with Lifetime")
        return 0, float("inf")
    end = _moment(query["tots"]) if "tots" in query else time.time()
    longest = 100 * SLICES[resolution]
    start = _moment(query["fromts"]) if "fromts" in query else end - longest
    if end - start > longest:
        raise ApiError(400, f"The window is longer than 100 times {resolution}")
    return start, end


_COUNTERS = {
    "sent": "MessageSentCount",
    "open": "MessageOpenedCount EventOpenedCount",
    "click": "MessageClickedCount EventClickedCount",
    "spam": "MessageSpamCount EventSpamCount",
    "unsub": "MessageUnsubscribedCount EventUnsubscribedCount",
    "blocked": "MessageBlockedCount",
    "hardbounced": "MessageHardBouncedCount",
    "softbounced": "MessageSoftBouncedCount",
    "deferred": "MessageDeferredCount",
}


def _counters(call: Call) -> list[Row]:
    """Messages by slice of time; slices without any are left out."""
    source, _timing, resolution = _check_counters(call.query)
    start, end = _window(call.query, resolution)
    wanted = call.query.get("sourceid") or call.query.get("sourceids") or "0"
    found: dict[tuple[str, int], list[Fate]] = {}
    for row, fate in _messages_and_fates(call):
        arrived = _moment(row["ArrivedAt"])
        owner = 0 if source == "APIKey" else row.get(f"{source}ID")
        if start < arrived <= end and str(owner) in wanted.split(","):
            slice_ = ""
            if resolution != "Lifetime":
                begin = arrived - arrived % SLICES[resolution]
                slice_ = timestamp(datetime.fromtimestamp(begin, timezone.utc))
            found.setdefault((slice_, owner), []).append(fate)
    return [
        _counter_row(call.account.row["ID"], owner, slice_, fates)
        for (slice_, owner), fates in sorted(found.items())
    ]


def _counter_row(apikey_id: int, owner: int, slice_: str, fates: list[Fate]) -> Row:
    never = (
        "EventClickDelay EventOpenDelay EventWorkflowExitedCount"
        " MessageQueuedCount MessageWorkFlowExitedCount"
    )
    row = dict.fromkeys(f"{never} {' '.join(_COUNTERS.values())}".split(), 0)
    for fate in fates:
        for word in (fate.failure or fate.event, *fate.later):
            for name in _COUNTERS[word].split():
                row[name] += 1
    return {
        **row,
        "APIKeyID": apikey_id,
        "SourceID": owner,
        "Timeslice": slice_,
        "Total": len(fates),
    }


STATCOUNTERS = Resource("Statcounters", _counters)


RESOURCES: dict[str, Resource] = {
    "sender": SENDER,
    "dns": DNS,
    "apikey": APIKEY,
    "user": USER,
    "myprofile": PROFILE,
    "eventcallbackurl": CALLBACK,
    "message": MESSAGE,
    "messagehistory": HISTORY,
    "contact": CONTACT,
    "statcounters": STATCOUNTERS,
}
