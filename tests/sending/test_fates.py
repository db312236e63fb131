# pylint: disable=translation-required
"""What becomes of each recipient, by both ways to send."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...tools.smtp import session
from .fates_common import WAYS, FatesCommon, both_ways


@tagged("post_install", "-at_install")
class TestFates(FatesCommon):
    @both_ways
    def test_one_of_several_addresses_is_refused(self, way):
        for reply, state in (
            ("450 4.2.1 Not now", "outgoing"),
            ("550 5.1.1 User unknown", "exception"),
        ):
            for field in ("email_to", "email_cc"):
                self.start_over()
                self.mailjet.faults.add(
                    "RCPT", reply, address="b@example.org", times=None
                )
                addresses = "a@example.org, b@example.org, c@example.org"
                vals = {"email_to": False, field: addresses}
                [mail] = self.create_mails(1, **vals)
                self.send(mail, way)
                self.assertEqual(self.arrived(), ["a@example.org", "c@example.org"])
                parts = self.parts(mail)
                self.assertEqual(set(parts.mapped("state")), {"sent", state})
                [refused] = parts.filtered_domain([("state", "=", state)])
                self.assertEqual(refused[field], "b@example.org")
                self.assertIn(reply, refused.failure_reason)

    def test_a_partner_gets_two_emails_from_another_module(self):
        mails = self.env.registry["mail.mail"]
        prepare = mails._prepare_outgoing_list

        def twice(mail, **options):
            email_list = prepare(mail, **options)
            return email_list + [{**values} for values in email_list]

        partner = self.create_partners("a@example.org")
        vals = {"email_to": False, "recipient_ids": partner.ids}
        mail, other = self.create_mails(1, **vals) + self.create_mails(1)
        with patch.object(mails, "_prepare_outgoing_list", twice):
            self.send(mail + other, "engine")
        self.assertEqual((mail + other).mapped("state"), ["sent", "sent"])
        self.assertEqual(self.arrived().count("a@example.org"), 2)

    @both_ways
    def test_a_partner_with_two_addresses(self, way):
        self.start_over()
        self.mailjet.faults.add(
            "RCPT", "550 5.1.1 User unknown", address="b@example.org"
        )
        partner = self.create_partners("a@example.org, b@example.org")
        [mail] = self.create_mails(
            1, email_to=False, recipient_ids=[Command.set(partner.ids)]
        )
        self.send(mail, way)
        self.assertEqual(self.arrived(), ["a@example.org"])
        [failed] = self.parts(mail).filtered(lambda one: one.state == "exception")
        self.assertEqual(failed.email_to, "b@example.org")
        self.assertIn("User unknown", failed.failure_reason)

    @both_ways
    def test_too_many_recipients_go_later(self, way):
        self.start_over()
        self.mailjet.faults.add(
            "RCPT", "452 4.5.3 Too many recipients", from_position=51, times=None
        )
        wanted = sorted(f"to{number:02}@example.org" for number in range(60))
        [mail] = self.create_mails(1, email_to=", ".join(wanted))
        self.send(mail, way)
        self.assertEqual(len(self.arrived()), 50)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(self.arrived(), wanted)
        self.assertEqual(set(self.parts(mail).mapped("state")), {"sent"})

    @both_ways
    def test_the_good_ones_of_five_partners_get_it(self, way):
        self.start_over()
        self.mailjet.faults.add(
            "RCPT", "550 5.1.1 User unknown", address="p1@example.org"
        )
        emails = [f"p{number}@example.org" for number in range(5)]
        partners = self.create_partners(*emails)
        [mail] = self.create_mails(
            1, email_to=False, recipient_ids=[Command.set(partners.ids)]
        )
        self.send(mail, way)
        self.assertEqual(self.arrived(), sorted({*emails} - {"p1@example.org"}))
        [failed] = self.parts(mail).filtered(lambda one: one.state == "exception")
        self.assertEqual(failed.recipient_ids, partners[1])

    @both_ways
    def test_words_about_the_account_at_any_stage(self, way):
        for verb, reply in (
            ("RCPT", "550 5.4.5 Daily user sending quota exceeded"),
            ("MAIL", "550 5.7.1 You have exceeded its 24-hour sending limit"),
            ("CONTENT", "552 5.2.2 You are over your relay quota"),
            ("RCPT", "550 5.7.1 Your account has been suspended"),
        ):
            self.start_over()
            self.mailjet.faults.add(verb, reply, times=None)
            [mail] = self.create_mails(1, auto_delete=True)
            self.send(mail, way)
            self.assertTrue(self.server.mailjet_is_paused, reply)
            self.assertEqual(mail.state, "outgoing")
            self.assertEqual(mail.mailjet_waits_for, "pause")
            self.assertFalse(mail.mailjet_first_try, "Not the mail's fault")
            self.assertIn(reply, self.server.mailjet_pause_reason)

    @both_ways
    def test_words_about_the_recipients_account(self, way):
        self.start_over()
        reply = "554 5.7.1 The recipient's account is suspended"
        self.mailjet.faults.add("RCPT", reply)
        [mail] = self.create_mails(1)
        self.send(mail, way)
        self.assertFalse(self.server.mailjet_is_paused)
        self.assertEqual(mail.state, "exception")
        self.assertIn(reply, mail.failure_reason)

    @both_ways
    def test_what_failed_stays_and_retry_retries(self, way):
        self.start_over()
        self.mailjet.faults.add("RCPT", "550 5.1.1 User unknown")
        mailing = self.create_mailing("a@example.org")
        mailing.keep_archives = False
        mails = self.make_mails(mailing)
        self.send(mails, way)
        self.assertEqual(mails.state, "exception")
        self.assertEqual(mailing.mailing_trace_ids.trace_status, "error")
        mailing.action_retry_failed()
        self.make_mails(mailing)
        self.send(self.mails_of(mailing), way)
        self.assertEqual(self.arrived(), ["a@example.org"])
        self.assertEqual(mailing.mailing_trace_ids.trace_status, "sent")

    @both_ways
    def test_retry_retries_a_part_of_a_mail(self, way):
        self.start_over()
        self.mailjet.faults.add(
            "RCPT", "550 5.1.1 User unknown", address="b@example.org"
        )
        mailing = self.create_mailing("a@example.org")
        mail = self.make_mails(mailing)
        mail.email_to = "a@example.org, b@example.org"
        self.send(mail, way)
        self.assertEqual(self.arrived(), ["a@example.org"])
        mailing.action_retry_failed()
        self.send(
            self.mails_of(mailing).filtered(lambda one: one.state == "outgoing"),
            way,
        )
        self.assertEqual(self.arrived(), ["a@example.org", "b@example.org"])

    @both_ways
    def test_a_key_that_is_switched_off_fails_no_mail(self, way):
        self.start_over()
        self.mailjet.faults.add(
            "AUTH", "535 5.7.8 This API key is deactivated", times=None
        )
        mails = self.create_mails(130)
        activities = self.env["mail.activity"].search([])
        self.send(mails, way)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertTrue(self.server.mailjet_is_paused)
        told = self.env["mail.activity"].search([]) - activities
        self.assertEqual(len(told), 1)
        self.assertIn("sends nothing", told.summary)
        self.assertIn("deactivated", told.note)
        # Tried again at the end of the pause, and nobody is asked twice
        self.run_queue(timedelta(minutes=65))
        self.assertEqual(self.server.mailjet_pause_count, 2)
        self.assertEqual(self.env["mail.activity"].search([]) - activities, told)
        self.mailjet.faults.clear()
        self.run_queue(timedelta(minutes=200))
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertFalse(told.exists())

    def test_one_worker_does_not_end_the_pause_of_another(self):
        """The account is suspended while another worker's mails are still taken."""
        mails = self.create_mails(2)
        runs = self.env.registry["mail.mail"]
        keep = runs._mailjet_keep

        def keep_and_pause(mails, claim, server, results):
            server._mailjet_pause_for(timedelta(hours=1))
            return keep(mails, claim, server, results)

        with patch.object(runs, "_mailjet_keep", keep_and_pause):
            self.send(mails, "engine")
        self.assertEqual(len(self.arrived()), 2)
        self.assertTrue(self.server.mailjet_is_paused)

    def test_an_expired_certificate_fails_no_mail(self):
        expired = self.authority.issue("localhost", days_valid=-1)
        standin = self.start_standin(expired)
        self.server.smtp_port = standin.starttls_port
        for way in WAYS:
            mails = self.create_mails(3)
            self.send(mails, way)
            self.assertEqual(set(mails.mapped("state")), {"outgoing"})
            self.assertTrue(self.server.mailjet_is_paused)
            self.assertIn("expired", self.server.mailjet_pause_reason)
            self.assertTrue(self.server.mailjet_pause_activity_id)
            self.server._mailjet_end_pause()

    @both_ways
    def test_too_many_connections_pause_nothing(self, way):
        reply = "450 4.7.0 Too many concurrent connections"
        self.mailjet.faults.add("MAIL", reply)
        mails = self.create_mails(3)
        self.send(mails, way)
        self.assertFalse(self.server.mailjet_is_paused)
        self.assertEqual(sorted(mails.mapped("state")), ["outgoing", "sent", "sent"])
        waiting = mails.filtered_domain([("state", "=", "outgoing")])
        self.assertFalse(waiting.mailjet_first_try, "Not the mail's fault")

    def test_a_full_day_of_connection_trouble_fails_no_mail(self):
        self.mailjet.faults.add("MAIL", "421 4.3.2 Shutting down", times=None)
        [mail] = self.create_mails(1)
        self.send(mail, "core")
        for hours in range(2, 40, 2):
            self.run_queue(timedelta(hours=hours))
        self.assertEqual(mail.state, "outgoing")
        self.mailjet.faults.clear()
        self.run_queue(timedelta(hours=42))
        self.assertEqual(mail.state, "sent")

    @both_ways
    def test_tls_that_is_temporarily_unavailable(self, way):
        self.start_over()
        reply = "454 4.7.0 TLS not available due to temporary reason"
        self.mailjet.faults.add("STARTTLS", reply, times=None)
        [mail] = self.create_mails(1)
        self.send(mail, way)
        self.assertEqual(mail.state, "outgoing")
        reason = self.server.mailjet_pause_reason
        self.assertNotIn("password", reason)
        self.assertIn("encrypt", reason)

    @both_ways
    def test_references_fit_on_one_line(self, way):
        self.start_over()
        ids = [f"<{number:03}.{'x' * 50}@example.org>" for number in range(40)]
        [mail] = self.create_mails(1, references=" ".join(ids))
        self.send(mail, way)
        [message] = self.mailjet.store.messages
        references = message.parsed()["References"].split()
        self.assertEqual(references[0], ids[0])
        self.assertEqual(references[-1], ids[-1])
        self.assertLess(len(references), 20)

    @both_ways
    def test_a_header_that_no_server_takes_is_named(self, way):
        for name, value in (
            ("List-Unsubscribe", f"<https://company.example/{'x' * 1000}>"),
            ("X-Note", "one\\nBcc: all@example.org"),
        ):
            self.start_over()
            headers = f"{{'{name}': '{value}'}}"
            [mail] = self.create_mails(1, headers=headers)
            with mute_logger("odoo.addons.mail.models.mail_mail"):
                self.send(mail, way)
            self.assertFalse(self.arrived())
            self.assertEqual(mail.state, "exception")
            self.assertIn(name, mail.failure_reason)

    @both_ways
    def test_a_header_that_the_server_refuses(self, way):
        self.start_over()
        self.mailjet.faults.add("CONTENT", "554 5.6.0 Invalid header")
        [mail] = self.create_mails(1)
        self.send(mail, way)
        self.assertEqual(mail.state, "exception")
        self.assertEqual(mail.failure_type, "unknown")
        self.assertIn("header", mail.failure_reason)

    @both_ways
    def test_recipients_at_an_international_domain(self, way):
        self.start_over()
        [mail] = self.create_mails(
            1, email_to="kontakt@bücher.example, plain@example.org"
        )
        partner = self.create_partners("zoé@example.org")
        mail.recipient_ids = partner
        self.send(mail, way)
        self.assertEqual(
            self.arrived(),
            [
                "kontakt@xn--bcher-kva.example",
                "plain@example.org",
                "zoé@example.org",
            ],
        )
        self.assertEqual(mail.state, "sent")

    @both_ways
    def test_an_address_that_needs_smtputf8(self, way):
        self.start_over()
        [mail] = self.create_mails(1, email_to="zoé@example.org, b@example.org")
        partner = self.create_partners("rené@example.org")
        mail.recipient_ids = partner
        with self.without_smtputf8():
            self.send(mail, way)
        self.assertEqual(self.arrived(), ["b@example.org"])
        failed = self.parts(mail).filtered(lambda one: one.state == "exception")
        self.assertIn("zoé@example.org", failed.mapped("email_to"))
        self.assertEqual(failed.recipient_ids, partner)
        for part in failed:
            self.assertIn("accented", part.failure_reason)

    @both_ways
    def test_from_at_an_international_domain(self, way):
        self.server.mailjet_refreshed_on = fields.Datetime.now()
        for spelling in ("*@bücher.example", "*@xn--bcher-kva.example"):
            sender = self.env["mailjet.sender"].create(
                {"server_id": self.server.id, "email": spelling, "status": "active"}
            )
            accepted = self.server._mailjet_accepted_filter()
            self.assertEqual(
                set(accepted.split(", ")), {"bücher.example", "xn--bcher-kva.example"}
            )
            for email_from in (
                "Zoé <info@bücher.example>",
                "info@xn--bcher-kva.example",
            ):
                self.start_over()
                [mail] = self.create_mails(1, email_from=email_from)
                mail.reply_to = "Reply <reply@bücher.example>"
                self.send(mail, way)
                [message] = self.mailjet.store.messages
                head = message.content.partition(b"\r\n\r\n")[0]
                self.assertIn(
                    b"<info@xn--bcher-kva.example>"
                    if "Zo" in email_from
                    else b"info@xn--bcher-kva.example",
                    head,
                )
                self.assertIn(b"<reply@xn--bcher-kva.example>", head)
                self.assertNotIn(b".example?=", head)
            sender.unlink()

    @both_ways
    def test_nobody_gets_it_twice_for_two_spellings(self, way):
        self.start_over()
        [mail] = self.create_mails(
            1,
            email_to="a@bücher.example, a@xn--bcher-kva.example",
            email_cc="A@Bücher.example",
        )
        self.send(mail, way)
        self.assertEqual(self.arrived(), ["a@xn--bcher-kva.example"])
        self.assertEqual(mail.state, "sent")

    @both_ways
    def test_waiting_never_revives(self, way):
        """A pause, its end, a limit: only what is outgoing waits, or goes."""
        states = ("sent", "cancel", "exception", "received")
        mails = self.create_mails(len(states))
        for mail, state in zip(mails, states, strict=True):
            mail.write({"state": state, "mailjet_server_id": self.server.id})
            mail.mailjet_waits_for = "pause"
        self.server._mailjet_pause_for(timedelta(hours=1))
        self.send(mails, way)
        self.assertEqual(tuple(mails.mapped("state")), states)
        self.server.action_mailjet_resume()
        self.server.mailjet_daily_limit = 1
        self.send(mails, way)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(tuple(mails.mapped("state")), states)
        self.assertFalse(self.arrived())
        mails.mark_outgoing()
        wanted = ("sent", "outgoing", "outgoing", "received")
        self.assertEqual(tuple(mails.mapped("state")), wanted)

    @contextmanager
    def without_smtputf8(self):
        start = session.Session.__init__

        def begin(this, *args):
            start(this, *args)
            this.outcome.takes_utf8 = False

        with patch.object(session.Session, "__init__", begin):
            yield
