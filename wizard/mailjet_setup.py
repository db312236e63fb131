from odoo import api, fields, models
from odoo.tools import clean_context, email_domain_extract

from .. import const
from ..models.secret import Secret
from ..tools.address import domain_key
from ..tools.free_mail import is_free_mail

STEPS = ("keys", "use", "domains", "senders", "events", "test", "ready")
REGION_URLS = {"eu": const.API_URL, "us": const.API_URL_US}


class TypedApiKey(Secret):
    """An API key that is shown only once it is the server's.

    Until then it may be the secret key, typed into the wrong field. A refused key goes
    back to the browser that it came from, and is not stored.
    """

    def hides(self, record):
        typed = record.env.context.get("default_api_key")
        return record[self.name] not in (record.server_id.smtp_user, typed)


class MailjetSetup(models.TransientModel):
    """Connect a Mailjet account step by step.

    Once the keys are known to be right, an archived server is created. It holds what is
    read from Mailjet, and the set-up can be resumed from it. The last step activates
    the server.
    """

    _name = "mailjet.setup"
    _inherit = ["mailjet.secret.mixin"]
    _description = "Set up Mailjet"

    step = fields.Selection(
        [
            ("keys", "Keys"),
            ("use", "Use"),
            ("domains", "Domains"),
            ("senders", "Senders"),
            ("events", "Events"),
            ("test", "Test email"),
            ("ready", "Ready"),
        ],
        required=True,
        default="keys",
    )
    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        domain=[("mailjet_purpose", "!=", False)],
        ondelete="cascade",
    )
    api_key = TypedApiKey("API key", copy=False)
    secret_key = Secret("Secret key", copy=False)
    has_secret = fields.Boolean(compute="_compute_has_secret")
    twin_id = fields.Many2one(
        "ir.mail_server",
        "Already connected",
        readonly=True,
        ondelete="set null",
        help="The server that has the typed API key.",
    )
    is_continued = fields.Boolean(
        readonly=True, help="Continued from where it was left."
    )
    user_lacks_email = fields.Boolean(compute="_compute_user_lacks_email")
    is_copy = fields.Boolean(
        compute="_compute_is_copy", help="Whether this database is a copy for testing."
    )
    region = fields.Selection(
        [
            ("eu", "Europe (api.mailjet.com)"),
            ("us", "United States (api.us.mailjet.com)"),
            ("other", "Another address"),
        ],
        required=True,
        default="eu",
        help="Almost all accounts are in Europe; Mailjet notifies accounts it moves to "
        "the United States.",
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
    transport = fields.Selection(
        [
            ("smtp", "SMTP"),
            ("api", "Send API"),
            ("mixed", "Send API for mailings, SMTP for the rest"),
        ],
        "Hand over by",
        default="smtp",
        help="The Send API is faster and uses HTTPS (port 443), which networks do "
        "not block. SMTP carries every email, so anything that the Send API "
        "cannot carry goes by SMTP.",
    )
    is_smtp_blocked = fields.Boolean(
        readonly=True, help="No SMTP port answered when this step was left."
    )
    # For a sandbox or a relay, where the API has another address, too
    smtp_host = fields.Char("SMTP server", default=const.SMTP_HOST)
    smtp_port = fields.Integer("SMTP port", default=const.DEFAULT_PORTS["starttls"])
    address_ids = fields.One2many("mailjet.address", "setup_id", "Addresses")
    missing_count = fields.Integer(compute="_compute_missing_count")
    domain_ids = fields.One2many(related="server_id.mailjet_domain_ids")
    record_ids = fields.Many2many("mailjet.dns.record", compute="_compute_record_ids")
    unknown_domains = fields.Char(
        "Not at Mailjet yet", compute="_compute_unknown_domains"
    )
    typed_domain = fields.Char(
        "Add a domain", help="Your own domain, such as example.com."
    )
    callback_ids = fields.One2many(related="server_id.mailjet_callback_ids")
    event_url = fields.Char(related="server_id.mailjet_event_url")
    shares_events = fields.Boolean(related="server_id.mailjet_shares_events")
    open_points = fields.Text("To do", compute="_compute_open_points")
    from_filter_before = fields.Char(related="server_id.from_filter")
    from_filter_after = fields.Char(compute="_compute_from_filter_after")
    set_from_filter = fields.Boolean(
        "Use this server for accepted senders only", default=True
    )
    replace_dedicated = fields.Boolean("Send new mailings through this server")
    dedicated_server_id = fields.Many2one(
        related="server_id.mailjet_dedicated_server_id"
    )

    # The test email, whose steps the page shows as they happen
    test_id = fields.Many2one("mailjet.smtp.test", readonly=True, ondelete="set null")
    state = fields.Selection(related="test_id.state")
    delivery = fields.Selection(related="test_id.delivery")
    is_interrupted = fields.Boolean(related="test_id.is_interrupted")
    is_ok = fields.Boolean(related="test_id.is_ok")
    steps = fields.Json(related="test_id.steps")
    test_reason = fields.Char(related="test_id.reason")
    test_cure = fields.Char(related="test_id.cure")
    test_detail = fields.Text(related="test_id.detail")
    delivery_reason = fields.Text(related="test_id.delivery_reason")
    test_from = fields.Char("From", compute="_compute_test_addresses")
    test_to = fields.Char("Recipient", compute="_compute_test_addresses")

    @api.model
    def action_open(self, server=None):
        """Open the set-up of a server, where it was left, or of a new server."""
        self.env["ir.mail_server"].check_access("write")
        server = server and server._filter_mailjet()[:1]
        if not server:
            # Not stored yet, or the browser would mark the empty keys as wrong
            return self.browse()._reopen()
        setup = self.create(self._values_of(server))
        setup._enter(setup.step)
        return setup._reopen()

    @api.model
    def _values_of(self, server):
        urls = {url: region for region, url in REGION_URLS.items()}
        return {
            "server_id": server.id,
            "is_continued": server.mailjet_setup_unfinished,
            "api_key": server.smtp_user,
            "api_url": server.mailjet_api_url,
            "region": urls.get(server.mailjet_api_url, "other"),
            "usage": server.mailjet_purpose or "all",
            "security": server.mailjet_security or "starttls",
            "transport": server.mailjet_transport or "smtp",
            "smtp_host": server.smtp_host,
            "smtp_port": server.smtp_port,
            "step": "domains" if server.mailjet_refreshed_on else "keys",
        }

    @api.onchange("region")
    def _onchange_region(self):
        self.api_url = REGION_URLS.get(self.region, self.api_url)

    @api.depends_context("uid")
    def _compute_is_copy(self):
        self.is_copy = self.env["ir.mail_server"]._is_mailjet_neutralized()

    @api.depends("server_id")
    def _compute_has_secret(self):
        for setup in self:
            setup.has_secret = bool(setup.server_id.sudo().smtp_pass)

    @api.depends_context("uid")
    def _compute_user_lacks_email(self):
        self.user_lacks_email = not self.env.user.email

    @api.depends("address_ids.state")
    @api.depends_context("uid")
    def _compute_test_addresses(self):
        """Write to the user, from an address that Mailjet accepts."""
        own = self.env.user.email_normalized
        for setup in self:
            covered = setup.address_ids.filtered(lambda one: one.state == "covered")
            senders = setup.server_id.mailjet_sender_ids
            active = senders.filtered(lambda one: one.status == "active")
            accepted = covered.mapped("email") + [
                sender.email.replace("*", "noreply") for sender in active
            ]
            setup.test_from = own if own in accepted else (accepted or [False])[0]
            setup.test_to = own

    @api.depends("address_ids.state")
    def _compute_missing_count(self):
        for setup in self:
            missing = setup.address_ids.filtered(lambda a: a.state == "missing")
            setup.missing_count = len(missing)

    @api.depends("domain_ids.main_record_ids.urgency")
    def _compute_record_ids(self):
        for setup in self:
            setup.record_ids = setup.domain_ids.main_record_ids.sorted()

    @api.depends("domain_ids.sender_ids.is_domain")
    def _compute_unknown_domains(self):
        for setup in self:
            setup.unknown_domains = ", ".join(setup._names_of_unknown_domains())

    def _names_of_unknown_domains(self):
        """Return the domains that Odoo sends from and Mailjet does not know."""
        domains = self.env["mail.alias.domain"].sudo().search_fetch([])
        companies = self.env["res.company"].sudo().search_fetch([])
        names = [*domains.mapped("name"), *companies.mapped(_domain_of_company)]
        own = {domain_key(name): name for name in names if name}
        known = self.domain_ids.sender_ids.filtered("is_domain").domain_id
        unknown = own.keys() - {domain_key(domain.name) for domain in known}
        return sorted(own[key] for key in unknown if not is_free_mail(key))

    @api.depends(
        "address_ids.state",
        "domain_ids.is_proven",
        "domain_ids.main_record_ids.state",
        "callback_ids.state",
        "server_id.mailjet_sender_ids.status",
    )
    def _compute_open_points(self):
        for setup in self:
            emails = {"missing": [], "waiting": [], "covered": []}
            for address in setup.address_ids:
                emails[address.state].append(address.email)
            unproven = setup.domain_ids.filtered(lambda domain: not domain.is_proven)
            wrong = setup.record_ids.filtered(
                lambda record: (
                    record.kind != "ownership" and record.state in ("error", "missing")
                )
            )
            points = (
                (self.env._("Unknown to Mailjet"), emails["missing"]),
                (self.env._("Waiting for activation"), emails["waiting"]),
                (self.env._("Ownership not proven"), unproven.mapped("name")),
                (self.env._("Records to publish"), wrong.mapped("display_name")),
                (self.env._("Events not posted to Odoo"), setup._unposted_events()),
            )
            lines = [
                self.env._("%(what)s: %(which)s", what=what, which=", ".join(names))
                for what, names in points
                if names
            ]
            if "active" not in setup.server_id.mailjet_sender_ids.mapped("status"):
                words = self.env._(
                    "Mailjet accepts no address of yours yet: it will drop your email."
                )
                lines.insert(0, words)
            setup.open_points = "\n".join(lines)

    def _unposted_events(self):
        """Return the labels of the event types that are not posted here."""
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

    def _reopen_keys(self, typed_key):
        """Ask for the keys again, with the API key still in its field.

        The key travels in the action: what was refused may be the secret key, which is
        not stored here.
        """
        kept = ("server_id", "region", "api_url", "smtp_host", "smtp_port", "notice")
        context = {
            f"default_{name}": self._fields[name].convert_to_write(self[name], self)
            for name in (*kept, "twin_id")
        }
        action = {**self._reopen(), "res_id": False}
        return {**action, "context": {**context, "default_api_key": typed_key}}

    def action_set_up_another(self):
        """Leave this set-up as it is, and connect another account."""
        return self.action_open()

    # ------------------------------------------------------------------
    # From step to step
    # ------------------------------------------------------------------

    def action_next(self):
        """Complete the current step and go to the next."""
        self.ensure_one()
        self.check_access("write")
        if self.step == STEPS[-1]:  # clicked in a window that is out of date
            return self._reopen()
        # The defaults of the keys' form must not reach the records created here
        return self.with_context(clean_context(self.env.context))._go_on()

    def _go_on(self):
        self.write({"notice": False, "twin_id": False, "is_continued": False})
        typed_key = self.api_key
        if getattr(self, f"_leave_{self.step}")():
            self._enter(STEPS[STEPS.index(self.step) + 1])
        elif self.step == "keys":
            return self._reopen_keys(typed_key)
        return self._reopen()

    def action_back(self):
        """Go back one step, without undoing anything."""
        self.ensure_one()
        self.check_access("write")
        self.write({"notice": False, "is_continued": False})
        self._enter(STEPS[max(STEPS.index(self.step) - 1, 0)])
        return self._reopen()

    def _enter(self, step):
        self.step = step
        if step in ("senders", "test", "ready"):
            self._read_addresses()  # a domain proven meanwhile covers its addresses
        if step == "events":
            self.server_id._mailjet_read_callbacks()

    def _read_addresses(self):
        self.address_ids.unlink()
        lines = self.env["mailjet.address"]._create_for(self.server_id)
        lines.setup_id = self


def _domain_of_company(company):
    return email_domain_extract(company.email or "")
