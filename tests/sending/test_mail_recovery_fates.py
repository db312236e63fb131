# pylint: disable=translation-required
"""What events and Mailjet say of the recipients of interrupted mails."""

import json
from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from ...models.sending.results import Entry, Failure
from ...tools.mailjet.event import read_post
from ...tools.smtp.pipeline import Fate
from ..standins import events_of
from .recovery_common import IN_FLIGHT, MailRecoveryCommon


@tagged("post_install", "-at_install")
class TestMailRecoveryFates(MailRecoveryCommon):
    # ------------------------------------------------------------------
    # Events
    # ------------------------------------------------------------------

    def test_an_event_proves_it_and_nobody_is_asked(self):
        mail = self.create_mails(1)
        self.leave_in_flight(mail)
        self.receive(self.take(mail.mailjet_custom_ids[""], "to0@example.org"))
        self.rest.faults.add("unauthorized", times=None)
        self.recover(minutes=16)
        self.assertEqual(mail.state, "sent")
        self.assertFalse(self.asked())

    def test_an_event_of_an_earlier_mail_proves_nothing(self):
        mail = self.create_mails(1)
        self.later = timedelta(hours=-1)
        self.receive(self.take(mail._mailjet_custom_id(None), "to0@example.org"))
        self.leave_in_flight(mail)
        self.recover(minutes=16)
        self.assertEqual(mail.state, IN_FLIGHT)

    def test_what_events_said_stays(self):
        self.server.mailjet_reports_sent = True
        expected = {
            "a@example.org": "sent",
            "bounce@example.org": "bounce",
            "blocked@example.org": "error",
        }
        mailing, mails = self.create_queued_mailing(*expected)
        self.leave_in_flight(mails)
        self.mailjet_takes(mails)
        for message in self.mailjet.store.messages:
            self.receive(message)
        self.recover(minutes=16)
        traces = {t.email: t.trace_status for t in mailing.mailing_trace_ids}
        self.assertEqual(traces, expected)
        self.assertFalse(mails.exists())

    def test_what_events_said_of_a_notification_stays(self):
        self.server.mailjet_reports_sent = True
        partners = self.env["res.partner"].create(
            [
                {"name": name, "email": f"{name}@example.org"}
                for name in ("bounce", "blocked", "plain", "silent")
            ]
        )
        with self.nothing_is_sent():
            message = partners[0].message_post(
                body="Hello",
                message_type="comment",
                partner_ids=partners.ids,
                mail_server_id=self.server.id,
                email_from="info@company.example",
            )
        mail = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.leave_in_flight(mail)
        self.mailjet_takes(mail)
        for taken in self.mailjet.store.messages[:3]:
            self.receive(taken)
        self.recover(minutes=16)
        self.assertEqual(
            {
                n.res_partner_id.name: n.notification_status
                for n in message.notification_ids
            },
            {
                "bounce": "bounce",
                "blocked": "exception",
                "plain": "sent",
                "silent": "pending",
            },
        )

    def test_a_duplicate_of_what_was_sent_again_is_sent(self):
        mailing, mail = self.create_queued_mailing("a@example.org")
        self.leave_in_flight(mail)
        self.other_mail_arrives(minutes=10)
        self.recover(minutes=31)
        self.assertEqual(mail.state, "outgoing")
        self.run_queue(timedelta(minutes=32))
        trace = mailing.mailing_trace_ids
        [sent] = [m for m in self.mailjet.store.messages if "a@" in m.rcpt_tos[0]]
        custom_id = sent.parsed()["X-MJ-CustomID"]
        [event] = events_of(sent, {})
        event |= {"event": "blocked", "error_related_to": "mailjet"}
        event |= {"error": "duplicate in campaign", "CustomID": custom_id}
        post = read_post(json.dumps([event]).encode())
        self.env["mailjet.event"]._receive(self.server, post)
        self.apply()
        self.assertEqual(trace.trace_status, "sent")
        self.assertFalse(trace.failure_type)

    # ------------------------------------------------------------------
    # Several recipients
    # ------------------------------------------------------------------

    def test_each_recipient_by_itself(self):
        partners = self.env["res.partner"].create(
            [{"name": n, "email": f"{n}@example.org"} for n in "abc"]
        )
        mail = self.create_mails(
            1,
            email_to="d@example.org, e@example.org",
            recipient_ids=[Command.set(partners.ids)],
        )
        self.leave_in_flight(mail)
        ids = mail.mailjet_custom_ids
        self.take(ids[str(partners[0].id)], "a@example.org")
        self.take(ids[""], "e@example.org")
        message = mail.mail_message_id
        self.recover(minutes=16)
        mails = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.assertEqual(sorted(mails.mapped("state")), [IN_FLIGHT, "sent"])
        sent = mails.filtered(lambda m: m.state == "sent")
        self.assertEqual(
            (sent.recipient_ids, sent.email_to), (partners[0], "e@example.org")
        )
        self.other_mail_arrives(minutes=20)
        self.recover(minutes=31)
        self.assertEqual(sorted(mails.mapped("state")), ["outgoing", "sent"])
        self.run_queue(timedelta(minutes=32))
        counts = self.mailjet.store.taken()
        for name in "abcde":
            self.assertEqual(counts[f"{name}@example.org"], 1, name)

    def test_addresses_of_a_partner_with_different_fates(self):
        """One is settled, and the other still is looked for by the same CustomID."""
        for settled in (Fate.ACCEPTED, Fate.REFUSED):
            [name] = {settled.value}
            emails = [f"{name}-a@example.org", f"{name}-b@example.org"]
            partner = self.env["res.partner"].create(
                {"name": name, "email": ", ".join(emails)}
            )
            mail = self.create_mails(
                1, email_to=False, recipient_ids=[Command.set(partner.ids)]
            )
            claims = self.leave_in_flight(mail)
            custom_id = mail.mailjet_custom_ids[str(partner.id)]
            failure = Failure("mail_email_invalid", "Nobody there")
            reasons = {emails[0]: failure} if settled == Fate.REFUSED else {}
            fates = {emails[0]: settled, emails[1]: Fate.UNCERTAIN}
            entry = Entry(partner.id, fates, {**reasons, emails[1]: None})
            message = mail.mail_message_id
            mail._mailjet_keep(claims.token, self.server, {mail.id: [entry]})
            self.take(custom_id, *emails[settled == Fate.REFUSED :])
            self.recover(minutes=16)
            parts = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
            expected = ["exception" if settled == Fate.REFUSED else "sent", "sent"]
            self.assertEqual(sorted(parts.mapped("state")), expected)
            self.run_queue(timedelta(minutes=20))
            self.assertEqual(self.mailjet.store.taken()[emails[1]], 1)

    def test_what_another_address_of_the_partner_got_proves_nothing(self):
        emails = ["first@example.org", "second@example.org"]
        partner = self.env["res.partner"].create(
            {"name": "Two", "email": ", ".join(emails)}
        )
        mail = self.create_mails(
            1, email_to=False, recipient_ids=[Command.set(partner.ids)]
        )
        claims = self.leave_in_flight(mail)
        custom_id = mail.mailjet_custom_ids[str(partner.id)]
        fates = {emails[0]: Fate.ACCEPTED, emails[1]: Fate.UNCERTAIN}
        entry = Entry(partner.id, fates, {emails[1]: None})
        message = mail.mail_message_id
        mail._mailjet_keep(claims.token, self.server, {mail.id: [entry]})
        self.take(custom_id, emails[0])
        self.recover(minutes=16)
        parts = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        self.assertEqual(sorted(parts.mapped("state")), [IN_FLIGHT, "sent"])

    def test_a_partner_whose_address_was_changed(self):
        partner = self.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@example.org"}
        )
        mail = self.create_mails(
            1, email_to=False, recipient_ids=[Command.set(partner.ids)]
        )
        self.leave_in_flight(mail)
        self.mailjet_takes(mail)
        partner.email = "zoe@new.example"
        self.recover(minutes=16)
        self.assertEqual(mail.state, "sent")

    def test_nobody_is_left_to_send_it_to(self):
        partner = self.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@example.org"}
        )
        mail = self.create_mails(
            1, email_to=False, recipient_ids=[Command.set(partner.ids)]
        )
        self.leave_in_flight(mail)
        partner.unlink()
        self.recover(minutes=16)
        self.assertNotEqual(mail.state, IN_FLIGHT)

    def test_the_scheduled_action(self):
        mail = self.create_mails(1)
        self.leave_in_flight(mail)
        self.mailjet_takes(mail)
        cron = self.env.ref("mail_mailjet.ir_cron_mailjet_recover")
        with self.at(minutes=16), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(mail.state, "sent")

    def test_a_mail_without_a_claim_is_not_forgotten(self):
        mail = self.create_mails(1)
        mail.write({"state": IN_FLIGHT, "mailjet_server_id": self.server.id})
        self.take(mail._mailjet_custom_id(None), "to0@example.org")
        self.recover(minutes=16)
        self.assertEqual(mail.state, "sent")
