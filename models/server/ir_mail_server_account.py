from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ... import const
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

# Somebody is waiting for the answer: seconds for one request with all its retries
API_DEADLINE = 20.0
# What was read longer ago still warns, but stops no mail
COVERAGE_TRUSTED_FOR = timedelta(days=7)


class IrMail_Server(models.Model):
    """The account behind a Mailjet server, as its REST API shows it."""

    _inherit = "ir.mail_server"

    mailjet_api_url = fields.Char(
        "API address",
        default=const.API_URL,
        help="https://api.us.mailjet.com for accounts that Mailjet keeps in the United "
        "States.",
    )
    mailjet_refreshed_on = fields.Datetime("Read on", readonly=True, copy=False)
    mailjet_filter_offer = fields.Char(
        "FROM Filtering then", compute="_compute_mailjet_filter_offer"
    )
    mailjet_sender_ids = fields.One2many("mailjet.sender", "server_id", "Senders")
    mailjet_domain_ids = fields.One2many("mailjet.domain", "server_id", "Domains")

    @api.depends(
        "from_filter",
        "mailjet_refreshed_on",
        "mailjet_sender_ids.status",
        "mailjet_purpose",
    )
    def _compute_mailjet_filter_offer(self):
        """Offer what Mailjet accepts as the From filter, where it says otherwise."""
        for server in self:
            accepted = server._mailjet_accepted_filter()
            present = set(server._parse_from_filter(server.from_filter))
            differs = accepted and present != set(server._parse_from_filter(accepted))
            offered = server.mailjet_purpose == "all" and differs
            server.mailjet_filter_offer = offered and accepted

    def action_mailjet_set_filter(self):
        """Let the server take mail from what Mailjet accepts, and nothing else."""
        for server in self.filtered("mailjet_filter_offer"):
            server.from_filter = server.mailjet_filter_offer

    def _mailjet_responsible_user(self):
        """Return who set the account up, or an administrator."""
        self.ensure_one()
        user = self.write_uid
        if user.active and user.has_group("base.group_system"):
            return user
        return self.env.ref("base.user_admin")

    @contextmanager
    def _mailjet_api(self):
        """Give a client for this account; its errors come out in plain words.

        Ask first and write afterwards: a request may take a minute, and what has been
        written stays locked for others as long.
        """
        try:
            with self._mailjet_client() as client:
                yield client
        except MailjetApiError as error:
            raise UserError(self._mailjet_explain_api_error(error)) from None

    def _mailjet_client(self):
        """Return a client for this account, whose errors are those of `tools`."""
        self.ensure_one()
        server = self.sudo()
        return MailjetApi(
            server.smtp_user,
            server.smtp_pass,
            server.mailjet_api_url or const.API_URL,
            deadline=API_DEADLINE,
            read_only=self._is_mailjet_neutralized(),
        )

    @api.model
    def _is_mailjet_neutralized(self):
        """Tell whether this database is a copy for testing, which changes nothing."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        return bool(get_param("database.is_neutralized"))

    def _mailjet_explain_api_error(self, error):
        """Return cause and way out in plain words, with Mailjet's own below."""
        if isinstance(error, ReadOnlyError):
            return self.env._(
                "This database is a copy for testing: it shows what is at Mailjet and "
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
                "The API key of “%(name)s” may not do this. Use the main account's "
                "key, or ask its owner for the right.",
                name=self.name,
            )
        elif isinstance(error, RateLimitedError):
            words = self.env._(
                "Mailjet has had too many requests from this account. Try again in a "
                "minute."
            )
        elif isinstance(error, UnavailableError):
            words = self.env._(
                "Mailjet does not answer at %(url)s. Try again in a few minutes; what "
                "was read before is kept.",
                url=self.mailjet_api_url,
            )
        else:
            words = self.env._(
                "Mailjet refused the request of “%(name)s”.", name=self.name
            )
        return f"{words}\n{error}"

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

    def action_mailjet_addresses(self):
        """Open the list of the addresses that Odoo sends from."""
        self.ensure_one()
        addresses = self.env["mailjet.address"]._create_for(self)
        domain = [("id", "in", addresses.ids)]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Addresses that Odoo sends from"),
            "res_model": "mailjet.address",
            "view_mode": "list",
            "domain": domain,
            "context": {"create": False},
        }

    def _mailjet_add_sender(self, email, name=None, email_type="unknown"):
        """Add a sender at Mailjet, or find the one that is there already.

        :param str email: an address, or `*@example.com` for a whole domain
        :return: its `mailjet.sender`, and what came out of it in words
        :raise UserError: if it is no address, or Mailjet refuses it
        """
        self.ensure_one()
        email = self._mailjet_checked_sender(email)
        with self._mailjet_api() as client:
            try:
                row = client.create_sender(email, name or "", email_type)
            except InvalidError as error:
                if not error.is_duplicate:
                    raise
                row = client.sender(email)
            if row.status != "active":
                result = client.validate_sender(row.id)
                row = client.sender(row.id)
            # The first sender of a domain brings what the domain has to publish
            domain_row = client.dns(row.domain)
        sender = self._mailjet_keep_sender(row, domain_row)
        if row.status == "active":
            return sender, self.env._("%(email)s is active.", email=email)
        return sender, sender._validation_in_words(result)

    def _mailjet_keep_sender(self, row, domain_row):
        domains = self.env["mailjet.domain"]
        domain = domains._sync_values(self, [domains._sync_vals(domain_row)])
        senders = self.env["mailjet.sender"]
        vals = senders._sync_vals(row, {row.domain: domain.id})
        return senders._sync_values(self, [vals])

    @api.model
    def _mailjet_checked_sender(self, email):
        """Return the address or `*@domain` in lower case, or raise a UserError."""
        email = (email or "").strip().lower()
        probe = f"any{email[1:]}" if email.startswith("*@") else email
        if email_normalize(probe) != probe:
            raise UserError(
                self.env._(
                    "Enter one address such as info@example.com, or a domain such as "
                    "example.com."
                )
            )
        return email

    # ------------------------------------------------------------------
    # Coverage: would Mailjet take a mail from this address?
    # ------------------------------------------------------------------

    def _mailjet_covering_sender(self, email):
        """Return the active sender that covers an address, or an empty one.

        An address covers itself, `*@domain` covers the domain without its subdomains.
        """
        self.ensure_one()
        normalized = email_normalize(email) or ""
        domain = normalized.rpartition("@")[2]
        return self.env["mailjet.sender"].search(
            [
                ("server_id", "=", self.id),
                ("email", "in", [normalized, f"*@{domain}"]),
                ("status", "=", "active"),
            ],
            order="is_domain, id",
            limit=1,
        )

    def _mailjet_accepted_filter(self):
        """Return the From filter that lets through what Mailjet accepts, or False.

        Domains stand for their addresses; an address of such a domain is left out.
        """
        active = self.mailjet_sender_ids.filtered(lambda s: s.status == "active")
        domains = [s.email.removeprefix("*@") for s in active if s.is_domain]
        addresses = [s.email for s in active if not s.is_domain]
        others = [a for a in addresses if a.rpartition("@")[2] not in domains]
        return ", ".join([*domains, *others]) or False

    def action_mailjet_setup(self):
        """Open the guided set-up of this server, or of a new one."""
        return self.env["mailjet.setup"].action_open(self)

    def action_mailjet_smtp_test(self):
        """Open the SMTP test, filled in from this server."""
        return self.env["mailjet.smtp.test"]._action_open(self[:1])

    def _mailjet_from_warning(self, email_from):
        """Return why a mail from this address would not arrive, or False."""
        self.ensure_one()
        if self._mailjet_covering_sender(email_from):
            return False
        if self._is_mailjet_coverage_trusted():
            return self._mailjet_not_covered(email_normalize(email_from) or email_from)
        if not self.mailjet_refreshed_on:
            return self.env._(
                "Whether Mailjet accepts this sender is not known: its senders were "
                "never read. An administrator can do so on the mail server."
            )
        return self.env._(
            "Mailjet did not know this sender when its senders were last read, more "
            "than a week ago. An administrator can read them again on the mail server."
        )

    def _is_mailjet_coverage_trusted(self):
        """Whether what was read is recent enough to stop a mail for it."""
        self.ensure_one()
        oldest = fields.Datetime.now() - COVERAGE_TRUSTED_FOR
        return bool(self.mailjet_refreshed_on and self.mailjet_refreshed_on >= oldest)

    def _mailjet_covered(self):
        """Return the addresses and `*@domain`s that Mailjet takes, or None.

        None: it was never read, or too long ago to say.
        """
        self.ensure_one()
        if not self._is_mailjet_coverage_trusted():
            return None
        senders = self.mailjet_sender_ids.filtered(lambda s: s.status == "active")
        return frozenset(senders.mapped("email"))

    def _mailjet_prepare_session(self, connection):
        connection.mailjet_covered = self._mailjet_covered()
        return super()._mailjet_prepare_session(connection)

    def _prepare_email_message__(self, message, smtp_session):  # noqa: PLW3201
        """Stop a mail that Mailjet would take, answer 250 to, and drop."""
        prepared = super()._prepare_email_message__(message, smtp_session)
        covered = getattr(smtp_session, "mailjet_covered", None)
        email_from = email_normalize(message["From"]) or ""
        domain = email_from.rpartition("@")[2]
        if covered is not None and not {email_from, f"*@{domain}"} & covered:
            # Core makes of this pair the failure type mail_from_invalid and the reason
            raise AssertionError(
                self.NO_VALID_FROM, self._mailjet_not_covered(email_from)
            )
        return prepared

    @api.model
    def _mailjet_not_covered(self, email_from):
        """Return why a mail is not sent, and what to do."""
        return self.env._(
            "Mailjet does not know the sender %(email)s and would drop this mail "
            "without a word. Add the address or its domain as a sender of the Mailjet "
            "server, or send from one that is active.",
            email=email_from,
        )
