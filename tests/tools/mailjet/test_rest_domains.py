"""Domains and their DNS checks in the REST API."""

import pytest
from mail_mailjet.tools.mailjet.errors import UnexpectedAnswerError
from rest_account import DOMAIN, answer_with, rows


def test_a_domain(api):
    sender = api.create_sender(DOMAIN)
    [zone] = api.dns_records()
    assert zone == api.dns("example.com") == api.dns(sender.dns_id)
    assert int(zone.id) > 2**32
    assert zone.dkim_name == "mailjet._domainkey.example.com"
    assert zone.ownership_name == f"mailjet._{zone.ownership_token[:8]}.example.com"
    assert zone.dkim_status == zone.spf_status == "not_checked"
    assert zone.last_check_at is None and zone.is_check_in_progress is False
    check = api.check_dns(zone.id)
    assert (check.dkim_status, check.spf_status) == ("error", "not_found")
    assert check.dkim_errors == ("no DKIM record",) and check.spf_found == ()
    assert api.dns(zone.id).last_check_at is not None


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("", ""),
        ("mailjet._1", "mailjet._1.b.example"),
        ("mailjet._1.b.example.", "mailjet._1.b.example"),
        ("mailjet._1.B.example", "mailjet._1.b.example"),
    ],
)
def test_full_names(api, standin, host, name):
    row = {"ID": 1, "Domain": "B.example.", "OwnerShipTokenRecordName": host}
    answer_with(standin, rows({**row, "DKIMStatus": "Not checked"}))
    zone = api.dns("b.example")
    assert (zone.domain, zone.ownership_name) == ("b.example", name)
    assert zone.dkim_status == "not_checked"


def test_lists_of_a_check(api, standin):
    answer_with(standin, rows({"SPFErrors": "one", "DKIMErrors": None}))
    check = api.check_dns("1")
    assert check.spf_errors == ("one",) and check.dkim_errors == ()
    for odd in ([1], {"a": 1}):
        answer_with(standin, rows({"SPFErrors": odd}))
        with pytest.raises(UnexpectedAnswerError):
            api.check_dns("1")
