import logging
from datetime import timedelta
from functools import lru_cache

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ...tools.address import address_key, domain_key, spellings
from ...tools.smtp.session import UnknownSenderError

_logger = logging.getLogger(__name__)

# Older data still triggers a warning, but stops no mail
COVERAGE_TRUSTED_FOR = timedelta(days=7)


class IrMail_Server(models.Model):
    """Whether Mailjet accepts mail from an address."""

    _inherit = "ir.mail_server"

    mailjet_filter_offer = fields.Char(
        "New FROM filtering", compute="_compute_mailjet_filter_offer"
    )

    @api.depends(
        "from_filter",
        "mailjet_refreshed_on",
        "mailjet_sender_ids.status",
        "mailjet_purpose",
    )
    def _compute_mailjet_filter_offer(self):
        """Propose what Mailjet accepts as the From filter, if they differ."""
        for server in self:
            accepted = server._mailjet_accepted_filter()
            present = set(server._parse_from_filter(server.from_filter))
            differs = accepted and present != set(server._parse_from_filter(accepted))
            offered = server.mailjet_purpose == "all" and differs
            server.mailjet_filter_offer = offered and accepted

    def action_mailjet_set_filter(self):
        """Set the From filter to what Mailjet accepts."""
        self.check_access("write")
        for server in self.filtered("mailjet_filter_offer"):
            server.from_filter = server.mailjet_filter_offer

    def _mailjet_accepted_filter(self):
        """Return the From filter that matches what Mailjet accepts, or False.

        A domain covers its addresses, so those are left out. Odoo compares texts, so
        an international domain comes in both spellings.
        """
        active = self.mailjet_sender_ids.filtered(lambda s: s.status == "active")
        domains = [s.email.removeprefix("*@") for s in active if s.is_domain]
        named = set(map(domain_key, domains))
        others = [
            s.email
            for s in active
            if not s.is_domain and domain_key(s.email.rpartition("@")[2]) not in named
        ]
        accepted = [one for text in (*domains, *others) for one in spellings(text)]
        return ", ".join(dict.fromkeys(accepted)) or False

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

    def _mailjet_covering_sender(self, email):
        """Return the active sender that covers an address, or none.

        An address covers itself, `*@domain` covers the domain without its subdomains.
        """
        self.ensure_one()
        normalized = email_normalize(email) or ""
        domain = normalized.rpartition("@")[2]
        return self.env["mailjet.sender"].search(
            [
                ("server_id", "=", self.id),
                ("email", "in", [*spellings(normalized), *spellings(f"*@{domain}")]),
                ("status", "=", "active"),
            ],
            order="is_domain, id",
            limit=1,
        )

    def _mailjet_from_warning(self, email_from):
        """Return why a mail from this address would not arrive, or False."""
        self.ensure_one()
        if self._mailjet_covering_sender(email_from):
            return False
        if self._is_mailjet_coverage_trusted():
            return self._mailjet_not_covered(email_normalize(email_from) or email_from)
        if not self.mailjet_refreshed_on:
            return self.env._(
                "It is not known whether Mailjet accepts this sender, because its "
                "senders were never read. An administrator can read them on the mail "
                "server."
            )
        return self.env._(
            "Mailjet did not know this sender when its senders were last read, more "
            "than a week ago. An administrator can read them again on the mail server."
        )

    def _is_mailjet_coverage_trusted(self):
        """Return whether the known senders are recent enough to stop a mail."""
        self.ensure_one()
        oldest = fields.Datetime.now() - COVERAGE_TRUSTED_FOR
        return bool(self.mailjet_refreshed_on and self.mailjet_refreshed_on >= oldest)

    def _mailjet_covered(self):
        """Return the addresses and `*@domain`s that Mailjet accepts.

        In the form of `address_key`; None if they were never read, or too long ago.
        """
        self.ensure_one()
        if not self._is_mailjet_coverage_trusted():
            return None
        senders = self.mailjet_sender_ids.filtered(lambda s: s.status == "active")
        return frozenset(map(address_key, senders.mapped("email")))

    @api.model
    def _mailjet_not_covered(self, email_from):
        """Return why the mail is not sent, and what to do."""
        return self.env._(
            "Mailjet does not know the sender %(email)s and would silently drop this "
            "email. Add the address or its domain as a sender on the Mailjet server, "
            "or send from an active one.",
            email=email_from,
        )

    def _mailjet_read_senders(self):
        """Read the senders again where a mail depends on it.

        :return: whether Mailjet has answered
        """
        self.ensure_one()
        server = self.sudo()
        try:
            with server._mailjet_api() as client:
                rows = list(client.senders())
        except UserError as error:
            _logger.info("Mailjet: senders of %s not read: %s", server.name, error)
            return False
        senders = self.env["mailjet.sender"].sudo()
        ids = {domain.name: domain.id for domain in server.mailjet_domain_ids}
        senders._sync_values(server, [senders._sync_vals(row, ids) for row in rows])
        return True

    def _mailjet_prepare_session(self, connection):
        connection.mailjet_covered = self._mailjet_covered()
        return super()._mailjet_prepare_session(connection)

    def _prepare_email_message__(self, message, smtp_session):  # noqa: PLW3201
        """Stop a mail that Mailjet would accept with a 250 and then drop."""
        prepared = super()._prepare_email_message__(message, smtp_session)
        covered = getattr(smtp_session, "mailjet_covered", None)
        email_from, keys = _covering_keys(str(message["From"] or ""))
        if covered is not None and not keys & covered:
            # Mailjet is asked before that counts
            smtp_session.outcome.unknown_sender = email_from
            # Core turns this pair into the failure mail_from_invalid and its reason
            raise UnknownSenderError(
                self.NO_VALID_FROM, self._mailjet_not_covered(email_from)
            )
        return prepared


@lru_cache(maxsize=100)
def _covering_keys(text):
    """Return the address in a From header, and what covers it, as `address_key`s.

    Nearly all mails of a run have the same.
    """
    email_from = email_normalize(text) or ""
    domain = email_from.rpartition("@")[2]
    return email_from, {address_key(email_from), address_key(f"*@{domain}")}
