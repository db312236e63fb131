"""A message as an element of the Send API's Messages, or why it cannot be one."""

import base64
import email.policy
import json
from email.message import EmailMessage

import pytest
from mail_mailjet.tools.mailjet.cannot_carry import _REASONS, CannotCarry
from mail_mailjet.tools.mailjet.send_message import AttachmentMemory, to_json
from mail_mailjet.tools.smtp.message_memory import remembering
from send_mails import ANN, AUTHOR, BOB, add_image, mail

PDF = ("offer.pdf", b"%PDF", "application/pdf")


def made(message=None, recipients=(ANN,), **options):
    return to_json(message or mail(), list(recipients), **options)


def test_a_mailing():
    message = mail(
        Reply_To='"Desk, Sales" <desk@example.com>',
        References="<1.mail@odoo>",
        Return_Path="bounce@example.com",
        X_Odoo_Objects="mailing.mailing-7",
        Precedence="list",
        Auto_Submitted="auto-generated",
        List_Unsubscribe="<https://odoo.example/u?t=" + "a" * 90 + ">",
        List_Unsubscribe_Post="List-Unsubscribe=One-Click",
        X_Mailjet_Campaign="News 7",
        X_Mailjet_DeduplicateCampaign="1",
        X_Mailjet_TrackOpen="0",
        X_Mailjet_TrackClick="1",
    )
    assert made(message) == {
        "From": {"Email": AUTHOR, "Name": "Shop"},
        "ReplyTo": {"Email": "desk@example.com", "Name": "Desk, Sales"},
        "To": [{"Email": ANN, "Name": "Ann"}],
        "Subject": "Hello",
        "TextPart": "Hello\n",
        "HTMLPart": "<p>Hello</p>\n",
        "Headers": {
            "References": "<1.mail@odoo>",
            "X-Odoo-Objects": "mailing.mailing-7",
            "Precedence": "list",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": "<https://odoo.example/u?t=" + "a" * 90 + ">",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "CustomID": "o1-test",
        "CustomCampaign": "News 7",
        "DeduplicateCampaign": True,
        "TrackOpens": "disabled",
        "TrackClicks": "enabled",
    }


@pytest.mark.parametrize("policy", [None, remembering(email.policy.SMTP)])
def test_names_in_any_script(policy):
    message = mail(
        From='"Müller, Zoé 🎉" <shop@example.com>',
        To=['"Łukasz, 日本" <ann@example.org>', "bob@example.org"],
        Subject="Ünïcode 🎉",
        attachments=[("été 日本.pdf", b"%PDF", "application/pdf")],
    )
    if policy:
        again = EmailMessage(policy=policy)
        for name, value in message.items():
            if not name.lower().startswith("content-"):
                again[name] = str(value)
        again.set_content("Hello")
        again.add_attachment(b"%PDF", "application", "pdf", filename="été 日本.pdf")
        message = again
    entry = made(message, [ANN, BOB])
    assert entry["From"]["Name"] == "Müller, Zoé 🎉"
    assert entry["To"] == [
        {"Email": ANN, "Name": "Łukasz, 日本"},
        {"Email": BOB},
    ]
    assert entry["Subject"] == "Ünïcode 🎉"
    assert entry["Attachments"][0]["Filename"] == "été 日本.pdf"


def test_who_is_in_no_header_is_bcc():
    message = mail(To=[ANN], Cc=[BOB])
    entry = made(message, [ANN, BOB, "eve@example.org"])
    assert entry["To"] == [{"Email": ANN}]
    assert entry["Cc"] == [{"Email": BOB}]
    assert entry["Bcc"] == [{"Email": "eve@example.org"}]


def test_each_mailbox_once():
    """Mailjet sends to all that are named, and once for each time."""
    message = mail(To=["Ann@Example.ORG", ANN], Cc=[ANN, BOB])
    entry = made(message, [ANN, BOB])
    assert len(entry["To"]) == 1 and entry["Cc"] == [{"Email": BOB}]


def test_an_international_domain_is_in_ascii():
    message = mail(To=["ann@xn--bcher-kva.example"])
    entry = made(message, ["ann@bücher.example"])
    assert entry["To"] == [{"Email": "ann@xn--bcher-kva.example"}]


def test_images_and_attachments():
    message = mail(html='<img src="cid:logo@odoo">')
    add_image(message, "logo@odoo", b"PNG")
    message.add_attachment(b"%PDF", "application", "pdf", filename="offer.pdf")
    entry = made(message)
    assert entry["InlinedAttachments"] == [
        {
            "ContentType": "image/png",
            "Filename": "logo.png",
            "ContentID": "logo@odoo",
            "Base64Content": base64.b64encode(b"PNG").decode(),
        }
    ]
    assert entry["Attachments"] == [
        {
            "ContentType": "application/pdf",
            "Filename": "offer.pdf",
            "Base64Content": base64.b64encode(b"%PDF").decode(),
        }
    ]
    json.dumps(entry)


def test_an_image_without_a_name_is_named_by_its_id():
    message = mail(html='<img src="cid:logo">')
    add_image(message, "logo", name=None)
    assert made(message)["InlinedAttachments"][0]["Filename"] == "logo"


def test_text_alone_is_not_tracked():
    entry = made(mail(html=None, X_Mailjet_TrackOpen="1"))
    assert "HTMLPart" not in entry and "TrackOpens" not in entry


def test_deduplication_needs_a_campaign():
    assert "DeduplicateCampaign" not in made(mail(X_Mailjet_DeduplicateCampaign="1"))


def test_bytes_are_read_like_a_message():
    message = mail(attachments=[PDF])
    assert made(message.as_bytes()) == made(message)


def test_a_name_in_two_encoded_words():
    name = "=?utf-8?b?TcO8bA==?=\r\n =?utf-8?b?bGVy?="
    content = f"From: {name} <{AUTHOR}>\r\nTo: {ANN}\r\n\r\nHello".encode()
    assert made(content)["From"]["Name"] == "Müller"


def test_a_header_beyond_ascii_travels_as_over_smtp():
    text = made(mail(X_Note="Grüße"))["Headers"]["X-Note"]
    assert text.isascii() and text.startswith("=?utf-8?")


def test_what_many_mails_attach_is_encoded_once():
    memory = AttachmentMemory()
    content = bytes(range(256)) * 1000
    policy = remembering(email.policy.SMTP)
    entries = []
    for number in range(3):
        message = EmailMessage(policy=policy)
        message["From"], message["To"] = AUTHOR, ANN
        message.set_content(f"Hello {number}")
        message.add_attachment(content, "application", "pdf", filename="a.pdf")
        entries.append(made(message, memory=memory)["Attachments"][0]["Base64Content"])
    assert entries[0].data is entries[1].data is entries[2].data
    assert base64.b64decode(entries[0]) == content


def test_the_memory_of_attachments_is_bounded():
    memory = AttachmentMemory(most_bytes=10_000)
    for number in range(20):
        made(mail(attachments=[("a", bytes([number]) * 1000, "a/b")]), memory=memory)
        assert memory._size <= 10_000 and len(memory._known) <= 4


# ----------------------------------------------------------------------
# What it cannot carry
# ----------------------------------------------------------------------


def signed():
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = AUTHOR, ANN
    message["Content-Type"] = "multipart/signed; protocol=application/pgp-signature"
    for text in ("Hello", "signature"):
        part = EmailMessage()
        part.set_content(text)
        message.attach(part)
    return message


def with_third_version():
    message = mail()
    message.add_alternative("BEGIN:VCALENDAR", subtype="calendar")
    return message


def with_message():
    message = mail()
    message.add_attachment(mail())
    return message


def with_html_first():
    message = mail(text=None)
    message.add_alternative("Hello", subtype="plain")
    return message


def with_second_text():
    message = mail(attachments=[PDF])
    footer = EmailMessage()
    footer.set_content("-- a footer")
    message.attach(footer)
    return message


def with_parameter():
    message = mail(attachments=[("invite.ics", b"BEGIN", "text/calendar")])
    [part] = message.iter_attachments()
    part.set_param("method", "REQUEST")
    return message


def with_type(kind, text="Hello"):
    message = mail(html=None)
    message.clear_content()
    message["Content-Type"] = kind
    message.set_payload(text)
    return message


def of_bytes(body, head=b""):
    start = f"From: {AUTHOR}\r\nTo: {ANN}\r\n".encode()
    return start + head + b"\r\n" + body


LONG = [f"a{number}@example.org" for number in range(51)]
CANNOT = [
    ("sender", mail(Sender="desk@example.com"), None),
    ("list_id", mail(List_Id="<news.example.com>"), None),
    ("several_from", mail(From=f"{AUTHOR}, {BOB}"), None),
    ("several_from", mail(From=None), None),
    ("several_reply_to", mail(Reply_To=f"{ANN}, {BOB}"), None),
    ("to_differs", mail(To=[BOB]), None),
    ("to_differs", mail(To=[ANN, BOB]), None),
    ("to_differs", mail(Cc=[BOB]), None),
    ("to_differs", mail(To=None), None),
    ("to_differs", mail(To=None, Cc=[ANN]), None),
    ("to_differs", mail(To="undisclosed-recipients:;"), None),
    ("to_differs", mail(X_Forge_To="channel@example.com"), None),
    ("to_differs", mail(X_Msg_To_Add=BOB), None),
    ("too_many_recipients", mail(To=LONG), LONG),
    ("address", mail(To=["änn@example.org"]), ["änn@example.org"]),
    ("alternative_part", with_third_version(), None),
    ("alternative_part", with_html_first(), None),
    ("signed_or_encrypted", signed(), None),
    ("signed_or_encrypted", with_type("application/pkcs7-mime"), None),
    ("attached_message", with_message(), None),
    ("attachment", with_parameter(), None),
    ("attachment", mail(attachments=[(None, b"x", "application/pdf")]), None),
    ("structure", with_second_text(), None),
    ("structure", with_type("text/plain; format=flowed"), None),
    (
        "structure",
        of_bytes(b"", b"Content-Type: multipart/mixed; boundary=a\r\n"),
        None,
    ),
    ("empty_body", mail(text="\n", html="\n"), None),
    ("empty_body", mail(text="Hello", html="\n"), None),
    ("empty_body", with_type("application/pdf"), None),
    ("charset", with_type("text/plain; charset=klingon"), None),
    (
        "charset",
        of_bytes(b"\xff", b"Content-Type: text/plain; charset=utf-8\r\n"),
        None,
    ),
    ("characters", mail(text="a\0b"), None),
    ("characters", of_bytes(b"Hello", b"Subject: \xff\r\n"), None),
    (
        "characters",
        of_bytes(
            b"--b\r\n\r\nHello\r\n--b\r\nContent-Type: a/b\r\n"
            b"Content-Disposition: attachment; filename*=utf-8''a%0D%0ABcc:%20c\r\n"
            b"\r\nx\r\n--b--\r\n",
            b"Content-Type: multipart/mixed; boundary=b\r\n",
        ),
        None,
    ),
    ("too_large", mail(attachments=[("a", bytes(12_000_000), "a/b")]), None),
    ("subject_too_long", mail(Subject="ü" * 256), None),
    ("forbidden_header", mail(User_Agent="Other"), None),
    ("forbidden_header", mail(X_MJ_TemplateID="7"), None),
    ("repeated_header", of_bytes(b"Hello", b"X-A: 1\r\nX-A: 2\r\n"), None),
    ("repeated_header", of_bytes(b"Hello", b"Reply-To: a@b.c\r\n" * 2), None),
    ("header_value", mail(X_Mailjet_TrackOpen="maybe"), None),
    ("header_value", mail(X_Mailjet_Prio="9"), None),
    ("header_value", mail(X_MJ_Vars="[1]"), None),
]


@pytest.mark.parametrize(("reason", "message", "recipients"), CANNOT)
def test_what_it_cannot_carry(reason, message, recipients):
    with pytest.raises(CannotCarry) as caught:
        made(message, recipients or [ANN])
    assert caught.value.reason_key == reason
    assert str(caught.value.words).endswith(".")


def test_a_message_id_that_somebody_needs():
    with pytest.raises(CannotCarry) as caught:
        made(needs_message_id=True)
    assert caught.value.reason_key == "message_id"


def test_every_reason_is_tested():
    assert {*_REASONS} == {row[0] for row in CANNOT} | {"message_id"}


def test_255_characters_are_a_subject():
    assert len(made(mail(Subject="ü" * 255))["Subject"]) == 255
