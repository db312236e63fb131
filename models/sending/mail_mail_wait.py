from odoo import SUPERUSER_ID, models
from odoo.tools import SQL

from ..locking import read_committed
from .claims import OUTGOING, normalized_emails, recipient_count
from .results import Failure

# Mails that one run of the queue sets to wait when the server pauses
MOST_AT_ONCE = 10000


class MailMail(models.Model):
    """Mail that waits, and why."""

    _inherit = "mail.mail"

    def _mailjet_wait(self, waits_for, server, until):
        """Leave these mails outgoing until then.

        :param str waits_for: a value of `mailjet_waits_for`
        :param until: a datetime; False: they may go at once
        """
        if not self:
            return
        self.write(
            {
                "state": OUTGOING,
                "failure_type": False,
                "mailjet_server_id": server.id,
                "mailjet_waits_for": waits_for,
                "scheduled_date": until,
            }
        )
        self._mailjet_reopen_notifications()
        if until and waits_for != "mailing":
            self._mailjet_trigger_queue(until)

    def _mailjet_reopen_notifications(self):
        """Take back that the notifications of these mails have failed."""
        notifications = self.env["mail.notification"].search(
            [
                ("mail_mail_id", "in", self.filtered("is_notification").ids),
                ("notification_type", "=", "email"),
                ("notification_status", "=", "exception"),
            ]
        )
        notifications.sudo().write(
            {
                "notification_status": "ready",
                "failure_type": False,
                "failure_reason": False,
            }
        )

    def _mailjet_wait_for_pause(self, server, ids=None):
        """Have outgoing mails wait for the end of a pause.

        They would take the places of other servers' mails in core's queue otherwise.

        :param ids: None: those that name the server
        """
        wanted = SQL("message.mail_server_id = %s", server.id)
        if ids is not None:
            wanted = SQL("mail.id = ANY(%s)", list(ids))
        until = server.mailjet_paused_until
        with self.env.registry.cursor() as cr:
            read_committed(cr)
            cr.execute(
                SQL(
                    """
                    UPDATE mail_mail
                       SET mailjet_server_id = %(server)s, mailjet_waits_for = 'pause',
                           scheduled_date = %(until)s
                     WHERE id IN (
                        SELECT mail.id
                          FROM mail_mail mail
                          JOIN mail_message message
                            ON message.id = mail.mail_message_id
                         WHERE mail.state = 'outgoing' AND %(wanted)s
                           AND (mail.scheduled_date IS NULL
                                OR mail.scheduled_date <= now() AT TIME ZONE 'UTC')
                         LIMIT %(limit)s
                           FOR UPDATE OF mail SKIP LOCKED
                    )
                    """,
                    server=server.id,
                    until=until,
                    wanted=wanted,
                    limit=MOST_AT_ONCE,
                )
            )
        self._mailjet_trigger_queue(until)
        # The trigger, which is all that this transaction has written
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _mailjet_reason(self, reason):
        """Return in words why these mails wait or failed.

        :param reason: a `Failure`, or a `Diagnosis`, which is put into the language of
            whoever sent these mails
        """
        if isinstance(reason, Failure):
            return reason.reason
        lang = self._mailjet_author_lang()
        server = self.env["ir.mail_server"].with_context(lang=lang)
        return server._mailjet_explain_refusal(reason)

    def _mailjet_author_lang(self):
        """Return the language of whoever sent these mails."""
        user = self[:1].create_uid
        is_person = user.id != SUPERUSER_ID and not user.share
        return is_person and user.lang or self.env.company.partner_id.lang

    def _mailjet_recipient_count(self):
        """Return for how many emails this mail counts at Mailjet."""
        partner_emails = self.recipient_ids.mapped("email")
        return recipient_count(self.email_to, self.email_cc, partner_emails)

    def _mailjet_addresses(self, partner):
        """Return the addresses of a partner, or the bare ones."""
        if partner:
            return list(normalized_emails(partner.email or ""))
        return list(normalized_emails(f"{self.email_to or ''},{self.email_cc or ''}"))
