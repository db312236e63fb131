"""Findings that need to know the recipients, the last mailing or the reply address."""

import pytest
from mail_mailjet.tools.message.content import check_content
from mail_mailjet.tools.message.imprint import imprint_finding
from mail_mailjet.tools.message.last_mailing import last_mailing_findings
from mail_mailjet.tools.message.link_findings import links_to_ask
from mail_mailjet.tools.message.sample import Sample
from mail_mailjet.tools.message.sender import reply_finding
from message_samples import BASE_URL, sample


@pytest.mark.parametrize(
    ("count", "body", "is_found"),
    [
        (5, "", True),
        (4, "", False),
        (5, "<p>Impressum: Rosen GmbH, Berlin</p>", False),
        (5, '<a href="https://rosen.de/legal-notice">About us</a>', False),
    ],
)
def test_imprint(count, body, is_found):
    assert bool(imprint_finding(sample(body), count, 100)) is is_found


def test_imprint_without_recipients():
    assert imprint_finding(sample(), 0, 0) is None


def test_rates_over_their_limits():
    findings = last_mailing_findings("Tulips", {"bounced": 8.0, "complained": 0.0901})
    assert [finding.code for finding in findings] == ["last_complained"]
    assert "0.0901% of these recipients complained" in str(findings[0].what)
    assert not last_mailing_findings("Tulips", {})


def test_replies():
    assert reply_finding("roses.org", None) is reply_finding("roses.org", True) is None
    assert "roses.org accepts no mail" in str(reply_finding("roses.org", False).what)


def test_links_in_a_recipients_name_are_not_asked():
    """To open a quotation or a confirmation is to act for its recipient."""

    def message(number):
        hrefs = (
            f"https://roses.org/?visitor={number}",
            f"https://roses.org/confirm?access_token={number}",
            "https://roses.org/?hash_token=1",
            "https://roses.org/?campaign=spring",
            f"{BASE_URL}/my/orders/5",
            f"{BASE_URL}/shop",
        )
        return sample("".join(f'<a href="{href}">Look</a>' for href in hrefs))

    assert links_to_ask([message(1), message(2)]) == [
        "https://roses.org/?campaign=spring",
        f"{BASE_URL}/shop",
    ]


def test_what_the_author_wrote_is_no_empty_field():
    message = sample("<p>None of our roses is False</p>")
    assert "empty_value" in {f.code for f in check_content([message])}
    own = Sample(message.message, written="None of our roses is False")
    assert "empty_value" not in {f.code for f in check_content([own])}


@pytest.mark.parametrize("raw", ['"', "a@", "<", "a@[", '"\\', "=?", ";", "a@b <"])
def test_headers_that_the_email_package_trips_over(raw):
    content = f"From: {raw}\nReply-To: {raw}\nSubject: Roses\n\nRoses".encode()
    assert check_content([Sample.parse(content)])


def test_no_token_of_an_image_or_a_text_is_told():
    findings = check_content(
        [
            sample(
                '<img src="https://roses.org/a.png?access_token=secret"/>'
                '<a href="https://tulips.org/">https://roses.org/?key=secret</a>'
                '<a href="#">https://roses.org/?key=secret</a>'
            )
        ]
    )
    assert {"alt", "link_text", "placeholder_link"} <= {f.code for f in findings}
    assert "secret" not in str([finding.examples for finding in findings])
