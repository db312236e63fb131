import pytest
from mail_mailjet.tools.report.menu import Choice, Query, queries_for
from mail_mailjet.tools.report.stream import STREAMS


def asked(**choice):
    return [
        (query.stream, dict(query.params)) for query in queries_for(Choice(**choice))
    ]


@pytest.mark.parametrize(
    ("choice", "queries"),
    [
        ({"report": "open"}, [("open", {"IsDeleted": "false"})]),
        (
            {"report": "open", "deleted_campaigns": True},
            [("open", {"IsDeleted": "false"}), ("open", {"IsDeleted": "true"})],
        ),
        (
            {"report": "click", "filter_type": "campaign", "campaigns": ("7", "8")},
            [
                ("click", {"CampaignID": "7", "IsDeleted": "false"}),
                ("click", {"CampaignID": "8", "IsDeleted": "false"}),
            ],
        ),
        (
            {"report": "bounce", "filter_type": "list", "lists": ("5",)},
            [("bounce", {"ContactsList": "5", "IsDeleted": "false"})],
        ),
        (
            {"report": "bounce", "newsletter_tool": False, "starred": False},
            [
                (
                    "bounce",
                    {
                        "IsDeleted": "false",
                        "IsNewsletterTool": "false",
                        "IsStarred": "false",
                    },
                )
            ],
        ),
        # Choices for another filter are ignored
        (
            {"report": "open", "campaigns": ("7",), "lists": ("5",)},
            [("open", {"IsDeleted": "false"})],
        ),
        ({"report": "message"}, [("message", {})]),
        (
            {"report": "message", "campaigns": ("7",)},
            [("message", {"CampaignID": "7"})],
        ),
        (
            {"report": "contact"},
            [("contact", {}), ("subscription", {})],
        ),
        (
            {"report": "contact", "lists": ("5",), "memberships": False},
            [("contact", {"ContactsList": "5"})],
        ),
        ({"report": "contact_list"}, [("contact_list", {"IsDeleted": "false"})]),
        (
            {"report": "contact_list", "deleted_lists": True},
            [
                ("contact_list", {"IsDeleted": "false"}),
                ("contact_list", {"IsDeleted": "true"}),
            ],
        ),
        ({"report": "segment"}, [("segment", {"ShowDeleted": "true"})]),
        (
            {"report": "segment", "segment_status": "used"},
            [("segment", {"Status": "used"})],
        ),
        (
            {"report": "segment", "segment_status": "deleted"},
            [("segment", {"Status": "deleted", "ShowDeleted": "true"})],
        ),
        (
            {"report": "campaign", "lists": ("5",), "overview": True},
            [
                ("campaign", {"ContactsListID": "5", "IsDeleted": "false"}),
                ("overview", {"All": "true"}),
                ("overview", {"Archived": "true"}),
            ],
        ),
        (
            {"report": "counter"},
            [
                (
                    "counter",
                    {
                        "CounterSource": "APIKey",
                        "CounterTiming": "Message",
                        "CounterResolution": "Day",
                    },
                )
            ],
        ),
    ],
)
def test_choices_become_requests(choice, queries):
    assert asked(**choice) == queries


@pytest.mark.parametrize(
    ("source", "name"),
    [("Campaign", "campaigns"), ("List", "lists"), ("Sender", "senders")],
)
def test_counters_of_each_source_chosen(source, name):
    found = asked(report="counter", counter_source=source, **{name: ("1", "2")})
    assert [params["SourceID"] for _stream, params in found] == ["1", "2"]
    assert asked(report="counter", counter_source=source) == []


def test_every_query_has_a_stream():
    for report in ("bounce", "click", "open", "contact", "contact_list", "message"):
        for query in queries_for(Choice(report=report)):
            assert isinstance(query, Query)
            assert query.stream in STREAMS
