from datetime import datetime, timezone

import pytest
from mail_mailjet.tools.mailjet.errors import UnexpectedAnswerError
from mail_mailjet.tools.report.stream import STREAMS, check_rows, window_params

START, END = datetime(2026, 1, 1), datetime(2026, 1, 2)


def seconds(moment):
    return int(moment.replace(tzinfo=timezone.utc).timestamp())


def test_events_are_read_by_their_own_time_from_all_campaigns():
    asked = window_params(STREAMS["open"], {"IsDeleted": "false"}, START, END)
    assert asked == {
        "IsDeleted": "false",
        "Sort": "ID",
        "EventFromTs": seconds(START),
        "EventToTs": seconds(END),
        "FromTS": seconds(datetime(2010, 1, 1)),
        "ToTS": seconds(END),
    }


def test_messages_are_read_with_address_subject_and_custom_id():
    asked = window_params(STREAMS["message"], {}, START, END)
    assert (asked["FromTS"], asked["ToTS"]) == (seconds(START), seconds(END))
    assert asked["Sort"] == "ArrivedAt"
    assert [asked[f"Show{name}"] for name in ("ContactAlt", "CustomID", "Subject")] == [
        1,
        1,
        1,
    ]


def test_lists_have_no_window():
    asked = window_params(STREAMS["contact"], {"ContactsList": "5"}, None, None)
    assert asked == {"ContactsList": "5", "IncludeAnonymized": 1, "Sort": "ID"}


@pytest.mark.parametrize("date", [START, datetime(2026, 1, 1, 12), END])
def test_rows_of_the_window_pass(date):
    check_rows(
        [{"date": date, "mailjet_campaign_id": "7"}], {"CampaignID": "7"}, START, END
    )


@pytest.mark.parametrize(
    "row",
    [
        {"date": datetime(2025, 12, 31, 23, 59, 59)},
        {"date": datetime(2026, 1, 2, 0, 0, 1)},
        {"date": END, "mailjet_campaign_id": "8"},
    ],
)
def test_a_filter_that_was_ignored_is_an_error(row):
    with pytest.raises(UnexpectedAnswerError):
        check_rows([row], {"CampaignID": "7"}, START, END)


def test_rows_without_a_window_or_a_campaign_pass():
    check_rows([{"date": None}, {"email": "a@b.example"}], {}, None, None)
    check_rows(
        [{"date": END, "mailjet_campaign_id": None}], {"CampaignID": "7"}, START, END
    )
