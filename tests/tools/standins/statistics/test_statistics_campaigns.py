"""Campaigns: their filters, overview, links and providers."""

import pytest
from statistics_account import NOW, TIMED, add_events, at, data, text


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
    assert titles(ID=sent) == {"Sent", "Draft"}, "it is only unique with its type"
    assert titles(Starred="false", All=1) == titles(All=1) - {"Sent"}
    assert titles(Subject="Draft", All=1) == {"Draft"}
    [row] = data(call("GET", f"campaignoverview/Campaign|{sent}"))
    assert (row["ProcessedCount"], row["OpenedCount"], row["ClickedCount"]) == (1, 1, 1)
    assert row["SendTimeStart"] == at(NOW)
    assert call("GET", "campaignoverview/AX|1").status_code == 404
    statistics.change_draft("AX", test, Status=-2)
    assert titles(IDType="AX") == set()


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


def test_deleted_campaigns_and_segments_are_only_marked(statistics, rows):
    campaign = statistics.add_campaign(send_start_at=NOW)
    segment = statistics.add_segment("Idle")
    statistics.delete_campaign(campaign)
    statistics.delete_segment(segment)
    assert [row["ID"] for row in rows("campaign", IsDeleted="true")] == [campaign]
    assert rows("contactfilter") == []
    assert rows("contactfilter", ShowDeleted=1)[0]["Status"] == "deleted"
