import logging

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_split

from ...tools.smtp.refusal_log import RefusalFilter
from ...tools.smtp.retry_schedule import is_given_up, next_try
from ...tools.smtp.session import Outcome, Session

_logger = logging.getLogger(__name__)
logging.getLogger("odoo.addons.mail.models.mail_mail").addFilter(RefusalFilter())

# So many connections in a row that break: the fault is not the mail's
MOST_BREAKS = 3


class MailMail(models.Model):
    """The queue of mail for Mailjet: a refusal for the moment is no failure.

    Each call of `send` carries an `Outcome` in its context; the session keeps in it
    what became of the last try, and `_postprocess_sent_message` decides by it.
    """

    _inherit = "mail.mail"

    mailjet_server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The Mailjet server that this email waits for.",
    )
    mailjet_waits_for = fields.Selection(
        [
            ("retry", "Next try"),
            ("pause", "End of the pause"),
            ("limit", "Next day or month"),
        ],
        "Waiting for",
        readonly=True,
        copy=False,
    )
    mailjet_tries = fields.Integer("Tries", readonly=True, copy=False)
    mailjet_first_try = fields.Datetime("First try", readonly=True, copy=False)
    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Carry along what becomes of each try at a Mailjet server."""
        mails = self.with_context(mailjet_outcome=Outcome())
        return super(MailMail, mails).send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _split_by_mail_configuration(self):
        """Leave out what a Mailjet server does not take now.

        Core asks for a batch when it has sent the one before, so a pause that began
        meanwhile counts.
        """
        for server_id, *others, mail_ids in super()._split_by_mail_configuration():
            server = self.env["ir.mail_server"].sudo().browse(server_id or [])
            ready_ids = mail_ids
            if server._filter_mailjet():
                self._mailjet_outcome().begin()
                ready_ids = self.browse(mail_ids)._mailjet_ready(server).ids
            if ready_ids:
                yield server_id, *others, ready_ids

    def _mailjet_outcome(self):
        """Return where the session of this call of `send` keeps what happens."""
        return self.env.context.get("mailjet_outcome") or Outcome()

    def _mailjet_ready(self, server):
        """Return the mails that may go now; let the others wait."""
        mails = self._mailjet_settle_uncertain(server)
        if server._is_mailjet_paused():
            mails._mailjet_wait("pause", server, server.mailjet_paused_until)
            return self.browse()
        left, more_from = server._mailjet_allowance()
        if left is None:
            return mails
        ready = self.browse()
        for mail in mails:
            left -= mail._mailjet_recipient_count()
            if left < 0:
                break
            ready += mail
        (mails - ready)._mailjet_wait("limit", server, more_from)
        return ready

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        """Send through Mailjet mail by mail, connecting again where the line breaks."""
        if not isinstance(smtp_session, Session):
            return super()._send(
                auto_commit=auto_commit,
                raise_exception=raise_exception,
                smtp_session=smtp_session,
                alias_domain_id=alias_domain_id,
                mail_server=mail_server,
                post_send_callback=post_send_callback,
            )
        sending = self._mailjet_send_each(
            smtp_session,
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            alias_domain_id=alias_domain_id,
            mail_server=mail_server,
        )
        for mail in sending:
            if auto_commit and post_send_callback:
                post_send_callback(mail.ids)
        if post_send_callback:
            post_send_callback(self.ids)
        return True

    def _mailjet_send_each(self, first_session, **options):
        """Send the mails one by one and yield each; the queue may stop in between.

        :param Session first_session: open; whoever opened it closes it
        :param options: of `_send`
        """
        outcome = first_session.outcome
        session, breaks, outcome.sent = first_session, 0, 0
        for number, mail in enumerate(self):
            if not session.is_open:
                session = self[number:]._mailjet_connect_again(session)
                if not session:
                    break
            outcome.begin()
            # Mailjet's events may come before the commit: whoever applies them must not
            # change the trace now, or the commit would fail after the mail is gone
            traces = mail.mailing_trace_ids
            if traces and not traces.try_lock_for_update():
                continue
            # pylint: disable-next=super-method-mismatch
            super(MailMail, mail)._send(smtp_session=session, **options)
            yield mail
            breaks = 0 if session.is_open else breaks + 1
            if breaks == MOST_BREAKS:
                outcome.server._mailjet_pause_connection(outcome.refusal)
            if outcome.server._is_mailjet_paused():
                self[number + 1 :]._mailjet_ready(outcome.server)
                break
        if session and session is not first_session:
            session.close()
        if outcome.sent:
            self.env["mailjet.sending"].sudo().create(
                {"server_id": outcome.server.id, "count": outcome.sent}
            )

    def _mailjet_connect_again(self, session):
        """Return a new session, or None: then these mails are dealt with."""
        try:
            return self.env["ir.mail_server"]._connect__(
                mail_server_id=session.outcome.server.id, smtp_from=session.smtp_from
            )
        except UserError as error:
            # As core does where it cannot connect
            self.write({"state": "exception", "failure_reason": str(error)})
            self._postprocess_sent_message([], [], failure_type="mail_smtp")
        return None

    # ------------------------------------------------------------------
    # What follows from a refusal
    # ------------------------------------------------------------------

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Let wait what Mailjet refuses for the moment; say in words what failed."""
        outcome = self._mailjet_outcome()
        if not outcome.server:
            return super()._postprocess_sent_message(
                success_pids, success_emails, failure_reason, failure_type
            )
        if not failure_type:
            return self._mailjet_handed_over(success_pids, success_emails)
        if not outcome.refusal:
            return super()._postprocess_sent_message(
                success_pids, success_emails, failure_reason, failure_type
            )
        refusal = outcome.refusal
        self._mailjet_set_sent_apart(success_pids, success_emails)
        outcome.server._mailjet_note_refusal(outcome)
        again = self._mailjet_try_again(outcome) if refusal.can_retry else self.browse()
        failed = self - again
        if failed:
            reason = failed._mailjet_keep_failure(refusal)
            failed.mailing_trace_ids.failure_reason = reason
            super(MailMail, failed)._postprocess_sent_message(
                [], [], failure_reason=reason, failure_type=refusal.failure_type
            )
        return True

    def _mailjet_handed_over(self, success_pids, success_emails):
        """Do what follows from a mail that Mailjet took.

        Where Mailjet reports deliveries, it is Sent and not yet Delivered.
        """
        server = self._mailjet_outcome().server
        server._mailjet_end_pause()
        self.filtered("mailjet_server_id").write(self._mailjet_nothing_to_wait_for())
        traces = self.filtered("mailing_id").mailing_trace_ids
        notifications = self.env["mail.notification"]
        if server.mailjet_reports_sent:
            notifications = notifications.search(
                [
                    ("mail_mail_id", "in", self.filtered("is_notification").ids),
                    ("notification_type", "=", "email"),
                    ("notification_status", "not in", ("sent", "canceled")),
                ]
            )
        # pylint: disable-next=super-method-mismatch
        result = super()._postprocess_sent_message(success_pids, success_emails)
        if server.mailjet_reports_sent:
            traces.trace_status = "pending"
            notifications.sudo().notification_status = "pending"
        return result

    def _mailjet_try_again(self, outcome):
        """Schedule the next try of those that are not given up; return them."""
        now = fields.Datetime.now()
        again = self.filtered(lambda mail: not is_given_up(mail.mailjet_first_try, now))
        reason = again._mailjet_reason(outcome.refusal)
        for tries, mails in again.grouped("mailjet_tries").items():
            when = next_try(tries + 1, now)
            mails.write({"failure_reason": reason, "mailjet_tries": tries + 1})
            mails.filtered(lambda mail: not mail.mailjet_first_try).write(
                {"mailjet_first_try": now}
            )
            if outcome.is_uncertain:
                mails.mailjet_is_uncertain = True
            mails._mailjet_wait("retry", outcome.server, when)
            _logger.info(
                "Mailjet: %s emails will be tried again at %s: %s",
                len(mails),
                when,
                outcome.refusal.title,
            )
        return again

    def _mailjet_wait(self, waits_for, server, until):
        """Leave these mails outgoing until then.

        :param str waits_for: a value of `mailjet_waits_for`
        """
        if not self:
            return
        self.write(
            {
                "state": "outgoing",
                "failure_type": False,
                "mailjet_server_id": server.id,
                "mailjet_waits_for": waits_for,
                "scheduled_date": until,
            }
        )
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
        self._mailjet_trigger_queue(until)

    @api.model
    def _mailjet_trigger_queue(self, when):
        """Have the queue run then; once, however many mails ask for it."""
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
        # To the minute: mails whose time is near go together
        when = fields.Datetime.add(when.replace(second=0, microsecond=0), minutes=1)
        triggers = self.env["ir.cron.trigger"].sudo()
        if not triggers.search_count(
            [("cron_id", "=", cron.id), ("call_at", "=", when)], limit=1
        ):
            cron._trigger(when)

    def _mailjet_keep_failure(self, refusal):
        """Write down why these mails failed for good; return it in words."""
        reason = self._mailjet_reason(refusal)
        self.write(
            {
                **self._mailjet_nothing_to_wait_for(),
                "state": "exception",
                "failure_type": refusal.failure_type,
                "failure_reason": reason,
            }
        )
        return reason

    def _mailjet_reason(self, refusal):
        """Return a refusal in the language of who sends, as nobody is there to read."""
        user = self[:1].create_uid
        is_person = user.id != SUPERUSER_ID and not user.share
        lang = is_person and user.lang or self.env.company.partner_id.lang
        server = self.env["ir.mail_server"].with_context(lang=lang)
        return server._mailjet_explain_refusal(refusal)

    @api.model
    def _mailjet_nothing_to_wait_for(self):
        return {
            "mailjet_server_id": False,
            "mailjet_waits_for": False,
            "mailjet_tries": 0,
            "mailjet_first_try": False,
            "mailjet_is_uncertain": False,
        }

    def mark_outgoing(self):
        """Begin anew, at once, where somebody asks for it."""
        waiting = self.filtered("mailjet_first_try")
        waiting.write({**self._mailjet_nothing_to_wait_for(), "scheduled_date": False})
        return super().mark_outgoing()

    def _mailjet_set_sent_apart(self, success_pids, success_emails):
        """Leave in the mail only those who have not got it, or they would get it twice.

        The others move to a mail of their own, which is sent.
        """
        if not (success_pids or success_emails):
            return
        self.ensure_one()
        partners = self.env["res.partner"].union(*success_pids)
        addresses = {"email_to": self.email_to, "email_cc": self.email_cc}
        none = dict.fromkeys(addresses, False)
        sent = self.copy(
            {
                # Core's own way to split a mail, see _split_by_delayed_batch
                "mail_message_id": self.mail_message_id.id,
                "headers": self.headers,
                "recipient_ids": [Command.set(partners.ids)],
                **(addresses if success_emails else none),
            }
        )
        notifications = self.env["mail.notification"].search(
            [("mail_mail_id", "=", self.id)]
        )
        notifications.filtered(
            lambda n: (
                n.res_partner_id in partners
                or (success_emails and n.mail_email_address)
            )
        ).sudo().mail_mail_id = sent
        self.write(
            {
                "recipient_ids": [Command.unlink(pid) for pid in partners.ids],
                **(none if success_emails else {}),
            }
        )
        sent.write({"state": "sent", "failure_type": False, "failure_reason": False})
        # pylint: disable-next=super-method-mismatch
        super(MailMail, sent)._postprocess_sent_message(success_pids, success_emails)

    def _mailjet_recipient_count(self):
        """Return for how many emails this mail counts at Mailjet."""
        addresses = email_split(f"{self.email_to or ''},{self.email_cc or ''}")
        return max(len(addresses) + len(self.recipient_ids), 1)
