"""Messages for the checks: a good one, of which a test changes one thing."""

from email.message import EmailMessage

from mail_mailjet.tools.message.sample import Sample

BASE_URL = "https://odoo.acme-shop.com"
UNSUBSCRIBE = f"{BASE_URL}/mailing/7/confirm_unsubscribe?email=zoe"
WORDS = "Our garden opens on Sunday, and you are welcome to see the roses. " * 20
FOOTER = f'<p><a href="{UNSUBSCRIBE}">Unsubscribe</a></p>'
PREVIEW = '<div style="display:none;font-size:1px">See the roses on Sunday</div>'
HEADERS = {
    "From": "Acme <news@acme-shop.com>",
    "Reply-To": "news@acme-shop.com",
    "Subject": "The garden opens on Sunday",
    "List-Unsubscribe": f"<{BASE_URL}/mailing/7/unsubscribe_oneclick?email=zoe>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def sample(
    body="",
    *,
    words=WORDS,
    footer=FOOTER,
    preview=PREVIEW,
    head="",
    text=WORDS,
    attachments=(),
    targets=None,
    base_url=BASE_URL,
    **headers,
):
    """Return a `Sample`; arguments replace parts of a message without a fault.

    :param headers: with _ for -; None leaves one out
    """
    message = EmailMessage()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {**HEADERS, **given}.items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    message.add_alternative(
        f"<html><head>{head}</head><body>{preview}<p>{words}</p>{body}{footer}</body></html>",
        subtype="html",
    )
    for name, content in attachments:
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    details = {"targets": targets or {}, "base_url": base_url, "recipient": "Zoë"}
    return Sample.parse(message.as_bytes(), **details)
