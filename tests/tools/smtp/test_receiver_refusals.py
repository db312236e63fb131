"""Refusals of mailbox providers, as they were seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.mailjet.delivery_failure import Kind, explain_failure
from mail_mailjet.tools.smtp.advice_row import DOMAIN
from mail_mailjet.tools.smtp.cause import Cause
from mail_mailjet.tools.smtp.receiver_advice import RECEIVER_ADVICE
from mail_mailjet.tools.smtp.receiver_refusals import RECORDS, receiver_cause

SEEN = [
    (
        "550 5.7.515 Access denied, sending domain [COMPANY.EXAMPLE] does not meet the "
        "required authentication level.",
        Cause.AUTHENTICATION_REQUIRED,
    ),
    (
        "421-4.7.30 This mail has been rate limited because DKIM does not pass. "
        "421 4.7.30 https://support.google.com/mail/answer/81126 - gsmtp",
        Cause.DKIM_REQUIRED,
    ),
    ("550-5.7.30 DKIM = did not pass\n550 5.7.30 - gsmtp", Cause.DKIM_REQUIRED),
    ("421 4.7.27 SPF did not pass. - gsmtp", Cause.SPF_REQUIRED),
    ("421 4.7.32 Not aligned with the From header. - gsmtp", Cause.ALIGNMENT_REQUIRED),
    ("550-5.7.26 Unauthenticated email. - gsmtp", Cause.AUTHENTICATION_REQUIRED),
    ("421 4.7.40 No DMARC policy. - gsmtp", Cause.DMARC_REQUIRED),
    ("421 4.7.23 No PTR record. - gsmtp", Cause.SENDING_HOST),
    ("421 4.7.29 Not sent over TLS. - gsmtp", Cause.SENDING_HOST),
    ("421 4.7.28 Unusual rate of unsolicited mail. - gsmtp", Cause.COMPLAINTS),
    ("550 5.7.1 OFR_535 [535] no DKIM signature", Cause.DKIM_REQUIRED),
    ("550 5.7.1 Service refuse. LPN007_517", Cause.ALIGNMENT_REQUIRED),
    ("450 4.1.8 Emetteur invalide. LPN007_405", Cause.SENDER_CANNOT_RECEIVE),
    ("450 4.7.1 Veuillez essayer plus tard. LPN027_503", Cause.RECEIVER_LIMIT),
    ("550 5.5.0 Service refuse. LPN007_510", Cause.CONTENT),
    ("421 service refuse OFR004_104 [104]", Cause.RECEIVER_LIMIT),
    ("550 OFR_107 [107]", Cause.SENDING_HOST),
    ("550 Reject due to SPF policy", Cause.SPF_REQUIRED),
    (
        "554 IP=192.0.2.1 - None/bad reputation. Ask your postmaster for help or to "
        "contact tobr@rx.t-online.de for reset. (NOWL)",
        Cause.SENDING_HOST,
    ),
    # Elsewhere, 7.23 is about SPF and 7.30 about REQUIRETLS (RFC 7372, RFC 8689)
    ("550 5.7.23 SPF validation failed", Cause.SPF_REQUIRED),
    ("550 5.7.30 REQUIRETLS support required", None),
    ("550 5.1.1 The email account does not exist. - gsmtp", None),
    ("550 15.7.26.4 in a version number", None),
    ("550 5.7.2600", None),
    ("", None),
]


@pytest.mark.parametrize(("reply", "cause"), SEEN)
def test_seen(reply, cause):
    assert receiver_cause(reply) is cause


@pytest.mark.parametrize(
    ("related_to", "error", "is_hard", "kind"),
    [
        # Counted against the address if only Mailjet's words counted
        ("domain", "relay/access denied", True, Kind.OURS),
        ("", "", True, Kind.OURS),
        ("spam", "policy issue", False, Kind.OURS),
        ("domain", "greylisted", None, Kind.DEFERRED),
        ("mailjet", "preblocked", None, Kind.SUPPRESSED),
    ],
)
def test_the_server_s_words_explain_more_than_mailjet_s(
    related_to, error, is_hard, kind
):
    failure = explain_failure(related_to, error, is_hard, SEEN[0][0])
    assert failure.kind is kind and not failure.counts
    assert failure.is_permanent is bool(is_hard)
    if kind is not Kind.SUPPRESSED:
        assert "sender's domain" in str(failure.reason)
        assert "DKIM and DMARC" in str(failure.cure)
        assert failure.records == ("dkim", "dmarc")


def test_each_missing_record_is_named():
    names = {"dkim": "DKIM", "dmarc": "DMARC", "mx": "MX", "return_path": "return path"}
    for cause, kinds in RECORDS.items():
        cure = RECEIVER_ADVICE[cause].cure
        assert any(names[kind] in cure for kind in kinds), cause


def test_the_records_are_shown_where_one_is_missing():
    linked = {cause for cause, row in RECEIVER_ADVICE.items() if row.link == DOMAIN}
    assert linked == set(RECORDS)


@given(st.text(), st.text(), st.none() | st.booleans())
def test_any_reply_is_accepted(error, reply, is_hard):
    failure = explain_failure("", error, is_hard, reply)
    assert str(failure.reason)
    assert failure.is_permanent or not failure.counts
