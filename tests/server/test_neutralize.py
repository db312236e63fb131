from datetime import timedelta

from odoo import fields
from odoo.modules.neutralize import neutralize_database
from odoo.tests import tagged

from ...const import EVENT_TYPES
from ...models.events.ir_mail_server import PROOFS
from ..common import MailjetCommon
from ..events.common import MailjetPostCommon
from ..sending.test_mail_refused import MailRefusedCommon


class NeutralizeCommon(MailjetCommon):
    def neutralize(self):
        """Do what `odoo neutralize` does, with all modules that are installed."""
        self.env.flush_all()
        neutralize_database(self.env.cr)
        self.env.invalidate_all()
        # Odoo starts on the copy with empty caches
        self.registry.clear_all_caches()


@tagged("post_install", "-at_install")
class TestNeutralize(NeutralizeCommon):
    def test_a_copy_cannot_send(self):
        server = self.create_server(mailjet_purpose="mass_mailing")
        server.write({"mailjet_state": "working"})
        other = self.create_other_server(smtp_pass="stays")
        self.neutralize()
        self.assertFalse(server.active)
        self.assertFalse(server.smtp_pass)
        self.assertEqual(server.mailjet_state, "untested")
        self.assertEqual(other.smtp_pass, "stays")

    def test_nothing_is_left_of_where_events_go(self):
        server = self.create_server(mailjet_reports_sent=True)
        server._mailjet_renew_token()  # keeps the old one beside it
        server.write(
            {
                "mailjet_event_problem": "Nothing is found there.",
                "mailjet_event_checked_on": fields.Datetime.now(),
                "mailjet_callbacks_read_on": fields.Datetime.now(),
                "mailjet_catch_up_from": fields.Datetime.now() - timedelta(days=1),
                "mailjet_catch_up_to": fields.Datetime.now(),
                "mailjet_catch_up_offset": 100,
            }
        )
        secrets = [name for name in PROOFS if name != "mailjet_event_changed_on"]
        self.assertTrue(all(server[name] for name in secrets))
        self.env["mailjet.callback"].create(
            [{"server_id": server.id, "event": event} for event in EVENT_TYPES]
        )
        self.neutralize()
        for name in (
            *secrets,
            "mailjet_reports_sent",
            "mailjet_event_problem",
            "mailjet_event_checked_on",
            "mailjet_callbacks_read_on",
            "mailjet_catch_up_from",
            "mailjet_catch_up_to",
            "mailjet_catch_up_offset",
        ):
            self.assertFalse(server[name], name)
        self.assertFalse(self.env["mailjet.callback"].search([]))

    def test_no_typed_secret_is_left(self):
        setup = self.env["mailjet.setup"].create({"api_key": "a", "secret_key": "b"})
        test = self.env["mailjet.smtp.test"].create({"smtp_pass": "c"})
        former = self.create_server(active=False)
        former._mailjet_renew_token()
        former.smtp_authentication = "login"
        self.neutralize()
        self.assertFalse(setup.api_key or setup.secret_key or test.smtp_pass)
        self.assertFalse(former.mailjet_event_token or former.mailjet_event_password)

    def test_no_scheduled_action_of_ours_runs(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "mail_mailjet"), ("model", "=", "ir.cron")]
        )
        crons = self.env["ir.cron"].browse(data.mapped("res_id"))
        self.assertTrue(crons.filtered("active"))
        self.neutralize()
        self.assertFalse(any(crons.mapped("active")))

    def test_a_server_taken_into_use_has_a_token_of_its_own(self):
        server = self.create_server()
        before = server.mailjet_event_token
        self.neutralize()
        server.write({"active": True, "smtp_pass": "of another account"})
        self.assertTrue(server.mailjet_event_token)
        self.assertTrue(server.mailjet_event_password)
        self.assertNotEqual(server.mailjet_event_token, before)

    def test_an_archived_server_can_try_its_address(self):
        server = self.create_server()
        self.neutralize()
        self.env["ir.config_parameter"].set_param(
            "mail_mailjet.event_base_url", "https://odoo.invalid"
        )
        server.action_mailjet_try_address()
        self.assertIn("odoo.invalid cannot be reached", server.mailjet_event_problem)


@tagged("post_install", "-at_install")
class TestNeutralizeQueue(NeutralizeCommon, MailRefusedCommon):
    def test_what_waits_for_its_next_try_stays_here(self):
        self.mailjet.faults.add("MAIL", "550 5.7.1 Your account has been suspended")
        mails = self.create_mails(2)
        mails.send()
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertTrue(self.server.mailjet_is_paused)
        self.neutralize()
        self.assertFalse(self.server.mailjet_is_paused)
        self.assertFalse(self.server.mailjet_pause_reason)
        self.assertFalse(self.server.mailjet_pause_count)
        connections = len(self.mailjet.connections)
        self.run_queue(timedelta(hours=25))
        self.assertEqual(len(self.mailjet.connections), connections)
        self.assertNotIn("sent", mails.mapped("state"))


@tagged("post_install", "-at_install")
class TestNeutralizePosts(NeutralizeCommon, MailjetPostCommon):
    def test_posts_are_answered_and_nothing_is_kept(self):
        """Mailjet gives up on an address that does not answer with 200."""
        token = self.server.mailjet_event_token
        login = ("mailjet", self.server.mailjet_event_password)
        event = [self.event("sent", self.traces[0])]
        self.assertEqual(self.post(event).status_code, 200)
        self.assertEqual(len(self.stored()), 1)
        self.neutralize()
        self.assertFalse(self.server.mailjet_event_token)
        for given in (token, "wrong"):
            response = self.post(
                [self.event("spam", self.traces[1])], token=given, login=login
            )
            self.assertEqual(response.status_code, 200)
        self.assertEqual(self.stored().event, "sent")

    def test_a_server_in_use_keeps_nothing_either(self):
        self.neutralize()
        self.server.write({"active": True, "smtp_pass": "of another account"})
        self.assertEqual(
            self.post([self.event("sent", self.traces[0])]).status_code, 200
        )
        self.assertFalse(self.stored())
