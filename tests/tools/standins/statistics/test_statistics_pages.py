"""Limits, offsets and order of the rows."""

from collections import Counter
from datetime import timedelta

import pytest
from statistics_account import DAY, HOUR, NOW, add_events, at, data


def test_limits(statistics, call):
    message = statistics.add_message("a@x.example", campaign_id=None)
    for _ in range(1002):
        statistics.add_open(message, at=NOW)
    for limit, count in ((None, 10), (7, 7), (0, 1000), (5000, 1000), ("x", 10)):
        params = {} if limit is None else {"Limit": limit}
        body = call("GET", "openinformation", **params).json()
        assert body["Count"] == body["Total"] == len(body["Data"]) == count
    only = call("GET", "openinformation", countOnly=1, Limit=3).json()
    assert only == {"Count": 1002, "Data": [], "Total": 1002}
    counted = call("GET", "openinformation", countRecords=1, Limit=3).json()
    assert (counted["Count"], counted["Total"]) == (3, 1002)
    assert len(data(call("GET", "openinformation", Limit=1000, Offset=1000))) == 2


def test_count_only_applies_filters(statistics, call):
    campaign = statistics.add_campaign(send_start_at=NOW - DAY)
    message = statistics.add_message("a@x.example", campaign_id=campaign)
    for hours in range(5):
        statistics.add_open(message, at=NOW - hours * HOUR)
    window = {"FromTS": 0, "EventFromTs": at(NOW - 2 * HOUR), "countOnly": 1}
    assert call("GET", "openinformation", **window).json()["Total"] == 2


def test_unknown_parameters_are_ignored(statistics, rows):
    campaigns = [statistics.add_campaign(send_start_at=NOW) for _ in range(2)]
    for campaign in campaigns:
        message = statistics.add_message("a@x.example", campaign_id=campaign)
        add_events(statistics, message, NOW)
    for params in (
        {"Campaign": campaigns[0]},  # only /message knows it
        {"CampainID": campaigns[0]},
        {"EventFrom": at(NOW)},
        {"Anything": "x"},
    ):
        assert len(rows("openinformation", **params)) == 2
    assert len(rows("bouncestatistics", MessageID=message)) == 2
    assert len(rows("openinformation", MessageID=message)) == 1
    assert len(rows("OPENINFORMATION", campaignid=campaigns[0])) == 1


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("campaign", "ID ID+DESC"),
        ("campaignoverview", "ID"),
        ("contact", "ID Email Email+DESC DeliveredCount+DESC CreatedAt+DESC"),
        ("contactslist", "ID+DESC IsDeleted+DESC Name+DESC CreatedAt+DESC"),
        ("listrecipient", "ID"),
        ("contactfilter", "ID+DESC"),
        ("message", "ID+DESC ArrivedAt ArrivedAt+DESC"),
        ("messageinformation", "ID+DESC ArrivedAt ArrivedAt+DESC"),
        ("openinformation", "ID"),
        ("clickstatistics", "ID"),
        ("bouncestatistics", "ID"),
        ("contactstatistics", "ID ProcessedCount ProcessedCount+DESC"),
    ],
)
def test_sorting_is_refused_where_it_is_not_listed(call, path, allowed):
    allowed = [order.replace("+", " ") for order in allowed.split()]
    for order in allowed:
        assert call("GET", path, Sort=order).status_code == 200, order
    for order in {"ID DESC", "CreatedAt", "OpenedAt", "Name"} - {*allowed}:
        refused = call("GET", path, Sort=order)
        if order in (one.removesuffix(" DESC") for one in allowed):
            continue
        assert refused.status_code == 400, order
        field = order.split()[0].lower()
        assert refused.json()["ErrorMessage"] == f"Cannot sort on field {field}"


def test_orders(statistics, rows):
    first = statistics.add_message("b@x.example", arrived_at=NOW)
    second = statistics.add_message("a@x.example", arrived_at=NOW - HOUR)

    def ids(path="message", **params):
        return [row["ID"] for row in rows(path, limit=1, **params)]

    assert ids() == [first, second], "ascending by ID unless asked otherwise"
    assert ids(Sort="ID DESC") == ids(Sort="ArrivedAt") == [second, first]
    assert ids(Sort="ArrivedAt DESC") == [first, second]
    by_email = ids("contact", Sort="Email")
    assert by_email == ids("contact", Sort="Email DESC")[::-1] == ids("contact")[::-1]


def test_opens_come_by_time_and_bounces_by_id(statistics, rows):
    messages = [statistics.add_message(f"{n}@x.example") for n in range(3)]
    for hours, message in enumerate(messages):
        add_events(statistics, message, NOW - hours * HOUR)
    assert [row["MessageID"] for row in rows("openinformation")] == messages[::-1]
    assert [row["ID"] for row in rows("bouncestatistics")] == messages


def test_rows_that_move_between_pages(statistics, standin, rows):
    message = statistics.add_message("a@x.example")
    numbers = [
        statistics.add_open(message, at=NOW + timedelta(seconds=s), agent=str(s))
        for s in range(40)
    ]

    def delete_the_first(request):
        statistics.delete_event("open", numbers.pop(0))

    standin.on_request = delete_the_first
    agents = [row["UserAgentFull"] for row in rows("openinformation", limit=10)]
    assert "11" not in agents, "each page begins one too late"
    standin.on_request = lambda request: statistics.add_open(
        message, at=NOW - DAY, agent="new"
    )
    agents = [row["UserAgentFull"] for row in rows("openinformation", limit=10)]
    repeated = [agent for agent, n in Counter(agents).items() if n > 1]
    assert repeated and "new" in agents, "each page begins one too early"
    assert standin.requests[-1].params["Limit"] == "10"


def test_a_page_may_be_rate_limited(call, standin):
    standin.faults.add("rate_limited", path="openinformation")
    refused = call("GET", "openinformation")
    assert refused.status_code == 429 and "Retry-After" not in refused.headers
    assert refused.headers["Content-Type"] == "text/html"
    assert call("GET", "openinformation").status_code == 200
