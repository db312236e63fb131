"""Turn the choices of a report into the queries that read it.

Each choice becomes a parameter; where Mailjet accepts a single value, several values
become several queries.
https://dev.mailjet.com/email/reference/statistics
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

EVENT_REPORTS = ("bounce", "click", "open")


@dataclass(frozen=True)
class Choice:
    """The choices of a report. Ids are texts."""

    report: str
    filter_type: str = "all"  # all, campaign, list
    campaigns: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    deleted_lists: bool = False
    deleted_campaigns: bool = False
    newsletter_tool: bool = True
    starred: bool = True
    overview: bool = False
    memberships: bool = True
    segment_status: str = ""
    counter_source: str = "APIKey"
    counter_timing: str = "Message"
    counter_resolution: str = "Day"


@dataclass(frozen=True)
class Query:
    """One stream, and its parameters except those of the time window."""

    stream: str
    params: Mapping = field(default_factory=dict)


def queries_for(choice):
    """Return the `Query`s that read what was chosen, in the order to run them."""
    build = {
        "bounce": _events,
        "click": _events,
        "open": _events,
        "message": _messages,
        "campaign": _campaigns,
        "contact": _contacts,
        "contact_list": _lists,
        "segment": _segments,
        "counter": _counters,
    }
    return build[choice.report](choice)


def _events(choice):
    narrowed = {
        "campaign": _each("CampaignID", choice.campaigns),
        "list": _each("ContactsList", choice.lists),
    }.get(choice.filter_type, [{}])
    return [
        Query(choice.report, {**one, **flags})
        for one in narrowed
        for flags in _campaign_flags(choice)
    ]


def _each(name, ids):
    """Return parameters for each id: Mailjet accepts one per request."""
    return [{name: one} for one in ids] or [{}]


def _messages(choice):
    return [Query("message", one) for one in _each("CampaignID", choice.campaigns)]


def _campaign_flags(choice):
    """Return the campaign flags of each request.

    What Mailjet returns without IsDeleted is not documented, so deleted campaigns take
    a request of their own. Without one of the other flags, Mailjet returns both kinds.
    """
    flags = {}
    if not choice.newsletter_tool:
        flags["IsNewsletterTool"] = "false"
    if not choice.starred:
        flags["IsStarred"] = "false"
    variants = [{"IsDeleted": "false", **flags}]
    if choice.deleted_campaigns:
        variants.append({"IsDeleted": "true", **flags})
    return variants


def _campaigns(choice):
    queries = [
        Query("campaign", {**one, **flags})
        for one in _each("ContactsListID", choice.lists)
        for flags in _campaign_flags(choice)
    ]
    if choice.overview:
        queries.append(Query("overview", {"All": "true"}))
        queries.append(Query("overview", {"Archived": "true"}))
    return queries


def _contacts(choice):
    lists = _each("ContactsList", choice.lists)
    queries = [Query("contact", one) for one in lists]
    if choice.memberships:
        queries += [Query("subscription", one) for one in lists]
    return queries


def _lists(choice):
    queries = [Query("contact_list", {"IsDeleted": "false"})]
    if choice.deleted_lists:
        queries.append(Query("contact_list", {"IsDeleted": "true"}))
    return queries


def _segments(choice):
    status = choice.segment_status
    params = {"Status": status} if status else {}
    if status in ("", "deleted"):
        params["ShowDeleted"] = "true"
    return [Query("segment", params)]


def _counters(choice):
    params = {
        "CounterSource": choice.counter_source,
        "CounterTiming": choice.counter_timing,
        "CounterResolution": choice.counter_resolution,
    }
    sources = {
        "Campaign": choice.campaigns,
        "List": choice.lists,
        "Sender": choice.senders,
    }.get(choice.counter_source)
    if sources is None:
        return [Query("counter", params)]
    return [Query("counter", {**params, "SourceID": one}) for one in sources]
