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
        # Mailjet has given up
        ("domain", "greylisted", True, Kind.HARD, "unknown"),
        ("domain", "greylisted", None, Kind.DEFERRED, "unknown"),
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


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("content blocked", Kind.OURS),
        ("sender blocked", Kind.OURS),
        ("policy issue", Kind.OURS),
        ("bad or empty template", Kind.OURS),
        ("preblocked", Kind.SUPPRESSED),
        ("blacklisted", Kind.SUPPRESSED),
        ("spam reporter", Kind.SUPPRESSED),
        ("duplicate in campaign", Kind.DUPLICATE),
    ],
)
@pytest.mark.parametrize("is_hard", [True, False, None])
def test_what_is_no_fault_of_the_address_never_counts(error, kind, is_hard):
    failure = explain_failure("spam", error, is_hard)
    assert failure.kind is kind
    assert not failure.counts
    assert failure.is_permanent is bool(is_hard)


@given(st.sampled_from([*const.MESSAGE_STATES.values(), "", "new"]), st.booleans())
def test_the_flag_decides_whether_a_failure_is_permanent(error, is_hard):
    failure = explain_failure(error=error, is_hard=is_hard)
    assert failure.is_permanent is is_hard
    assert failure.is_permanent or not failure.counts


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
