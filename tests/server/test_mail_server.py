from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..common import API_KEY, SECRET_KEY, MailjetCommon


@tagged("post_install", "-at_install")
class TestMailServerPreset(MailjetCommon):
    def test_choosing_mailjet_sets_everything(self):
        with Form(self.MailServer) as form:
            form.smtp_authentication = "mailjet"
            form.smtp_user = API_KEY
            form.smtp_pass = SECRET_KEY
        server = form.record
        self.assertRecordValues(
            server,
            [
                {
                    "name": "Mailjet",
                    "smtp_host": "in-v3.mailjet.com",
                    "smtp_port": 587,
                    "smtp_encryption": "starttls_strict",
                    "mailjet_security": "starttls",
                    "mailjet_purpose": "all",
                    "mailjet_state": "untested",
                    "max_email_size": 14,
                }
            ],
        )
        self.assertIn("API key", server.smtp_authentication_info)

    def test_a_name_and_a_size_of_ones_own_stay(self):
        with Form(self.MailServer) as form:
            form.name = "Newsletter"
            form.max_email_size = 5
            form.smtp_authentication = "mailjet"
            form.smtp_user = API_KEY
            form.smtp_pass = SECRET_KEY
        self.assertEqual(form.record.name, "Newsletter")
        self.assertEqual(form.record.max_email_size, 5)

    def test_security_switch_keeps_port_and_encryption_together(self):
        with Form(self.create_server()) as form:
            form.mailjet_security = "ssl"
            self.assertEqual(form.smtp_port, 465)
            self.assertEqual(form.smtp_encryption, "ssl_strict")
            form.mailjet_security = "starttls"
            self.assertEqual(form.smtp_port, 587)
            self.assertEqual(form.smtp_encryption, "starttls_strict")
            form.mailjet_security = "ssl"
        self.assertEqual(form.record.smtp_port, 465)

    def test_security_switch_without_the_form(self):
        server = self.create_server()
        server.mailjet_security = "ssl"
        self.assertEqual(server.smtp_port, 465)
        self.assertEqual(server.smtp_encryption, "ssl_strict")

    def test_security_switch_leaves_a_port_of_ones_own(self):
        with Form(self.create_server(smtp_host="localhost", smtp_port=1587)) as form:
            form.mailjet_security = "ssl"
            self.assertEqual(form.smtp_port, 1587)

    def test_changing_the_encryption_never_puts_port_25(self):
        server = self.MailServer.new(
            {"smtp_authentication": "mailjet", "smtp_port": 587}
        )
        for encryption in ("ssl_strict", "starttls", "none", "ssl", "starttls_strict"):
            server.smtp_encryption = encryption
            server._onchange_encryption()
            self.assertIn(server.smtp_port, (465, 587), encryption)

    def test_other_servers_keep_the_stock_behaviour(self):
        server = self.create_other_server(smtp_port=2525)
        server.smtp_encryption = "starttls_strict"
        server._onchange_encryption()
        self.assertEqual(server.smtp_port, 25)
        server.write({"smtp_user": " with blanks ", "smtp_pass": " too "})
        self.assertEqual(server.smtp_user, " with blanks ")
        self.assertEqual(server.read(["smtp_pass"])[0]["smtp_pass"], " too ")
        self.assertEqual(server.copy().smtp_pass, " too ")
        self.assertFalse(server.mailjet_purpose)

    def test_back_to_username_keeps_keys_and_host(self):
        server = self.create_server(mailjet_purpose="mass_mailing")
        with Form(server) as form:
            form.smtp_authentication = "login"
        self.assertRecordValues(
            server,
            [
                {
                    "smtp_authentication": "login",
                    "smtp_host": "in-v3.mailjet.com",
                    "smtp_port": 587,
                    "smtp_user": API_KEY,
                    "smtp_pass": SECRET_KEY,
                    "mailjet_purpose": False,
                }
            ],
        )

    def test_a_look_at_another_way_changes_nothing(self):
        server = self.create_server(
            from_filter="company.example",
            smtp_host="relay.company.example",
            smtp_port=2500,
            smtp_encryption="ssl_strict",
        )
        with Form(server) as form:
            form.smtp_authentication = "login"
            form.smtp_host = "elsewhere.example"
            form.smtp_authentication = "mailjet"
        self.assertRecordValues(
            server,
            [
                {
                    "mailjet_purpose": "all",
                    "from_filter": "company.example",
                    "smtp_host": "relay.company.example",
                    "smtp_port": 2500,
                    "smtp_encryption": "ssl_strict",
                }
            ],
        )

    def test_a_look_at_another_way_keeps_the_use(self):
        server = self.create_server(mailjet_purpose="mass_mailing")
        with Form(server) as form:
            form.smtp_authentication = "login"
            form.smtp_authentication = "mailjet"
        self.assertEqual(server.mailjet_purpose, "mass_mailing")

    def test_a_look_at_mass_mailing_keeps_the_filter(self):
        server = self.create_server(from_filter="company.example")
        with Form(server) as form:
            form.mailjet_purpose = "mass_mailing"
            form.mailjet_purpose = "all"
        self.assertEqual(server.from_filter, "company.example")
        server.mailjet_purpose = "mass_mailing"
        self.assertFalse(server.from_filter)

    def test_on_to_gmail(self):
        """Gmail servers must have no password, and their form shows none to remove."""
        server = self.create_server()
        with Form(server) as form:
            form.smtp_authentication = "gmail"
            form.smtp_user = "anna@company.example"
        self.assertEqual(server.smtp_authentication, "gmail")
        self.assertFalse(server.smtp_pass)

    def test_from_a_relay_to_mailjets_own_host(self):
        server = self.create_server(
            smtp_host="relay.company.example", smtp_encryption="starttls"
        )
        with Form(server) as form:
            form.smtp_host = "in-v3.mailjet.com"
        self.assertEqual(server.smtp_encryption, "starttls_strict")

    def test_scripts_and_imports_name_the_keys_only(self):
        vals = {
            "name": "Imported",
            "smtp_authentication": "mailjet",
            "smtp_user": f"{API_KEY}\n",
            "smtp_pass": SECRET_KEY,
        }
        server = self.MailServer.create(vals)
        self.assertEqual(vals["smtp_user"], f"{API_KEY}\n")
        self.assertRecordValues(
            server,
            [
                {
                    "smtp_host": "in-v3.mailjet.com",
                    "smtp_port": 587,
                    "smtp_encryption": "starttls_strict",
                    "smtp_user": API_KEY,
                    "max_email_size": 14,
                    "mailjet_purpose": "all",
                }
            ],
        )
        server = self.MailServer.create({**vals, "mailjet_security": "ssl"})
        self.assertEqual(
            (server.smtp_port, server.smtp_encryption), (465, "ssl_strict")
        )

    def test_uninstalling_leaves_a_working_server(self):
        server = self.create_server()
        option = self.env["ir.model.fields.selection"].search(
            [
                ("field_id.model", "=", "ir.mail_server"),
                ("field_id.name", "=", "smtp_authentication"),
                ("value", "=", "mailjet"),
            ]
        )
        option._process_ondelete()
        self.assertRecordValues(
            server,
            [
                {
                    "smtp_authentication": "login",
                    "smtp_host": "in-v3.mailjet.com",
                    "smtp_encryption": "starttls_strict",
                    "smtp_user": API_KEY,
                    "smtp_pass": SECRET_KEY,
                    "active": True,
                }
            ],
        )


