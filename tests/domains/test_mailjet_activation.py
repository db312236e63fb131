import requests

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..common import MailjetRestCommon


@tagged("post_install", "-at_install")
class TestMailjetActivation(MailjetRestCommon):
    def setUp(self):
        super().setUp()
        self.rest.public_url = "https://app.mailjet.com"
        self.mails = []
        self.store.on_activation(lambda *mail: self.mails.append(mail))

    def add(self, email="bounce@company.example"):
        sender, _message = self.server._mailjet_add_sender(email)
        return sender, self.mails[-1]

    def receive(self, mail):
        return self.env["mail.thread"].message_process(None, mail)

    def test_caught_and_offered(self):
        """Also at the bounce address, which no alias receives."""
        for email in ("bounce@company.example", "catchall@company.example"):
            with self.subTest(email=email):
                self.rest.clear_requests()
                sender, (_email, url, mail) = self.add(email)
                self.receive(mail)
                self.assertEqual(sender.activation_ids.url, url)
                self.assertIn(email, sender.activity_ids.summary)
                action = sender.action_activate()
                shown = self.env[action["res_model"]].search(action["domain"])
                self.assertEqual(shown.email_from, '"Mailjet" <no-reply@mailjet.com>')
                self.assertTrue(shown.date)
                action = shown.action_open()
                self.assertEqual((action["url"], action["target"]), (url, "new"))
                # Odoo has not opened the link
                self.assertEqual(sender.status, "inactive")
                self.assertNotIn("/activate", str(self.rest.requests))
                requests.get(
                    url.replace(self.rest.public_url, self.rest.url), timeout=10
                )
                sender.action_check()
                self.assertEqual(sender.status, "active")
                self.assertFalse(sender.activity_ids)
                self.assertFalse(sender.activation_ids, "Its link opens nothing more")

    def test_sent_again_it_stays_one_activity(self):
        sender, (_email, url, mail) = self.add()
        self.receive(mail)
        sender.action_validate()
        self.receive(self.mails[-1][2])
        self.assertEqual(len(sender.activity_ids), 1)
        both = [self.mails[-1][1], url]
        self.assertEqual(sender.activation_ids.mapped("url"), both)

    def test_a_strangers_link_replaces_none(self):
        """Without a report of the mail server, it stands beside the real one."""
        sender, (_email, url, mail) = self.add()
        header = b"Authentication-Results: mx; dkim=pass header.d=mailjet.com\r\n"
        self.receive(header + mail)
        token = url.rpartition("/")[2]
        self.receive(mail.replace(token.encode(), b"0123456789abcdef" * 2))
        self.assertEqual(
            [(one.is_proven, one.url == url) for one in sender.activation_ids],
            [(True, True), (False, False)],
        )

    def test_other_mail_goes_its_way(self):
        sender, (_email, url, mail) = self.add()
        wrong_host = mail.replace(b"app.mailjet.com", b"app.mailjet.com.evil.example")
        without_tls = mail.replace(b"https://", b"http://")
        for other in (wrong_host, without_tls):
            self.receive(other)
            self.assertFalse(sender.activation_ids)
        with self.store.lock:
            self.account.senders[0]["Status"] = "Active"
        sender.action_check()
        self.receive(mail)
        self.assertFalse(sender.activation_ids)

    def test_without_a_mail_it_says_what_to_do(self):
        sender, _mail = self.add()
        with self.assertRaisesRegex(UserError, "send it again"):
            sender.action_activate()

    def test_cron_asks_only_while_something_waits(self):
        sender, _mail = self.add()
        with self.store.lock:
            self.account.senders[0]["Status"] = "Active"
        self.env["mailjet.sender"]._cron_check_pending()
        self.assertEqual(sender.status, "active")
        self.rest.clear_requests()
        self.env["mailjet.sender"]._cron_check_pending()
        self.assertFalse(self.rest.requests)

    @mute_logger("odoo.addons.mail_mailjet.models.domains.mailjet_sender")
    def test_cron_survives_an_outage(self):
        sender, _mail = self.add()
        self.rest.stop()
        self.env["mailjet.sender"]._cron_check_pending()
        self.assertEqual(sender.status, "inactive")


@tagged("post_install", "-at_install")
class TestOwnershipFile(MailjetRestCommon, HttpCase):
    def test_served_while_the_domain_waits(self):
        sender, _message = self.server._mailjet_add_sender("*@company.example")
        self.assertRegex(sender.filename, r"^[0-9a-f]{32}\.txt$")
        answer = self.url_open(f"/{sender.filename}")
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(self.url_open(f"/{'0' * 32}.txt").status_code, 404)
        # Fetched beforehand: this test holds the cursor while Mailjet fetches the file
        self.rest.fetch = lambda url: (
            answer.content if url.endswith(sender.filename) else None
        )
        sender.action_validate()
        self.assertEqual(sender.status, "active")
        self.env.flush_all()
        self.assertEqual(self.url_open(f"/{sender.filename}").status_code, 404)

    def test_no_other_file_is_hidden(self):
        """Attachments of the same form are served as ever, waiting or not."""
        sender, _message = self.server._mailjet_add_sender("*@company.example")
        for url in (f"/{'0a' * 16}.txt", f"/{sender.filename}"):
            self.env["ir.attachment"].create(
                {
                    "name": "proof",
                    "type": "binary",
                    "url": url,
                    "raw": b"of another service",
                    "mimetype": "text/plain",
                    "public": True,
                }
            )
            self.env.flush_all()
            self.assertEqual(self.url_open(url).content, b"of another service")

    def test_only_its_exact_name(self):
        sender, _message = self.server._mailjet_add_sender("*@company.example")
        self.env.flush_all()
        url = f"/{sender.filename}"
        for other in (url.upper(), f"/x{url}", f"{url}x", f"{url}/", "/%25.txt"):
            self.assertEqual(self.url_open(other).status_code, 404, other)
        self.assertEqual(self.url_open(url, data={"a": 1}).status_code, 404)
