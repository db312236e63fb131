from odoo import Command, fields, models
from odoo.tools import SQL, email_normalize
from odoo.tools.mail import email_split_and_format_normalize
from odoo.tools.misc import clean_context

from ...tools.address import address_key
from ...tools.smtp.cause import Cause
from ...tools.smtp.diagnosis import Diagnosis
from ...tools.smtp.retry_schedule import is_given_up, next_try
from .claims import IN_FLIGHT
from .results import SENT, UNCERTAIN, NeedsSmtp, by_verdict, is_about_mail

# Core's own modules, whose hooks take several mails at once
KNOWN_MODULES = {"mail", "mass_mailing", "mail_mailjet"}
# The part that stays in the mail; the others move to mails of their own
STAYS = ("waiting", "uncertain", "failed", "sent")
# The line broke, which one recipient may have caused; all are tried together this often
BREAKS = (Cause.DISCONNECTED, Cause.TOO_SLOW)
TRIES_TOGETHER = 2
# What a part takes along from the mail that it was split from
OF_MAIL = ("mailjet_by_smtp", "mailjet_custom_ids", "mailjet_needs_smtp")
OF_TRIES = (
    "mailjet_claim",
    "mailjet_claimed_on",
    "mailjet_first_try",
    "mailjet_next_look",
    "mailjet_tries",
    "mailjet_uncertain_on",
)


