from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config, email_normalize

from odoo.addons.base.models.ir_mail_server import IdentificationFieldsNoFoldPolicy

from ... import const
from ...tools.smtp.diagnosis import diagnose
from ...tools.smtp.session import Outcome, Session

# A change in one of these makes what was tested before worthless
CONNECTION_FIELDS = {
    "smtp_authentication",
    "smtp_encryption",
    "smtp_host",
    "smtp_pass",
    "smtp_port",
    "smtp_user",
}
# A change in one of these may make a server one for mass mailing only
PURPOSE_FIELDS = {"mailjet_purpose", "smtp_authentication"}

SECURITY_OF_ENCRYPTION = {
    "starttls": "starttls",
    "starttls_strict": "starttls",
    "ssl": "tls",
    "ssl_strict": "tls",
}
ENCRYPTION_OF_SECURITY = {"starttls": "starttls_strict", "tls": "ssl_strict"}
MAILJET_HOSTS = (const.SMTP_HOST, const.LEGACY_SMTP_HOST)


class WholeUnsubscribePolicy(IdentificationFieldsNoFoldPolicy):
    """Write List-Unsubscribe on one line.

    Python folds a longer value, and encodes it as RFC 2047 words where it has no blank
    to fold at. A URL is not readable that way (RFC 2047 section 5), and one-click
    unsubscription is lost.
    """

    def _fold(self, name, value, *args, **kwargs):
        if name.lower() == "list-unsubscribe" and self.max_line_length:
            whole = self.clone(max_line_length=None)
            return whole._fold(name, value, *args, **kwargs)
        return super()._fold(name, value, *args, **kwargs)


MESSAGE_POLICY = WholeUnsubscribePolicy(linesep="\r\n")


