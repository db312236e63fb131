from odoo import api, fields, models
from odoo.exceptions import UserError

from .ir_mail_server import MAILJET_HOSTS


class IrMail_Server(models.Model):
    """Keep stored secret keys from every way of reading records."""

    _inherit = "ir.mail_server"

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
        switching to one would reveal the secret.
        """
        return self.filtered(
            lambda server: (
                server.smtp_authentication == "mailjet"
                or server._mailjet_host() in MAILJET_HOSTS
            )
        )

    def copy_data(self, default=None):
        """Leave the keys out: the copy stays archived until it has its own."""
        vals_list = super().copy_data(default)
        left_out = {"active": False, "smtp_user": False, "smtp_pass": False}
        for server, vals in zip(self, vals_list, strict=True):
            if server.smtp_authentication == "mailjet":
                vals.update({**left_out, **(default or {})})
        return vals_list

    def _read_format(self, fnames, load="_classic_read"):
        """Never send a secret key; the form only shows whether one is stored."""
        values_list = super()._read_format(fnames, load)
        if "smtp_pass" in fnames:
            hidden_ids = set(self._filter_secret_hidden().ids)
            for values in values_list:
                if values["id"] in hidden_ids:
                    values["smtp_pass"] = False
        return values_list

    def _read_group_groupby(self, alias, groupby_spec, query):
        self._refuse_grouping_by_secret(groupby_spec)
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _read_group_select(self, aggregate_spec, query):
        self._refuse_grouping_by_secret(aggregate_spec)
        return super()._read_group_select(aggregate_spec, query)

    def _refuse_grouping_by_secret(self, spec):
        """Raise a UserError: a group's title would show the secret."""
        if spec.partition(":")[0] == "smtp_pass":
            servers = self.with_context(active_test=False)._get_active_servers()
            if servers._filter_secret_hidden():
                raise UserError(self.env._("Servers cannot be grouped by password."))

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        if ["smtp_pass"] in fields and self._filter_secret_hidden():
            raise UserError(
                self.env._(
                    "Secret keys of Mailjet servers cannot be exported. Remove the "
                    "“Password” column, or leave the Mailjet servers out."
                )
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

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
