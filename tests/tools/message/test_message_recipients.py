"""Typing errors in the domains of addresses."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.free_mail import FREE_MAIL_DOMAINS
from mail_mailjet.tools.message.lists import COMMON_DOMAINS, LOOK_ALIKES
from mail_mailjet.tools.message.recipients import corrected_domain, corrections


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
        *sorted(FREE_MAIL_DOMAINS | LOOK_ALIKES),
        *("acme.com", "a.de", "gmx.dk", "wep.de", "aoi.com", "hotmail.pt", "orange.be"),
        *("gmx.com", "outlook.be", "live.co.uk", "hotmail.co.uk", "yahoo.co.uk"),
        *("email.com", "gmail.acme.com", "freed.fr", "", "localhost"),
    ],
)
def test_real_domains(domain):
    assert corrected_domain(domain) == ""


def test_all_at_once():
    assert corrections(["gmial.com", "acme.com"]) == {"gmial.com": "gmail.com"}


LONG_NAMES = [one for one in COMMON_DOMAINS if len(one.partition(".")[0]) >= 5]


@given(st.sampled_from(LONG_NAMES), st.data())
def test_any_slip_in_a_long_name_is_found(domain, data):
    name, _dot, ending = domain.partition(".")
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abcxyz0"))
    slips = (
        name[:place] + name[place + 1 :],
        name[:place] + letter + name[place:],
        name[:place] + letter + name[place + 1 :],
        name[:place] + name[place + 1 : place + 2] + name[place] + name[place + 2 :],
    )
    for slip in {f"{slip}.{ending}" for slip in slips}:
        known = slip in {*COMMON_DOMAINS, *FREE_MAIL_DOMAINS, *LOOK_ALIKES}
        assert bool(corrected_domain(slip)) != known


def test_many_domains_take_no_time():
    begin = time.monotonic()
    corrections(f"d{number}.org" for number in range(100_000))
    assert time.monotonic() - begin < 5
