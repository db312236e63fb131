import email.policy
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.campaign_name import campaign_name


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Spring sale", "Spring sale k3f9a2-12"),
        ("Été à Besançon — œuvre nº 1", "Ete a Besancon oeuvre no 1 k3f9a2-12"),
        ("Größe: 50 %!", "Grosse 50 k3f9a2-12"),
        ("新製品", "k3f9a2-12"),
        ("", "k3f9a2-12"),
        ("a" * 99, f"{'a' * 44} k3f9a2-12"),
    ],
)
def test_names(subject, name):
    assert campaign_name(subject, "k3f9a2-12") == name


@given(st.text())
def test_any_subject_gives_one_plain_line(subject):
    name = campaign_name(subject, "k3f9a2-12345678")
    assert re.fullmatch("[A-Za-z0-9 _-]{1,255}", name)
    message = EmailMessage(policy=email.policy.SMTP)
    message["X-Mailjet-Campaign"] = name
    assert f"X-Mailjet-Campaign: {name}\r\n".encode() in message.as_bytes()
