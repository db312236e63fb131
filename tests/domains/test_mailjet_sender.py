from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..common import API_KEY, SECRET_KEY, MailjetRestCommon


@tagged("post_install", "-at_install")
class TestMailjetSender(MailjetRestCommon):
    def sender(self, email):
        return self.server.mailjet_sender_ids.filtered(lambda s: s.email == email)

    def test_refresh_creates_updates_and_archives(self):
        self.add_senders("*@company.example", "Info@Company.example")
        self.add_senders("later@company.example", active=False)
        action = self.server.action_mailjet_refresh()
        self.assertIn("3 senders and 1 domains", action["params"]["message"])
        self.assertRecordValues(
            self.server.mailjet_sender_ids,
            [
                {"email": "*@company.example", "status": "active", "is_domain": True},
                {
                    "email": "info@company.example",
                    "status": "active",
                    "is_domain": False,
                },
                {
                    "email": "later@company.example",
                    "status": "inactive",
                    "is_domain": False,
                },
            ],
        )
        domain = self.server.mailjet_domain_ids
        self.assertEqual(domain.name, "company.example")
        self.assertEqual(self.server.mailjet_sender_ids.domain_id, domain)
        self.assertTrue(domain.is_proven)
        self.assertEqual(domain.dkim_name, "mailjet._domainkey.company.example")
        self.assertTrue(domain.ownership_name.startswith("mailjet._"))

        gone = self.sender("info@company.example")
        later = self.sender("later@company.example")
        with self.store.lock:
            for row in self.account.senders:
                if row["Email"] == "later@company.example":
                    row.update(Status="Active", Name="Later")
                elif not row["Email"].startswith("*"):
                    row["Status"] = "Deleted"
        self.server.action_mailjet_refresh()
        self.assertEqual(len(self.server.mailjet_sender_ids), 2)
        self.assertFalse(gone.active)
        self.assertEqual((later.status, later.name), ("active", "Later"))

    def test_refresh_takes_as_many_queries_for_1000_senders_as_for_10(self):
        def refresh_in_queries():
            self.server.mailjet_refreshed_on = False  # written even within a second
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.rest.clear_requests()
            self.server.action_mailjet_refresh()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        def change_all():
            with self.store.lock:
                for row in self.account.senders:
                    row["Name"] += "x"

        self.add_senders(*(f"a{number}@company.example" for number in range(10)))
        self.server.action_mailjet_refresh()
        change_all()
        few = refresh_in_queries()
        self.add_senders(*(f"b{number}@company.example" for number in range(990)))
        create_many = refresh_in_queries()
        self.assertLessEqual(len(self.rest.requests), 3)
        change_all()
        change_many = refresh_in_queries()
        self.assertLessEqual(change_many, few)
        self.assertLessEqual(create_many, few)
        nothing_new = refresh_in_queries()
        self.assertLessEqual(nothing_new, few)
        self.assertEqual(len(self.server.mailjet_sender_ids), 1000)

    def test_two_accounts_share_nothing(self):
        self.store.add_key("b" * 32, "c" * 32)
        other = self.create_server(
            name="Sub-account",
            smtp_user="b" * 32,
            smtp_pass="c" * 32,
            mailjet_api_url=self.rest.url,
        )
        self.add_senders("info@company.example")
        self.add_senders("info@company.example", api_key="b" * 32, secret="c" * 32)
        (self.server | other).action_mailjet_refresh()
        self.assertEqual(len(self.server.mailjet_sender_ids), 1)
        self.assertEqual(len(other.mailjet_sender_ids), 1)
        self.assertNotEqual(self.server.mailjet_sender_ids, other.mailjet_sender_ids)
        self.assertNotEqual(self.server.mailjet_domain_ids, other.mailjet_domain_ids)

    def test_add_an_address(self):
        mails = []
        self.store.on_activation(lambda *mail: mails.append(mail))
        sender, message = self.server._mailjet_add_sender(" Info@company.example ")
        self.assertEqual(sender.email, "info@company.example")
        self.assertEqual(sender.status, "inactive")
        self.assertIn("has sent an email to info@company.example", message)
        self.assertTrue(mails)
        with self.store.lock:
            self.account.senders[0]["Status"] = "Active"
        self.assertIn("Active", sender.action_check()["params"]["message"])
        self.assertEqual(sender.status, "active")

    def test_add_a_domain_and_prove_it(self):
        wizard = self.env["mailjet.sender.add"].create(
            {"server_id": self.server.id, "domain": "company.example"}
        )
        message = wizard.action_add()["params"]["message"]
        self.assertIn("has not found the proof yet", message)
        sender = self.sender("*@company.example")
        domain = sender.domain_id
        self.assertFalse(domain.is_proven)
        self.dns.load({domain.ownership_name: {"TXT": [domain.ownership_token]}})
        params = sender.action_validate()["params"]
        self.assertEqual(params["type"], "success")
        self.assertEqual(sender.status, "active")
        self.assertTrue(domain.is_proven)

    def test_add_a_domain_as_people_write_it(self):
        wizard = self.env["mailjet.sender.add"].create(
            {"server_id": self.server.id, "domain": " https://Bücher.example/shop "}
        )
        wizard.action_add()
        domain = self.server.mailjet_domain_ids
        self.assertEqual(domain.name, "xn--bcher-kva.example")
        self.assertEqual(domain.display_name, "bücher.example")
        wizard.domain = "not a domain"
        with self.assertRaisesRegex(UserError, "not a domain is not a domain name"):
            wizard.action_add()

    def test_what_exists_already_is_used(self):
        for status in ("Active", "Inactive", "Deleted"):
            email = f"{status.lower()}@company.example"
            with self.subTest(status=status):
                self.add_senders(email, active=False)
                with self.store.lock:
                    self.account.senders[-1]["Status"] = status
                sender, _message = self.server._mailjet_add_sender(email)
                self.assertEqual(sender.email, email)
                again, _message = self.server._mailjet_add_sender(email)
                self.assertEqual(again, sender)

    def test_default_sender(self):
        self.add_senders("a@company.example", "b@company.example")
        self.server.action_mailjet_refresh()
        self.sender("a@company.example").action_set_default()
        self.sender("b@company.example").action_set_default()
        self.assertTrue(self.sender("b@company.example").is_default)

    def test_rename_and_delete(self):
        self.env.company.email = "info@company.example"
        self.add_senders("info@company.example", "*@company.example")
        self.server.action_mailjet_refresh()
        sender = self.sender("info@company.example")
        wizard = self.env["mailjet.sender.rename"].create({"sender_id": sender.id})
        wizard.name = "Office"
        wizard.email_type = "bulk"
        wizard.action_rename()
        self.assertEqual((sender.name, sender.email_type), ("Office", "bulk"))
        wizard.action_rename()  # Mailjet answers 304: nothing to change

        wizard = self.env["mailjet.sender.delete"].create({"sender_id": sender.id})
        self.assertEqual(
            wizard.used_for, f"info@company.example: {self.env.company.name}"
        )
        whole = self.env["mailjet.sender.delete"].create(
            {"sender_id": self.sender("*@company.example").id}
        )
        self.assertIn("notifications@company.example", whole.used_for)
        wizard.action_delete()
        self.assertFalse(sender.active)
        self.server.action_mailjet_refresh()
        self.assertFalse(self.sender("info@company.example"))
        back, _message = self.server._mailjet_add_sender("info@company.example")
        self.assertEqual(back, sender)
        self.assertTrue(back.active)

    def test_from_filter_is_offered_after_a_refresh(self):
        self.add_senders(
            "*@company.example", "info@company.example", "shop@elsewhere.example"
        )
        self.assertFalse(self.server.mailjet_filter_offer)
        self.server.action_mailjet_refresh()
        offer = "company.example, shop@elsewhere.example"
        self.assertEqual(self.server.mailjet_filter_offer, offer)
        self.assertFalse(self.server.from_filter)
        self.server.action_mailjet_set_filter()
        self.assertEqual(self.server.from_filter, offer)
        self.assertFalse(self.server.mailjet_filter_offer)
        self.server.write({"mailjet_purpose": "mass_mailing"})
        self.assertFalse(self.server.mailjet_filter_offer)

    def test_no_address(self):
        for wrong in ("", "nobody", "a@b@c", "*@", "a@b.example, c@d.example"):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                self.server._mailjet_add_sender(wrong)
        self.assertFalse(self.rest.requests)

    def test_errors_in_plain_words(self):
        self.server.smtp_pass = "wrong"
        with self.assertRaisesRegex(UserError, "does not accept the API key") as caught:
            self.server.action_mailjet_refresh()
        self.assertNotIn(SECRET_KEY, str(caught.exception))
        self.assertNotIn(API_KEY, str(caught.exception))
        self.assertFalse(self.server.mailjet_refreshed_on)

    def test_an_outage_keeps_what_was_read(self):
        self.add_senders("info@company.example")
        self.server.action_mailjet_refresh()
        read_on = self.server.mailjet_refreshed_on
        self.rest.stop()
        with self.assertRaisesRegex(UserError, "does not answer"):
            self.server._mailjet_add_sender("other@company.example")
        self.assertEqual(self.sender("info@company.example").status, "active")
        self.assertEqual(self.server.mailjet_refreshed_on, read_on)

    def test_a_neutralized_copy_reads_and_changes_nothing(self):
        self.add_senders("info@company.example", active=False)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.server.action_mailjet_refresh()
        sender = self.sender("info@company.example")
        self.rest.clear_requests()
        for action in (
            sender.action_validate,
            sender.action_set_default,
            lambda: self.server._mailjet_add_sender("other@company.example"),
        ):
            with self.assertRaisesRegex(UserError, "copy for testing"):
                action()
        self.assertEqual({request.method for request in self.rest.requests}, set())

    def test_who_may_do_what(self):
        self.add_senders("info@company.example", active=False)
        self.server.action_mailjet_refresh()
        sender = self.sender("info@company.example")
        marketing = new_test_user(
            self.env,
            "mj_marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        self.assertEqual(
            sender.with_user(marketing).read(["status"])[0]["status"], "inactive"
        )
        sender.domain_id.with_user(marketing).read(["name"])
        internal = new_test_user(self.env, "mj_internal", groups="base.group_user")
        self.rest.clear_requests()
        for user in (marketing, internal):
            record = sender.with_user(user)
            for action in (
                record.action_check,
                record.action_validate,
                record.action_set_default,
                record.unlink,
                self.server.with_user(user).action_mailjet_refresh,
                self.server.with_user(user).action_mailjet_addresses,
            ):
                with self.assertRaises(AccessError):
                    action()
        with self.assertRaises(AccessError):
            sender.with_user(internal).read(["status"])
        self.assertFalse(self.rest.requests)
