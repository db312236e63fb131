"""The same tests as by SMTP, of what the way to hand mail over must not change."""

# pylint: disable=translation-required
from datetime import timedelta

from odoo.tests import tagged

from .recovery_common import IN_FLIGHT, MailRecoveryCommon
from .send_api_common import SendApiMixin
from .test_decisions import TestDecisions
from .test_mailing_pause import TestMailingPause
from .test_quota import TestQuota
from .test_warm_up import TestWarmUp


class AgainBySendApi(SendApiMixin):
    # Odoo runs the tests of a base class with this only
    allow_inherited_tests_method = True


@tagged("post_install", "-at_install")
class TestDecisionsBySendApi(AgainBySendApi, TestDecisions):
    pass


@tagged("post_install", "-at_install")
class TestQuotaBySendApi(AgainBySendApi, TestQuota):
    # What these are about is said by SMTP's stand-in
    test_what_is_refused_is_given_back = None
    test_what_a_pause_stops_is_given_back = None
    test_what_no_connection_takes_is_given_back = None

    def test_what_the_api_refuses_is_given_back(self):
        self.server.mailjet_daily_limit = 10
        mails = self.create_mails(3)
        mails[1].email_from = "info@foreign.example"
        mails.send()
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual(self.server.mailjet_used_today, 2)
        self.rest.faults.add("unauthorized", path="send", times=None)
        self.create_mails(3).send()
        self.assertEqual(self.server.mailjet_used_today, 2)


@tagged("post_install", "-at_install")
class TestWarmUpBySendApi(AgainBySendApi, TestWarmUp):
    pass


@tagged("post_install", "-at_install")
class TestMailingPauseBySendApi(AgainBySendApi, TestMailingPause):
    test_an_email_that_waits_for_a_retry_waits_on = None


@tagged("post_install", "-at_install")
class TestRecoveryBySendApi(SendApiMixin, MailRecoveryCommon):
    """What got no answer, or whose worker was killed: Mailjet is asked by CustomID."""

    def send(self, mails):
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            self.env(cr=cr, context={})["mail.mail"].browse(mails.ids).send(
                auto_commit=True
            )
        self.env.invalidate_all()

    def test_what_mailjet_took_without_an_answer_is_sent(self):
        mails = self.create_mails(3)
        self.rest.faults.add("lost", path="send")
        self.send(mails)
        self.assertEqual(set(mails.mapped("state")), {IN_FLIGHT})
        self.recover(minutes=16)
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.run_queue(timedelta(minutes=20))
        self.assertEqual(set(self.mailjet.store.taken().values()), {1})

    def test_what_mailjet_did_not_take_is_sent_again(self):
        mails = self.create_mails(3)
        self.rest.faults.add("error", status=504, path="send")
        self.send(mails)
        self.assertEqual(set(mails.mapped("state")), {IN_FLIGHT}, "A gateway's word")
        self.assertFalse(self.arrived())
        self.other_mail_arrives(minutes=20)
        self.recover(minutes=16)
        self.recover(minutes=31)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.run_queue(timedelta(minutes=32))
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        own = [m for m in self.mailjet.store.messages if m.auth_mechanism == "API"]
        self.assertEqual(len(own), 3)

    def test_a_worker_that_was_killed(self):
        mails = self.create_mails(2)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails[0])
        self.recover(minutes=16)
        self.assertEqual(mails.mapped("state"), ["sent", IN_FLIGHT])
        self.other_mail_arrives(minutes=20)
        self.recover(minutes=31)
        self.run_queue(timedelta(minutes=32))
        self.assertEqual(mails.mapped("state"), ["sent", "sent"])
        self.assertEqual(set(self.mailjet.store.taken().values()), {1})
