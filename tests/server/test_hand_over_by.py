"""The choice between SMTP and the Send API: on the server, in the set-up, in tests."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ...tools.smtp.probe import PortAnswer
from ...wizard import mailjet_setup_steps
from ..common import API_KEY, SECRET_KEY, MailjetRestCommon, MailjetSmtpCommon
from ..standins import RestStandin

CLOSED = PortAnswer(587, "starttls", False, 4.0)


@tagged("post_install", "-at_install")
class TestConnectionBySendApi(MailjetSmtpCommon):
    _request_handler = MailjetRestCommon._request_handler

    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        senders = self.mailjet.store.account(API_KEY).senders
        self.addCleanup(senders.clear)
        self.mailjet.store.add_sender(API_KEY, "*@company.example")
        self.mailjet.faults.clear()
        self.server = self.create_standin_server(
            mailjet_api_url=self.rest.url,
            mailjet_transport="api",
            from_filter="company.example",
        )

    def assert_result(self, kind, sentence=""):
        params = self.server.test_smtp_connection()["params"]
        self.assertEqual(params["type"], kind, params["message"])
        self.assertIn(sentence, params["message"])
        for secret in (SECRET_KEY, API_KEY):
            self.assertNotIn(secret, params["message"])
        self.assertFalse(self.mailjet.store.messages, "A test sends nothing")
        return params["message"]

    def test_what_is_chosen_is_tested(self):
        before = len(self.mailjet.connections)
        self.assert_result("success", "Send API")
        self.assertEqual(self.server.mailjet_state, "working")
        self.assertEqual(len(self.mailjet.connections), before)
        self.server.mailjet_transport = "mixed"
        self.assertEqual(self.server.mailjet_state, "untested")
        self.assert_result("success")
        self.assertEqual(len(self.mailjet.connections), before + 1)
        self.mailjet.faults.add("AUTH", "535 5.7.8 No", times=None)
        self.assert_result("danger", "refused the pair")
        self.mailjet.faults.clear()
        self.server.mailjet_transport = "smtp"
        self.rest.faults.add("error", status=500, times=None)
        self.assert_result("success")

    def test_a_failure_in_words(self):
        self.rest.faults.add("unauthorized", path="send")
        self.assert_result("danger", "refused the pair")
        self.rest.faults.add("error", status=503, path="send")
        self.assert_result("danger", "cannot take any email at the moment")
        self.rest.faults.add("garbage", body=b"<html>", status=200, path="send")
        self.assert_result("danger")
        self.server.from_filter = "foreign.example"
        self.assert_result("danger", "sender")
        self.assertEqual(self.server.mailjet_state, "failing")
        self.rest.stop()
        self.assert_result("danger", "HTTPS")

    def test_size_is_asked_by_smtp(self):
        self.server.action_retrieve_max_email_size()
        self.assertEqual(self.server.mailjet_state, "working")

    def test_a_copy_for_testing_sends_nothing(self):
        set_param = self.env["ir.config_parameter"].set_param
        set_param("database.is_neutralized", "true")
        self.assert_result("danger", "copy for testing")

    def test_other_servers_know_nothing_of_it(self):
        other = self.create_other_standin_server()
        self.assertEqual(other.mailjet_transport, "smtp")
        with Form(other) as form, self.assertRaises(AssertionError):
            form.mailjet_transport = "api"  # it is not to be seen
        other.mailjet_transport = "api"
        connection = self.env["ir.mail_server"]._connect__(mail_server_id=other.id)
        connection.quit()
        self.assertFalse(other._mailjet_uses_api())


@tagged("post_install", "-at_install")
class TestSendApiInSetup(MailjetRestCommon):
    def setUp(self):
        super().setUp()
        self.server.unlink()

    def enter_keys(self):
        self.MailServer.action_mailjet_setup()
        setup = self.env["mailjet.setup"].create({})
        with Form(setup) as form:
            form.api_key = API_KEY
            form.secret_key = SECRET_KEY
            form.region = "other"
            form.api_url = self.rest.url
        setup.action_next()
        return setup

    def set_up_by_api(self):
        """Return a set-up that can send a test email by the Send API."""
        setup = self.enter_keys()
        setup.transport = "api"
        setup.action_next()
        self.store.add_sender(API_KEY, "*@company.example")
        setup.server_id._mailjet_refresh()
        self.env.user.email = "admin@company.example"
        return setup

    def test_offered_where_no_smtp_port_answers(self):
        setup = self.enter_keys()
        with patch.object(
            mailjet_setup_steps, "try_other_ports", return_value=(CLOSED,)
        ) as ports:
            setup.action_next()
            self.assertEqual(setup.step, "use")
            self.assertEqual(setup.transport, "api")
            self.assertIn("seems to block SMTP", setup.notice)
            self.assertEqual(setup.server_id.mailjet_transport, "smtp", "Not yet")
            setup.action_next()
            self.assertEqual(setup.step, "domains")
            self.assertEqual(setup.server_id.mailjet_transport, "api")
            self.assertEqual(ports.call_count, 1)

    def test_the_test_email_goes_that_way_too(self):
        setup = self.set_up_by_api()
        setup.action_send_test()
        self.assertEqual((setup.state, setup.delivery), ("done", "waiting"))
        self.assertTrue(setup.is_ok)
        self.assertEqual(self.rest.requests[-1].path, "/v3.1/send")

    def test_a_test_email_that_the_send_api_refuses_says_why(self):
        setup = self.set_up_by_api()
        self.rest.faults.add("error", status=401, times=None)
        setup.action_send_test()
        self.assertEqual((setup.state, setup.delivery), ("done", False))
        self.assertFalse(setup.is_ok)
        self.assertTrue(setup.test_reason)

    def test_whoever_wants_smtp_gets_it(self):
        setup = self.enter_keys()
        with patch.object(
            mailjet_setup_steps, "try_other_ports", return_value=(CLOSED,)
        ):
            setup.action_next()
            setup.transport = "smtp"
            setup.action_next()
        self.assertEqual(setup.step, "domains")
        self.assertEqual(setup.server_id.mailjet_transport, "smtp")

    def test_not_offered_where_a_port_answers(self):
        setup = self.enter_keys()
        setup.action_next()
        self.assertEqual(setup.step, "domains")
        self.assertFalse(setup.is_smtp_blocked)

    def test_the_choice_is_taken_over(self):
        setup = self.enter_keys()
        setup.transport = "mixed"
        setup.action_next()
        self.assertEqual(setup.server_id.mailjet_transport, "mixed")
        again = self.env["mailjet.setup"].browse(
            setup.server_id.action_mailjet_setup()["res_id"]
        )
        self.assertEqual(again.transport, "mixed")


@tagged("post_install", "-at_install")
class TestSendApiInSmtpTest(MailjetRestCommon):
    def test_offered_where_no_smtp_port_answers(self):
        test = self.open_test()
        with patch("odoo.addons.mail_mailjet.tools.smtp.probe.PORTS", {9: "ssl"}):
            self.run_test(test)
            self.assertEqual(test.rest_state, "accepted")
            self.assertTrue(test.offers_api)
        self.store.add_sender(API_KEY, "*@company.example")
        self.server.from_filter = "company.example"
        action = test.action_use_send_api()
        self.assertEqual(action["res_id"], self.server.id)
        self.assertEqual(self.server.mailjet_transport, "api")
        self.assertEqual(self.server.mailjet_state, "working")
        # Its button goes: there is nothing left to offer
        self.assertEqual(test.transport, "api")

    def test_not_offered_without_an_answer_of_the_api(self):
        test = self.open_test()
        self.rest.faults.add("error", status=500, times=None)
        with patch("odoo.addons.mail_mailjet.tools.smtp.probe.PORTS", {9: "ssl"}):
            self.run_test(test)
        self.assertFalse(test.offers_api)
        with self.assertRaises(UserError):
            test.action_use_send_api()

    def open_test(self):
        self.point_at(self.server, smtp_host="localhost", smtp_port=9)
        action = self.server.action_mailjet_smtp_test()
        return self.env["mailjet.smtp.test"].browse(action["res_id"])

    def run_test(self, test):
        """Run a test as its thread does, within this transaction."""
        custom_id = test._new_custom_id()
        test._run(test._target(custom_id), test._api_url(), custom_id, test.write)
