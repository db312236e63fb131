from datetime import timedelta

from odoo.tests import tagged

from ..common import MailjetRestCommon
from ..standins import HANG_UP, LOSE_ANSWER, RestStandin
from .test_mail_refused import MailRefusedCommon


@tagged("post_install", "-at_install")
class TestMailInDoubt(MailRefusedCommon):
    """The line breaks after the content: Mailjet is asked before it is sent again."""

    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        self.server.mailjet_api_url = self.rest.url

    _request_handler = MailjetRestCommon._request_handler

    def test_not_sent_again_if_mailjet_has_it(self):
        self.mailjet.faults.add("CONTENT", LOSE_ANSWER, after=1)
        mails = self.create_mails(3)
        mails.send()
        [doubtful] = mails.filtered(lambda mail: mail.state == "outgoing")
        self.assertTrue(doubtful.mailjet_is_uncertain)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(doubtful.state, "sent")
        self.assertFalse(doubtful.mailjet_is_uncertain)
        self.assertEqual(len(self.arrived()), 3)
        self.assertEqual(len(set(self.arrived())), 3)

    def test_sent_again_if_mailjet_has_it_not(self):
        self.mailjet.faults.add("CONTENT", HANG_UP)
        mail = self.create_mails(1)
        mail.send()
        self.assertTrue(mail.mailjet_is_uncertain)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(mail.state, "sent")
        self.assertEqual(len(self.arrived()), 1)

    def test_waits_while_mailjet_cannot_be_asked(self):
        self.mailjet.faults.add("CONTENT", LOSE_ANSWER)
        mail = self.create_mails(1)
        mail.send()
        self.rest.faults.add("unauthorized", times=None)
        self.run_queue(timedelta(minutes=2))
        self.assertEqual((mail.state, mail.mailjet_tries), ("outgoing", 2))
        self.run_queue(timedelta(hours=25))
        self.assertEqual(mail.state, "exception")
        self.assertIn("Look in Mailjet", mail.failure_reason)
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
        self.run_queue(timedelta(minutes=2))
        self.assertEqual(self.arrived(), partners.mapped("email"))
        status = message.notification_ids.mapped("notification_status")
        self.assertEqual(set(status), {"sent"})