@tagged("post_install", "-at_install")
class TestMailServerRefusals(MailjetCommon):
    def test_refused_settings(self):
        cases = [
            ({"smtp_port": 25}, "Port 25"),
            ({"smtp_encryption": "none"}, "Without encryption"),
            ({"smtp_port": 465}, "expects SSL/TLS"),
            ({"smtp_encryption": "ssl_strict"}, "expects STARTTLS"),
            ({"smtp_encryption": "ssl_strict", "smtp_port": 2525}, "expects STARTTLS"),
            ({"smtp_encryption": "starttls"}, "pose as Mailjet"),
            ({"smtp_host": "in.mailjet.com"}, "Mailjet's old host"),
            ({"smtp_host": " IN.Mailjet.com "}, "Mailjet's old host"),
            ({"smtp_host": False}, "Enter the SMTP server"),
            ({"smtp_port": 0}, "Enter port 587"),
            ({"smtp_port": 993}, "Enter port 587"),
            ({"smtp_user": False}, "Enter the API key"),
            ({"smtp_user": " \n"}, "Enter the API key"),
            ({"smtp_pass": ""}, "Enter the secret key"),
            ({"smtp_user": "admin@company.example"}, "address you log in"),
            ({"owner_user_id": self.env.user.id}, "sends for everyone"),
            (
                {"mailjet_purpose": "mass_mailing", "from_filter": "company.example"},
                "FROM Filtering",
            ),
        ]
        server = self.create_server("Written")
        for vals, sentence in cases:
            with self.subTest(vals=vals):
                with self.assertRaises(ValidationError) as created:
                    self.create_server(**vals)
                self.assertIn(sentence, str(created.exception))
                with self.assertRaises(ValidationError) as written:
                    server.write(vals)
                self.assertIn(sentence, str(written.exception))

    def test_no_secret_in_a_refusal(self):
        with self.assertRaises(ValidationError) as caught:
            self.create_server(smtp_port=25)
        self.assertNotIn(SECRET_KEY, str(caught.exception))

    def test_allowed_settings(self):
        for vals in (
            {"smtp_port": 465, "smtp_encryption": "ssl_strict"},
            {"smtp_port": 2525},
            {"smtp_host": "relay.company.example", "smtp_encryption": "starttls"},
            {"smtp_host": "localhost", "smtp_port": 1587},
        ):
            with self.subTest(vals=vals):
                self.assertTrue(self.create_server(**vals))

    def test_another_host_is_shown_as_such(self):
        self.assertFalse(self.create_server().mailjet_is_other_host)
        self.assertTrue(self.create_server(smtp_host="localhost").mailjet_is_other_host)
        self.assertFalse(self.create_other_server().mailjet_is_other_host)
        spelt = self.create_server(smtp_host="IN-V3.mailjet.com ")
        self.assertFalse(spelt.mailjet_is_other_host)

    def test_pasted_keys_are_trimmed(self):
        server = self.create_server(
            smtp_user=f" {API_KEY}\n", smtp_pass=f"\t{SECRET_KEY}\r\n"
        )
        self.assertEqual((server.smtp_user, server.smtp_pass), (API_KEY, SECRET_KEY))
        server.write({"smtp_user": f"{API_KEY} ", "smtp_pass": f"\n{SECRET_KEY}"})
        self.assertEqual((server.smtp_user, server.smtp_pass), (API_KEY, SECRET_KEY))


