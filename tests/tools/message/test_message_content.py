"""Each finding: a message that has it, and one that nearly has it."""

import email.policy
from email.message import EmailMessage
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.message.content import check_content
from mail_mailjet.tools.message.finding import MOST_EXAMPLES, Finding, Level, merged
from mail_mailjet.tools.message.sample import Sample
from mail_mailjet.tools.message.sender import check_replaced_sender
from mail_mailjet.tools.words import Words
from message_samples import BASE_URL, WORDS, sample

IMAGE = '<img src="https://odoo.acme-shop.com/web/image/1" alt="Roses"/>'
SHORT = "r"


def link(href, text="The roses"):
    return f'<a href="{href}">{text}</a>'


def styled(style, text="Read me"):
    return f'<p style="{style}">{text}</p>'


E, W, N = Level.ERROR, Level.WARNING, Level.NOTE
# Code, level, the message with the finding, and the one without
CASES = [
    # Sender
    ("free_mail", E, {"From": "me@gmail.com"}, {"From": "me@gmail.acme.com"}),
    ("free_mail_reply", W, {"Reply-To": "me@gmx.de"}, {"Reply-To": "me@acme-shop.com"}),
    ("free_mail_reply", W, {"Reply-To": "me@GMX.de"}, {"Reply-To": "me@shop.com"}),
    ("no_reply", N, {"Reply-To": "noreply@acme-shop.com"}, {"Reply-To": "no@acme.com"}),
    # Unsubscribing
    ("one_click", E, {"List-Unsubscribe": None}, {}),
    ("one_click", E, {"List-Unsubscribe-Post": None}, {}),
    ("one_click", E, {"List-Unsubscribe-Post": "One-Click"}, {}),
    ("one_click", E, {"List-Unsubscribe": "<mailto:leave@acme-shop.com>"}, {}),
    ("one_click", E, {"List-Unsubscribe": "<http://acme-shop.com/x>"}, {}),
    (
        "unsubscribe_link",
        E,
        {"footer": ""},
        {"footer": link("https://acme-shop.com/a", "Se désabonner")},
    ),
    ("unsubscribe_link", E, {"footer": link(f"{BASE_URL}/unsubscribe", "")}, {}),
    (
        "unsubscribe_mail",
        W,
        {"footer": link("mailto:leave@acme-shop.com", "Unsubscribe")},
        {},
    ),
    # Subject and preheader
    ("subject_empty", E, {"Subject": "  "}, {}),
    ("subject_length", N, {"Subject": "a" * 71}, {"Subject": "a" * 70}),
    ("subject_length", E, {"Subject": "é" * 256}, {"Subject": "é" * 70}),
    ("subject_capitals", W, {"Subject": "ROSES NOW"}, {"Subject": "ROSES now"}),
    ("subject_capitals", W, {"Subject": "ROSES, NOW 5"}, {"Subject": "ACME 2026"}),
    ("subject_reply", W, {"Subject": "Re: roses"}, {"Subject": "Repair: roses"}),
    ("subject_shouts", W, {"Subject": "Roses!!"}, {"Subject": "Roses!"}),
    ("subject_shouts", W, {"Subject": "$5 off"}, {"Subject": "Save $5"}),
    ("subject_emoji", N, {"Subject": "🌹🌹🌹"}, {"Subject": "🌹🌹 roses"}),
    ("preheader", N, {"preview": ""}, {}),
    (
        "preheader",
        N,
        {"preview": '<div style="display:none">The garden opens on Sunday</div>'},
        {},
    ),
    (
        "preheader",
        N,
        {"preview": f'<div style="display:none">{"a" * 141}</div>'},
        {"preview": f'<div style="display:none">{"a" * 140}</div>'},
    ),
    # Leftovers
    ("merge_field", E, {"body": "Dear {{ object.name }},"}, {"body": "a { b } c"}),
    ("merge_field", E, {"body": "${object.name}"}, {"body": "$ 5"}),
    ("merge_field", E, {"body": "[[data:firstname]]"}, {"body": "[1]"}),
    ("merge_field", E, {"body": "*|FNAME|*"}, {"body": "* | *"}),
    ("merge_field", E, {"body": "{{var:name}}"}, {}),
    ("merge_field", E, {"body": '<p t-out="object.name">x</p>'}, {"body": "a t-shirt"}),
    ("merge_field", E, {"body": "&lt;t t-out='object.name'/&gt;"}, {}),
    ("merge_field", E, {"Subject": "Dear {{ object.name }}"}, {}),
    ("merge_field", E, {"body": link("https://acme-shop.com/?u={{ object.id }}")}, {}),
    ("percent_field", W, {"body": "Dear %FIRSTNAME%"}, {"body": "5% of 10%"}),
    ("percent_field", W, {"body": "%NAME%"}, {"body": link("https://a.com/%CE%BB%CF")}),
    ("merge_field", E, {"body": link("https://a.com/%7B%7B%20object.id%20%7D%7D")}, {}),
    ("empty_value", W, {"body": "Dear False"}, {"body": "Falsehood"}),
    ("nameless", W, {"body": "<p>Dear ,</p>"}, {"body": "<p>Dear Zoë,</p>"}),
    ("nameless", W, {"body": "<p>Bonjour ,</p>"}, {"body": "<p>Bonjour !</p>"}),
    ("draft", W, {"body": "Lorem ipsum dolor"}, {"body": "Dolores"}),
    ("draft", W, {"body": "TODO: price"}, {"body": "todo el mundo"}),
    ("draft", W, {"body": "TODO (price)"}, {"body": "TODO A MITAD DE PRECIO"}),
    # Links
    ("placeholder_link", E, {"body": link("#")}, {"body": link("#roses")}),
    ("placeholder_link", E, {"body": link(f"{BASE_URL}#")}, {"body": link(BASE_URL)}),
    ("base_url", E, {"base_url": "http://localhost:8069"}, {}),
    ("base_url", E, {"base_url": "http://192.168.1.5"}, {}),
    ("placeholder_link", E, {"body": link("")}, {"body": '<a name="roses"></a>'}),
    ("placeholder_link", E, {"body": link("https://example.com/a")}, {}),
    ("placeholder_link", E, {"body": link("http://localhost:8069/a")}, {}),
    ("placeholder_link", E, {"body": link("http://127.0.0.1/a")}, {}),
    ("placeholder_link", E, {"body": link("javascript:alert(1)")}, {}),
    ("placeholder_link", E, {"body": link("data:text/html,roses")}, {}),
    ("placeholder_link", E, {"body": link("file:///c:/a.pdf")}, {}),
    ("placeholder_link", E, {"body": link("C:\\a.pdf")}, {}),
    (
        "placeholder_link",
        E,
        {"body": link("www.roses.com")},
        {"body": link("tel:+331")},
    ),
    ("placeholder_link", E, {"body": link("https:///a")}, {}),
    (
        "http",
        W,
        {"body": link("http://roses.com")},
        {"body": link("https://roses.com")},
    ),
    (
        "ip_host",
        E,
        {"body": link("https://8.8.8.8/a")},
        {"body": link("https://8.com")},
    ),
    ("ip_host", E, {"body": link("https://0x08080808/a")}, {}),
    ("odd_host", W, {"body": link("https://roses.com:8443/")}, {}),
    ("odd_host", W, {"body": link("https://bank.com@roses.com/")}, {}),
    ("odd_host", W, {"body": link("https://xn--rses-5qa.com/")}, {}),
    (
        "shortener",
        W,
        {"body": link("https://bit.ly/a")},
        {"body": link("https://abit.ly")},
    ),
    ("shortener", W, {"body": link("https://BIT.LY./a")}, {}),
    (
        "link_text",
        E,
        {"body": link("https://evil.com/", "https://roses.com/a")},
        {"body": link("https://www.roses.com/b", "roses.com")},
    ),
    (
        "link_text",
        E,
        {"body": link("https://evil.co.uk/", "roses.co.uk")},
        {"body": link("https://evil.com/", "Node.js")},
    ),
    (
        "tracked_link_text",
        N,
        {
            "body": link(f"{BASE_URL}/r/aB1/m/5", "www.roses.com"),
            "targets": {f"{BASE_URL}/r/aB1/m/5": "https://roses.com/a"},
        },
        {
            "body": link(f"{BASE_URL}/r/aB1/m/5", "The roses"),
            "targets": {f"{BASE_URL}/r/aB1/m/5": "https://roses.com/a"},
        },
    ),
    # Size, body
    ("clipped", W, {"body": "a" * 91 * 1024}, {"body": "a" * 80 * 1024}),
    ("clipped", E, {"body": "é" * 52 * 1024}, {"body": "é" * 40 * 1024}),
    ("inline_images", W, {"body": '<img alt="" src="data:image/png;base64,AA"/>'}, {}),
    ("text_part", W, {"text": "\n \n"}, {"text": "The garden opens on Sunday"}),
    ("image_only", W, {"words": SHORT, "body": IMAGE}, {"words": SHORT}),
    ("image_only", N, {"words": "a" * 500, "body": IMAGE}, {"body": IMAGE}),
    ("alt", W, {"body": '<img src="https://a.com/a.png"/>'}, {"body": IMAGE}),
    ("alt", W, {"body": '<img src="a.png"/>'}, {"body": '<img src="a.png" alt=""/>'}),
    (
        "alt",
        W,
        {"body": '<img src="a.png"/>'},
        {"body": f'<img src="{BASE_URL}/mail/track/1/a/blank.gif"/>'},
    ),
    (
        "linked_alt",
        E,
        {"body": link("https://roses.com", '<img src="a.png" alt=""/>')},
        {"body": link("https://roses.com", IMAGE)},
    ),
    ("markup", W, {"body": "<form><input/></form>"}, {"body": "<table></table>"}),
    ("markup", W, {"body": "<script>a()</script>"}, {}),
    (
        "title",
        N,
        {"head": "<title>Old news</title>"},
        {"head": "<title>The garden opens on Sunday</title>"},
    ),
    (
        "small_print",
        W,
        {"body": styled("font-size: 5px")},
        {"body": styled("font-size:9px")},
    ),
    (
        "low_contrast",
        W,
        {"body": styled("color:#fefefe;background-color:#fff")},
        {"body": styled("color:#222;background-color:#fff")},
    ),
    # Attachments
    ("attachments", W, {"attachments": [("a.pdf", b"1")]}, {}),
    (
        "dangerous_attachment",
        E,
        {"attachments": [("a.pdf.EXE", b"1")]},
        {"attachments": [("a.exe.pdf", b"1")]},
    ),
    (
        "large_attachments",
        E,
        {"attachments": [("a.pdf", bytes(11 * 1024 * 1024))]},
        {"attachments": [("a.pdf", bytes(1024))]},
    ),
]


