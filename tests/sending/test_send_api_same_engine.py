"""The same tests as by SMTP, of what the way to hand mail over must not change."""

from odoo.tests import tagged

from .send_api_common import SendApiMixin
from .test_decisions import TestDecisions
from .test_mail_recovery import TestMailRecovery
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
class TestMailRecoveryBySendApi(AgainBySendApi, TestMailRecovery):
    pass
