import base64
import logging
from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import API_KEY, SECRET_KEY, MailjetSmtpCommon

MAIL_SERVER_LOGGER = "odoo.addons.base.models.ir_mail_server"


@tagged("post_install", "-at_install")
class TestSmtpConnection(MailjetSmtpCommon):
    def assert_fails(self, server, sentence):
        """Test the connection: it fails with this sentence, which stays on the form."""
        params = server.test_smtp_connection()["params"]
        self.assertEqual(params["type"], "danger")
        self.assertIn(sentence, params["message"])
        self.assertEqual(server.mailjet_state, "failing")
        self.assertEqual(server.mailjet_failure, params["message"])
        self.assertTrue(server.mailjet_tested_on)
        for secret in (SECRET_KEY, API_KEY):
            self.assertNotIn(secret, params["message"])

    def test_works_over_both_ports(self):
        server = self.create_standin_server()
        self.assertEqual(server.test_smtp_connection()["params"]["type"], "success")
        self.assertEqual(server.mailjet_state, "working")
        server.write(
            {"smtp_port": self.mailjet.tls_port, "smtp_encryption": "ssl_strict"}
        )
        self.assertEqual(server.mailjet_state, "untested")
        self.assertEqual(server.test_smtp_connection()["params"]["type"], "success")
        last = self.mailjet.connections[-1]
        self.assertEqual((last.security, last.authenticated), ("tls", True))
        self.assertFalse(last.content_received)

    def test_a_failure_is_forgotten_when_mended(self):
        server = self.create_standin_server(smtp_pass="wrong")
        self.assert_fails(server, "Mailjet refused the pair")
        server.smtp_pass = SECRET_KEY
        self.assertEqual(server.mailjet_state, "untested")
        self.assertFalse(server.mailjet_failure)
        server.test_smtp_connection()
        self.assertEqual(server.mailjet_state, "working")

    def test_a_key_of_the_wrong_account(self):
        server = self.create_standin_server(smtp_user="f" * 32)
        self.assert_fails(server, "Mailjet refused the pair")

    def test_unknown_host(self):
        server = self.create_standin_server(smtp_host="mailjet.invalid")
        self.assert_fails(server, "no server called mailjet.invalid")

    def test_nothing_listens(self):
        standin = self.start_standin()
        server = self.create_standin_server(standin)
        standin.stop()
        self.assert_fails(server, "refuses connections")

    def test_ssl_towards_a_starttls_port(self):
        server = self.create_standin_server(smtp_encryption="ssl_strict")
        self.assert_fails(server, "does not use the chosen encryption")

    def test_starttls_stripped(self):
        standin = self.start_standin(offer_starttls=False)
        server = self.create_standin_server(standin)
        self.assert_fails(server, "does not offer encryption")
        self.assertFalse(standin.connections[-1].authenticated)

    def test_untrusted_certificates(self):
        stranger = type(self.authority)("Somebody else")
        for certificate, sentence in (
            (self.authority.issue("other.example"), "is not for localhost"),
            (self.authority.issue("localhost", days_valid=-1), "has expired"),
            (stranger.issue("localhost"), "does not trust the authority that signed"),
        ):
            standin = self.start_standin(certificate)
            for port, encryption in (
                (standin.starttls_port, "starttls_strict"),
                (standin.tls_port, "ssl_strict"),
            ):
                with self.subTest(certificate=certificate, encryption=encryption):
                    server = self.create_standin_server(
                        standin, smtp_port=port, smtp_encryption=encryption
                    )
                    self.assert_fails(server, sentence)
                    self.assertFalse(standin.connections[-1].authenticated)

    def test_an_admin_without_address(self):
        """Nothing was tried, so the state of the connection stays."""
        server = self.create_standin_server()
        self.env.user.email = False
        with self.assertRaisesRegex(UserError, "configure an email"):
            server.test_smtp_connection()
        self.assertEqual(server.mailjet_state, "untested")

    def test_detecting_the_size_works_as_before(self):
        server = self.create_standin_server()
        server.action_retrieve_max_email_size()
        self.assertEqual(server.max_email_size, 15)

    def test_several_servers_at_once(self):
        good = self.create_standin_server(name="Good")
        bad = self.create_standin_server(name="Bad", smtp_pass="wrong")
        other = self.create_other_standin_server()
        action = (good | bad | other).test_smtp_connection()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertEqual((good | bad).mapped("mailjet_state"), ["working", "failing"])

    def test_other_servers_still_raise(self):
        server = self.create_other_standin_server(smtp_pass="wrong")
        with self.assertRaisesRegex(UserError, "535"):
            server.test_smtp_connection()

    def test_no_secret_in_any_log(self):
        """Core prints the whole conversation when debugging, AUTH lines included."""
        server = self.create_standin_server(smtp_debug=True)
        wrong = "not-the-right-secret"
        with self.all_logs() as log:
            server.test_smtp_connection()
            server.web_save({"smtp_pass": wrong}, {"smtp_pass": {}})
            server.test_smtp_connection()
        # After a refused login smtplib tries the next mechanism
        self.assertEqual(self.mailjet.connections[-1].commands.count("AUTH"), 3)
        text = "\n".join(log)
        self.assertIn("ehlo", text)
        self.assertIn("mail FROM", text)
        for secret in (SECRET_KEY, wrong):
            for form in (secret, f"\0{API_KEY}\0{secret}"):
                self.assertNotIn(form, text)
                self.assertNotIn(base64.b64encode(form.encode()).decode(), text)
        self.assertNotIn("send: 'AUTH", text)

    @contextmanager
    def all_logs(self):
        """Collect the logs of all levels, except SQL, which shows all values."""
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        handler.addFilter(lambda record: record.name != "odoo.sql_db")
        root = logging.getLogger()
        loggers = [root, *map(logging.getLogger, ("odoo", MAIL_SERVER_LOGGER))]
        levels = [logger.level for logger in loggers]
        root.addHandler(handler)
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        try:
            yield lines
        finally:
            root.removeHandler(handler)
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
