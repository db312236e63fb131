"""Opens, clicks and bounces, on time and late."""

import pytest
from statistics_account import (
    DAY,
    EVENT_PATHS,
    EVENT_TIMES,
    HOUR,
    NOW,
    add_events,
    at,
    data,
    text,
)


def test_events_have_no_reliable_id(statistics, rows, call):
    campaign = statistics.add_campaign(send_start_at=NOW)
    message = statistics.add_message(
        "a@x.example", campaign_id=campaign, arrived_at=NOW - HOUR
    )
    for _ in range(2):
        add_events(statistics, message, NOW)
    opened, again = rows("openinformation")
    assert (
        opened
        == again
        == {
            "ArrivedAt": text(NOW - HOUR),
            "CampaignID": campaign,
            "ContactID": statistics.rows("contact")[0]["ID"],
            "ID": -1,
            "MessageID": message,
            "OpenedAt": text(NOW),
            "UserAgentFull": "Agent",
            "UserAgentID": opened["UserAgentID"],
        }
    )
    assert opened["UserAgentID"] > 0
    with_null, without = rows("clickstatistics")
    assert with_null["ID"] is None and "ID" not in without
    assert {*without} == {
        *("ClickedAt", "ClickedDelay", "ContactID", "MessageID", "Url", "UserAgentID")
    }
    assert without["ClickedDelay"] == 3600
    bounce, _same = rows("bouncestatistics")
    assert bounce["ID"] == message and bounce["StateID"] == 3
    assert bounce["IsStatePermanent"] is True and bounce["IsBlocked"] is False
    assert data(call("GET", f"bouncestatistics/{message}")) == [bounce]
    assert call("GET", "openinformation/-1").status_code == 404


def test_events_of_a_message_without_a_campaign(statistics, rows):
    message = statistics.add_message("a@x.example", arrived_at=NOW - DAY)
    add_events(statistics, message, NOW)
    for path in EVENT_PATHS.values():
        assert rows(path) == [], "its own time replaces that of a campaign"
        [row] = rows(path, FromTS=at(NOW - 2 * DAY))
        assert "CampaignID" not in row
        assert rows(path, FromTS=0, IsDeleted="false") == []
    [row] = rows("messageinformation", FromTS=0)
    assert row["CampaignID"] == 0
    assert "CampaignID" not in rows("message", FromTS=0)[0]


def test_odd_texts(statistics, rows):
    message = statistics.add_message("a@x.example")
    url = "https://x.example/" + 5000 * "é\t"
    statistics.add_open(message, agent="NUL \0 and half a pair \ud83d")
    statistics.add_click(message, url)
    assert (
        rows("openinformation")[0]["UserAgentFull"] == "NUL \0 and half a pair \ud83d"
    )
    assert rows("clickstatistics")[0]["Url"] == url


@pytest.mark.parametrize("kind", EVENT_PATHS)
def test_a_late_event(statistics, call, rows, kind):
    campaign = statistics.add_campaign(send_start_at=NOW - DAY)
    message = statistics.add_message("a@x.example", campaign_id=campaign)
    numbers = add_events(statistics, message, NOW - HOUR)
    later = NOW + 6 * HOUR
    for one, number in numbers.items():
        statistics.change_event(one, number, visible_at=later)
    window = {"FromTS": 0, "EventFromTs": at(NOW - DAY), "EventToTs": at(NOW)}
    path = EVENT_PATHS[kind]
    assert rows(path, **window) == []
    assert call("GET", path, countOnly=1, **window).json()["Total"] == 0
    assert statistics.count(kind) == 0 and list(statistics.events(kind)) == []
    statistics.clock = later.timestamp
    [row] = rows(path, **window)
    assert row[EVENT_TIMES[kind]] == text(NOW - HOUR), "in a past window"
    assert call("GET", path, countOnly=1, **window).json()["Total"] == 1
    statistics.clock = NOW.timestamp
    assert rows(path, **window) == []


def test_late_opens_are_not_counted_yet(statistics, rows):
    message = statistics.add_message("a@x.example")
    statistics.add_open(message, at=NOW, visible_at=NOW + HOUR)

    def count():
        return rows(
            "statcounters",
            CounterSource="APIKey",
            CounterTiming="Message",
            CounterResolution="Lifetime",
        )[0]["EventOpenedCount"]

    assert count() == 0
    statistics.clock = (NOW + HOUR).timestamp
    assert count() == 1
