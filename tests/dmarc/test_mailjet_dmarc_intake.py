"""What the mail gateway makes of mail to the address of DMARC reports."""

# pylint: disable=translation-required
import email
import email.policy
import itertools
from email.message import EmailMessage

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..standins.dmarc_reports import gzipped, mail, report_xml, zipped
from .common import DmarcCommon

XML = report_xml()
GZIP = gzipped(XML)
ZIP = zipped(("google.com!example.com.xml", XML))
NUMBERS = itertools.count(1)
FAIL = (
    "Authentication-Results",
    "mx.company.example; dmarc=fail header.from=google.com",
)
PASS = (
    "Authentication-Results",
    "mx.company.example; dmarc=pass header.from=google.com",
)
RECEIVED = ("Received", "from a by mx.company.example; Thu, 5 Mar 2026 08:40:00 +0000")


def message_id():
    return f"<{next(NUMBERS)}@google.com>"


@tagged("post_install", "-at_install")
class TestMailjetDmarcIntake(DmarcCommon):
    def setUp(self):
        super().setUp()
        self.mails = self.env["mail.mail"].search_count([])
        self.addCleanup(self.assert_no_reply)

    def assert_no_reply(self):
        self.assertEqual(self.env["mail.mail"].search_count([]), self.mails)

    def receive(self, data, **options):
        options.setdefault("message_id", message_id())
        return super().receive(data, **options)

    def process(self, message):
        """Hand an `EmailMessage` or bytes to the gateway; return its reports."""
        if isinstance(message, EmailMessage):
            message["Message-Id"] = message_id()
            message = message.as_bytes()
        last = self.Report.search([], order="id desc", limit=1).id or 0
        self.env["mail.thread"].message_process(None, message)
        return self.Report.search([("id", ">", last)], order="id")

    def assert_read(self, reports, count=1):
        self.assertEqual(reports.mapped("state"), ["received"] * count)
        self.run_cron()
        self.assertEqual(reports.mapped("state"), ["done"] * count)
        self.assertEqual(reports.domain_id, self.domain)
        self.assertEqual(len(reports.row_ids), count)

    def test_the_mail_is_the_zip(self):
        report = self.receive(ZIP, is_root=True)
        self.assertTrue(report.name.startswith("google.com!example.com!"))
        self.assertEqual(report.attachment_id.raw, ZIP)
        self.assertEqual(report.mail_from, "noreply-dmarc-support@google.com")
        self.assert_read(report)
        self.assertEqual(report.name, "google.com · example.com · 2026-03-05")

    def test_the_file_is_stored_once(self):
        report = self.receive(GZIP, content_type="application/gzip")
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", "mailjet.dmarc.report"), ("res_id", "=", report.id)]
        )
        self.assertEqual(attachments, report.attachment_id)
        self.assertFalse(report.message_ids.attachment_ids)
        self.assertFalse(report.message_partner_ids)
        self.assertFalse(report.message_ids.notification_ids)

    def test_texts(self):
        xml = report_xml(org="Zürich").encode()
        for content_type, data, is_root in (
            ("text/xml", xml, False),
            ("text/xml", xml, True),
            ("text/plain", GZIP, True),
        ):
            message = email.message_from_bytes(
                mail(data, is_root=is_root, message_id=message_id()),
                policy=email.policy.SMTP,
            )
            for part in message.walk():
                if part.get_content_type() == "application/zip":
                    part.replace_header("Content-Type", content_type)
            with self.subTest(content_type=content_type, is_root=is_root):
                report = self.process(message.as_bytes())
                self.assertEqual(report.state, "received")
                self.assertEqual(report.attachment_id.raw, data)

    def test_an_unknown_encoding_beside_a_report(self):
        raw = mail(GZIP, message_id=message_id())
        raw = raw.replace(b'charset="utf-8"', b'charset="x-unknown-9"')
        self.assertIn(b"x-unknown-9", raw)
        self.assert_read(self.process(raw))

    def test_several_reports_in_a_mail(self):
        message = EmailMessage()
        message["From"] = "noreply@google.com"
        message["To"] = "dmarc@company.example"
        message["Subject"] = "Reports"
        for number in range(12):
            message.add_attachment(
                gzipped(report_xml(report_id=number)), "application", "gzip"
            )
        reports = self.process(message)
        self.assertEqual(reports.mapped("state"), ["received"] * 10 + ["refused"])
        self.assertIn("2 more files", reports[-1].reason)
        self.assert_read(reports[:-1], 10)

    def test_an_archive_of_several(self):
        two = [(f"{number}.xml", report_xml(report_id=number)) for number in range(2)]
        first = self.receive(zipped(*two, ("readme.txt", "Hello"), ("folder/", "")))
        self.run_cron()
        self.assertIn("readme.txt", first.reason)
        reports = self.Report.search([("id", ">=", first.id)])
        self.assertEqual(reports.mapped("state"), ["done", "done"])
        self.assertEqual(reports.mapped("mail_from"), [first.mail_from] * 2)

    def test_more_than_the_loop_guard_allows(self):
        """Receivers send a mail for each domain."""
        for number in range(25):
            self.receive(gzipped(report_xml(report_id=number)))
        self.assertEqual(self.Report.search_count([("state", "=", "received")]), 25)

    def test_a_reply_to_a_report_is_a_mail_of_its_own(self):
        first = self.receive(GZIP, message_id="<first@google.com>")
        second = self.receive(
            gzipped(report_xml(report_id=2)),
            headers=[("In-Reply-To", "<first@google.com>")],
        )
        self.assert_read(first + second, 2)

    def test_other_mail_leaves_nothing(self):
        for data, options in (
            (b"%PDF-1.7", {"content_type": "application/pdf", "name": "offer.pdf"}),
            (gzipped('{"a": 1}'), {"content_type": "application/tlsrpt+gzip"}),
            (b"Hello", {"content_type": "application/x-text"}),
        ):
            with self.subTest(**options):
                self.assertFalse(self.receive(data, **options))
        message = EmailMessage()
        message["From"], message["To"] = "a@b.example", "dmarc@company.example"
        message.set_content("<h1>Give us feedback</h1>", subtype="html")
        self.assertFalse(self.process(message))

    def test_bounces_go_where_they_went(self):
        message = EmailMessage()
        message["From"], message["To"] = "a@b.example", "dmarc@company.example"
        message.add_attachment(GZIP, "application", "gzip")
        message.replace_header("Content-Type", "multipart/report; report-type=tlsrpt")
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.assertFalse(self.process(message))

    def test_mail_to_another_alias_as_well(self):
        self.env["mail.alias"].create(
            {
                "alias_name": "sales",
                "alias_domain_id": self.alias_domain.id,
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        raw = mail(
            GZIP,
            to="sales@company.example, dmarc@company.example",
            subject="Both of us",
            message_id=message_id(),
        ).replace(b'charset="utf-8"', b'charset="x-unknown-9"')
        self.assert_read(self.process(raw))
        partner = self.env["res.partner"].search([("name", "=", "Both of us")])
        self.assertIn("This is a report.", partner.message_ids.mapped("body")[0])
        self.assertEqual(partner.message_ids.attachment_ids.mapped("raw"), [GZIP])

    def test_mail_to_others_is_as_before(self):
        """To another alias, a gzip is an attachment and its text a body."""
        self.env["mail.alias"].create(
            {
                "alias_name": "sales",
                "alias_domain_id": self.alias_domain.id,
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        raw = mail(GZIP, to="sales@company.example", message_id=message_id())
        self.assertFalse(self.process(raw))
        partner = self.env["res.partner"].search([("name", "=like", "Report domain%")])
        self.assertEqual(partner.message_ids.attachment_ids.mapped("raw"), [GZIP])

    def test_a_mail_whose_recipients_are_not_said(self):
        message = EmailMessage()
        message.set_content("Hello")
        Thread = self.env["mail.thread"]
        payload = Thread._message_parse_extract_payload(message, {})
        self.assertIn("Hello", payload["body"])

    def test_an_incoming_server_without_alias(self):
        """Its mail may create records of a model."""
        self.alias.unlink()
        server = self.env["fetchmail.server"].create(
            {
                "name": "DMARC",
                "object_id": self.env["ir.model"]._get_id("mailjet.dmarc.report"),
            }
        )
        raw = mail(GZIP, to="rua@example.com", message_id=message_id())
        raw = raw.replace(b'charset="utf-8"', b'charset="x-unknown-9"')
        thread = self.env["mail.thread"].with_context(
            default_fetchmail_server_id=server.id
        )
        report = self.Report.browse(
            thread.message_process("mailjet.dmarc.report", raw, save_original=True)
        )
        self.assertFalse(report.message_ids.attachment_ids)
        self.assert_read(report)

    def test_hostile_mail(self):
        bomb = gzipped(bytes(50 * 2**20))
        for number, data in enumerate(
            (
                bomb,
                zipped(("a.zip", ZIP)),
                GZIP[:30],
                gzipped(XML.replace("<feedback>", "<!DOCTYPE feedback []><feedback>")),
                gzipped("<feedback>" + "<a>" * 1000),
                gzipped(report_xml(domain="\u202e" * 300)),
            )
        ):
            with self.subTest(number=number):
                report = self.receive(data)
                if not report:
                    # Zeros are no XML
                    self.assertEqual(data, bomb)
                    continue
                self.run_cron()
                self.assertIn(report.state, ("refused", "ignored", "foreign"))
                self.assertTrue(report.reason)
                self.assertFalse(report.row_ids)

    def test_a_file_too_large(self):
        report = self.receive(GZIP + bytes(11 * 2**20))
        self.assertEqual(report.state, "refused")
        self.assertIn("10 MB", report.reason)
        self.assertFalse(report.attachment_id)

    def test_forged_reports_are_kept_apart(self):
        report = self.receive(GZIP, headers=[FAIL, RECEIVED])
        self.run_cron()
        self.assertEqual((report.state, report.authentication), ("done", "failed"))
        self.assertEqual(report.row_ids.mapped("counted"), [False])
        # The real one is no duplicate of it
        genuine = self.receive(GZIP, headers=[PASS, RECEIVED])
        self.run_cron()
        self.assertEqual(
            (genuine.state, genuine.authentication), ("done", "authenticated")
        )
        self.assertEqual(genuine.row_ids.mapped("counted"), [True])

    def test_headers_of_others_prove_nothing(self):
        for headers in ([], [RECEIVED, FAIL], [RECEIVED, PASS]):
            report = self.receive(GZIP, headers=headers)
            self.assertEqual(report.authentication, "not_checked")
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.dmarc_mail_servers", "mx.company.example, mx2.company.example"
        )
        report = self.receive(GZIP, headers=[RECEIVED, FAIL])
        self.assertEqual(report.authentication, "failed")
