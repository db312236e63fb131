from odoo import models

from ...tools.mailjet.custom_id import read_custom_id
from .mailing_trace import BEFORE


class MailMail(models.Model):
    """Decide again when a mail is about to leave: it may have waited for weeks.

    A mail that core would not make any more is cancelled, as core cancels it when it
    makes mails. Mail of no mailing goes, as in stock Odoo.
    """

    _inherit = "mail.mail"

    def _mailjet_decide(self, server):
        """Return the mails that may still go; cancel the others.

        :param server: the Mailjet server that they are about to be handed to
        """
        mails = self.exists()
        stopped = mails._mailjet_without_mailing()
        for mailing, group in (mails - stopped).grouped("mailing_id").items():
            if mailing:
                stopped += group._mailjet_decide_mailing(mailing.sudo(), server)
        return mails - stopped

    def _mailjet_without_mailing(self):
        """Cancel and return the mails whose mailing has been deleted.

        The CustomID of such a mail names a trace, and traces go with their mailing.
        """
        orphans = self.filtered(
            lambda mail: mail.mailjet_custom_ids and not mail.mailing_id
        )
        if orphans:
            keys = self.env["ir.mail_server"]._mailjet_custom_id_keys()
            orphans = orphans.filtered(
                lambda mail: any(
                    custom_id.trace_id
                    for text in mail.mailjet_custom_ids.values()
                    if (custom_id := read_custom_id(text, *keys))
                )
            )
        orphans._mailjet_cancel(False, self.env._("Its mailing has been deleted."))
        return orphans

    def _mailjet_decide_mailing(self, mailing, server):
        """Cancel and return those of one mailing that must not go any more."""
        cancelled_on = mailing.mailjet_cancelled_on
        # In whole seconds, as the cancellation is kept
        stopped = self.filtered(
            lambda mail: (
                cancelled_on and mail.create_date.replace(microsecond=0) <= cancelled_on
            )
        )
        stopped._mailjet_cancel(False, self.env._("The mailing has been cancelled."))
        deleted = (self - stopped)._mailjet_without_record()
        deleted._mailjet_cancel(
            False, self.env._("The record it was written to has been deleted.")
        )
        stopped += deleted
        return stopped + (self - stopped)._mailjet_decide_recipients(mailing, server)

    def _mailjet_decide_recipients(self, mailing, server):
        """Cancel and return those of one mailing whose recipients must not get it."""
        emails = {mail: mail._mailjet_all_emails() for mail in self}
        asked = set().union(*emails.values())
        blocked = mailing._mailjet_blocked(asked)
        opted_out = mailing._mailjet_opted_out(asked, self._mailjet_outcome())
        suppressed = server._mailjet_suppressed(asked)
        # In core's order; there one blocked recipient is enough, too
        by_block_list = self.filtered(lambda mail: emails[mail] & blocked)
        by_opt_out = (self - by_block_list).filtered(
            lambda mail: emails[mail] and emails[mail] <= opted_out
        )
        by_mailjet = (self - by_block_list - by_opt_out).filtered(
            lambda mail: emails[mail] and emails[mail] <= suppressed
        )
        by_block_list._mailjet_cancel(
            "mail_bl", self.env._("The address is on the block list.")
        )
        by_opt_out._mailjet_cancel(
            "mail_optout", self.env._("The recipient has unsubscribed.")
        )
        by_mailjet._mailjet_cancel(
            "mail_bl", self.env._("Mailjet no longer delivers to this address.")
        )
        return by_block_list + by_opt_out + by_mailjet

    def _mailjet_without_record(self):
        """Return those whose record has been deleted."""
        gone = self.browse()
        for model, mails in self.filtered("res_id").grouped("model").items():
            if model in self.env:
                records = self.env[model].sudo().browse(mails.mapped("res_id"))
                left = set(records.exists().ids)
                gone += mails.filtered(lambda m, left=left: m.res_id not in left)
        return gone

    def _mailjet_all_emails(self):
        """Return the normalized addresses of all recipients."""
        entries = [*self.recipient_ids, self.env["res.partner"]]
        return {email for to in entries for email in self._mailjet_addresses(to)}

    def _mailjet_cancel(self, failure_type, reason):
        """Cancel mails that have not left, with their traces and notifications.

        The caller holds them: they are outgoing, or in flight and not yet handed over.

        :param failure_type: one of core's, or False where core has none
        """
        if not self:
            return
        self.write(
            {
                **self._mailjet_nothing_to_wait_for(),
                "state": "cancel",
                "failure_type": failure_type,
                "failure_reason": reason,
            }
        )
        traces = self.sudo().mailing_trace_ids.filtered(
            lambda trace: trace.trace_status in BEFORE
        )
        traces.set_canceled()
        traces.write({"failure_type": failure_type, "failure_reason": reason})
        notified = self.filtered("is_notification")
        if not notified:
            return
        notifications = self.env["mail.notification"].search(
            [
                ("mail_mail_id", "in", notified.ids),
                ("notification_type", "=", "email"),
                ("notification_status", "in", ("ready", "exception")),
            ]
        )
        notifications.sudo().notification_status = "canceled"
