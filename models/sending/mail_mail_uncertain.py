import logging

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.smtp.retry_schedule import is_given_up, next_try

_logger = logging.getLogger(__name__)


class MailMail(models.Model):
    """Mail in doubt: the line broke after the content, before the answer.

    Mailjet may have it or not, and is asked before it would be sent a second time.
    """

    _inherit = "mail.mail"

    mailjet_is_uncertain = fields.Boolean(
        "Perhaps sent",
        readonly=True,
        copy=False,
        help="The connection broke after the content was sent. Mailjet is asked before "
        "the next try.",
    )

    def _mailjet_settle_uncertain(self, server):
        """Ask Mailjet what it has of the mails in doubt; return those to be sent."""
        settled = self.browse()
        self._mailjet_outcome().server = server
        for mail in self.filtered("mailjet_is_uncertain"):
            taken = mail._mailjet_taken(server)
            if taken is None:
                mail._mailjet_stay_in_doubt(server)
                settled += mail
                continue
            pids = [pid for pid in mail.recipient_ids if taken[pid]]
            emails = [mail.email_to or mail.email_cc] if taken.get("") else []
            if not all(taken.values()):
                mail._mailjet_set_sent_apart(pids, emails)
                mail.mailjet_is_uncertain = False
                continue
            settled += mail
            mail.write(
                {
                    **self._mailjet_nothing_to_wait_for(),
                    "state": "sent",
                    "failure_type": False,
                    "failure_reason": False,
                }
            )
            mail._postprocess_sent_message(pids, emails)
        return self - settled

    def _mailjet_taken(self, server):
        """Return for each recipient whether Mailjet has the mail; None: no answer.

        :return: a dict with a key for each partner, and "" for the bare addresses
        """
        entries = list(self.recipient_ids)
        if self.email_to or self.email_cc:
            entries.append("")
        since = fields.Datetime.subtract(self.mailjet_first_try, minutes=5)
        try:
            with server._mailjet_api() as client:
                return {
                    entry: any(
                        client.messages_of(self._mailjet_custom_id(entry), since)
                    )
                    for entry in entries
                }
        except UserError as error:
            _logger.info("Mailjet: nothing known of email %s yet: %s", self.id, error)
        return None

    def _mailjet_stay_in_doubt(self, server):
        """Ask again later; after a day leave it to somebody to decide."""
        now = fields.Datetime.now()
        if not is_given_up(self.mailjet_first_try, now):
            self.mailjet_tries += 1
            self._mailjet_wait("retry", server, next_try(self.mailjet_tries, now))
            return
        reason = self.env._(
            "The connection broke after the email was handed over, and Mailjet could "
            "not be asked whether it has it. Look in Mailjet before you send it again."
        )
        self.write(
            {
                **self._mailjet_nothing_to_wait_for(),
                "state": "exception",
                "failure_type": "unknown",
                "failure_reason": reason,
            }
        )
        self._postprocess_sent_message(
            [], [], failure_reason=reason, failure_type="unknown"
        )
