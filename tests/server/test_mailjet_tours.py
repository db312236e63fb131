import requests

from odoo.tests import HttpCase, new_test_user, tagged

from ..common import (
    API_KEY,
    SECRET_KEY,
    MailjetRestCommon,
    MailjetSmtpCommon,
    record_answers,
)

DOMAIN = "company.example"
SENDER = f"bounce@{DOMAIN}"
# Not covered by the proven domain
ELSEWHERE = "boss@elsewhere.example"
PUBLIC_URL = "https://app.mailjet.com"


@tagged("post_install", "-at_install")
class TestMailjetTours(MailjetRestCommon, MailjetSmtpCommon, HttpCase):
    """What an administrator does in the browser for an account at Mailjet."""

    def setUp(self):
        super().setUp()
        self.admin = self.env.ref("base.user_admin")
        # The connection test needs one
        self.admin.email = f"admin@{DOMAIN}"

    def start_mailjet_tour(self, action, name):
        """Start a tour, passing values known only at run time in cookies.

        :return: every answer in JSON that the browser got, as a list of texts
        """
        cookies = {
            "mailjet_api_url": self.rest.url,
            "mailjet_port": str(self.mailjet.starttls_port),
            "mailjet_api_key": API_KEY,
            "mailjet_secret_key": SECRET_KEY,
        }
        with record_answers() as answers:
            self.start_tour(
                f"/odoo/action-{action}", name, login=self.admin.login, cookies=cookies
            )
        return answers

    def lookup_proof(self, name):
        """Publish the ownership value of the domain when it is looked up.

        Mailjet generates it during the tour, and a tour cannot pass it on to the test.
        """
        with self.store.lock:
            tokens = [
                row["OwnerShipToken"]
                for row in self.account.domains
                if row["Domain"] == DOMAIN
                and row["OwnerShipTokenRecordName"].rstrip(".") == name
            ]
        self.dns.set(name, "TXT", tokens)
        return tokens

    def test_from_two_keys_to_server_in_use(self):
        self.server.unlink()
        self.rest.lookup_txt = self.lookup_proof
        new_test_user(self.env, "mj_elsewhere", email=ELSEWHERE)
        addresses = set(self.env["mailjet.address"]._addresses_and_uses())
        self.assertIn(SENDER, addresses)
        answers = self.start_mailjet_tour(
            "base.action_ir_mail_server_list", "mailjet_setup"
        )

        server = self.MailServer.with_context(active_test=False).search([])
        self.assertRecordValues(
            server,
            [
                {
                    "active": True,
                    "mailjet_purpose": "all",
                    "smtp_encryption": "starttls_strict",
                    "smtp_host": "localhost",
                    "smtp_port": self.mailjet.starttls_port,
                    "smtp_user": API_KEY,
                    "smtp_pass": SECRET_KEY,
                    "mailjet_api_url": self.rest.url,
                    "from_filter": DOMAIN,
                    "mailjet_state": "working",
                }
            ],
        )
        # The proof of the domain, and each address that it does not cover once
        outside = {one for one in addresses if not one.endswith(f"@{DOMAIN}")}
        self.assertIn(ELSEWHERE, outside)
        with self.store.lock:
            at_mailjet = {row["Email"]: row["Status"] for row in self.account.senders}
            self.assertEqual(len(at_mailjet), len(self.account.senders))
        self.assertEqual(set(at_mailjet), outside | {f"*@{DOMAIN}"})
        self.assertEqual(
            [email for email, status in at_mailjet.items() if status == "Active"],
            [f"*@{DOMAIN}"],
        )
        self.assertEqual(
            set(server.mailjet_sender_ids.mapped("email")), set(at_mailjet)
        )
        # The connection test sends nothing
        self.assertFalse(self.mailjet.store.messages)
        # Admins see the API key, so the answers are really those of the set-up
        self.assertTrue([answer for answer in answers if API_KEY in answer])
        self.assertFalse([answer for answer in answers if SECRET_KEY in answer])

    def test_activation_mail_to_active_sender(self):
        self.rest.public_url = PUBLIC_URL
        mails = []
        self.store.on_activation(lambda *mail: mails.append(mail))
        sender, _message = self.server._mailjet_add_sender(SENDER)
        _email, url, mail = mails[-1]
        self.env["mail.thread"].message_process(None, mail)
        self.assertEqual(sender.activity_ids.user_id, self.admin)

        action = "mail_mailjet.mailjet_sender_action"
        self.start_mailjet_tour(action, "mailjet_activation")
        # Odoo offers the link and never opens it
        self.assertNotIn("/activate", str(self.rest.requests))
        self.assertEqual(sender.status, "inactive")

        # The administrator opens it in the new tab
        requests.get(url.replace(PUBLIC_URL, self.rest.url), timeout=10)
        self.start_mailjet_tour(action, "mailjet_activation_opened")
        self.assertEqual(sender.status, "active")
        self.assertFalse(sender.activity_ids)


@tagged("post_install", "-at_install")
class TestMailjetNarrow(MailjetRestCommon, HttpCase):
    """What an administrator sees and does on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_from_the_settings_to_the_set_up(self):
        self.start_tour("/odoo/settings", "mailjet_narrow_settings", login="admin")

    def test_from_the_dashboard_to_the_events(self):
        action = "mail_mailjet.mailjet_dashboard_action"
        tour = "mailjet_narrow_dashboard"
        self.start_tour(f"/odoo/action-{action}", tour, login="admin")
