"""What the stand-in REST API tells of the past, met with `requests` over sockets."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tests.standins import (
    EventPoster,
    RestStandin,
    StandinProcess,
    Store,
    events_of,
)
from mail_mailjet.tests.standins.__main__ import SMALL_HISTORY
from mail_mailjet.tests.standins.fates import FATES
from mail_mailjet.tests.standins.reporting.event_table import EventFacts, EventTable
from mail_mailjet.tests.standins.rows import new_callback

PAIR, OTHER = ("key-of-the-account", "hush-hush"), ("key-of-another", "secret")
NOW = datetime(2026, 3, 5, 12, 0, 0, tzinfo=timezone.utc)
TODAY = NOW.replace(hour=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERYTHING = {"FromTS": 0, "ToTS": 4_000_000_000}
EVENT_PATHS = {
    "open": "openinformation",
    "click": "clickstatistics",
    "bounce": "bouncestatistics",
}
EVENT_TIMES = {"open": "OpenedAt", "click": "ClickedAt", "bounce": "BouncedAt"}


@pytest.fixture
def store():
    store = Store()
    for pair in (PAIR, OTHER):
        store.add_key(*pair).statistics.clock = NOW.timestamp
    return store


@pytest.fixture
def statistics(store):
    return store.account(PAIR[0]).statistics


@pytest.fixture
def standin(store):
    with RestStandin(store) as standin:
        yield standin


@pytest.fixture
def call(standin):
    with requests.Session() as session:
        session.trust_env = False

        def call(method, path, json=None, auth=PAIR, **params):
            url = f"{standin.url}/v3/REST/{path}"
            return session.request(
                method, url, json=json, auth=auth, params=params, timeout=10
            )

        yield call


@pytest.fixture
def rows(call):
    """All rows of a resource, page by page."""

    def rows(path, limit=1000, **params):
        found = []
        while True:
            page = call("GET", path, Limit=limit, Offset=len(found), **params)
            found += data(page)
            if len(data(page)) < limit:
                return found

    return rows


def data(response):
    assert response.status_code in (200, 201), response.text
    body = response.json()
    assert body["Count"] == len(body["Data"])
    return body["Data"]


def at(moment):
    return int(moment.timestamp())


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def add_events(statistics, message, moment):
    """An open, a click and a bounce of the same moment; returns their numbers."""
    return {
        "open": statistics.add_open(message, at=moment, agent="Agent"),
        "click": statistics.add_click(message, "https://x.example", at=moment),
        "bounce": statistics.add_bounce(message, at=moment, state_id=3),
    }


def deliver(store, *recipients, campaign="Spring 2026", custom_id="c-1"):
    head = f"From: Shop <shop@example.com>\r\nSubject: Hi\r\nX-MJ-CustomID: {custom_id}"
    head += "\r\nContent-Type: text/html"
    if campaign:
        head += f"\r\nX-Mailjet-Campaign: {campaign}"
    return store.add_message(
        api_key=PAIR[0],
        mail_from="shop@example.com",
        rcpt_tos=recipients,
        content=f"{head}\r\n\r\nText\r\n".encode(),
        port=587,
        security="starttls",
        auth_mechanism="PLAIN",
    )


# -- Which time ----------------------------------------------------------------------

TIMED = ("campaign", "message", "messageinformation", *EVENT_PATHS.values())


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
    # One campaign's rows do not come without it either
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
def test_event_time_and_campaign_time_both_count(statistics, rows, kind):
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
    assert rows(EVENT_PATHS[kind], **window) == [], "neither campaign is of today"
    found = rows(EVENT_PATHS[kind], FromTS=at(NOW - 7 * DAY), **window)
    assert [row.get("MessageID", row.get("ID")) for row in found] == [new]
    assert len(rows(EVENT_PATHS[kind], FromTS=0, **window)) == 2
    assert rows(EVENT_PATHS[kind], FromTS=0, EventFromTs=at(NOW)) == []


@pytest.mark.parametrize("kind", EVENT_PATHS)
@pytest.mark.parametrize("write", [at, text, datetime.isoformat])
def test_a_window_has_its_end_but_not_its_begin(statistics, rows, kind, write):
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
def test_what_is_no_date_is_refused(call, name):
    assert call("GET", "openinformation", **{name: "yesterday"}).status_code == 400


# -- Pages ---------------------------------------------------------------------------


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


def test_count_only_minds_the_filters(statistics, call):
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


def test_a_page_may_be_refused_for_the_rate(call, standin):
    standin.faults.add("rate_limited", path="openinformation")
    refused = call("GET", "openinformation")
    assert refused.status_code == 429 and "Retry-After" not in refused.headers
    assert refused.headers["Content-Type"] == "text/html"
    assert call("GET", "openinformation").status_code == 200


# -- Filters of campaigns ------------------------------------------------------------


@pytest.mark.parametrize("path", [p for p in TIMED if p != "message"])
def test_filters_of_campaigns(statistics, rows, path):
    list_id = statistics.add_list("Customers")
    chosen = statistics.add_campaign(
        custom_value="mj.nl=7",
        send_start_at=NOW,
        list_id=list_id,
        is_deleted=True,
        is_starred=True,
        FromEmail="news@shop.example",
        FromID=17,
        CampaignType=1,
        NewsLetterID=7,
    )
    other = statistics.add_campaign(send_start_at=NOW)
    for campaign in (chosen, other):
        message = statistics.add_message("a@x.example", campaign_id=campaign)
        add_events(statistics, message, NOW)
    for name, value in (
        ("CampaignID", chosen),
        ("ContactsList", list_id),
        ("ContactsListID", list_id),
        ("CustomCampaign", "mj.nl=7"),
        ("From", "News@shop.example"),
        ("FromDomain", "shop.example"),
        ("FromID", 17),
        ("FromType", 1),
        ("IsDeleted", "true"),
        ("IsStarred", 1),
        ("IsNewsletterTool", "1"),
    ):
        assert len(rows(path, **{name: value})) == 1, name
    for name in ("IsDeleted", "IsStarred", "IsNewsletterTool"):
        assert len(rows(path, **{name: "false"})) == 1
        assert len(rows(path, **{name: ""})) == 2, "left out: both"
    assert rows(path, CampaignID=2_147_483_647) == []
    assert rows(path, CampaignID="x") == []


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


def test_a_bounce_is_of_either_kind(statistics, rows):
    for is_permanent in (True, False):
        message = statistics.add_message("a@x.example")
        statistics.add_bounce(message, is_permanent=is_permanent)
    assert [len(rows("message", MessageStatus=n)) for n in (5, 9, 10)] == [2, 1, 1]


# -- Rows ----------------------------------------------------------------------------


def test_ids_of_nineteen_digits(statistics, call):
    statistics.fill(events=20, campaigns=2, contacts=100, end=NOW)
    body = call("GET", "openinformation", FromTS=0).text
    [first, *_] = [event.message_id for event in statistics.events("open")]
    assert len(str(first)) == 19 and int(float(first)) != first
    assert f'"MessageID" : {first},' in body
    [message] = data(call("GET", f"message/{first}"))
    assert message["ID"] == first and message["ContactID"] > 2**31


def test_events_have_hardly_an_id(statistics, rows, call):
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
        assert rows(path) == [], "its own time stands for that of a campaign"
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


def test_campaigns(statistics, call, rows):
    list_id = statistics.add_list("Customers")
    campaign = statistics.add_campaign(
        "News", custom_value="mj.nl=44098", send_start_at=NOW, list_id=list_id
    )
    message = statistics.add_message("a@x.example", campaign_id=campaign)
    [row] = rows("campaign")
    assert row["FirstMessageID"] == message and row["ListID"] == list_id
    assert "SegmentationID" not in row and "WorkflowID" not in row
    assert row["SpamassScore"] == 0 and row["SendStartAt"] == text(NOW)
    assert data(call("GET", "campaign/mj.nl=44098")) == [row]
    changed = call("PUT", f"campaign/{campaign}", {"IsStarred": True})
    assert data(changed)[0]["IsStarred"] is True
    assert call("PUT", f"campaign/{campaign}", {"IsStarred": True}).status_code == 304
    refused = call("PUT", f"campaign/{campaign}", {"Subject": "x"})
    assert refused.json()["ErrorMessage"].startswith("MJ19")
    with pytest.raises(ValueError, match=r"mj\.nl"):
        statistics.add_campaign(custom_value="mj.nl=44098")


def test_lists(statistics, call, rows):
    kept, deleted = (statistics.add_list(name) for name in ("Kept", "Deleted"))
    statistics.delete_list(deleted)
    contact = statistics.add_contact("a@x.example")
    statistics.add_list_recipient(kept, contact)
    names = [row["Name"] for row in rows("contactslist")]
    assert names == ["Kept", "Deleted"], "left out: both"
    assert [row["ID"] for row in rows("contactslist", IsDeleted="true")] == [deleted]
    [row] = rows("contactslist", IsDeleted=0)
    assert row["SubscriberCount"] == 1 and len(row["Address"]) == 9
    assert data(call("GET", f"contactslist/{row['Address']}")) == [row]
    assert rows("contactslist", ExcludeID=kept, IsDeleted=0) == []


def test_members_of_lists(statistics, rows):
    lists = [statistics.add_list(name) for name in ("One", "Two")]
    contacts = [statistics.add_contact(f"{n}@x.example") for n in "ab"]
    first = statistics.add_list_recipient(lists[0], contacts[0], subscribed_at=NOW)
    gone = statistics.add_list_recipient(lists[1], contacts[1], unsubscribed_at=NOW)
    statistics.add_list_recipient(lists[1], contacts[0], is_active=False)
    statistics.change_contact(contacts[1], IsExcludedFromCampaigns=True)
    [row] = rows("listrecipient", ContactsList=lists[0])
    assert row == {
        "ContactID": contacts[0],
        "ID": first,
        "IsActive": True,
        "IsUnsubscribed": False,
        "ListID": lists[0],
        "ListName": "One",
        "SubscribedAt": text(NOW),
        "UnsubscribedAt": "",
    }
    for params, count in (
        ({}, 3),
        ({"Unsub": 1}, 1),
        ({"Unsub": "false"}, 2),
        ({"Active": 0}, 1),
        ({"Contact": contacts[0]}, 2),
        ({"ContactEmail": "B@x.example"}, 1),
        ({"ListName": "Two"}, 2),
        ({"IsExcludedFromCampaigns": 1}, 1),
    ):
        assert len(rows("listrecipient", **params)) == count, params
    statistics.delete_list(lists[1])
    assert len(rows("listrecipient")) == 3
    assert len(rows("listrecipient", IgnoreDeleted=1)) == 1
    statistics.delete_list_recipient(gone)
    assert len(rows("listrecipient")) == 2
    statistics.delete_contact(contacts[0])
    assert rows("listrecipient") == []
    assert [row["SubscriberCount"] for row in rows("contactslist")] == [0, 0]


def test_segments(statistics, call, rows):
    for status in ("used", "unused", "deleted"):
        statistics.add_segment(f"{status} one", status=status)

    def names(**params):
        return [row["Name"] for row in rows("contactfilter", **params)]

    assert names() == ["used one", "unused one"]
    assert names(ShowDeleted="true") == ["used one", "unused one", "deleted one"]
    assert names(Status="used") == ["used one"]
    assert names(Status="deleted") == []
    assert names(Status="deleted", ShowDeleted=1) == ["deleted one"]
    assert names(NameLLike="un") == ["unused one"]
    assert len(names(NameRLikeCI="ONE")) == 2
    assert data(call("GET", "contactfilter/used one"))[0]["Status"] == "used"


def test_the_overview(statistics, call, rows):
    sent = statistics.add_campaign("Sent", send_start_at=NOW, is_starred=True)
    message = statistics.add_message("a@x.example", campaign_id=sent)
    add_events(statistics, message, NOW)
    statistics.add_campaign("Deleted", send_start_at=NOW, is_deleted=True)
    statistics.add_draft("Draft", ID=sent)
    statistics.add_draft("Programmed", status=1)
    statistics.add_draft("Archived", status=-1)
    test = statistics.add_draft("A/B", id_type="AX", status=3)
    with pytest.raises(ValueError, match="NL"):
        statistics.add_draft("Draft", ID=sent)

    def titles(**params):
        return {row["Title"] for row in rows("campaignoverview", **params)}

    assert titles() == titles(Sent=1) == {"Sent"}
    assert titles(All="true") == {"Sent", "Draft", "Programmed", "Archived", "A/B"}
    assert titles(Drafts=1, Programmed=1) == {"Draft", "Programmed"}
    assert titles(Archived=1) == {"Archived"}
    assert titles(IDType="AX") == titles(ID=test) == {"A/B"}
    assert titles(ID=sent) == {"Sent", "Draft"}, "with the type only it is unique"
    assert titles(Starred="false", All=1) == titles(All=1) - {"Sent"}
    assert titles(Subject="Draft", All=1) == {"Draft"}
    [row] = data(call("GET", f"campaignoverview/Campaign|{sent}"))
    assert (row["ProcessedCount"], row["OpenedCount"], row["ClickedCount"]) == (1, 1, 1)
    assert row["SendTimeStart"] == at(NOW)
    assert call("GET", "campaignoverview/AX|1").status_code == 404
    statistics.change_draft("AX", test, Status=-2)
    assert titles(IDType="AX") == set()


# -- Contacts ------------------------------------------------------------------------


def test_filters_of_contacts(statistics, rows):
    list_id = statistics.add_list("Customers")
    ann, bob = (statistics.add_contact(f"{name}@x.example") for name in ("ann", "bob"))
    statistics.add_list_recipient(list_id, ann, unsubscribed_at=NOW)
    statistics.change_contact(bob, IsExcludedFromCampaigns=True)
    campaign = statistics.add_campaign(send_start_at=NOW)
    message = statistics.add_message(contact_id=ann, campaign_id=campaign)
    statistics.add_open(message, at=NOW)

    def ids(**params):
        return [row["ID"] for row in rows("contact", **params)]

    assert ids() == [ann, bob]
    assert ids(Email="ANN@x.example") == ids(EmailCI="ANN@X.example") == [ann]
    assert ids(EmailLike="ob@") == ids(EmailLLikeCI="BOB") == [bob]
    assert ids(EmailLike="OB@") == ids(EmailLLike="ob") == []
    assert ids(EmailRLike=".example") == [ann, bob]
    assert ids(ContactsList=list_id) == ids(IsUnsubscribed=1) == [ann]
    assert ids(IsUnsubscribed=0) == [bob]
    assert ids(IsExcludedFromCampaigns="true") == [bob]
    assert ids(Campaign=campaign) == [ann]
    assert ids(LastActivityAt=at(NOW)) == ids(LastActivityAt=text(NOW)) == [ann]
    assert rows("contact")[0]["DeliveredCount"] == 1


@pytest.mark.parametrize("is_filled", [True, False])
@pytest.mark.parametrize("key", ["ID", "Email"])
def test_excluding_a_contact(statistics, call, rows, key, is_filled):
    if is_filled:
        statistics.fill(events=20, campaigns=2, contacts=50, end=NOW - DAY)
        before = rows("contact")[3]
    else:
        statistics.add_contact("a@x.example")
        [before] = rows("contact")
    path = f"contact/{before[key]}"
    body = {"IsExcludedFromCampaigns": True}
    [after] = data(call("PUT", path, body))
    assert after["ExclusionFromCampaignsUpdatedAt"] == text(NOW)
    assert after == {
        **before,
        **body,
        "ExclusionFromCampaignsUpdatedAt": text(NOW),
        "LastUpdateAt": text(NOW),
    }
    assert call("PUT", path, body).status_code == 304
    statistics.clock = (NOW + DAY).timestamp
    [named] = data(call("PUT", path, {**body, "Name": "Ann"}))
    assert named["ExclusionFromCampaignsUpdatedAt"] == text(NOW), "as before"
    assert named["LastUpdateAt"] == text(NOW + DAY)
    assert named in rows("contact", IsExcludedFromCampaigns=1)
    assert data(call("PUT", path, {"IsExcludedFromCampaigns": False}))
    assert named["ID"] not in [
        row["ID"] for row in rows("contact", IsExcludedFromCampaigns=1)
    ]


def test_a_contact_twice(statistics, call):
    statistics.fill(events=20, campaigns=2, contacts=50, end=NOW)
    email = statistics.rows("contact")[7]["Email"]
    refused = call("POST", "contact", {"Email": email.upper()})
    assert refused.status_code == 400
    assert refused.json()["ErrorMessage"] == (
        f'MJ18 A Contact resource with value "{email}" for Email already exists.'
    )
    made = call("POST", "contact", {"Email": "new@x.example", "Name": "New"})
    assert made.status_code == 201
    assert statistics.rows("contact")[-1] == data(made)[0], "the largest id is the last"


def test_many_contacts_at_once(statistics, call, rows):
    old = statistics.add_contact("old@x.example", name="Old")
    list_id = statistics.add_list("Customers")
    body = {
        "Contacts": [
            {"Email": "old@x.example", "IsExcludedFromCampaigns": True},
            {"Email": "New@x.example", "Name": "New"},
            {"Email": "nobody"},
        ],
        "ContactsLists": [{"ListID": list_id, "Action": "unsub"}],
    }
    statistics.job_reads = 2
    started = call("POST", "contact/managemanycontacts", body)
    assert started.status_code == 201
    [job] = data(started)
    assert {*job} == {"JobID"}
    path = f"contact/managemanycontacts/{job['JobID']}"
    states = [data(call("GET", path))[0] for _ in range(4)]
    words = [state["Status"] for state in states]
    assert words == ["In Progress", "In Progress", "Completed", "Completed"]
    assert states[-1]["Count"] == 2 and "nobody" in states[-1]["Error"]
    assert rows("contact", IsExcludedFromCampaigns=1)[0]["ID"] == old
    assert [row["Name"] for row in rows("contact")] == ["Old", "New"]
    assert len(rows("listrecipient", ContactsList=list_id, Unsub=1)) == 2
    for action, count in (("addnoforce", 2), ("addforce", 0), ("remove", 0)):
        lists = {"ContactsLists": [{"ListID": list_id, "Action": action}]}
        call("POST", "contact/managemanycontacts", {**body, **lists})
        assert len(rows("listrecipient", Unsub=1)) == count, action
    assert rows("listrecipient") == []
    statistics.delete_list(list_id)
    refused = call("POST", "contact/managemanycontacts", body)
    [error] = refused.json()["ErrorInfo"]["ContactsLists"]
    assert error["Error"] == f"List ID {list_id} is invalid or deleted"
    assert call("GET", "contact/managemanycontacts/1").status_code == 404
    assert call("POST", "contact/managemanycontacts", {}).status_code == 400
    assert call("GET", "contact/managemanycontacts").status_code == 405


@pytest.mark.parametrize("is_filled", [True, False])
def test_an_erased_contact(statistics, call, rows, is_filled):
    if is_filled:
        statistics.fill(events=20, campaigns=2, contacts=50, end=NOW)
    else:
        statistics.add_contact("a@x.example")
    before = rows("contact")
    erased = before[0]
    statistics.erase_contact(erased["ID"])
    assert rows("contact") == before[1:]
    found = rows("contact", IncludeAnonymized="true")
    assert len(found) == len(before)
    assert found[0]["Name"] == "Anonymized" and found[0]["ID"] == erased["ID"]
    assert found[0]["Email"].startswith("\\x")
    assert found[0]["Email"].endswith("@domain.invalid")
    for key in (erased["ID"], erased["Email"]):
        assert call("GET", f"contact/{key}").status_code == 404
    statistics.clock = (NOW + 30 * DAY).timestamp
    assert rows("contact", IncludeAnonymized="true") == before[1:], "gone for good"
    assert call("POST", "contact", {"Email": erased["Email"]}).status_code == 201


def test_statistics_of_contacts(statistics, call, rows):
    messages = [statistics.add_message(f"{n}@x.example") for n in "abc"]
    statistics.add_message("a@x.example")
    for _ in range(2):
        statistics.add_open(messages[0], at=NOW)
    statistics.add_bounce(messages[1])
    statistics.change_message(messages[2], status="blocked", state_id=14)
    opened, bounced, blocked = rows("contactstatistics")
    assert (opened["ProcessedCount"], opened["DeliveredCount"]) == (2, 2)
    assert opened["OpenedCount"] == 1, "each message once"
    assert opened["LastActivityAt"] == text(NOW)
    assert (bounced["HardBouncedCount"], bounced["BouncedCount"]) == (1, 1)
    assert blocked["BlockedCount"] == 1 and blocked["DeliveredCount"] == 0
    for params, row in (
        ({"Open": 1}, opened),
        ({"Bounced": "true"}, bounced),
        ({"Blocked": 1}, blocked),
        ({"MinLastActivityAt": at(NOW)}, opened),
    ):
        assert rows("contactstatistics", **params) == [row]
    assert rows("contactstatistics", MaxLastActivityAt=at(NOW - DAY)) == [
        bounced,
        blocked,
    ]
    assert rows("contactstatistics", Sort="ProcessedCount DESC")[0] == opened
    for key in (opened["ContactID"], "a@x.example"):
        assert data(call("GET", f"contactstatistics/{key}")) == [opened]


# -- Messages ------------------------------------------------------------------------


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
    assert rows("messageinformation") == [], "the campaign is not of today"
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


# -- What came over SMTP -------------------------------------------------------------


def everybody():
    return [f"{word}@x.example" for word in ("anybody", *FATES)]


def test_mail_tells_the_same_everywhere(store, statistics, call, rows):
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


def seconds(moment):
    return at(datetime.fromisoformat(moment.replace("Z", "+00:00")))


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
        assert row["Total"] == len(everybody()) - 1, "one is kept back"
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


# -- Late events ---------------------------------------------------------------------


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
    assert row[EVENT_TIMES[kind]] == text(NOW - HOUR), "in a window long past"
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


# -- Counters ------------------------------------------------------------------------

COUNTERS = {
    "CounterSource": "APIKey",
    "CounterTiming": "Message",
    "CounterResolution": "Day",
}


@pytest.fixture
def counted(statistics):
    """A campaign to a list: two messages of two days ago, one of them opened today."""
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


def test_slices_without_traffic_are_left_out_and_ten_come(statistics, call):
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
    ], "without its begin, with its end"
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
def test_what_counters_refuse(call, changes):
    assert call("GET", "statcounters", **{**COUNTERS, **changes}).status_code == 400


def test_counters_as_text(counted, statistics, rows):
    statistics.counters_as_text = True
    [row] = rows("statcounters", **COUNTERS)
    assert row["EventOpenedCount"] == "2" and row["SourceID"] == "0"


def test_counters_begin_in_2018(statistics, rows):
    statistics.add_message("a@x.example", arrived_at=datetime(2018, 4, 2))
    asked = {**COUNTERS, "CounterResolution": "Lifetime"}
    assert rows("statcounters", **asked) == []


# -- /statistics ---------------------------------------------------------------------


def test_links_of_a_campaign(statistics, call):
    campaign = statistics.add_campaign(send_start_at=NOW)
    messages = [
        statistics.add_message(f"{n}@x.example", campaign_id=campaign) for n in "ab"
    ]
    for message, link in ((0, "one"), (0, "two"), (0, "two"), (1, "two")):
        statistics.add_click(messages[message], f"https://x.example/{link}")
    response = call("GET", "statistics/link-click", CampaignId=campaign)
    assert data(response) == [
        {
            "URL": "https://x.example/two",
            "PositionIndex": 2,
            "ClickedMessagesCount": 2,
            "ClickedEventsCount": 3,
        },
        {
            "URL": "https://x.example/one",
            "PositionIndex": 1,
            "ClickedMessagesCount": 1,
            "ClickedEventsCount": 1,
        },
    ]
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert response.headers["X-Mj-Request-Guid"] and '"Count":2' in response.text


def test_providers_of_a_campaign(statistics, call):
    campaign = statistics.add_campaign(send_start_at=NOW)
    messages = [
        statistics.add_message(email, campaign_id=campaign)
        for email in ("a@gmail.example", "b@gmail.example", "c@x.example")
    ]
    for _ in range(2):
        statistics.add_open(messages[0])
    statistics.add_bounce(messages[1])
    gmail, others = data(call("GET", "statistics/recipient-esp", CampaignID=campaign))
    assert (gmail["ESPName"], others["ESPName"]) == ("Gmail", "others")
    assert (gmail["AttemptedMessagesCount"], gmail["DeliveredMessagesCount"]) == (2, 1)
    assert gmail["OpenedMessagesCount"] == 1 and gmail["HardBouncedRate"] == 0.5
    only = call(
        "GET", "statistics/recipient-esp", CampaignID=campaign, ESP_Name="Gmail"
    )
    assert data(only) == [gmail]


@pytest.mark.parametrize("name", ["link-click", "recipient-esp"])
def test_a_campaign_must_be_named(call, name):
    refused = call("GET", f"statistics/{name}")
    assert refused.status_code == 400 and refused.json()["ErrorIdentifier"]
    assert data(call("GET", f"statistics/{name}", CampaignID=1)) == []
    assert call("GET", "statistics/nothing").status_code == 500


# -- A large history -----------------------------------------------------------------

HISTORY = {"events": 3000, "campaigns": 9, "contacts": 1500, "end": NOW}


@pytest.fixture
def history(statistics):
    statistics.fill(**HISTORY)
    return statistics


def test_what_is_held_is_what_is_served(history, rows):
    for kind, path in EVENT_PATHS.items():
        stored = list(history.events(kind))
        served = rows(path, limit=177, **EVERYTHING)
        held = {
            "open": lambda e: (e.message_id, e.campaign_id, e.contact_id, e.agent),
            "click": lambda e: (e.message_id, None, e.contact_id, e.url),
            "bounce": lambda e: (e.message_id, e.campaign_id, e.contact_id, e.state_id),
        }[kind]
        assert Counter(
            (
                row.get("MessageID", row.get("ID")),
                row.get("CampaignID"),
                row["ContactID"],
                row.get("UserAgentFull", row.get("Url", row.get("StateID"))),
                row[EVENT_TIMES[kind]],
            )
            for row in served
        ) == Counter(
            (*held(e), text(datetime.fromtimestamp(e.at, timezone.utc))) for e in stored
        )
        assert sum(history.count_by_day(kind).values()) == len(stored)
    counts = [history.count(kind) for kind in EVENT_PATHS]
    assert counts == [2100, 600, 300] and sum(counts) == HISTORY["events"]


def test_days_add_up(history, call):
    for kind, path in EVENT_PATHS.items():
        for day, count in list(history.count_by_day(kind).items())[::20]:
            begin = at(datetime(day.year, day.month, day.day, tzinfo=timezone.utc))
            window = {"EventFromTs": begin - 1, "EventToTs": begin + 86_399}
            counted = call("GET", path, countOnly=1, **EVERYTHING, **window)
            assert counted.json()["Total"] == count


def test_a_history_fits_together(history, rows):
    messages = {row["ID"]: row for row in rows("message", FromTS=0)}
    assert len(messages) == 2 * HISTORY["events"]
    contacts = {row["ID"] for row in rows("contact")}
    campaigns = {row["ID"]: row for row in rows("campaign", FromTS=0)}
    assert {row["ContactID"] for row in messages.values()} <= contacts
    assert {row["CampaignID"] for row in messages.values()} == {*campaigns}
    for kind in EVENT_PATHS:
        for event in history.events(kind):
            message = messages[event.message_id]
            assert seconds(message["ArrivedAt"]) <= event.at <= at(NOW)
            assert message["ContactID"] == event.contact_id
            assert message["CampaignID"] == event.campaign_id
            failed = message["Status"] in ("hardbounced", "softbounced", "blocked")
            assert failed == (kind == "bounce")
    for row in messages.values():
        campaign = campaigns[row["CampaignID"]]
        sent = campaign["SendStartAt"] <= row["ArrivedAt"] <= campaign["SendEndAt"]
        assert sent, "in the time of its campaign"
    delivered = Counter(
        row["ContactID"]
        for row in messages.values()
        if row["Status"] in ("sent", "opened", "clicked", "spam", "unsub")
    )
    assert delivered == {
        row["ID"]: row["DeliveredCount"]
        for row in rows("contact")
        if row["DeliveredCount"]
    }
    members = Counter(row["ListID"] for row in rows("listrecipient"))
    lists = rows("contactslist")
    assert members == {
        row["ID"]: row["SubscriberCount"] for row in lists if row["ID"] in members
    }
    assert any(row["IsDeleted"] for row in lists)


def test_counters_of_a_history_add_up(history, rows):
    [total] = rows("statcounters", **{**COUNTERS, "CounterResolution": "Lifetime"})
    assert total["Total"] == 2 * HISTORY["events"]
    assert total["EventOpenedCount"] == history.count("open")
    assert total["EventClickedCount"] == history.count("click")
    assert total["EventSpamCount"] == history.count("spam")
    failed = total["MessageHardBouncedCount"] + total["MessageSoftBouncedCount"]
    assert failed == history.count("bounce")
    for name, kind in (
        ("MessageOpenedCount", "open"),
        ("MessageClickedCount", "click"),
    ):
        assert total[name] == len({e.message_id for e in history.events(kind)})
    names = [name for name, value in total.items() if isinstance(value, int)]
    for timing in ("Message", "Event"):
        daily = []
        for end in (NOW, NOW - 100 * DAY, NOW - 200 * DAY, NOW - 300 * DAY):
            window = {"FromTS": at(end - 100 * DAY), "ToTS": at(end)}
            asked = {**COUNTERS, "CounterTiming": timing, **window}
            daily += rows("statcounters", **asked)
        for name in names:
            if name not in ("APIKeyID", "SourceID", "MessageUnsubscribedCount"):
                assert sum(row[name] for row in daily) >= total[name], name
            if name.startswith("Event"):
                assert sum(row[name] for row in daily) == total[name], name


def test_counters_agree_with_the_overview(history, rows):
    for row in rows("campaignoverview", Sent=1):
        asked = {"CounterSource": "Campaign", "SourceID": row["ID"]}
        lifetime = {**COUNTERS, **asked, "CounterResolution": "Lifetime"}
        [counter] = rows("statcounters", **lifetime)
        assert row["ProcessedCount"] == counter["Total"] > 0
        assert row["OpenedCount"] == counter["MessageOpenedCount"]


def test_the_same_options_make_the_same_history(history):
    store = Store()
    again = store.add_key(*PAIR).statistics
    again.fill(**{**HISTORY, "end": at(NOW)})
    again.clock = NOW.timestamp
    other = store.add_key(*OTHER).statistics
    other.fill(**HISTORY, seed=2)
    for kind in EVENT_PATHS:
        assert list(again.events(kind)) == list(history.events(kind))
        assert [e.at for e in other.events(kind)] != [e.at for e in again.events(kind)]
    for path in ("campaign", "contact", "listrecipient", "message", "contactslist"):
        assert again.rows(path, FromTS=0) == history.rows(path, FromTS=0)


def test_a_history_with_late_events(statistics):
    statistics.fill(**HISTORY, late=0.3)
    statistics.clock = (NOW - 200 * DAY).timestamp
    some = statistics.count("open")
    statistics.clock = (NOW + DAY).timestamp
    assert some < statistics.count("open") == 2100


def test_a_history_is_made_once_and_must_fit(history, store):
    with pytest.raises(RuntimeError):
        history.fill(**HISTORY)
    other = store.account(OTHER[0]).statistics
    for wrong in ({"contacts": 10}, {"messages": 100}):
        with pytest.raises(ValueError, match="so many"):
            other.fill(**{**HISTORY, **wrong})
    assert other.rows("contactslist") == []


def test_changes_of_a_history(history, rows):
    numbers = list(history.numbers("open"))
    first, second = (history.event("open", number) for number in numbers[:2])
    history.delete_event("open", first.number)
    with pytest.raises(KeyError):
        history.delete_event("open", first.number)
    history.change_event("open", second.number, at=NOW)
    served = rows("openinformation", FromTS=0)
    assert len(served) == 2099 and served[-1]["MessageID"] == second.message_id
    history.change_message(first.message_id, status="spam")
    assert history.rows(
        "message", FromTS=0, MessageStatus=6, ContactID=first.contact_id
    )
    history.delete_message(first.message_id)
    assert first.message_id not in {row["ID"] for row in rows("message", FromTS=0)}
    assert len(rows("messageinformation", FromTS=0)) == 2 * HISTORY["events"] - 1
    member = rows("listrecipient")[6]  # of two lists, as each third contact is
    history.change_list_recipient(member["ID"], IsUnsubscribed=True)
    assert member["ID"] in [row["ID"] for row in rows("listrecipient", Unsub=1)]
    before = len(rows("listrecipient"))
    history.delete_contact(member["ContactID"])
    assert member["ContactID"] not in {row["ID"] for row in rows("contact")}
    assert before - len(rows("listrecipient")) == 2


def test_mail_beside_a_history(history, store, rows):
    history.clock = datetime.now(timezone.utc).timestamp
    known = rows("contact")[0]
    deliver(store, known["Email"], "click@x.example")
    [campaign] = rows("campaign")
    assert campaign["CustomValue"] == "Spring 2026"
    messages = rows("message")
    assert [row["ContactID"] for row in messages][0] == known["ID"]
    assert messages[0]["ID"] > max(e.message_id for e in history.events("bounce"))
    assert rows("contact")[0]["DeliveredCount"] == known["DeliveredCount"] + 1
    assert rows("contact")[-1]["Email"] == "click@x.example"
    assert len(rows("openinformation")) == 1
    assert len(rows("openinformation", FromTS=0)) == 2101


def test_in_a_process_of_its_own():
    options = {"events": 300, "campaigns": 3, "contacts": 400, "end": at(NOW)}
    with StandinProcess(*PAIR, **options) as process:
        url = f"{process.rest_url}/v3/REST/openinformation"
        params = {**EVERYTHING, "Limit": 1000}
        served = requests.get(url, auth=PAIR, params=params, timeout=10)
    here = Store().add_key(*PAIR).statistics
    here.fill(**options)
    assert data(served) == here.rows("openinformation", FromTS=0)
    assert len(data(served)) == 210
    with pytest.raises(RuntimeError), StandinProcess(*PAIR, nonsense=1):
        pass


def test_the_history_of_the_sandbox():
    statistics = Store().add_key(*PAIR).statistics
    statistics.fill(**SMALL_HISTORY)
    for path in (
        "campaign",
        "contact",
        "contactslist",
        "listrecipient",
        "contactfilter",
        "message",
        *EVENT_PATHS.values(),
    ):
        assert statistics.rows(path, FromTS=0), path
    overview = statistics.rows("campaignoverview", All=1)
    assert {row["IDType"] for row in overview} == {"Campaign", "NL", "AX"}
    senders = {row["FromEmail"] for row in statistics.rows("campaign", FromTS=0)}
    assert len({address.partition("@")[2] for address in senders}) == 3
    addresses = json.dumps(statistics.rows("contact"))
    assert ".com" not in addresses and ".org" not in addresses, "nobody's"


# -- The table of events -------------------------------------------------------------

MOMENTS = st.integers(1, 30)


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(("add", "late", "move", "remove", "show", "extend")),
            MOMENTS,
            MOMENTS,
        ),
        max_size=40,
    ),
    window=st.tuples(MOMENTS, MOMENTS),
    now=MOMENTS,
)
def test_a_table_is_what_a_plain_list_would_be(steps, window, now):
    table, plain = EventTable(), {}
    for step, moment, value in steps:
        chosen = sorted(plain)[value % len(plain)] if plain else None
        if step in ("add", "late"):
            visible = value if step == "late" else None
            number = table.add(EventFacts(value, -1, moment), visible)
            plain[number] = [moment, visible or 0]
        elif step == "extend":
            times = sorted((moment, value))
            numbers = table.extend(message=[1, 2], campaign=[0, 0], at=times)
            plain.update({n: [at_, 0] for n, at_ in zip(numbers, times, strict=True)})
        elif chosen is not None and step == "move":
            table.move(chosen, moment)
            plain[chosen][0] = moment
        elif chosen is not None and step == "show":
            table.show_at(chosen, moment)
            plain[chosen][1] = moment
        elif chosen is not None:
            table.remove(chosen)
            del plain[chosen]
    after, until = window
    expected = [
        number
        for number, (moment, visible) in plain.items()
        if after < moment <= until and visible <= now
    ]
    found = list(table.between(after, until, now))
    assert sorted(found) == sorted(expected)
    times = [plain[number][0] for number in found]
    assert times == sorted(times)
    assert len(table) == len(plain)
    hidden = [number for number, (_at, visible) in plain.items() if visible > now]
    assert table.hidden_count(now) == len(hidden)
