import email.policy
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.campaign_name import LONGEST, campaign_name


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Spring sale", "Spring sale k3f9a2-12"),
        ("Été à Besançon — œuvre nº 1", "Ete a Besancon oeuvre no 1 k3f9a2-12"),
        ("Größe: 50 %!", "Grosse 50 k3f9a2-12"),
        ("新製品", "k3f9a2-12"),
        ("", "k3f9a2-12"),
        ("a" * 99, f"{'a' * 44} k3f9a2-12"),
        ("!" + "a" * 99, f"{'a' * 44} k3f9a2-12"),
        ("a" * 43 + " cut here", f"{'a' * 43} k3f9a2-12"),
    ],
)
def test_names(subject, name):
    assert campaign_name(subject, "k3f9a2-12") == name


# Including lone surrogates and NUL; a suffix as long as in the largest database
ANY_TEXT = st.text(st.characters())
SUFFIX = st.from_regex("[a-z2-7]{6}-[1-9][0-9]{0,18}", fullmatch=True)


@given(ANY_TEXT, SUFFIX)
def test_any_subject_gives_one_plain_line(subject, suffix):
    name = campaign_name(subject, suffix)
    assert re.fullmatch("[A-Za-z0-9 _-]+", name) and len(name) <= LONGEST
    assert name.endswith(suffix) and name == name.strip() and "  " not in name
    message = EmailMessage(policy=email.policy.SMTP)
    message["X-Mailjet-Campaign"] = name
    assert f"X-Mailjet-Campaign: {name}\r\n".encode() in message.as_bytes()


@given(ANY_TEXT, ANY_TEXT, SUFFIX, SUFFIX)
def test_two_mailings_never_share_a_name(subject, other, suffix, other_suffix):
    names = {campaign_name(subject, suffix), campaign_name(other, other_suffix)}
    assert len(names) == 2 or suffix == other_suffix


@given(st.text("abcABC019_-", min_size=1, max_size=30), SUFFIX)
def test_a_plain_subject_stays_as_it_is(subject, suffix):
    kept = subject[: LONGEST - len(suffix) - 1]
    assert campaign_name(f"  {subject} ", suffix) == f"{kept} {suffix}"
