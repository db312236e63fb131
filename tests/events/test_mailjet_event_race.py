"""Events that arrive in other transactions while their email is being sent."""

import json
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, Command, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_mail_server

from ...tools.mailjet.event import read_post
from ..common import MailjetSmtpCommon
from ..standins import events_of

MAILS = 40


@tagged("post_install", "-at_install")
class TestMailjetEventRace(MailjetSmtpCommon):
    """Concurrent real transactions; their records are committed and cleaned up."""

    def setUp(self):
        super().setUp()
        self.cursor = self.enterContext(self.registry.cursor())
        self.real_env = api.Environment(self.cursor, SUPERUSER_ID, {})
        self.created = []
        self.addCleanup(self.remove)

    def remove(self):
        self.cursor.rollback()
        self.real_env.invalidate_all()
        self.real_env["mailjet.event"].search([]).unlink()
        for records in reversed(self.created):
            records.exists().unlink()
        self.cursor.commit()

    def make(self, model, vals):
        records = self.real_env[model].create(vals)
        self.created.append(records)
        return records

    def make_mailing(self):
        server = self.make(
            "ir.mail_server",
            {
                "name": "Race",
                "smtp_authentication": "mailjet",
                "smtp_host": "localhost",
                "smtp_port": self.mailjet.starttls_port,
                "smtp_encryption": "starttls_strict",
                "smtp_user": "0123456789abcdef0123456789abcdef",
                "smtp_pass": "fedcba9876543210fedcba9876543210",
            },
        )
        server.mailjet_reports_sent = True
        mailing_list = self.make("mailing.list", {"name": "Race"})
        contacts = self.make(
            "mailing.contact",
            [
                {
                    "email": f"race{number}@example.org",
                    "list_ids": [Command.link(mailing_list.id)],
                }
                for number in range(MAILS)
            ],
        )
        mailing = self.make(
            "mailing.mailing",
            {
                "subject": "Race",
                "body_html": "<p>Hello</p>",
                "mailing_model_id": self.real_env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(mailing_list.ids)],
                "mail_server_id": server.id,
                "email_from": "info@company.example",
                "keep_archives": True,
            },
        )
        with patch.object(
            ir_mail_server.IrMail_Server, "_disable_send", return_value=True
        ):
            mailing.action_send_mail()
        mails = self.real_env["mail.mail"].search([("mailing_id", "=", mailing.id)])
        self.assertEqual(len(mails), len(contacts))
        self.created.append(mails.mail_message_id)
        self.cursor.commit()
        return server, mailing, mails

    def apply(self, env):
        """Apply what is new as the cron does; return how many events were."""
        try:
            new = env["mailjet.event"].search([("state", "=", "new")])
            return len(new._apply_or_park())
        except psycopg2.OperationalError:
            # Another transaction was quicker; the next run sees it
            env.cr.rollback()
            return 0

    def test_sending_and_events_do_not_undo_each_other(self):
        server, mailing, mails = self.make_mailing()
        applied_at_once = []

        def take_in(message):
            """Store the event and try to apply it before the sender has its answer."""
            body = json.dumps(events_of(message, {})).encode()
            with self.registry.cursor() as cr:
                # The registry is locked for other threads while tests run
                cr.transaction = type(self.env.transaction)(self.registry)
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["mailjet.event"]._insert(server.id, read_post(body).events)
                cr.commit()  # pylint: disable=invalid-commit
                applied_at_once.append(self.apply(env))

        self.mailjet.store.subscribe(take_in)
        with mute_logger("odoo.sql_db"):
            mails.send(auto_commit=True)
        self.cursor.commit()

        messages = self.mailjet.store.messages
        self.assertEqual(len({m.rcpt_tos for m in messages}), MAILS)
        self.assertEqual(len(messages), MAILS, "Each mail is sent once")
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        # Results are kept in chunks, so that events are mostly quicker
        self.assertGreater(sum(applied_at_once), 0)
        self.apply(self.real_env)
        self.cursor.commit()
        events = self.real_env["mailjet.event"].search([])
        self.assertEqual(events.mapped("state"), ["applied"] * MAILS)
        traces = mailing.mailing_trace_ids
        self.assertEqual(set(traces.mapped("trace_status")), {"sent"})
        self.assertEqual(len(traces.filtered("mailjet_delivered_on")), MAILS)
        self.assertEqual(len(traces.filtered("sent_datetime")), MAILS)

    def test_a_trace_that_somebody_changes_is_left_for_the_next_time(self):
        server, mailing, _mails = self.make_mailing()
        trace = mailing.mailing_trace_ids[0]
        mail = trace.mail_mail_id
        event = {
            "event": "sent",
            "time": 1772700000,
            "MessageID": 2**60,
            "email": trace.email,
            "CustomID": mail._mailjet_custom_id(False),
        }
        post = read_post(json.dumps(event).encode())
        self.real_env["mailjet.event"]._insert(server.id, post.events)
        self.cursor.commit()
        self.real_env["mailing.trace"].search([], limit=1)  # the snapshot begins
        new = self.real_env["mailjet.event"].search([("state", "=", "new")])
        with self.registry.cursor() as other:
            other.execute(
                "UPDATE mailing_trace SET trace_status = 'pending' WHERE id = %s",
                [trace.id],
            )
        with (
            self.assertRaises(psycopg2.OperationalError),
            self.assertNoLogs("odoo.sql_db", "ERROR"),
        ):
            new._apply_or_park()
        self.cursor.rollback()
        self.real_env.invalidate_all()
        self.assertEqual(len(new._apply_or_park()), 1)
        self.assertEqual(trace.trace_status, "sent")
