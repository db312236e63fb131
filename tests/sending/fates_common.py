# pylint: disable=translation-required
"""Send by both ways, and look at what becomes of each recipient."""

import functools
from unittest.mock import patch

from .test_mail_refused import MailRefusedCommon

WAYS = ("core", "engine")


def both_ways(test):
    """Run a test in core's way and in the engine's, each with a fresh database."""

    @functools.wraps(test)
    def run(self):
        for way in WAYS:
            with self.subTest(way=way), self.cr.savepoint(flush=True) as savepoint:
                self.start_over()
                try:
                    test(self, way)
                finally:
                    self.env.flush_all()
                    savepoint.rollback()
                    self.env.invalidate_all()

    return run


class FatesCommon(MailRefusedCommon):
    def send(self, mails, way):
        """Send mails in core's way, or by the engine as the queue's cron does."""
        self.env.flush_all()
        if way == "core":
            mails.send()
        else:
            self.in_queue("send", mails.ids, auto_commit=True)
        self.env.invalidate_all()

    def in_queue(self, method, ids=(), **options):
        """Call a method of mails as a worker does, in transactions of its own."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            mails = self.env(cr=cr, context={})["mail.mail"].browse(ids)
            getattr(mails, method)(**options)
        self.env.invalidate_all()

    def start_over(self):
        """Forget what has arrived, and what goes wrong."""
        self.mailjet.store.clear_messages()
        self.mailjet.faults.clear()
        self.server._mailjet_end_pause()

    def parts(self, mail):
        """Return all parts that a mail has been split into."""
        return self.env["mail.mail"].search(
            [("mail_message_id", "=", mail.mail_message_id.id)]
        )

    def create_partners(self, *emails):
        return self.env["res.partner"].create(
            [{"name": email.split("@")[0].title(), "email": email} for email in emails]
        )

    def mails_of(self, mailing):
        return self.env["mail.mail"].search([("mailing_id", "=", mailing.id)])

    def make_mails(self, mailing):
        """Have a mailing's mails made, and nothing sent."""
        with self.nothing_is_sent():
            mailing.action_send_mail()
        return self.mails_of(mailing)

    def nothing_is_sent(self):
        """Leave outgoing what Odoo would send at once."""
        mails = self.env.registry["mail.mail"]
        return patch.object(mails, "send", lambda *args, **options: True)
