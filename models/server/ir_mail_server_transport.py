from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import const
from ...tools.mailjet.errors import InvalidError
from ...tools.mailjet.send_api import SendApi
from ...tools.mailjet.send_session import SendSession
from ...tools.words import Words, _lt
from ..foreign import foreign_modules

# What builds a message, or expects to send it by SMTP
BUILDERS = (
    *("_build_email__", "_prepare_email_message__", "_alter_message__"),
    *("_prepare_smtp_to_list", "send_email", "_connect__", "_smtp_login__"),
)
BY_API = ("api", "mixed")
# Seconds for a connection and for an answer to a test, while a user waits
TEST_TIMEOUTS = {"connect_timeout": 5.0, "read_timeout": 15.0, "deadline": 20.0}


class IrMail_Server(models.Model):
    """How mail is handed over to Mailjet: by SMTP, or by its Send API."""

    _inherit = "ir.mail_server"

    mailjet_transport = fields.Selection(
        [
            ("smtp", "SMTP"),
            ("api", "Send API"),
            ("mixed", "Send API for mailings, SMTP for the rest"),
        ],
        "Hand over by",
        # Not required in the database: core's neutralize.sql inserts a server
        default="smtp",
        help="SMTP carries every email. The Send API is faster, and works where a "
        "network blocks the SMTP ports, as it uses HTTPS (port 443). What it cannot "
        "carry, such as signed emails or those above 15 MB, goes by SMTP.",
    )

    def _mailjet_uses_api(self):
        """Return whether any mail of this server goes by the Send API."""
        return bool(self._filter_mailjet()) and self.mailjet_transport in BY_API

    def _mailjet_api_opener(self, **options):
        """Return a function that opens a `SendApi`, safe in any thread.

        :raise UserError: if this server may not send that way
        """
        server = self.sudo()
        if self._is_mailjet_neutralized():
            raise UserError(
                self.env._(
                    "This database is a copy for testing: it reads from Mailjet but "
                    "changes nothing there."
                )
            )
        keys = (server.smtp_user or "", server.smtp_pass or "")
        url = server.mailjet_api_url or const.API_URL
        hidden = server._mailjet_secrets_beside_keys()

        def open_api():
            return SendApi(*keys, url, hidden=hidden, **options)

        try:
            open_api().close()
        except InvalidError as error:
            raise UserError(self._mailjet_explain_api_error(error)) from None
        return open_api

    @api.model
    def _mailjet_api_refusal(self):
        """Return in `Words` why no mail can go by the Send API, or None."""
        modules = foreign_modules(*((self, name) for name in BUILDERS))
        if not modules:
            return None
        names = ", ".join(sorted(modules))
        return Words(
            _lt("Another module changes how emails are sent (%(modules)s)."),
            {"modules": names},
        )

    def _mailjet_send_session(self, outcome, open_smtp):
        """Return the `SendSession` of this server.

        :param open_smtp: a function that returns a logged-in connection
        """
        return SendSession(
            self._mailjet_api_opener(),
            open_smtp,
            self._mailjet_diagnoser(),
            outcome,
            only_mailings=self.mailjet_transport == "mixed",
            refusal=self._mailjet_api_refusal(),
        )

    # ------------------------------------------------------------------
    # Test
    # ------------------------------------------------------------------

    def _mailjet_test_api(self):
        """Have Mailjet check a mail that it does not send; return a notification.

        :raise UserError: in plain words
        """
        self.ensure_one()
        sender, recipient = self._get_test_email_from(), self._get_test_email_to()
        with self._mailjet_api_opener(**TEST_TIMEOUTS)() as client:
            error = client.check(sender, recipient)
        if error:
            refusal = self._mailjet_diagnose(error)
            raise UserError(self._mailjet_explain_refusal(refusal))
        return self._mailjet_notification(
            self.env._("Mailjet's Send API accepts email with these keys.")
        )
