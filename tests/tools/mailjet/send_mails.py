"""Mails for the tests of the Send API, built as Odoo builds them, and their delivery.

`DIFFERENCES` has the headers that may differ between a mail that goes by the API and
the same mail by SMTP; docs/sending.rst has them in a table.
"""

import email.policy
import smtplib
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

from mail_mailjet.tests.standins import delivered
from mail_mailjet.tools.mailjet.send_message import to_json
from mail_mailjet.tools.mailjet.send_request import entry_of
from mail_mailjet.tools.smtp.session import envelope_of
from rest_account import KEY, SECRET

AUTHOR, ANN, BOB = "shop@example.com", "ann@example.org", "bob@example.org"

# Header in lower case -> why it may differ
DIFFERENCES = {
    "message-id": "Mailjet writes its own, both ways",
    "return-path": "Mailjet writes its own, both ways",
    "x-mj-mid": "Mailjet writes its own, both ways",
    "x-mj-smtpguid": "Mailjet writes its own, both ways",
    "date": "when Mailjet accepted the mail, not when Odoo wrote it",
    "mime-version": "Mailjet rebuilds the structure",
    "content-type": "Mailjet rebuilds the structure",
    "content-transfer-encoding": "Mailjet rebuilds the structure",
}


def mail(text="Hello\n", html="<p>Hello</p>\n", attachments=(), **headers):
    """Return a mail in the order and with the policy of core's `_build_email__`.

    Header names are written with "_" for "-"; None leaves one out.
    """
    message = EmailMessage(policy=email.policy.SMTP)
    values = {
        "Message_Id": "<1.mail@odoo>",
        "Subject": "Hello",
        "From": f'"Shop" <{AUTHOR}>',
        "To": [f'"Ann" <{ANN}>'],
        "Date": "Sun, 29 Nov 2026 12:00:00 -0000",
        "X_MJ_CustomID": "o1-test",
        **headers,
    }
    for name, value in values.items():
        if value is not None:
            message[name.replace("_", "-")] = value
    if text is not None:
        message.add_alternative(text, subtype="plain", charset="utf-8")
    if html is not None:
        message.add_alternative(html, subtype="html", charset="utf-8")
    for name, content, kind in attachments:
        message.add_attachment(content, *kind.split("/"), filename=name)
    return message


def add_image(message, content_id, content=b"\x89PNG", name="logo.png"):
    """Put an image into the HTML part of a mail."""
    html = message.get_body(("html",))
    html.add_related(content, "image", "png", cid=f"<{content_id}>", filename=name)


def entry(message=None, recipients=(ANN,), key=1, **options):
    """Return a mail as a `SendEntry`."""
    return entry_of(to_json(message or mail(), recipients), key, recipients, **options)


def by_smtp(store, relay, authority, message, recipients):
    """Return what the last recipient gets over SMTP."""
    envelope = envelope_of(message, AUTHOR, recipients, 1)
    with smtplib.SMTP("localhost", relay.starttls_port, timeout=5) as client:
        client.starttls(context=authority.client_context())
        client.login(KEY, SECRET)
        client.sendmail(AUTHOR, recipients, envelope.content)
    return delivered(store.messages[-1])


def shown(message):
    """Return what a mail program shows, and what it threads by."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    images, files = {}, []
    for part in message.walk():
        if part.is_multipart() or part in (text, html):
            continue
        content = part.get_payload(decode=True)
        about = (part.get_content_type(), content)
        if part["Content-ID"] and not part.is_attachment():
            images[str(part["Content-ID"])] = about
        else:
            files.append((part.get_filename(), *about))
    return {
        "subject": " ".join(str(message["Subject"] or "").split()),
        **{name: mailboxes(message, name) for name in ("From", "Reply-To", "To", "Cc")},
        "text": _text(text),
        "html": _text(html),
        "images": images,
        "files": files,
        "references": str(message["References"] or ""),
        "parent": str(message["In-Reply-To"] or ""),
    }


def _text(part):
    if part is None:
        return None
    text = part.get_payload(decode=True).decode(part.get_content_charset())
    return text.replace("\r\n", "\n").rstrip("\n")


def mailboxes(message, name):
    """Return names and addresses in a header."""
    raw = {key.lower(): value for key, value in message.raw_items()}
    header = raw.get(name.lower())
    if header is None:
        return []
    if not hasattr(header, "addresses"):
        # Python's new parser leaves a blank between two encoded words of a name
        unfolded = "".join(str(header).splitlines())
        return [
            (" ".join(str(make_header(decode_header(text))).split()), address)
            for text, address in getaddresses([unfolded])
        ]
    if not all(hasattr(one, "addr_spec") for one in header.addresses):
        header = message.policy.header_factory(name, str(header))
    return [
        (" ".join(one.display_name.split()), one.addr_spec) for one in header.addresses
    ]


def headers(message):
    """Return the headers that must not differ, name in lower case -> text."""
    return {
        name.lower(): mailboxes(message, name)
        if name.lower() in ("from", "to", "cc", "reply-to")
        else " ".join(str(value).split())
        for name, value in message.items()
        if name.lower() not in DIFFERENCES and str(value).strip()
    }
