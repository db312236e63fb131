import base64
import logging
import secrets
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from threading import Thread

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..tools.mailjet.client import AuthenticationError, MailjetApi, MailjetApiError
from ..tools.mailjet.custom_id import CustomId
from ..tools.mailjet.round_trip import Verdict, wait_for_delivery
from ..tools.smtp.advice import DOMAIN, SENDERS, SERVER
from ..tools.smtp.cause import Stage
from ..tools.smtp.diagnosis import diagnose_pair
from ..tools.smtp.encryption import is_strict, security_of, strict_encryption
from ..tools.smtp.probe import State, Target, planned_steps, probe, try_other_ports
from ..tools.words import Words, _lt, words_to_json

_logger = logging.getLogger(__name__)

# Seconds for the conversation, for the other ports and for the API: 30 in all
DEADLINE = 20.0
PORTS_DEADLINE = 4.0
API_DEADLINE = 6.0
# Seconds to wait for Mailjet's word on a real mail, once the test itself is over
DELIVERY_DEADLINE = 120.0
# Screens of Odoo that a diagnosis names -> their action; the server's is its form
SCREENS = {
    SERVER: None,
    SENDERS: "mailjet_sender_action",
    DOMAIN: "mailjet_domain_action",
}
# Where another port may be the way out
UNREACHED = (Stage.CONNECT, Stage.GREETING)


