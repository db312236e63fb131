import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.const import ACTIVATION_HOSTS
from mail_mailjet.tools.mailjet.activation_mail import (
    find_activation_link,
    names_address,
)

TOKEN = "0123456789abcdef" * 2
LINK = f"https://app.mailjet.com/activate/{TOKEN}?a=1&b=2"


@pytest.mark.parametrize(
    "body",
    [
        f"Open {LINK} now",
        f"Open {LINK}.",
        f'<a href="{LINK.replace("&", "&amp;")}">Activate</a>',
        f"<a href='{LINK}'>Activate</a>",
        f"https://example.com/x <p>{LINK}</p>",
    ],
)
def test_found(body):
    assert find_activation_link(body, ACTIVATION_HOSTS) == LINK


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no link",
        LINK.replace("https", "http"),
        "https://app.mailjet.com",
        "https://app.mailjet.com/",
        f"https://app.mailjet.com.evil.example/activate/{TOKEN}",
        f"https://evil.example/?next=https%3A%2F%2Fapp.mailjet.com/activate/{TOKEN}",
        f"https://app.mailjet.com@evil.example/activate/{TOKEN}",
        f"https://someone@app.mailjet.com/activate/{TOKEN}",
        f"https://app.mailjet.com:8443/activate/{TOKEN}",
        f"https://[app.mailjet.com/activate/{TOKEN}",
        f"https://app.mailjet.com:port/activate/{TOKEN}",
        "https://www.mailjet.com/pricing/",
        "https://www.mailjet.com/blog/email-marketing-best-practices-2026/",
        "https://app.mailjet.com/activate/0123abcd",
    ],
)
def test_not_found(body):
    assert find_activation_link(body, ACTIVATION_HOSTS) is None


@given(st.text())
def test_any_text(text):
    assert find_activation_link(text, ACTIVATION_HOSTS) is None


@given(st.text())
def test_only_known_hosts(rest):
    link = find_activation_link(f"https://app.mailjet.com{rest}", ACTIVATION_HOSTS)
    assert link is None or link.startswith("https://app.mailjet.com")


@pytest.mark.parametrize(
    "link",
    [
        f"https://app.mailjet.com/confirm?token={TOKEN}&lang=en",
        "https://app.mailjet.com/a/01234567-89ab-cdef-0123-456789abcdef",
        f"https://www.mailjet.com/{TOKEN.upper()}/",
    ],
)
def test_any_path_with_a_token(link):
    assert find_activation_link(link, ACTIVATION_HOSTS) == link


@pytest.mark.parametrize(
    "text",
    [
        "Confirm info@company.example.",
        "<b>INFO@Company.example</b>",
        "https://app.mailjet.com/?email=info%40company.example&token=1",
        "&lt;info@company.example&gt;",
    ],
)
def test_named(text):
    assert names_address(text, "info@company.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "info at company.example",
        "my-info@company.example",
        "info@company.example.org",
        "info@company.examples",
    ],
)
def test_not_named(text):
    assert not names_address(text, "info@company.example")
