"""What tests about the Send API have in common."""

from odoo import Command

from ..common import API_KEY, MailjetRestCommon
from ..standins import RestStandin
from .fates_common import FatesCommon


class SendApiMixin:
    """A server that hands mail over by the Send API, to the store of the SMTP one."""

    transport = "api"
    _request_handler = MailjetRestCommon._request_handler

    def setUp(self):
        super().setUp()
        self.use_send_api()

    def use_send_api(self):
        """Have the test's server send by the API."""
        store = self.mailjet.store
        with store.lock:
            store.account(API_KEY).senders.clear()
        store.add_sender(API_KEY, "*@company.example")
        self.rest = self.enterContext(RestStandin(store))
        self.point_at(
            self.server,
            mailjet_api_url=self.rest.url,
            mailjet_transport=self.transport,
        )


class SendApiCommon(SendApiMixin, FatesCommon):
    def start_over(self):
        self.rest.faults.clear()
        return super().start_over()

    def by_api(self):
        """Return the recipients of what came by the Send API, sorted."""
        return self._arrived(lambda message: message.auth_mechanism == "API")

    def by_smtp(self):
        """Return the recipients of what came by SMTP, sorted."""
        return self._arrived(lambda message: message.auth_mechanism != "API")

    def _arrived(self, condition):
        messages = filter(condition, self.mailjet.store.messages)
        return sorted(to for message in messages for to in message.rcpt_tos)

    def block_smtp(self):
        """Have nothing listen at the SMTP port."""
        with RestStandin(self.mailjet.store) as gone:
            port = gone.port
        self.point_at(self.server, smtp_port=port)

    def mail_to_partners(self, *partners, **vals):
        recipients = [Command.link(partner.id) for partner in partners]
        [mail] = self.create_mails(1, email_to=False, recipient_ids=recipients, **vals)
        return mail
