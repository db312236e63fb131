from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .claims import IN_FLIGHT, OUTGOING

FAILED = "exception"
# No content is begun so long after the claim, so the answer got lost
LEASE = timedelta(minutes=5)


class MailMail(models.Model):
    """Why mails through Mailjet are not sent yet, counted and listed by reason."""

    _inherit = "mail.mail"

    # Few of all mails, so that they are found among millions that were sent
    _mailjet_unfinished = models.Index(
        f"(mailing_id) WHERE state IN ('{OUTGOING}', '{IN_FLIGHT}', '{FAILED}')"
    )

    mailjet_failure_text = fields.Text(
        "Last answer", compute="_compute_mailjet_failure_text"
    )

    @api.depends("failure_reason")
    @api.depends_context("lang")
    def _compute_mailjet_failure_text(self):
        """Put what a cron has stored in English into the reader's language."""
        for mail in self:
            mail.mailjet_failure_text = self.env["mailjet.words"]._translate_text(
                mail.failure_reason
            )

    @api.model
    def _mailjet_reasons(self):
        """Return the reasons and their names, in the order in which they are shown."""
        return {
            "queue": self.env._("In the queue"),
            "in_flight": self.env._("Being handed over"),
            "retry": self.env._("Refused for now, will be retried"),
            "limit": self.env._("Limit reached"),
            "pause": self.env._("Server paused"),
            "sender": self.env._("Sender being checked"),
            "mailing": self.env._("Mailing paused"),
            "uncertain": self.env._("Not confirmed by Mailjet"),
            "failed": self.env._("Failed"),
        }

    @api.model
    def _mailjet_is_waiting(self):
        """Return which outgoing mails may not go yet, by what they say themselves."""
        return Domain("mailjet_waits_for", "=", "mailing") | (
            Domain("mailjet_waits_for", "!=", False)
            & Domain("scheduled_date", ">", fields.Datetime.now())
        )

    @api.model
    def _mailjet_reason_domain(self, reason):
        """Return which mails are not sent for a reason of `_mailjet_reasons`."""
        outgoing = Domain("state", "=", OUTGOING)
        in_flight = Domain("state", "=", IN_FLIGHT)
        is_late = Domain("mailjet_claimed_on", "<", fields.Datetime.now() - LEASE)
        is_waiting = self._mailjet_is_waiting()
        is_paused = Domain("mailing_id.mailjet_is_paused", "=", True)
        waits_for = outgoing & is_waiting & Domain("mailjet_waits_for", "=", reason)
        domains = {
            "queue": outgoing & ~is_waiting & ~is_paused,
            "in_flight": in_flight & ~is_late,
            "uncertain": in_flight & is_late,
            "failed": Domain("state", "=", FAILED),
            # The queue has yet to notice that the mailing of some is paused
            "mailing": waits_for | outgoing & ~is_waiting & is_paused,
        }
        return domains.get(reason, waits_for)

    @api.model
    def _mailjet_count_reasons(self, domain):
        """Count by reason the mails of a domain that are not sent.

        :return: reason -> number, without those that are 0
        """
        mails, domain = self.sudo(), Domain(domain)
        outgoing = domain & Domain("state", "=", OUTGOING)
        is_waiting = self._mailjet_is_waiting()
        counts = dict.fromkeys(self._mailjet_reasons(), 0)
        for waits_for, count in mails._read_group(
            outgoing & is_waiting, ["mailjet_waits_for"], ["__count"]
        ):
            counts[waits_for] += count
        for mailing, count in mails._read_group(
            outgoing & ~is_waiting, ["mailing_id"], ["__count"]
        ):
            counts["mailing" if mailing.mailjet_is_paused else "queue"] += count
        for state, count in mails._read_group(
            domain & Domain("state", "in", [IN_FLIGHT, FAILED]), ["state"], ["__count"]
        ):
            counts["failed" if state == FAILED else "in_flight"] += count
        if counts["in_flight"]:
            late = self._mailjet_reason_domain("uncertain")
            counts["uncertain"] = mails.search_count(domain & late)
            counts["in_flight"] -= counts["uncertain"]
        return {reason: count for reason, count in counts.items() if count}

    def _mailjet_reason_name(self):
        """Return why this mail is not sent, a key of `_mailjet_reasons`, or False."""
        self.ensure_one()
        for reason in self._mailjet_reasons():
            if self.filtered_domain(self._mailjet_reason_domain(reason)):
                return reason
        return False
