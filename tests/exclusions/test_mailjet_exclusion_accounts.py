from odoo.tests import tagged

from .common import ANNA, BERT, MailjetExclusionCommon


@tagged("post_install", "-at_install")
class TestMailjetExclusionAccounts(MailjetExclusionCommon):
    """Several Mailjet accounts share Odoo's one blacklist."""

    def test_one_list_for_all_accounts(self):
        second = self.add_server()
        self.exclude(ANNA)
        self.exclude(BERT, server=second)
        for _hour in range(2):
            self.sync()
        for server in (self.server, second):
            self.assertEqual(self.excluded(server), {ANNA, BERT})
        self.unblock(ANNA)
        self.sync()
        for server in (self.server, second):
            self.assertEqual(self.excluded(server), {BERT}, "a person's word in Odoo")
        self.assert_settled()

    def test_blocked_as_long_as_an_account_that_feeds_odoo_excludes(self):
        second = self.add_server()
        self.exclude(ANNA)
        for _hour in range(2):
            self.sync()
        self.include(ANNA)
        for _hour in range(2):
            self.assertFalse(self.sync())
            self.assertEqual(self.in_odoo(), {ANNA})
        self.assertIn("still excludes", self.exclusion(ANNA).difference)
        self.include(ANNA, server=second)
        for _hour in range(2):
            self.sync()
        self.assert_both()
        self.assertFalse(self.exclusion(ANNA).is_different)
        self.assert_settled()

    def test_an_account_that_does_not_feed_odoo_holds_nobody(self):
        second = self.add_server("to_mailjet")
        self.exclude(ANNA)
        self.exclude(ANNA, server=second)
        self.sync()
        self.assertEqual(self.in_odoo(), {ANNA})
        self.include(ANNA)
        for _hour in range(2):
            self.sync()
        self.assertFalse(self.in_odoo())
        self.assertFalse(self.excluded(second))
