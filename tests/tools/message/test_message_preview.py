"""The preview of a message: nothing runs, nothing is counted."""

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.message.preview import POLICY, preview_html
from message_samples import BASE_URL, UNSUBSCRIBE, sample

TRACKED = f"{BASE_URL}/r/abc/m/5"
PIXEL = f"{BASE_URL}/mail/track/5/abc/blank.gif"


def root_of(**changes):
    return lxml.html.document_fromstring(preview_html(sample(**changes)))


def test_words_and_images_stay():
    root = root_of(body='<img src="https://a.com/a.png"/> and <b style="x">more</b>')
    assert "The garden" not in root.text_content()
    assert "Our garden opens" in root.text_content()
    assert [image.get("src") for image in root.iter("img")] == ["https://a.com/a.png"]


def test_links_lead_nowhere_and_say_where_they_would():
    root = root_of(
        body=f'<a href="{TRACKED}" ping="https://a.com/">Roses</a>',
        targets={TRACKED: "https://roses.com/"},
    )
    links = list(root.iter("a"))
    titles = [link.get("title") for link in links]
    # That of Odoo without the recipient's values
    assert titles == ["https://roses.com/", UNSUBSCRIBE.replace("zoe", "…")]
    assert not any("href" in link.attrib or "ping" in link.attrib for link in links)


def test_nobody_is_counted_as_a_reader():
    assert PIXEL not in preview_html(sample(body=f'<img src="{PIXEL}"/>tail'))
    tiny = '<img width="1" height="1" src="https://spy.com/a"/>tail'
    assert "spy.com" not in preview_html(sample(body=tiny))
    assert "tail" in preview_html(sample(body=tiny))


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<img src="a.png" onerror="alert(1)"/>',
        '<iframe src="https://a.com/alert"></iframe>',
        '<meta http-equiv="refresh" content="0;url=https://a.com/alert"/>',
        '<base href="https://a.com/alert"/>',
        '<link rel="stylesheet" href="https://a.com/alert"/>',
        '<form action="https://a.com/alert"><input formaction="/alert"/></form>',
        '<object data="alert"></object><embed src="alert"/>',
        "<!--[if mso]>alert<![endif]-->tail",
        '<svg><a xlink:href="javascript:alert(1)">x</a></svg>',
        '<td background="https://a.com/alert">x</td>',
        '<noscript><img src="https://a.com/alert"/></noscript>',
    ],
)
def test_what_acts_is_removed(body):
    assert "alert" not in preview_html(sample(body=body))


def test_the_policy_comes_first():
    [policy, *_rest] = root_of(head="<style>a{}</style>").xpath("//meta[@http-equiv]")
    assert policy.get("content") == POLICY
    assert policy.getparent().tag == "head"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_body(body):
    body = body.encode("utf-8", "ignore").decode()
    html = preview_html(sample(body=body))
    assert POLICY in html


def test_no_html():
    assert "<body>" in preview_html(sample(words="", footer="", preview=""))
