from datetime import timedelta, timezone
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields

from ...tools.mailjet.errors import NotFoundError
from ...tools.mailjet.resources import MailjetApi
from ..common import MailjetRestCommon

OTHER_KEY, OTHER_SECRET = "f" * 32, "0" * 32
ANNA, BERT, CARA = (f"{name}@example.com" for name in ("anna", "bert", "cara"))


class MailjetExclusionCommon(MailjetRestCommon):
    def setUp(self):
        super().setUp()
        self.env["mail.blacklist"].with_context(active_test=False).search([]).unlink()
        self.cron = self.env.ref("mail_mailjet.ir_cron_sync_exclusions")
        self.now = fields.Datetime.now()
        self.enterContext(patch.object(fields.Datetime, "now", lambda *args: self.now))
        self.statistics = self.with_clock(self.account)
        self.server.mailjet_exclusion_direction = "both"

    def with_clock(self, account):
        """Give an account at Mailjet the clock of the test."""
        account.statistics.clock = lambda: self.now.replace(
            tzinfo=timezone.utc
        ).timestamp()
        return account.statistics

    def add_server(self, direction="both"):
        """Add a second account and its server."""
        self.with_clock(self.store.add_key(OTHER_KEY, OTHER_SECRET))
        return self.create_server(
            "Second",
            mailjet_api_url=self.rest.url,
            smtp_user=OTHER_KEY,
            smtp_pass=OTHER_SECRET,
            mailjet_exclusion_direction=direction,
        )

    # -- Actions of people -------------------------------------------------------------

    def tick(self, **delta):
        self.now += timedelta(**(delta or {"minutes": 1}))

    def block(self, *emails, reason=None):
        self.tick()
        with freeze_time(self.now):  # for the dates of messages
            for email in emails:
                self.env["mail.blacklist"]._add(email, message=reason)
            self.flush_tracking()

    def unblock(self, *emails, reason=None):
        self.tick()
        with freeze_time(self.now):
            for email in emails:
                self.env["mail.blacklist"]._remove(email, message=reason)
            self.flush_tracking()

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def at_mailjet(self, server=None):
        server = server or self.server
        return MailjetApi(server.smtp_user, server.smtp_pass, self.rest.url)

    def exclude(self, *emails, server=None, is_excluded=True):
        self.tick()
        with self.at_mailjet(server) as client:
            for email in emails:
                try:
                    client.set_exclusion(email, is_excluded)
                except NotFoundError:
                    client.create_contact(email, is_excluded)

    def include(self, *emails, server=None):
        self.exclude(*emails, server=server, is_excluded=False)

    # -- Results -----------------------------------------------------------------------

    def sync(self):
        """Run the cron an hour later; return the write requests to Mailjet."""
        self.tick(hours=1)
        self.rest.clear_requests()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        return [one for one in self.rest.requests if one.method != "GET"]

    def in_odoo(self):
        return set(self.env["mail.blacklist"].search([]).mapped("email"))

    def excluded(self, server=None):
        with self.at_mailjet(server) as client:
            rows = client.page("contact", 0, IsExcludedFromCampaigns="true")
        return {row["Email"].lower() for row in rows}

    def exclusion(self, email, server=None):
        return self.env["mailjet.exclusion"].search(
            [("email", "=", email), ("server_id", "=", (server or self.server).id)]
        )

    def progress(self, server=None):
        return (server or self.server).mailjet_exclusion_sync_ids

    def assert_both(self, *emails):
        self.assertEqual(self.in_odoo(), set(emails))
        self.assertEqual(self.excluded(), set(emails))

    def assert_settled(self):
        """Assert that another sync changes nothing."""
        before = self.env["mailjet.exclusion"].search([]).read()
        self.assertFalse(self.sync())
        self.assertEqual(self.progress().to_odoo_count, 0)
        after = self.env["mailjet.exclusion"].search([]).read()
        noise = ("write_date", "reading")
        for row in (*before, *after):
            for name in noise:
                row.pop(name, None)
        self.assertEqual(after, before)

    def notes(self, email):
        blacklist = self.env["mail.blacklist"].with_context(active_test=False)
        entry = blacklist.search([("email", "=", email)])
        return " ".join(entry.message_ids.mapped("body"))

    def contact_ids(self, *emails):
        with self.at_mailjet() as client:
            return [int(client.contact(email).id) for email in emails]
