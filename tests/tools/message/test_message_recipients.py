"""Typing errors in the domains of addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.message.lists import COMMON_DOMAINS, FREE_MAIL, LOOK_ALIKES
from mail_mailjet.tools.message.recipients import (
    corrected_domain,
    corrections,
    is_one_edit,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("acme.con", "acme.com"),
        ("gmailcom", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yaho.fr", "yahoo.fr"),
        ("orange.f", "orange.fr"),
        ("outlok.com", "outlook.com"),
        ("wanado.fr", "wanadoo.fr"),
        ("laposte.ne", "laposte.net"),
    ],
)
def test_typing_errors(typed, meant):
    assert corrected_domain(typed) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *COMMON_DOMAINS,
        *sorted(FREE_MAIL | LOOK_ALIKES),
        *("acme.com", "a.de", "gmx.dk", "wep.de", "aoi.com", "hotmail.pt", "orange.be"),
        *("email.com", "gmail.acme.com", "freed.fr", "", "localhost"),
    ],
)
def test_real_domains(domain):
    assert corrected_domain(domain) == ""


def test_all_at_once():
    assert corrections(["gmial.com", "acme.com"]) == {"gmial.com": "gmail.com"}


WORD = st.text("abc.", max_size=8)


@given(WORD, WORD)
def test_one_edit_is_what_the_definition_says(first, second):
    def edits(word):
        for n in range(len(word) + 1):
            yield word[:n] + word[n + 1 :]
            if n + 1 < len(word):
                yield word[:n] + word[n + 1] + word[n] + word[n + 2 :]
            for letter in "abc.":
                yield word[:n] + letter + word[n:]
                yield word[:n] + letter + word[n + 1 :]

    expected = first != second and second in set(edits(first))
    assert is_one_edit(first, second) == expected
