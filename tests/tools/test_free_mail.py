import pytest
from mail_mailjet.tools.free_mail import is_free_mail


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "GMail.com.", "hotmail.fr", "yahoo.co.uk", "live.com.au", "gmx.de"],
)
def test_domains_of_free_mail(domain):
    assert is_free_mail(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "company.example",
        "notgmail.com",
        "mail.gmail.com.company.example",
        "live.company.example",
        "yahoo.company.com",
        "outlook",
        "",
    ],
)
def test_domains_of_companies(domain):
    assert not is_free_mail(domain)
