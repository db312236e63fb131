"""Messages: ids, status, history."""

import pytest
from statistics_account import DAY, HOUR, NOW, at, data


@pytest.mark.parametrize(
    ("status", "found"),
    [(3, ["opened"]), ("clicked", ["clicked"]), (0, ["opened", "clicked"]), (5, [])],
)
def test_message_status(statistics, rows, status, found):
    for word in ("opened", "clicked"):
        message = statistics.add_message(f"{word}@x.example", status=word)
        statistics.add_open(message, agent=word)
    for path in ("openinformation", "messageinformation", "message"):
        assert len(rows(path, MessageStatus=status)) == len(found)
    opens = rows("openinformation", MessageStatus=status)
    assert [row["UserAgentFull"] for row in opens] == found


def test_hard_and_soft_bounces(statistics, rows):
    for is_permanent in (True, False):
        message = statistics.add_message("a@x.example")
        statistics.add_bounce(message, is_permanent=is_permanent)
    assert [len(rows("message", MessageStatus=n)) for n in (5, 9, 10)] == [2, 1, 1]


def test_ids_of_nineteen_digits(statistics, call):
    statistics.fill(events=20, campaigns=2, contacts=100, end=NOW)
    body = call("GET", "openinformation", FromTS=0).text
    [first, *_] = [event.message_id for event in statistics.events("open")]
    assert len(str(first)) == 19 and int(float(first)) != first
    assert f'"MessageID" : {first},' in body
    [message] = data(call("GET", f"message/{first}"))
    assert message["ID"] == first and message["ContactID"] > 2**31


def test_messages(statistics, call, rows):
    campaign = statistics.add_campaign("News", send_start_at=NOW, FromID=7)
    message = statistics.add_message(
        "a@x.example",
        campaign_id=campaign,
        subject="News",
        custom_id="c-1",
        status="hardbounced",
        state=1,
    )
    contact = statistics.rows("contact")[0]["ID"]
    statistics.add_message("b@x.example", custom_id="c-2")
    [row] = rows("message", CampaignID=campaign)
    assert row["ContactAlt"] == row["Subject"] == "" and "CustomID" not in row
    assert row["StateID"] == 1 and row["SenderID"] == 7
    shown = {"ShowContactAlt": "true", "ShowCustomID": 1, "ShowSubject": 1}
    [row] = rows("message", Campaign=campaign, **shown)
    assert row["ContactAlt"] == "a@x.example"
    assert (row["Subject"], row["CustomID"]) == ("News", "c-1")
    for name, value in (
        ("Contact", contact),
        ("ContactID", contact),
        ("ContactAlt", "A@x.example"),
        ("CustomID", "c-1"),
        ("MessageState", 1),
        ("MessageStatus", 10),
        ("MessageStatus", "hardbounced"),
        ("SenderID", 7),
        ("FromDomain", "company.example"),
    ):
        found = [one["ID"] for one in rows("message", **{name: value})]
        assert found == [message], name
    assert data(call("GET", f"message/{message}", ShowSubject=1))[0]["Subject"]
    assert call("GET", "message/1").status_code == 404
    statistics.delete_message(message)
    assert call("GET", f"message/{message}").status_code == 404


def test_information_on_messages(statistics, rows, call):
    campaign = statistics.add_campaign(send_start_at=NOW - DAY)
    message = statistics.add_message("a@x.example", campaign_id=campaign)
    assert rows("messageinformation") == [], "the campaign was not sent today"
    [row] = rows("messageinformation", FromTS=0)
    assert row["SpamAssassinRules"] == {"ALT": "", "ID": -1}
    assert (row["ID"], row["CampaignID"]) == (message, campaign)
    assert data(call("GET", f"messageinformation/{message}")) == [row]


def test_a_status_changes_later(statistics, rows):
    message = statistics.add_message("a@x.example")
    seen = []
    for change in (
        lambda: statistics.add_open(message),
        lambda: statistics.add_click(message, "https://x.example"),
        lambda: statistics.add_open(message),
        lambda: statistics.add_complaint(message),
    ):
        change()
        [row] = rows("message")
        seen.append(row["Status"])
    assert seen == ["opened", "clicked", "clicked", "spam"]
    assert rows("contact")[0]["IsSpamComplaining"] is True


def test_history_of_any_message(statistics, call):
    message = statistics.add_message("a@x.example", arrived_at=NOW - HOUR)
    statistics.add_click(message, "https://x.example", at=NOW, agent="Agent")
    statistics.add_open(message, at=NOW + DAY, visible_at=NOW + DAY)
    sent, clicked = data(call("GET", f"messagehistory/{message}"))
    assert (sent["EventType"], sent["EventAt"]) == ("sent", at(NOW - HOUR))
    assert (clicked["EventType"], clicked["Useragent"]) == ("clicked", "")
    assert clicked["UseragentID"] > 0
    bounced = statistics.add_message("b@x.example")
    statistics.add_bounce(bounced, state_id=3, is_permanent=False)
    [row] = data(call("GET", f"messagehistory/{bounced}"))
    assert (row["EventType"], row["State"]) == ("bounced", "quota exceeded")
    blocked = statistics.add_message("c@x.example", status="blocked", state=14)
    [row] = data(call("GET", f"messagehistory/{blocked}"))
    assert (row["EventType"], row["State"]) == ("blocked", "preblocked")
    assert data(call("GET", "messagehistory/1")) == []


def test_an_unsubscription_changes_the_status(statistics, rows):
    statistics.add_unsubscription(statistics.add_message("a@x.example"))
    assert rows("message")[0]["Status"] == "unsub"
    assert statistics.count("unsub") == 1
