import uuid
from collections import Counter, defaultdict

from odoo import api, models
from odoo.exceptions import UserError

from ...tools.smtp.pipeline import Fate
from ..locking import try_lock
from .mail_mail import entry_key
from .mail_mail_keep import comparable
from .recovery import Recipient, Recovery
from .results import Failure


class MailMail(models.Model):
    """Mails whose hand-over got no answer, and what becomes of them."""

    _inherit = "mail.mail"

    @api.model
    def _cron_mailjet_recover(self):
        """Find out whether Mailjet has the mails that a worker left in flight."""
        self.env["ir.cron"]._commit_progress(remaining=1)
        is_left = Recovery(self.env).run()
        self.env["ir.cron"]._commit_progress(1, remaining=int(is_left))

    def _mailjet_late_claim(self, since=None):
        """Return what a mail lacks that is in flight without having been claimed.

        :param since: when it was handed over at the earliest; by default, when this
            transaction began
        """
        return {
            "mailjet_claim": uuid.uuid4().hex,
            "mailjet_claimed_on": since or self.env.cr.now(),
            "mailjet_custom_ids": {
                **(self.mailjet_custom_ids or {}),
                **self._mailjet_all_custom_ids(),
            },
        }

    def _mailjet_doubtful_recipients(self):
        """Return the `Recipient`s of a mail, with the CustomIDs that were used."""
        self.ensure_one()
        used = self.mailjet_custom_ids or {}
        partners = list(self.recipient_ids)
        if self.email_to or self.email_cc or not partners:
            partners.append(self.env["res.partner"])
        recipients = []
        for partner in partners:
            own = used.get(entry_key(partner)) or ""
            addresses = self._mailjet_addresses(partner) or [""]
            # A partner's address may have been changed meanwhile
            is_sole = len(addresses) == 1 and self._mailjet_names_one(own)
            by_id = defaultdict(dict)
            for email in addresses:
                # That of a partner whose other addresses had another fate
                former = "" if partner else used.get(comparable(email))
                sought = None if is_sole and not former else email
                by_id[former or own][email] = sought
            recipients += [
                Recipient(partner.id or 0, custom_id, emails)
                for custom_id, emails in by_id.items()
            ]
        return recipients

    @api.model
    def _mailjet_names_one(self, custom_id):
        """Whether this CustomID, written by this database, is that of one recipient."""
        found = self.env["ir.mail_server"]._mailjet_read_custom_id(custom_id)
        return bool(found and (found.trace_id or found.partner_id))

    def _mailjet_undecided_failure(self):
        """Return the `Failure` of a mail that somebody has to decide on."""
        self.ensure_one()
        reason = self.with_context(lang=self._mailjet_author_lang()).env._(
            "The connection broke while this email was being handed over, and Mailjet "
            "has not shown within a day whether it has the email. Look for the "
            "recipient in Mailjet's message list, then choose “Mailjet has it” or "
            "“Send again”."
        )
        return Failure("unknown", reason, is_undecided=True)

    # ------------------------------------------------------------------
    # Results
    # ------------------------------------------------------------------

    def _mailjet_keep_recovered(self, claim, results):
        """Write down what recovery found, as a run does.

        :param str claim: token under which these mails are in flight
        :param dict results: mail id -> list of `Entry`
        :return: ids of the mails that still were
        """
        held = self._mailjet_held(claim)
        for mail in held:
            mail._mailjet_prepare_to_repeat(results[mail.id])
        for server, mails in held.grouped("mailjet_server_id").items():
            mails._mailjet_keep(claim, server, results)
        fates = Counter(
            fate
            for mail_id in held.ids
            for entry in results[mail_id]
            for fate in entry.fates.values()
        )
        if fates[Fate.NOT_BEGUN]:
            self._mailjet_trigger_senders()
        return held.ids

    def _mailjet_prepare_to_repeat(self, entries):
        """Return to the limits what was not sent, and note that it goes once more."""
        fates = [fate for entry in entries for fate in entry.fates.values()]
        if Fate.NOT_BEGUN not in fates:
            return
        moment, server = self.mailjet_claimed_on, self.mailjet_server_id
        # Of that day, if a limit's day or month has ended meanwhile
        count = fates.count(Fate.NOT_BEGUN)
        self.env["mailjet.sending"].sudo()._note(server, -count, moment)
        if self.mailjet_custom_ids:
            self.mailing_trace_ids.mailjet_sent_again = True

    def _mailjet_keep_decided(self):
        """Note that Mailjet has these mails on which somebody was to decide.

        :return: ids of the mails that nobody had decided on
        """
        mails = try_lock(self)._mailjet_still_undecided()
        for server, group in mails.grouped("mailjet_server_id").items():
            group._mailjet_keep_sent(server)
        return mails.ids

    # ------------------------------------------------------------------
    # Somebody decides
    # ------------------------------------------------------------------

    def action_mailjet_has_it(self):
        """Treat these mails as taken by Mailjet."""
        self._mailjet_lock_undecided()._mailjet_keep_decided()
        return self._mailjet_after_decision()

    def action_mailjet_send_again(self):
        """Send these mails once more, under the same CustomIDs."""
        mails = self._mailjet_lock_undecided()
        traces = mails.mailing_trace_ids
        traces.mailjet_sent_again = True
        traces.filtered(
            lambda trace: trace.trace_status == "error" and not trace.mailjet_status
        ).write(
            {
                "trace_status": "outgoing",
                "failure_type": False,
                "failure_reason": False,
            }
        )
        mails.write({**self._mailjet_nothing_to_wait_for(), "failure_reason": False})
        for server, group in mails.grouped("mailjet_server_id").items():
            group._mailjet_wait(False, server, False)
        self._mailjet_trigger_senders()
        return self._mailjet_after_decision()

    def _mailjet_lock_undecided(self):
        """Lock and return those that nobody has decided on yet."""
        self.check_access("write")
        self.lock_for_update()
        mails = self._mailjet_still_undecided()
        if not mails:
            raise UserError(self.env._("Somebody has already decided on this email."))
        return mails

    def _mailjet_still_undecided(self):
        return self.filtered(
            lambda mail: mail.state == "exception" and mail.mailjet_is_undecided
        )

    def _mailjet_after_decision(self):
        """Return to the list if the mail is gone, as sent mails mostly are."""
        if self.exists():
            return False
        return self.env["ir.actions.actions"]._for_xml_id("mail.action_view_mail_mail")
