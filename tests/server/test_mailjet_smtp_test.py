import base64
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ...wizard import mailjet_smtp_test_run
from ..common import API_KEY, SECRET_KEY, MailjetRestCommon, MailjetSmtpCommon

WRONG = "not-the-right-secret"


@tagged("post_install", "-at_install")
class TestMailjetSmtpTest(MailjetRestCommon, MailjetSmtpCommon):
    def setUp(self):
        super().setUp()
        port = self.mailjet.starttls_port
        self.point_at(self.server, smtp_host="localhost", smtp_port=port)

    def open(self, server=None, **vals):
        action = (server or self.server).action_mailjet_smtp_test()
        test = self.env["mailjet.smtp.test"].browse(action["res_id"])
        test.write({"email_from": "hello@company.example", **vals})
        return test

    def run_test(self, test):
        """Run it in this thread: another would not see what this test has written."""

        def start(test, target, api_url, custom_id):
            test._run(target, api_url, custom_id, test.write)

        with patch.object(type(test), "_start", start):
            test.action_run()
            self.assertEqual(test.state, "running")
            self.env.cr.postcommit.run()
        self.assertEqual(test.state, "done")
        return test

    def states(self, test):
        return [step["state"] for step in test.steps]

    def test_a_server_that_works(self):
        test = self.run_test(self.open())
        self.assertTrue(test.is_ok)
        self.assertEqual(self.states(test), ["ok"] * 8 + ["skipped"] * 2)
        self.assertEqual((test.smtp_state, test.rest_state), ("accepted", "accepted"))
        self.assertFalse(test.pair_reason)
        self.assertFalse(self.mailjet.store.messages)
        self.assertIn("MAIL FROM", test.transcript.upper())

    def test_a_real_mail(self):
        self.enterContext(patch.object(mailjet_smtp_test_run, "DELIVERY_DEADLINE", 0.1))
        test = self.run_test(self.open(deliver=True, email_to="somebody@example.org"))
        self.assertTrue(test.is_ok)
        self.assertEqual(self.states(test), ["ok"] * 10)
        [message] = self.mailjet.store.messages
        self.assertEqual(message.rcpt_tos, ("somebody@example.org",))
        self.assertIn(message.queued_id, test.steps[-1]["detail"])

    def test_what_became_of_a_real_mail(self):
        self.enterContext(patch.object(mailjet_smtp_test_run, "DELIVERY_DEADLINE", 0.1))
        # SMTP and REST share one store
        self.rest.store = self.mailjet.store
        for word, delivery, reason in (
            ("anybody", "delivered", "Delivered to the recipient's server after"),
            ("bounce", "failed", "There is no such mailbox."),
            ("complained", "failed", "reported an earlier email as spam"),
            ("greylisted", "under_way", "had not delivered it"),
            ("dropped", "no_trace", "drops email from unknown senders"),
        ):
            with self.subTest(word=word):
                email_to = f"{word}@example.org"
                test = self.run_test(self.open(deliver=True, email_to=email_to))
                self.assertEqual(test.delivery, delivery)
                self.assertIn(reason, test.delivery_reason)
        self.rest.faults.add("unauthorized", path="message")
        test = self.run_test(self.open(deliver=True, email_to="a@example.org"))
        self.assertEqual(test.delivery, "not_asked")
        self.assertTrue(test.is_ok)
        test = self.run_test(self.open(email_to="a@example.org"))
        self.assertFalse(test.delivery, "Nothing was sent")

    def test_leads_to_where_it_can_be_changed(self):
        for vals, verb, reply, model in (
            ({"smtp_port": 9}, None, None, "ir.mail_server"),
            ({}, "MAIL", "550 5.7.1 Sender not allowed", "mailjet.sender"),
            ({}, "MAIL", "550 5.7.1 Domain not verified", "mailjet.domain"),
        ):
            with self.subTest(model=model):
                if verb:
                    self.mailjet.faults.add(verb, reply)
                test = self.run_test(self.open(**vals))
                self.assertEqual(test.action_open_screen()["res_model"], model)
                self.assertFalse(test.link)

    def test_an_interrupted_test_can_be_run_again(self):
        test = self.open()
        test.state = "running"
        for minutes, is_interrupted in ((0, False), (1, True)):
            moment = fields.Datetime.add(test.write_date, minutes=minutes)
            with freeze_time(moment):
                test.invalidate_recordset()
                self.assertEqual(test.is_interrupted, is_interrupted)
        self.assertTrue(self.run_test(test).is_ok)

    def test_a_wrong_secret(self):
        test = self.run_test(self.open(smtp_pass=WRONG))
        self.assertFalse(test.is_ok)
        self.assertEqual(test.title, "API key and secret key refused")
        self.assertIn("Copy both again", test.cure)
        self.assertIn("535", test.detail)
        self.assertEqual((test.smtp_state, test.rest_state), ("refused", "refused"))
        self.assertEqual(self.states(test)[5:7], ["failed", "not_reached"])
        for secret in (WRONG, SECRET_KEY, f"\0{API_KEY}\0{WRONG}"):
            for form in (secret, base64.b64encode(secret.encode()).decode()):
                self.assertNotIn(form, test.transcript)
                self.assertNotIn(form, str(test.read()))

    def test_a_secret_that_was_reset_works_over_smtp_for_an_hour(self):
        with self.store.lock:
            self.account.secret_key = "d" * 32
        test = self.run_test(self.open())
        self.assertTrue(test.is_ok)
        self.assertEqual((test.smtp_state, test.rest_state), ("accepted", "refused"))
        self.assertIn("still accepts the pair", test.pair_reason)

    def test_another_port_is_offered(self):
        answers = {self.mailjet.tls_port: "ssl"}
        test = self.open(smtp_port=9)
        with patch("odoo.addons.mail_mailjet.tools.smtp.probe.PORTS", answers):
            self.run_test(test)
            self.assertEqual(test.title, "Connection refused")
            self.assertEqual(test.other_port, self.mailjet.tls_port)
            with patch.object(type(test), "_start"):
                test.action_use_port()
        self.assertEqual(
            (test.smtp_port, test.security), (self.mailjet.tls_port, "ssl")
        )
        self.assertEqual(self.server.smtp_port, self.mailjet.tls_port)
        self.assertEqual(self.server.smtp_encryption, "ssl_strict")

    def test_archived_other_and_no_server(self):
        self.server.active = False
        self.assertTrue(self.run_test(self.open()).is_ok)
        other = self.create_other_standin_server()
        test = self.run_test(self.open(other))
        self.assertTrue(test.is_ok)
        self.assertFalse(test.rest_state, "Its keys are none of Mailjet's business")
        blank = self.env["mailjet.smtp.test"]._action_open()
        blank = self.env["mailjet.smtp.test"].browse(blank["res_id"])
        self.assertEqual(blank.smtp_host, "in-v3.mailjet.com")
        blank.write(
            {
                "smtp_host": "localhost",
                "smtp_port": other.smtp_port,
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
            }
        )
        self.assertTrue(self.run_test(blank).is_ok)

    def test_the_stored_secret_goes_to_its_server_only(self):
        """Verified, encrypted and to the same host; whatever else has to be typed."""
        for vals in (
            {"smtp_host": "127.0.0.1"},
            {"smtp_host": "in-v3.mailjet.com"},
            {"security": "none"},
            {"verify": False},
        ):
            with self.subTest(vals=vals):
                with self.assertRaisesRegex(UserError, "Type the password"):
                    self.open(**vals).action_run()
        typed = self.open(verify=False, smtp_pass=SECRET_KEY)
        self.assertTrue(self.run_test(typed).is_ok)
        self.assertFalse(typed.smtp_pass, "It was typed for one test")

    def test_a_typed_secret_goes_to_the_host_it_was_typed_for(self):
        test = self.open(smtp_host="127.0.0.1", smtp_pass=SECRET_KEY)
        self.assertTrue(self.run_test(test).is_ok)
        self.assertFalse(test.rest_state, "Mailjet's API was not asked")

    def test_nothing_typed_is_stored_for_an_impossible_test(self):
        with self.assertRaisesRegex(UserError, "Check server, port and addresses"):
            self.open(smtp_port=0, smtp_pass=SECRET_KEY)

    def test_from_the_set_up(self):
        action = self.server.action_mailjet_setup()
        setup = self.env["mailjet.setup"].browse(action["res_id"])
        test = self.env["mailjet.smtp.test"].browse(setup.action_smtp_test()["res_id"])
        self.assertEqual(test.server_id, self.server)
        self.assertTrue(self.run_test(test).is_ok)

    def test_what_cannot_be_tried_is_said(self):
        with self.assertRaisesRegex(UserError, "Check server, port and addresses"):
            self.open(smtp_port=0).action_run()

    def test_a_defect_ends_the_test(self):
        test = self.open()
        with (
            patch.object(
                mailjet_smtp_test_run, "probe", side_effect=RuntimeError("boom")
            ),
            self.assertLogs("odoo.addons.mail_mailjet", "ERROR"),
        ):
            self.run_test(test)
        self.assertFalse(test.is_ok)

    def test_the_password_is_never_sent_back(self):
        test = self.open(smtp_pass=WRONG)
        self.assertFalse(test.read(["smtp_pass"])[0]["smtp_pass"])

    def test_only_for_administrators(self):
        user = new_test_user(self.env, "mj_smtp_user", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.server.with_user(user).action_mailjet_smtp_test()
