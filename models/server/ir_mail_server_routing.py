from odoo import api, fields, models
from odoo.tools import config, email_normalize


class IrMail_Server(models.Model):
    """Which server takes which mail."""

    _inherit = "ir.mail_server"

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
        "and priority.\n"
        "Mass mailing only: the dedicated server of Email Marketing. Other emails use "
        "it only if there is no other server.",
    )
    mailjet_dedicated_server_id = fields.Many2one(
        "ir.mail_server",
        string="Dedicated server of Email Marketing",
        compute="_compute_mailjet_dedicated_server_id",
    )
    # What an administrator types to find out which server takes an email
    mailjet_route_from = fields.Char("From address", store=False)
    mailjet_route_answer = fields.Text("Answer", store=False, readonly=True)

    # ------------------------------------------------------------------
    # Purpose
    # ------------------------------------------------------------------

    @api.depends("smtp_authentication")
    def _compute_mailjet_purpose(self):
        for server in self:
            if server.smtp_authentication != "mailjet":
                server.mailjet_purpose = False
            else:
                server.mailjet_purpose = (
                    server.mailjet_purpose or server._origin.mailjet_purpose or "all"
                )

    def _mailjet_routing_problem(self):
        """Return what is wrong with the server's use and what to do, or None."""
        if self.owner_user_id:
            return self.env._(
                "A Mailjet server sends for everyone. Remove the owner of “%(name)s”, "
                "or choose another authentication method.",
                name=self.name,
            )
        if self.mailjet_purpose == "mass_mailing" and self.from_filter:
            return self.env._(
                "Leave “FROM Filtering” of “%(name)s” empty: Odoo checks it before "
                "anything else, so other emails would use this server too.",
                name=self.name,
            )
        return None

    def _filter_mass_mailing_only(self):
        return self._filter_mailjet().filtered(
            lambda server: server.mailjet_purpose == "mass_mailing"
        )

    def _find_mail_server(self, email_from, mail_servers=None):
        """Skip servers for mass mailing only, unless there is no other server.

        Choose no Mailjet server of another company, either. Whoever passes servers has
        chosen those of the right company, such as `mail.mail`.
        """
        if mail_servers is None:
            domain = self._find_mail_server_allowed_domain()
            mail_servers = self.sudo().search(domain, order="sequence")
            mail_servers = mail_servers._mailjet_serving(self.env.company)
        others = mail_servers - mail_servers._filter_mass_mailing_only()
        # A personal server serves only its owner, so it is no alternative
        fallback = self._filter_mail_servers_fallback(others).filtered("active")
        if fallback or self._is_server_in_configuration():
            mail_servers = others
        return super()._find_mail_server(email_from, mail_servers)

    @api.model
    def _is_server_in_configuration(self):
        """Whether Odoo's configuration names a server, beyond the built-in default."""
        given = config.options.maps[:-1]
        return any("smtp_server" in options for options in given)

    # ------------------------------------------------------------------
    # Priority
    # ------------------------------------------------------------------

    @api.model
    def _mailjet_keep_last(self):
        """Give servers for mass mailing only a lower priority than all others."""
        servers = self._get_active_servers()
        mass_mailing_only = servers._filter_mass_mailing_only()
        last = max((servers - mass_mailing_only).mapped("sequence"), default=0)
        for server in mass_mailing_only:
            if server.sequence <= last:
                server.sequence = last + 1
            last = server.sequence

    def web_resequence(self, specification, field_name="sequence", offset=0):
        """Notify whoever drags a server for mass mailing only that it stays last.

        The list keeps showing the dragged order until it is reloaded.
        """
        result = super().web_resequence(specification, field_name, offset)
        moved_back = self._filter_mass_mailing_only().filtered(
            lambda server: server.sequence != offset + self.ids.index(server.id)
        )
        if field_name == "sequence" and moved_back:
            message = self.env._(
                "“%(name)s” is for mass mailing only and stays behind all other "
                "servers, even if the list shows another order.",
                name=moved_back[0].name,
            )
            self.env.user._bus_send("simple_notification", {"message": message})
        return result

    # ------------------------------------------------------------------
    # The dedicated server of Email Marketing
    # ------------------------------------------------------------------

    def _compute_mailjet_dedicated_server_id(self):
        self.mailjet_dedicated_server_id = self._get_dedicated_server()

    @api.model
    def _get_dedicated_server(self):
        """Return the server Email Marketing uses for its mailings, or an empty one."""
        server_id = self.env["mailing.mailing"]._get_default_mail_server_id()
        return self.env["ir.mail_server"].browse(server_id or [])

    def _mailjet_become_dedicated(self):
        """Make the first server for mass mailing only the dedicated one.

        Only if Email Marketing has none; replacing one is up to an administrator.
        """
        server = self.filtered("active")._filter_mass_mailing_only()[:1]
        if server and not self._get_dedicated_server():
            server._make_dedicated()

    def _make_dedicated(self):
        set_param = self.env["ir.config_parameter"].sudo().set_param
        set_param("mass_mailing.outgoing_mail_server", True)
        set_param("mass_mailing.mail_server_id", self.id)

    def action_mailjet_make_dedicated(self):
        """Make this the dedicated server of Email Marketing, replacing any other."""
        self.ensure_one()
        self.check_access("write")
        self._make_dedicated()
        return self._mailjet_notification(
            self.env._("New mailings go through “%(name)s”.", name=self.name)
        )

    # ------------------------------------------------------------------
    # “Which emails go through this server?”
    # ------------------------------------------------------------------

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
        """Return which server takes a mail from this address, and why.

        Core's own code gives the answer, for mail without a server of its own in the
        current company; the reason is inferred from the answer.
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
