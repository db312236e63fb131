from odoo.tests import tagged

from .test_mail_refused import MailRefusedCommon


@tagged("post_install", "-at_install")
class TestRunEnds(MailRefusedCommon):
    """A run delivers what it has claimed before it ends."""

    def test_one_run_delivers_all_through_its_sessions(self):
        self.mailjet.options.change(delay=0.05)
        self.addCleanup(self.mailjet.options.change, delay=0)
        self.create_mails(40)
        before = len(self.mailjet.connections)
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_mailjet_send_1").method_direct_trigger()
        self.assertEqual(len(self.arrived()), 40)
        opened = len(self.mailjet.connections) - before
        self.assertLessEqual(opened, self.server.mailjet_session_limit)
