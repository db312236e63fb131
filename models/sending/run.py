# Sending is committed step by step: bytes that have left cannot be rolled back
# pylint: disable=invalid-commit
import logging
import random
import time
from collections import defaultdict

import psycopg2

from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as CONFLICTS

from ...tools.mailjet.send_session import SendSession, not_carried
from ...tools.smtp.cause import Cause
from ...tools.smtp.message_memory import remembering
from ...tools.smtp.pipeline import Delivery, Fate
from ...tools.smtp.session import Outcome
from .budget import Budget
from .claims import Claims
from .handover import Handover
from .open_mail import OpenMail
from .progress import Progress
from .results import Entry, Failure, used_of

_logger = logging.getLogger(__name__)

# Mails that are claimed, prepared and written back together: over SMTP, and by the Send
# API, for which 50 are one request
CHUNK, API_CHUNK = 100, 200
# Prepared mails are handed to the sessions once they have so many bytes
PARCEL_BYTES = 8 << 20
# No content is begun so long after the claim; recovery waits for 15 minutes
LEASE_SECONDS = 300
# Consecutive conflicts with other transactions before the results are left to recovery
MOST_CONFLICTS = 10


class Run:
    """One worker sends the mails of one server: claim, prepare, deliver, keep.

    While the sessions deliver one chunk, the next one is prepared. Everything that
    could fail is committed before a mail is given to the sessions; afterwards only the
    results are written, which can be repeated.
    """

    def __init__(self, env, server, callback=None, budget=None):
        self.env = env
        self.server = server
        self._callback = callback
        self.budget = budget or Budget()
        self._mailings = {}  # mail id -> mailing id
        self._open = {}  # mail id -> `OpenMail`
        self._reasons = {}
        self._refusals = {}
        self.session = None
        self.sessions = None
        self.sent = 0

    # ------------------------------------------------------------------
    # The run
    # ------------------------------------------------------------------

    def send(self, ids=None, alias_domain_id=False, smtp_from=None):
        """Send these mails, or all that name the server and may go.

        :param smtp_from: as core found it for these mails
        :return: whether mails may be left that could go now
        """
        self.env.cr.commit()
        self._ids = ids
        if not self._connect(smtp_from, ids):
            return False
        self._progress = Progress(self.server, ids)
        with Claims(self.env) as claims:
            self._claims = claims
            try:
                return self._send(ids, alias_domain_id, smtp_from)
            finally:
                self._end()

    def _send(self, ids, alias_domain_id, smtp_from):
        left = None if ids is None else list(ids)
        while not self._is_over():
            wanted = (
                None if left is None else [left.pop(0) for _ in left[: self._chunk]]
            )
            taken = self._claims.take(self.server, self._chunk, wanted)
            self._begin_transaction()
            self._split(taken.too_large)
            if taken.is_empty and not left:
                break
            lease = self._claims.seconds_left(LEASE_SECONDS)
            deadline = time.monotonic() + lease
            self._prepare(taken.chosen, deadline, alias_domain_id, smtp_from)
            self._keep(at_most_pending=self._chunk, seconds=self.budget.seconds_left())
        else:
            return True
        return self._deliver_rest()

    def _deliver_rest(self):
        """Wait for the mails that are queued; return whether some are left."""
        while self._open and not self._is_over():
            half = self.sessions.pending // 2
            self._keep(at_most_pending=half, seconds=self.budget.seconds_left())
        return bool(self._open)

    def _is_over(self):
        """Whether to leave the rest to the next run: of time, or of the account."""
        if self.sessions.failure or self._is_paused():
            return True
        return self.budget.is_over()

    def _is_paused(self):
        return any(refusal.pauses for refusal in self._refusals.values())

    def _begin_transaction(self):
        """See what others have committed by now."""
        self.env.cr.commit()

    def _end(self):
        """Take back what was not begun, keep the rest, and close the sessions."""
        self.sessions.cancel()
        try:
            self._keep()
        finally:
            self.sessions.close()
            self._release(list(self._open))
        self._note_refusals()
        self._progress.end()

    # ------------------------------------------------------------------
    # Connecting
    # ------------------------------------------------------------------

    def _connect(self, smtp_from, ids):
        """Open a session as core does; return whether that went well."""
        outcome = Outcome()
        self.env = self.env(context={**self.env.context, "mailjet_outcome": outcome})
        self.server = self.server.with_env(self.env)
        try:
            self.session = self.env["ir.mail_server"]._connect__(
                mail_server_id=self.server.id, smtp_from=smtp_from or None
            )
        except UserError:
            if not outcome.refusal:
                raise
            self._repeat(lambda: self._pause_for(outcome.refusal))
            self.env["mail.mail"]._mailjet_wait_for_pause(self.server, ids)
            return False
        self.session.mailjet_message_policy = remembering(
            self.session.mailjet_message_policy
        )
        self._chunk = API_CHUNK if isinstance(self.session, SendSession) else CHUNK
        self.sessions = Handover(self.server, self.session)
        return True

    def _diagnose(self, error):
        """Return the `Diagnosis` of an error; equal ones are the same object."""
        reason = str(getattr(error, "reason", ""))
        key = (type(error), getattr(error, "args", None) and repr(error.args), reason)
        if key not in self._reasons:
            self._reasons[key] = self.session.diagnose(error)
        return self._reasons[key]

    # ------------------------------------------------------------------
    # Preparing
    # ------------------------------------------------------------------

    def _split(self, mail_ids):
        """Split mails that never fit the limits; their parts are claimed later."""
        for mail in self.env["mail.mail"].browse(mail_ids):
            try:
                mail._mailjet_split_to_fit(self.server)
                self.env.cr.commit()
            except CONFLICTS:
                # Another worker is splitting it
                self.env.cr.rollback()
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                raise
            except Exception as error:
                self.env.cr.rollback()
                _logger.exception("Mailjet: email %s cannot be split", mail.id)
                failure = Failure("unknown", str(error) or type(error).__name__)
                self._repeat(
                    lambda mail=mail, failure=failure: (
                        mail._mailjet_locked()._mailjet_keep_failed(failure)
                    )
                )

    def _prepare(self, mail_ids, deadline, alias_domain_id, smtp_from):
        """Prepare claimed mails and give them to the sessions.

        Nothing is sent yet, so a conflict with another transaction just means again.
        """
        for mail_id in mail_ids:
            self._open[mail_id] = OpenMail(mail_id)
        left, at_once, conflicts = list(mail_ids), self._chunk, 0
        while left and conflicts < MOST_CONFLICTS and not self._is_over():
            part = left[:at_once]
            try:
                self._prepare_once(list(part), deadline, alias_domain_id, smtp_from)
            except CONFLICTS:
                self.env.cr.rollback()
                conflicts += 1
                time.sleep(random.uniform(0, 0.05 * 2**conflicts))
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                raise  # about the database, not about a mail
            except Exception as error:
                # Its transaction is of no more use; the other mails get a new one
                self.env.cr.rollback()
                _logger.exception("Mailjet: emails %s cannot be prepared", part)
                mail = self._open.get(part[0])
                # One that is on its way has not failed, whatever came after
                if at_once == 1 and mail and mail.is_unprepared:
                    mail.fail(error)
                at_once = 1
            left = [
                mail_id
                for mail_id in left
                if mail_id in self._open and self._open[mail_id].is_unprepared
            ]
        if left:
            _logger.info("Mailjet: %s emails are left to the next run", len(left))
            self._release(left)

    def _release(self, mail_ids):
        """Give back mails of which not a byte has left."""
        for mail_id in mail_ids:
            self._open.pop(mail_id, None)
        self._claims.release(mail_ids)
        self._claims.give_back(self.server, dict.fromkeys(mail_ids, 0))

    def _prepare_once(self, left, deadline, alias_domain_id, smtp_from):
        mails = self.env["mail.mail"].browse(left)
        ready = mails._mailjet_decide(self.server)
        stopped = (mails - ready).ids
        if stopped:
            self.env.cr.commit()
        for mail_id in stopped:
            del self._open[mail_id]
            left.remove(mail_id)
        self._claims.give_back(self.server, dict.fromkeys(stopped, 0))
        bulky = ready.filtered(lambda mail: mail._mailjet_is_bulky())
        if bulky:
            ready -= bulky
            self._release(bulky.ids)
            # In a transaction that sees them released; the parts are claimed later
            self.env.cr.commit()
            bulky._mailjet_split_bulky()
            self.env.cr.commit()
        self._mailings.update((mail.id, mail.mailing_id.id) for mail in ready)
        followers = ready._mailjet_followers()
        parcel, size = [], 0
        for mail in ready:
            prepared = self._prepare_mail(
                mail, deadline, alias_domain_id, smtp_from, followers
            )
            parcel.append(prepared)
            size += sum(each.size for each in prepared.envelopes)
            if size > PARCEL_BYTES:
                self._hand_over(parcel, left)
                parcel, size = [], 0
                if self._is_over():
                    return
        self._hand_over(parcel, left)

    def _prepare_mail(self, mail, *options):
        prepared = mail._mailjet_prepare(self.session, self.server, *options)
        outcome = self.session.outcome
        if outcome.unknown_sender and not outcome.is_asked:
            self._ask_about_senders()
            prepared = mail._mailjet_prepare(self.session, self.server, *options)
        return prepared

    def _ask_about_senders(self):
        """Read Mailjet's senders again, once a run."""
        # Nothing may be locked while Mailjet is asked
        self.env.cr.commit()
        outcome = self.session.outcome
        outcome.is_asked = True
        outcome.has_answered = self.server._mailjet_read_senders()
        self.env.cr.commit()
        self.session.mailjet_covered = self.server._mailjet_covered()

    def _hand_over(self, parcel, left):
        """Commit, note the CustomIDs, and only then let the sessions have the mails."""
        self.env.cr.commit()
        self._note(each for each in parcel if each.envelopes)
        for prepared in parcel:
            left.remove(prepared.mail_id)
            self._open[prepared.mail_id].begin(prepared)
        self.sessions.put([each for mail in parcel for each in mail.envelopes])
        self._keep(at_most_pending=2 * self._chunk, seconds=self.budget.seconds_left())

    def _note(self, parcel):
        """Keep CustomIDs, and keep and log why mails do not go by the Send API."""
        custom_ids, by_smtp, groups = {}, {}, defaultdict(list)
        for prepared in parcel:
            custom_ids[prepared.mail_id] = prepared.custom_ids
            for words in list(prepared.by_smtp.values())[:1]:
                by_smtp[prepared.mail_id] = words
                groups[str(words)].append(prepared.mail_id)
        if custom_ids:
            self._claims.note(custom_ids, by_smtp)
        for reason, mail_ids in groups.items():
            _logger.info("Mailjet: emails %s go by SMTP: %s", mail_ids, reason)

    # ------------------------------------------------------------------
    # Keeping
    # ------------------------------------------------------------------

    def _keep(self, at_most_pending=0, seconds=None):
        """Write down what became of the mails that are answered."""
        for delivery in self.sessions.take(at_most_pending, seconds):
            self._note_delivery(delivery)
        answered = sum(mail.is_answered for mail in self._open.values())
        if at_most_pending and answered < self._chunk:
            return  # a transaction costs the same for more of them
        results = {}
        released = []
        for mail in [mail for mail in self._open.values() if mail.is_answered]:
            del self._open[mail.id]
            if mail.is_untouched and (self.sessions.failure or not mail.reasons):
                released.append(mail.id)
            else:
                results[mail.id] = mail.entries
        self._claims.release(released)
        used = {mail_id: used_of(entries) for mail_id, entries in results.items()}
        self._claims.give_back(self.server, dict.fromkeys(released, 0) | used)
        if results:
            self._keep_results(results)

    def _note_delivery(self, delivery: Delivery):
        mail_id, key, _number = delivery.envelope.key
        mail = self._open[mail_id]
        mail.waits_for.discard(delivery.envelope.key)
        partner_id = mail.partner_ids[key]
        if words := not_carried(delivery):
            mail.entries.append(Entry.not_carried(partner_id, delivery, words))
            return
        delivery.errors = self.sessions.errors(delivery, mail.by_smtp.get(key))
        mail.entries.append(Entry.of(partner_id, delivery, self._diagnose))
        for address, error in delivery.errors.items():
            if delivery.fates[address] == Fate.REFUSED:
                refusal = self._diagnose(error)
                self._refusals[refusal.cause] = refusal
                if refusal.cause is Cause.TOO_MANY_CONNECTIONS:
                    self.sessions.brake(delivery.envelope)

    def _keep_results(self, results):
        """Write results in one transaction; on a conflict once more, from memory."""
        try:
            self._write(results)
        except Exception:
            # Whatever one mail's hooks raise must not cost the others their results
            self.env.cr.rollback()
            _logger.exception("Mailjet: results are written one by one")
            for mail_id, entries in results.items():
                try:
                    self._write({mail_id: entries})
                except Exception:
                    # It stays in flight, and recovery asks Mailjet
                    self.env.cr.rollback()
                    _logger.exception("Mailjet: result of email %s not kept", mail_id)
        if self._callback:
            self._callback(list(results))

    def _write(self, results):
        def keep():
            mails = self.env["mail.mail"].browse(results)
            return mails._mailjet_keep(self._claims.token, self.server, results)

        sent = self._repeat(keep)
        self.sent += sent
        self._progress.note(results, self._mailings, sent, self.sessions.running)

    def _repeat(self, work):
        """Do what can be repeated, and commit it, whatever others write meanwhile."""
        for attempt in range(MOST_CONFLICTS):
            try:
                result = work()
                self.env.cr.commit()
            except CONFLICTS:
                self.env.cr.rollback()
                if attempt == MOST_CONFLICTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
            else:
                return result
        return None

    def _note_refusals(self):
        """Pause the server where a refusal concerns all mail, apart from results."""
        self._repeat(self._pause_or_go_on)
        if self.server._is_mailjet_paused():
            self.env["mail.mail"]._mailjet_wait_for_pause(self.server, self._ids)

    def _pause_for(self, refusal):
        if not self.server._is_mailjet_paused():
            self.server._mailjet_note_refusal(refusal, is_connection=True)

    def _pause_or_go_on(self):
        if self.server._is_mailjet_paused():
            return  # another worker has met the same
        if self.sessions.failure:
            self._pause_for(self.server._mailjet_diagnose(self.sessions.failure))
        for refusal in self._refusals.values():
            self.server._mailjet_note_refusal(refusal)
        if not self.sessions.failure and not self._is_paused():
            self.server._mailjet_end_pause()
