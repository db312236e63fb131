"""/contact, /listrecipient and /contactstatistics: rows and filters."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..resource import boolean, is_asked
from ..rows import Row
from .message_table import DELIVERED
from .moments import read, written
from .query import matches, moment, number

if TYPE_CHECKING:
    from .statistics import Statistics

Query = Mapping[str, str]
Test = Callable[[int], bool]  # of a handle


# -- /contact ------------------------------------------------------------------------


def contact_handles(
    statistics: "Statistics", query: Query, order: tuple[str, bool]
) -> Sequence[int]:
    """The contacts that match a query.

    Status is accepted and has no effect [unknown].
    """
    contacts = statistics.contacts
    handles: Iterable[int] = contacts.handles(
        statistics.clock(), with_erased=is_asked(query, "includeanonymized")
    )
    for test in _contact_tests(statistics, query):
        handles = filter(test, handles)
    name, descending = order
    if name == "id":
        return array("l", handles)
    field = {
        "email": "Email",
        "deliveredcount": "DeliveredCount",
        "createdat": "CreatedAt",
    }[name]
    return sorted(
        handles, key=lambda handle: contacts.row(handle)[field], reverse=descending
    )


def _contact_tests(statistics: "Statistics", query: Query) -> list[Test]:
    contacts = statistics.contacts
    tests: list[Test] = []
    if any(name.startswith("email") for name in query):
        tests.append(lambda handle: matches(query, "email", contacts.email(handle)))
    is_excluded = boolean(query.get("isexcludedfromcampaigns", ""))
    if is_excluded is not None:
        tests.append(
            lambda handle: (
                contacts.row(handle)["IsExcludedFromCampaigns"] == is_excluded
            )
        )
    if query.get("lastactivityat"):
        at = written(int(moment(query, "lastactivityat", 0)))
        tests.append(lambda handle: contacts.row(handle)["LastActivityAt"] == at)
    tests += _membership_tests(statistics, query)
    campaign_id = number(query, "campaign")
    if campaign_id is not None:
        reached = {
            statistics.messages.contact(message)
            for message in statistics.messages.in_campaigns(
                lambda campaign, _: statistics.campaigns.id(campaign) == campaign_id
            )
        }
        tests.append(reached.__contains__)
    return tests


def _membership_tests(statistics: "Statistics", query: Query) -> list[Test]:
    """Conditions: in a list; unsubscribed, from that list or from any."""
    list_id = number(query, "contactslist")
    is_unsubscribed = boolean(query.get("isunsubscribed", ""))
    if list_id is None and is_unsubscribed is None:
        return []
    members, unsubscribed = set(), set()
    for handle in statistics.recipients.handles():
        row = statistics.recipients.row(handle)
        if list_id in (None, row["ListID"]):
            members.add(row["ContactID"])
            if row["IsUnsubscribed"]:
                unsubscribed.add(row["ContactID"])
    id_of = statistics.contacts.id
    tests: list[Test] = []
    if list_id is not None:
        tests.append(lambda handle: id_of(handle) in members)
    if is_unsubscribed is not None:
        tests.append(lambda handle: (id_of(handle) in unsubscribed) == is_unsubscribed)
    return tests


def find_contact(statistics: "Statistics", key: str) -> int | None:
    """The handle of the contact with that id or address; None for an erased one."""
    contacts = statistics.contacts
    handle = contacts.with_id(int(key)) if key.isdecimal() else contacts.with_email(key)
    is_gone = handle is not None and contacts.is_erased(handle)
    return None if is_gone else handle


# -- /listrecipient ------------------------------------------------------------------


def recipient_row(statistics: "Statistics", handle: int) -> Row:
    """A row of /listrecipient, with the list's name, as in real answers."""
    row = statistics.recipients.row(handle)
    name = statistics.lists[row["ListID"]]["Name"]
    return dict(sorted({**row, "ListName": name}.items()))


def recipient_handles(statistics: "Statistics", query: Query) -> Sequence[int]:
    """The memberships that a query asks for, by id.

    Blocked, Opened and Status are accepted and have no effect [unknown].
    """
    handles: Iterable[int] = statistics.recipients.handles()
    tests = _recipient_tests(statistics, query)
    row_of = statistics.recipients.row
    return array(
        "l",
        [
            handle
            for handle in handles
            if not tests or all(test(row_of(handle)) for test in tests)
        ],
    )


def _recipient_tests(
    statistics: "Statistics", query: Query
) -> list[Callable[[Row], bool]]:
    tests: list[Callable[[Row], bool]] = []
    for name, field in (("contactslist", "ListID"), ("contact", "ContactID")):
        wanted = number(query, name)
        if wanted is not None:
            tests.append(lambda row, f=field, w=wanted: row[f] == w)
    for name, field in (("active", "IsActive"), ("unsub", "IsUnsubscribed")):
        is_wanted = boolean(query.get(name, ""))
        if is_wanted is not None:
            tests.append(lambda row, f=field, w=is_wanted: row[f] == w)
    if query.get("contactemail"):
        handle = statistics.contacts.with_email(query["contactemail"])
        found = None if handle is None else statistics.contacts.id(handle)
        tests.append(lambda row: row["ContactID"] == found)
    if query.get("listname"):
        tests.append(
            lambda row: statistics.lists[row["ListID"]]["Name"] == query["listname"]
        )
    if is_asked(query, "ignoredeleted"):
        tests.append(lambda row: not statistics.lists[row["ListID"]]["IsDeleted"])
    return tests + _recipient_contact_tests(statistics, query)


