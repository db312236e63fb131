"""Excluded contacts in the REST API."""

from datetime import datetime

import pytest
from mail_mailjet.tools.mailjet.errors import (
    InvalidError,
    NotFoundError,
    UnexpectedAnswerError,
)
from rest_account import ADDRESS, answer_with, rows


def test_excluding_and_including(api):
    with pytest.raises(NotFoundError):
        api.contact(ADDRESS)
    with pytest.raises(NotFoundError):
        api.set_exclusion(ADDRESS, True)
    contact = api.create_contact("Shop@Example.com", True)
    assert contact.is_excluded and contact.email == ADDRESS
    assert not contact.is_complaining and not contact.is_anonymized
    with pytest.raises(InvalidError) as caught:
        api.create_contact(ADDRESS, False)
    assert caught.value.is_duplicate
    assert api.set_exclusion(ADDRESS, True) is None, "nothing changed"
    assert not api.set_exclusion(contact.id, False).is_excluded
    assert not api.contact(ADDRESS).is_excluded
    assert not api.create_contact("x@example.com", False).is_excluded


def test_excluded_contacts_come_page_by_page(api, standin):
    for number in range(5):
        api.create_contact(f"{number}@example.com", number != 2)
    standin.clear_requests()
    pages = [api.excluded_contact_page(offset, limit=3) for offset in (0, 3)]
    names = [[contact.email[0] for contact in page] for page in pages]
    assert names == [["0", "1", "3"], ["4"]]
    assert api.excluded_contact_count() == 4
    query = {"IsExcludedFromCampaigns": "true", "Sort": "ID"}
    for request in standin.requests[:2]:
        assert query.items() <= request.params.items()
    assert "Sort" not in standin.requests[2].params


def test_a_filter_that_is_ignored_is_noticed(api, standin):
    row = {"ID": 1, "Email": ADDRESS, "IsExcludedFromCampaigns": False}
    answer_with(standin, rows(row))
    with pytest.raises(UnexpectedAnswerError, match="not excluded"):
        api.excluded_contact_page(0)


def test_a_contact_as_mailjet_writes_it(api, standin):
    row = {
        "CreatedAt": "2020-11-06T13:38:49Z",
        "Email": "Anna@Example.com",
        "ExclusionFromCampaignsUpdatedAt": "2026-03-05T10:20:30Z",
        "ID": 2**60 + 1,
        "IsExcludedFromCampaigns": True,
        "IsSpamComplaining": True,
        "Name": "Anna",
    }
    answer_with(standin, rows(row))
    contact = api.contact("1")
    assert contact.id == str(2**60 + 1) and contact.email == "anna@example.com"
    assert contact.excluded_changed_at == datetime(2026, 3, 5, 10, 20, 30)
    assert contact.is_complaining and not contact.is_anonymized
    for change in ({"Email": r"\x00ff@domain.invalid"}, {"Name": "Anonymized"}):
        answer_with(standin, rows({**row, **change}))
        assert api.contact("1").is_anonymized
    answer_with(standin, rows({**row, "ExclusionFromCampaignsUpdatedAt": ""}))
    assert api.contact("1").excluded_changed_at is None


def test_a_missing_exclusion_is_an_error(api, standin):
    answer_with(standin, rows({"ID": 1, "Email": ADDRESS}))
    with pytest.raises(UnexpectedAnswerError, match="IsExcludedFromCampaigns"):
        api.contact(ADDRESS)
