# pylint: disable=translation-required
import logging
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from ...models.server import ir_mail_server_cron
from ...models.server.ir_mail_server import FOLLOW_UPS
from ..common import MailjetCommon


@tagged("post_install", "-at_install")
class TestMailServerFollowUp(TransactionCase):
    def test_each_name_exists(self):
        server = self.env["ir.mail_server"]
        for method, changed in FOLLOW_UPS.items():
            self.assertTrue(callable(getattr(server, method)))
            self.assertLessEqual(changed, server._fields.keys())

    def test_nothing_else_overrides_create_and_write(self):
        own = [
            base
            for base in type(self.env["ir.mail_server"]).__mro__
            if base.__module__.startswith("odoo.addons.mail_mailjet")
        ]
        for name in ("create", "write"):
            places = [base.__module__ for base in own if name in vars(base)]
            self.assertEqual(
                places, ["odoo.addons.mail_mailjet.models.server.ir_mail_server"]
            )


@tagged("post_install", "-at_install")
class TestMailServerForEach(MailjetCommon):
    def test_one_that_fails_leaves_the_others(self):
        servers = self.create_server("First") + self.create_server("Second")
        done = []

        def work(server):
            done.append(server)
            if server == servers[0]:
                raise UserError("Mailjet does not answer")

        cron = type(self.env["ir.cron"])
        with (
            patch.object(cron, "_commit_progress") as commit_progress,
            self.assertLogs(ir_mail_server_cron.__name__, logging.INFO) as logs,
        ):
            servers._mailjet_for_each(work, "read the quota")
        self.assertEqual(done, list(servers))
        self.assertEqual(commit_progress.call_count, 3)
        self.assertIn("could not read the quota of First", logs.output[0])


@tagged("post_install", "-at_install")
class TestMailServerAlert(MailjetCommon):
    def test_in_the_language_of_the_person_in_charge(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        server = self.create_server()
        admin = self.env.ref("base.user_admin")
        admin.lang = "fr_FR"
        limit = self.env["mailjet.policy.limit"].create(
            {"server_id": server.id, "kind": "bounced"}
        )
        languages = []

        def compose(record):
            languages.append(record.env.lang)
            return "Too many", "Look at it"

        for _time in range(2):
            server._mailjet_alert(limit.with_context(lang="en_US"), compose)
        self.assertEqual(languages, ["fr_FR", "fr_FR"])
        self.assertRecordValues(
            limit.activity_ids, [{"summary": "Too many", "user_id": admin.id}]
        )
