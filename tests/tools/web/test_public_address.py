import pytest
from mail_mailjet.tests.tools.web.internal_addresses import INTERNAL
from mail_mailjet.tools.web.public_address import is_public


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "8.8.8.8", "9.9.9.9", "2606:4700::1111", "2620:fe::9"]
    + ["::ffff:8.8.8.8", "::ffff:9.9.9.9"],
)
def test_public_addresses(address):
    assert is_public(address)


def test_a_name_is_no_address():
    assert not is_public("example.com")
