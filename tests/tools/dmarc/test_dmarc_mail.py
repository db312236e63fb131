import base64
import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tests.standins.dmarc_reports import (
    gzipped,
    mail,
    report_xml,
    zipped,
)
from mail_mailjet.tools.dmarc.mail_author import judge_author
from mail_mailjet.tools.dmarc.mail_copy import decodable, without_content
from mail_mailjet.tools.dmarc.mail_files import MAX_FILES, report_files
from mail_mailjet.tools.dmarc.unpack import unpack

XML = report_xml(org="Zürich").encode()
GZIP = gzipped(XML)
ZIP = zipped(("a.xml", XML))


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.SMTP)


def part(content_type, data, *more):
    """Return a part of a mail; in base64 unless `more` says how it is encoded."""
    if not any("Encoding" in header for header in more):
        more = (*more, "Content-Transfer-Encoding: base64")
        data = base64.encodebytes(data)
    lines = [f"Content-Type: {content_type}", *more, "", ""]
    return "\r\n".join(lines).encode() + data


def multipart(kind, *parts):
    mark = f"b{abs(hash(parts))}"
    body = b"".join(b"\r\n--%s\r\n%s" % (mark.encode(), one) for one in parts)
    return part(
        f'multipart/{kind}; boundary="{mark}"',
        body + f"\r\n--{mark}--\r\n".encode(),
        "Content-Transfer-Encoding: 7bit",
    )


def whole(data, *headers):
    lines = ["From: a@google.com", "To: dmarc@company.example", *headers]
    return parse("\r\n".join(lines).encode() + b"\r\nMIME-Version: 1.0\r\n" + data)


