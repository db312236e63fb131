import threading

from odoo import api
from odoo.tests import HttpCase, tagged

from odoo.addons.bus.models.bus import channel_with_db, dispatch, hashable

from .test_mailing_progress import MailingWatchedCommon

COUNT = 30
AT_ONCE = 3
EMAILS = [f"reader{number:02}@example.org" for number in range(COUNT)]


@tagged("post_install", "-at_install")
class TestMailingWatched(MailingWatchedCommon, HttpCase):
    """Somebody watches a mailing while it is sent."""

    def setUp(self):
        super().setUp()
        self.mailing = self.make(*EMAILS)
        self.mailing.write(
            {"subject": "Mailing to watch", "user_id": self.marketing.id}
        )
        self.env.flush_all()
        self.ended = threading.Event()
        self.errors = []

    def watchers(self):
        """Return the websockets of those who watch the mailing."""
        channel = channel_with_db(self.env.cr.dbname, self.mailing)
        return list(dispatch._channels_to_ws.get(hashable(channel), ()))

    def send_while_watched(self):
        """Send a few emails at a time, as long as the tour lasts."""
        uid, server, domain = (
            self.env.uid,
            self.server.id,
            [
                ("mailing_id", "=", self.mailing.id),
                ("state", "=", "outgoing"),
            ],
        )
        while not self.ended.wait(0.4):
            if not self.watchers():
                continue
            with self.env.registry.cursor() as cr:
                env = api.Environment(cr, uid, {})
                mails = env["mail.mail"].search(domain, limit=AT_ONCE)
                if mails:
                    mails._mailjet_run(env["ir.mail_server"].browse(server), mails.ids)
            # Tests have no NOTIFY, as they never commit
            for websocket in self.watchers():
                websocket.trigger_notification_dispatching()

    def run_sender(self):
        try:
            self.send_while_watched()
        except Exception as error:
            self.errors.append(error)
            raise

    def test_watch_pause_and_resume(self):
        sender = threading.Thread(target=self.run_sender)
        sender.start()
        try:
            self.start_tour(
                "/odoo", "mailjet_mailing_watched", login=self.marketing.login
            )
        finally:
            self.ended.set()
            sender.join(20)
        self.assertFalse(self.errors)
        # Odoo itself writes to somebody who logs in for the first time
        arrived = [email for email in self.arrived() if email.startswith("reader")]
        self.assertEqual(arrived, EMAILS)
