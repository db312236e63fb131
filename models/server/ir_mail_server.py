from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ... import const
from ...tools.smtp.encryption import is_strict, security_of, strict_encryption

# A change to one of these invalidates the last connection test
CONNECTION_FIELDS = {
    "mailjet_transport",
    "smtp_authentication",
    "smtp_encryption",
    "smtp_host",
    "smtp_pass",
    "smtp_port",
    "smtp_user",
}
# Methods to call, in this order, once one of their fields was written. They belong to
# several concerns. On a new server, all fields count as written.
FOLLOW_UPS = {
    "_mailjet_trim": {"smtp_host", "smtp_user", "smtp_pass"},
    "_mailjet_keep_last": {
        "active",
        "mailjet_purpose",
        "sequence",
        "smtp_authentication",
    },
    "_mailjet_become_dedicated": {"active", "mailjet_purpose", "smtp_authentication"},
    "_mailjet_release_over_quota": {
        "mailjet_daily_limit",
        "mailjet_hourly_limit",
        "mailjet_hourly_limit_until",
        "mailjet_monthly_limit",
        "mailjet_warm_up_begin",
        "mailjet_warm_up_factor",
        "mailjet_warm_up_start",
        "mailjet_warm_up_target",
    },
    "_mailjet_end_setup": {"active"},
    "_mailjet_make_token": {"active", "smtp_authentication", "smtp_pass"},
    "_mailjet_end_unwanted_policy_pause": {"mailjet_pause_at_policy_limit"},
}

MAILJET_HOSTS = (const.SMTP_HOST, const.LEGACY_SMTP_HOST)