TEXT = part("text/plain; charset=us-ascii", b"A report.")
EIGHT_BIT = "Content-Transfer-Encoding: 8bit"
SHAPES = {
    "google": whole(part("application/zip", ZIP)),
    "microsoft": whole(
        multipart(
            "mixed",
            multipart("related", multipart("alternative", TEXT)),
            part("application/gzip", GZIP, 'Content-Disposition: x; filename="a.gz";;'),
        ),
        "Subject: =?utf-8?B?UmVwb3J0IERvbWFpbjogZXhhbXBsZS5jb20=?=",
    ),
    "amazon": whole(
        part(
            'application/octet-stream; name*0="amazonses.com!exa"; name*1="mple.gz"',
            GZIP,
        )
    ),
    "text/xml attached": whole(
        multipart("mixed", TEXT, part("text/xml; name=a.xml", XML, EIGHT_BIT))
    ),
    "text/xml as the mail": whole(part("text/xml", XML, EIGHT_BIT)),
    "gzip as text/plain": whole(part("text/plain", GZIP)),
    "unknown charset": whole(
        multipart(
            "mixed",
            part("text/plain; charset=x-unknown-9", b"A report."),
            part("application/gzip", GZIP),
        )
    ),
    "footer of a gateway": whole(
        multipart("mixed", part("application/x-gzip", GZIP), TEXT)
    ),
    "utf-16": whole(part("application/xml", XML.decode().encode("utf-16"))),
    "forwarded": whole(
        multipart("mixed", TEXT, part("message/rfc822", mail(ZIP), EIGHT_BIT))
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape):
    before = SHAPES[shape].as_bytes()
    [[name, data]], more = report_files(SHAPES[shape])
    [file] = unpack(name, data).files
    assert "Zürich".encode() in file.data or "Zürich".encode("utf-16-le") in file.data
    assert not more
    assert SHAPES[shape].as_bytes() == before


def test_names():
    assert report_files(SHAPES["amazon"])[0][0].name == "amazonses.com!example.gz"


@pytest.mark.parametrize(
    "message",
    [
        whole(part("text/plain", b"Buy <b>this</b>")),
        whole(
            multipart(
                "mixed",
                part("text/html", b"<html>Give us feedback</html>"),
                part("application/pdf", b"%PDF-1.7"),
            )
        ),
        whole(part("application/tlsrpt+gzip", gzipped('{"organization-name": "x"}'))),
        whole(part("application/zip", zipped(("offer.pdf", b"%PDF-1.7")))),
        whole(part("application/xml", b"<urlset><url/></urlset>")),
        whole(b"\r\n"),
    ],
)
def test_other_mail(message):
    assert report_files(message) == ([], 0)


@pytest.mark.parametrize(
    "data",
    [
        GZIP[:4],
        GZIP[:3] + b"x" * 20,
        ZIP[:40],
        zipped(("a.zip", ZIP)),
        gzipped("unused"),
    ],
)
def test_what_cannot_be_read_is_kept(data):
    [[_name, found]], _more = report_files(whole(part("application/zip", data)))
    assert found == data


def test_too_many_and_too_large():
    files, more = report_files(
        whole(multipart("mixed", *[part("application/zip", ZIP)] * (MAX_FILES + 2)))
    )
    assert (len(files), more) == (MAX_FILES, 2)
    large = GZIP + bytes(16 * 2**20)
    assert report_files(whole(part("application/gzip", large)))[0][0].data is None


def test_a_copy_without_content():
    message = whole(part("text/plain; charset=x-unknown-9", GZIP), "Subject: Hi")
    empty = without_content(message)
    assert empty.get_content().strip() == ""
    assert (empty["Subject"], empty["From"]) == ("Hi", "a@google.com")


def test_a_copy_that_can_be_decoded():
    message = SHAPES["unknown charset"]
    with pytest.raises(LookupError):
        next(message.iter_parts()).get_content()
    copy = decodable(message)
    assert next(copy.iter_parts()).get_content() == "A report."
    assert "x-unknown-9" in str(message)


@given(st.binary(max_size=400))
def test_any_mail(data):
    for before in (
        b"",
        b"Content-Type: ",
        b"Content-Transfer-Encoding: ",
        b"Content-Disposition: attachment; filename*",
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\n",
        b"Authentication-Results: ",
        b"From: ",
    ):
        message = parse(before + data)
        assert report_files(message) == ([], 0) or data
        assert judge_author(message.raw_items()) in (
            "authenticated",
            "not_checked",
            "failed",
        )
        assert without_content(message).get_content().strip() == ""


AUTHOR = ("From", "Google <noreply@google.com>")
RECEIVED = ("Received", "from mail.google.com by mx.company.example; Thu")


def results(value, server="mx.company.example"):
    return ("Authentication-Results", f"{server}; {value}")


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ([], "not_checked"),
        ([RECEIVED], "not_checked"),
        ([results("dmarc=pass header.from=google.com")], "authenticated"),
        ([results("spf=pass; dkim=pass header.d=google.com")], "authenticated"),
        ([results("dkim=pass header.i=@com")], "not_checked"),
        ([results("dkim=pass header.d=evil.example")], "not_checked"),
        ([results("dkim=fail header.d=google.com")], "not_checked"),
        ([results("dmarc=fail (p=reject) header.from=google.com")], "failed"),
        ([results("dkim=pass header.d=google.com; dmarc=fail")], "failed"),
        ([results("none"), RECEIVED, results("dmarc=fail")], "not_checked"),
        ([RECEIVED, results("dmarc=pass")], "not_checked"),
        ([RECEIVED, results("dmarc=fail")], "not_checked"),
    ],
)
def test_authors(headers, verdict):
    assert judge_author([*headers, AUTHOR]) == verdict


def test_our_own_server_is_named():
    headers = [
        RECEIVED,
        results("dmarc=pass", "other.example"),
        results("dmarc=fail"),
        results("dmarc=pass"),
        AUTHOR,
    ]
    assert judge_author(headers, ["MX.company.example"]) == "failed"
    assert judge_author(headers, ["other.example"]) == "authenticated"
    assert judge_author(headers, ["third.example"]) == "not_checked"


def test_two_authors_prove_nothing():
    headers = [results("dkim=pass header.d=google.com"), AUTHOR]
    assert judge_author([*headers, ("From", "b@evil.example")]) == "not_checked"


def test_nested_comments_take_no_time():
    headers = [results("(" * 200_000 + ")" * 200_000 + "dmarc=fail")]
    assert judge_author([*headers, AUTHOR]) == "not_checked"