class MailMail(models.Model):
    """Write down what became of mails that were handed over.

    Each recipient ends as sent, waiting, failed with a reason of its own, or uncertain.
    """

    _inherit = "mail.mail"

    def _mailjet_keep(self, claim, server, results):
        """Write down results; what another worker has taken over meanwhile is left.

        :param str claim: token under which these mails are in flight
        :param dict results: mail id -> list of `Entry`
        :return: how many recipients were accepted
        """
        # No session's outcome: core's hook is called for what is known already
        held = self._mailjet_held(claim).with_context(mailjet_outcome=False)
        now = fields.Datetime.now()
        held._mailjet_keep_message_ids(server, results)
        all_sent, accepted = held.browse(), 0
        for mail in held:
            given_up = is_given_up(mail.mailjet_first_try, now)
            groups = by_verdict(results[mail.id], given_up)
            accepted += sum(len(to) for _pid, to in groups.get(SENT, ()))
            if set(groups) == {SENT}:
                all_sent += mail
            else:
                mail._mailjet_keep_groups(server, groups)
        all_sent._mailjet_keep_sent(server)
        return accepted

    def _mailjet_keep_entries(self, server, entries):
        """Write down what became of a mail that core has sent in its own way.

        :param entries: list of `Entry`
        """
        given_up = is_given_up(self.mailjet_first_try, fields.Datetime.now())
        groups = by_verdict(entries, given_up)
        for verdict in groups:
            if isinstance(verdict.reason, Diagnosis):
                server._mailjet_note_refusal(verdict.reason)
        is_paused = any(getattr(one.reason, "pauses", False) for one in groups)
        if SENT in groups and not is_paused:
            server._mailjet_end_pause()
        self._mailjet_keep_message_ids(server, {self.id: entries})
        if set(groups) == {SENT}:
            self._mailjet_keep_sent(server)
        else:
            self._mailjet_keep_groups(server, groups)

    def _mailjet_held(self, claim):
        """Lock and return those that are in flight under this token."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM mail_mail
                 WHERE id = ANY(%s) AND state = %s AND mailjet_claim = %s
                   FOR UPDATE
                """,
                self.ids,
                IN_FLIGHT,
                claim,
            )
        )
        return self.browse(mail_id for [mail_id] in self.env.cr.fetchall())

    # ------------------------------------------------------------------
    # Sent
    # ------------------------------------------------------------------

    def _mailjet_keep_sent(self, server):
        """Do what follows from mails that Mailjet took for all their recipients."""
        if not self:
            return
        self.write(
            {
                **self._mailjet_nothing_to_wait_for(),
                "state": "sent",
                "failure_type": False,
                "failure_reason": False,
            }
        )
        hooks = self.with_context(
            mailjet_handed_over="pending" if server.mailjet_reports_sent else "sent"
        )
        # What other modules add may expect one mail, as core mostly calls it
        for mails in [hooks] if self._mailjet_hooks_are_known() else hooks:
            mails._mailjet_postprocess_sent()

    def _mailjet_postprocess_sent(self):
        """Call core's hook with all recipients of these mails."""
        emails = []
        for mail in self:
            emails += email_split_and_format_normalize(mail.email_to or "")
        notifications = self._mailjet_pending_notifications()
        messages = self.filtered("is_notification").mail_message_id
        self._postprocess_sent_message(list(self.recipient_ids), emails)
        notifications.exists()._mailjet_set_handed_over()
        # Events may have come first, and know more than that it was handed over
        self.env["mailjet.event"].sudo()._apply_again("mail_message_id", messages)

    def _mailjet_pending_notifications(self):
        """Return the notifications whose state the hand-over decides."""
        mails = self.filtered("is_notification")
        if not mails:
            return self.env["mail.notification"]
        return self.env["mail.notification"].search(
            [
                ("mail_mail_id", "in", mails.ids),
                ("notification_type", "=", "email"),
                ("notification_status", "not in", ("sent", "canceled", "bounce")),
            ]
        )

    def _mailjet_hooks_are_known(self):
        hook = "_postprocess_sent_message"
        return {
            cls._module for cls in type(self).mro() if hook in vars(cls)
        } <= KNOWN_MODULES | {None}

    # ------------------------------------------------------------------
    # All else
    # ------------------------------------------------------------------

    def _mailjet_keep_groups(self, server, groups):
        """Give each group of recipients its fate, in a mail of its own.

        :param dict groups: of `by_verdict`
        """
        self.ensure_one()
        stays, *others = sorted(groups, key=lambda verdict: STAYS.index(verdict.kind))
        divided = self._mailjet_divided_partners(groups)
        self._mailjet_note_divided(groups, divided)
        self.mailjet_server_id = server
        parts = {stays: self}
        for verdict in others:
            parts[verdict] = self._mailjet_part(verdict, groups[verdict], divided)
        self._mailjet_keep_loose(groups[stays], divided)
        if SENT in parts:
            # The trace is that of the mailing to one contact: somebody has got it
            self.mailing_trace_ids.mail_mail_id = parts[SENT]
        for verdict, part in parts.items():
            if verdict == SENT:
                part._mailjet_keep_sent(server)
            elif verdict == UNCERTAIN:
                part._mailjet_keep_uncertain(server)
            elif verdict.kind == "waiting":
                part._mailjet_keep_waiting(server, verdict.reason)
                part._mailjet_halve(verdict, groups[verdict])
            else:
                part._mailjet_keep_failed(verdict.reason)

    def _mailjet_halve(self, verdict, recipients):
        """Split a mail that the line breaks at again and again.

        One of its recipients may be the reason, and the others need not wait for it.

        :param recipients: list of (partner id, [envelope recipients])
        """
        reason = verdict.reason
        is_break = getattr(reason, "cause", None) in BREAKS
        if not is_break or self.mailjet_tries < TRIES_TOGETHER:
            return
        pairs = [(pid, email) for pid, emails in recipients for email in emails]
        moving, staying = pairs[len(pairs) // 2 :], pairs[: len(pairs) // 2]
        if not staying:
            return
        divided = {pid for pid, _email in moving if pid} & {pid for pid, _ in staying}
        moved = [(pid, [email]) for pid, email in moving]
        part = self._mailjet_part(verdict, moved, divided)
        self._mailjet_keep_loose([(pid, [email]) for pid, email in staying], divided)
        part._mailjet_wait("retry", self.mailjet_server_id, self.scheduled_date)
        part.failure_reason = self.failure_reason

    def _mailjet_divided_partners(self, groups):
        """Return the ids of partners whose addresses met different fates."""
        pids = [pid for group in groups.values() for pid, _addresses in group if pid]
        return {pid for pid in pids if pids.count(pid) > 1}

    def _mailjet_note_divided(self, groups, divided):
        """Keep for each address of divided partners the CustomID that it had.

        As bare addresses they would no longer be looked for under that of the partner.
        """
        partners = self.env["res.partner"]
        noted = {
            comparable(email): self._mailjet_custom_id(partners.browse(pid))
            for pid, email in _pairs(groups)
            if pid in divided
        }
        if noted:
            self.mailjet_custom_ids = {**(self.mailjet_custom_ids or {}), **noted}

    def _mailjet_part(self, verdict, recipients, divided):
        """Move some recipients to a copy of this mail, and return it.

        :param recipients: list of (partner id, [envelope recipients])
        :param divided: partners who go where mail was sent; of the others go addresses
        """
        emails = {comparable(email) for _pid, group in recipients for email in group}
        partner_ids = {pid for pid, _group in recipients if pid} & set(
            self.recipient_ids.ids
        )
        loose = [] if verdict == SENT else loose_emails(recipients, divided)
        if verdict != SENT:
            partner_ids -= divided
        to_moved, to_kept = self._mailjet_divide(self.email_to, emails)
        cc_moved, cc_kept = self._mailjet_divide(self.email_cc, emails)
        part = self.with_context(**clean_context(self.env.context)).copy(
            {
                # The message is the same, as where core splits a mail
                "mail_message_id": self.mail_message_id.id,
                # It belongs to all parts, so it outlives each of them
                "is_notification": True,
                "headers": self.headers,
                "recipient_ids": [Command.set(list(partner_ids))],
                "email_to": ", ".join(to_moved + loose) or False,
                "email_cc": ", ".join(cc_moved) or False,
            }
        )
        part.write({name: self[name] for name in (*OF_MAIL, *OF_TRIES)})
        part.mailjet_server_id = self.mailjet_server_id
        self.write(
            {
                "recipient_ids": [Command.unlink(pid) for pid in partner_ids],
                "email_to": ", ".join(to_kept) or False,
                "email_cc": ", ".join(cc_kept) or False,
                "is_notification": True,
            }
        )
        self._mailjet_move_notifications(part, partner_ids, emails)
        return part

    def _mailjet_keep_loose(self, recipients, divided):
        """Put addresses in the place of partners who are no longer as a whole here."""
        if divided:
            emails = [self.email_to or "", *loose_emails(recipients, divided)]
            self.write(
                {
                    "recipient_ids": [Command.unlink(pid) for pid in divided],
                    "email_to": ", ".join(filter(None, emails)) or False,
                }
            )

    def _mailjet_move_notifications(self, part, partner_ids, emails):
        notifications = self.env["mail.notification"].search(
            [("mail_mail_id", "=", self.id)]
        )
        notifications.filtered(
            lambda n: (
                n.res_partner_id.id in partner_ids
                or comparable(n.mail_email_address) in emails
            )
        ).sudo().mail_mail_id = part

    def _mailjet_divide(self, text, moved):
        """Return the addresses of a field that move, and those that stay."""
        addresses = email_split_and_format_normalize(text or "")
        moving = [email for email in addresses if comparable(email) in moved]
        staying = [email for email in addresses if comparable(email) not in moved]
        return moving, staying

    def _mailjet_keep_uncertain(self, server):
        """Leave in flight what Mailjet may have or not; it is asked later."""
        now = fields.Datetime.now()
        for mail in self:
            vals = {
                "state": IN_FLIGHT,
                "failure_type": False,
                "failure_reason": False,
                "mailjet_server_id": server.id,
                "mailjet_uncertain_on": mail.mailjet_uncertain_on or now,
            }
            if not mail.mailjet_claim:
                vals |= mail._mailjet_late_claim()
            mail.write(vals)
        self._mailjet_reopen_notifications()

    def _mailjet_keep_waiting(self, server, reason):
        """Have mails wait that can still be taken.

        :param reason: a `Diagnosis` or `Failure`; None for mails merely not begun
        """
        now = fields.Datetime.now()
        self.write(
            {
                "mailjet_claim": False,
                "mailjet_claimed_on": False,
                "mailjet_uncertain_on": False,
                "mailjet_next_look": False,
            }
        )
        if isinstance(reason, NeedsSmtp):
            self._mailjet_note_by_smtp(reason.words, must=True)
        if not reason or isinstance(reason, NeedsSmtp):
            self._mailjet_wait(False, server, False)
            return
        self.failure_reason = self._mailjet_reason(reason)
        self.mailjet_tries += 1
        if is_about_mail(reason):
            self.mailjet_first_try = self.mailjet_first_try or now
        if isinstance(reason, Diagnosis) and reason.pauses:
            until = server.mailjet_paused_until
            self._mailjet_wait("pause" if until else False, server, until)
        else:
            self._mailjet_wait("retry", server, next_try(self.mailjet_tries, now))

    def _mailjet_keep_failed(self, failure):
        """Write down why mails failed for good; they stay until somebody acts.

        :param failure: a `Diagnosis` or `Failure`
        """
        reason = self._mailjet_reason(failure)
        vals = {
            **self._mailjet_nothing_to_wait_for(),
            "state": "exception",
            "failure_type": failure.failure_type,
            "failure_reason": reason,
        }
        if getattr(failure, "is_undecided", False):
            # Events since the claim may still tell
            vals["mailjet_is_undecided"] = True
            del vals["mailjet_claimed_on"]
        self.write(vals)
        self.mailing_trace_ids.failure_reason = reason
        deleted = self.filtered("auto_delete")
        # Core deletes mails to invalid addresses, which nobody could then send again
        deleted.auto_delete = False
        self.with_context(mailjet_not_handed_over=True)._postprocess_sent_message(
            [], [], failure_reason=reason, failure_type=failure.failure_type
        )
        deleted.auto_delete = True


def _pairs(groups):
    """Yield (partner id, address) of all recipients of `by_verdict`."""
    for group in groups.values():
        for pid, emails in group:
            for email in emails:
                yield pid, email


def loose_emails(recipients, divided):
    """Return the addresses of partners whose addresses met different fates."""
    return [email for pid, emails in recipients if pid in divided for email in emails]


def comparable(email):
    """Return an address in the form in which addresses are compared, or ""."""
    return address_key(email_normalize(email or "", strict=False) or "")
