from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ...models.events import ir_mail_server_reachability
from ..common import API_KEY, SECRET_KEY, MailjetRestCommon


@tagged("post_install", "-at_install")
class TestMailjetSetup(MailjetRestCommon):
    def setUp(self):
        super().setUp()
        self.server.unlink()

    def open(self, server=None):
        action = (server or self.MailServer).action_mailjet_setup()
        return self.env["mailjet.setup"].browse(action["res_id"])

    def enter_keys(self, api_key=API_KEY, secret_key=SECRET_KEY, **vals):
        setup = self.open()
        with Form(setup) as form:
            form.api_key = api_key
            form.secret_key = secret_key
            form.region = "other"
            form.api_url = vals.get("api_url", self.rest.url)
        setup.action_next()
        return setup

    def test_from_nothing_to_a_ready_server(self):
        setup = self.enter_keys()
        self.assertEqual(setup.step, "use")
        self.assertIn("main account", setup.account)
        server = setup.server_id
        self.assertFalse(server.active)
        self.assertFalse(setup.secret_key)

        setup.action_next()
        self.assertEqual(setup.step, "senders")
        self.assertTrue(server.mailjet_refreshed_on)
        self.assertGreater(setup.missing_count, 2)
        setup.action_add_missing()
        self.assertFalse(setup.missing_count)
        self.assertIn("notifications@company.example", setup.notice)
        self.assertEqual(set(setup.address_ids.mapped("state")), {"waiting"})

        setup.action_next()
        self.assertEqual(setup.step, "domains")
        domain = setup.domain_ids.filtered(lambda d: d.name == "company.example")
        self.dns.load({domain.ownership_name: {"TXT": [domain.ownership_token]}})
        setup.action_add_domains()
        setup.action_check_domains()
        self.assertTrue(domain.is_proven)
        self.assertEqual(domain.ownership_state, "ok")

        setup.action_next()
        self.assertEqual(setup.step, "events")
        self.assertEqual(set(setup.callback_ids.mapped("state")), {"none"})
        with patch.object(
            ir_mail_server_reachability, "try_address", return_value=None
        ):
            setup.action_register_events()
        self.assertFalse(setup.notice)
        self.assertEqual(set(setup.callback_ids.mapped("state")), {"ours"})

        setup.action_next()
        self.assertEqual(setup.step, "ready")
        self.assertEqual(setup.from_filter_after, "company.example")
        self.assertFalse(setup.open_points)
        with patch.object(type(server), "test_smtp_connection") as test:
            action = setup.action_finish()
        test.assert_called_once()
        self.assertEqual(action["res_id"], server.id)
        self.assertRecordValues(
            server,
            [
                {
                    "active": True,
                    "from_filter": "company.example",
                    "mailjet_purpose": "all",
                    "smtp_user": API_KEY,
                    "smtp_pass": SECRET_KEY,
                    "smtp_host": "in-v3.mailjet.com",
                }
            ],
        )

        again = self.open(server)
        self.assertEqual(again.step, "senders")
        self.rest.clear_requests()
        [before] = server.read()
        for _step in ("domains", "events", "ready"):
            again.action_next()
        with patch.object(type(server), "test_smtp_connection"):
            again.action_finish()
        [after] = server.read()
        self.assertEqual(after, {**before, **self.when_read(after)})
        self.assertEqual({one.method for one in self.rest.requests}, {"GET"})

    def when_read(self, values):
        return {
            name: values[name]
            for name in ("mailjet_callbacks_read_on", "mailjet_callback_ids")
        }

    def test_left_and_taken_up_again(self):
        setup = self.enter_keys()
        server = setup.server_id
        again = self.open(server)
        self.assertEqual(again.step, "keys")
        self.assertEqual(again.api_key, API_KEY)
        again.action_next()  # the secret is known already
        again.action_next()
        self.assertEqual(self.open(server).step, "senders")
        self.assertEqual(
            self.MailServer.with_context(active_test=False).search_count([]), 1
        )
        again.action_back()
        self.assertEqual(again.step, "use")

    def test_swapped_keys_are_put_right(self):
        setup = self.enter_keys(api_key=SECRET_KEY, secret_key=API_KEY)
        self.assertIn("wrong way round", setup.notice)
        self.assertEqual(setup.api_key, API_KEY)
        self.assertEqual(setup.server_id.smtp_pass, SECRET_KEY)

    def test_refusals_have_their_own_words(self):
        setup = self.enter_keys(secret_key="f" * 32)
        self.assertEqual(setup.step, "keys")
        self.assertIn("does not accept these keys", setup.notice)
        self.assertNotIn("f" * 32, setup.notice)
        self.assertFalse(setup.secret_key, "A refused key is not kept")
        with self.store.lock:
            self.account.row["Runlevel"] = "Softlock"
        for vals, reason in (
            ({}, "has restricted it"),
            ({"api_url": "http://127.0.0.1:9"}, "does not answer"),
            ({"secret_key": " "}, "Enter both keys"),
        ):
            setup = self.enter_keys(**vals)
            self.assertEqual(setup.step, "keys")
            self.assertIn(reason, setup.notice)
            self.assertFalse(setup.api_key or setup.secret_key, "Nothing is kept")
        self.assertFalse(self.MailServer.with_context(active_test=False).search([]))

    def test_a_sub_account_is_told_from_the_main_one(self):
        self.store.add_key("b" * 32, "c" * 32)
        setup = self.enter_keys("b" * 32, "c" * 32)
        self.assertIn("sub-account", setup.account)

    def test_a_failure_in_the_middle_keeps_what_was_done(self):
        setup = self.enter_keys()
        setup.action_next()
        count = setup.missing_count
        self.rest.faults.add("error", path="sender", method="POST")
        setup.action_add_missing()
        self.assertEqual(setup.missing_count, 1)
        self.assertGreaterEqual(len(setup.notice.splitlines()), count)
        setup.action_add_missing()
        self.assertFalse(setup.missing_count)

    def test_the_last_step_names_what_is_open(self):
        setup = self.enter_keys()
        setup.action_next()
        setup.address_ids.filtered(
            lambda a: a.email == "bounce@company.example"
        ).action_add()
        for _step in ("senders", "domains", "events"):
            setup.action_next()
        self.assertEqual(setup.step, "ready")
        missing, waiting, unproven, unposted = setup.open_points.splitlines()
        self.assertIn("Events not posted to Odoo: Delivered", unposted)
        self.assertIn("Unknown to Mailjet: ", missing)
        self.assertIn("catchall@company.example", missing)
        self.assertEqual(waiting, "Waiting for activation: bounce@company.example")
        self.assertIn("Ownership not proven: ", unproven)
        self.assertIn("company.example", unproven)

    def test_events_that_cannot_be_posted_here(self):
        setup = self.enter_keys()
        for _step in ("use", "senders", "domains"):
            setup.action_next()
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.event_base_url", "http://odoo.example"
        )
        setup.action_register_events()
        self.assertIn("without encryption", setup.notice)
        self.assertEqual(set(setup.callback_ids.mapped("state")), {"none"})

    def test_domains_can_be_proven_without_any_address_added(self):
        setup = self.enter_keys()
        for _step in ("use", "senders"):
            setup.action_next()
        self.assertEqual(setup.step, "domains")
        self.assertFalse(setup.domain_ids)
        self.assertEqual(setup.unknown_domains, "company.example")
        setup.action_add_domains()
        self.assertFalse(setup.unknown_domains)
        domain = setup.domain_ids
        self.assertIn("has not found the proof yet", setup.notice)
        self.dns.load({domain.ownership_name: {"TXT": [domain.ownership_token]}})
        setup.action_check_domains()
        self.assertTrue(domain.is_proven)

    def test_a_stored_secret_goes_nowhere_else(self):
        self.enter_keys().action_next()
        server = self.MailServer.with_context(active_test=False).search([])
        again = self.open(server)
        again.write(
            {"step": "keys", "region": "other", "api_url": "http://localhost:9"}
        )
        again.action_next()
        self.assertEqual((again.step, again.notice), ("keys", "Enter both keys."))
        again.write({"step": "use", "smtp_host": "evil.example"})
        with self.assertRaisesRegex(UserError, "secret key"):
            again.action_next()
        self.assertFalse(server.smtp_pass)

    def test_only_for_administrators(self):
        user = new_test_user(
            self.env,
            "mj_marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        with self.assertRaises(AccessError):
            self.MailServer.with_user(user).action_mailjet_setup()
