"""Which period the rows of the stand-in cover."""

from datetime import datetime, timedelta

import pytest
from statistics_account import (
    DAY,
    EVENT_PATHS,
    EVENT_TIMES,
    HOUR,
    NOW,
    TIMED,
    TODAY,
    add_events,
    at,
    text,
)


@pytest.mark.parametrize("path", TIMED)
def test_without_fromts_only_today(statistics, rows, path):
    for start in (TODAY - timedelta(seconds=1), TODAY, NOW):
        campaign = statistics.add_campaign(text(start), send_start_at=start)
        message = statistics.add_message(
            "a@x.example", campaign_id=campaign, arrived_at=start
        )
        add_events(statistics, message, NOW)
    assert len(rows(path)) == 2
    assert len(rows(path, ToTS=at(TODAY))) == 1
    assert len(rows(path, FromTS=0)) == 3
    # Nor do the rows of a single campaign come without it
    assert len(rows(path, CampaignID=statistics.rows("campaign")[0]["ID"])) == 1


@pytest.mark.parametrize("path", [path for path in TIMED if path != "message"])
def test_periods_begin_at_midnight(statistics, rows, path):
    for start in (
        NOW,  # a Thursday
        TODAY - 3 * DAY,  # the Monday
        TODAY.replace(day=1),
        TODAY.replace(month=1, day=1),
        TODAY.replace(month=1, day=1) - timedelta(seconds=1),
    ):
        campaign = statistics.add_campaign(send_start_at=start)
        message = statistics.add_message("a@x.example", campaign_id=campaign)
        add_events(statistics, message, NOW)
    counts = [
        len(rows(path, Period=period)) for period in ("Day", "Week", "Month", "Year")
    ]
    assert counts == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", EVENT_PATHS)
def test_event_time_and_campaign_time_both_apply(statistics, rows, kind):
    old, new = (
        statistics.add_message(
            "a@x.example",
            campaign_id=statistics.add_campaign(send_start_at=NOW - days * DAY),
        )
        for days in (30, 1)
    )
    for message in (old, new):
        add_events(statistics, message, NOW - HOUR)
    window = {"EventFromTs": at(NOW - 2 * HOUR), "EventToTs": at(NOW)}
    assert rows(EVENT_PATHS[kind], **window) == [], "neither campaign was sent today"
    found = rows(EVENT_PATHS[kind], FromTS=at(NOW - 7 * DAY), **window)
    assert [row.get("MessageID", row.get("ID")) for row in found] == [new]
    assert len(rows(EVENT_PATHS[kind], FromTS=0, **window)) == 2
    assert rows(EVENT_PATHS[kind], FromTS=0, EventFromTs=at(NOW)) == []


@pytest.mark.parametrize("kind", EVENT_PATHS)
@pytest.mark.parametrize("write", [at, text, datetime.isoformat])
def test_a_window_includes_its_end_but_not_its_start(statistics, rows, kind, write):
    campaign = statistics.add_campaign(send_start_at=NOW - DAY)
    for seconds in range(4):
        message = statistics.add_message("a@x.example", campaign_id=campaign)
        add_events(statistics, message, NOW + timedelta(seconds=seconds))
    window = {
        "EventFromTs": write(NOW),
        "EventToTs": write(NOW + timedelta(seconds=2)),
    }
    found = rows(EVENT_PATHS[kind], FromTS=0, **window)
    moments = [row[EVENT_TIMES[kind]] for row in found]
    assert moments == [text(NOW + timedelta(seconds=s)) for s in (1, 2)]


def test_a_window_of_campaigns_and_messages(statistics, rows):
    for seconds in range(4):
        moment = NOW + timedelta(seconds=seconds)
        campaign = statistics.add_campaign(send_start_at=moment)
        statistics.add_message(
            "a@x.example", campaign_id=campaign, arrived_at=moment + DAY
        )
    window = {"FromTS": at(NOW), "ToTS": at(NOW + timedelta(seconds=2))}
    assert len(rows("campaign", **window)) == 2
    assert len(rows("messageinformation", **window)) == 2
    assert rows("message", **window) == [], "there it is the time of the message"


@pytest.mark.parametrize("name", ["FromTS", "ToTS", "EventFromTs", "EventToTs"])
def test_invalid_dates_are_refused(call, name):
    assert call("GET", "openinformation", **{name: "yesterday"}).status_code == 400
