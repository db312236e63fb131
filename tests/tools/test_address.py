"""One form of an address, whatever its spelling."""

import unicodedata

import idna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.address import (
    address_key,
    domain_key,
    has_spellings,
    same_domain,
    spellings,
)

LETTERS = "abcxyzäöüßéñçøşžабвгиαβγσω中文日本0123456789"
LOCAL = st.text(LETTERS + ".+_-", min_size=1, max_size=12)
LABEL = st.text(LETTERS, min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("bücher.example", "xn--bcher-kva.example", True),
        ("BÜCHER.Example", "XN--BCHER-KVA.example.", True),
        ("bu\u0308cher.example", "bücher.example", True),
        ("example.com", " Example.COM ", True),
        ("under_score.example", "UNDER_SCORE.example", True),
        ("buecher.example", "bücher.example", False),
        ("strasse.example", "straße.example", False),
        ("mail.bücher.example", "bücher.example", False),
    ],
)
def test_domains_compare_in_one_form(first, second, is_same):
    assert same_domain(first, second) is is_same


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Info@Bücher.example", "info@xn--bcher-kva.example"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("Dörte@Bücher.example", "dörte@xn--bcher-kva.example"),
        ("DO\u0308RTE@example.com", "dörte@example.com"),
        ("Иван@пример.example", "иван@xn--e1afmkfd.example"),
        ("ΝΙΚΟΣ@example.com", "νικοσ@example.com"),
        ("Νίκος@example.com", "νίκοσ@example.com"),
        ("*@bücher.example", "*@xn--bcher-kva.example"),
        (" joe@Example.COM. ", "joe@example.com"),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_addresses_compare_in_one_form(address, key):
    assert address_key(address) == key


@pytest.mark.parametrize("text", ["Info@Bücher.example", "info@xn--bcher-kva.example"])
def test_both_spellings_of_an_address(text):
    assert spellings(text) == ["info@xn--bcher-kva.example", "info@bücher.example"]


def test_both_spellings_of_a_domain():
    assert spellings("bücher.example") == ["xn--bcher-kva.example", "bücher.example"]
    assert spellings("*@Example.com") == ["*@example.com"]


@given(st.one_of(st.text(), st.builds("{}@{}.{}".format, LOCAL, LABEL, LABEL)))
def test_the_form_of_the_form_is_itself(text):
    assert address_key(address_key(text)) == address_key(text)
    assert domain_key(domain_key(text)) == domain_key(text)


@settings(deadline=None)
@given(LOCAL, LABEL, st.randoms())
def test_every_spelling_has_the_same_form(local, label, random):
    """Case, composition and A-labels, each chosen at random."""
    key = address_key(f"{local}@{label}.example")
    for _ in range(5):
        spelled = "".join(_spelled(one, random) for one in f"{local}@{label}.example")
        domain = spelled.rpartition("@")[2]
        try:
            encoded = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            encoded = domain
        for one in (spelled, f"{spelled.rpartition('@')[0]}@{encoded.upper()}"):
            assert address_key(one) == key
            assert one.lower() == key or has_spellings(key)


def _spelled(character, random):
    """Return the character in either case, composed or not."""
    upper = character.upper()
    if upper.lower() == character and random.random() < 0.5:
        character = upper
    form = random.choice(["NFC", "NFD"])
    return unicodedata.normalize(form, character)
