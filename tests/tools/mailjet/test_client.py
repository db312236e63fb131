"""The REST client: reading only, paging, filters."""

import pytest
from mail_mailjet.tools.mailjet.errors import (
    InvalidError,
    ReadOnlyError,
    UnexpectedAnswerError,
)
from rest_account import ADDRESS, KEY, URL, answer_with, client, rows


def test_read_only_sends_no_write(standin):
    with client(standin, read_only=True) as api:
        for write in (
            lambda: api.create_sender(ADDRESS),
            lambda: api.update_sender("1", name="x"),
            lambda: api.delete_sender("1"),
            lambda: api.validate_sender("1"),
            lambda: api.check_dns("1"),
            lambda: api.create_callback("open", URL),
            lambda: api.update_callback("1", URL),
            lambda: api.delete_callback("1"),
            lambda: api.set_exclusion("1", True),
            lambda: api.create_contact(ADDRESS, True),
        ):
            with pytest.raises(ReadOnlyError):
                write()
        assert not standin.requests
        assert list(api.senders()) == []


def test_all_pages_are_read(api, standin, store):
    senders = store.account(KEY).senders
    api.create_sender(ADDRESS)
    [first] = senders
    senders[:] = [
        {**first, "ID": 2**60 + number, "Email": f"a{number}@example.com"}
        for number in range(2000)
    ]
    standin.clear_requests()
    found = list(api.senders())
    assert [one.id for one in found] == [str(2**60 + n) for n in range(2000)]
    paging = [(r.params["Limit"], r.params["Offset"]) for r in standin.requests]
    assert paging == [("1000", "0"), ("1000", "1000"), ("1000", "2000")]


def test_999_rows_need_one_request(api, standin):
    answer_with(standin, rows(*({"ID": number + 1} for number in range(999))))
    assert len(list(api.iterate("anything"))) == 999
    assert len(standin.requests) == 1


@pytest.mark.parametrize(
    "page", [[{"ID": n + 1} for n in range(1000)], [{"Day": "x", "Sub": []}] * 1000]
)
def test_a_repeated_page(api, standin, page):
    answer_with(standin, rows(*page), times=None)
    with pytest.raises(UnexpectedAnswerError, match="same page"):
        list(api.iterate("anything"))
    assert len(standin.requests) == 2


def test_filters_reach_mailjet(api, standin):
    list(api.senders(ShowDeleted=1))
    list(api.dns_records(IsCheckInProgress=0))
    list(api.apikeys(IsMaster=1))
    assert standin.requests[0].params["ShowDeleted"] == "1"


def test_requests_outside_of_rest(api):
    with pytest.raises(InvalidError):
        api.request("GET", "/v3/wrongresourcepath")
    with pytest.raises(UnexpectedAnswerError):
        api.request("GET", "/v9/nothing")