@tagged("post_install", "-at_install")
class TestMailServerSecret(MailjetCommon):
    def test_the_secret_is_never_read(self):
        server = self.create_server()
        spec = {"smtp_user": {}, "smtp_pass": {}, "mailjet_secret_placeholder": {}}
        for values in (
            server.read(["smtp_pass"])[0],
            server.web_read(spec)[0],
            server.search_read([("id", "=", server.id)], ["smtp_pass"])[0],
        ):
            self.assertFalse(values["smtp_pass"])
            self.assertNotIn(SECRET_KEY, str(values))
        self.assertTrue(server.web_read(spec)[0]["mailjet_secret_placeholder"])
        self.assertEqual(server.smtp_pass, SECRET_KEY)

    def test_the_secret_is_no_title_of_a_group(self):
        self.create_server()
        for call in (
            lambda: self.MailServer.formatted_read_group([], ["smtp_pass"]),
            lambda: self.MailServer.web_read_group([], ["smtp_pass"]),
            lambda: self.MailServer.formatted_read_group(
                [], ["active"], ["smtp_pass:array_agg"]
            ),
        ):
            with self.assertRaises(UserError) as caught:
                call()
            self.assertIn("cannot be grouped", str(caught.exception))
        self.MailServer.formatted_read_group([], ["smtp_encryption"])

    def test_another_way_to_authenticate_does_not_show_the_secret(self):
        server = self.create_server()
        [values] = server.web_save({"smtp_authentication": "login"}, {"smtp_pass": {}})
        self.assertFalse(values["smtp_pass"])
        self.assertEqual(server.smtp_pass, SECRET_KEY)

    def test_the_form_keeps_the_secret_unless_a_new_one_is_typed(self):
        server = self.create_server()
        with Form(server) as form:
            form.mailjet_security = "ssl"
        self.assertEqual(server.smtp_pass, SECRET_KEY)
        with Form(server) as form:
            form.smtp_pass = "another"
        self.assertEqual(server.smtp_pass, "another")

    def test_the_secret_is_not_exported(self):
        server = self.create_server()
        with self.assertRaisesRegex(UserError, "cannot be exported"):
            server.export_data(["name", "smtp_pass"])
        self.assertEqual(server.export_data(["name"])["datas"], [["Mailjet"]])

    def test_a_copy_waits_for_its_own_keys(self):
        copy = self.create_server().copy()
        self.assertFalse(copy.active)
        self.assertFalse(copy.smtp_user)
        self.assertFalse(copy.smtp_pass)
        with self.assertRaisesRegex(ValidationError, "Enter the API key"):
            copy.active = True

    def test_a_copy_takes_what_it_is_given(self):
        copy = self.create_server().copy({"smtp_user": "f" * 32, "smtp_pass": "new"})
        self.assertEqual((copy.smtp_user, copy.smtp_pass), ("f" * 32, "new"))
        copy.active = True