def found(**changes):
    return {one.code: one for one in check_content([sample(**changes)])}


def test_a_good_message_has_no_findings():
    assert found() == {}


@cache
def found_in(number):
    return found(**CASES[number][2])


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=lambda n: f"{CASES[n][0]}-{n}"
)
def test_finding(number):
    code, level, _bad, good = CASES[number]
    findings = found_in(number)
    assert findings[code].level is level
    assert not good or code not in found(**good)
    for finding in findings.values():
        for words in (finding.what, finding.why, finding.cure, finding.source):
            assert str(words).strip()


def test_every_code_has_a_case():
    codes = {code for code, *_rest in CASES}
    assert codes >= {code for number in range(len(CASES)) for code in found_in(number)}


def test_links_to_odoo_are_told_once_and_without_their_tokens():
    base_url = "http://localhost:8069"
    footer = link(f"{base_url}/mailing/7/confirm_unsubscribe?hash_token=secret")
    codes = found(footer=footer, base_url=base_url)
    assert set(codes) == {"base_url"}
    assert "secret" not in str(codes)
    footer = link(f"{base_url}/mailing/7/unsubscribe?hash_token=secret", "acme.com")
    assert "secret" not in str(found(footer=footer, base_url=base_url))


def test_a_sender_that_odoo_replaces():
    message = sample()
    assert not list(check_replaced_sender(message, '"A" <NEWS@acme-shop.com>'))
    [finding] = check_replaced_sender(message, "other@acme-shop.com")
    assert finding.level is E
    assert "other@acme-shop.com" in str(finding.what)


