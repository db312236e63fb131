import random

from odoo.tests import tagged

from .common import MailjetExclusionCommon


@tagged("post_install", "-at_install")
class TestMailjetExclusionHistories(MailjetExclusionCommon):
    """Random histories of changes on both sides."""

    def test_random_histories_end_equal(self):
        emails = [f"{letter}@example.com" for letter in "abcdef"]
        for seed in range(20):
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                expected = {email: email in self.in_odoo() for email in emails}
                for _act in range(25):
                    self.act(chance, chance.choice(emails), expected)
                self.sync()
                wanted = {email for email in emails if expected[email]}
                self.assertEqual(self.in_odoo(), wanted)
                self.assertEqual(self.excluded(), wanted)
                self.assert_settled()

    def act(self, chance, email, expected):
        """Act on an address; record the state after its last real change."""
        acts = {
            self.block: lambda: email not in self.in_odoo(),
            self.unblock: lambda: email in self.in_odoo(),
            self.exclude: lambda: email not in self.excluded(),
            self.include: lambda: email in self.excluded(),
        }
        if chance.random() < 0.15:
            self.sync()
            return
        act = chance.choice(list(acts))
        if acts[act]():
            act(email)
            expected[email] = act in (self.block, self.exclude)
