import json
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ...const import EVENT_TYPES
from ...models.events import ir_mail_server_reachability
from ...tools.mailjet import event_address
from ...tools.mailjet.resources import MailjetApi
from ..common import API_KEY, SECRET_KEY, MailjetRestCommon

FOREIGN = "https://shop:secret@shop.example/hooks/mailjet?key=12"


@tagged("post_install", "-at_install")
class TestMailjetEventRegistration(MailjetRestCommon, HttpCase):
    """Over real sockets, with the stand-in Mailjet and this Odoo's own address."""

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.event_base_url", self.base_url()
        )

        def try_address(*args, **kwargs):
            # The test server answers only if requests are allowed; flushing stands in
            # for the commit
            self.env.flush_all()
            with self.allow_requests(all_requests=True):
                return event_address.try_address(*args, **kwargs)

        self.enterContext(
            patch.object(ir_mail_server_reachability, "try_address", try_address)
        )

    def states(self):
        self.server.invalidate_recordset()
        return {one.event: one.state for one in self.server.mailjet_callback_ids}

    def callback(self, event):
        return self.server.mailjet_callback_ids.filtered(lambda c: c.event == event)

    def at_mailjet(self):
        return {row["EventType"]: row for row in self.account.callbacks}

    def add_foreign(self, event="open"):
        with MailjetApi(API_KEY, SECRET_KEY, self.rest.url) as client:
            client.create_callback(event, FOREIGN)

    def test_registers_all_types(self):
        self.server.action_mailjet_register()
        self.assertEqual(self.states(), dict.fromkeys(EVENT_TYPES, "ours"))
        self.assertTrue(self.server.mailjet_reports_sent)
        for row in self.at_mailjet().values():
            self.assertEqual(row["Version"], 2)
            self.assertIn(self.server.mailjet_event_token, row["Url"])
        # Registering again changes nothing
        self.server.action_mailjet_register()
        self.assertEqual(len(self.account.callbacks), len(EVENT_TYPES))

    def test_nothing_secret_is_shown(self):
        self.add_foreign()
        self.server.action_mailjet_register()
        shown = str(self.server.mailjet_callback_ids.read())
        shown += str(self.server.read(["mailjet_event_url"]))
        for secret in (
            self.server.mailjet_event_token,
            self.server.mailjet_event_password,
            "secret@",
            "key=12",
        ):
            self.assertNotIn(secret, shown)
        self.assertIn("shop.example/hooks/mailjet", shown)

    def test_no_error_of_mailjets_shows_a_secret(self):
        url = self.server._mailjet_private_event_url()
        said = {"ErrorInfo": url, "ErrorMessage": f"Cannot post to {url}"}
        body = json.dumps({**said, "StatusCode": 400}).encode()
        self.rest.faults.add(
            "garbage", path="eventcallbackurl", method="POST", body=body, status=400
        )
        with self.assertRaisesRegex(UserError, "Cannot post to") as caught:
            self.server.action_mailjet_register()
        for secret in (
            self.server.mailjet_event_token,
            self.server.mailjet_event_password,
        ):
            self.assertNotIn(secret, str(caught.exception))

    def test_a_foreign_address_stays(self):
        self.add_foreign()
        self.server.action_mailjet_register()
        self.assertEqual(self.at_mailjet()["open"]["Url"], FOREIGN)
        ours = dict.fromkeys(EVENT_TYPES, "ours")
        self.assertEqual(self.states(), {**ours, "open": "other"})
        self.server.action_mailjet_unregister()
        self.assertEqual(list(self.at_mailjet()), ["open"])
        self.assertEqual(self.at_mailjet()["open"]["Url"], FOREIGN)
        self.assertFalse(self.server.mailjet_reports_sent)
        callback = self.callback("open")
        with self.assertRaisesRegex(UserError, "not deleted from here"):
            callback.action_unregister()

    def test_replacing_asks_first(self):
        self.add_foreign()
        self.server.action_mailjet_read_callbacks()
        callback = self.callback("open")
        question = self.env["mailjet.callback.replace"].create(
            {"callback_id": callback.id}
        )
        self.assertIn("shop.example", question.url)
        question.action_replace()
        self.assertEqual(callback.state, "ours")
        self.assertEqual(list(self.at_mailjet()), ["open"])

    def test_one_type_alone(self):
        self.server.action_mailjet_read_callbacks()
        self.assertEqual(self.states(), dict.fromkeys(EVENT_TYPES, "none"))
        bounce = self.callback("bounce")
        bounce.action_register()
        self.assertEqual(bounce.state, "ours")
        self.assertFalse(self.server.mailjet_reports_sent)
        bounce.action_unregister()
        self.assertEqual(bounce.state, "none")
        self.assertFalse(self.account.callbacks)

    def test_an_address_that_does_not_answer_is_not_registered(self):
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.event_base_url", "http://127.0.0.1:9"
        )
        with self.assertRaisesRegex(UserError, "cannot be reached"):
            self.server.action_mailjet_register()
        self.assertFalse(self.account.callbacks)
        self.server.action_mailjet_try_address()
        self.assertIn("cannot be reached", self.server.mailjet_event_problem)

    def test_the_address_answers(self):
        self.server.action_mailjet_try_address()
        self.assertFalse(self.server.mailjet_event_problem)
        self.assertTrue(self.server.mailjet_event_checked_on)

    def test_a_copy_has_a_token_of_its_own(self):
        other = self.server.copy({"smtp_user": "a", "smtp_pass": "b"})
        self.assertTrue(other.mailjet_event_token)
        self.assertNotEqual(other.mailjet_event_token, self.server.mailjet_event_token)

    def test_without_encryption(self):
        for base, api, text in (
            ("http://odoo.example", "https://api.mailjet.com", "without encryption"),
            ("http://localhost:8069", "https://api.mailjet.com", "local address"),
        ):
            self.env["ir.config_parameter"].set_param(
                "mail_mailjet.event_base_url", base
            )
            self.point_at(self.server, mailjet_api_url=api)
            self.assertIn(text, self.server._mailjet_event_base_problem())

    def suspend(self, *events):
        with self.store.lock:
            for row in self.account.callbacks:
                if row["EventType"] in events:
                    row["Status"] = "dead"
        self.server.action_mailjet_read_callbacks()

    def test_registering_a_suspended_address_by_hand(self):
        """The other types, which share the address, get the new one, too."""
        self.server.action_mailjet_register()
        self.suspend("click")
        self.assertEqual(self.states()["click"], "suspended")
        self.assertTrue(self.server.mailjet_events_suspended)
        old = self.server.mailjet_event_token
        with patch.object(self.env.cr, "commit"):
            self.callback("click").action_register()
        self.assertNotEqual(self.server.mailjet_event_token, old)
        self.assertEqual(self.states(), dict.fromkeys(EVENT_TYPES, "ours"))
        self.assertFalse(self.server.mailjet_events_suspended)
        for row in self.account.callbacks:
            self.assertEqual(row["Status"], "alive")
            self.assertIn(self.server.mailjet_event_token, row["Url"])

    def test_an_address_that_does_not_answer_is_not_replaced(self):
        self.server.action_mailjet_register()
        self.suspend("click")
        old = self.server.mailjet_event_token
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.event_base_url", "http://127.0.0.1:9"
        )
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_check_callbacks").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.server.mailjet_event_token, old)
        self.assertEqual(self.states()["bounce"], "ours")

    def test_the_form_knows_what_is_registered(self):
        self.server.action_mailjet_read_callbacks()
        self.assertFalse(self.server.mailjet_gets_events)
        self.assertTrue(self.server.mailjet_misses_events)
        self.callback("bounce").action_register()
        self.assertTrue(self.server.mailjet_gets_events)
        self.assertTrue(self.server.mailjet_misses_events)
        self.server.action_mailjet_register()
        self.assertFalse(self.server.mailjet_misses_events)

    def test_a_suspended_address_is_replaced(self):
        self.server.action_mailjet_register()
        with self.store.lock:
            for row in self.account.callbacks:
                row["Status"] = "dead"
        old = self.server.mailjet_event_token
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_check_callbacks").method_direct_trigger()
        self.env.invalidate_all()
        self.assertNotEqual(self.server.mailjet_event_token, old)
        self.assertEqual(self.states(), dict.fromkeys(EVENT_TYPES, "ours"))
        for row in self.account.callbacks:
            self.assertEqual(row["Status"], "alive")
            self.assertIn(self.server.mailjet_event_token, row["Url"])
        [activity] = self.server.mailjet_callback_ids.activity_ids
        self.assertIn("stopped posting", activity.summary)
        self.assertTrue(self.server.mailjet_catch_up_from)

    def test_two_failed_wake_ups_change_the_token_once(self):
        """Or posts to the address that Mailjet still uses would be refused."""
        self.server.action_mailjet_register()
        self.suspend("click")
        old = self.server.mailjet_event_token
        self.rest.faults.add(
            "unauthorized", path="eventcallbackurl", method="PUT", times=None
        )
        tokens = []
        for _day in range(3):
            with patch.object(self.env.cr, "commit"), suppress(UserError):
                self.server._mailjet_check_callbacks()
            tokens.append(self.server.mailjet_event_token)
        self.assertEqual(len({old, *tokens}), 2)
        self.assertEqual(self.server.mailjet_event_old_token, old)
        self.rest.faults.clear()
        self.server._mailjet_check_callbacks()
        self.assertEqual(self.server.mailjet_event_token, tokens[0])
        self.assertEqual(self.states(), dict.fromkeys(EVENT_TYPES, "ours"))
        for row in self.account.callbacks:
            self.assertIn(tokens[0], row["Url"])

    def test_an_address_suspended_again_gets_another_token(self):
        self.server.action_mailjet_register()
        tokens = {self.server.mailjet_event_token}
        for _time in range(2):
            self.suspend("click")
            with patch.object(self.env.cr, "commit"):
                self.callback("click").action_register()
            tokens.add(self.server.mailjet_event_token)
        self.assertEqual(len(tokens), 3)

    def test_silence_is_noticed_once(self):
        self.server.action_mailjet_register()
        self.assertFalse(self.server._is_mailjet_silent())
        self.env["mailjet.sending"].create(
            {
                "server_id": self.server.id,
                "count": 3,
                "date": fields.Datetime.now() - timedelta(hours=20),
            }
        )
        for _run in range(2):
            self.server._mailjet_check_callbacks()
        [activity] = self.server.mailjet_callback_ids.activity_ids
        self.assertIn("No event", activity.summary)

    def test_an_outage_is_for_the_next_day(self):
        self.server.action_mailjet_register()
        self.rest.faults.add("unauthorized", times=None)
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_check_callbacks").method_direct_trigger()
        self.assertEqual(self.states(), dict.fromkeys(EVENT_TYPES, "ours"))

    def test_administrators_only(self):
        user = new_test_user(
            self.env, "marketing", "mass_mailing.group_mass_mailing_user"
        )
        server = self.server.with_user(user)
        for action in (
            server.action_mailjet_register,
            server.action_mailjet_unregister,
            server.action_mailjet_read_callbacks,
            server.action_mailjet_try_address,
            server.action_mailjet_catch_up,
        ):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            server.read(["mailjet_event_token"])

    def test_a_neutralized_copy_changes_nothing_at_mailjet(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        with self.assertRaisesRegex(UserError, "copy for testing"):
            self.server.action_mailjet_register()
