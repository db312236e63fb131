from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import API_KEY, SECRET_KEY, MailjetCommon

SECRETS = (API_KEY, SECRET_KEY)


@tagged("post_install", "-at_install")
class TestAccess(MailjetCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        marketing = "base.group_user,mass_mailing.group_mass_mailing_user"
        cls.admin = new_test_user(cls.env, "mj_admin", groups="base.group_system")
        cls.marketing = new_test_user(cls.env, "mj_marketing", groups=marketing)
        cls.internal = new_test_user(cls.env, "mj_internal", groups="base.group_user")
        cls.portal = new_test_user(cls.env, "mj_portal", groups="base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.server = cls.create_server(mailjet_usage="mass_mailing")

    def test_admin(self):
        server = self.server.with_user(self.admin)
        server.write({"smtp_pass": "another", "mailjet_usage": "all"})
        self.assertEqual(server.smtp_pass, "another")
        self.assertEqual(server.read(["smtp_user"])[0]["smtp_user"], API_KEY)
        server.copy()
        server.unlink()

    def test_marketing_sees_name_and_state_and_no_key(self):
        server = self.server.with_user(self.marketing)
        values = server.read(["name", "mailjet_usage", "mailjet_state"])[0]
        self.assertEqual(values["name"], "Mailjet")
        self.assertEqual(values["mailjet_state"], "untested")
        self.assertFalse(any(secret in str(server.read()) for secret in SECRETS))
        for field in ("smtp_user", "smtp_pass", "mailjet_secret_placeholder"):
            with self.assertRaises(AccessError):
                server.read([field])
        for action in (
            lambda: server.write({"name": "Mine"}),
            server.copy,
            server.unlink,
            server.test_smtp_connection,
            server.action_mailjet_make_dedicated,
        ):
            with self.assertRaises(AccessError):
                action()

    def test_marketing_picks_the_server_in_a_mailing(self):
        mailing = (
            self.env["mailing.mailing"]
            .with_user(self.marketing)
            .create({"subject": "Mine"})
        )
        self.assertEqual(mailing.mail_server_id, self.server)
        self.assertTrue(mailing.mailjet_server_available)
        self.assertEqual(mailing.mailjet_state, "untested")
        self.assertEqual(mailing.mailjet_usage, "mass_mailing")
        arch = mailing.get_view(view_type="form")["arch"]
        self.assertIn('name="mailjet_state"', arch)

    def test_the_others_see_nothing(self):
        for user in (self.internal, self.portal, self.public):
            with self.subTest(user=user.login):
                server = self.server.with_user(user)
                for action in (
                    lambda server=server: server.read(["name"]),
                    lambda server=server: server.read(["mailjet_state"]),
                    lambda server=server: server.write({"name": "Mine"}),
                    lambda server=server: server.test_smtp_connection(),
                    lambda server=server: server.action_mailjet_make_dedicated(),
                ):
                    with self.assertRaises(AccessError):
                        action()

    def test_everybody_can_send(self):
        """Finding the server for a mail needs no right on servers."""
        for user in (self.internal, self.portal, self.public):
            server, _address = (
                self.env["ir.mail_server"]
                .with_user(user)
                ._find_mail_server("anna@company.example")
            )
            self.assertEqual(server, self.server)
