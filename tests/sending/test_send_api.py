# pylint: disable=translation-required
"""The Send API as the way to hand mail over, beside SMTP."""

import gc
import logging
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.sending import run
from ...models.sending.results import Entry
from ...tools.mailjet import send_session
from ...tools.smtp.pipeline import Fate
from ..common import API_KEY
from .fates_common import both_ways
from .send_api_common import SendApiCommon

LIST_ID = {"headers": "{'List-Id': '<a.example>'}"}


@tagged("post_install", "-at_install")
class TestSendApi(SendApiCommon):
    @both_ways
    def test_mail_goes_by_the_api(self, way):
        connections = len(self.mailjet.connections)
        mails = self.create_mails(3, auto_delete=False)
        self.send(mails, way)
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(len(self.by_api()), 3)
        self.assertFalse(self.by_smtp())
        self.assertEqual(len(self.mailjet.connections), connections, "SMTP is not used")

    @both_ways
    def test_what_the_api_cannot_carry_goes_by_smtp_with_the_reason(self, way):
        mails = self.create_mails(2)
        mails[0].write(LIST_ID)
        module = send_session if way == "core" else run
        with self.assertLogs(module.__name__, logging.INFO) as log:
            self.send(mails, way)
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(self.by_smtp(), ["to0@example.org"])
        self.assertEqual(self.by_api(), ["to1@example.org"])
        self.assertIn("List-Id", mails[0].mailjet_by_smtp_reason)
        self.assertFalse(mails[1].mailjet_by_smtp_reason)
        self.assertIn("by SMTP: The email has a List-Id header", "\n".join(log.output))

    @both_ways
    def test_with_smtp_blocked_it_waits_with_the_reason(self, way):
        self.block_smtp()
        mails = self.create_mails(2)
        mails[0].write(LIST_ID)
        self.send(mails, way)
        self.assertEqual(mails.mapped("state"), ["outgoing", "sent"])
        self.assertEqual(mails[0].mailjet_waits_for, "retry")
        self.assertGreater(mails[0].scheduled_date, fields.Datetime.now())
        self.assertIn("List-Id", mails[0].failure_reason)
        self.assertIn("localhost", mails[0].failure_reason)
        self.assertFalse(mails[0].mailjet_first_try, "It is not given up")
        self.assertFalse(self.server.mailjet_is_paused, "All other mail can go")
        self.assertEqual(self.by_api(), ["to1@example.org"])
        self.point_at(self.server, smtp_port=self.mailjet.starttls_port)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(mails[0].state, "sent")
        self.assertEqual(self.by_smtp(), ["to0@example.org"])

    @both_ways
    def test_the_reason_is_gone_once_the_api_carries_it(self, way):
        self.block_smtp()
        [mail] = self.create_mails(1, auto_delete=False)
        mail.write(LIST_ID)
        self.send(mail, way)
        self.assertIn("List-Id", mail.mailjet_by_smtp_reason)
        mail.headers = False
        mail.scheduled_date = False
        self.send(mail, way)
        self.assertEqual(self.by_api(), ["to0@example.org"])
        self.assertFalse(mail.mailjet_by_smtp_reason)

    @both_ways
    def test_every_session_is_closed(self, way):
        """After each request without an answer, core's way connects again."""
        closed, quit_session = set(), send_session.SendSession.quit

        def noted(session):
            closed.add(session)
            quit_session(session)

        self.rest.faults.add("lost", path="send", times=2)
        with patch.object(send_session.SendSession, "quit", noted):
            self.send(self.create_mails(3), way)
        self.assertEqual(len(self.by_api()), 3)
        self.assertEqual(len(closed), {"core": 3, "engine": 1}[way])

    @both_ways
    def test_mailings_only(self, way):
        self.server.mailjet_transport = "mixed"
        mailing = self.create_mailing("a@example.org")
        mails = self.make_mails(mailing) + self.create_mails(1)
        self.send(mails, way)
        self.assertEqual(self.by_api(), ["a@example.org"])
        self.assertEqual(self.by_smtp(), ["to0@example.org"])
        self.assertFalse(mails.exists().mailjet_by_smtp_reason, "It was chosen so")

    @both_ways
    def test_mailings_only_and_smtp_is_blocked(self, way):
        self.server.mailjet_transport = "mixed"
        self.block_smtp()
        mailing = self.create_mailing("a@example.org")
        rest = self.create_mails(1)
        self.send(rest + self.make_mails(mailing), way)
        self.assertEqual(self.by_api(), ["a@example.org"])
        self.assertEqual(rest.state, "outgoing")
        self.assertEqual(rest.mailjet_waits_for, "retry")
        self.assertFalse(self.server.mailjet_is_paused)

    @both_ways
    def test_mailings_only_and_the_api_is_down(self, way):
        self.server.mailjet_transport = "mixed"
        self.rest.faults.add("error", status=503, path="send", times=None)
        mailing = self.create_mailing("a@example.org")
        mails, rest = self.make_mails(mailing), self.create_mails(1)
        self.send(rest + mails, way)
        self.assertEqual(self.by_smtp(), ["to0@example.org"])
        self.assertEqual(mails.state, "outgoing")
        self.assertEqual(mails.mailjet_waits_for, "retry")
        self.assertIn("cannot take any email", mails.failure_reason)
        self.assertFalse(self.server.mailjet_is_paused)

    @both_ways
    def test_another_module_builds_the_message(self, way):
        servers = self.env.registry["ir.mail_server"]
        build = servers._build_email__

        def build_and_mark(records, *args, **options):
            message = build(records, *args, **options)
            message["X-Theirs"] = "yes"
            return message

        theirs = type("Theirs", (), {"_module": "theirs", "_build_email__": None})
        with (
            patch.object(servers, "_build_email__", build_and_mark),
            patch(
                "odoo.addons.mail_mailjet.models.server.ir_mail_server_transport"
                ".foreign_modules",
                lambda *places: {theirs._module},
            ),
        ):
            mails = self.create_mails(2)
            self.send(mails, way)
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(len(self.by_smtp()), 2)
        self.assertIn("theirs", mails[0].mailjet_by_smtp_reason)
        [message, *_others] = self.mailjet.store.messages
        self.assertEqual(message.parsed()["X-Theirs"], "yes")

    @both_ways
    def test_the_api_refuses_what_smtp_can_carry(self, way):
        """A mail that we took for possible goes by SMTP when Mailjet says no."""
        self.refuse_subject("Mail 0", "send-0011", 400)
        mails = self.create_mails(2)
        self.send(mails, way)
        if way == "engine":
            self.assertTrue(mails[0].mailjet_needs_smtp)
            self.assertEqual(mails[0].state, "outgoing")
            self.run_queue()
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(self.by_smtp(), ["to0@example.org"])
        self.assertEqual(self.by_api(), ["to1@example.org"])
        self.assertIn("send-0011", mails[0].mailjet_by_smtp_reason)

    def refuse_subject(self, subject, code, status):
        """Have the stand-in refuse mails with this subject."""
        from ..standins import send as module
        from ..standins.send_checks import SendError, message_errors

        def errors(message):
            yield from message_errors(message)
            if message.get("Subject") == subject:
                yield SendError(code, "It is refused.", ("Subject",), status)

        self.enterContext(patch.object(module, "message_errors", errors))

    # -- Fates -----------------------------------------------------------------------

    @both_ways
    def test_an_unknown_sender_is_refused_in_the_words_of_smtp(self, way):
        [mail] = self.create_mails(1, email_from="info@foreign.example")
        self.send(mail, way)
        self.assertEqual(mail.state, "exception")
        self.assertEqual(mail.failure_type, "mail_from_invalid")
        self.assertFalse(self.arrived(), "Not dropped: refused")
        by_api = mail.failure_reason.partition("\n")[0]
        self.server.mailjet_transport = "smtp"
        self.mailjet.faults.add("MAIL", "550 5.7.1 sender not verified")
        [mail] = self.create_mails(1)
        self.send(mail, way)
        self.assertEqual(mail.failure_reason.partition("\n")[0], by_api)

    @both_ways
    def test_one_bad_address_of_several(self, way):
        addresses = "a@example.org, b@example.org, d@example.org"
        self.enterContext(self.an_address_is_refused("d@example.org"))
        [mail] = self.create_mails(1, email_to=addresses)
        self.send(mail, way)
        for minutes in (2, 10):
            self.run_queue(timedelta(minutes=minutes))
        self.assertIn("a@example.org", self.by_api())
        self.assertNotIn("d@example.org", self.arrived())
        failed = self.parts(mail).filtered(lambda one: one.state == "exception")
        self.assertIn("d@example.org", ",".join(failed.mapped("email_to")))
        self.assertEqual(len(self.arrived()), len(set(self.arrived())))

    def an_address_is_refused(self, address):
        from ..standins import send as module
        from ..standins.send_checks import SendError, message_errors

        def errors(message):
            yield from message_errors(message)
            for number, one in enumerate(message.get("To", ())):
                if one["Email"] == address:
                    text = f'"{address}" is an invalid email address.'
                    yield SendError("mj-0013", text, (f"To[{number}].Email",), 400)

        return patch.object(module, "message_errors", errors)

    @both_ways
    def test_refused_keys_pause_the_server(self, way):
        for kind in ("keys", "account"):
            self.start_over()
            mails = self.create_mails(3)
            if kind == "keys":
                self.rest.faults.add("unauthorized", path="send", times=None)
            else:
                with self.mailjet.store.lock:
                    self.mailjet.store.account(API_KEY).row["IsActive"] = False
            with mute_logger("odoo.addons.mail.models.mail_mail"):
                self.send(mails, way)
            with self.mailjet.store.lock:
                self.mailjet.store.account(API_KEY).row["IsActive"] = True
            self.assertEqual(set(mails.mapped("state")), {"outgoing"})
            self.assertTrue(self.server.mailjet_is_paused, kind)
            self.assertEqual(set(mails.mapped("mailjet_waits_for")), {"pause"})
            self.assertFalse(self.arrived())
            self.assertFalse(mails[0].mailjet_first_try, "Not the mail's fault")

    @both_ways
    def test_too_many_requests_send_nothing_and_pause(self, way):
        self.rest.faults.add("rate_limited", path="send", times=None, retry_after=0)
        mails = self.create_mails(3)
        self.send(mails, way)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertTrue(self.server.mailjet_is_paused)
        self.assertFalse(self.arrived())
        self.rest.faults.clear()
        self.run_queue(timedelta(minutes=20))
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertEqual(len(self.by_api()), 3)

    def test_after_a_failure_nothing_more_of_a_mail_is_begun(self):
        """As over a broken line: no request a recipient, each with its time-out."""
        for fault in (("rate_limited", {}), ("error", {"status": 503})):
            kind, options = fault
            self.start_over()
            self.rest.clear_requests()
            self.rest.faults.add(kind, path="send", times=None, **options)
            mail = self.mail_to_partners(
                *self.create_partners(*(f"p{n}@example.org" for n in range(3)))
            )
            self.send(mail, "core")
            self.assertEqual(len(self.rest.requests), 1, kind)
            self.assertEqual(mail.state, "outgoing")
            self.assertEqual(len(mail.recipient_ids), 3)

    @both_ways
    def test_an_answer_that_is_lost_leaves_the_mails_in_doubt(self, way):
        for kind in ("lost", "torn", "jumbled"):
            self.start_over()
            self.rest.faults.add(kind, path="send")
            mails = self.create_mails(2)
            self.send(mails, way)
            first = mails[0]
            self.assertEqual(first.state, "mailjet_in_flight", kind)
            self.assertTrue(first.mailjet_uncertain_on)
            self.assertEqual(len(self.arrived()), 2)
            self.run_queue(timedelta(minutes=10))
            self.assertEqual(len(self.arrived()), 2, "Not sent again")

    def test_partial_success(self):
        mails = self.create_mails(3)
        mails[1].email_from = "info@foreign.example"
        self.send(mails, "engine")
        self.assertEqual(mails.mapped("state"), ["sent", "exception", "sent"])
        self.assertEqual(self.by_api(), ["to0@example.org", "to2@example.org"])

    # -- MessageIDs ------------------------------------------------------------------

    @both_ways
    def test_the_message_id_is_kept_with_trace_and_notification(self, way):
        mailing = self.create_mailing("a@example.org", "b@example.org")
        self.send(self.make_mails(mailing), way)
        ids = {
            m.rcpt_tos[0]: str(m.message_ids[0]) for m in self.mailjet.store.messages
        }
        traces = mailing.mailing_trace_ids
        self.assertEqual(
            {trace.email: trace.mailjet_message_id for trace in traces}, ids
        )
        self.start_over()
        [partner] = self.create_partners("c@example.org")
        mail = self.mail_to_partners(partner, is_notification=True)
        notification = self.env["mail.notification"].create(
            {
                "mail_message_id": mail.mail_message_id.id,
                "mail_mail_id": mail.id,
                "notification_type": "email",
                "res_partner_id": partner.id,
            }
        )
        self.send(mail, way)
        [message] = self.mailjet.store.messages
        self.assertEqual(notification.mailjet_message_id, str(message.message_ids[0]))

    def test_the_message_id_of_another_recipient_is_not_kept(self):
        """Mailjet has told of one of two recipients; the other is in doubt."""
        mailing = self.create_mailing("a@example.org")
        mail = self.make_mails(mailing)
        entry = Entry(
            0,
            {"a@example.org": Fate.UNCERTAIN, "b@example.org": Fate.ACCEPTED},
            {"a@example.org": None},
            {"b@example.org": "77"},
        )
        mail._mailjet_keep_message_ids(self.server, {mail.id: [entry]})
        self.assertFalse(mailing.mailing_trace_ids.mailjet_message_id)

    def test_no_environment_of_a_mail_stays(self):
        """Odoo looks through all of them whenever it needs one."""
        prepare, counts = run.Run._prepare_mail, []

        def counted(this, *args):
            prepared = prepare(this, *args)
            counts.append(len(this.env.transaction.envs))
            return prepared

        gc.disable()
        self.addCleanup(gc.enable)
        with patch.object(run.Run, "_prepare_mail", counted):
            self.send(self.create_mails(20), "engine")
        self.assertEqual(len(self.by_api()), 20)
        self.assertLess(counts[-1] - counts[4], 5, counts)
