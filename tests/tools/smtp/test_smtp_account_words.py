"""Words about the account, which mean the same at every stage."""

import smtplib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.smtp.cause import Cause, Scope, Stage
from mail_mailjet.tools.smtp.diagnosis import diagnose


class Reply(smtplib.SMTPResponseException):
    """A reply whose class says nothing about the stage."""

    def __init__(self, code, text):
        super().__init__(code, text.encode())


# Replies that mean the same wherever they come
ACCOUNT_REPLIES = [
    ("550 5.4.5 Daily user sending quota exceeded", Cause.LIMIT_REACHED),
    ("550 The account exceeded its 24-hour sending limit", Cause.LIMIT_REACHED),
    ("554 5.7.1 You have exceeded your 24-hour sending limit", Cause.LIMIT_REACHED),
    ("552 over your relay quota", Cause.LIMIT_REACHED),
    ("552 5.2.2 over your relay quota", Cause.LIMIT_REACHED),
    ("550 5.1.90 You reached your daily limit for recipients", Cause.LIMIT_REACHED),
    ("452 4.5.3 Daily recipient limit exceeded", Cause.LIMIT_REACHED),
    ("554 5.7.1 The mailbox is over its sending quota", Cause.LIMIT_REACHED),
    ("454 4.7.1 Quota exceeded", Cause.LIMIT_REACHED),
    ("450 4.7.1 No more sending credits", Cause.LIMIT_REACHED),
    ("552 5.3.4 Message size exceeds your daily limit", Cause.TOO_LARGE),
    ("552 Message size exceeds sending limit", Cause.TOO_LARGE),
    ("552 5.2.2 Mailbox is over quota", Cause.MAILBOX_FULL),
    ("450 4.7.1 Hourly limit reached for new accounts", Cause.HOURLY_LIMIT),
    ("421 4.7.0 Limited to 50 emails per hour", Cause.HOURLY_LIMIT),
    ("550 Too many emails this hour", Cause.HOURLY_LIMIT),
    ("450 4.7.1 Daily limit reached, try again in an hour", Cause.LIMIT_REACHED),
    ("451 4.7.1 Rate limit exceeded, slow down", Cause.THROTTLED),
    ("550 5.7.1 Account suspended", Cause.SUSPENDED),
    ("550 5.2.1 Your account has been suspended", Cause.SUSPENDED),
    ("554 Your Mailjet account was temporarily blocked", Cause.SUSPENDED),
    ("550 5.7.1 The sender's account is disabled", Cause.SUSPENDED),
    ("535 5.7.8 This API key is switched off", Cause.LOGIN_DEACTIVATED),
    ("550 5.7.1 Your account is under review", Cause.UNREVIEWED),
    ("550 5.7.1 Account not yet approved", Cause.UNREVIEWED),
    ("554 5.7.1 The recipient's account is suspended", Cause.RECIPIENT_DISABLED),
    ("550 The user account has been disabled", Cause.RECIPIENT_DISABLED),
    ("550 5.1.1 Account disabled", Cause.RECIPIENT_DISABLED),
    ("550 The email account you tried to reach is inactive", Cause.RECIPIENT_DISABLED),
    (
        "450 4.2.1 The user is receiving mail at a rate that prevents more",
        Cause.RECIPIENT_BUSY,
    ),
    (
        "554 5.2.122 The recipient exceeded the messages they can receive per hour",
        Cause.RECIPIENT_BUSY,
    ),
    ("421 4.7.0 Too many messages on this connection", Cause.SESSION_ENDED),
    ("452 4.5.3 Too many recipients in this session", Cause.SESSION_ENDED),
    ("421 4.4.2 in.example.com Error: timeout exceeded", Cause.SESSION_ENDED),
    ("421 4.7.0 Too many concurrent SMTP connections", Cause.TOO_MANY_CONNECTIONS),
]


@pytest.mark.parametrize("stage", [*Stage, None])
@pytest.mark.parametrize(("reply", "cause"), ACCOUNT_REPLIES)
def test_words_mean_the_same_at_every_stage(reply, cause, stage):
    code, _space, text = reply.partition(" ")
    assert diagnose(Reply(int(code), text), stage=stage).cause is cause


@pytest.mark.parametrize(
    "reply",
    [
        "450 4.7.1 The recipient's mailbox reached its daily limit",
        "550 The recipient's account has exceeded its limit",
        "554 5.7.1 The recipient's account is suspended",
        "552 5.2.2 Daily quota of the mailbox exceeded",
    ],
)
def test_a_limit_of_the_recipient_pauses_nothing(reply):
    code, _space, text = reply.partition(" ")
    diagnosis = diagnose(Reply(int(code), text), stage=Stage.RCPT)
    assert diagnosis.scope is Scope.RECIPIENT and not diagnosis.pauses


ACCOUNT_WORDS = [
    "Your account has been suspended",
    "account blocked",
    "Daily user sending quota exceeded",
    "exceeded its 24-hour sending limit",
    "over your relay quota",
    "monthly limit reached",
    "hourly limit of 50",
    "rate limit exceeded",
    "this API key is deactivated",
    "account under review",
]
NOISE = ["Error:", "Sorry,", "policy", "sender", "refused", "spam", "user unknown", "x"]


@given(
    st.sampled_from(ACCOUNT_WORDS),
    st.lists(st.sampled_from(NOISE), max_size=3),
    st.lists(st.sampled_from(NOISE), max_size=3),
    st.sampled_from(["", "5.7.1 ", "4.7.0 ", "5.4.5 ", "5.3.0 ", "5.0.0 "]),
    st.integers(400, 599),
    st.sampled_from([str.lower, str.upper, str]),
)
def test_account_words_have_one_scope(words, before, after, enhanced, code, case):
    text = enhanced + case(" ".join([*before, words, *after]))
    for stage in (*Stage, None):
        diagnosis = diagnose(Reply(code, text), stage=stage)
        assert diagnosis.scope is Scope.ACCOUNT, (stage, diagnosis)
        assert diagnosis.pauses and diagnosis.can_retry


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("4.7.1 Hourly limit reached", None),
        ("4.7.1 Limited to 50 emails per hour", 50),
        ("Hourly limit of 1,000 reached", 1000),
        ("Hourly limit (20) reached, account is new", 20),
        ("You sent 250 messages this hour, limit is 200", 200),
        ("max 75/h exceeded", 75),
        ("Only 1.500 messages an hour", 1500),
        ("Hourly quota: 0", None),
        ("Hourly limit reached for account 12345", None),
        ("Hourly limit reached (1 hour)", None),
        ("Hourly limit: 1234567890123", None),
    ],
)
def test_the_figure_of_an_hourly_limit(text, figure):
    diagnosis = diagnose(Reply(450, text), stage=Stage.RCPT)
    assert diagnosis.cause is Cause.HOURLY_LIMIT
    assert diagnosis.hourly_limit == figure
    assert (str(figure) in str(diagnosis.reason)) is bool(figure)
