"""What tests about interrupted emails have in common."""

import json
import time
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields

from ...models.sending.claims import Claims
from ...tools.mailjet.event import read_post
from ..common import API_KEY, MailjetRestCommon
from ..events.common import MailjetEventsCommon
from ..standins import RestStandin, events_of
from .test_mail_refused import MailRefusedCommon

IN_FLIGHT = "mailjet_in_flight"


class MailRecoveryCommon(MailRefusedCommon):
    """The stand-in's clock follows the one that a test has set forward."""

    def setUp(self):
        super().setUp()
        self.rest = self.enterContext(RestStandin(self.mailjet.store))
        self.point_at(self.server, mailjet_api_url=self.rest.url)
        self.later = timedelta(0)
        store = self.mailjet.store
        # `time.time` itself stands still while a test has frozen the time
        started, ticks = time.time(), time.monotonic
        begin = ticks()
        self.enterContext(
            patch.object(
                store,
                "clock",
                lambda: started + ticks() - begin + self.later.total_seconds(),
            )
        )
        self.statistics = store.account(API_KEY).statistics
        self.addCleanup(setattr, self.statistics, "lag", 0.0)

    _request_handler = MailjetRestCommon._request_handler
    apply = MailjetEventsCommon.apply

    def at(self, **later):
        """Set all clocks that long after the begin of the test."""
        self.later = timedelta(**later)
        return freeze_time(fields.Datetime.now() + self.later)

    def recover(self, **later):
        """Run recovery some time later; what goes wrong is raised."""
        with (
            self.at(**later),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.env(cr=cr)["mail.mail"]._cron_mailjet_recover()
        self.env.invalidate_all()

    def leave_in_flight(self, mails, notes=True):
        """Claim mails as a worker does, and kill it before it has sent any."""
        with self.enter_registry_test_mode(), Claims(self.env) as claims:
            claims.take(self.server, len(mails), mails.ids)
            self.env.invalidate_all()
            if notes:
                claims.note({mail.id: mail._mailjet_all_custom_ids() for mail in mails})
        self.env.invalidate_all()
        self.assertEqual(set(mails.mapped("state")), {IN_FLIGHT})
        return claims

    def mailjet_takes(self, mails):
        """Have Mailjet take these mails, as it did before the worker was killed."""
        for mail in mails:
            for recipient in mail._mailjet_doubtful_recipients():
                self.take(recipient.custom_id, *recipient.addresses)

    def take(self, custom_id, *addresses, api_key=API_KEY):
        content = f"Subject: Hi\r\nX-MJ-CustomID: {custom_id}\r\n\r\nHello"
        return self.mailjet.store.add_message(
            api_key=api_key,
            mail_from="info@company.example",
            rcpt_tos=list(addresses),
            content=content.encode(),
            port=587,
            security="starttls",
            auth_mechanism="PLAIN",
        )

    def other_mail_arrives(self, count=5, **later):
        """Have Mailjet take mails that have nothing to do with those in doubt."""
        self.later = timedelta(**later)
        for number in range(count):
            self.take("", f"other{number}@elsewhere.example")

    def asked(self):
        """Return how often Mailjet's list of messages was read."""
        requests = [r for r in self.rest.requests if r.path.endswith("/message")]
        self.rest.clear_requests()
        return len(requests)

    def receive(self, message):
        """Hand over what the stand-in would post of a message, and apply it."""
        post = read_post(json.dumps(events_of(message, {})).encode())
        self.env["mailjet.event"]._receive(self.server, post)
        self.apply()

    def create_queued_mailing(self, *emails):
        """Return a mailing whose mails are not sent yet, and these mails."""
        mailing = self.create_mailing(*emails)
        with self.nothing_is_sent():
            mailing.action_send_mail()
        return mailing, self.env["mail.mail"].search([("mailing_id", "=", mailing.id)])

    def nothing_is_sent(self):
        """Leave outgoing what Odoo would send at once."""
        return patch.object(self.registry["mail.mail"], "send", lambda *_a, **_k: True)
