"""Contact lists, their members, and segments."""

from statistics_account import NOW, data, text


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
