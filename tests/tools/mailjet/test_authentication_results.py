import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.authentication_results import is_author_proven

AUTHOR = "mailjet.com"
RECEIVED = ("Received", "from a by b")


def results(*values):
    return [("Authentication-Results", value) for value in values]


@pytest.mark.parametrize(
    "value",
    [
        "mx; dkim=pass header.d=mailjet.com",
        "mx 1; dkim=pass (2048-bit key; unprotected) header.i=@mailjet.com header.s=a",
        'mx; dkim=fail reason="bad; header.d=x" header.d=a.example;\r\n'
        " dkim=pass header.d=mailjet.com",
        "mx; spf=pass smtp.mailfrom=bounce@a1.bnc3.mailjet.com",
        "mx; SPF=Pass smtp.mailfrom=mailjet.com; dkim=none",
        "mx; dmarc=pass (p=REJECT (a (b))) header.from=mailjet.com",
    ],
)
def test_proven(value):
    assert is_author_proven([*results(value), RECEIVED], AUTHOR) is True


@pytest.mark.parametrize(
    "value",
    [
        "mx; dkim=fail header.d=mailjet.com",
        "mx; dkim=pass header.d=mailjet.com.evil.example",
        "mx; dkim=pass header.d=evilmailjet.com",
        "mx; dkim=pass (header.d=mailjet.com) header.d=evil.example",
        'mx; dkim=pass reason="header.d=mailjet.com" header.d=evil.example',
        "mx; spf=pass smtp.mailfrom=mailjet.com@evil.example",
        "mx; spf=softfail smtp.mailfrom=mailjet.com",
        "mx; dkim=none; spf=none",
        "mx; dmarc=fail header.from=mailjet.com",
    ],
)
def test_not_proven(value):
    assert is_author_proven([*results(value), RECEIVED], AUTHOR) is False


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [RECEIVED],
        results("mx; none"),
        results("mx; auth=pass smtp.auth=me"),
        [("ARC-Authentication-Results", "i=1; mx; dkim=pass header.d=mailjet.com")],
    ],
)
def test_nothing_reported(headers):
    assert is_author_proven(headers, AUTHOR) is None


FORGED = "mx; dkim=pass header.d=mailjet.com; spf=pass smtp.mailfrom=mailjet.com"


@pytest.mark.parametrize(
    "headers",
    [
        [*results("mx; spf=fail smtp.mailfrom=a.example"), RECEIVED, *results(FORGED)],
        results("mx; dkim=none; spf=none", FORGED),
        results("mx; dkim=none; spf=none", FORGED.replace("mx", "evil")),
        [RECEIVED, *results("mx; dkim=none"), RECEIVED, *results(FORGED)],
    ],
)
def test_only_the_last_server_is_believed(headers):
    assert is_author_proven(headers, AUTHOR) is False


def test_one_server_may_write_several_headers():
    headers = results("mx; spf=none", "mx; dkim=pass header.d=mailjet.com")
    assert is_author_proven([*headers, RECEIVED], AUTHOR) is True


@given(st.lists(st.text()))
def test_any_text(values):
    assert is_author_proven(results(*values), AUTHOR) in (None, False, True)
