from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from ..common import API_KEY, SECRET_KEY, MailjetSmtpCommon, record_answers

CONTACTS = 3
SUBJECT = "Mailjet tour"
BODY = "<div><p>Hello from the tour</p></div>"


@tagged("post_install", "-at_install")
class TestTours(MailjetSmtpCommon, HttpCase):
    """What a person does in the browser, up to the mail that arrives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mailing_list = cls.env["mailing.list"].create({"name": "Newsletter"})
        cls.contacts = cls.env["mailing.contact"].create(
            [
                {
                    "name": f"Zoë Müller {number}",
                    "email": f"zoe{number}@example.org",
                    "list_ids": [Command.link(cls.mailing_list.id)],
                }
                for number in range(CONTACTS)
            ]
        )

    def create_mailing(self, user, server):
        return self.env["mailing.mailing"].create(
            {
                "subject": SUBJECT,
                "contact_list_ids": self.mailing_list.ids,
                "email_from": '"Zoë" <zoe@company.example>',
                "mail_server_id": server.id,
                # Email Marketing opens with the user's own mailings
                "user_id": user.id,
                "body_arch": BODY,
                "body_html": BODY,
            }
        )

    def start_mailjet_tour(self, url_path, name, login):
        """Start a tour, passing values known only at run time in cookies.

        :return: every answer in JSON that the browser got, as one text
        """
        cookies = {
            "mailjet_port": str(self.mailjet.starttls_port),
            "mailjet_api_key": API_KEY,
            "mailjet_secret_key": SECRET_KEY,
        }
        with record_answers() as answers:
            self.start_tour(url_path, name, login=login, cookies=cookies)
        return "\n".join(answers)

    def test_from_new_server_to_sent_mailing(self):
        admin = self.env.ref("base.user_admin")
        admin.email = "admin@company.example"  # the test of the connection needs one
        mailing = self.create_mailing(admin, self.MailServer)
        answers = self.start_mailjet_tour(
            "/odoo/action-base.action_ir_mail_server_list",
            "mailjet_server_to_mailing",
            login=admin.login,
        )

        server = self.MailServer.search([])
        self.assertEqual(len(server), 1)
        self.assertEqual(server.smtp_encryption, "starttls_strict")
        self.assertEqual(server.smtp_pass, SECRET_KEY)
        self.assertEqual(mailing.mail_server_id, server)
        # Admins see the API key, so the answers are really those of the form
        self.assertIn(API_KEY, answers)
        self.assertNotIn(SECRET_KEY, answers)
        # Neither the connection test nor queueing sends anything
        self.assertFalse(self.mailjet.store.messages)

        queue = self.env.ref("mass_mailing.ir_cron_mass_mailing_queue")
        queue.method_direct_trigger()
        messages = self.mailjet.store.wait_for(CONTACTS)
        self.assertEqual(
            sorted(message.rcpt_tos for message in messages),
            [(contact.email,) for contact in self.contacts.sorted("email")],
        )
        self.assertEqual({message.security for message in messages}, {"starttls"})
        for message in messages:
            body = message.parsed().get_body(("html",)).get_content()
            self.assertIn("Hello from the tour", body)
        traces = mailing.mailing_trace_ids
        self.assertEqual(traces.mapped("trace_status"), ["sent"] * CONTACTS)
        self.assertEqual(mailing.state, "done")

        queue.method_direct_trigger()
        self.assertEqual(len(self.mailjet.store.messages), CONTACTS)

    def test_marketing_user_sees_server_and_no_key(self):
        marketing = new_test_user(
            self.env,
            "mj_marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        server = self.create_standin_server(mailjet_purpose="mass_mailing")
        # A connection test writes its result after the settings; so does this one
        server.write(
            {
                "mailjet_state": "failing",
                "mailjet_failure": "Mailjet refused the API key and secret key.",
            }
        )
        self.create_mailing(marketing, server)
        answers = self.start_mailjet_tour(
            "/odoo", "mailjet_mailing_of_marketing_user", login=marketing.login
        )
        self.assertIn(SUBJECT, answers)
        self.assertNotIn(API_KEY, answers)
        self.assertNotIn(SECRET_KEY, answers)
