from threading import Thread

from odoo import fields, models

from ..models.server.ir_mail_server_transport import TEST_TIMEOUTS
from ..tools.mailjet.send_request import entry_of
from ..tools.words import words_to_json


class MailjetSmtpTest(models.TransientModel):
    """Send the test email of a server that hands over by the Send API."""

    _inherit = "mailjet.smtp.test"

    def _run_by_api(self):
        """Send the test email by the Send API, and follow it after this request.

        SMTP may be blocked here, and the mails of this server do not need it.

        :raise UserError: if this database may not send that way
        """
        self.ensure_one()
        custom_id = self._new_custom_id()
        target = self._target(custom_id)
        since = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)
        vals = self._send_by_api(custom_id)
        self.write({"state": "done", "raw_steps": [], **vals})
        if not self.is_ok:
            return
        arguments = (target, self._api_url(), custom_id, since)
        keep = self._keeper()

        def follow():
            keep(self._delivery_vals(*arguments))

        thread = Thread(target=follow, name="send-api-test", daemon=True)
        self.env.cr.postcommit.add(thread.start)

    def _send_by_api(self, custom_id):
        """Send the test email; return the values that say how it went."""
        message = {
            "From": {"Email": self.email_from},
            "To": [{"Email": self.email_to}],
            "Subject": self.env._("Test email from Odoo"),
            "TextPart": self.env._("If you can read this, the mail server works."),
            "CustomID": custom_id,
        }
        entry = entry_of(message, self.id, [self.email_to])
        with self.server_id._mailjet_api_opener(**TEST_TIMEOUTS)() as client:
            sent = client.send([entry])
        errors = [delivery.errors.get(self.email_to) for delivery in sent.deliveries]
        error = sent.failure or next(filter(None, errors), None)
        if not error:
            return {"is_ok": True, "delivery": "waiting"}
        diagnosis = self.server_id._mailjet_diagnose(error)
        return {
            "is_ok": False,
            "words": words_to_json(
                title=diagnosis.title, reason=diagnosis.reason, cure=diagnosis.cure
            ),
            "detail": diagnosis.detail,
        }
