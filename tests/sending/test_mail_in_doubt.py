# pylint: disable=translation-required
"""The line breaks after the content, in a mail that Odoo sends within a transaction."""

from datetime import timedelta

from odoo.tests import tagged

from ..standins import HANG_UP, LOSE_ANSWER
from .recovery_common import IN_FLIGHT, MailRecoveryCommon


@tagged("post_install", "-at_install")
class TestMailInDoubt(MailRecoveryCommon):
    """Mailjet is asked before anything is sent again."""

    def test_not_sent_again_if_mailjet_has_it(self):
        self.mailjet.faults.add("CONTENT", LOSE_ANSWER, after=1)
        mails = self.create_mails(3)
        mails.send()
        [doubtful] = mails.filtered(lambda mail: mail.state == IN_FLIGHT)
        self.assertTrue(doubtful.mailjet_uncertain_on)
        self.assertTrue(doubtful.mailjet_claim)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(doubtful.state, IN_FLIGHT, "Nobody else sends it")
        self.recover(minutes=16)
        self.assertEqual(doubtful.state, "sent")
        self.assertFalse(doubtful.mailjet_uncertain_on)
        self.assertEqual(len(self.arrived()), 3)
        self.assertEqual(len(set(self.arrived())), 3)

    def test_sent_again_if_mailjet_has_it_not(self):
        self.mailjet.faults.add("CONTENT", HANG_UP)
        mail = self.create_mails(1)
        mail.send()
        self.assertEqual(mail.state, IN_FLIGHT)
        self.recover(minutes=31)
        self.assertEqual(mail.state, IN_FLIGHT, "One empty answer says nothing")
        self.other_mail_arrives(minutes=40)
        self.recover(minutes=61)
        self.assertEqual(mail.state, "outgoing")
        self.run_queue(timedelta(minutes=62))
        self.assertEqual(mail.state, "sent")
        self.assertEqual(self.mailjet.store.taken()["to0@example.org"], 1)

    def test_a_batch_goes_on_after_a_break(self):
        wanted = [f"to{number}@example.org" for number in range(10)]
        self.mailjet.faults.add("CONTENT", HANG_UP, after=4)
        before = len(self.mailjet.connections)
        mails = self.create_mails(10)
        mails.send()
        self.assertEqual(len(self.arrived()), 9)
        self.assertEqual(len(self.mailjet.connections) - before, 2)
        self.assertEqual(sorted(mails.mapped("state")), [IN_FLIGHT] + ["sent"] * 9)
        self.other_mail_arrives(minutes=20)
        self.recover(minutes=31)
        self.run_queue(timedelta(minutes=32))
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        counts = self.mailjet.store.taken()
        self.assertEqual({counts[email] for email in wanted}, {1})

    def test_waits_while_mailjet_cannot_be_asked(self):
        self.mailjet.faults.add("CONTENT", LOSE_ANSWER)
        mail = self.create_mails(1)
        mail.send()
        self.rest.faults.add("unauthorized", times=None)
        for minutes in (16, 31, 600):
            self.recover(minutes=minutes)
            self.assertEqual(mail.state, IN_FLIGHT)
        self.recover(hours=25)
        self.assertEqual(mail.state, "exception")
        self.assertTrue(mail.mailjet_is_undecided)
        self.assertIn("Look for the recipient in Mailjet", mail.failure_reason)
        self.assertEqual(len(self.arrived()), 1)

    def test_of_several_recipients_only_the_others(self):
        partners = self.env["res.partner"].create(
            [{"name": n, "email": f"{n}@example.org"} for n in "abc"]
        )
        self.mailjet.faults.add("CONTENT", LOSE_ANSWER, after=1)
        message = partners[0].message_post(
            body="Hello",
            message_type="comment",
            partner_ids=partners.ids,
            mail_server_id=self.server.id,
            email_from="info@company.example",
        )
        self.assertEqual(len(self.arrived()), 2)
        status = message.notification_ids.mapped("notification_status")
        self.assertEqual(sorted(status), ["ready", "ready", "sent"])
        self.recover(minutes=16)
        self.run_queue(timedelta(minutes=17))
        self.assertEqual(self.arrived(), partners.mapped("email"))
        status = message.notification_ids.mapped("notification_status")
        self.assertEqual(set(status), {"sent"})
