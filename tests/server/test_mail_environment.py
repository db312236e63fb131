from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from ..common import API_KEY, SECRET_KEY, MailjetSmtpCommon


@tagged("post_install", "-at_install")
class TestMailEnvironment(MailjetSmtpCommon):
    """OCA's mail_environment takes the settings of a server from the environment.

    It makes their fields computed and not stored, so a search on one of them fails.
    """

    @contextmanager
    def settings_from_the_environment(self, settings):
        """Make fields computed; `settings` is {server: {field: value}}."""

        def compute(name):
            def compute_from_environment(servers):
                for server in servers:
                    server[name] = settings[server][name]

            return compute_from_environment

        names = {name for values in settings.values() for name in values}
        fields = self.MailServer._fields
        with ExitStack() as stack:
            computed = {fields[name]: [fields[name]] for name in names}
            stack.enter_context(patch.dict(self.registry.field_computed, computed))
            for name in names:
                for attribute, value in (
                    ("store", False),
                    ("compute", compute(name)),
                    ("column_type", None),
                    ("readonly", True),
                ):
                    stack.enter_context(patch.object(fields[name], attribute, value))
            self.env.invalidate_all()
            with self.assertRaises(ValueError, msg="the fields can still be searched"):
                self.MailServer.search([("smtp_authentication", "=", "mailjet")])
            yield
            self.env.flush_all()
            self.env.invalidate_all()

    def test_everything_works_with_computed_settings(self):
        server = self.create_standin_server(mailjet_purpose="mass_mailing")
        other = self.create_other_standin_server()
        connection = {
            "smtp_authentication": "mailjet",
            "smtp_host": "localhost",
            "smtp_port": self.mailjet.starttls_port,
            "smtp_encryption": "starttls_strict",
            "smtp_user": API_KEY,
            "smtp_pass": SECRET_KEY,
        }
        with self.settings_from_the_environment(
            {server: connection, other: {**connection, "smtp_authentication": "login"}}
        ):
            self.assertEqual(self.MailServer._find_mail_server("a@b.example")[0], other)
            action = server.test_smtp_connection()
            self.assertEqual(action["params"]["type"], "success")
            server.sequence = 1
            self.assertGreater(server.sequence, other.sequence)
            self.assertFalse(server.read(["smtp_pass"])[0]["smtp_pass"])
            server.web_read({"mailjet_is_candidate": {}, "mailjet_security": {}})
            mailing = self.env["mailing.mailing"].create({"subject": "New"})
            self.assertTrue(mailing.mailjet_server_available)
            self.assertEqual(mailing.mail_server_id, server)
