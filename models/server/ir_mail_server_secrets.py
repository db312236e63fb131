from odoo import api, fields, models

from ... import const
from ...tools.smtp.encryption import is_strict
from ..secret import Secret
from .ir_mail_server import MAILJET_HOSTS

MAILJET_API_URLS = (const.API_URL, const.API_URL_US)


class ServerPassword(Secret):
    """The password of any mail server; only a Mailjet account's is a secret."""

    def hides(self, record):
        return bool(record._filter_secret_hidden())

    def hides_any(self, model):
        servers = model.with_context(active_test=False)._get_active_servers()
        return bool(servers._filter_secret_hidden())


class IrMail_Server(models.Model):
    """Keep stored secret keys where they are, and from every way of reading records."""

    _name = "ir.mail_server"
    _inherit = ["ir.mail_server", "mailjet.secret.mixin"]

    smtp_pass = ServerPassword()
    mailjet_secret_placeholder = fields.Char(
        compute="_compute_mailjet_secret_placeholder",
        groups="base.group_system",
        help="Shown instead of the secret key, which is never sent to a browser.",
    )

    @api.depends("smtp_authentication", "smtp_host", "smtp_pass")
    def _compute_mailjet_secret_placeholder(self):
        stored = self.env._("Stored, never shown; type to replace it")
        hidden = self._filter_secret_hidden()
        for server in self:
            server.mailjet_secret_placeholder = (
                server in hidden and server.smtp_pass and stored
            )

    def _filter_secret_hidden(self):
        """Return the servers whose secret is never sent.

        At Mailjet's own host that includes other authentication methods: otherwise
        switching to one would reveal the secret. A form that is being edited hides what
        was hidden before.
        """
        return self.filtered(
            lambda server: (
                server._is_secret_hidden() or server._origin._is_secret_hidden()
            )
        )

    def _is_secret_hidden(self):
        return self.smtp_authentication == "mailjet" or (
            self._mailjet_host() in MAILJET_HOSTS
        )

    def _filter_leaving_destination(self, vals):
        """Return the servers whose stored secret would go elsewhere with these values.

        It was typed for one SMTP server and one API. It may go to Mailjet's own hosts,
        too, but anywhere else, or over a connection that anyone could pose in, only if
        it is typed again.
        """
        if "smtp_pass" in vals:
            return self.browse()
        return self.filtered(
            lambda server: (
                server._is_secret_hidden() and server._leaves_destination(vals)
            )
        )

    def _leaves_destination(self, vals):
        host = (vals.get("smtp_host", self.smtp_host) or "").strip().lower()
        url = vals.get("mailjet_api_url", self.mailjet_api_url) or const.API_URL
        encryption = vals.get("smtp_encryption", self.smtp_encryption)
        method = vals.get("smtp_authentication", self.smtp_authentication)
        return (
            host not in ("", self._mailjet_host(), *MAILJET_HOSTS)
            or url not in (self.mailjet_api_url, *MAILJET_API_URLS)
            or (is_strict(self.smtp_encryption) and not is_strict(encryption))
            or (method != "mailjet" and host not in MAILJET_HOSTS)
        )

    def copy_data(self, default=None):
        """Leave the keys out: the copy stays archived until it has its self."""
        vals_list = super().copy_data(default)
        left_out = {"active": False, "smtp_user": False, "smtp_pass": False}
        for server, vals in zip(self, vals_list, strict=True):
            if server._is_secret_hidden():
                vals.update({**left_out, **(default or {})})
        return vals_list

    def _smtp_login__(self, connection, smtp_user, smtp_password):  # noqa: PLW3201
        """Keep the keys out of the log: smtplib prints them when debugging."""
        if len(self) != 1 or self.smtp_authentication != "mailjet":
            return super()._smtp_login__(connection, smtp_user, smtp_password)
        connection.ehlo_or_helo_if_needed()
        debug_level = getattr(connection, "debuglevel", 0)
        connection.set_debuglevel(0)
        try:
            return super()._smtp_login__(connection, smtp_user, smtp_password)
        finally:
            connection.set_debuglevel(debug_level)