class MailjetSmtpTest(models.TransientModel):
    """Talk to a mail server step by step, and say what is wrong in plain words.

    The conversation runs in a thread of its own, which writes each step down in a short
    transaction of its own: nobody waits for it, and nothing is locked meanwhile.
    """

    _name = "mailjet.smtp.test"
    _inherit = ["mailjet.words"]
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
    smtp_pass = fields.Char("Password or secret key")
    mechanism = fields.Selection(
        [
            ("auto", "Automatic"),
            ("PLAIN", "PLAIN"),
            ("LOGIN", "LOGIN"),
            ("CRAM-MD5", "CRAM-MD5"),
        ],
        "Way of logging in",
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
    email_to = fields.Char("To", default=lambda self: self.env.user.email)
    deliver = fields.Boolean(
        "Send a real mail",
        help="Without it the test stops before the content, and nothing is sent.",
    )

    state = fields.Selection(
        [("draft", "Not started"), ("running", "Running"), ("done", "Done")],
        required=True,
        default="draft",
        readonly=True,
    )
    is_interrupted = fields.Boolean(
        compute="_compute_is_interrupted",
        help="Odoo was stopped or started again while the test ran.",
    )
    raw_steps = fields.Json(readonly=True)
    steps = fields.Json(compute="_compute_steps")
    words = fields.Json(readonly=True)
    is_ok = fields.Boolean("Works", readonly=True)
    title = fields.Char(compute="_compute_words")
    reason = fields.Char("What is the case", compute="_compute_words")
    cure = fields.Char("What to do", compute="_compute_words")
    detail = fields.Text("The server's own words", readonly=True)
    link = fields.Char("More about it", readonly=True)
    screen = fields.Char(readonly=True, help="Where in Odoo this can be changed.")
    rest_state = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("unknown", "No answer"),
        ],
        "The same keys at Mailjet's API",
        readonly=True,
    )
    smtp_state = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("unknown", "Not reached"),
        ],
        "The keys at the mail relay",
        readonly=True,
    )
    pair_words = fields.Json(readonly=True)
    pair_reason = fields.Char("What both say together", compute="_compute_words")
    other_port = fields.Integer(readonly=True)
    other_security = fields.Char(readonly=True)
    delivery = fields.Selection(
        [
            ("waiting", "Waiting for Mailjet's word"),
            ("delivered", "Delivered"),
            ("failed", "Not delivered"),
            ("under_way", "Still under way"),
            ("no_trace", "Not found at Mailjet"),
            ("not_asked", "Mailjet could not be asked"),
        ],
        "What became of the mail",
        readonly=True,
    )
    delivery_words = fields.Json(readonly=True)
    delivery_reason = fields.Text("What Mailjet says", compute="_compute_words")
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

    def _read_format(self, fnames, load="_classic_read"):
        """Never send the password back."""
        values_list = super()._read_format(fnames, load)
        for values in values_list:
            if "smtp_pass" in values:
                values["smtp_pass"] = False
        return values_list

    @api.onchange("sender_id")
    def _onchange_sender_id(self):
        if self.sender_id:
            self.email_from = self.sender_id.email

    @api.depends("state", "delivery", "write_date")
    def _compute_is_interrupted(self):
        """Nobody writes any more, though more was to come."""
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
            "resolve": self.env._("Look up the name"),
            "connect": self.env._("Connect"),
            "greeting": self.env._("Greeting"),
            "ehlo": self.env._("Introduction (EHLO)"),
            "tls": self.env._("Encryption (TLS)"),
            "auth": self.env._("Login (AUTH)"),
            "mail": self.env._("Sender (MAIL FROM)"),
            "rcpt": self.env._("Recipient (RCPT TO)"),
            "data": self.env._("Content (DATA)"),
            "queued": self.env._("Taken over for delivery"),
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
    # Running
    # ------------------------------------------------------------------

    def action_run(self):
        """Start the test; it goes on after the answer to this request."""
        self.ensure_one()
        self.env["ir.mail_server"].check_access("write")
        custom_id = self._new_custom_id()
        target = self._target(custom_id)
        self.write(
            {
                "state": "running",
                "is_ok": False,
                "raw_steps": [self._raw(step) for step in planned_steps(target)],
                "words": False,
                "pair_words": False,
                "detail": False,
                "link": False,
                "screen": False,
                "rest_state": False,
                "smtp_state": False,
                "other_port": False,
                "other_security": False,
                "delivery": False,
                "delivery_words": False,
                "transcript": False,
            }
        )
        api_url = self._api_url()
        self.env.cr.postcommit.add(lambda: self._start(target, api_url, custom_id))
        return self._reopen()

    def _start(self, target, api_url, custom_id):
        """Run the test in a thread that holds no cursor while it waits."""
        registry, uid, test_id = self.env.registry, self.env.uid, self.id

        def keep(vals):
            with registry.cursor() as cr:
                test = api.Environment(cr, uid, {})["mailjet.smtp.test"].browse(test_id)
                if test.exists():
                    test.write(vals)

        arguments = (target, api_url, custom_id, keep)
        Thread(target=self._run, args=arguments, name="smtp-test", daemon=True).start()

    @api.model
    def _run(self, target, api_url, custom_id, keep):
        """Run the test, give `keep` values to write after each step and at the end."""
        steps = {step.stage: step for step in planned_steps(target)}
        since = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)

        def on_step(step):
            steps[step.stage] = step
            keep({"raw_steps": [self._raw(step) for step in steps.values()]})

        try:
            result = probe(target, on_step, DEADLINE)
            vals = self._result_vals(target, result)
            vals.update(self._pair_vals(target, result, api_url))
            is_followed = bool(target.deliver and result.ok and api_url)
            if is_followed:
                vals["delivery"] = "waiting"
        except Exception:
            # A defect of ours: whoever waits has to learn that nothing more will come
            _logger.exception("The SMTP test failed")
            vals, is_followed = {}, False
        keep({**vals, "state": "done"})
        if is_followed:
            keep(self._delivery_vals(target, api_url, custom_id, since))

    @api.model
    def _delivery_vals(self, target, api_url, custom_id, since):
        """Wait for Mailjet's word on the mail; the page stays usable meanwhile."""
        with MailjetApi(
            target.user, target.secret, api_url, deadline=API_DEADLINE, read_only=True
        ) as client:
            trip = wait_for_delivery(client, custom_id, since, DELIVERY_DEADLINE)
        return {
            "delivery": trip.verdict.value,
            "delivery_words": [words.to_json() for words in _delivery_sentences(trip)],
        }

    @api.model
    def _result_vals(self, target, result):
        vals = {
            "is_ok": result.ok,
            "raw_steps": [self._raw(step) for step in result.steps],
            "transcript": str(result.transcript),
        }
        diagnosis = result.diagnosis
        if not diagnosis:
            return vals
        vals.update(
            words=words_to_json(
                title=diagnosis.title, reason=diagnosis.reason, cure=diagnosis.cure
            ),
            detail=diagnosis.detail,
            **{"screen" if diagnosis.link in SCREENS else "link": diagnosis.link},
        )
        failed = [s.stage for s in result.steps if s.state is State.FAILED]
        if set(failed) & set(UNREACHED):
            answers = try_other_ports(target.host, deadline=PORTS_DEADLINE)
            works = next((a for a in answers if a.works), None)
            if works:
                vals.update(other_port=works.port, other_security=works.security)
        return vals

    @api.model
    def _pair_vals(self, target, result, api_url):
        """Ask REST with the same pair: after a reset it knows before SMTP does."""
        auth = result.step(Stage.AUTH).state
        smtp = {State.OK: "accepted", State.FAILED: "refused"}.get(auth, "unknown")
        if not (api_url and target.user and target.secret):
            return {}
        try:
            with MailjetApi(
                target.user,
                target.secret,
                api_url,
                deadline=API_DEADLINE,
                read_only=True,
            ) as client:
                client.user()
            rest = "accepted"
        except AuthenticationError:
            rest = "refused"
        except MailjetApiError:
            rest = "unknown"
        vals = {"smtp_state": smtp, "rest_state": rest}
        if {smtp, rest} == {"accepted", "refused"}:
            pair = diagnose_pair(
                smtp == "accepted", rest == "accepted", host=target.host
            )
            vals["pair_words"] = pair and words_to_json(
                reason=pair.reason, cure=pair.cure
            )
        return vals

    @api.model
    def _raw(self, step):
        return {
            "stage": step.stage.value,
            "state": step.state.value,
            "seconds": round(step.seconds, 2),
            "detail": step.detail and step.detail.to_json(),
        }

    def _api_url(self):
        """Return where to ask REST with the same pair, or False if it is no Mailjet."""
        if self.server_id._filter_mailjet():
            return self.server_id.mailjet_api_url or const.API_URL
        return self.smtp_host == const.SMTP_HOST and const.API_URL

    @api.model
    def _new_custom_id(self):
        custom_id = CustomId(test=secrets.token_hex(10))
        return self.env["ir.mail_server"]._mailjet_write_custom_id(custom_id)

    def _target(self, custom_id):
        try:
            return Target(
                host=(self.smtp_host or "").strip(),
                port=self.smtp_port,
                security=self.security,
                verify=self.verify,
                user=(self.smtp_user or "").strip(),
                secret=self.smtp_pass or self.server_id.sudo().smtp_pass or "",
                mechanism=self.mechanism,
                mail_from=(self.email_from or "").strip(),
                rcpt_to=(self.email_to or "").strip(),
                deliver=self.deliver and bool(self.email_to),
                message=self._message(custom_id),
                is_mailjet=bool(self._api_url()),
            )
        except ValueError as error:
            raise UserError(
                self.env._("Check server, port and addresses: %(text)s.", text=error)
            ) from None

    def _message(self, custom_id):
        message = EmailMessage(policy=SMTP)
        message["From"] = (self.email_from or "").strip()
        message["To"] = (self.email_to or "").strip()
        message["Subject"] = self.env._("Test mail from Odoo")
        message["Date"] = formatdate()
        if self._api_url():
            message["X-MJ-CustomID"] = custom_id
        message["Message-Id"] = make_msgid(domain="odoo.invalid")
        message.set_content(self.env._("If you can read this, the mail server works."))
        return message.as_bytes()

    def action_use_port(self):
        """Take the port that answers, also for the server, and try again."""
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

    def action_open_screen(self):
        """Open the place in Odoo where the cause can be mended."""
        self.ensure_one()
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
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/transcript_file"
            "?download=true&filename=smtp.txt",
            "target": "self",
        }


_DELIVERY_SENTENCES = {
    Verdict.DELIVERED: _lt("Delivered to the recipient's server after %(seconds)s s."),
    Verdict.FAILED: _lt("Not delivered, said Mailjet after %(seconds)s s."),
    Verdict.UNDER_WAY: _lt(
        "Mailjet has the mail and had not delivered it after %(seconds)s s. The "
        "recipient's server may have asked it to come again later."
    ),
    Verdict.NO_TRACE: _lt(
        "Mailjet took the mail but knows nothing of it after %(seconds)s s: it drops "
        "mail from senders that it does not know. Check the sender address."
    ),
    Verdict.NOT_ASKED: _lt("Mailjet's API could not be asked: %(error)s."),
}


def _delivery_sentences(trip):
    """Return what a `RoundTrip` says, as a list of `Words`."""
    values = {"seconds": round(trip.seconds), "error": str(trip.error)}
    sentences = [Words(_DELIVERY_SENTENCES[trip.verdict], values)]
    if trip.failure:
        sentences += filter(None, (trip.failure.reason, trip.failure.cure))
    return sentences
