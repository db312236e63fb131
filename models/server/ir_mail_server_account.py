from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ... import const
from ...tools.address import address_key
from ...tools.mailjet.errors import (
    AuthenticationError,
    InvalidError,
    MailjetApiError,
    NotAllowedError,
    RateLimitedError,
    ReadOnlyError,
    UnavailableError,
)
from ...tools.mailjet.resources import MailjetApi

# Seconds for one request with all its retries, while a user waits
API_DEADLINE = 20.0


class IrMail_Server(models.Model):
    """The account behind a Mailjet server, as its REST API shows it."""

    _inherit = "ir.mail_server"

    mailjet_api_url = fields.Char(
        "API address",
        default=const.API_URL,
        help="https://api.us.mailjet.com for accounts that Mailjet hosts in the United "
        "States.",
    )
    mailjet_refreshed_on = fields.Datetime("Last read on", readonly=True, copy=False)
    mailjet_sender_ids = fields.One2many("mailjet.sender", "server_id", "Senders")
    mailjet_domain_ids = fields.One2many("mailjet.domain", "server_id", "Domains")

    # ------------------------------------------------------------------
    # The REST API
    # ------------------------------------------------------------------

    @contextmanager
    def _mailjet_api(self):
        """Yield an API client for this account that raises UserErrors in plain words.

        Send requests before writing records: a request may take a minute, and what is
        written stays locked for that long.
        """
        try:
            with self._mailjet_client() as client:
                yield client
        except MailjetApiError as error:
            raise UserError(self._mailjet_explain_api_error(error)) from None

    def _mailjet_client(self):
        """Return an API client for this account that raises `MailjetApiError`.

        :raise UserError: for another server, whose password is not Mailjet's business
        """
        self.ensure_one()
        server = self.sudo()
        if not server._filter_mailjet():
            raise UserError(
                self.env._("“%(name)s” is not a Mailjet server.", name=self.name)
            )
        return MailjetApi(
            server.smtp_user,
            server.smtp_pass,
            server.mailjet_api_url or const.API_URL,
            deadline=API_DEADLINE,
            read_only=self._is_mailjet_neutralized(),
            hidden=server._mailjet_secrets_beside_keys(),
        )

    def _mailjet_secrets_beside_keys(self):
        """Return further secrets that Mailjet knows and may echo in an error."""
        return []

    @api.model
    def _is_mailjet_neutralized(self):
        """Return whether this database is a copy for testing, which changes nothing."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        return bool(get_param("database.is_neutralized"))

    def _mailjet_explain_api_error(self, error):
        """Return cause and remedy in plain words, with Mailjet's message below."""
        if isinstance(error, ReadOnlyError):
            return self.env._(
                "This database is a copy for testing: it reads from Mailjet but "
                "changes nothing there."
            )
        if isinstance(error, AuthenticationError):
            words = self.env._(
                "Mailjet does not accept the API key and secret key of “%(name)s”. "
                "Copy both again from Account settings > API key management.",
                name=self.name,
            )
        elif isinstance(error, NotAllowedError):
            words = self.env._(
                "The API key of “%(name)s” is not allowed to do this. Use the main "
                "account's key, or ask its owner for permission.",
                name=self.name,
            )
        elif isinstance(error, RateLimitedError):
            words = self.env._(
                "Mailjet has received too many requests from this account. Try again "
                "in a minute."
            )
        elif isinstance(error, UnavailableError):
            words = self.env._(
                "Mailjet does not answer at %(url)s. Try again in a few minutes; the "
                "last known data is kept.",
                url=self.mailjet_api_url,
            )
        else:
            words = self.env._(
                "Mailjet refused the request of “%(name)s”.", name=self.name
            )
        return f"{words}\n{error}"

    # ------------------------------------------------------------------
    # Senders and domains
    # ------------------------------------------------------------------

    def action_mailjet_refresh(self):
        """Read senders and domains of these accounts from Mailjet."""
        self.check_access("write")
        for server in self:
            server._mailjet_refresh()
        return self._mailjet_notification(
            self.env._(
                "%(senders)s senders and %(domains)s domains were read from Mailjet.",
                senders=len(self.mailjet_sender_ids),
                domains=len(self.mailjet_domain_ids),
            )
        )

    def _mailjet_refresh(self):
        self.ensure_one()
        with self._mailjet_api() as client:
            senders = list(client.senders())
            domains = list(client.dns_records())
        domain_records = self.env["mailjet.domain"]._sync_rows(self, domains)
        self.env["mailjet.sender"]._sync_rows(self, senders, domain_records)
        self.mailjet_refreshed_on = fields.Datetime.now()

    def _mailjet_add_sender(self, email, name=None, email_type="unknown"):
        """Add a sender at Mailjet, or take the one that already exists.

        :param str email: an address, or `*@example.com` for a whole domain
        :return: its `mailjet.sender`, and the result in words
        :raise UserError: if it is not an address, or Mailjet refuses it
        """
        self.ensure_one()
        email = self._mailjet_checked_sender(email)
        result = None
        with self._mailjet_api() as client:
            try:
                row = client.create_sender(email, name or "", email_type)
                is_asked = not row.is_domain and not self._mailjet_covers(email)
            except InvalidError as error:
                if not error.is_duplicate:
                    raise
                row, is_asked = client.sender(email), False
            # Adding an address has Mailjet ask for its activation: once is enough
            if row.status != "active" and not is_asked:
                result = client.validate_sender(row.id)
                row = client.sender(row.id)
            # Adding a domain's first sender creates the records it has to publish
            domain_row = client.dns(row.domain)
        sender = self._mailjet_keep_sender(row, domain_row)
        if result is None and row.status != "active":
            return sender, sender._activation_in_words()
        return sender, sender._validation_in_words(result)

    def _mailjet_covers(self, email):
        """Return whether the domain of an address is proven as a whole."""
        whole_domain = f"*@{email.rpartition('@')[2]}"
        return any(
            sender.email == whole_domain and sender.status == "active"
            for sender in self.mailjet_sender_ids
        )

    def _mailjet_keep_sender(self, row, domain_row):
        domains = self.env["mailjet.domain"]
        domain = domains._sync_values(self, [domains._sync_vals(domain_row)])
        senders = self.env["mailjet.sender"]
        vals = senders._sync_vals(row, {row.domain: domain.id})
        return senders._sync_values(self, [vals])

    @api.model
    def _mailjet_checked_sender(self, email):
        """Return an address or `*@domain` as its `address_key`, or raise UserError."""
        email = address_key(email or "")
        probe = f"any{email[1:]}" if email.startswith("*@") else email
        if email_normalize(probe) != probe:
            raise UserError(
                self.env._(
                    "Enter one address such as info@example.com, or a domain such as "
                    "example.com."
                )
            )
        return email

    def action_mailjet_smtp_test(self):
        """Open the SMTP test, filled in from this server."""
        return self.env["mailjet.smtp.test"]._action_open(self[:1])
