import logging
import secrets
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from threading import Thread

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const
from ..tools.mailjet.custom_id import CustomId
from ..tools.mailjet.errors import AuthenticationError, MailjetApiError
from ..tools.mailjet.resources import MailjetApi
from ..tools.mailjet.round_trip import Verdict, wait_for_delivery
from ..tools.smtp.cause import Stage
from ..tools.smtp.diagnosis import diagnose_pair
from ..tools.smtp.probe import State, Target, planned_steps, probe, try_other_ports
from ..tools.words import Words, _lt, words_to_json
from .mailjet_smtp_test import (
    API_DEADLINE,
    DEADLINE,
    DELIVERY_DEADLINE,
    PORTS_DEADLINE,
    SCREENS,
)

_logger = logging.getLogger(__name__)

# Another port may work if the test fails at one of these
UNREACHED = (Stage.CONNECT, Stage.GREETING)


class MailjetSmtpTest(models.TransientModel):
    """Run the test and store its results."""

    _inherit = "mailjet.smtp.test"

    # ------------------------------------------------------------------
    # In the request
    # ------------------------------------------------------------------

    def action_run(self):
        """Start the test, which continues after this request."""
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
                "offers_api": False,
                "delivery": False,
                "delivery_words": False,
                "transcript": False,
                "secret_source": self._secret_source(),
                "smtp_pass": False,  # typed for this run only
            }
        )
        api_url = self._api_url()
        self.env.cr.postcommit.add(lambda: self._start(target, api_url, custom_id))
        return self._reopen()

    @api.model
    def _new_custom_id(self):
        custom_id = CustomId(test=secrets.token_hex(10))
        return self.env["ir.mail_server"]._mailjet_write_custom_id(custom_id)

    def _api_url(self):
        """Return where to try the same pair over REST, or False if not at Mailjet."""
        if self.server_id._filter_mailjet() and self._is_at_server():
            return self.server_id.mailjet_api_url or const.API_URL
        return self._host() == const.SMTP_HOST and const.API_URL

    def _host(self):
        return (self.smtp_host or "").strip().lower()

    def _is_at_server(self):
        """Return whether the test talks to the host of its mail server."""
        return bool(self.server_id) and self._host() == self.server_id._mailjet_host()

    def _secret(self):
        """Return the secret that was typed, or the server's where it may go.

        :raise UserError: if it has to be typed
        """
        stored = self.server_id.sudo().smtp_pass
        if self.smtp_pass or not stored or not self.smtp_user:
            return self.smtp_pass or ""
        if not self._is_at_server() or self.security == "none" or not self.verify:
            raise UserError(
                self.env._(
                    "Type the password or secret key. The stored one only goes to the "
                    "server it is stored for, with encryption and a verified "
                    "certificate."
                )
            )
        return stored

    def _secret_source(self):
        if self.smtp_pass:
            return "typed"
        return "stored" if self._secret() else "none"

    @api.constrains("email_from", "email_to", "smtp_host", "smtp_pass", "smtp_port")
    def _check_typed(self):
        """Store nothing that was typed for a test that cannot be run."""
        for test in self.filtered("smtp_pass"):
            test._target("")

    def _target(self, custom_id):
        try:
            return Target(
                host=self._host(),
                port=self.smtp_port,
                security=self.security,
                verify=self.verify,
                user=(self.smtp_user or "").strip(),
                secret=self._secret(),
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
        message["Subject"] = self.env._("Test email from Odoo")
        message["Date"] = formatdate()
        if self._api_url():
            message["X-MJ-CustomID"] = custom_id
        message["Message-Id"] = make_msgid(domain="odoo.invalid")
        message.set_content(self.env._("If you can read this, the mail server works."))
        return message.as_bytes()

    def _start(self, target, api_url, custom_id):
        """Run the test in a thread that holds no cursor while waiting."""
        arguments = (target, api_url, custom_id, self._keeper())
        Thread(target=self._run, args=arguments, name="smtp-test", daemon=True).start()

    def _keeper(self):
        """Return a function that writes values on this test, safe in any thread."""
        registry, uid, test_id = self.env.registry, self.env.uid, self.id

        def keep(vals):
            with registry.cursor() as cr:
                test = api.Environment(cr, uid, {})["mailjet.smtp.test"].browse(test_id)
                if test.exists():
                    test.write(vals)

        return keep

    # ------------------------------------------------------------------
    # In the thread
    # ------------------------------------------------------------------

    @api.model
    def _run(self, target, api_url, custom_id, keep):
        """Run the test, and pass values to `keep` after each step and at the end."""
        steps = {step.stage: step for step in planned_steps(target)}
        since = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)

        def on_step(step):
            steps[step.stage] = step
            keep({"raw_steps": [self._raw(step) for step in steps.values()]})

        try:
            result = probe(target, on_step, DEADLINE)
            vals = self._result_vals(target, result)
            vals.update(self._pair_vals(target, result, api_url))
            # Behind a blocked SMTP, HTTPS may be the way out
            is_blocked = vals.pop("is_blocked", False)
            vals["offers_api"] = is_blocked and vals.get("rest_state") == "accepted"
            is_followed = bool(target.deliver and result.ok and api_url)
            if is_followed:
                vals["delivery"] = "waiting"
        except Exception:
            # A bug of ours: the user must not wait for results that will never come
            _logger.exception("The SMTP test failed")
            vals, is_followed = {}, False
        keep({**vals, "state": "done"})
        if is_followed:
            keep(self._delivery_vals(target, api_url, custom_id, since))

    @api.model
    def _raw(self, step):
        return {
            "stage": step.stage.value,
            "state": step.state.value,
            "seconds": round(step.seconds, 2),
            "detail": step.detail and step.detail.to_json(),
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
            else:
                vals["is_blocked"] = True
        return vals

    @api.model
    def _pair_vals(self, target, result, api_url):
        """Try the same pair over REST: after a reset it refuses the old one first."""
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
    def _delivery_vals(self, target, api_url, custom_id, since):
        """Wait for Mailjet's report on the mail; the page stays usable meanwhile."""
        with MailjetApi(
            target.user, target.secret, api_url, deadline=API_DEADLINE, read_only=True
        ) as client:
            trip = wait_for_delivery(client, custom_id, since, DELIVERY_DEADLINE)
        return {
            "delivery": trip.verdict.value,
            "delivery_words": [words.to_json() for words in _delivery_sentences(trip)],
        }


_DELIVERY_SENTENCES = {
    Verdict.DELIVERED: _lt("Delivered to the recipient's server after %(seconds)s s."),
    Verdict.FAILED: _lt("Mailjet reported a failure after %(seconds)s s."),
    Verdict.UNDER_WAY: _lt(
        "Mailjet has the email but had not delivered it after %(seconds)s s. The "
        "recipient's server may have asked Mailjet to retry later."
    ),
    Verdict.NO_TRACE: _lt(
        "Mailjet accepted the email but has no trace of it after %(seconds)s s: it "
        "drops email from unknown senders. Check the sender address."
    ),
    Verdict.NOT_ASKED: _lt("Mailjet's API could not be reached: %(error)s."),
}


def _delivery_sentences(trip):
    """Return the result of a `RoundTrip` as a list of `Words`."""
    values = {"seconds": round(trip.seconds), "error": str(trip.error)}
    sentences = [Words(_DELIVERY_SENTENCES[trip.verdict], values)]
    if trip.failure:
        sentences += filter(None, (trip.failure.reason, trip.failure.cure))
    return sentences