def _recipient_contact_tests(
    statistics: "Statistics", query: Query
) -> list[Callable[[Row], bool]]:
    """The conditions on the contact of a membership."""
    contacts = statistics.contacts
    tests: list[Callable[[Row], bool]] = []

    def contact_row(row: Row) -> Row:
        return contacts.row(contacts.with_id(row["ContactID"]))

    is_excluded = boolean(query.get("isexcludedfromcampaigns", ""))
    if is_excluded is not None:
        tests.append(
            lambda row: contact_row(row)["IsExcludedFromCampaigns"] == is_excluded
        )
    if query.get("lastactivityat"):
        at = written(int(moment(query, "lastactivityat", 0)))
        tests.append(lambda row: contact_row(row)["LastActivityAt"] == at)
    return tests


# -- /contactstatistics --------------------------------------------------------------

_OF_STATUS = {
    "blocked": ("BlockedCount",),
    "deferred": ("DeferredCount",),
    "queued": ("QueuedCount",),
    "hardbounced": ("HardBouncedCount", "BouncedCount"),
    "softbounced": ("SoftBouncedCount", "BouncedCount"),
    "bounce": ("BouncedCount",),
    "spam": ("SpamComplaintCount",),
    "unsub": ("UnsubscribedCount",),
}
_FLAGS = {
    "blocked": "BlockedCount",
    "bounced": "BouncedCount",
    "click": "ClickedCount",
    "hardbounced": "HardBouncedCount",
    "open": "OpenedCount",
    "queued": "QueuedCount",
    "sent": "DeliveredCount",
    "softbounced": "SoftBouncedCount",
    "spam": "SpamComplaintCount",
    "unsubscribed": "UnsubscribedCount",
}
_ZEROS = (
    "BlockedCount BouncedCount ClickedCount ContactID DeferredCount DeliveredCount"
    " HardBouncedCount LastActivityAt MarketingContacts OpenedCount PreQueuedCount"
    " ProcessedCount QueuedCount SoftBouncedCount SpamComplaintCount UnsubscribedCount"
    " UserMarketingContacts WorkFlowExitedCount"
).split()


def contact_counts(statistics: "Statistics") -> dict[int, dict[str, int]]:
    """Message counts of each contact that has any, by its handle."""
    messages = statistics.messages
    counts: dict[int, dict[str, int]] = {}

    def add(message: int, *names: str) -> None:
        row = counts.setdefault(messages.contact(message), {})
        for name in names:
            row[name] = row.get(name, 0) + 1

    for message in messages.handles():
        status = messages.status(message)
        delivered = ("DeliveredCount",) if status in DELIVERED else ()
        add(message, "ProcessedCount", *delivered, *_OF_STATUS.get(status, ()))
    for kind, name in (("open", "OpenedCount"), ("click", "ClickedCount")):
        table = statistics.tables[kind]
        for message in {table.messages[n] for n in statistics.numbers(kind)}:
            add(message, name)
    return counts


def contact_statistics(
    statistics: "Statistics", query: Query, order: tuple[str, bool]
) -> list[tuple[int, dict[str, int]]]:
    """The contacts that match a query of /contactstatistics, with their counts."""
    counts = statistics.found("contacts", lambda: contact_counts(statistics))
    least = moment(query, "minlastactivityat", -float("inf"))
    most = moment(query, "maxlastactivityat", float("inf"))
    flags = {
        field: boolean(query[name]) for name, field in _FLAGS.items() if name in query
    }
    of_contacts = ("includeanonymized", "lastactivityat")
    handles = contact_handles(
        statistics,
        {name: query[name] for name in of_contacts if name in query},
        ("id", False),
    )
    found = []
    for handle in handles:
        row = counts.get(handle, {})
        active = statistics.contacts.row(handle)["LastActivityAt"]
        if not least <= (read(active) if active else 0) <= most:
            continue
        if all(is_on in (None, bool(row.get(f))) for f, is_on in flags.items()):
            found.append((handle, row))
    if order[0] == "processedcount":
        found.sort(key=lambda one: one[1].get("ProcessedCount", 0), reverse=order[1])
    return found


def contact_statistics_row(
    statistics: "Statistics", handle: int, counts: Mapping[str, int]
) -> Row:
    row = {**dict.fromkeys(_ZEROS, 0), **counts}
    row["ContactID"] = statistics.contacts.id(handle)
    row["LastActivityAt"] = statistics.contacts.row(handle)["LastActivityAt"]
    return row
