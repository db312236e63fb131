import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..models.secret import Secret
from ..tools.smtp.advice_row import DOMAIN, SENDERS, SERVER
from ..tools.smtp.encryption import is_strict, security_of, strict_encryption

# Seconds for the conversation, for the other ports and for the API: 30 in all
DEADLINE = 20.0
PORTS_DEADLINE = 4.0
API_DEADLINE = 6.0
# Seconds to wait for Mailjet's report on a real email, once the test is over
DELIVERY_DEADLINE = 120.0
# Odoo screens that a diagnosis may name, with their actions; SERVER opens the form
SCREENS = {
    SERVER: None,
    SENDERS: "mailjet_sender_action",
    DOMAIN: "mailjet_domain_action",
}


class MailjetSmtpTest(models.TransientModel):
    """Talk to a mail server step by step, and explain in plain words what is wrong.

    The conversation runs in its own thread, which stores each step in its own short
    transaction: no request waits for it, and nothing stays locked.
    """

    _name = "mailjet.smtp.test"
    _inherit = ["mailjet.words", "mailjet.secret.mixin"]
    _description = "SMTP test"
    _rec_name = "smtp_host"

    server_id = fields.Many2one("ir.mail_server", "Mail server", ondelete="cascade")
    smtp_host = fields.Char("SMTP server", required=True, default=const.SMTP_HOST)
    smtp_port = fields.Integer(
        "SMTP port", required=True, default=const.DEFAULT_PORTS["starttls"]
    )
    security = fields.Selection(
        [
            ("starttls", "STARTTLS"),
            ("ssl", "SSL/TLS"),
            ("none", "None"),
        ],
        "Connection security",
        required=True,
        default="starttls",
    )
    verify = fields.Boolean("Verify the certificate", default=True)
    smtp_user = fields.Char("User name or API key")
    smtp_pass = Secret("Password or secret key", copy=False)
    secret_source = fields.Selection(
        [
            ("typed", "The one typed for this run"),
            ("stored", "The one stored on the server"),
            ("none", "None"),
        ],
        "Secret used",
        readonly=True,
    )
    mechanism = fields.Selection(
        [
            ("auto", "Automatic"),
            ("PLAIN", "PLAIN"),
            ("LOGIN", "LOGIN"),
            ("CRAM-MD5", "CRAM-MD5"),
        ],
        "Authentication mechanism",
        required=True,
        default="auto",
    )
    sender_id = fields.Many2one(
        "mailjet.sender",
        "Active sender",
        domain="[('status', '=', 'active'), ('is_domain', '=', False), "
        "('server_id', '=', server_id)]",
        store=False,
    )
    email_from = fields.Char("From", default=lambda self: self.env.user.email)
    email_to = fields.Char("Recipient", default=lambda self: self.env.user.email)
    deliver = fields.Boolean(
        "Send a real email",
        help="Otherwise the test stops before the content, and nothing is sent.",
    )

    state = fields.Selection(
        [("draft", "Not started"), ("running", "Running"), ("done", "Done")],
        required=True,
        default="draft",
        readonly=True,
    )
    is_interrupted = fields.Boolean(
        compute="_compute_is_interrupted",
        help="Odoo was stopped or restarted during the test.",
    )
    raw_steps = fields.Json(readonly=True)
    steps = fields.Json(compute="_compute_steps")
    words = fields.Json(readonly=True)
    is_ok = fields.Boolean("Works", readonly=True)
    title = fields.Char(compute="_compute_words")
    reason = fields.Char("Diagnosis", compute="_compute_words")
    cure = fields.Char("What to do", compute="_compute_words")
    detail = fields.Text("Server reply", readonly=True)
    link = fields.Char("More information", readonly=True)
    screen = fields.Char(readonly=True, help="Where to change this in Odoo.")
    rest_state = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("unknown", "No answer"),
        ],
        "Same keys at Mailjet's API",
        readonly=True,
    )
    smtp_state = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("unknown", "Not reached"),
        ],
        "Keys at the mail relay",
        readonly=True,
    )
    pair_words = fields.Json(readonly=True)
    pair_reason = fields.Char("Conclusion", compute="_compute_words")
    other_port = fields.Integer(readonly=True)
    transport = fields.Selection(related="server_id.mailjet_transport")
    offers_api = fields.Boolean(
        readonly=True, help="No SMTP port answers, but Mailjet's API does."
    )
    other_security = fields.Char(readonly=True)
    delivery = fields.Selection(
        [
            ("waiting", "Waiting for Mailjet's report"),
            ("delivered", "Delivered"),
            ("failed", "Not delivered"),
            ("under_way", "Still in transit"),
            ("no_trace", "Not found at Mailjet"),
            ("not_asked", "Mailjet could not be reached"),
        ],
        readonly=True,
    )
    delivery_words = fields.Json(readonly=True)
    delivery_reason = fields.Text("Mailjet's report", compute="_compute_words")
    transcript = fields.Text("Conversation", readonly=True)
    transcript_file = fields.Binary(
        "Conversation as a file", compute="_compute_transcript_file"
    )

    @api.model
    def _action_open(self, server=None):
        """Open the test, filled in from a server."""
        self.env["ir.mail_server"].check_access("write")
        test = self.create(self._values_of(server) if server else {})
        return test._reopen()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("SMTP test"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _values_of(self, server):
        security = security_of(server.smtp_encryption)
        sender = server.mailjet_sender_ids.filtered(
            lambda s: s.status == "active" and not s.is_domain
        )[:1]
        vals = {
            "server_id": server.id,
            "smtp_host": server.smtp_host,
            "smtp_port": server.smtp_port,
            "security": security or "none",
            "verify": not security or is_strict(server.smtp_encryption),
            "smtp_user": server.smtp_user,
        }
        if sender:
            vals["email_from"] = sender.email
        return vals

    @api.onchange("sender_id")
    def _onchange_sender_id(self):
        if self.sender_id:
            self.email_from = self.sender_id.email

    @api.depends("state", "delivery", "write_date")
    def _compute_is_interrupted(self):
        """Detect that nothing was written for too long, though more is due."""
        now = fields.Datetime.now()
        for test in self:
            longest = None
            if test.state == "running":
                longest = DEADLINE + PORTS_DEADLINE + API_DEADLINE
            elif test.delivery == "waiting":
                longest = DELIVERY_DEADLINE + API_DEADLINE
            silence = (now - (test.write_date or now)).total_seconds()
            test.is_interrupted = longest is not None and silence > longest + 10

    @api.depends("raw_steps")
    @api.depends_context("lang")
    def _compute_steps(self):
        labels = self._stage_labels()
        for test in self:
            test.steps = [
                {
                    "label": labels[step["stage"]],
                    "state": step["state"],
                    "seconds": step["seconds"],
                    "detail": test._translate_json(step["detail"]),
                }
                for step in test.raw_steps or []
            ]

    @api.model
    def _stage_labels(self):
        return {
            "resolve": self.env._("Look up the host"),
            "connect": self.env._("Connect"),
            "greeting": self.env._("Greeting"),
            "ehlo": self.env._("Introduction (EHLO)"),
            "tls": self.env._("Encryption (TLS)"),
            "auth": self.env._("Login (AUTH)"),
            "mail": self.env._("Sender (MAIL FROM)"),
            "rcpt": self.env._("Recipient (RCPT TO)"),
            "data": self.env._("Content (DATA)"),
            "queued": self.env._("Accepted for delivery"),
        }

    @api.depends("words", "pair_words", "delivery_words")
    @api.depends_context("lang")
    def _compute_words(self):
        for test in self:
            words = test.words or {}
            test.title = test._translate_json(words.get("title"))
            test.reason = test._translate_json(words.get("reason"))
            test.cure = test._translate_json(words.get("cure"))
            pair = test.pair_words or {}
            both = (test._translate_json(pair.get(name)) for name in ("reason", "cure"))
            test.pair_reason = " ".join(filter(None, both))
            lines = (test._translate_json(line) for line in test.delivery_words or [])
            test.delivery_reason = " ".join(filter(None, lines))

    @api.depends("transcript")
    def _compute_transcript_file(self):
        for test in self:
            test.transcript_file = base64.b64encode((test.transcript or "").encode())

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_use_port(self):
        """Use the port that answers, for the mail server, too, and try again."""
        self.ensure_one()
        if not self.other_port:
            raise UserError(self.env._("No other port was found."))
        self.write({"smtp_port": self.other_port, "security": self.other_security})
        self.verify = True
        self.server_id.write(
            {
                "smtp_port": self.smtp_port,
                "smtp_encryption": strict_encryption(self.security),
            }
        )
        return self.action_run()

    def action_use_send_api(self):
        """Have the mail server hand mail over by the Send API, and show it."""
        self.ensure_one()
        if not self.offers_api:
            raise UserError(self.env._("The Send API does not answer, either."))
        self.server_id.mailjet_transport = "api"
        self.server_id.test_smtp_connection()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ir.mail_server",
            "res_id": self.server_id.id,
            "view_mode": "form",
        }

    def action_open_screen(self):
        """Open the Odoo screen where the cause can be fixed."""
        self.ensure_one()
        self.check_access("read")
        if self.screen == SERVER:
            return {
                "type": "ir.actions.act_window",
                "res_model": "ir.mail_server",
                "res_id": self.server_id.id,
                "view_mode": "form",
            }
        xmlid = f"mail_mailjet.{SCREENS[self.screen]}"
        return self.env["ir.actions.act_window"]._for_xml_id(xmlid)

    def action_download(self):
        """Download the conversation."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/transcript_file"
            "?download=true&filename=smtp.txt",
            "target": "self",
        }