@tagged("post_install", "-at_install")
class TestMailServerSetUpByHand(MailjetCommon):
    def create_by_hand(self, **vals):
        return self.create_other_server(
            **{
                "name": "By hand",
                "smtp_host": "in-v3.mailjet.com",
                "smtp_port": 25,
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
                "from_filter": "company.example",
                **vals,
            }
        )

    def test_recognised_and_left_alone(self):
        server = self.create_by_hand()
        self.assertTrue(server.mailjet_is_candidate)
        self.assertEqual(server.smtp_authentication, "login")
        self.assertEqual(server.smtp_port, 25)

    def test_others_are_not_offered(self):
        self.assertFalse(self.create_other_server().mailjet_is_candidate)
        self.assertFalse(self.create_server().mailjet_is_candidate)
        personal = self.create_by_hand(owner_user_id=self.env.user.id)
        self.assertFalse(personal.mailjet_is_candidate)

    def test_use_as_mailjet_server(self):
        server = self.create_by_hand()
        action = server.action_use_as_mailjet_server()
        self.assertIn("By hand", action["params"]["message"])
        self.assertRecordValues(
            server,
            [
                {
                    "name": "By hand",
                    "smtp_authentication": "mailjet",
                    "smtp_host": "in-v3.mailjet.com",
                    "smtp_port": 587,
                    "smtp_encryption": "starttls_strict",
                    "smtp_user": API_KEY,
                    "smtp_pass": SECRET_KEY,
                    "from_filter": "company.example",
                    "mailjet_purpose": "all",
                    "mailjet_is_candidate": False,
                }
            ],
        )

    def test_use_keeps_ssl_and_the_dedicated_server(self):
        server = self.create_by_hand(
            smtp_host="in.mailjet.com",
            smtp_port=465,
            smtp_encryption="ssl",
            from_filter=False,
        )
        server._make_dedicated()
        server.action_use_as_mailjet_server()
        self.assertEqual(server.smtp_host, "in-v3.mailjet.com")
        self.assertEqual(server.smtp_port, 465)
        self.assertEqual(server.smtp_encryption, "ssl_strict")
        self.assertEqual(server.mailjet_purpose, "mass_mailing")

    def test_others_cannot_be_used(self):
        server = self.create_other_server()
        with self.assertRaisesRegex(UserError, "not set up for Mailjet"):
            server.action_use_as_mailjet_server()
        self.assertEqual(server.smtp_host, "smtp.other.example")

    def test_use_without_keys_says_what_is_missing(self):
        server = self.create_by_hand(smtp_pass=False)
        with self.assertRaisesRegex(ValidationError, "Enter the secret key"):
            server.action_use_as_mailjet_server()