class IrMail_Server(models.Model):
    """A Mailjet account is a mail server: its key pair works for both SMTP and REST."""

    _inherit = "ir.mail_server"

    smtp_authentication = fields.Selection(
        selection_add=[("mailjet", "Mailjet")],
        ondelete={"mailjet": "set default"},
    )
    mailjet_security = fields.Selection(
        selection=[
            ("starttls", "STARTTLS (port 587)"),
            ("ssl", "SSL/TLS (port 465)"),
        ],
        string="Connection security",
        compute="_compute_mailjet_security",
        inverse="_inverse_mailjet_security",
        help="Both encrypt everything, including the keys. Choose the one your network "
        "allows.",
    )
    mailjet_is_candidate = fields.Boolean(
        compute="_compute_mailjet_is_candidate",
        help="Set up manually for Mailjet before this module was installed.",
    )
    mailjet_is_other_host = fields.Boolean(compute="_compute_mailjet_is_other_host")

    def _filter_mailjet(self):
        """Return the Mailjet servers among these.

        Never search by this field: with OCA's mail_environment it is computed and not
        stored.
        """
        return self.filtered(lambda server: server.smtp_authentication == "mailjet")

    @api.model
    def _get_active_servers(self):
        """Return all active servers: few, and some fields are not searchable."""
        return self.sudo().search([])  # pylint: disable=no-search-all

    @api.model
    def _mailjet_in_use(self):
        """Return the active Mailjet servers."""
        return self._get_active_servers()._filter_mailjet()

    def _mailjet_host(self):
        return (self.smtp_host or "").strip().lower()

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("smtp_authentication")
    def _compute_smtp_authentication_info(self):  # pylint: disable=missing-return
        mailjet_servers = self._filter_mailjet()
        mailjet_servers.smtp_authentication_info = self.env._(
            "Connect your Mailjet account with its API key and secret key.\n"
            "Mailjet shows both under Account settings > API key management."
        )
        # Core's own method writes smtp_authentication for values it does not know
        super(IrMail_Server, self - mailjet_servers)._compute_smtp_authentication_info()

    @api.depends("smtp_encryption")
    def _compute_mailjet_security(self):
        for server in self:
            server.mailjet_security = security_of(server.smtp_encryption)

    @api.onchange("mailjet_security")
    def _inverse_mailjet_security(self):
        for server in self._filter_mailjet():
            security = server.mailjet_security
            if security and security != security_of(server.smtp_encryption):
                # In one write: port and encryption have to match
                server.write(
                    {
                        "smtp_encryption": strict_encryption(security),
                        "smtp_port": server._mailjet_fitting_port(security),
                    }
                )

    @api.depends("smtp_authentication", "smtp_host", "owner_user_id")
    def _compute_mailjet_is_candidate(self):
        for server in self:
            server.mailjet_is_candidate = (
                server.smtp_authentication == "login"
                and not server.owner_user_id
                and server._mailjet_host() in MAILJET_HOSTS
            )

    @api.depends("smtp_authentication", "smtp_host")
    def _compute_mailjet_is_other_host(self):
        for server in self:
            server.mailjet_is_other_host = (
                server.smtp_authentication == "mailjet"
                and server._mailjet_host() not in ("", const.SMTP_HOST)
            )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains(
        "active",
        "owner_user_id",
        "from_filter",
        "mailjet_purpose",
        *sorted(CONNECTION_FIELDS),
    )
    def _check_mailjet_settings(self):
        for server in self._filter_mailjet():
            problem = (
                server._mailjet_connection_problem()
                or server._mailjet_key_problem()
                or server._mailjet_routing_problem()
            )
            if problem:
                raise ValidationError(problem)

    def _mailjet_key_problem(self):
        """Return what is wrong with the keys and what to do, or None."""
        if "@" in (self.smtp_user or ""):
            return self.env._(
                "“%(key)s” is the address you log in to Mailjet with. Enter the API "
                "key instead: Mailjet shows it under Account settings > API key "
                "management.",
                key=self.smtp_user,
            )
        # An archived server, such as a copy, need not have its keys yet
        if self.active and not (self.smtp_user or "").strip():
            return self.env._(
                "Enter the API key of the Mailjet server “%(name)s”. Mailjet shows it "
                "under Account settings > API key management.",
                name=self.name,
            )
        if self.active and not (self.smtp_pass or "").strip():
            return self.env._(
                "Enter the secret key of the Mailjet server “%(name)s”. Mailjet shows "
                "it only once, when it is generated; if it is lost, generate a new one "
                "under Account settings > API key management.",
                name=self.name,
            )
        return None

    def _mailjet_connection_problem(self):
        """Return what is wrong with host or port and what to do, or None."""
        host = self._mailjet_host()
        if not host:
            return self.env._(
                "Enter the SMTP server; Mailjet's is %(host)s.", host=const.SMTP_HOST
            )
        if host == const.LEGACY_SMTP_HOST:
            return self.env._(
                "Use %(host)s as the SMTP server: Mailjet's old host does not accept "
                "current keys.",
                host=const.SMTP_HOST,
            )
        return self._mailjet_port_problem() or self._mailjet_encryption_problem()

    def _mailjet_port_problem(self):
        if self.smtp_port == const.BLOCKED_PORT:
            return self.env._(
                "Use port 587 or 465. Port 25 is meant for mail between servers; Odoo "
                "Online, Odoo.sh and most hosting providers block it."
            )
        at_mailjet = self._mailjet_host() == const.SMTP_HOST
        if not self.smtp_port or at_mailjet and self.smtp_port not in const.PORTS:
            return self.env._(
                "Enter port 587 for STARTTLS or port 465 for SSL/TLS, where Mailjet "
                "listens."
            )
        return None

    def _mailjet_encryption_problem(self):
        security = security_of(self.smtp_encryption)
        if not security:
            return self.env._(
                "Choose STARTTLS or SSL/TLS. Without encryption, anyone on the network "
                "could read the secret key and every email."
            )
        expected = const.PORTS.get(self.smtp_port, security)
        if security == "starttls" and expected == "ssl":
            return self.env._(
                "Port %(port)s expects SSL/TLS. Choose SSL/TLS, or use port 587 with "
                "STARTTLS.",
                port=self.smtp_port,
            )
        if security == "ssl" and expected == "starttls":
            return self.env._(
                "Port %(port)s expects STARTTLS. Choose STARTTLS, or use port 465 with "
                "SSL/TLS.",
                port=self.smtp_port,
            )
        is_own_host = self._mailjet_host() == const.SMTP_HOST
        if is_own_host and not is_strict(self.smtp_encryption):
            return self.env._(
                "Choose an encryption with validation: without it, anyone on the "
                "network could pose as Mailjet and steal the secret key."
            )
        return None

    # ------------------------------------------------------------------
    # Preset
    # ------------------------------------------------------------------

    @api.onchange("smtp_authentication")
    def _onchange_smtp_authentication_mailjet(self):
        if self.smtp_authentication != "mailjet":
            return
        self.name = self.name or self.env._("Mailjet")
        self.max_email_size = self.max_email_size or const.MAX_EMAIL_SIZE_MB
        preset = self._mailjet_connection_preset()
        if self._origin.smtp_authentication == "mailjet":
            # Back from another choice before saving: keep what was saved
            preset = {name: self._origin[name] for name in preset}
        self.update(preset)

    @api.model
    def _mailjet_connection_preset(self, security="starttls"):
        return {
            "smtp_host": const.SMTP_HOST,
            "smtp_encryption": strict_encryption(security),
            "smtp_port": const.DEFAULT_PORTS[security],
        }

    @api.onchange("smtp_host")
    def _onchange_smtp_host_mailjet(self):
        """Mailjet's own certificate is always verified; a relay's need not be."""
        security = security_of(self.smtp_encryption)
        if self.smtp_authentication == "mailjet" and security:
            if self._mailjet_host() == const.SMTP_HOST:
                self.smtp_encryption = strict_encryption(security)

    @api.onchange("smtp_encryption")
    def _onchange_encryption(self):
        """Switch between Mailjet's ports; core sets 25 for all but one encryption."""
        if self.smtp_authentication != "mailjet":
            return super()._onchange_encryption()
        security = security_of(self.smtp_encryption)
        self.smtp_port = self._mailjet_fitting_port(security)
        return None

    def _mailjet_fitting_port(self, security):
        """Return the port for "starttls" or "ssl"; one that is not Mailjet's stays."""
        expected = const.PORTS.get(self.smtp_port, security)
        if not security or expected == security:
            return self.smtp_port
        return const.DEFAULT_PORTS[security]

    def action_use_as_mailjet_server(self):
        """Convert a server that was set up manually into a Mailjet server.

        Host, port and encryption are set to Mailjet's defaults; name, keys
        and From filter stay.
        """
        self.ensure_one()
        self.check_access("write")
        if not self.mailjet_is_candidate:
            raise UserError(
                self.env._("“%(name)s” is not set up for Mailjet.", name=self.name)
            )
        security = const.PORTS.get(self.smtp_port, "starttls")
        vals = {
            "smtp_authentication": "mailjet",
            "max_email_size": self.max_email_size or const.MAX_EMAIL_SIZE_MB,
            **self._mailjet_connection_preset(security),
        }
        if self.smtp_port in const.PORTS:
            vals["smtp_port"] = self.smtp_port
        if self._get_dedicated_server() == self and not self.from_filter:
            vals["mailjet_purpose"] = "mass_mailing"
        self.write(vals)
        return self._mailjet_notification(
            self.env._("“%(name)s” is a Mailjet server now.", name=self.name)
        )

    # ------------------------------------------------------------------
    # Create and write
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        servers = super().create(
            [self._mailjet_complete(dict(vals)) for vals in vals_list]
        )
        servers._mailjet_follow_up(self._fields)
        return servers

    @api.model
    def _mailjet_complete(self, vals):
        """Add the form's defaults: imports and scripts may give only the keys."""
        default = self.env.context.get("default_smtp_authentication")
        if vals.get("smtp_authentication", default) != "mailjet":
            return vals
        preset = {
            "max_email_size": const.MAX_EMAIL_SIZE_MB,
            **self._mailjet_connection_preset(vals.get("mailjet_security", "starttls")),
        }
        return {**preset, **vals}

    def write(self, vals):
        vals = self._mailjet_accompanied(vals)
        leaving = self._filter_leaving_destination(vals)
        if leaving:
            super(IrMail_Server, leaving).write({**vals, "smtp_pass": False})
        result = super(IrMail_Server, self - leaving).write(vals)
        self._mailjet_follow_up(vals)
        return result

    def _mailjet_follow_up(self, changed):
        """Do what follows from a change, see `FOLLOW_UPS`.

        :param changed: names of the fields that were written
        """
        for method, fields_of_it in FOLLOW_UPS.items():
            if not fields_of_it.isdisjoint(changed):
                getattr(self, method)()

    @api.model
    def _mailjet_accompanied(self, vals):
        """Return the values to write, and those that must change along with them."""
        vals = dict(vals)
        if CONNECTION_FIELDS & vals.keys():
            vals = {"mailjet_state": "untested", "mailjet_failure": False, **vals}
        if vals.get("mailjet_purpose") == "mass_mailing":
            # The form hides it then, and it would attract other mail
            vals.setdefault("from_filter", False)
        if vals.get("smtp_authentication", "mailjet") not in ("mailjet", "login"):
            # Gmail and Outlook servers must have no password, and the form hides ours
            servers = self._filter_mailjet()
            if servers and servers == self:
                vals.setdefault("smtp_pass", False)
        return vals

    def _mailjet_trim(self):
        """Strip spaces and line breaks from pasted values."""
        for server in self._filter_mailjet():
            for name in ("smtp_host", "smtp_user", "smtp_pass"):
                value = server[name]
                if value and value != value.strip():
                    server[name] = value.strip()
