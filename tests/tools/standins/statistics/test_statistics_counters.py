"""Counters of each source, timing and resolution."""

from datetime import datetime, timezone

import pytest
from statistics_account import COUNTERS, DAY, HOUR, NOW, TODAY, at, data, text


@pytest.fixture
def counted(statistics):
    """A campaign to a list: two messages two days ago, one of them opened today."""
    list_id = statistics.add_list("Customers")
    campaign = statistics.add_campaign(
        send_start_at=NOW - 2 * DAY, list_id=list_id, FromID=17
    )
    messages = [
        statistics.add_message(
            f"{n}@x.example", campaign_id=campaign, arrived_at=NOW - 2 * DAY
        )
        for n in "ab"
    ]
    for hours in (1, 2):
        statistics.add_open(messages[0], at=NOW - hours * HOUR)
    return {"campaign": campaign, "list": list_id, "sender": 17}


def test_counters_by_the_time_of_the_message(counted, rows):
    [row] = rows("statcounters", **COUNTERS)
    assert row["Timeslice"] == text(TODAY - 2 * DAY)
    assert row["Total"] == row["MessageSentCount"] == 2
    assert (row["MessageOpenedCount"], row["EventOpenedCount"]) == (1, 2)
    assert row["EventOpenDelay"] == 46 * 3600, "up to the first one"
    assert row["SourceID"] == 0 and row["EventWorkflowExitedCount"] == 0
    assert row["MessageWorkFlowExitedCount"] == 0


def test_counters_by_the_time_of_the_event(counted, statistics, rows):
    sent, opened = rows("statcounters", **{**COUNTERS, "CounterTiming": "Event"})
    assert sent["Timeslice"] == text(TODAY - 2 * DAY)
    assert (sent["MessageSentCount"], sent["EventOpenedCount"]) == (2, 0)
    assert opened["Timeslice"] == text(TODAY)
    assert (opened["Total"], opened["EventOpenedCount"]) == (0, 2)
    assert opened["MessageOpenedCount"] == 1
    hourly = rows(
        "statcounters",
        **{**COUNTERS, "CounterTiming": "Event", "CounterResolution": "Hour"},
    )
    assert [row["MessageOpenedCount"] for row in hourly] == [0, 1, 0]
    assert hourly[-1]["Timeslice"] == text(NOW - HOUR)


def test_counters_of_each_source(counted, rows):
    lifetime = {"CounterTiming": "Message", "CounterResolution": "lifetime"}
    for source, source_id in counted.items():
        for name in ("SourceID", "SourceIDs"):
            asked = {"CounterSource": source, name: source_id, **lifetime}
            [row] = rows("statcounters", **asked)
            assert row["SourceID"] == source_id and row["Total"] == 2
            assert row["Timeslice"] == ""
        assert rows("statcounters", **{**asked, "SourceIDs": 5}) == []
    both = {"CounterSource": "Campaign", "SourceIDs": f"5,{counted['campaign']}"}
    assert len(rows("statcounters", **both, **lifetime)) == 1
    short = {"CounterType": "CML", "CampaignID": counted["campaign"]}
    assert rows("statcounters", **short)[0]["Total"] == 2


def test_empty_slices_are_omitted_and_ten_come_by_default(statistics, call):
    for days in range(0, 24, 2):
        statistics.add_message("a@x.example", arrived_at=NOW - days * DAY)
    body = call("GET", "statcounters", **COUNTERS).json()
    assert body["Total"] == body["Count"] == 10
    body = call("GET", "statcounters", Limit=100, **COUNTERS).json()
    assert body["Count"] == 12


@pytest.mark.parametrize(
    ("resolution", "seconds"), [("Highest", 300), ("Hour", 3600), ("Day", 86400)]
)
def test_a_window_of_counters_has_100_slices_at_most(
    statistics, call, resolution, seconds
):
    asked = {**COUNTERS, "CounterResolution": resolution, "ToTS": at(TODAY)}
    begin = at(TODAY) - 100 * seconds
    statistics.add_message("a@x.example", arrived_at=begin)
    statistics.add_message("a@x.example", arrived_at=begin + seconds)
    statistics.add_message("a@x.example", arrived_at=at(TODAY))
    statistics.add_message("a@x.example", arrived_at=at(TODAY) + seconds)
    found = data(call("GET", "statcounters", FromTS=begin, **asked))
    assert [row["Timeslice"] for row in found] == [
        text(datetime.fromtimestamp(begin + seconds, timezone.utc)),
        text(TODAY),
    ], "start excluded, end included"
    refused = call("GET", "statcounters", FromTS=begin - 1, **asked)
    assert refused.status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"CounterSource": None},
        {"CounterTiming": None},
        {"CounterResolution": None},
        {"CounterSource": "List", "SourceID": 1},
        {
            "CounterSource": "List",
            "SourceID": 1,
            "CounterTiming": "Event",
            "CounterResolution": "Lifetime",
        },
        {"CounterSource": "Sender", "SourceID": 1, "CounterTiming": "Event"},
        {"CounterSource": "Campaign"},
        {"CounterResolution": "Lifetime", "CounterTiming": "Event"},
        {"CounterResolution": "Lifetime", "ToTS": 1},
    ],
)
def test_queries_that_counters_refuse(call, changes):
    assert call("GET", "statcounters", **{**COUNTERS, **changes}).status_code == 400


def test_counters_as_text(counted, statistics, rows):
    statistics.counters_as_text = True
    [row] = rows("statcounters", **COUNTERS)
    assert row["EventOpenedCount"] == "2" and row["SourceID"] == "0"


def test_counters_begin_in_2018(statistics, rows):
    statistics.add_message("a@x.example", arrived_at=datetime(2018, 4, 2))
    asked = {**COUNTERS, "CounterResolution": "Lifetime"}
    assert rows("statcounters", **asked) == []
