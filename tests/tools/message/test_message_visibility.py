"""What people see of a message, and tricks by which they do not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tools.message.content import check_content
from mail_mailjet.tools.message.visibility import (
    declarations,
    hides,
    hiding_selectors,
    parse_color,
)
from message_samples import UNSUBSCRIBE, sample


def footer(style="", around="", text="Unsubscribe", attributes=""):
    link = f'<a style="{style}" {attributes} href="{UNSUBSCRIBE}">{text}</a>'
    return f'<div style="{around}">{link}</div>'


def codes(**changes):
    return {finding.code for finding in check_content([sample(**changes)])}


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : NONE !important",
        "visibility:hidden",
        "opacity:0",
        "opacity: 0.0",
        "font-size:0",
        "font-size: 0px",
        "color:#fff",
        "color:#FFFFFE;background:#fff",
        "color: rgb(0, 0, 0); background-color: black",
        "max-height:0;overflow:hidden",
        "height:0px;overflow:hidden",
        "position:absolute;left:-9999px",
        "text-indent:-9999px",
    ],
)
def test_a_hidden_unsubscribe_link(style):
    assert "unsubscribe_hidden" in codes(footer=footer(style))
    assert "unsubscribe_hidden" in codes(footer=footer(around=style))
    # One that is seen is enough
    assert "unsubscribe_hidden" not in codes(footer=footer(style) + footer())


def test_hidden_by_an_attribute_or_a_style_sheet():
    assert "unsubscribe_hidden" in codes(footer=footer(attributes="hidden"))
    for selector, attributes in ((".x", 'class="a x"'), ("a#y", 'id="y"')):
        head = f"<style>p, {selector} {{ display: none }}</style>"
        link = footer(attributes=attributes)
        assert "unsubscribe_hidden" in codes(head=head, footer=link)
        only_phones = f"<style>@media (max-width: 9px) {{ {head[7:-8]} }}</style>"
        assert "unsubscribe_hidden" not in codes(head=only_phones, footer=link)


@pytest.mark.parametrize(
    ("style", "around"),
    [
        ("", ""),
        ("color:#fff", "background-color:#333"),
        ("color:white", "background:url(a.png)"),
        ("font-size:12px", "font-size:0"),
        ("height:0", ""),
        ("margin-left:-15px", ""),
        ("color:#999", ""),
        ("color:inherit", ""),
    ],
)
def test_a_link_that_is_seen(style, around):
    assert "unsubscribe_hidden" not in codes(footer=footer(style, around))


def test_white_text_in_a_class_whose_color_is_not_known():
    link = footer("color:#fff", attributes='class="o_cc5"')
    assert "unsubscribe_hidden" not in codes(footer=link)


def test_hidden_words_are_no_words():
    hidden = '<p style="visibility:hidden">Lorem ipsum</p>'
    assert "draft" not in codes(body=hidden)
    assert "draft" in codes(body="<p>Lorem ipsum</p>")


@settings(deadline=None)
@given(st.text())
def test_any_style(text):
    assert hides(declarations(text)) in (True, False)
    assert isinstance(hiding_selectors(text), frozenset)
    parse_color(text)


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet="0123456789.-px%:; fontsizecolr#", max_size=60))
def test_any_style_in_a_message(style):
    codes(body=f'<p style="font-size:{style};color:#{style}">Roses</p>')
