from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import API_KEY, SECRET_KEY
from .common import ANNA, BERT, MailjetExclusionCommon


@tagged("post_install", "-at_install")
class TestMailjetExclusionRace(MailjetExclusionCommon):
    """Concurrent real transactions; their records are committed and cleaned up."""

    def setUp(self):
        super().setUp()
        self.cursor = self.enterContext(self.registry.cursor())
        self.real_env = api.Environment(self.cursor, SUPERUSER_ID, {})
        self.addCleanup(self.remove)
        self.real_server = self.real_env["ir.mail_server"].create(
            {
                "name": "Race",
                "smtp_authentication": "mailjet",
                "smtp_host": "in-v3.mailjet.com",
                "smtp_port": 587,
                "smtp_encryption": "starttls_strict",
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
                "mailjet_api_url": self.rest.url,
                "mailjet_exclusion_direction": "both",
            }
        )
        self.cursor.commit()

    def remove(self):
        self.cursor.rollback()
        blacklist = self.real_env["mail.blacklist"].with_context(active_test=False)
        blacklist.search([("email", "in", [ANNA, BERT])]).unlink()
        self.real_server.unlink()
        self.cursor.commit()

    @contextmanager
    def meanwhile(self, act):
        """Run an action in Odoo once, in another transaction just before our write."""
        blacklist = type(self.env["mail.blacklist"])
        set_entries, acts = blacklist._mailjet_set, [act]

        def act_and_set(entries, *args):
            if acts:
                with self.registry.cursor() as cursor:
                    acts.pop()(api.Environment(cursor, SUPERUSER_ID, {}))
            return set_entries(entries, *args)

        with (
            patch.object(blacklist, "_mailjet_set", act_and_set),
            mute_logger("odoo.sql_db"),
        ):
            yield

    def run_cron(self):
        self.tick(hours=1)
        self.real_env["mailjet.exclusion.sync"]._cron_sync()
        self.cursor.commit()

    def blocked(self):
        return set(self.real_env["mail.blacklist"].search([]).mapped("email"))

    def test_blocked_by_a_person_at_the_same_moment(self):
        self.exclude(ANNA, BERT)
        with self.meanwhile(lambda env: env["mail.blacklist"]._add(ANNA)):
            self.run_cron()
        self.assertEqual(self.blocked() & {ANNA, BERT}, {ANNA, BERT})
        rows = self.real_env["mailjet.exclusion"].search([("email", "=", ANNA)])
        self.assertEqual((rows.state, rows.origin), ("excluded", "same"))

    def test_unblocked_by_a_person_at_the_same_moment(self):
        self.exclude(ANNA)
        self.run_cron()
        self.tick()
        self.real_env["mail.blacklist"]._remove(ANNA)
        self.cursor.commit()
        self.include(ANNA)
        self.exclude(ANNA)  # later than in Odoo
        self.tick()
        with self.meanwhile(lambda env: env["mail.blacklist"]._add(ANNA)):
            self.run_cron()
        self.assertIn(ANNA, self.blocked())
        self.real_env["mail.blacklist"]._remove(ANNA)
        self.cursor.commit()
        self.run_cron()
        self.assertNotIn(ANNA, self.blocked())
        self.assertNotIn(ANNA, self.excluded())
