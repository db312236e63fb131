from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import MailjetSmtpCommon
from ..standins import RestStandin


@tagged("post_install", "-at_install")
class TestMailjetCoverage(MailjetSmtpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rest = cls.enterClassContext(RestStandin(cls.mailjet.store))
        cls.server = cls.create_standin_server(mailjet_api_url=rest.url)
        cls.server.mailjet_refreshed_on = fields.Datetime.now()
        cls.env["mailjet.sender"].create(
            [
                {"server_id": cls.server.id, "email": email, "status": status}
                for email, status in (
                    ("*@company.example", "active"),
                    ("shop@elsewhere.example", "active"),
                    ("late@elsewhere.example", "inactive"),
                )
            ]
        )

    def send(self, email_from, count=1):
        mails = self.env["mail.mail"].create(
            [
                {
                    "email_from": email_from,
                    "email_to": f"customer{number}@example.org",
                    "subject": "Covered?",
                    "body_html": "<p>Sent</p>",
                    "mail_server_id": self.server.id,
                }
                for number in range(count)
            ]
        )
        # In transactions of its own, where Mailjet can be asked about the sender
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            self.env(cr=cr)["mail.mail"].browse(mails.ids).send(auto_commit=True)
        self.env.invalidate_all()
        return mails

    def mailing(self, email_from):
        return self.env["mailing.mailing"].create(
            {
                "subject": "News",
                "email_from": email_from,
                "mail_server_id": self.server.id,
            }
        )

    def test_covered_is_sent(self):
        for email_from in (
            "anna@company.example",
            "Anna <ANNA@Company.example>",
            "shop@elsewhere.example",
        ):
            with self.subTest(email_from=email_from):
                self.assertEqual(self.send(email_from).state, "sent")
                self.assertFalse(self.mailing(email_from).warning_message)

    def test_not_covered_is_stopped_with_the_reason(self):
        for email_from in (
            "late@elsewhere.example",
            "anna@elsewhere.example",
            "anna@sub.company.example",
        ):
            with self.subTest(email_from=email_from):
                mail = self.send(email_from)
                self.assertEqual(mail.state, "exception")
                self.assertEqual(mail.failure_type, "mail_from_invalid")
                self.assertIn("does not know the sender", mail.failure_reason)
                self.assertIn(email_from, mail.failure_reason)
                self.assertIn(email_from, self.mailing(email_from).warning_message)
        self.assertFalse(self.mailjet.store.messages)

    def test_not_read_warns_and_sends(self):
        for read_on, words in (
            (False, "never read"),
            (fields.Datetime.now() - timedelta(days=8), "more than a week ago"),
        ):
            with self.subTest(read_on=read_on):
                self.server.mailjet_refreshed_on = read_on
                self.assertEqual(self.send("x@third.example").state, "sent")
                self.assertIn(words, self.mailing("x@third.example").warning_message)

    def test_other_servers_are_not_concerned(self):
        other = self.create_other_standin_server()
        mail = self.env["mail.mail"].create(
            {
                "email_from": "x@third.example",
                "email_to": "customer@example.org",
                "body_html": "<p>Sent</p>",
                "mail_server_id": other.id,
            }
        )
        mail.send()
        self.assertEqual(mail.state, "sent")

    def test_no_query_a_mail(self):
        self.send("anna@company.example", count=2)

        def queries(count):
            self.env.flush_all()
            self.env.invalidate_all()
            connection = self.server._connect__(mail_server_id=self.server.id)
            message = self.env["ir.mail_server"]._build_email__(
                "anna@company.example", ["customer@example.org"], "Subject", "Body"
            )
            before = self.env.cr.sql_log_count
            for _number in range(count):
                self.server._prepare_email_message__(message, connection)
            connection.quit()
            return self.env.cr.sql_log_count - before

        self.assertEqual(queries(1), queries(20))
