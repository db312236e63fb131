from datetime import datetime

from odoo import api, models
from odoo.tools import SQL

from ..locking import read_committed
from .claims import OUTGOING
from .mail_mail_wait import MOST_AT_ONCE
from .results import Failure

# Keeps mails out of core's queue, which looks at nothing but the time
UNTIL_RESUMED = datetime(3000, 1, 1)


class MailMail(models.Model):
    """The mails of paused mailings."""

    _inherit = "mail.mail"

    def _mailjet_of_paused_mailings(self):
        """Return the mails that wait for their mailing; a test of it does not."""
        if self.env.context.get("mailing_test_mail"):
            return self.browse()
        return self.filtered(lambda mail: mail.mailing_id.mailjet_is_paused)

    @api.model
    def _mailjet_hold_mailings(self):
        """Have due mails of paused mailings wait until somebody resumes them.

        They would take the places of other mails in core's queue otherwise.
        """
        with self.env.registry.cursor() as cr:
            read_committed(cr)
            cr.execute(
                SQL(
                    """
                    UPDATE mail_mail
                       SET mailjet_waits_for = 'mailing', scheduled_date = %(until)s
                     WHERE id IN (
                        SELECT mail.id
                          FROM mail_mail mail
                          JOIN mailing_mailing mailing ON mailing.id = mail.mailing_id
                         WHERE mailing.mailjet_is_paused AND mail.state = 'outgoing'
                           AND (mail.scheduled_date IS NULL
                                OR mail.scheduled_date <= now() AT TIME ZONE 'UTC')
                         LIMIT %(limit)s
                           FOR UPDATE OF mail SKIP LOCKED
                    )
                    """,
                    until=UNTIL_RESUMED,
                    limit=MOST_AT_ONCE,
                )
            )

    @api.model
    def _mailjet_release_mailings(self, mailings):
        """Let the mails go that waited for these mailings.

        A claim takes those, too, that a queue marks only now as waiting.
        """
        mails = self.sudo()
        mails.flush_model(["state", "mailing_id", "mailjet_waits_for"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_mail SET mailjet_waits_for = NULL, scheduled_date = NULL
                 WHERE mailing_id = ANY(%s) AND state = %s
                   AND mailjet_waits_for = 'mailing'
                """,
                mailings.ids,
                OUTGOING,
            )
        )
        mails.invalidate_model(["mailjet_waits_for", "scheduled_date"])

    @api.model
    def _mailjet_leave_paused(self):
        """Uninstalling: nobody can resume these mailings any more, only retry them."""
        mails = self.search(
            [
                ("state", "=", OUTGOING),
                "|",
                ("mailjet_waits_for", "=", "mailing"),
                ("mailing_id.mailjet_is_paused", "=", True),
            ]
        )
        reason = self.env._(
            "Mailjet was uninstalled while the mailing was paused. Retry it to send "
            "this email."
        )
        mails._mailjet_keep_failed(Failure("unknown", reason))
