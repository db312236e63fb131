"""A receiver that sends DMARC reports: their XML, archives and mails."""

import gzip
import io
import zipfile
from email.message import EmailMessage

BEGIN = 1772668800  # 2026-03-05 00:00:00 UTC
DAY = 86400
DOMAIN = "example.com"


def record(
    ip="192.0.2.1",
    count=1,
    *,
    header_from=DOMAIN,
    disposition="none",
    dkim="pass",
    spf="fail",
    signature=(DOMAIN, "mailjet", "pass"),
    sender=("a1.bnc3.mailjet.com", "pass"),
    envelope="",
    extra="",
    reason="",
):
    """Return a record as for Mailjet's mail, unless arguments say otherwise."""
    return (
        f"<record><row><source_ip>{ip}</source_ip><count>{count}</count>"
        f"<policy_evaluated><disposition>{disposition}</disposition>"
        f"<dkim>{dkim}</dkim><spf>{spf}</spf>{reason}</policy_evaluated></row>"
        f"<identifiers>{envelope}<header_from>{header_from}</header_from></identifiers>"
        f"<auth_results>{dkim_result(*signature)}{spf_result(*sender)}</auth_results>"
        f"{extra}</record>"
    )


def dkim_result(domain, selector="", result="pass"):
    return (
        f"<dkim><domain>{domain}</domain><selector>{selector}</selector>"
        f"<result>{result}</result></dkim>"
    )


def spf_result(domain, result="pass", scope="mfrom"):
    return (
        f"<spf><domain>{domain}</domain><scope>{scope}</scope>"
        f"<result>{result}</result></spf>"
    )


def report_xml(
    *records,
    domain=DOMAIN,
    org="google.com",
    report_id="1",
    begin=BEGIN,
    end=BEGIN + DAY - 1,
    metadata="",
    policy="<adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>",
    root="feedback",
    before="",
    declaration='<?xml version="1.0" encoding="UTF-8" ?>',
):
    """Return a report as text; if no records are given, it has a default one."""
    return (
        f"{declaration}{before}<{root}><report_metadata><org_name>{org}</org_name>"
        f"<email>noreply@{org}</email><report_id>{report_id}</report_id>"
        f"<date_range><begin>{begin}</begin><end>{end}</end></date_range>{metadata}"
        f"</report_metadata><policy_published><domain>{domain}</domain>{policy}"
        f"</policy_published>{''.join(records) or record()}</{root.split()[0]}>"
    )


def zipped(*entries):
    """Return a zip of pairs of name and bytes."""
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries:
                archive.writestr(name, data)
        return file.getvalue()


def gzipped(data):
    return gzip.compress(data.encode() if isinstance(data, str) else data, mtime=0)


def mail(
    data,
    *,
    to="dmarc@company.example",
    author="noreply-dmarc-support@google.com",
    subject="Report domain: example.com Submitter: google.com Report-ID: 1",
    content_type="application/zip",
    name="google.com!example.com!1772668800!1772755199.zip",
    headers=(),
    is_root=False,
    message_id="<1@google.com>",
):
    """Return a mail with a file, as bytes; `is_root`: the mail is the file."""
    message = EmailMessage()
    for header, value in headers:
        message[header] = value
    message["From"] = author
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Thu, 05 Mar 2026 23:59:59 +0000"
    message["Message-Id"] = message_id
    main, _slash, sub = content_type.partition("/")
    if is_root:
        message.set_content(data, main, sub, filename=name)
    else:
        message.set_content("This is a report.\n")
        message.add_attachment(data, main, sub, filename=name)
    return message.as_bytes()
