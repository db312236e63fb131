# Sending is committed step by step: bytes that have left cannot be rolled back
# pylint: disable=invalid-commit
import logging
import random
import smtplib
from collections import defaultdict
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ...tools.smtp.cause import Stage
from ...tools.smtp.refusal_log import RefusalFilter
from ...tools.smtp.session import Outcome, RefusedError, Session
from ...tools.smtp.sessions import MOST_BREAKS
from .budget import Budget
from .claims import OUTGOING, Reservation
from .mail_mail_pause import UNTIL_RESUMED
from .results import Entry, Failure, used_of
from .run import Run

_logger = logging.getLogger(__name__)
logging.getLogger("odoo.addons.mail.models.mail_mail").addFilter(RefusalFilter())

# Mails without a server that a run of the queue looks through at once
LOOKED_THROUGH = 1000


class MailMail(models.Model):
    """The queue of mail for Mailjet servers: who sends which mail, and when."""

    _inherit = "mail.mail"

    mailjet_waits_for = fields.Selection(
        [
            ("retry", "Next try"),
            ("pause", "End of the pause"),
            ("limit", "Next hour, day or month"),
            ("sender", "Answer about the sender"),
            ("mailing", "Mailing to be resumed"),
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
        """Send mails through Mailjet by `Run` where each may be committed by itself."""
        reserved = dict(self.env.context.get("mailjet_reserved") or {})
        outcome = Outcome(reserved=reserved)
        mails = self.with_context(
            mailjet_outcome=outcome,
            mailjet_commits=auto_commit is True and not raise_exception,
            mailjet_raises=raise_exception,
            mailjet_callback=post_send_callback,
            mailjet_budget=Budget(),
        )
        try:
            result = super(MailMail, mails).send(
                auto_commit=auto_commit,
                raise_exception=raise_exception,
                post_send_callback=post_send_callback,
            )
        except (MailDeliveryException, RefusedError):
            self._mailjet_give_back_unused(outcome)
            raise
        self._mailjet_give_back_unused(outcome)
        return result

    def _split_by_mail_configuration(self):
        """Send what goes through Mailjet; give core the rest.

        Core asks for a batch when it has sent the one before, so a pause that began
        meanwhile counts.
        """
        for batch in super()._split_by_mail_configuration():
            server_id, alias_domain_id, smtp_from, mail_ids = batch
            server = self.env["ir.mail_server"].sudo().browse(server_id or [])
            if not server._filter_mailjet():
                yield batch
            elif self._mailjet_has_run(server, mail_ids, alias_domain_id, smtp_from):
                continue
            else:
                ready = self.browse(mail_ids)._mailjet_ready(server)
                if ready:
                    yield server_id, alias_domain_id, smtp_from, ready.ids

    def _mailjet_has_run(self, server, mail_ids, alias_domain_id, smtp_from):
        """Send these mails by `Run`, where the call of `send` allows it."""
        if not self.env.context.get("mailjet_commits"):
            return False
        callback = self.env.context.get("mailjet_callback")
        budget = self.env.context["mailjet_budget"]
        try:
            is_left = self._mailjet_run(
                server, mail_ids, alias_domain_id, smtp_from or False, callback, budget
            )
        except UserError as error:
            # It is archived, for example; core fails these mails, and goes on
            _logger.info("Mailjet: %s cannot be used: %s", server.name, error)
            return False
        if is_left or callback:
            # Core's queue looks at 1,000 mails an hour; Mailjet's goes on
            self._mailjet_trigger_senders()
        return True

    @api.model
    def _mailjet_run(
        self,
        server,
        ids=None,
        alias_domain_id=False,
        smtp_from=None,
        callback=None,
        budget=None,
    ):
        """Send mails through a Mailjet server, in transactions of their own.

        :param ids: None: all that name the server and may go
        :param Budget budget: how long that may take
        :return: whether mails may be left that could go now
        :raise UserError: the server cannot be used
        """
        budget = budget or Budget()
        if server._is_mailjet_paused():
            self._mailjet_wait_for_pause(server, ids)
            return False
        if budget.is_over():
            return True
        self._mailjet_hold_mailings()
        if foreign := self._mailjet_foreign_senders():
            _logger.info("Mailjet: sending one by one, for the sake of %s", foreign)
            return self._mailjet_run_singly(server, ids, callback, budget)
        run = Run(self.env, server, callback, budget)
        return run.send(ids, alias_domain_id, smtp_from)

    # ------------------------------------------------------------------
    # Mailjet's own queue
    # ------------------------------------------------------------------

    @api.model
    def _cron_mailjet_send(self):
        """Send what waits for Mailjet servers, until nothing that may go is left."""
        self.env["ir.cron"]._commit_progress(remaining=1)
        budget, is_left = Budget(), False
        # Each its share, and none always the last
        servers = list(self.env["ir.mail_server"]._mailjet_in_use())
        random.shuffle(servers)
        for number, server in enumerate(servers):
            share = budget.share(len(servers) - number)
            is_left |= self._mailjet_run_of_queue(server, share)
        is_left |= self._mailjet_send_routed(Budget())
        self.env["ir.cron"]._commit_progress(remaining=0)
        if is_left:
            self._mailjet_trigger_senders()

    @api.model
    def _mailjet_run_of_queue(self, server, budget, *mails):
        """Have a run, or log that the server cannot be used: the others can."""
        callback = self._mailjet_progress
        try:
            return self._mailjet_run(server, *mails, callback=callback, budget=budget)
        except UserError as error:
            self.env.cr.rollback()
            _logger.error("Mailjet: %s cannot be used: %s", server.name, error)
            return False

    @api.model
    def _mailjet_progress(self, mail_ids):
        self.env["ir.cron"]._commit_progress(len(mail_ids), remaining=1)

    @api.model
    def _mailjet_send_routed(self, budget):
        """Send the mails that name no server and go through a Mailjet server.

        :param Budget budget: how long that may take
        :return: whether mails may be left that could go now
        """
        last_id, is_left = 0, False
        while True:
            mails = self.search(
                [
                    ("id", ">", last_id),
                    ("state", "=", OUTGOING),
                    ("mail_server_id", "=", False),
                    ("mailing_id.mailjet_is_paused", "!=", True),
                    *("|", "|"),
                    ("scheduled_date", "=", False),
                    ("scheduled_date", "<=", fields.Datetime.now()),
                    ("mailjet_waits_for", "=", "mailing"),
                ],
                order="id",
                limit=LOOKED_THROUGH,
            )
            if not mails:
                return is_left
            last_id = mails[-1].id
            # pylint: disable-next=super-method-mismatch
            routes = super(MailMail, mails)._split_by_mail_configuration()
            for server_id, alias_domain_id, smtp_from, ids in routes:
                server = self.env["ir.mail_server"].sudo().browse(server_id or [])
                if server._filter_mailjet():
                    is_left |= self._mailjet_run_of_queue(
                        server, budget, ids, alias_domain_id, smtp_from or False
                    )

    def _mailjet_routed(self):
        """Return those of these mails that core's rules lead to a Mailjet server."""
        servers = self.env["ir.mail_server"].sudo()
        # pylint: disable-next=super-method-mismatch
        batches = super()._split_by_mail_configuration()
        return self.browse(
            mail_id
            for server_id, _alias, _from, ids in batches
            if servers.browse(server_id or [])._filter_mailjet()
            for mail_id in ids
        )

    @api.model
    def _mailjet_trigger_senders(self, when=None):
        """Have Mailjet's queue run now, or then; once, however many ask for it."""
        crons = (
            self.env["ir.cron"]
            .sudo()
            .search(
                [
                    ("ir_actions_server_id.model_id.model", "=", "mail.mail"),
                    ("code", "=", "model._cron_mailjet_send()"),
                ]
            )
        )
        for cron in crons:
            cron._trigger(when)

    @api.model
    def _mailjet_trigger_queue(self, when):
        """Have the queue run then."""
        # To the minute: mails whose time is near go together
        when = fields.Datetime.add(when.replace(second=0, microsecond=0), minutes=1)
        triggers = self.env["ir.cron.trigger"].sudo()
        cron = self.env.ref("mail_mailjet.ir_cron_mailjet_send_1")
        if not triggers.search_count(
            [("cron_id", "=", cron.id), ("call_at", "=", when)], limit=1
        ):
            self._mailjet_trigger_senders(when)

    # ------------------------------------------------------------------
    # Core's way: within the caller's transaction, or for others' extensions
    # ------------------------------------------------------------------

    def _mailjet_outcome(self):
        """Return where the session of this call of `send` keeps what happens."""
        return self.env.context.get("mailjet_outcome") or Outcome()

    def _mailjet_ready(self, server):
        """Return the mails that may go now; have the others wait."""
        mails = self._mailjet_lock_outgoing()
        if server._is_mailjet_paused():
            mails._mailjet_wait("pause", server, server.mailjet_paused_until)
            return self.browse()
        held = mails._mailjet_of_paused_mailings()
        held._mailjet_wait("mailing", server, UNTIL_RESUMED)
        mails = (mails - held)._mailjet_decide(server)
        # A mail that was claimed before has its reservation
        reserved = self._mailjet_outcome().reserved
        new = mails.filtered(lambda mail: mail.id not in reserved)
        return mails - new + new._mailjet_within_limits(server)

    def _mailjet_within_limits(self, server):
        """Return the mails that the limits allow now, reserved; the others wait."""
        outcome = self._mailjet_outcome()
        counts = {mail.id: mail._mailjet_recipient_count() for mail in self}
        now = fields.Datetime.now()
        with server._mailjet_apart() as apart:
            allowance = apart._mailjet_reserve(counts)
        for mail_id in allowance.chosen:
            outcome.reserved[mail_id] = Reservation(server.id, counts[mail_id], now)
        until = defaultdict(self.browse)
        for mail_id, when in allowance.waits.items():
            until[when] += self.browse(mail_id)
        for when, mails in until.items():
            mails._mailjet_wait("limit", server, when)
        self.browse(allowance.too_large)._mailjet_split_to_fit(server)
        return self.browse(allowance.chosen)

    @api.model
    def _mailjet_give_back_unused(self, outcome):
        """Return to the limits what a call of `send` has reserved and not used."""
        unused = [*outcome.unused, *outcome.reserved.values()]
        outcome.unused, outcome.reserved = [], {}
        for reservation in unused:
            if reservation.count:
                server = self.env["ir.mail_server"].sudo()
                with server.browse(reservation.server_id)._mailjet_apart() as apart:
                    apart._mailjet_give_back(reservation.count, reservation.reserved_on)

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        """Send mail by mail, connecting again where the line breaks."""
        options = {
            "auto_commit": auto_commit,
            "raise_exception": raise_exception,
            "alias_domain_id": alias_domain_id,
            "mail_server": mail_server,
            "post_send_callback": post_send_callback,
        }
        if not isinstance(smtp_session, Session):
            return super()._send(smtp_session=smtp_session, **options)
        session, breaks, server = smtp_session, 0, smtp_session.outcome.server
        for number, mail in enumerate(self):
            if not session.is_open:
                session = self[number:]._mailjet_connect_again(session)
                if not session:
                    break
            session.outcome.begin()
            # pylint: disable-next=super-method-mismatch
            super(MailMail, mail)._send(smtp_session=session, **options)
            breaks = 0 if session.is_open else breaks + 1
            if breaks == MOST_BREAKS:
                error = smtplib.SMTPServerDisconnected("the server hung up")
                refusal = server._mailjet_diagnose(error)
                server._mailjet_note_refusal(refusal, is_connection=True)
            if server._is_mailjet_paused():
                rest = self[number + 1 :]._mailjet_outgoing()
                rest._mailjet_wait("pause", server, server.mailjet_paused_until)
                break
        if session and session is not smtp_session:
            session.quit()
        return True

    def _mailjet_connect_again(self, session):
        """Return a new session, or None: then these mails wait."""
        session.quit()
        try:
            return self.env["ir.mail_server"]._connect__(
                mail_server_id=session.outcome.server.id, smtp_from=session.smtp_from
            )
        except UserError:
            self._mailjet_outgoing()._postprocess_sent_message([], [])
        return None

    def _mailjet_lock_outgoing(self):
        """Return those that are outgoing and that no worker has in hand.

        If one has claimed some since this transaction began, PostgreSQL says so before
        anything is sent.
        """
        self.flush_recordset(["state"])
        self.env.cr.execute(
            """
            SELECT id FROM mail_mail WHERE id = ANY(%s) AND state = %s
               FOR UPDATE SKIP LOCKED
            """,
            [self.ids, OUTGOING],
        )
        free = {mail_id for [mail_id] in self.env.cr.fetchall()}
        return self.filtered(lambda mail: mail.id in free)

    def _mailjet_outgoing(self):
        return self.filtered(lambda mail: mail.state == OUTGOING)

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Look at each recipient's fate, where core sends mail through Mailjet."""
        outcome = self.env.context.get("mailjet_outcome")
        hook = super()._postprocess_sent_message
        if not outcome or not outcome.server:
            return hook(success_pids, success_emails, failure_reason, failure_type)
        if outcome.refusal:
            # No connection, so nothing has left
            server = outcome.server
            server._mailjet_note_refusal(outcome.refusal, is_connection=True)
            self._mailjet_wait("pause", server, server.mailjet_paused_until)
            return True
        if outcome.unknown_sender and self._mailjet_waits_for_answer():
            # This transaction may hold locks, so the queue asks
            self.failure_reason = failure_reason
            self._mailjet_wait("sender", outcome.server, fields.Datetime.now())
            return True
        if outcome.by_smtp or (self.mailjet_by_smtp and not self.mailjet_needs_smtp):
            self._mailjet_note_by_smtp(outcome.by_smtp)
        entries = self._mailjet_entries(outcome, failure_type, failure_reason)
        if not entries:
            return hook(success_pids, success_emails, failure_reason, failure_type)
        reservation = outcome.reserved.pop(self.id, None)
        if reservation:
            unused = reservation.count - used_of(entries)
            outcome.unused.append(replace(reservation, count=unused))
        mails = self.with_context(mailjet_outcome=False)
        mails._mailjet_keep_entries(outcome.server, entries)
        return True

    def _mailjet_waits_for_answer(self):
        """Whether a From that Mailjet is not known to accept leaves a mail waiting."""
        context = self.env.context
        return not (context.get("mailjet_raises") or context.get("mailjet_is_asked"))

    def _mailjet_entries(self, outcome, failure_type, failure_reason):
        """Return what became of each recipient of this mail, as core has sent it."""
        if not outcome.deliveries:
            return []
        server, entries = outcome.server, []
        for partner in [*self.recipient_ids, self.env["res.partner"]]:
            if not (partner or self.email_to or self.email_cc):
                continue
            delivery = outcome.deliveries.get(self._mailjet_custom_id(partner))
            reached = delivery.envelope.recipients if delivery else ()
            emails = self._mailjet_addresses(partner)
            left_out = self._mailjet_left_out(partner, emails, reached, outcome)
            entries += left_out
            if delivery:
                diagnose = server._mailjet_diagnoser(Stage.DATA)
                entries.append(Entry.of(partner.id or 0, delivery, diagnose))
                continue
            named = {email for entry in left_out for email in entry.fates}
            others = [email for email in emails if email not in named]
            if others or not left_out:
                failure = Failure(failure_type or "unknown", failure_reason or "")
                entries.append(Entry.failed(partner.id or 0, others, failure))
        return entries
