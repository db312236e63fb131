import pytest
from mail_mailjet.tools.dns.existence import registered_domain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.b.example.com", "example.com"),
        ("a.example.co.uk", "example.co.uk"),
        ("a.example.gv.at", "example.gv.at"),
        ("a.example.web.id", "example.web.id"),
        ("example.fr", "example.fr"),
        ("com.example", "com.example"),
        ("a.com.fr", "a.com.fr"),
        ("localhost", "localhost"),
    ],
)
def test_registered_domain(name, expected):
    assert registered_domain(name) == expected
