import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.errors import UnexpectedAnswerError
from mail_mailjet.tools.mailjet.event import read_post
from mail_mailjet.tools.report.row import (
    read_bounce,
    read_campaign,
    read_click,
    read_contact,
    read_counter,
    read_list,
    read_message,
    read_open,
    read_overview,
    read_segment,
    read_subscription,
)
from mail_mailjet.tools.report.stream import STREAMS

MESSAGE = 1152921505370435123
DATE = datetime(2026, 3, 4, 5, 6, 7)
ASKED = {
    "CounterSource": "APIKey",
    "CounterTiming": "Message",
    "CounterResolution": "Day",
}


def posted(**event):
    """Return the event that Mailjet posts at DATE for MESSAGE."""
    seconds = int(DATE.timestamp() - datetime(1970, 1, 1).timestamp())
    body = {"time": seconds, "MessageID": MESSAGE, "email": "a@b.example", **event}
    return read_post(json.dumps(body).encode()).events[0]


def test_an_open_has_the_key_of_the_posted_one():
    row = {
        "ID": -1,
        "MessageID": MESSAGE,
        "OpenedAt": "2026-03-04T05:06:07Z",
        "ArrivedAt": "2026-03-04T04:00:00Z",
        "CampaignID": 7653742672,
        "ContactID": 5,
        "UserAgentFull": "Mozilla/5.0 (X11)",
    }
    found = read_open(row, {})
    assert found["key"] == posted(event="open").key
    assert found["mailjet_message_id"] == str(MESSAGE)
    assert found["mailjet_campaign_id"] == "7653742672"
    assert (found["date"], found["is_automatic"]) == (DATE, False)


def test_an_open_by_a_proxy_or_too_fast_is_automatic():
    row = {
        "MessageID": 1,
        "OpenedAt": "2026-03-04T05:06:07Z",
        "UserAgentFull": "Mozilla/5.0",
    }
    assert read_open(row, {})["is_automatic"]
    row = {
        "MessageID": 1,
        "OpenedAt": "2026-03-04T05:06:07Z",
        "ArrivedAt": "2026-03-04T05:06:06Z",
    }
    assert read_open(row, {})["is_automatic"]


def test_a_click_without_id_and_campaign_has_the_key_of_the_posted_one():
    row = {
        "ID": None,
        "MessageID": MESSAGE,
        "ClickedAt": "2026-03-04T05:06:07",
        "Url": "https://a.example/?x=1",
    }
    found = read_click(row, {"CampaignID": "7"})
    assert found["key"] == posted(event="click", url="https://a.example/?x=1").key
    assert found["mailjet_campaign_id"] == "7"


def test_a_bounce_is_identified_by_its_message():
    row = {
        "ID": MESSAGE,
        "BouncedAt": "2026-03-04T05:06:07Z",
        "IsBlocked": False,
        "IsStatePermanent": True,
        "StateID": 1,
    }
    found = read_bounce(row, {})
    assert found["key"] == posted(event="bounce", hard_bounce=True).key
    assert (found["event"], found["bounce_type"]) == ("bounce", "hard")
    assert found["error"] == "user unknown"


def test_a_bounce_after_which_the_address_is_blocked_is_a_bounce():
    """As in the event that Mailjet posts, which has the same key."""
    row = {
        "ID": MESSAGE,
        "BouncedAt": "2026-03-04T05:06:07Z",
        "IsBlocked": True,
        "IsStatePermanent": True,
        "StateID": 1,
    }
    found = read_bounce(row, {})
    assert found["event"] == "bounce"
    assert found["key"] == posted(event="bounce", hard_bounce=True, blocked=True).key
    for untried in (14, 20, None):
        found = read_bounce({**row, "StateID": untried}, {})
        assert found["event"] == "blocked", untried


def test_a_message_keeps_its_id_of_19_digits():
    found = read_message({"ID": MESSAGE, "Status": "HardBounced", "Campaign": 7}, {})
    assert found["mailjet_id"] == "1152921505370435123"
    assert found["status"] == "hardbounced"
    assert found["mailjet_campaign_id"] == "7"


def test_a_campaign_has_the_same_key_in_the_overview():
    sent = read_campaign(
        {"ID": 7, "FromEmail": "Info@B.Example", "CampaignType": 2}, {}
    )
    assert (sent["key"], sent["sender_domain"]) == ("sent/7", "b.example")
    assert sent["campaign_type"] == "marketing"
    overview = read_overview({"ID": 7, "IDType": "Campaign", "SendTimeStart": 0}, {})
    assert (overview["key"], overview["date"]) == ("sent/7", None)
    assert read_overview({"ID": 7, "IDType": "AX"}, {})["key"] == "ab_test/7"
    draft = read_overview({"ID": 7, "IDType": "NL", "Status": 0}, {})
    assert (draft["key"], draft["status"]) == ("draft/7", "draft")
    assert read_overview({"ID": 7, "SendTimeStart": 1772600767}, {})["date"] == DATE
    assert read_overview({"ID": 7, "SendTimeStart": 10**20}, {})["date"] is None


@pytest.mark.parametrize(
    "row",
    [
        {"ID": 1, "Email": "\\x6162@domain.invalid", "Name": ""},
        {"ID": 1, "Email": "a@b.example", "Name": "Anonymized"},
    ],
)
def test_anonymized_contacts_are_recognized(row):
    assert read_contact(row, {})["is_anonymized"]


def test_contacts_lists_memberships_and_segments():
    contact = read_contact({"ID": 5, "Email": "A@B.Example", "UnsubscribedAt": ""}, {})
    assert (contact["email"], contact["is_anonymized"]) == ("a@b.example", False)
    assert read_list({"ID": 3, "Name": "N", "IsDeleted": True}, {})["is_deleted"]
    row = {"ListID": 3, "ContactID": 5, "UnsubscribedAt": ""}
    assert read_subscription(row, {})["key"] == "3/5"
    assert read_segment({"ID": 9, "Status": "used"}, {})["status"] == "used"


def test_counters_with_both_spellings_and_numbers_as_texts():
    row = {
        "SourceID": 0,
        "Timeslice": "2026-03-04T00:00:00Z",
        "Total": "54",
        "MessageSentCount": 44,
        "MessageHardBouncedCount": 2,
        "MessageSoftBouncedCount": "1",
        "EventClickCount": 3,
        "EventOpenDelay": 10**11,
    }
    found = read_counter(row, ASKED)
    assert found["key"] == "APIKey/Message/Day//2026-03-04 00:00:00"
    assert (found["processed"], found["bounced"], found["clicks"]) == (54, 3, 3)
    assert found["open_delay"] == 10**11


def test_lifetime_counters_have_no_slice():
    asked = {**ASKED, "CounterResolution": "Lifetime", "SourceID": "7"}
    found = read_counter({"Timeslice": ""}, asked)
    assert (found["key"], found["date"]) == ("APIKey/Message/Lifetime/7/", None)


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text())
)
NAMES = (
    "ID MessageID Message OpenedAt ClickedAt BouncedAt ArrivedAt CampaignID Campaign "
    "ContactID StateID Status Url UserAgentFull Email Name IsBlocked Delay ListID "
    "SendTimeStart Total Timeslice SubscriberCount"
).split()


@given(
    st.sampled_from(sorted(STREAMS)),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
)
def test_odd_rows_are_read_or_refused(name, row):
    try:
        values = STREAMS[name].read(row, ASKED)
    except UnexpectedAnswerError:
        return
    assert values["key"]
    assert "\0" not in str(values)
