from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from ...const import EVENT_TYPES
from ..common import API_KEY, MailjetRestCommon, MailjetSmtpCommon
from ..standins import EventPoster

ADDRESSES = ("a", "b", "open", "spam", "bounce", "blocked")


@tagged("post_install", "-at_install")
class TestMailjetEventTour(MailjetRestCommon, MailjetSmtpCommon, HttpCase):
    """A mailing is sent, the stand-in posts its events, and the form shows them."""

    def send_mailing(self):
        mailing_list = self.env["mailing.list"].create({"name": "Friends"})
        self.env["mailing.contact"].create(
            [
                {"email": f"{name}@example.org", "list_ids": mailing_list.ids}
                for name in ADDRESSES
            ]
        )
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "Summer",
                "body_html": "<p>Hello</p>",
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(mailing_list.ids)],
                "mail_server_id": self.server.id,
                "email_from": "info@company.example",
            }
        )
        mailing.action_send_mail()
        return mailing

    def register(self):
        login = f"mailjet:{self.server.mailjet_event_password}"
        host = self.base_url().removeprefix("http://")
        url = f"http://{login}@{host}/mailjet/events/{self.server.mailjet_event_token}"
        store = self.mailjet.store
        for event in EVENT_TYPES:
            store.account(API_KEY).callbacks.append(
                {
                    "EventType": event,
                    "Url": url,
                    "Version": 2,
                    "Status": "alive",
                    "IsBackup": False,
                }
            )
        self.server.mailjet_reports_sent = True

    def test_from_a_mailing_to_its_figures(self):
        port = self.mailjet.starttls_port
        self.point_at(self.server, smtp_host="localhost", smtp_port=port)
        self.register()
        poster = EventPoster(self.mailjet.store)
        mailing = self.send_mailing()
        self.assertEqual(mailing.pending, len(ADDRESSES))
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            poster.post_all()
        self.assertEqual({status for *_, status in poster.posted}, {200})
        with self.env.cr.savepoint():
            self.env["mailjet.event"].search([("state", "=", "new")])._apply_or_park()
        self.env.flush_all()
        groups = "base.group_user,mass_mailing.group_mass_mailing_user"
        user = new_test_user(self.env, "marketing", groups)
        mailing.user_id = user
        self.start_tour(
            f"/odoo/action-mass_mailing.mailing_mailing_action_mail/{mailing.id}",
            "mailjet_events",
            login=user.login,
        )
