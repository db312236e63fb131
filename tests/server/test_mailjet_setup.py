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
        return self.setup_of(action)

    def setup_of(self, action):
        setups = self.env["mailjet.setup"]
        return setups.browse(action["res_id"]) or setups.create({})

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
        self.assertEqual(setup.step, "domains")
        self.assertTrue(server.mailjet_refreshed_on)
        setup.action_add_domains()
        domain = setup.domain_ids.filtered(lambda d: d.name == "company.example")
        self.dns.load({domain.ownership_name: {"TXT": [domain.ownership_token]}})
        setup.action_check_domains()
        self.assertTrue(domain.is_proven)
        self.assertEqual(domain.ownership_state, "ok")

        setup.action_next()
        self.assertEqual(setup.step, "senders")
        states = dict(setup.address_ids.mapped(lambda one: (one.email, one.state)))
        self.assertEqual(states["notifications@company.example"], "covered")
        setup.action_add_missing()
        self.assertFalse(setup.missing_count)
        self.assertNotIn("company.example", setup.notice or "")

        setup.action_next()
        self.assertEqual(setup.step, "events")
        self.assertEqual(set(setup.callback_ids.mapped("state")), {"none"})
        with patch.object(
            ir_mail_server_reachability, "try_address", return_value=None
        ):
            setup.action_register_events()
        self.assertIn("all its events", setup.notice)
        self.assertEqual(set(setup.callback_ids.mapped("state")), {"ours"})

        setup.action_next()
        self.assertEqual(setup.step, "test")
        setup.action_next()
        self.assertEqual(setup.step, "ready")
        self.assertEqual(setup.from_filter_after, "company.example")
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
        self.assertEqual(again.step, "domains")
        self.rest.clear_requests()
        [before] = server.read()
        for _step in ("senders", "events", "test", "ready"):
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
        self.assertEqual(self.open(server).step, "domains")
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
        setup.action_next()
        setup.address_ids.filtered(
            lambda a: a.email == "bounce@company.example"
        ).action_add()
        for _step in ("senders", "events", "test"):
            setup.action_next()
        self.assertEqual(setup.step, "ready")
        nothing, missing, waiting, unproven, unposted = setup.open_points.splitlines()
        self.assertIn("Events not posted to Odoo: Delivered", unposted)
        self.assertIn("Unknown to Mailjet: ", missing)
        self.assertIn("catchall@company.example", missing)
        self.assertEqual(waiting, "Waiting for activation: bounce@company.example")
        self.assertIn("Ownership not proven: ", unproven)
        self.assertIn("company.example", unproven)

    def test_events_that_cannot_be_posted_here(self):
        setup = self.enter_keys()
        for _step in ("use", "domains", "senders"):
            setup.action_next()
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.event_base_url", "http://odoo.example"
        )
        setup.action_register_events()
        self.assertIn("without encryption", setup.notice)
        self.assertEqual(set(setup.callback_ids.mapped("state")), {"none"})

    def test_domains_can_be_proven_without_any_address_added(self):
        setup = self.enter_keys()
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

    def test_domains_of_companies_are_proposed_but_free_mail(self):
        self.env["mail.alias.domain"].search([]).unlink()
        companies = self.env["res.company"].search([])
        companies.email = False
        setup = self.enter_keys()
        setup.action_next()
        self.assertFalse(setup.unknown_domains)
        companies.create(
            [
                {"name": f"Company {number}", "email": email}
                for number, email in enumerate(
                    (
                        "Shop <info@Shop.example>",
                        "sales@shop.example",
                        "me@gmail.com",
                        "no address",
                        "a@other.example",
                        "a@third.example",
                        "a@müller.example",
                        "a@xn--mller-kva.example",
                    )
                )
            ]
        )
        setup.invalidate_recordset()
        self.assertEqual(
            setup.unknown_domains.replace("müller", "xn--mller-kva"),
            "other.example, shop.example, third.example, xn--mller-kva.example",
        )
        setup.action_add_domains()
        self.assertFalse(setup.unknown_domains)
        self.assertEqual(len(setup.domain_ids), 4)
        setup.action_add_domains()  # in a window that is out of date
        self.assertEqual(len(setup.domain_ids), 4)

    def test_any_domain_can_be_typed(self):
        setup = self.enter_keys()
        setup.action_next()
        setup.typed_domain = "not a domain"
        setup.action_next()
        self.assertEqual(setup.step, "domains", "Nothing typed is dropped silently")
        self.assertIn("or a domain such as", setup.notice)
        for typed in ("typed.example", " info@second.example "):
            setup.typed_domain = typed
            setup.action_add_typed_domain()
            self.assertFalse(setup.typed_domain)
        self.assertEqual(
            set(setup.domain_ids.mapped("name")), {"typed.example", "second.example"}
        )
        setup.action_next()
        self.assertEqual(setup.step, "senders")

    def test_ready_is_said_only_if_mailjet_accepts_an_address(self):
        setup = self.enter_keys()
        setup.action_next()
        self.assertIn("accepts no address of yours", setup.open_points)
        setup.action_add_domains()
        domain = setup.domain_ids
        self.dns.load({domain.ownership_name: {"TXT": [domain.ownership_token]}})
        setup.action_check_domains()
        self.assertNotIn("accepts no address", setup.open_points or "")

    def test_a_copy_for_testing_says_that_it_sends(self):
        self.assertFalse(self.open().is_copy)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.assertTrue(self.open().is_copy)

    def test_steps_end_at_both_ends(self):
        setup = self.open()
        setup.action_back()
        self.assertEqual(setup.step, "keys")
        setup = self.enter_keys()
        setup.action_next()
        setup.step = "ready"
        setup.action_next()
        self.assertEqual(setup.step, "ready")

    def test_a_set_up_that_is_continued_says_so(self):
        server = self.enter_keys().server_id
        again = self.open()
        self.assertEqual((again.server_id, again.is_continued), (server, True))
        other = self.setup_of(again.action_set_up_another())
        self.assertFalse(other.server_id or other.is_continued)
        again.action_next()
        self.assertFalse(again.is_continued)

    def test_defaults_of_the_keys_form_reach_no_other_record(self):
        setup = self.open()
        pair = {"api_key": "a" * 32, "secret_key": "b" * 32}
        setup.write({**pair, "region": "other", "api_url": self.rest.url})
        setup.smtp_host = "typed.example"
        context = setup.action_next()["context"]
        setup = setup.with_context(**context)
        setup.write({"api_key": API_KEY, "secret_key": SECRET_KEY})
        setup.action_next()
        self.assertEqual(setup.step, "use")
        self.assertNotEqual(setup.server_id.smtp_host, "typed.example")

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

    def all_servers(self):
        return self.MailServer.with_context(active_test=False).search([])

    def test_an_open_set_up_is_continued_wherever_it_is_opened(self):
        server = self.enter_keys().server_id
        self.assertTrue(server.mailjet_setup_unfinished)
        for opener in (self.MailServer, self.env["res.config.settings"]):
            action = opener.action_mailjet_setup()
            self.assertEqual(self.setup_of(action).server_id, server)
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.mailjet_setup_unfinished)
        self.assertFalse(self.open(server).api_key != API_KEY)
        server.active = True
        self.assertFalse(server.mailjet_setup_unfinished)
        self.assertFalse(self.open().server_id)

    def test_keys_in_use_are_recognized_before_anything_is_doubled(self):
        server = self.enter_keys().server_id
        again = self.setup_of(self.MailServer.action_mailjet_new_setup())
        for unfinished, words in (
            (True, "already been started"),
            (False, "already connected"),
        ):
            server.active = not unfinished
            for pair in ((API_KEY, SECRET_KEY), (SECRET_KEY, API_KEY)):
                with self.subTest(unfinished=unfinished, pair=pair):
                    again.write(
                        dict(
                            zip(("api_key", "secret_key"), pair, strict=True),
                            region="other",
                            api_url=self.rest.url,
                        )
                    )
                    action = again.action_next()
                    self.assertIn(words, again.notice)
                    self.assertEqual(again.twin_id, server)
                    self.assertEqual(action["context"]["default_twin_id"], server.id)
                    self.assertEqual(self.all_servers(), server)
            opened = again.action_open_twin()
            form = Form(self.env["mailjet.setup"].with_context(**action["context"]))
            form.save()  # the button saves, and no key has been typed again
            model = "mailjet.setup" if unfinished else "ir.mail_server"
            self.assertEqual(opened["res_model"], model)

    def test_keys_of_an_archived_server_are_recognized(self):
        server = self.enter_keys().server_id
        server.active = True
        server.active = False
        again = self.enter_keys()
        self.assertEqual(again.twin_id, server)
        self.assertIn("belongs to the archived server", again.notice)
        self.assertEqual(again.action_open_twin()["res_id"], server.id)

    def test_a_refused_key_stays_in_its_field_and_nowhere_else(self):
        setup = self.open()
        setup.write(
            {
                "api_key": "a" * 32,
                "secret_key": "b" * 32,
                "region": "other",
                "api_url": self.rest.url,
            }
        )
        action = setup.action_next()
        self.assertFalse(setup.api_key or setup.secret_key, "Nothing is stored")
        self.assertFalse(action["res_id"])
        form = Form(self.env["mailjet.setup"].with_context(**action["context"]))
        self.assertEqual(form.api_key, "a" * 32)
        self.assertFalse(form.secret_key)
        self.assertIn("does not accept", form.notice)
        self.assertEqual(form.api_url, self.rest.url)
        self.assertNotIn("b" * 32, str(action))

    def test_refused_keys_say_which_one_is_likely_wrong(self):
        good = "a" * 32
        for pair, words in (
            ((good, "x"), "The secret key is likely wrong"),
            (("x", good), "The API key is likely wrong"),
            ((good, "b" * 32), "Either key may be wrong"),
            ((good, good), "same key is in both fields"),
            (("me@company.example", good), "address you log in to Mailjet with"),
        ):
            with self.subTest(pair=pair):
                self.assertIn(words, self.enter_keys(*pair).notice)

    def test_each_address_is_asked_for_its_activation_once(self):
        setup = self.enter_keys()
        setup.action_next()
        setup.action_next()
        self.rest.clear_requests()
        setup.action_add_missing()
        paths = [one.path for one in self.rest.requests if one.method == "POST"]
        self.assertFalse([path for path in paths if "validate" in path])
        self.assertEqual(set(setup.address_ids.mapped("state")), {"waiting"})

    def test_an_administrator_without_an_address_can_finish(self):
        self.env.user.email = False
        setup = self.enter_keys()
        self.assertTrue(setup.user_lacks_email)
        for _step in ("use", "domains", "senders", "events", "test"):
            setup.action_next()
        with self.assertRaisesRegex(UserError, "no email address"):
            setup.action_send_test()
        setup.action_finish()
        self.assertTrue(setup.server_id.active)

    def test_a_test_email_needs_an_accepted_sender(self):
        setup = self.enter_keys()
        setup.action_next()
        with self.assertRaisesRegex(UserError, "accepts no address"):
            setup.action_send_test()

    def test_events_of_others_are_named_and_replaced_on_demand(self):
        setup = self.enter_keys()
        server = setup.server_id
        sibling = self.create_server("Sibling")
        with server._mailjet_api() as client:
            client.create_callback("open", "https://crm.example/hook")
            client.create_callback("click", sibling._mailjet_private_event_url())
        server._mailjet_read_callbacks()
        states = {one.event: one.state for one in server.mailjet_callback_ids}
        self.assertEqual((states["open"], states["click"]), ("other", "sibling"))
        for callback in server.mailjet_callback_ids:
            self.assertNotIn(sibling.mailjet_event_token, callback.url or "")
        with patch.object(
            ir_mail_server_reachability, "try_address", return_value=None
        ):
            setup.action_register_events()
            self.assertIn("Opened, Clicked", setup.notice)
            self.assertTrue(setup.shares_events)
            setup.action_replace_events()
        self.assertIn("all its events", setup.notice)
        self.assertEqual(set(setup.callback_ids.mapped("state")), {"ours"})

    def test_only_for_administrators(self):
        user = new_test_user(
            self.env,
            "mj_marketing",
            groups="base.group_user,mass_mailing.group_mass_mailing_user",
        )
        with self.assertRaises(AccessError):
            self.MailServer.with_user(user).action_mailjet_setup()
