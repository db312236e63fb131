import email.policy
from concurrent.futures import ThreadPoolExecutor

from odoo.tests import BaseCase, tagged

from ...models.sending.message_policy import message_policy
from ...tools.mailjet.read_message import unwritten
from ...tools.smtp.message_memory import remembering


@tagged("post_install", "-at_install")
class TestMessagePolicy(BaseCase):
    """Messages of other threads, which may be for other servers, are core's own."""

    def test_only_this_thread_has_it(self):
        core, mine = email.policy.SMTP, unwritten(remembering(email.policy.SMTP))
        with ThreadPoolExecutor(1) as other, message_policy(mine):
            self.assertIs(email.policy.SMTP, mine)
            self.assertIs(other.submit(lambda: email.policy.SMTP).result(5), core)
        self.assertIs(email.policy.SMTP, core)

    def test_two_threads_at_a_time(self):
        mine, others = email.policy.SMTP.clone(), email.policy.SMTP.clone()

        def other_thread():
            with message_policy(others):
                return email.policy.SMTP

        with ThreadPoolExecutor(1) as other, message_policy(mine):
            self.assertIs(other.submit(other_thread).result(5), others)
            self.assertIs(email.policy.SMTP, mine)

    def test_an_error_ends_it(self):
        core = email.policy.SMTP
        with self.assertRaises(ZeroDivisionError), message_policy(core.clone()):
            raise ZeroDivisionError
        self.assertIs(email.policy.SMTP, core)
