from odoo import api, fields, models

from .. import const
from ..models.secret import Secret

STEPS = ("keys", "use", "senders", "domains", "events", "ready")
REGION_URLS = {"eu": const.API_URL, "us": const.API_URL_US}


class TypedApiKey(Secret):
    """An API key that is shown once it is the server's: the wrong key may be typed."""

    def hides(self, record):
        return record[self.name] != record.server_id.smtp_user


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
            ("senders", "Senders"),
            ("domains", "Domains"),
            ("events", "Events"),
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
        help="The Send API is faster, and uses HTTPS (port 443), which no network "
        "blocks. SMTP carries every email; what the Send API cannot carry goes by it.",
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
    callback_ids = fields.One2many(related="server_id.mailjet_callback_ids")
    event_url = fields.Char(related="server_id.mailjet_event_url")
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

    @api.model
    def action_open(self, server=None):
        """Open the set-up of a server, where it was left, or of a new server."""
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
            "transport": server.mailjet_transport or "smtp",
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

    @api.depends("domain_ids.main_record_ids.urgency")
    def _compute_record_ids(self):
        for setup in self:
            setup.record_ids = setup.domain_ids.main_record_ids.sorted()

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

    # ------------------------------------------------------------------
    # From step to step
    # ------------------------------------------------------------------

    def action_next(self):
        """Complete the current step and go to the next."""
        self.ensure_one()
        self.check_access("write")
        self.notice = False
        if getattr(self, f"_leave_{self.step}")():
            self._enter(STEPS[STEPS.index(self.step) + 1])
        return self._reopen()

    def action_back(self):
        """Go back one step, without undoing anything."""
        self.ensure_one()
        self.check_access("write")
        self.notice = False
        self._enter(STEPS[STEPS.index(self.step) - 1])
        return self._reopen()

    def _enter(self, step):
        self.step = step
        if step in ("senders", "ready"):
            self._read_addresses()  # a domain proven meanwhile covers its addresses
        if step == "events":
            self.server_id._mailjet_read_callbacks()

    def _read_addresses(self):
        self.address_ids.unlink()
        lines = self.env["mailjet.address"]._create_for(self.server_id)
        lines.setup_id = self
