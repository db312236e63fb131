"""A mail by the Send API reaches its recipient like the same mail by SMTP."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mail_mailjet.tests.standins import (
    RestStandin,
    SmtpStandin,
    Store,
    TestAuthority,
    delivered,
)
from mail_mailjet.tools.mailjet.send_api import SendApi
from mail_mailjet.tools.mailjet.send_message import to_json
from mail_mailjet.tools.mailjet.send_request import entry_of
from mail_mailjet.tools.smtp.pipeline import Fate
from send_mails import (
    ANN,
    AUTHOR,
    BOB,
    DIFFERENCES,
    KEY,
    SECRET,
    add_image,
    by_smtp,
    headers,
    mail,
    shown,
)


class Ways:
    """Both ways to the same store."""

    def __init__(self, stack):
        self.authority = TestAuthority()
        self.store = Store()
        self.store.add_key(KEY, SECRET)
        self.store.add_sender(KEY, "*@example.com")
        certificate = self.authority.issue("localhost", "127.0.0.1")
        self.relay = stack.enter_context(SmtpStandin(self.store, certificate))
        rest = stack.enter_context(RestStandin(self.store))
        self.api = stack.enter_context(SendApi(KEY, SECRET, rest.url))

    def by_api(self, message, recipients):
        sent = self.api.send([entry_of(to_json(message, recipients), 1, recipients)])
        [delivery] = sent.deliveries
        assert set(delivery.fates.values()) == {Fate.ACCEPTED}, delivery.errors
        return delivered(self.store.messages[-1])

    def by_smtp(self, message, recipients):
        return by_smtp(self.store, self.relay, self.authority, message, recipients)


@pytest.fixture(scope="module")
def ways():
    with contextlib.ExitStack() as stack:
        yield Ways(stack)


def check_same(ways, message, recipients=(ANN,)):
    """Compare both deliveries, and the store's facts that events are made from."""
    recipients = list(recipients)
    one = ways.by_api(message, recipients)
    api = ways.store.messages[-1]
    other = ways.by_smtp(message, recipients)
    smtp = ways.store.messages[-1]
    assert shown(one) == shown(other)
    assert headers(one) == headers(other)
    assert sorted(api.rcpt_tos) == sorted(smtp.rcpt_tos)
    for name in ("X-MJ-CustomID", "X-Mailjet-Campaign"):
        assert api.header(name) == smtp.header(name)
    assert api.tracked == smtp.tracked
    assert api.deduplicated_campaign == smtp.deduplicated_campaign


# ----------------------------------------------------------------------
# Mails of real life
# ----------------------------------------------------------------------

LINK = "https://odoo.example/mailing/7/unsubscribe_oneclick?document_id=3&hash_token="
PDF = b"%PDF-1.7" + bytes(range(256))


def mailing():
    return mail(
        html='<p>Offer: <a href="https://odoo.example/r/abc/m/7">look</a></p>\n',
        Return_Path="bounce@example.com",
        References="<1.mail@odoo>",
        Precedence="list",
        X_Odoo_Objects="mailing.mailing-7",
        List_Unsubscribe=f"<{LINK}{'a' * 30}>",
        List_Unsubscribe_Post="List-Unsubscribe=One-Click",
        X_Mailjet_Campaign="News 7",
        X_Mailjet_DeduplicateCampaign="1",
        X_Mailjet_TrackOpen="0",
        X_Mailjet_TrackClick="0",
    )


def chatter_reply():
    return mail(
        Subject="Re: S00042",
        From='"Mitchell Admin" <shop@example.com>',
        Reply_To='"My Company" <catchall@example.com>',
        References="<1.sale.order@odoo> <2.mail@odoo>",
        In_Reply_To="<1.sale.order@odoo>",
        X_Odoo_Objects="sale.order-42",
        attachments=[("a.pdf", PDF, "application/pdf"), ("b.csv", b"a;b", "text/csv")],
    )


def invoice():
    return mail(
        Subject="My Company Invoice (Ref INV/2026/00001)",
        html="<table><tr><td>Total</td><td>1\xa0234,50\xa0€</td></tr></table>\n",
        attachments=[("INV_2026_00001.pdf", PDF * 400, "application/pdf")],
    )


def password_reset():
    return mail(
        Subject="Password reset",
        html=f'<a href="https://odoo.example/web/reset?token={"x" * 200}">Reset</a>\n',
        Auto_Submitted="auto-generated",
        X_Auto_Response_Suppress="OOF",
    )


def umlauts_and_emoji():
    return mail(
        text="Grüße aus Köln 🎉\n",
        html="<p>Grüße aus Köln 🎉</p>\n",
        Subject="Größere Ankündigung für alle Kundinnen und Kunden 🎉 " * 2,
        From='"Müller, Köln 🎉" <shop@example.com>',
        To=['"Łukasz Żółć" <ann@example.org>'],
        attachments=[("Übersicht 日本.pdf", PDF, "application/pdf")],
    )


def inline_images():
    message = mail(html='<img src="cid:a@odoo"><img src="cid:b@odoo">\n')
    add_image(message, "a@odoo", b"\x89PNG a")
    add_image(message, "b@odoo", b"\x89PNG b", "zweites Bild ä.png")
    message.add_attachment(PDF, "application", "pdf", filename="offer.pdf")
    return message


def large():
    return mail(attachments=[("plan.zip", bytes(10_000_000), "application/zip")])


def several_recipients():
    return mail(To=[f'"Ann" <{ANN}>', BOB])


def cc_and_bcc():
    return mail(Cc=[f'"Bob, jun." <{BOB}>'], Bcc=["eve@example.org"])


def alias_domain():
    return mail(
        From='"Shop" <notifications@mail.example.com>',
        Reply_To='"Shop" <reply@mail.example.com>',
        Return_Path="bounce@mail.example.com",
    )


