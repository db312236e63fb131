"""Recoveries and a late worker side by side, in transactions of their own."""

import threading
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.sending.claims import Claims
from ...models.sending.recovery import Recovery
from ...models.sending.results import Entry
from ...tools.smtp.pipeline import Fate
from ..common import API_KEY, SECRET_KEY, MailjetRestCommon, MailjetSmtpCommon
from ..standins import RestStandin

MAILS = 20


@tagged("post_install", "-at_install")
class TestMailRecoveryRace(MailjetSmtpCommon):
    """What they need is committed, and removed afterwards."""

    _request_handler = MailjetRestCommon._request_handler

    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        self.cursor = self.enterContext(self.registry.cursor())
        self.real_env = api.Environment(self.cursor, SUPERUSER_ID, {})
        self.created = []
        self.addCleanup(self.remove)
        server = self.make(
            "ir.mail_server",
            {
                "name": "Race",
                "smtp_authentication": "mailjet",
                "smtp_host": "localhost",
                "smtp_port": self.mailjet.starttls_port,
                "smtp_encryption": "starttls_strict",
                "smtp_user": API_KEY,
                "smtp_pass": SECRET_KEY,
                "mailjet_api_url": self.rest.url,
            },
        )
        self.mails = self.make(
            "mail.mail",
            [
                {
                    "email_from": "info@company.example",
                    "email_to": f"race{number}@example.org",
                    "mail_server_id": server.id,
                }
                for number in range(MAILS)
            ],
        )
        self.cursor.commit()
        with Claims(self.real_env) as self.claims:
            self.claims.take(server, MAILS, self.mails.ids)
            self.cursor.commit()
            self.claims.note({m.id: m._mailjet_all_custom_ids() for m in self.mails})
        self.cursor.commit()
        for mail in self.mails:
            content = f"X-MJ-CustomID: {mail.mailjet_custom_ids['']}\r\n\r\nHello"
            self.mailjet.store.add_message(
                api_key=API_KEY,
                mail_from="info@company.example",
                rcpt_tos=[mail.email_to],
                content=content.encode(),
                port=587,
                security="starttls",
                auth_mechanism="PLAIN",
            )
            mail.mailjet_claimed_on -= timedelta(minutes=20)
        self.cursor.commit()

    def remove(self):
        self.cursor.rollback()
        self.real_env.invalidate_all()
        self.mails.exists().state = "cancel"
        for records in reversed(self.created):
            records.exists().unlink()
        self.cursor.commit()

    def make(self, model, vals):
        records = self.real_env[model].create(vals)
        self.created.append(records)
        return records

    def in_another_transaction(self, act):
        """Call `act(env)` with an environment of its own."""
        with self.registry.cursor() as cr:
            # The registry is locked for other threads while tests run
            cr.transaction = type(self.env.transaction)(self.registry)
            act(api.Environment(cr, SUPERUSER_ID, {}))

    def test_recoveries_and_a_late_worker(self):
        """Whoever comes first writes; the others find nothing left to do."""
        token, ids, written = self.claims.token, self.mails.ids, []
        start = threading.Barrier(3)
        model = self.registry["mail.mail"]
        keep = model._mailjet_keep_sent

        def note(mails, server):
            keep(mails, server)
            # Only what is committed counts
            ids = mails.ids
            mails.env.cr.postcommit.add(lambda: written.extend(ids))

        def recover(env):
            start.wait(5)
            Recovery(env).run()

        def wake_up(env):
            results = {
                mail.id: [Entry(0, {mail.email_to: Fate.ACCEPTED})]
                for mail in env["mail.mail"].browse(ids)
            }
            env.cr.commit()
            start.wait(5)
            # As a run does: again, until it is written
            recovery = Recovery(env)
            for mail_id, entries in results.items():
                mail = env["mail.mail"].browse(mail_id)
                server = mail.mailjet_server_id
                recovery._repeat(
                    lambda m=mail, s=server, e=entries: m._mailjet_keep(
                        token, s, {m.id: e}
                    )
                )

        with (
            patch.object(model, "_mailjet_keep_sent", note),
            mute_logger("odoo.sql_db"),
        ):
            threads = [
                threading.Thread(target=self.in_another_transaction, args=[act])
                for act in (recover, recover, wake_up)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.cursor.commit()
        self.real_env.invalidate_all()
        self.assertEqual(set(self.mails.mapped("state")), {"sent"})
        self.assertEqual(sorted(written), sorted(ids), "Each once")
