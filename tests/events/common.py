import base64
import json

from odoo import Command
from odoo.tests import HttpCase

from ...tools.mailjet.custom_id import CustomId
from ...tools.mailjet.event import read_post
from ..common import MailjetCommon

SENT_AT = 1772700000  # 2026-03-05 08:40
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class MailjetEventsCommon(MailjetCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.create_server()
        cls.mailing_list = cls.env["mailing.list"].create({"name": "Friends"})
        cls.mailing = cls.env["mailing.mailing"].create(
            {
                "subject": "Hello",
                "mailing_model_id": cls.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(cls.mailing_list.ids)],
                "mail_server_id": cls.server.id,
                "mailjet_campaign": "hello-1",
                "email_from": "info@company.example",
                "state": "done",
            }
        )
        cls.contacts = cls.env["mailing.contact"].create(
            [
                {
                    "email": f"c{number}@example.org",
                    "list_ids": [Command.link(cls.mailing_list.id)],
                }
                for number in range(5)
            ]
        )
        cls.traces = cls.create_traces(cls.contacts)

    @classmethod
    def create_traces(cls, records, mailing=None):
        mailing = mailing or cls.mailing
        return cls.env["mailing.trace"].create(
            [
                {
                    "mass_mailing_id": mailing.id,
                    "model": record._name,
                    "res_id": record.id,
                    "email": record.email_normalized,
                    "trace_status": "pending",
                    "sent_datetime": "2026-03-05 08:39:00",
                    "message_id": f"<{record._name}-{record.id}@odoo>",
                }
                for record in records
            ]
        )

    def custom_id(self, trace=None, message=None, partner=None):
        if trace:
            custom_id = CustomId(trace_id=trace.id)
        else:
            custom_id = CustomId(
                message_id=message.id, partner_id=partner.id if partner else 0
            )
        return self.env["ir.mail_server"]._mailjet_write_custom_id(custom_id)

    def event(self, event, record, seconds=0, **vals):
        """Return an event as Mailjet posts it; `record` is a trace, or a CustomID."""
        is_trace = not isinstance(record, str)
        return {
            "event": event,
            "time": SENT_AT + seconds,
            "MessageID": 2**60 + (record.id if is_trace else 1),
            "email": record.email if is_trace else "zoe@example.org",
            "mj_campaign_id": 0,
            "CustomID": self.custom_id(record) if is_trace else record,
            **({"agent": PERSON} if event in ("open", "click") else {}),
            **vals,
        }

    def hard_bounce(self, record, seconds=0, **vals):
        return self.event(
            "bounce",
            record,
            seconds,
            hard_bounce=True,
            blocked=True,
            error_related_to="recipient",
            error="user unknown",
            comment="550 5.1.1 no such user",
            **vals,
        )

    def receive(self, *events):
        """Insert events as the request does, and apply them as the cron does."""
        post = read_post(json.dumps(events).encode())
        self.env["mailjet.event"]._receive(self.server, post)
        self.apply()

    def apply(self):
        with self.enter_registry_test_mode():
            self.env.ref("mail_mailjet.ir_cron_apply_events").method_direct_trigger()
        self.env.invalidate_all()

    def states(self):
        return self.env["mailjet.event"].search([]).mapped("state")


class MailjetPostCommon(MailjetEventsCommon, HttpCase):
    def post(self, body, token=None, login=None, **kwargs):
        server = self.server
        token = token or server.mailjet_event_token
        login = login or ("mailjet", server.mailjet_event_password)
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        pair = ":".join(login).encode("utf-8", "surrogateescape")
        pair = base64.b64encode(pair).decode()
        headers = {"Authorization": f"Basic {pair}", **kwargs.pop("headers", {})}
        return self.url_open(
            f"/mailjet/events/{token}", data=data, headers=headers, **kwargs
        )

    def stored(self):
        return self.env["mailjet.event"].search([])
