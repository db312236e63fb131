import secrets
from datetime import timedelta
from urllib.parse import quote, urlsplit

from odoo import api, fields, models
from odoo.tools import consteq

from ..secret import Secret

EVENT_PATH = "/mailjet/events/"
EVENT_USER = "mailjet"
# Mailjet retries a post for a day
OLD_TOKEN_TRUSTED_FOR = timedelta(days=2)
# A post is compared with these
PROOFS = (
    "mailjet_event_token",
    "mailjet_event_password",
    "mailjet_event_old_token",
    "mailjet_event_changed_on",
)


class IrMail_Server(models.Model):
    """The address that Mailjet posts events to, and the secrets that prove a post."""

    _inherit = "ir.mail_server"

    mailjet_event_token = Secret(copy=False, groups="base.group_system", readonly=True)
    mailjet_event_password = Secret(
        copy=False, groups="base.group_system", readonly=True
    )
    mailjet_event_old_token = Secret(
        copy=False, groups="base.group_system", readonly=True
    )
    mailjet_event_changed_on = fields.Datetime(readonly=True, copy=False)
    mailjet_event_token_suspended = fields.Boolean(
        readonly=True,
        copy=False,
        help="Mailjet no longer posts to the address with the current token.",
    )
    mailjet_event_url = fields.Char(
        "Event address", compute="_compute_mailjet_event_url"
    )

    def _compute_mailjet_event_url(self):
        """Show the address without its secrets, for people and for the log."""
        base = self._mailjet_event_base()
        for server in self:
            server.mailjet_event_url = f"{base}{EVENT_PATH}…"

    @api.model
    def _mailjet_event_base(self):
        """Return this Odoo's public address, without a trailing slash."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        own = get_param("mail_mailjet.event_base_url")
        return (own or get_param("web.base.url") or "").rstrip("/")

    def _mailjet_make_token(self):
        """Give each Mailjet server its token and password long before they are needed.

        The worker that answers the first post sees only committed data.
        """
        for server in self._filter_mailjet().sudo():
            if not server.mailjet_event_token:
                server._mailjet_renew_token()

    @api.model
    def _mailjet_server_of_post(self, token, password):
        """Return the server that a post is for, even if archived; empty if unproven.

        All servers are compared in constant time, so that timing reveals nothing.

        :param str token: from the URL
        :param str password: from the login in the URL
        """
        found = self.browse()
        recently = fields.Datetime.now() - OLD_TOKEN_TRUSTED_FOR
        servers = self.sudo().with_context(active_test=False)
        for server in servers.search_fetch([], ["active", "name", *PROOFS]):
            changed = server.mailjet_event_changed_on
            tokens = [server.mailjet_event_token]
            if changed and changed >= recently:
                tokens.append(server.mailjet_event_old_token)
            matches = [_is_same(token, one) for one in tokens if one]
            proven = _is_same(password, server.mailjet_event_password or "")
            if any(matches) and proven and server.mailjet_event_password:
                found = server
        return found

    def _mailjet_private_event_url(self):
        """Return the address to register, including its secrets.

        Mailjet does not sign posts; it recommends https and a login in the URL, see
        https://dev.mailjet.com/email/guides/webhooks/
        """
        server = self.sudo()
        server._mailjet_make_token()  # a neutralized copy has none
        parts = urlsplit(self._mailjet_event_base())
        login = f"{EVENT_USER}:{quote(server.mailjet_event_password, safe='')}"
        return (
            f"{parts.scheme}://{login}@{parts.netloc}{parts.path}"
            f"{EVENT_PATH}{server.mailjet_event_token}"
        )

    def _mailjet_secrets_beside_keys(self):
        """Hide the parts of the event address, too."""
        return [
            *super()._mailjet_secrets_beside_keys(),
            self.mailjet_event_token,
            self.mailjet_event_password,
            self.mailjet_event_old_token,
        ]

    def _is_mailjet_event_url(self, url):
        """Return whether a URL registered at Mailjet is this database's, old or new."""
        server = self.sudo()
        return self._is_mailjet_current_url(url) or _has_token(
            url, server.mailjet_event_old_token
        )

    def _is_mailjet_current_url(self, url):
        """Return whether a URL registered at Mailjet has this database's last token."""
        return _has_token(url, self.sudo().mailjet_event_token)

    def _is_mailjet_sibling_url(self, url):
        """Return whether a URL is that of another Mailjet server of this database."""
        servers = self.sudo().with_context(active_test=False)
        others = servers.search([("id", "not in", self.ids)])
        return any(server._is_mailjet_event_url(url) for server in others)

    def _mailjet_renew_token(self):
        """Make a new token; the old one stays valid while Mailjet retries posts."""
        server = self.sudo()
        server.write(
            {
                "mailjet_event_old_token": server.mailjet_event_token,
                "mailjet_event_token": secrets.token_urlsafe(32),
                "mailjet_event_password": server.mailjet_event_password
                or secrets.token_urlsafe(24),
                "mailjet_event_changed_on": fields.Datetime.now(),
                "mailjet_event_token_suspended": False,
            }
        )


def _has_token(url, token):
    return bool(token) and _is_same(url.rpartition(EVENT_PATH)[2], token)


def _is_same(given, own):
    """Compare texts in constant time, whatever characters they contain."""
    return consteq(given.encode(errors="replace"), own.encode())
