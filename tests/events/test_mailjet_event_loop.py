# pylint: disable=translation-required
"""The whole loop: mail goes out, its events come back, and nothing is counted twice."""

import base64
import json
import re
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged

from ...tools.mailjet.custom_id import read_custom_id
from ...tools.mailjet.event import read_post
from ..common import MailjetRestCommon
from ..sending.test_mail_refused import MailRefusedCommon
from ..standins import RestStandin, events_of
from .common import MailjetEventsCommon


class MailjetLoopCommon(MailRefusedCommon):
    _request_handler = MailjetRestCommon._request_handler

    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        self.point_at(self.server, mailjet_api_url=self.rest.url)
        self.server.mailjet_reports_sent = True

    def take_in_events(self):
        """Store and apply all events that the stand-in would post."""
        for message in self.mailjet.store.messages:
            post = read_post(json.dumps(events_of(message, {})).encode())
            self.env["mailjet.event"]._receive(self.server, post)
        self.apply()

    apply = MailjetEventsCommon.apply


@tagged("post_install", "-at_install")
class TestMailjetLoop(MailjetLoopCommon):
    def test_headers(self):
        mailing = self.create_mailing("a@example.org", "b@example.org")
        mailing.action_send_mail()
        tag, key = self.env["ir.mail_server"]._mailjet_custom_id_keys()
        for message in self.mailjet.store.wait_for(2):
            head = message.content.partition(b"\r\n\r\n")[0].decode("ascii")
            [custom_id] = re.findall(r"^X-MJ-CustomID: (\S+)\r?$", head, re.MULTILINE)
            self.assertLessEqual(len(custom_id), 63)
            trace = self.env["mailing.trace"].browse(
                read_custom_id(custom_id, tag, key).trace_id
            )
            self.assertEqual(trace.email, message.rcpt_tos[0])
            self.assertIn(f"X-Mailjet-Campaign: Ete a Besancon {tag}-", head)
            self.assertIn("X-Mailjet-TrackOpen: 0", head)
            self.assertIn("X-Mailjet-TrackClick: 0", head)
            self.assertIn("X-Mailjet-DeduplicateCampaign: 1", head)
        name = mailing.mailjet_campaign
        mailing.subject = "Another"
        self.assertEqual(mailing._mailjet_campaign_name(), name)

    def test_tracking_by_choice(self):
        for choice, value in (("mailjet", "1"), ("account", None), ("odoo", "0")):
            self.mailjet.store.clear_messages()
            self.server.mailjet_tracking = choice
            self.create_mails(1).send()
            [message] = self.mailjet.store.messages
            self.assertEqual(message.parsed()["X-Mailjet-TrackOpen"], value)
            self.assertEqual(message.parsed()["X-Mailjet-TrackClick"], value)

    def test_an_existing_header_is_kept(self):
        mail = self.create_mails(1, headers=repr({"x-mj-customid": "mine"}))
        mail.send()
        [message] = self.mailjet.store.messages
        self.assertEqual(message.parsed().get_all("X-MJ-CustomID"), ["mine"])

    def test_each_recipient_has_an_id_of_its_own(self):
        partners = self.env["res.partner"].create(
            [{"name": n, "email": f"{n}@example.org"} for n in "abc"]
        )
        self.create_mails(
            1, email_to=False, recipient_ids=[Command.set(partners.ids)]
        ).send()
        ids = {m.parsed()["X-MJ-CustomID"] for m in self.mailjet.store.messages}
        self.assertEqual(len(ids), 3)

    def test_other_servers_get_no_header(self):
        server = self.create_other_standin_server()
        self.create_mails(1, mail_server_id=server.id).send()
        [message] = self.other.store.messages
        self.assertFalse([n for n in message.parsed() if "mj" in n.lower()])
        self.assertFalse([n for n in message.parsed() if "mailjet" in n.lower()])

    def test_what_became_of_a_mailing(self):
        expected = {
            "anybody@example.org": "sent",
            "open@example.org": "open",
            "click@example.org": "open",
            "bounce@example.org": "bounce",
            "softbounce@example.org": "error",
            "greylisted@example.org": "pending",
            "blocked@example.org": "error",
            "spam@example.org": "sent",
            "unsub@example.org": "open",
        }
        self.server.mailjet_tracking = "mailjet"
        mailing = self.create_mailing(*expected)
        mailing.action_send_mail()
        traces = {trace.email: trace for trace in mailing.mailing_trace_ids}
        self.assertEqual({t.trace_status for t in traces.values()}, {"pending"})
        self.assertEqual(mailing.pending, len(expected))
        self.take_in_events()
        self.assertEqual(
            {email: trace.trace_status for email, trace in traces.items()}, expected
        )
        self.assertEqual(mailing.mailjet_hard_bounced, 1)
        self.assertEqual(mailing.mailjet_complained, 1)

    def test_a_message_in_the_chatter(self):
        partner = self.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@example.org"}
        )
        message = partner.message_post(
            body="Hello",
            message_type="comment",
            partner_ids=partner.ids,
            mail_server_id=self.server.id,
            email_from="info@company.example",
        )
        self.assertEqual(message.notification_ids.notification_status, "pending")
        self.take_in_events()
        self.assertEqual(message.notification_ids.notification_status, "sent")
        self.assertEqual(message.mailjet_event_ids.partner_id, partner)

    def test_without_reports_of_deliveries_as_in_stock(self):
        self.server.mailjet_reports_sent = False
        mailing = self.create_mailing("bounce@example.org", "a@example.org")
        mailing.action_send_mail()
        traces = mailing.mailing_trace_ids
        self.assertEqual(set(traces.mapped("trace_status")), {"sent"})
        self.take_in_events()
        self.assertEqual(sorted(traces.mapped("trace_status")), ["bounce", "sent"])

    def test_catching_up_on_missed_events(self):
        self.server.mailjet_tracking = "mailjet"
        mailing = self.create_mailing(
            "anybody@example.org", "open@example.org", "bounce@example.org"
        )
        mailing.action_send_mail()
        self.server._mailjet_schedule_catch_up(
            fields.Datetime.now() - timedelta(hours=1)
        )
        with (
            patch(
                "odoo.addons.mail_mailjet.models.events.ir_mail_server_catch_up.PAGE_SIZE",
                2,
            ),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("mail_mailjet.ir_cron_catch_up").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.server.mailjet_catch_up_from)
        self.apply()
        status = {t.email: t.trace_status for t in mailing.mailing_trace_ids}
        self.assertEqual(
            status,
            {
                "anybody@example.org": "sent",
                "open@example.org": "open",
                "bounce@example.org": "bounce",
            },
        )
        # Posts of the same events add nothing
        count = self.env["mailjet.event"].search_count([])
        self.take_in_events()
        self.assertEqual(self.env["mailjet.event"].search_count([]), count)
        bounced = self.env["mailing.contact"].search(
            [("email", "=", "bounce@example.org")]
        )
        self.assertEqual(bounced.message_bounce, 1)
        self.assertIn("no such mailbox", bounced.mailjet_suppression)

    def test_a_reply_finds_its_thread(self):
        """Its only reference is the Message-Id that Mailjet gave to our mail."""
        partner = self.env["res.partner"].create(
            {"name": "Zoé", "email": "zoe@example.org"}
        )
        message = partner.message_post(
            body="Hello",
            message_type="comment",
            partner_ids=partner.ids,
            mail_server_id=self.server.id,
            email_from="info@company.example",
        )
        self.take_in_events()
        number = int(message.mailjet_event_ids.mailjet_message_id)
        data = number.to_bytes(8, "big") + bytes(31)
        mailjet_id = f"<0123abcd.{base64.urlsafe_b64encode(data).decode()}@mailjet.com>"
        reply = (
            "From: zoe@example.org\r\nTo: catchall@company.example\r\n"
            f"Subject: Re\r\nMessage-Id: <reply@example.org>\r\n"
            f"In-Reply-To: {mailjet_id}\r\n\r\nThanks!\r\n"
        )
        self.env["mail.thread"].message_process(None, reply)
        answer = self.env["mail.message"].search(
            [("message_id", "=", "<reply@example.org>")]
        )
        self.assertEqual((answer.model, answer.res_id), ("res.partner", partner.id))
