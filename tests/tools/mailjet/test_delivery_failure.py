"""Why an email did not arrive, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet import const
from mail_mailjet.tools.mailjet.delivery_failure import (
    REASON_CODES,
    Kind,
    explain_failure,
    reason_code,
)


@pytest.mark.parametrize(
    ("related_to", "error", "is_hard", "kind", "failure_type"),
    [
        ("recipient", "user unknown", True, Kind.HARD, "mail_email_invalid"),
        # If flag and label disagree, the flag counts
        ("recipient", "user unknown", False, Kind.SOFT, "mail_email_invalid"),
        ("recipient", "user unknown", None, Kind.HARD, "mail_email_invalid"),
        ("recipient", "quota exceeded", False, Kind.SOFT, "unknown"),
        ("recipient", "blacklisted", None, Kind.SUPPRESSED, "mail_bl"),
        ("recipient", "spam reporter", None, Kind.SUPPRESSED, "mail_bl"),
        ("domain", "invalid domain", None, Kind.HARD, "mail_email_invalid"),
        ("domain", "no mail host", None, Kind.SOFT, "mail_email_invalid"),
        ("domain", "no mail host", True, Kind.HARD, "mail_email_invalid"),
        ("domain", "greylisted", True, Kind.DEFERRED, "unknown"),
        ("domain", "greylisted", False, Kind.DEFERRED, "unknown"),
        ("content", "bad or empty template", None, Kind.OURS, "unknown"),
        ("spam", "Content Blocked", None, Kind.OURS, "mail_spam"),
        # As captured: the reason is in the wrong field
        ("policy issue", "", False, Kind.OURS, "mail_spam"),
        ("mailjet", "preblocked", None, Kind.SUPPRESSED, "mail_bl"),
        ("mailjet", "duplicate in campaign", None, Kind.DUPLICATE, "mail_dup"),
        ("", "", None, Kind.SOFT, "unknown"),
        ("", "", True, Kind.HARD, "unknown"),
        ("recipient", "something new", True, Kind.HARD, "unknown"),
    ],
)
def test_table(related_to, error, is_hard, kind, failure_type):
    failure = explain_failure(related_to, error, is_hard)
    assert (failure.kind, failure.failure_type) == (kind, failure_type)
    assert str(failure.reason)


def test_every_state_of_rest_has_words():
    for error in const.MESSAGE_STATES.values():
        assert "not known" not in str(explain_failure(error=error).reason)


def test_an_unknown_reason_is_shown():
    reason = str(explain_failure("moon", "100 % eclipse", None).reason)
    assert reason.endswith("moon, 100 % eclipse")


@pytest.mark.parametrize(
    ("related_to", "error", "code"),
    [
        ("recipient", "User  Unknown", "user_unknown"),
        ("domain", "relay/access denied", "relay_access_denied"),
        ("policy issue", "", "policy_issue"),
        ("recipient", "something new", "other"),
        ("recipient", "", "other"),
        ("", "", "none"),
        (" ", "", "none"),
    ],
)
def test_code(related_to, error, code):
    assert reason_code(related_to, error) == code


def test_every_state_of_rest_has_a_code_of_its_own():
    codes = {reason_code(error=error) for error in const.MESSAGE_STATES.values()}
    assert len(codes) == len(const.MESSAGE_STATES)
    assert codes == set(REASON_CODES) - {"other", "none"}


@given(st.text(), st.text(), st.none() | st.booleans())
def test_any_words_are_accepted(related_to, error, is_hard):
    assert str(explain_failure(related_to, error, is_hard).reason)
    assert reason_code(related_to, error) in REASON_CODES
