"""The keys and the owner of an account in the REST API."""

import pytest
from mail_mailjet.tools.mailjet.errors import NotFoundError, UnexpectedAnswerError
from rest_account import answer_with, rows


def test_the_account(api, store, standin):
    store.add_key("other-key", "other-secret", "Shop 2")
    assert api.user().max_api_keys == 5
    own, other = api.apikeys()
    assert own == api.own_apikey() and own.is_master and own.is_active
    assert (other.name, other.is_master, other.run_level) == ("Shop 2", False, "normal")
    answer_with(standin, rows({"ID": 1, "APIKey": "x"}))
    assert next(api.apikeys()).is_active, "a missing value is not a suspension"
    others = rows({"ID": 1, "APIKey": "x"}, {"ID": 2, "APIKey": "y"})
    answer_with(standin, others)
    with pytest.raises(NotFoundError):
        api.own_apikey()


@pytest.mark.parametrize(("value", "read"), [("7", 7), (None, 0), (True, 1)])
def test_numbers(api, standin, value, read):
    answer_with(standin, rows({"ID": 1, "MaxAllowedAPIKeys": value}))
    assert api.user().max_api_keys == read


@pytest.mark.parametrize("value", ["many", 1.5, [1]])
def test_odd_numbers(api, standin, value):
    answer_with(standin, rows({"ID": 1, "MaxAllowedAPIKeys": value}))
    with pytest.raises(UnexpectedAnswerError):
        api.user()
