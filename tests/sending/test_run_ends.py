from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.sending import run
from ...models.sending.budget import Budget
from .test_mail_refused import MailRefusedCommon


@tagged("post_install", "-at_install")
class TestRunEnds(MailRefusedCommon):
    """A run delivers what it has claimed before it ends."""

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_mailjet_send_1").method_direct_trigger()
        self.env.invalidate_all()

    def test_one_run_delivers_all_through_its_sessions(self):
        self.mailjet.options.change(delay=0.05)
        self.addCleanup(self.mailjet.options.change, delay=0)
        self.create_mails(40)
        before = len(self.mailjet.connections)
        self.run_cron()
        self.assertEqual(len(self.arrived()), 40)
        opened = len(self.mailjet.connections) - before
        self.assertLessEqual(opened, self.server.mailjet_session_limit)

    def test_an_error_after_the_hand_over_is_not_that_of_the_mail(self):
        """It is on its way, and what becomes of it counts."""
        keep, errors = run.Run._keep, [RuntimeError("can't start new thread")]

        def failing(this, *args, **options):
            if this._open and errors:
                raise errors.pop()
            keep(this, *args, **options)

        mail = self.create_mails(1)
        with (
            patch.object(run.Run, "_keep", failing),
            mute_logger(run.__name__),
        ):
            self.run_cron()
        self.assertFalse(errors)
        self.assertEqual(len(self.arrived()), 1)
        self.assertEqual(mail.state, "sent")

    def test_no_large_mail_is_prepared_when_the_time_is_over(self):
        """A chunk of large mails takes longer than a worker may live."""
        mails = self.create_mails(5)
        hand_over = run.Run._hand_over

        def slow(this, *args):
            hand_over(this, *args)
            this.budget = Budget(0)

        with (
            patch.object(run, "PARCEL_BYTES", 1),
            patch.object(run.Run, "_hand_over", slow),
        ):
            self.run_cron()
        self.assertLessEqual(len(self.arrived()), 1)
        self.assertLessEqual(set(mails.mapped("state")), {"outgoing", "sent"})
        self.run_queue()
        self.assertEqual(len(self.arrived()), 5)
        self.assertEqual(set(self.mailjet.store.taken().values()), {1})
