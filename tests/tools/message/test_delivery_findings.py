"""What account, sender's domain and recipients mean for a mailing."""

import pytest
from mail_mailjet.tools.message.delivery_findings import (
    SenderDomain,
    build_finding,
    limit_findings,
    policy_finding,
    refusal_finding,
    sender_findings,
    unseen_finding,
    volume_finding,
)
from mail_mailjet.tools.message.finding import Level
from mail_mailjet.tools.message.recipient_findings import (
    Recipients,
    recipient_findings,
)

E, W, N = Level.ERROR, Level.WARNING, Level.NOTE


def levels(findings):
    for finding in findings:
        for words in (finding.what, finding.why, finding.cure, finding.source):
            assert str(words)
    return {finding.code: finding.level for finding in findings}


@pytest.mark.parametrize(
    ("states", "count", "expected"),
    [
        ({}, 5000, {}),
        ({"dkim": "missing"}, 1, {"dkim": E}),
        ({"dkim": "warning"}, 1, {"dkim": W}),
        ({"dmarc": "missing"}, 1000, {"dmarc": W}),
        ({"dmarc": "missing"}, 1001, {"dmarc": E}),
        ({"dmarc": "warning", "spf": "warning"}, 5000, {}),
        ({"spf": "error"}, 5000, {"spf": N}),
        ({"dkim": "not_checked"}, 1, {"dns_unchecked": N}),
        ({"is_known": False}, 1, {"domain_unknown": W}),
        ({"is_known": False, "is_read": False}, 1, {"domains_unread": N}),
    ],
)
def test_the_senders_domain(states, count, expected):
    domain = SenderDomain("acme-shop.com", **states)
    assert levels(sender_findings(domain, count)) == expected


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ({}, {}),
        ({"total": 0}, {"no_recipients": E}),
        ({"unusable": 1}, {"unusable": N}),
        ({"blocked": 1}, {"blocked": N}),
        ({"opted_out": 1}, {"opted_out": N}),
        ({"suppressed": 1}, {"suppressed": W}),
        ({"repeated": 1}, {"repeated": N}),
        ({"roles": 2}, {}),
        ({"roles": 3}, {"roles": W}),
        ({"dangerous": {"abuse@a.com": 1}}, {"dangerous_roles": E}),
        ({"typing_errors": {"gmial.com": ("gmail.com", 2)}}, {"typing_errors": W}),
        ({"without_mail": {"a.com": 2}}, {"without_mail": W}),
        ({"unknown_domains": 2}, {"unknown_domains": N}),
    ],
)
def test_recipients(kinds, expected):
    assert levels(recipient_findings(Recipients(**{"total": 100, **kinds}))) == expected


def test_the_largest_domains_come_first():
    silent = {f"d{number}.com": number for number in range(1, 5)}
    [finding] = recipient_findings(Recipients(total=9, without_mail=silent))
    assert finding.examples[0] == "d4.com (4)"


def test_limits():
    assert levels(limit_findings(5, False, 0)) == {}
    assert levels(limit_findings(5, True, 0)) == {"limit": W}
    assert levels(limit_findings(5, False, 5)) == {}
    assert levels(limit_findings(6, False, 5)) == {"contact_limit": W}


def test_volume():
    assert volume_finding(1000, 0) is None
    assert volume_finding(4000, 2000) is None
    assert volume_finding(4001, 2000).level is W


def test_policy():
    assert policy_finding([]) is None
    assert policy_finding([("Bounces", False)]).level is W
    assert policy_finding([("Bounces", False), ("Blocked", True)]).level is E


def test_what_cannot_be_sent():
    assert "because" in str(refusal_finding("because 5% off").why)
    finding = build_finding("division by zero", ("Zoë",))
    assert levels([finding, unseen_finding()]) == {"not_built": E, "no_sample": N}
