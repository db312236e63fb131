# pylint: disable=translation-required
"""Mail that waited is looked at again before it leaves."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ...models.sending import run
from .fates_common import FatesCommon, both_ways


@tagged("post_install", "-at_install")
class TestDecisions(FatesCommon):
    """A decision is made when it takes effect."""

    def setUp(self):
        super().setUp()
        self.mailing = self.create_mailing(
            "a@example.org", "b@example.org", "c@example.org"
        )
        self.contacts = self.mailing.contact_list_ids.contact_ids.sorted("email")
        self.mails = self.make_mails(self.mailing).sorted("email_to")

    def assert_cancelled(self, mail, failure_type, arrived, words=""):
        self.assertEqual(self.arrived(), arrived)
        self.assertEqual(mail.state, "cancel")
        self.assertEqual(mail.failure_type, failure_type)
        self.assertIn(words, mail.failure_reason)
        trace = mail.mailing_trace_ids
        self.assertEqual(trace.trace_status, "cancel")
        self.assertEqual(trace.failure_type, failure_type)
        used = self.env["mailjet.sending"]._sum_since(
            self.server, fields.Datetime.now() - timedelta(hours=1)
        )
        self.assertEqual(used, len(arrived), "The limits got the others back")

    @both_ways
    def test_blocked_meanwhile(self, way):
        self.env["mail.blacklist"]._add("B@example.org")
        self.send(self.mails, way)
        self.assert_cancelled(
            self.mails[1], "mail_bl", ["a@example.org", "c@example.org"], "block list"
        )

    @both_ways
    def test_blocked_but_the_mailing_does_not_mind(self, way):
        self.mailing.use_exclusion_list = False
        self.env["mail.blacklist"]._add("b@example.org")
        self.send(self.mails, way)
        self.assertEqual(len(self.arrived()), 3)

    @both_ways
    def test_unsubscribed_meanwhile(self, way):
        self.contacts[1].subscription_ids.opt_out = True
        self.send(self.mails, way)
        self.assert_cancelled(
            self.mails[1], "mail_optout", ["a@example.org", "c@example.org"]
        )

    @both_ways
    def test_unsubscribed_of_one_list_but_not_of_the_other(self, way):
        other = self.env["mailing.list"].create({"name": "Others"})
        self.env["mailing.contact"].create(
            {"email": "b@example.org", "list_ids": other.ids}
        )
        self.mailing.contact_list_ids += other
        self.contacts[1].subscription_ids.opt_out = True
        self.assertNotIn("b@example.org", self.mailing._get_opt_out_list())
        self.send(self.mails, way)
        self.assertEqual(len(self.arrived()), 3)

    @both_ways
    def test_other_models_are_asked_once_a_run(self, way):
        calls = []

        def opt_out_list(mailing):
            calls.append(mailing)
            return {"b@example.org"}

        model = self.registry["mailing.mailing"]
        with (
            patch.object(model, "_get_opt_out_list", opt_out_list),
            patch.object(model, "_mailjet_is_to_lists", lambda mailing: False),
            patch.multiple(run, CHUNK=1, API_CHUNK=1),
        ):
            self.send(self.mails, way)
        self.assert_cancelled(
            self.mails[1], "mail_optout", ["a@example.org", "c@example.org"]
        )
        self.assertEqual(len(calls), 1)

    @both_ways
    def test_suppressed_at_mailjet_meanwhile(self, way):
        other = self.create_standin_server(name="Other account")
        for server, email in ((self.server, "b"), (other, "c")):
            self.env["mailjet.suppression"].create(
                {
                    "server_id": server.id,
                    "email": f"{email}@example.org",
                    "date": fields.Datetime.now(),
                }
            )
        self.send(self.mails, way)
        self.assert_cancelled(
            self.mails[1], "mail_bl", ["a@example.org", "c@example.org"], "Mailjet"
        )
        # A mail of no mailing goes: somebody wants an answer
        [mail] = self.create_mails(1, email_to="b@example.org")
        self.send(mail, way)
        self.assertEqual(mail.state, "sent")

    @both_ways
    def test_deleted_meanwhile(self, way):
        # With the ORM its mails would have gone, too
        self.env.cr.execute(
            "DELETE FROM mailing_contact WHERE id = %s", [self.contacts[1].id]
        )
        self.env.invalidate_all()
        self.send(self.mails, way)
        self.assert_cancelled(
            self.mails[1], False, ["a@example.org", "c@example.org"], "deleted"
        )

    @both_ways
    def test_cancelled_meanwhile(self, way):
        self.mailing.action_mailjet_cancel_waiting()
        self.assertEqual(set(self.mails.mapped("state")), {"cancel"})
        traces = self.mailing.mailing_trace_ids
        self.assertEqual(set(traces.mapped("trace_status")), {"cancel"})
        self.send(self.mails, way)
        self.assertFalse(self.arrived())

    @both_ways
    def test_cancelled_while_a_mail_was_in_flight(self, way):
        self.mails[0].state = "mailjet_in_flight"
        # Within the second in which the mails were made
        moment = self.mails[0].create_date.replace(microsecond=0)
        with freeze_time(moment):
            self.mailing.action_cancel()
        self.assertEqual(self.mailing.mailjet_cancelled_on, moment)
        states = self.mails.mapped("state")
        self.assertEqual(states, ["mailjet_in_flight", "cancel", "cancel"])
        # It comes back, as Mailjet does not have it
        self.mails[0].state = "outgoing"
        self.send(self.mails, way)
        self.assert_cancelled(self.mails[0], False, [], "cancelled")

    @both_ways
    def test_a_deleted_mailing_takes_its_mails_along(self, way):
        self.mails[0].write(
            {
                "state": "mailjet_in_flight",
                "mailjet_custom_ids": self.mails[0]._mailjet_all_custom_ids(),
            }
        )
        self.mailing.unlink()
        states = self.mails.mapped("state")
        self.assertEqual(states, ["mailjet_in_flight", "cancel", "cancel"])
        self.mails[0].state = "outgoing"
        self.send(self.mails, way)
        self.assertFalse(self.arrived())
        self.assertEqual(self.mails[0].state, "cancel")

    def test_other_servers_mails_stay_when_their_mailing_is_deleted(self):
        other = self.create_other_standin_server()
        mailing = self.create_mailing("x@example.org", mail_server_id=other.id)
        mails = self.make_mails(mailing)
        mailing.unlink()
        self.assertEqual(mails.state, "outgoing")

    def test_no_query_for_mail_of_no_mailing(self):
        mails = self.create_mails(20)
        mails.exists().mapped("mailing_id")
        with self.assertQueryCount(1):  # whether they exist
            mails._mailjet_decide(self.server)

    def test_few_queries_for_a_chunk(self):
        emails = [f"many{number}@example.org" for number in range(50)]
        mails = self.make_mails(self.create_mailing(*emails))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(mails._mailjet_decide(self.server), mails)
        self.assertLessEqual(self.env.cr.sql_log_count - before, 16)
