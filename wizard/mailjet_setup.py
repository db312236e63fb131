from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..models.server.ir_mail_server_account import API_DEADLINE
from ..tools.mailjet.client import AuthenticationError, MailjetApi, MailjetApiError

STEPS = ("keys", "use", "senders", "domains", "events", "ready")
REGION_URLS = {"eu": const.API_URL, "us": const.API_URL_US}


class MailjetSetup(models.TransientModel):
    """Connect a Mailjet account step by step.

    The server is made, archived, once the keys are known to be right: what is read and
    done at Mailjet belongs to it, and the set-up can be left and taken up again there.
    The last step takes it into use.
    """

    _name = "mailjet.setup"
    _description = "Set up Mailjet"

    step = fields.Selection(
        [
            ("keys", "Keys"),
            ("use", "Use"),
            ("senders", "Senders"),
            ("domains", "Domains"),
            ("events", "Events"),
            ("ready", "Ready"),
        ],
        required=True,
        default="keys",
    )
    server_id = fields.Many2one("ir.mail_server", "Mailjet server", ondelete="cascade")
    api_key = fields.Char("API key")
    secret_key = fields.Char("Secret key")
    region = fields.Selection(
        [
            ("eu", "Europe (api.mailjet.com)"),
            ("us", "United States (api.us.mailjet.com)"),
            ("other", "Another address"),
        ],
        required=True,
        default="eu",
        help="Almost all accounts are in Europe; Mailjet tells those it has moved.",
    )
    api_url = fields.Char("API address", default=const.API_URL)
    account = fields.Char(readonly=True)
    notice = fields.Text(readonly=True)
    usage = fields.Selection(
        [
            ("all", "All outgoing email"),
            ("mass_mailing", "Mass mailing only"),
        ],
        "Use for",
        default="all",
    )
    security = fields.Selection(
        [
            ("starttls", "STARTTLS (port 587)"),
            ("ssl", "SSL/TLS (port 465)"),
        ],
        "Connection security",
        default="starttls",
    )
    # For a sandbox or a relay, where the API is at another address too
    smtp_host = fields.Char("SMTP server", default=const.SMTP_HOST)
    smtp_port = fields.Integer("SMTP port", default=const.DEFAULT_PORTS["starttls"])
    address_ids = fields.One2many("mailjet.address", "setup_id", "Addresses")
    missing_count = fields.Integer(compute="_compute_missing_count")
    domain_ids = fields.One2many(related="server_id.mailjet_domain_ids")
    record_ids = fields.Many2many("mailjet.dns.record", compute="_compute_record_ids")
    unknown_domains = fields.Char(
        "Not at Mailjet yet", compute="_compute_unknown_domains"
    )
    callback_ids = fields.One2many(related="server_id.mailjet_callback_ids")
    event_url = fields.Char(related="server_id.mailjet_event_url")
    open_points = fields.Text("Still open", compute="_compute_open_points")
    from_filter_before = fields.Char(related="server_id.from_filter")
    from_filter_after = fields.Char(compute="_compute_from_filter_after")
    set_from_filter = fields.Boolean(
        "Use this server for the accepted senders only", default=True
    )
    replace_dedicated = fields.Boolean("Send new mailings through this server")
    dedicated_server_id = fields.Many2one(
        related="server_id.mailjet_dedicated_server_id"
    )

    def _read_format(self, fnames, load="_classic_read"):
        """Never send the secret key back, nor what may be one in the wrong field."""
        values_list = super()._read_format(fnames, load)
        for setup, values in zip(self, values_list, strict=True):
            if "secret_key" in values:
                values["secret_key"] = False
            if "api_key" in values and setup.api_key != setup.server_id.smtp_user:
                values["api_key"] = False
        return values_list

    @api.model
    def action_open(self, server=None):
        """Open the set-up of a server, where it was left, or of a new one."""
        self.env["ir.mail_server"].check_access("write")
        server = server and server._filter_mailjet()[:1]
        setup = self.create(self._values_of(server) if server else {})
        if server:
            setup._enter(setup.step)
        return setup._reopen()

    @api.model
    def _values_of(self, server):
        urls = {url: region for region, url in REGION_URLS.items()}
        return {
            "server_id": server.id,
            "api_key": server.smtp_user,
            "api_url": server.mailjet_api_url,
            "region": urls.get(server.mailjet_api_url, "other"),
            "usage": server.mailjet_purpose or "all",
            "security": server.mailjet_security or "starttls",
            "smtp_host": server.smtp_host,
            "smtp_port": server.smtp_port,
            "step": "senders" if server.mailjet_refreshed_on else "keys",
        }

    @api.onchange("region")
    def _onchange_region(self):
        self.api_url = REGION_URLS.get(self.region, self.api_url)

    @api.depends("address_ids.state")
    def _compute_missing_count(self):
        for setup in self:
            missing = setup.address_ids.filtered(lambda a: a.state == "missing")
            setup.missing_count = len(missing)

    @api.depends("domain_ids.record_ids.urgency")
    def _compute_record_ids(self):
        for setup in self:
            setup.record_ids = setup.domain_ids.record_ids.sorted()

    @api.depends("domain_ids.sender_ids.is_domain")
    def _compute_unknown_domains(self):
        own = self.env["mail.alias.domain"].sudo().search_fetch([]).mapped("name")
        for setup in self:
            known = setup.domain_ids.sender_ids.filtered("is_domain").domain_id
            unknown = [name for name in own if name not in known.mapped("name")]
            setup.unknown_domains = ", ".join(unknown)

    @api.depends("address_ids.state", "domain_ids.is_proven", "callback_ids.state")
    def _compute_open_points(self):
        for setup in self:
            emails = {"missing": [], "waiting": [], "covered": []}
            for address in setup.address_ids:
                emails[address.state].append(address.email)
            unproven = setup.domain_ids.filtered(lambda domain: not domain.is_proven)
            points = (
                (self.env._("Unknown to Mailjet"), emails["missing"]),
                (self.env._("Waiting for activation"), emails["waiting"]),
                (self.env._("Ownership not proven"), unproven.mapped("name")),
                (self.env._("Events not posted to Odoo"), setup._unposted_events()),
            )
            setup.open_points = "\n".join(
                self.env._("%(what)s: %(which)s", what=what, which=", ".join(names))
                for what, names in points
                if names
            )

    def _unposted_events(self):
        """Return the types of events that do not come here, in words."""
        kinds = dict(
            self.callback_ids._fields["event"]._description_selection(self.env)
        )
        missing = self.callback_ids.filtered(lambda callback: callback.state != "ours")
        return [kinds[callback.event] for callback in missing]

    @api.depends("server_id.mailjet_sender_ids.status")
    def _compute_from_filter_after(self):
        for setup in self:
            setup.from_filter_after = setup.server_id._mailjet_accepted_filter()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set up Mailjet"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------------
    # From step to step
    # ------------------------------------------------------------------

    def action_next(self):
        """Do what the present step asks for, and go on to the next."""
        self.ensure_one()
        self.notice = False
        if getattr(self, f"_leave_{self.step}")():
            self._enter(STEPS[STEPS.index(self.step) + 1])
        return self._reopen()

    def action_back(self):
        """Go back one step; nothing that was done is undone."""
        self.ensure_one()
        self.notice = False
        self._enter(STEPS[STEPS.index(self.step) - 1])
        return self._reopen()

    def _enter(self, step):
        self.step = step
        if step in ("senders", "ready"):
            self._read_addresses()  # a domain proven since covers its addresses
        if step == "events":
            self.server_id._mailjet_read_callbacks()

    def _read_addresses(self):
        self.address_ids.unlink()
        lines = self.env["mailjet.address"]._create_for(self.server_id)
        lines.setup_id = self

    def _leave_keys(self):
        secret_key = (self.secret_key or "").strip() or self.server_id.sudo().smtp_pass
        pair = ((self.api_key or "").strip(), secret_key or "")
        if not all(pair):
            raise UserError(self.env._("Enter both keys."))
        # The browser need not have it again, and what is refused need not be kept
        self.secret_key = False
        account = self._account_of(*pair)
        if not account:
            # Both look alike: 32 hexadecimal digits each
            pair = pair[::-1]
            account = self._account_of(*pair)
            self.notice = self.env._(
                "The two keys were entered the wrong way round; that is mended."
            )
        if not account:
            self.notice = self.env._(
                "Mailjet does not accept these keys. Copy both again from Account "
                "settings > API key management. If they are right, the key may be "
                "switched off or the account suspended: Mailjet's pages tell."
            )
            return False
        self.account = account
        self._keep_server(*pair)
        self.api_key = pair[0]
        return True

    def _account_of(self, api_key, secret_key):
        """Return the account in words, or False if Mailjet does not know the pair.

        :raise UserError: for anything else that goes wrong
        """
        try:
            with MailjetApi(
                api_key, secret_key, self.api_url, deadline=API_DEADLINE, read_only=True
            ) as client:
                user = client.user()
                key = client.own_apikey()
        except AuthenticationError:
            return False
        except MailjetApiError as error:
            server = self.env["ir.mail_server"].new(
                {"name": self.env._("Mailjet"), "mailjet_api_url": self.api_url}
            )
            raise UserError(server._mailjet_explain_api_error(error)) from None
        if not key.is_active or key.run_level != "normal":
            raise UserError(
                self.env._(
                    "The key “%(name)s” is right, but Mailjet has restricted it. Look "
                    "at your account there, or ask Mailjet's support.",
                    name=key.name,
                )
            )
        kind = (
            self.env._("main account") if key.is_master else self.env._("sub-account")
        )
        return f"{user.email}, {key.name} ({kind})"

    def _keep_server(self, api_key, secret_key):
        vals = {
            "smtp_user": api_key,
            "smtp_pass": secret_key,
            "mailjet_api_url": self.api_url,
        }
        if self.server_id:
            server = self.server_id
            server.write(
                {name: vals[name] for name in vals if server[name] != vals[name]}
            )
        else:
            self.server_id = self.env["ir.mail_server"].create(
                {
                    "name": self.env._("Mailjet"),
                    "smtp_authentication": "mailjet",
                    "active": False,
                    **vals,
                }
            )

    def _leave_use(self):
        vals = {"mailjet_purpose": self.usage, "mailjet_security": self.security}
        if self.region == "other":
            vals.update(smtp_host=self.smtp_host, smtp_port=self.smtp_port)
        changes = {
            name: vals[name] for name in vals if self.server_id[name] != vals[name]
        }
        self.server_id.write(changes)
        self.server_id._mailjet_refresh()
        return True

    def _leave_senders(self):
        return True

    def _leave_domains(self):
        return True

    def _leave_events(self):
        return True

    # ------------------------------------------------------------------
    # Buttons of a step
    # ------------------------------------------------------------------

    def action_refresh(self):
        """Read senders and domains again."""
        self.ensure_one()
        self.server_id._mailjet_refresh()
        self._read_addresses()
        return self._reopen()

    def action_add_missing(self):
        """Add every address that Mailjet does not know; say what became of each."""
        self.ensure_one()
        missing = self.address_ids.filtered(lambda a: a.state == "missing")
        by_email = missing.grouped("email")
        for email, sender in self._add_senders(by_email):
            by_email[email]._keep_sender(sender)
        return self._reopen()

    def action_add_domains(self):
        """Add the domains that Odoo has and Mailjet does not know as a whole."""
        self.ensure_one()
        self._add_senders(f"*@{name}" for name in self.unknown_domains.split(", "))
        return self._reopen()

    def _add_senders(self, emails):
        """Add each; return those that could be, and say what became of all."""
        added, results = [], []
        for email in emails:
            try:
                sender, message = self.server_id._mailjet_add_sender(email)
            except UserError as error:
                # Each was somebody's request: the rest is still worth trying
                results.append(f"{email}: {error}")
            else:
                added.append((email, sender))
                results.append(message)
        self.notice = "\n".join(results)
        return added

    def action_check_domains(self):
        """Check the records of all domains; have Mailjet look for the proofs."""
        self.ensure_one()
        self.notice = self.domain_ids.action_check_dns()["params"]["message"]
        return self._reopen()

    def action_register_events(self):
        """Have Mailjet post its events here; say why it could not."""
        self.ensure_one()
        try:
            self.server_id.action_mailjet_register()
        except UserError as error:
            self.notice = str(error)
        else:
            self.notice = False
        return self._reopen()

    def action_smtp_test(self):
        """Talk to the mail server step by step, before it is taken into use."""
        return self.server_id.action_mailjet_smtp_test()

    def action_finish(self):
        """Take the server into use, and show it."""
        self.ensure_one()
        server = self.server_id
        vals = {"active": True}
        if self.usage == "all" and self.set_from_filter and self.from_filter_after:
            vals["from_filter"] = self.from_filter_after
        server.write(vals)
        if self.replace_dedicated and server.mailjet_dedicated_server_id != server:
            server._make_dedicated()
        server.test_smtp_connection()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ir.mail_server",
            "res_id": server.id,
            "view_mode": "form",
            "target": "current",
        }
