"""/campaignoverview, /statistics/link-click and /statistics/recipient-esp."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..resource import ApiError, boolean, is_asked
from ..rows import Row, new_overview
from .message_table import DELIVERED
from .moments import read
from .query import number
from .tallies import PLACES, Tallies

if TYPE_CHECKING:
    from .statistics import Statistics

Query = Mapping[str, str]
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Campaign.ts
DELETED, ARCHIVED, DRAFT, PROGRAMMED, SENT = -2, -1, 0, 1, 2
# The name that recipient-esp gives to a domain
ESP_NAMES = {
    "gmail.example": "Gmail",
    "outlook.example": "Outlook",
    "yahoo.example": "Yahoo",
    "orange.example": "Orange",
    "gmx.example": "GMX",
    "icloud.example": "iCloud",
}


# -- /campaignoverview ---------------------------------------------------------------


def overview_rows(statistics: "Statistics", query: Query) -> list[Row]:
    """Rows by ID, which is only unique together with IDType."""
    rows = [row for row in all_overviews(statistics) if _is_chosen(row, query)]
    return sorted(rows, key=lambda row: (row["ID"], row["IDType"]))


def all_overviews(statistics: "Statistics") -> list[Row]:
    """Sent campaigns, drafts and A/B tests."""
    tallies = statistics.found("tallies", lambda: Tallies(statistics))
    sums = statistics.found("campaigns", tallies.of_campaign)
    rows = []
    for handle, campaign in statistics.campaigns.items():
        status = DELETED if campaign["IsDeleted"] else SENT
        row = new_overview(campaign["ID"], "Campaign", campaign["Subject"], status)
        row["Starred"] = campaign["IsStarred"]
        row["SendTimeStart"] = int(read(campaign["SendStartAt"]))
        if not campaign["NewsLetterID"]:
            row["EditMode"], row["EditType"] = "html", "unknown"
        if handle in sums:
            for field, counter in (
                ("ClickedCount", "MessageClickedCount"),
                ("DeliveredCount", "MessageSentCount"),
                ("OpenedCount", "MessageOpenedCount"),
                ("ProcessedCount", "Total"),
            ):
                row[field] = sums[handle][PLACES[counter]]
        rows.append(row)
    return rows + [dict(row) for row in statistics.campaigns.drafts]


def _is_chosen(row: Row, query: Query) -> bool:
    starred = boolean(query.get("starred", ""))
    if starred is not None and row["Starred"] != starred:
        return False
    if query.get("subject") and row["Subject"] != query["subject"]:
        return False
    if query.get("idtype") and row["IDType"].lower() != query["idtype"].lower():
        return False
    wanted = number(query, "id")
    if wanted is not None and row["ID"] != wanted:
        return False
    return _is_in_a_chosen_state(row, query)


def _is_in_a_chosen_state(row: Row, query: Query) -> bool:
    """Whether the selectors include a row. `All` includes everything not deleted.

    Without selectors, only sent campaigns are included [unknown]; a query by type or id
    works as with `All` [unknown].
    """
    status = row["Status"]
    if status == DELETED:
        return False
    if is_asked(query, "all"):
        return True
    switches = {
        "archived": status == ARCHIVED,
        "drafts": status == DRAFT,
        "programmed": status == PROGRAMMED,
        "sent": status == SENT,
    }
    asked = [name for name in switches if is_asked(query, name)]
    if asked:
        return any(switches[name] for name in asked)
    return status == SENT or bool(query.get("idtype") or query.get("id"))


# -- /statistics/… -------------------------------------------------------------------


def _asked_campaign(statistics: "Statistics", query: Query) -> int:
    """The handle of the campaign, which is required; -2 if unknown."""
    campaign_id = number(query, "campaignid")
    if campaign_id is None:
        raise ApiError(400, "CampaignID is mandatory")  # our own text
    try:
        return statistics.campaigns.handle_of(campaign_id)
    except KeyError:
        return -2


def link_rows(statistics: "Statistics", query: Query) -> list[Row]:
    """The clicked links of a campaign, each with its position in the email."""
    campaign = _asked_campaign(statistics, query)
    table = statistics.tables["click"]
    clicks: dict[int, list[int]] = {}
    for event in statistics.numbers("click"):
        if table.campaigns[event] == campaign:
            clicks.setdefault(table.urls[event], []).append(table.messages[event])
    rows = [
        {
            "URL": statistics.urls[url],
            "PositionIndex": place,
            "ClickedMessagesCount": len(set(messages)),
            "ClickedEventsCount": len(messages),
        }
        for place, (url, messages) in enumerate(sorted(clicks.items()), start=1)
    ]
    return sorted(rows, key=lambda row: -row["ClickedEventsCount"])


def provider_rows(statistics: "Statistics", query: Query) -> list[Row]:
    """The results of a campaign at each mailbox provider."""
    campaign = _asked_campaign(statistics, query)
    messages, contacts = statistics.messages, statistics.contacts
    counts: dict[str, dict[str, int]] = {}
    seen = {
        kind: _messages_with(statistics, kind, campaign) for kind in ("open", "click")
    }
    for handle in messages.in_campaigns(lambda one, _: one == campaign):
        domain = contacts.domain(messages.contact(handle))
        row = counts.setdefault(ESP_NAMES.get(domain, "others"), {})
        names = ["Attempted", *_provider_counts(messages.status(handle))]
        names += ["Opened"] * (handle in seen["open"])
        names += ["Clicked"] * (handle in seen["click"])
        for name in names:
            row[name] = row.get(name, 0) + 1
    return [
        _provider_row(name, row)
        for name, row in sorted(counts.items())
        if query.get("esp_name", name).lower() == name.lower()
    ]


def _messages_with(statistics: "Statistics", kind: str, campaign: int) -> set[int]:
    table = statistics.tables[kind]
    return {
        table.messages[event]
        for event in statistics.numbers(kind)
        if table.campaigns[event] == campaign
    }


def _provider_counts(status: str) -> list[str]:
    names = ["Delivered"] if status in DELIVERED else []
    special = {
        "deferred": "Deferred",
        "softbounced": "SoftBounced",
        "hardbounced": "HardBounced",
        "unsub": "Unsubscribed",
        "spam": "SpamReports",
    }
    return [*names, special[status]] if status in special else names


def _provider_row(name: str, counts: Mapping[str, int]) -> Row:
    def count(key: str) -> int:
        return counts.get(key, 0)

    def rate(key: str, of: str) -> float:
        return round(count(key) / count(of), 4) if count(of) else 0

    return {
        "ESPName": name,
        "DeliveredMessagesCount": count("Delivered"),
        "AttemptedMessagesCount": count("Attempted"),
        "OpenedMessagesCount": count("Opened"),
        "ClickedMessagesCount": count("Clicked"),
        "DeferredMessagesCount": count("Deferred"),
        "SoftBouncedMessagesCount": count("SoftBounced"),
        "HardBouncedMessagesCount": count("HardBounced"),
        "UnsubscribedMessagesCount": count("Unsubscribed"),
        "SpamReportsCount": count("SpamReports"),
        # In the guide's example, 2 clicks of 3 opens are 0.6667
        "OpenRate": rate("Opened", "Delivered"),
        "ClickThroughRate": rate("Clicked", "Opened"),
        "SoftBouncedRate": rate("SoftBounced", "Attempted"),
        "HardBouncedRate": rate("HardBounced", "Attempted"),
        "UnsubscribedRate": rate("Unsubscribed", "Delivered"),
        "SpamReportsRate": rate("SpamReports", "Delivered"),
        "DeferredRate": rate("Deferred", "Attempted"),
    }
