"""Contacts: filters, exclusion, jobs, erasure."""

import pytest
from statistics_account import DAY, NOW, at, data, text


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


def test_duplicate_contacts(statistics, call):
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