class IrMail_Server(models.Model):
    """A Mailjet account is a mail server: its key pair serves SMTP and REST alike."""

    _inherit = "ir.mail_server"

    smtp_authentication = fields.Selection(
        selection_add=[("mailjet", "Mailjet")],
        ondelete={"mailjet": "set default"},
    )
    mailjet_purpose = fields.Selection(
        selection=[
            ("all", "All outgoing email"),
            ("mass_mailing", "Mass mailing only"),
        ],
        string="Use for",
        compute="_compute_mailjet_purpose",
        store=True,
        readonly=False,
        help="All outgoing email: a server like any other, chosen by its From filter "
        "and its priority.\n"
        "Mass mailing only: the dedicated server of Email Marketing. Other mail takes "
        "it only if there is no other server.",
    )
    mailjet_security = fields.Selection(
        selection=[
            ("starttls", "STARTTLS (port 587)"),
            ("tls", "SSL/TLS (port 465)"),
        ],
        string="Connection security",
        compute="_compute_mailjet_security",
        inverse="_inverse_mailjet_security",
        help="Both encrypt everything, the keys included. Choose the one that your "
        "network lets through.",
    )
    mailjet_state = fields.Selection(
        selection=[
            ("untested", "Not tested yet"),
            ("working", "Connection works"),
            ("failing", "Connection fails"),
        ],
        string="Mailjet connection",
        default="untested",
        readonly=True,
        copy=False,
    )
    mailjet_tested_on = fields.Datetime("Last tested on", readonly=True, copy=False)
    mailjet_failure = fields.Text("Why the test failed", readonly=True, copy=False)
    mailjet_secret_placeholder = fields.Char(
        compute="_compute_mailjet_secret_placeholder",
        groups="base.group_system",
        help="Stands in the place of the secret key, which is never sent to a browser.",
    )
    mailjet_is_candidate = fields.Boolean(
        compute="_compute_mailjet_is_candidate",
        help="Set up by hand for Mailjet, before this module was installed.",
    )
    mailjet_is_other_host = fields.Boolean(compute="_compute_mailjet_is_other_host")
    mailjet_dedicated_server_id = fields.Many2one(
        "ir.mail_server",
        string="Dedicated server of Email Marketing",
        compute="_compute_mailjet_dedicated_server_id",
    )
    # Neither stored nor computed: what an admin types to ask which mail goes where
    mailjet_route_from = fields.Char("From address", store=False)
    mailjet_route_answer = fields.Text("Answer", store=False, readonly=True)

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("smtp_authentication")
    def _compute_smtp_authentication_info(self):  # pylint: disable=missing-return
        mailjet_servers = self._filter_mailjet()
        mailjet_servers.smtp_authentication_info = self.env._(
            "Connect your Mailjet account with its API key and secret key.\n"
            "You find both in Mailjet under Account settings > API key management."
        )
        # Core's own method writes smtp_authentication for values it does not know
        super(IrMail_Server, self - mailjet_servers)._compute_smtp_authentication_info()

    @api.depends("smtp_authentication")
    def _compute_mailjet_purpose(self):
        for server in self:
            if server.smtp_authentication != "mailjet":
                server.mailjet_purpose = False
            else:
                server.mailjet_purpose = (
                    server.mailjet_purpose or server._origin.mailjet_purpose or "all"
                )

    @api.depends("smtp_encryption")
    def _compute_mailjet_security(self):
        for server in self:
            server.mailjet_security = SECURITY_OF_ENCRYPTION.get(server.smtp_encryption)

    @api.onchange("mailjet_security")
    def _inverse_mailjet_security(self):
        for server in self._filter_mailjet():
            security = server.mailjet_security
            if security and security != SECURITY_OF_ENCRYPTION.get(
                server.smtp_encryption
            ):
                # Together: each alone would not fit the other
                server.write(
                    {
                        "smtp_encryption": ENCRYPTION_OF_SECURITY[security],
                        "smtp_port": server._mailjet_fitting_port(security),
                    }
                )

    @api.depends("smtp_authentication", "smtp_host", "smtp_pass")
    def _compute_mailjet_secret_placeholder(self):
        stored = self.env._("Stored, never shown; type to replace it")
        hidden = self._filter_secret_hidden()
        for server in self:
            server.mailjet_secret_placeholder = (
                server in hidden and server.smtp_pass and stored
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

    def _mailjet_host(self):
        return (self.smtp_host or "").strip().lower()

    def _compute_mailjet_dedicated_server_id(self):
        self.mailjet_dedicated_server_id = self._get_dedicated_server()

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
                server._mailjet_key_problem()
                or server._mailjet_connection_problem()
                or server._mailjet_routing_problem()
            )
            if problem:
                raise ValidationError(problem)

    def _mailjet_key_problem(self):
        """Return a sentence that says what to do about the keys, or None."""
        if "@" in (self.smtp_user or ""):
            return self.env._(
                "“%(key)s” is the address you log in to Mailjet with. Enter the API "
                "key instead: Mailjet shows it under Account settings > API key "
                "management.",
                key=self.smtp_user,
            )
        # An archived server may wait for its keys; a copy starts that way
        if self.active and not (self.smtp_user or "").strip():
            return self.env._(
                "Enter the API key of the Mailjet server “%(name)s”. Mailjet shows it "
                "under Account settings > API key management.",
                name=self.name,
            )
        if self.active and not (self.smtp_pass or "").strip():
            return self.env._(
                "Enter the secret key of the Mailjet server “%(name)s”. Mailjet shows "
                "it once, when the key is made; a lost one is replaced under Account "
                "settings > API key management.",
                name=self.name,
            )
        return None

    def _mailjet_connection_problem(self):
        """Return a sentence that says what to do about host and port, or None."""
        host = self._mailjet_host()
        if not host:
            return self.env._(
                "Enter the SMTP server; Mailjet's is %(host)s.", host=const.SMTP_HOST
            )
        if host == const.LEGACY_SMTP_HOST:
            return self.env._(
                "Use %(host)s as the SMTP server: the old Mailjet host does not know "
                "today's keys.",
                host=const.SMTP_HOST,
            )
        return self._mailjet_port_problem() or self._mailjet_encryption_problem()

    def _mailjet_port_problem(self):
        if self.smtp_port == const.BLOCKED_PORT:
            return self.env._(
                "Use port 587 or 465. Port 25 is meant for mail between servers; Odoo "
                "Online, Odoo.sh and most hosting providers block it."
            )
        known_ports = const.STARTTLS_PORTS + const.TLS_PORTS
        at_mailjet = self._mailjet_host() == const.SMTP_HOST
        if not self.smtp_port or at_mailjet and self.smtp_port not in known_ports:
            return self.env._(
                "Enter port 587 for STARTTLS, or port 465 for SSL/TLS: that is where "
                "Mailjet listens."
            )
        return None

    def _mailjet_encryption_problem(self):
        security = SECURITY_OF_ENCRYPTION.get(self.smtp_encryption)
        if not security:
            return self.env._(
                "Choose STARTTLS or SSL/TLS. Without encryption the secret key and "
                "every email could be read on their way to Mailjet."
            )
        if security == "starttls" and self.smtp_port in const.TLS_PORTS:
            return self.env._(
                "Port %(port)s expects SSL/TLS. Choose SSL/TLS, or use port 587 with "
                "STARTTLS.",
                port=self.smtp_port,
            )
        if security == "tls" and self.smtp_port in const.STARTTLS_PORTS:
            return self.env._(
                "Port %(port)s expects STARTTLS. Choose STARTTLS, or use port 465 with "
                "SSL/TLS.",
                port=self.smtp_port,
            )
        strict = self.smtp_encryption == ENCRYPTION_OF_SECURITY[security]
        if self._mailjet_host() == const.SMTP_HOST and not strict:
            return self.env._(
                "Choose an encryption with validation: without it anybody on the way "
                "could pose as Mailjet and take the secret key."
            )
        return None

    def _mailjet_routing_problem(self):
        """Return a sentence that says what to do about the server's use, or None."""
        if self.owner_user_id:
            return self.env._(
                "A Mailjet server sends for everybody. Remove the owner of “%(name)s”, "
                "or choose another way to authenticate.",
                name=self.name,
            )
        if self.mailjet_purpose == "mass_mailing" and self.from_filter:
            return self.env._(
                "Leave “FROM Filtering” of “%(name)s” empty: Odoo looks at it before "
                "anything else, so other mail would take this server too.",
                name=self.name,
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
            # Back from a look at another way: what was saved, a relay perhaps, stays
            preset = {name: self._origin[name] for name in preset}
        self.update(preset)

    @api.model
    def _mailjet_connection_preset(self, security="starttls"):
        port = const.TLS_PORT if security == "tls" else const.STARTTLS_PORT
        return {
            "smtp_host": const.SMTP_HOST,
            "smtp_encryption": ENCRYPTION_OF_SECURITY[security],
            "smtp_port": port,
        }

    @api.onchange("smtp_host")
    def _onchange_smtp_host_mailjet(self):
        """Mailjet's own certificate is always verified; a relay's need not be."""
        security = SECURITY_OF_ENCRYPTION.get(self.smtp_encryption)
        if self.smtp_authentication == "mailjet" and security:
            if self._mailjet_host() == const.SMTP_HOST:
                self.smtp_encryption = ENCRYPTION_OF_SECURITY[security]

    @api.onchange("smtp_encryption")
    def _onchange_encryption(self):
        """Move between Mailjet's ports; core puts 25 for all but one encryption."""
        if self.smtp_authentication != "mailjet":
            return super()._onchange_encryption()
        security = SECURITY_OF_ENCRYPTION.get(self.smtp_encryption)
        self.smtp_port = self._mailjet_fitting_port(security)
        return None

    def _mailjet_fitting_port(self, security):
        """Return the port for 'starttls' or 'tls'; a port of one's own stays."""
        if security == "tls" and self.smtp_port in const.STARTTLS_PORTS:
            return const.TLS_PORT
        if security == "starttls" and self.smtp_port in const.TLS_PORTS:
            return const.STARTTLS_PORT
        return self.smtp_port

    def action_use_as_mailjet_server(self):
        """Turn a server that was set up by hand into a Mailjet server.

        Host, port and encryption are brought to what the preset would set; name, keys
        and From filter stay.
        """
        self.ensure_one()
        if not self.mailjet_is_candidate:
            raise UserError(
                self.env._("“%(name)s” is not set up for Mailjet.", name=self.name)
            )
        security = "tls" if self.smtp_port in const.TLS_PORTS else "starttls"
        vals = {
            "smtp_authentication": "mailjet",
            "max_email_size": self.max_email_size or const.MAX_EMAIL_SIZE_MB,
            **self._mailjet_connection_preset(security),
        }
        if self.smtp_port in const.STARTTLS_PORTS:
            vals["smtp_port"] = self.smtp_port
        if self._get_dedicated_server() == self and not self.from_filter:
            vals["mailjet_purpose"] = "mass_mailing"
        self.write(vals)
        return self._mailjet_notification(
            self.env._("“%(name)s” is a Mailjet server now.", name=self.name)
        )

    # ------------------------------------------------------------------
    # Create, write, copy, read
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        servers = super().create(
            [self._mailjet_complete(dict(vals)) for vals in vals_list]
        )
        servers._mailjet_trim()
        servers._mailjet_keep_last()
        servers._mailjet_become_dedicated()
        return servers

    @api.model
    def _mailjet_complete(self, vals):
        """Fill in what the form would have: imports and scripts name the keys only."""
        default = self.env.context.get("default_smtp_authentication")
        if vals.get("smtp_authentication", default) != "mailjet":
            return vals
        preset = {
            "max_email_size": const.MAX_EMAIL_SIZE_MB,
            **self._mailjet_connection_preset(vals.get("mailjet_security", "starttls")),
        }
        return {**preset, **vals}

    def write(self, vals):
        vals = self._mailjet_following_changes(vals)
        result = super().write(vals)
        if {"smtp_host", "smtp_user", "smtp_pass"} & vals.keys():
            self._mailjet_trim()
        if {"active", "sequence", *PURPOSE_FIELDS} & vals.keys():
            self._mailjet_keep_last()
        if {"active", *PURPOSE_FIELDS} & vals.keys():
            self._mailjet_become_dedicated()
        return result

    @api.model
    def _mailjet_following_changes(self, vals):
        """Return the values to write, with those that follow from them."""
        vals = dict(vals)
        if CONNECTION_FIELDS & vals.keys():
            vals = {"mailjet_state": "untested", "mailjet_failure": False, **vals}
        if vals.get("mailjet_purpose") == "mass_mailing":
            # The form does not show it then, and it would draw in other mail
            vals.setdefault("from_filter", False)
        if vals.get("smtp_authentication", "mailjet") not in ("mailjet", "login"):
            # Gmail and Outlook refuse a password, and the form cannot show ours
            servers = self._filter_mailjet()
            if servers and servers == self:
                vals.setdefault("smtp_pass", False)
        return vals

    def _mailjet_trim(self):
        """Take blanks and line breaks off what was pasted."""
        for server in self._filter_mailjet():
            for name in ("smtp_host", "smtp_user", "smtp_pass"):
                value = server[name]
                if value and value != value.strip():
                    server[name] = value.strip()

    def copy_data(self, default=None):
        """Leave the keys out: the copy waits, archived, for its own."""
        vals_list = super().copy_data(default)
        left_out = {"active": False, "smtp_user": False, "smtp_pass": False}
        for server, vals in zip(self, vals_list, strict=True):
            if server.smtp_authentication == "mailjet":
                vals.update({**left_out, **(default or {})})
        return vals_list

    def _read_format(self, fnames, load="_classic_read"):
        """Never send a secret key out; the form shows only whether there is one."""
        values_list = super()._read_format(fnames, load)
        if "smtp_pass" in fnames:
            hidden_ids = set(self._filter_secret_hidden().ids)
            for values in values_list:
                if values["id"] in hidden_ids:
                    values["smtp_pass"] = False
        return values_list

    def _filter_secret_hidden(self):
        """Return those whose secret is never sent out.

        At Mailjet's own host that goes on when another way to authenticate is chosen,
        or choosing it would be the way to see the secret.
        """
        return self.filtered(
            lambda server: (
                server.smtp_authentication == "mailjet"
                or server._mailjet_host() in MAILJET_HOSTS
            )
        )

    def _read_group_groupby(self, alias, groupby_spec, query):
        self._refuse_grouping_by_secret(groupby_spec)
        return super()._read_group_groupby(alias, groupby_spec, query)

    def _read_group_select(self, aggregate_spec, query):
        self._refuse_grouping_by_secret(aggregate_spec)
        return super()._read_group_select(aggregate_spec, query)

    def _refuse_grouping_by_secret(self, spec):
        """A group's title would show the secret."""
        if spec.partition(":")[0] == "smtp_pass":
            servers = self.with_context(active_test=False)._get_active_servers()
            if servers._filter_secret_hidden():
                raise UserError(self.env._("Servers cannot be grouped by password."))

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        if ["smtp_pass"] in fields and self._filter_secret_hidden():
            raise UserError(
                self.env._(
                    "Secret keys of Mailjet servers cannot be exported. Take the "
                    "column “Password” out, or leave the Mailjet servers out."
                )
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def _filter_mailjet(self):
        """Return the Mailjet servers among these.

        Filtered here and never searched: with OCA's mail_environment the field is
        computed and no column holds it.
        """
        return self.filtered(lambda server: server.smtp_authentication == "mailjet")

    @api.model
    def _get_active_servers(self):
        """Return all servers in use: a handful, and not all fields can be searched."""
        return self.sudo().search([])  # pylint: disable=no-search-all

    @api.model
    def _mailjet_in_use(self):
        """Return the Mailjet servers in use."""
        return self._get_active_servers()._filter_mailjet()

    # ------------------------------------------------------------------
    # Which mail goes where
    # ------------------------------------------------------------------

    def _filter_mass_mailing_only(self):
        return self._filter_mailjet().filtered(
            lambda server: server.mailjet_purpose == "mass_mailing"
        )

    def _find_mail_server(self, email_from, mail_servers=None):
        """Leave out servers for mass mailing only, unless there is no other server."""
        if mail_servers is None:
            domain = self._find_mail_server_allowed_domain()
            mail_servers = self.sudo().search(domain, order="sequence")
        others = mail_servers - mail_servers._filter_mass_mailing_only()
        # A personal server is of no use to others, so it does not count as a way out
        fallback = self._filter_mail_servers_fallback(others).filtered("active")
        if fallback or self._is_server_in_configuration():
            mail_servers = others
        return super()._find_mail_server(email_from, mail_servers)

    @api.model
    def _is_server_in_configuration(self):
        """Whether Odoo's configuration names a server, beyond the built-in default."""
        given = config.options.maps[:-1]
        return any("smtp_server" in options for options in given)

    @api.model
    def _get_dedicated_server(self):
        """Return the server Email Marketing uses for its mailings, or an empty one."""
        server_id = self.env["mailing.mailing"]._get_default_mail_server_id()
        return self.env["ir.mail_server"].browse(server_id or [])

    @api.model
    def _mailjet_keep_last(self):
        """Put the servers for mass mailing only after all others in priority."""
        servers = self._get_active_servers()
        mass_mailing_only = servers._filter_mass_mailing_only()
        last = max((servers - mass_mailing_only).mapped("sequence"), default=0)
        for server in mass_mailing_only:
            if server.sequence <= last:
                server.sequence = last + 1
            last = server.sequence

    def web_resequence(self, specification, field_name="sequence", offset=0):
        """Tell who dragged a server for mass mailing only that it stays last.

        The list shows the order it was dragged to until it is loaded again.
        """
        result = super().web_resequence(specification, field_name, offset)
        moved_back = self._filter_mass_mailing_only().filtered(
            lambda server: server.sequence != offset + self.ids.index(server.id)
        )
        if field_name == "sequence" and moved_back:
            message = self.env._(
                "“%(name)s” is for mass mailing only and stays behind all other "
                "servers, whatever the order shown.",
                name=moved_back[0].name,
            )
            self.env.user._bus_send("simple_notification", {"message": message})
        return result

    def _mailjet_become_dedicated(self):
        """Make the first server for mass mailing only among these the dedicated one.

        Only where Email Marketing has none; replacing another is up to the admin.
        """
        server = self.filtered("active")._filter_mass_mailing_only()[:1]
        if server and not self._get_dedicated_server():
            server._make_dedicated()

    def _make_dedicated(self):
        set_param = self.env["ir.config_parameter"].sudo().set_param
        set_param("mass_mailing.outgoing_mail_server", True)
        set_param("mass_mailing.mail_server_id", self.id)

    def action_mailjet_make_dedicated(self):
        """Make this the dedicated server of Email Marketing, in another's place."""
        self.ensure_one()
        self.check_access("write")
        self._make_dedicated()
        return self._mailjet_notification(
            self.env._("New mailings go through “%(name)s”.", name=self.name)
        )

    @api.onchange("mailjet_route_from")
    def _onchange_mailjet_route_from(self):
        email_from = self.mailjet_route_from
        if not email_from:
            self.mailjet_route_answer = False
        elif not email_normalize(email_from):
            self.mailjet_route_answer = self.env._("Enter one email address.")
        else:
            self.mailjet_route_answer = self._mailjet_explain_route(email_from)

    @api.model
    def _mailjet_explain_route(self, email_from):
        """Say which server takes a mail from this address, and why.

        The answer is that of the code that sends, for mail that names no server, in
        the current company; the reason is read off the answer.
        """
        server, sent_from = self.env["ir.mail_server"]._find_mail_server(email_from)
        if not server:
            return self.env._(
                "This mail goes through the server named in Odoo's configuration file. "
                "Add an outgoing mail server for all email to change that."
            )
        answer = self.env._(
            "This mail goes through “%(server)s”.", server=server.sudo().name
        )
        reason = server.sudo()._mailjet_route_reason(email_from, sent_from)
        return f"{answer}\n{reason}"

    def _mailjet_route_reason(self, email_from, sent_from):
        if self._filter_mass_mailing_only():
            return self.env._(
                "It is meant for mass mailing only, but there is no other server."
            )
        fits = self.from_filter and self._match_from_filter(sent_from, self.from_filter)
        if fits and sent_from == email_from:
            return self.env._(
                "Its From filter names this address or its domain: %(filter)s",
                filter=self.from_filter,
            )
        if fits:
            return self.env._(
                "No From filter names this address, so the mail is sent from "
                "%(address)s, which this server's From filter names.",
                address=sent_from,
            )
        if not self.from_filter:
            return self.env._(
                "No From filter names this address; of the servers without a filter "
                "this one comes first in priority. The mail is sent from %(address)s.",
                address=sent_from,
            )
        return self.env._(
            "No From filter names this address and each server for all email has one, "
            "so the first in priority takes it. The mail is sent from %(address)s and "
            "may be refused.",
            address=sent_from,
        )

    # ------------------------------------------------------------------
    # Connecting
    # ------------------------------------------------------------------

    def _connect__(  # noqa: PLW3201
        self,
        host=None,
        port=None,
        user=None,
        password=None,
        encryption=None,
        smtp_from=None,
        ssl_certificate=None,
        ssl_private_key=None,
        smtp_debug=False,
        mail_server_id=None,
        allow_archived=False,
    ):
        """Say in plain words why a Mailjet server could not be reached.

        For a Mailjet server the connection comes as a `Session`, which keeps what
        becomes of each mail.
        """
        server = self.sudo().browse(mail_server_id or [])._filter_mailjet()
        outcome = self.env.context.get("mailjet_outcome") or Outcome()
        outcome.begin()
        outcome.server = server
        try:
            connection = super()._connect__(
                host=host,
                port=port,
                user=user,
                password=password,
                encryption=encryption,
                smtp_from=smtp_from,
                ssl_certificate=ssl_certificate,
                ssl_private_key=ssl_private_key,
                smtp_debug=smtp_debug,
                mail_server_id=mail_server_id,
                allow_archived=allow_archived,
            )
        except OSError as error:  # what smtplib and ssl raise is one, too
            if not server:
                raise
            outcome.refusal = server._mailjet_diagnose(error)
        if outcome.refusal:
            # Out of the except block: no traceback shall show the server's own words
            raise UserError(self._mailjet_explain_refusal(outcome.refusal))
        if server and connection:
            connection = Session(connection, server._mailjet_diagnose, outcome)
            server._mailjet_prepare_session(connection)
        return connection

    def _mailjet_prepare_session(self, connection):
        """Note on a session what its mails need: looked up once, not once a mail."""
        connection.mailjet_message_policy = MESSAGE_POLICY

    def _prepare_email_message__(self, message, smtp_session):  # noqa: PLW3201
        """Write what goes to Mailjet so that one-click unsubscription survives."""
        policy = getattr(smtp_session, "mailjet_message_policy", None)
        if policy:
            message.policy = policy
        return super()._prepare_email_message__(message, smtp_session)

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

    def _mailjet_diagnose(self, error):
        """Return the `Diagnosis` of what went wrong with this server.

        :param OSError error: raised while connecting, logging in or sending
        """
        return diagnose(
            error,
            secrets=(self.smtp_pass, self.smtp_user),
            host=self.smtp_host,
            port=self.smtp_port,
            user=self.smtp_user or "",
        )

    @api.model
    def _mailjet_explain_refusal(self, refusal):
        """Return cause and way out in plain words, with the raw reply below.

        :param Diagnosis refusal: why something failed
        """
        translate = self.env["mailjet.words"]._translate_words
        return (
            f"{translate(refusal.reason)} {translate(refusal.cure)}\n{refusal.detail}"
        )

    def test_smtp_connection(self, autodetect_max_email_size=False):
        """Test Mailjet servers one by one and keep what came out.

        A failure is shown on the server until the next test, so it is a notification
        here and no error, which would roll the result back.
        """
        mailjet_servers = self._filter_mailjet()
        mailjet_servers.check_access("write")
        others = self - mailjet_servers
        action = None
        if others or not self:
            action = super(IrMail_Server, others).test_smtp_connection(
                autodetect_max_email_size
            )
        for server in mailjet_servers:
            server._get_test_email_from()  # raises where the user has no address
            result = {"mailjet_state": "working", "mailjet_failure": False}
            try:
                action = super(IrMail_Server, server).test_smtp_connection(
                    autodetect_max_email_size
                )
            except UserError as error:
                result = {
                    "mailjet_state": "failing",
                    "mailjet_failure": str(error),
                }
            server.write({**result, "mailjet_tested_on": fields.Datetime.now()})
        failing = mailjet_servers.filtered(lambda s: s.mailjet_state == "failing")
        if failing:
            return self._mailjet_notification(
                "\n\n".join(failing.mapped("mailjet_failure")), "danger"
            )
        return action

    @api.model
    def _mailjet_notification(self, message, kind="success"):
        """Return the action that shows a message and reloads the form."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "sticky": False,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
