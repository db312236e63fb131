"""Senders in the REST API."""

from datetime import datetime

import pytest
from mail_mailjet.tools.mailjet.errors import (
    InvalidError,
    NotFoundError,
    UnexpectedAnswerError,
)
from rest_account import ADDRESS, DOMAIN, answer_with, error_body, rows


def test_the_life_of_a_sender(api, standin):
    sender = api.create_sender(ADDRESS, "Shop", "bulk")
    assert (sender.email, sender.name, sender.email_type) == (ADDRESS, "Shop", "bulk")
    assert sender.status == "inactive" and sender.dns_id == ""
    assert not sender.is_domain and sender.domain == "example.com"
    assert isinstance(sender.created_at, datetime) and not sender.created_at.tzinfo
    api.update_sender(sender.id, name="Store", is_default=True)
    changed = api.sender(ADDRESS)
    assert (changed.name, changed.email_type, changed.is_default) == (
        "Store",
        "bulk",
        True,
    )
    api.update_sender(sender.id, name="Store")  # 304
    api.delete_sender(sender.id)
    assert api.sender(sender.id).status == "deleted"
    with pytest.raises(InvalidError) as caught:
        api.create_sender(ADDRESS)
    assert caught.value.is_duplicate
    with pytest.raises(InvalidError) as caught:
        api.create_sender("nonsense")
    assert not caught.value.is_duplicate
    with pytest.raises(NotFoundError):
        api.sender("nobody@example.com")


def test_the_older_wording_for_a_duplicate():
    words = 'MJ18 A Sender resource with value "a@b.c" for Email already exists.'
    assert InvalidError(words).is_duplicate


@pytest.mark.parametrize("envelope", [False, True])
def test_validating_with_and_without_an_envelope(standin, api, envelope):
    standin.validate_envelope = envelope
    sender = api.create_sender(ADDRESS)
    assert api.validate_sender(sender.id).method == "activation_email"
    domain = api.create_sender(DOMAIN)
    assert domain.is_domain and domain.filename.endswith(".txt")
    refused = api.validate_sender(DOMAIN)
    assert not refused.ok and refused.method == ""
    assert refused.message and refused.dns_error and refused.file_error
    standin.lookup_txt = lambda name: [api.dns("example.com").ownership_token]
    assert api.validate_sender(DOMAIN).method == "dns"
    assert api.validate_sender(DOMAIN).method == "already_active"
    assert api.validate_sender(sender.id).method == "domain"
    assert api.sender(sender.id).dns_id == domain.dns_id


def test_odd_answers_to_validate(api, standin):
    answer_with(standin, {"ValidationMethod": "Magic", "Errors": ""})
    assert api.validate_sender("1").method == "unknown"
    answer_with(standin, {"GlobalError": "No", "Errors": {}})
    result = api.validate_sender("1")
    assert result.message == "No" and not result.ok
    for body in ({}, [], rows({"x": 1})):
        answer_with(standin, body)
        with pytest.raises(UnexpectedAnswerError):
            api.validate_sender("1")
    answer_with(standin, error_body("Something else"), 400)
    with pytest.raises(InvalidError):
        api.validate_sender("1")


MOMENT = datetime(2020, 4, 19, 7, 32, 9)
SENDER = {"ID": 2**63, "Email": "a@b.example"}


def test_a_row_with_only_required_values(api, standin):
    answer_with(standin, rows(SENDER))
    sender = api.sender("1")
    assert sender.id == "9223372036854775808"
    assert sender.name == sender.dns_id == sender.filename == ""
    assert sender.status == sender.email_type == "unknown"
    assert sender.created_at is None and sender.is_default is False


@pytest.mark.parametrize(
    ("field", "value", "name", "read"),
    [
        ("ID", "12", "id", "12"),
        ("DNSID", -1, "dns_id", ""),
        ("DNSID", 4758266369, "dns_id", "4758266369"),
        ("Status", "ACTIVE", "status", "active"),
        ("Status", "Frozen", "status", "unknown"),
        ("IsDefaultSender", "true", "is_default", True),
        ("IsDefaultSender", "False", "is_default", False),
        ("IsDefaultSender", None, "is_default", False),
        ("CreatedAt", "", "created_at", None),
        ("CreatedAt", "2020-04-19T07:32:09", "created_at", MOMENT),
        ("CreatedAt", "2020-04-19T07:32:09.5Z", "created_at", MOMENT),
        ("Name", 5, "name", "5"),
        ("Name", "a\x00\ud800", "name", "a?"),
    ],
)
def test_spellings_of_a_value(api, standin, field, value, name, read):
    answer_with(standin, rows({**SENDER, field: value}))
    assert getattr(api.sender("1"), name) == read


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ID", None),
        ("ID", True),
        ("ID", 0),
        ("ID", 1.5),
        ("ID", "x"),
        ("ID", [1]),
        ("DNSID", "x"),
        ("Email", ""),
        ("Email", {}),
        ("IsDefaultSender", "perhaps"),
        ("IsDefaultSender", []),
        ("CreatedAt", "yesterday"),
        ("CreatedAt", "2021-02-31T00:00:00Z"),
        ("CreatedAt", "2021-02-01T00:00:00+02:00"),
    ],
)
def test_unreadable_values(api, standin, field, value):
    answer_with(standin, rows({**SENDER, field: value}))
    with pytest.raises(UnexpectedAnswerError):
        api.sender("1")
