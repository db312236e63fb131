import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.const import ACTIVATION_HOSTS
from mail_mailjet.tools.mailjet.activation_mail import find_activation_link

LINK = "https://app.mailjet.com/activate/0123abcd?a=1&b=2"


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
        "https://app.mailjet.com.evil.example/activate",
        "https://evil.example/?next=https%3A%2F%2Fapp.mailjet.com/activate",
        "https://app.mailjet.com@evil.example/activate",
        "https://someone@app.mailjet.com/activate",
        "https://app.mailjet.com:8443/activate",
        "https://[app.mailjet.com/activate",
        "https://app.mailjet.com:port/activate",
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
