"""Email received over SMTP, in the statistics."""

from datetime import datetime, timezone

from mail_mailjet.tests.standins import EventPoster, events_of
from mail_mailjet.tests.standins.fates import FATES
from mail_mailjet.tests.standins.rows import new_callback
from statistics_account import EVERYTHING, NOW, OTHER, PAIR, data, deliver, seconds


def everybody():
    return [f"{word}@x.example" for word in ("anybody", *FATES)]


def test_mail_is_the_same_everywhere(store, statistics, call, rows):
    statistics.clock = datetime.now(timezone.utc).timestamp
    message = deliver(store, *everybody())
    ids = {row["Email"]: row["ID"] for row in rows("contact")}
    assert {*ids} == {*everybody()}
    [campaign] = rows("campaign")
    assert campaign["CustomValue"] == "Spring 2026"
    assert campaign["FromEmail"] == "shop@example.com"
    posted = events_of(message, ids)
    assert {event["mj_campaign_id"] for event in posted} == {campaign["ID"]}

    def facts(event, name):
        return (event["MessageID"], event["mj_contact_id"], event["time"], event[name])

    opens = rows("openinformation")
    assert sorted(
        (row["MessageID"], row["ContactID"], seconds(row["OpenedAt"]), agent(row))
        for row in opens
    ) == sorted(facts(e, "agent") for e in posted if e["event"] == "open")
    assert {row["CampaignID"] for row in opens} == {campaign["ID"]}
    assert sorted(
        (row["MessageID"], row["ContactID"], seconds(row["ClickedAt"]), row["Url"])
        for row in rows("clickstatistics")
    ) == sorted(facts(e, "url") for e in posted if e["event"] == "click")
    assert sorted(
        (row["ID"], row["ContactID"], seconds(row["BouncedAt"]), row["IsBlocked"])
        for row in rows("bouncestatistics")
    ) == sorted(facts(e, "blocked") for e in posted if e["event"] == "bounce")
    states = {row["ID"]: row.get("StateID") for row in rows("message")}
    for row in rows("bouncestatistics"):
        assert row["StateID"] == states[row["ID"]]
    for event in posted:
        history = data(call("GET", f"messagehistory/{event['MessageID']}"))
        assert event["time"] in [row["EventAt"] for row in history]


def agent(row):
    return row["UserAgentFull"]


def test_mail_counts(store, statistics, call, rows):
    statistics.clock = datetime.now(timezone.utc).timestamp
    deliver(store, *everybody())
    [campaign] = rows("campaign")
    counted = {"CounterTiming": "Message", "CounterResolution": "Lifetime"}
    of_key = {"CounterSource": "APIKey", **counted}
    of_campaign = {
        "CounterSource": "Campaign",
        "SourceID": campaign["ID"],
        **counted,
    }
    for asked in (of_key, of_campaign):
        [row] = rows("statcounters", **asked)
        assert row["Total"] == len(everybody()) - 1, "one is dropped"
        assert row["MessageSentCount"] == 5
        assert row["MessageHardBouncedCount"] == 1
        assert row["MessageSoftBouncedCount"] == row["MessageDeferredCount"] == 1
        assert row["MessageBlockedCount"] == 3
        assert (row["MessageOpenedCount"], row["EventClickedCount"]) == (3, 1)
        assert row["EventOpenDelay"] == 3 * 60 and row["EventClickDelay"] == 120
    assert len(rows("message", Campaign=campaign["ID"])) == len(everybody()) - 1


def test_mail_joins_the_campaign_of_its_name(store, statistics, rows):
    statistics.clock = datetime.now(timezone.utc).timestamp
    made = statistics.add_campaign("Made before", custom_value="Spring 2026")
    message = deliver(store, "open@x.example")
    deliver(store, "open@x.example", campaign="")
    other = deliver(store, "a@x.example", campaign="Summer 2026")
    campaign, second = sorted(rows("campaign"), key=lambda row: row["CustomValue"])
    assert second["ID"] == events_of(other, {})[0]["mj_campaign_id"] != made
    assert campaign["ID"] == made == events_of(message, {})[0]["mj_campaign_id"]
    opens = rows("openinformation")
    assert [row.get("CampaignID") for row in opens] == [made, None]


def test_forgotten_mail(store, statistics, rows):
    statistics.clock = datetime.now(timezone.utc).timestamp
    kept = statistics.add_message("kept@x.example")
    statistics.add_open(kept)
    for _ in range(2):
        deliver(store, "click@x.example", "bounce@x.example")
        assert len(rows("openinformation")) == 2
        store.clear_messages()
        assert [row["MessageID"] for row in rows("openinformation")] == [kept]
        assert rows("clickstatistics") == rows("bouncestatistics") == []
        assert rows("campaign") == [] and len(rows("message")) == 1
    assert len(rows("contact")) == 3, "contacts stay"


def test_contacts_of_posted_events(store, statistics, rows):
    account = store.account(PAIR[0])
    account.callbacks += [
        new_callback(number, account.row["ID"], event, "http://127.0.0.1/")
        for number, event in enumerate(["sent", "open"])
    ]
    poster = EventPoster(store)
    deliver(store, "open@x.example")
    posted = [event for post in poster._new_posts() for event in post.events]
    [contact] = rows("contact")
    assert [event["mj_contact_id"] for event in posted] == [contact["ID"]] * 2


def test_sub_accounts_share_nothing(store, statistics, call):
    statistics.fill(events=50, campaigns=2, contacts=100, end=NOW)
    other = store.account(OTHER[0]).statistics
    for path in ("campaign", "openinformation", "contact", "message", "contactslist"):
        assert data(call("GET", path, auth=OTHER, **EVERYTHING)) == []
    other.fill(events=50, campaigns=2, contacts=100, end=NOW)
    for path in ("campaign", "contact", "message"):
        own, others = (
            {row["ID"] for row in one.rows(path, **EVERYTHING)}
            for one in (statistics, other)
        )
        assert own and others and not own & others
