from odoo import models

from ...tools.address import address_key


class MailMail(models.Model):
    """Keep Mailjet's MessageIDs, which the Send API returns for each recipient.

    On traces and notifications, as mails are deleted once they are sent.
    """

    _inherit = "mail.mail"

    def _mailjet_keep_message_ids(self, server, results):
        """Keep the MessageIDs of these mails where their events look for them.

        :param server: the mail server by whose account they went
        :param dict results: mail id -> list of `Entry`
        """
        told = self.filtered(
            lambda mail: any(entry.message_ids for entry in results[mail.id])
        )
        if not told:
            return
        traces = {
            trace.id: message_id
            for mail in told
            for trace in mail.mailing_trace_ids
            if (message_id := _message_id_of(results[mail.id], trace.email))
        }
        self.env["mailing.trace"]._mailjet_write_message_ids(server, traces)
        notified = told.filtered("is_notification")
        if not notified:
            return
        notifications = self.env["mail.notification"]
        found = {
            one.id: message_id
            for one in notifications.search(
                [
                    ("mail_mail_id", "in", notified.ids),
                    ("notification_type", "=", "email"),
                ]
            )
            if (message_id := _message_id_to(results[one.mail_mail_id.id], one))
        }
        notifications.sudo()._mailjet_write_message_ids(server, found)


def _message_id_of(entries, email):
    """Return the MessageID of a mail to an address, or of its only recipient."""
    ids = {to: one for entry in entries for to, one in entry.message_ids.items()}
    if sum(len(entry.fates) for entry in entries) == 1:
        return next(iter(ids.values()), None)
    wanted = address_key(email or "")
    return next((one for to, one in ids.items() if address_key(to) == wanted), None)


def _message_id_to(entries, notification):
    """Return the MessageID of the mail that a notification is about, or None."""
    partner = notification.res_partner_id
    own = [entry for entry in entries if entry.partner_id == (partner.id or 0)]
    email = partner.email_normalized if partner else notification.mail_email_address
    return _message_id_of(own, email)
