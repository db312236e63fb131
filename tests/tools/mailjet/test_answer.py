"""Which error an answer becomes, and what it says."""

import pytest
from mail_mailjet.tools.mailjet.errors import (
    AuthenticationError,
    InvalidError,
    MailjetApiError,
    NotAllowedError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from rest_account import ONCE, answer_with, client, error_body


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"", AuthenticationError),
        (401, error_body("API key authentication/..."), AuthenticationError),
        (401, error_body("Operation not allowed"), NotAllowedError),
        (403, error_body("Not authorised"), NotAllowedError),
        (404, error_body("Object not found"), NotFoundError),
        (400, error_body("Object properties invalid"), InvalidError),
        (405, error_body("Method not allowed"), InvalidError),
        (429, b"<html><body><h1>429 Too Many Requests</h1>", RateLimitedError),
        (500, error_body("Internal"), UnavailableError),
        (500, b"", UnavailableError),
        (500, error_body('Could not determine HTTP module for "x"'), InvalidError),
        # Somebody else's words
        (404, b"<html>404 Not Found", UnexpectedAnswerError),
        (404, b"", UnexpectedAnswerError),
        (403, b"<html>Blocked by your proxy", UnexpectedAnswerError),
        (400, b"[]", UnexpectedAnswerError),
        (302, b"", UnexpectedAnswerError),
        (200, b"<html>", UnexpectedAnswerError),
        (200, b"", UnexpectedAnswerError),
        (200, b"null", UnexpectedAnswerError),
        (200, b"[" * 100_000, UnexpectedAnswerError),
        (200, b'{"Data": [{"ID": NaN}]}', UnexpectedAnswerError),
        (200, {"Data": []}, UnexpectedAnswerError),
        (200, {"Data": [1]}, UnexpectedAnswerError),
        (200, {"Data": {}}, UnexpectedAnswerError),
        (200, [], UnexpectedAnswerError),
    ],
)
def test_which_error(standin, status, body, kind):
    answer_with(standin, body, status)
    with client(standin, **ONCE) as api, pytest.raises(MailjetApiError) as caught:
        api.user()
    assert type(caught.value) is kind
    assert caught.value.message


@pytest.mark.parametrize(
    ("info", "line"),
    [
        ("", ""),
        (None, ""),
        ("MJ08 Property Name is invalid", "MJ08 Property Name is invalid"),
        ({"Properties": [{"p": "Not defined"}]}, "p: Not defined"),
        ('{"Lists": [{"ListID": 1, "Error": "bad"}]}', "ListID: 1; Error: bad"),
        ("{not JSON\n at all", "{not JSON at all"),
        (["one", "two\x00"], "one; two"),
        (7, "7"),
        ("x" * 600, "x" * 500),
    ],
)
def test_error_details(api, standin, info, line):
    answer_with(standin, error_body("Object properties invalid", 400, info), 400)
    with pytest.raises(InvalidError) as caught:
        api.user()
    assert caught.value.message == "Object properties invalid"
    assert caught.value.info == line
    assert str(caught.value) == "400 Object properties invalid" + (
        f" ({line})" if line else ""
    )


def test_request_ids(api, standin):
    standin.faults.add("error")
    with pytest.raises(UnavailableError) as caught:
        api.user()
    assert len(caught.value.request_id) == 36
    answer_with(standin, {"ErrorIdentifier": "abc", "ErrorMessage": "No"}, 400)
    with pytest.raises(InvalidError) as caught:
        api.user()
    assert caught.value.request_id == "abc"
