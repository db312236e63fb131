"""The statistics and data resources, as REST serves them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..resource import (
    ApiError,
    Call,
    Resource,
    invalid_property,
    is_asked,
    same,
    same_all,
    sort_order,
)
from ..rows import Row
from .campaign_filter import FAMILY, CampaignFilter
from .campaign_resources import all_overviews, link_rows, overview_rows, provider_rows
from .contact_jobs import read_job, start_job
from .contact_resources import (
    contact_handles,
    contact_statistics,
    contact_statistics_row,
    find_contact,
    recipient_handles,
    recipient_row,
)
from .counters import counters
from .event_resources import (
    bounce_of,
    bounce_row,
    click_row,
    event_numbers,
    open_row,
)
from .lazy_rows import LazyRows
from .message_resources import (
    history_rows,
    information_handles,
    information_row,
    message_handles,
    message_row,
)
from .query import matches

if TYPE_CHECKING:
    from ..store import Store
    from .statistics import Statistics

Query = Mapping[str, str]
_EVENTS = f"{FAMILY} EventFromTs EventToTs MessageStatus"
NOT_FOUND = (404, "Object not found")


def _statistics(call: Call) -> "Statistics":
    """The data of the account, with what came over SMTP."""
    call.account.statistics.refresh()
    return call.account.statistics


def _known(query: Query, names: str) -> dict[str, str]:
    """The parameters that a resource knows; it silently ignores others."""
    known = set(names.lower().split())
    return {name: value for name, value in query.items() if name in known}


Finder = Callable[["Statistics", Query, tuple[str, bool]], Sequence[Any]]
Maker = Callable[["Statistics", Query, Any], Row]


@dataclass(frozen=True)
class LazyResource(Resource):
    """A resource with so many rows that only those of a page are created.

    `keys` returns the keys that match a query, in order, and `make` the row of a key.
    The keys are cached for the next page as long as nothing changes. `key_of` returns
    the key for an id in the path.
    """

    known: str = ""
    shown: str = ""  # parameters that change the content of rows, but not the selection
    keys: Finder | None = None
    make: Maker | None = None
    key_of: Callable[["Statistics", str], Any] | None = None

    def select(self, call: Call) -> Sequence[Row]:
        statistics = _statistics(call)
        order = sort_order(call.query, self.sort)
        query = _known(call.query, self.known)
        keys = statistics.found(
            (self.name, order, tuple(sorted(query.items())), statistics.today()),
            lambda: self._in_order(self.keys(statistics, query, order), order),
        )
        shown = _known(call.query, self.shown)
        return LazyRows(keys, partial(self.make, statistics, shown))

    def _in_order(self, keys: Sequence[Any], order: tuple[str, bool]) -> Sequence[Any]:
        """Sort by id, the order of the keys; `keys` handles any other order."""
        is_by_id = order == ("id", True)
        return keys[::-1] if is_by_id else keys

    def find(self, call: Call, key: str) -> Row:
        statistics = _statistics(call)
        found = self.key_of(statistics, key) if self.key_of else None
        if found is None:
            raise ApiError(*NOT_FOUND)
        return self.make(statistics, _known(call.query, self.shown), found)


# -- Events --------------------------------------------------------------------------


def _event_resource(
    name: str, kind: str, make: Callable, more: str = "", **options: Any
) -> LazyResource:
    return LazyResource(
        name,
        rows=lambda call: [],
        known=f"{_EVENTS} {more}",
        keys=lambda statistics, query, order: event_numbers(statistics, kind, query),
        make=lambda statistics, query, key: make(statistics, key),
        **options,
    )


OPENS = _event_resource("openinformation", "open", open_row, "MessageID")
CLICKS = _event_resource("clickstatistics", "click", click_row, "MessageID")
BOUNCES = _event_resource("bouncestatistics", "bounce", bounce_row, key_of=bounce_of)


# -- Messages ------------------------------------------------------------------------


def _message_of(statistics: "Statistics", key: str) -> int | None:
    return statistics.messages.handle_of(int(key)) if key.isdecimal() else None


def _by_arrival(
    find: Callable, statistics: "Statistics", query: Query, order: tuple[str, bool]
) -> Sequence[int]:
    handles = find(statistics, query)
    name, descending = order
    if name != "arrivedat":
        return handles
    return sorted(handles, key=statistics.messages.arrived, reverse=descending)


MESSAGE = LazyResource(
    "message",
    rows=lambda call: [],
    sort={"id": True, "arrivedat": True},
    known=(
        "BounceReason Campaign CampaignID Contact ContactAlt ContactID CustomID"
        " Destination From FromDomain FromID FromTS FromType MessageState MessageStatus"
        " PlanSubscription Sender SenderID ToTS"
    ),
    shown="ShowContactAlt ShowCustomID ShowSubject",
    keys=partial(_by_arrival, message_handles),
    make=message_row,
    key_of=_message_of,
)
INFORMATION = LazyResource(
    "messageinformation",
    rows=lambda call: [],
    sort={"id": True, "arrivedat": True},
    known=f"{FAMILY} MessageStatus",
    keys=partial(_by_arrival, information_handles),
    make=lambda statistics, query, key: information_row(statistics, key),
    key_of=_message_of,
)


# -- Contacts ------------------------------------------------------------------------


def _create_contact(call: Call) -> Row:
    statistics = _statistics(call)
    address = str(call.body.get("email") or "").lower()
    if "@" not in address:
        raise invalid_property("Email")
    if statistics.contacts.with_email(address) is not None:
        raise ApiError(
            400,
            f'MJ18 A Contact resource with value "{address}" for Email already exists.',
        )
    contact_id = statistics.add_contact(
        address,
        name=str(call.body.get("name") or ""),
        is_excluded=bool(call.body.get("isexcludedfromcampaigns")),
    )
    return statistics.contacts.row(statistics.contacts.with_id(contact_id))


def _many_contacts(call: Call, method: str, rest: list[str]) -> tuple[int, list[Row]]:
    statistics = _statistics(call)
    if method == "POST" and not rest:
        return 201, [start_job(statistics, call.body)]
    if method == "GET" and len(rest) == 1:
        return 200, [read_job(statistics, rest[0])]
    raise ApiError(405, "Method not allowed")


class _Contacts(LazyResource):
    """Contacts are writable."""

    def update(self, call: Call, row: Row) -> None:
        super().update(call, row)
        statistics = call.account.statistics
        values = {name: row[name] for name in self.writable}
        row.update(statistics.change_contact(row["ID"], **values))


CONTACT = _Contacts(
    "contact",
    rows=lambda call: [],
    sort={"id": False, "email": True, "deliveredcount": True, "createdat": True},
    writable=("IsExcludedFromCampaigns", "Name"),
    create=_create_contact,
    of_all={"managemanycontacts": _many_contacts},
    known=(
        "Campaign ContactsList Email EmailCI EmailLike EmailLikeCI EmailLLike"
        " EmailLLikeCI EmailRLike EmailRLikeCI IncludeAnonymized"
        " IsExcludedFromCampaigns IsUnsubscribed LastActivityAt Status"
    ),
    keys=contact_handles,
    make=lambda statistics, query, key: dict(statistics.contacts.row(key)),
    key_of=find_contact,
)
RECIPIENT = LazyResource(
    "listrecipient",
    rows=lambda call: [],
    known=(
        "Active Blocked Contact ContactEmail ContactsList IgnoreDeleted"
        " IsExcludedFromCampaigns LastActivityAt ListName Opened Status Unsub"
    ),
    keys=lambda statistics, query, order: recipient_handles(statistics, query),
    make=lambda statistics, query, key: recipient_row(statistics, key),
    key_of=lambda statistics, key: (
        statistics.recipients.with_id(int(key)) if key.isdecimal() else None
    ),
)


def _contact_counts(statistics: "Statistics", key: str) -> Any:
    handle = find_contact(statistics, key)
    found = contact_statistics(statistics, {}, ("id", False))
    return next((one for one in found if one[0] == handle), None)


CONTACT_STATISTICS = LazyResource(
    "contactstatistics",
    rows=lambda call: [],
    sort={"id": False, "processedcount": True},
    known=(
        "Blocked Bounced Click HardBounced IncludeAnonymized LastActivityAt"
        " MaxLastActivityAt MinLastActivityAt Open Queued Sent SoftBounced Spam"
        " Unsubscribed"
    ),
    keys=contact_statistics,
    make=lambda statistics, query, key: contact_statistics_row(statistics, *key),
    key_of=_contact_counts,
)
LIST = Resource(
    "contactslist",
    lambda call: list(_statistics(call).lists.values()),
    filters={
        **same_all("Address IsDeleted Name"),
        "excludeid": lambda row, value: str(row["ID"]) != value,
    },
    sort={"id": True, "isdeleted": True, "name": True, "createdat": True},
    key="Address",
)


def _shown_segments(call: Call) -> list[Row]:
    """Deleted segments need ShowDeleted, even if Status asks for them."""
    show_deleted = is_asked(call.query, "showdeleted")
    return [
        row
        for row in _statistics(call).segments.values()
        if (show_deleted or row["Status"] != "deleted")
        and matches(call.query, "name", row["Name"])
    ]


SEGMENT = Resource(
    "contactfilter",
    lambda call: list(_statistics(call).segments.values()),
    listed=_shown_segments,
    filters={"status": same("Status")},
    sort={"id": True},
    key="Name",
)


# -- Campaigns -----------------------------------------------------------------------


def _campaigns(call: Call) -> list[Row]:
    return _statistics(call).campaigns.rows()


def _listed_campaigns(call: Call) -> list[Row]:
    statistics = _statistics(call)
    query = _known(call.query, f"{FAMILY} WorkflowID")
    handles = CampaignFilter(statistics, query).handles
    return [row for handle, row in statistics.campaigns.items() if handle in handles]


CAMPAIGN = Resource(
    "campaign",
    _campaigns,
    listed=_listed_campaigns,
    sort={"id": True},
    key="CustomValue",
    writable=("IsDeleted", "IsStarred"),
    changed=lambda call, row: call.account.statistics.touch(),
)


@dataclass(frozen=True)
class _Overview(Resource):
    """The overview, whose key in a path is IDType|ID."""

    def find(self, call: Call, key: str) -> Row:
        for row in all_overviews(_statistics(call)):
            if f"{row['IDType']}|{row['ID']}".lower() == key.lower():
                return row
        raise ApiError(*NOT_FOUND)


OVERVIEW = _Overview(
    "campaignoverview",
    lambda call: overview_rows(_statistics(call), call.query),
)
STATCOUNTERS = Resource(
    "statcounters", lambda call: counters(_statistics(call), call.query)
)
LINKS = Resource(
    "statistics/link-click",
    lambda call: link_rows(_statistics(call), call.query),
    is_new=True,
)
PROVIDERS = Resource(
    "statistics/recipient-esp",
    lambda call: provider_rows(_statistics(call), call.query),
    is_new=True,
)


def _history(call: Call) -> list[Row]:
    key = call.query.get("message", "")
    return history_rows(_statistics(call), int(key)) if key.isdecimal() else []


HISTORY = Resource("messagehistory", _history)


REPORTING_RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        BOUNCES,
        CAMPAIGN,
        CLICKS,
        CONTACT,
        CONTACT_STATISTICS,
        HISTORY,
        INFORMATION,
        LINKS,
        LIST,
        MESSAGE,
        OPENS,
        OVERVIEW,
        PROVIDERS,
        RECIPIENT,
        SEGMENT,
        STATCOUNTERS,
    )
}


def rows_of(
    store: "Store", api_key: str, name: str, query: Mapping[str, Any]
) -> list[Row]:
    """All rows of a resource that match a query, without paging and HTTP."""
    lower = {key.lower(): str(value) for key, value in query.items()}
    standin: Any = SimpleNamespace(store=store)
    call = Call(standin, store.account(api_key), lower, {})
    return [dict(row) for row in REPORTING_RESOURCES[name].select(call)]