def test_samples_share_findings():
    first, second = (sample(body=f"Dear {name}") for name in ("{{ a }}", "{{ b }}"))
    [finding] = check_content([first, second])
    assert finding.examples == ("{{ a }}", "{{ b }}")


def test_the_worst_comes_first_and_examples_are_few():
    def finding(code, level, *examples):
        words = Words("x")
        return Finding(code, level, words, words, words, examples=examples)

    many = tuple(map(str, range(50)))
    findings = merged([finding("a", N), finding("b", E, *many), finding("a", W, "y")])
    assert [(one.code, one.level) for one in findings] == [("b", E), ("a", W)]
    assert len(findings[0].examples) == MOST_EXAMPLES


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=80))
def test_nothing_in_a_message_is_an_error_of_ours(body, href):
    message = EmailMessage(policy=email.policy.default)
    message["Subject"] = "".join(c for c in href if c.isprintable())
    message.set_content("x")
    body = body.encode("utf-8", "replace").decode()
    href = href.encode("utf-8", "replace").decode()
    message.add_alternative(f'{body}<a href="{href}">{body}', subtype="html")
    check_content([Sample(message)])


def test_a_message_without_html():
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content(WORDS)
    codes = {finding.code for finding in check_content([Sample(message)])}
    assert "unsubscribe_link" in codes