REAL = [
    (mailing, [ANN]),
    (chatter_reply, [ANN]),
    (invoice, [ANN]),
    (password_reset, [ANN]),
    (umlauts_and_emoji, [ANN]),
    (inline_images, [ANN]),
    (large, [ANN]),
    (several_recipients, [ANN, BOB]),
    (cc_and_bcc, [ANN, BOB, "eve@example.org"]),
    (alias_domain, [ANN]),
]


@pytest.mark.parametrize(("build", "recipients"), REAL)
def test_a_real_mail_arrives_the_same_both_ways(ways, build, recipients):
    ways.store.add_sender(KEY, "*@mail.example.com")
    ways.store.deduplicates = False
    check_same(ways, build(), recipients)


# ----------------------------------------------------------------------
# The differences, one by one
# ----------------------------------------------------------------------


def test_the_page_names_all_headers_that_differ():
    page = (Path(__file__).resolve().parents[3] / "docs" / "sending.rst").read_text()
    start = page.index("Send API or SMTP: what arrives")
    table = page[start : page.index("The API cannot carry", start)].lower()
    # The last two are Mailjet's own, which nobody sends
    wanted = set(DIFFERENCES) - {"x-mj-mid", "x-mj-smtpguid"}
    assert {name for name in wanted if f"``{name}``" in table} == wanted


def test_an_address_is_named_once(ways):
    message = mail(To=[ANN], Cc=[ANN, BOB])
    assert "ann@" in str(ways.by_smtp(message, [ANN, BOB])["Cc"])
    assert str(ways.by_api(message, [ANN, BOB])["Cc"]) == BOB
    assert ways.store.messages[-1].rcpt_tos == (ANN, BOB)


def test_what_is_empty_is_left_out(ways):
    message = mail(text="\n", X_Empty="")
    mail_by_smtp, mail_by_api = (
        way(message, [ANN]) for way in (ways.by_smtp, ways.by_api)
    )
    assert mail_by_smtp.get_body(("plain",)) and "X-Empty" in mail_by_smtp
    assert not mail_by_api.get_body(("plain",)) and "X-Empty" not in mail_by_api


def test_an_attached_text_keeps_its_bytes(ways):
    message = mail()
    message.add_attachment("Grüße".encode("latin-1"), "text", "csv", filename="a.csv")
    [part] = message.iter_attachments()
    part.set_param("charset", "latin-1")
    part["Content-Description"] = "greetings"
    [attached] = ways.by_api(message, [ANN]).iter_attachments()
    assert attached.get_payload(decode=True) == "Grüße".encode("latin-1")
    assert not attached.get_content_charset()
    assert not attached["Content-Description"]


def test_a_picture_that_the_html_does_not_refer_to_is_an_attachment(ways):
    message = mail(attachments=[("a.png", b"PNG", "image/png")])
    [part] = message.iter_attachments()
    part.replace_header("Content-Disposition", 'inline; filename="a.png"')
    part["Content-ID"] = "<unused>"
    [attached] = ways.by_api(message, [ANN]).iter_attachments()
    assert attached.is_attachment() and attached.get_filename() == "a.png"


def test_bcc_stays_hidden(ways):
    recipients = [ANN, BOB, "eve@example.org"]
    assert "eve" not in ways.by_api(cc_and_bcc(), recipients).as_string()


# ----------------------------------------------------------------------
# Any mail
# ----------------------------------------------------------------------

# No controls or separators, which no header can have and Python's own text parts change
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"))
TEXT = st.text(CHARACTERS, max_size=60)
WORDS = st.text(st.sampled_from("aZ09 ,.;:()<>@\"'-_äßŁя日🎉"), max_size=40)
NAMES = WORDS.map(lambda text: " ".join(text.replace('"', "").split()))
LINES = st.lists(TEXT, min_size=1, max_size=4).map("\n".join)
CONTENT = st.binary(min_size=1, max_size=200)
FILES = st.tuples(
    WORDS.map(lambda text: " ".join(text.split()).replace('"', "")).filter(bool),
    CONTENT,
    st.sampled_from(["application/pdf", "image/png", "text/csv", "application/zip"]),
)


def mailbox(name, address):
    return f'"{name}" <{address}>' if name else address


@st.composite
def mails(draw):
    text, html = draw(LINES), draw(st.none() | LINES)
    assume(text.strip() and (html is None or html.strip()))
    optional = {
        "References": draw(st.none() | st.just("<1.a@odoo> <2.b@odoo>")),
        "In_Reply_To": draw(st.none() | st.just("<1.a@odoo>")),
        "Reply_To": draw(st.none() | NAMES.map(lambda name: mailbox(name, AUTHOR))),
        "Cc": draw(st.none() | NAMES.map(lambda name: [mailbox(name, BOB)])),
        "X_Odoo_Objects": draw(st.none() | st.just("res.partner-3")),
    }
    message = mail(
        text=f"{text}\n",
        html=html and f"{html}\n",
        Subject=" ".join(draw(WORDS).split()),
        From=mailbox(draw(NAMES), AUTHOR),
        To=[mailbox(draw(NAMES), ANN)],
        **optional,
    )
    if html is not None:
        for number, content in enumerate(draw(st.lists(CONTENT, max_size=2))):
            add_image(message, f"image{number}@odoo", content)
    for name, content, kind in draw(st.lists(FILES, max_size=3)):
        message.add_attachment(content, *kind.split("/"), filename=name)
    return message


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mails())
def test_any_mail_keeps_what_is_shown_and_what_threads(ways, message):
    recipients = [ANN, BOB] if message["Cc"] else [ANN]
    assert shown(ways.by_api(message, recipients)) == shown(message)
