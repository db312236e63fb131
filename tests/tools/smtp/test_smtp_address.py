"""Addresses as the envelope needs them."""

from email.utils import parseaddr

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.address import same_domain
from mail_mailjet.tools.smtp.address import (
    AddressError,
    MalformedAddressError,
    UnencodableDomainError,
    envelope_address,
    needs_smtputf8,
)


@pytest.mark.parametrize(
    ("address", "envelope"),
    [
        ("kontakt@bücher.example", "kontakt@xn--bcher-kva.example"),
        ("kontakt@BÜCHER.example", "kontakt@xn--bcher-kva.example"),
        # Decomposed, as macOS types it
        ("kontakt@bu\u0308cher.example", "kontakt@xn--bcher-kva.example"),
        ("Kontakt+a@straße.example", "Kontakt+a@xn--strae-oqa.example"),
        ("dörte@bücher.example", "dörte@xn--bcher-kva.example"),
        ("Joe@Example.COM", "Joe@Example.COM"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ('"a@b"@bücher.example', '"a@b"@xn--bcher-kva.example'),
        ("joe@[192.0.2.1]", "joe@[192.0.2.1]"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_the_domain_becomes_ascii_and_the_local_part_stays(address, envelope):
    assert envelope_address(address) == envelope


@pytest.mark.parametrize(
    ("address", "is_needed"),
    [
        ("kontakt@bücher.example", False),
        ("dörte@example.com", True),
        ("joe@example.com", False),
    ],
)
def test_only_the_local_part_needs_smtputf8(address, is_needed):
    assert needs_smtputf8(address) is is_needed


@pytest.mark.parametrize(
    "address",
    ["", "joe", "@bücher.example", "joe@", "a b@c.example", "a@b.example\r\nRCPT TO:x"]
    + ["<a@b.example>", "Zoé <a@b.example>", "a\0@b.example"],
)
def test_what_is_not_an_address(address):
    with pytest.raises(MalformedAddressError) as raised:
        envelope_address(address)
    assert raised.value.address == address
    assert str(raised.value.words).isprintable()


@pytest.mark.parametrize(
    "address",
    ["a@bü..example", "a@💩.example", f"a@{'ü' * 300}.example", "a@-ü.example"],
)
def test_a_domain_that_cannot_exist(address):
    with pytest.raises(UnencodableDomainError) as raised:
        envelope_address(address)
    assert raised.value.address == address


LABELS = st.text("abcxyzäöüßéñçøşžабвгд中文日本0123456789-", min_size=1, max_size=12)


@given(LABELS, LABELS)
def test_like_odoo_wherever_odoo_can_encode_it(first, second):
    domain = f"{first}.{second}"
    try:
        theirs = idna.encode(domain).decode("ascii")
    except idna.IDNAError:
        return
    if not domain.isascii():
        assert envelope_address(f"joe@{domain}") == f"joe@{theirs}"
    assert same_domain(domain, theirs)


@given(st.one_of(st.text(), st.builds("{}@{}.{}".format, LABELS, LABELS, LABELS)))
def test_whatever_the_text_is(text):
    try:
        envelope = envelope_address(text)
    except AddressError as error:
        assert error.words
        return
    assert envelope.rpartition("@")[2].isascii()
    assert needs_smtputf8(envelope) is not envelope.isascii()
    assert "\r" not in envelope and "\n" not in envelope


def test_a_name_beside_the_address_is_the_callers_business():
    address = parseaddr("Zoé <zoe@bücher.example>")[1]
    assert envelope_address(address) == "zoe@xn--bcher-kva.example"
