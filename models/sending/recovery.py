import logging
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo import fields
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as CONFLICTS
from odoo.tools import SQL

from ...const import API_PAGE_SIZE
from ...tools.mailjet.errors import MailjetApiError
from ...tools.mailjet.evidence import (
    LATER_EMAILS,
    Evidence,
    earliest,
    is_missing,
    is_overdue,
    next_look,
    watermark,
)
from ...tools.smtp.pipeline import Fate
from .claims import IN_FLIGHT
from .results import Entry, fates_of
from .run import LEASE_SECONDS, MOST_CONFLICTS

_logger = logging.getLogger(__name__)

# A claim this old is no longer worked on; its worker's lock must be free as well
ABANDONED_AFTER = timedelta(minutes=15)
# What a killed worker had begun is over by then: its lease, and the last reply's
# time-out
LONGEST_HANDOVER = timedelta(seconds=LEASE_SECONDS + 60)
# Later events of a mail are no longer looked for: to search them takes longer each day
EVENTS_COME_WITHIN = timedelta(days=3)
# Mails that are looked at together
BATCH = 1000
# So many are asked for one by one; more of them by pages of all that Mailjet took
MOST_SINGLE = 100
# Pages that surely fit into one run, which begins again with the first one
MOST_PAGES = 20
BUDGET_SECONDS = 45


@dataclass(frozen=True)
class Recipient:
    """One SMTP transaction of a mail.

    :ivar partner_id: 0 for the bare addresses
    :ivar custom_id: "" if it was never noted, so that nothing was sent
    :ivar addresses: envelope recipient -> the address to look for; None: any
    """

    partner_id: int
    custom_id: str
    addresses: dict[str, str | None]


@dataclass(frozen=True)
class Doubt:
    """A mail whose hand-over has no result, as it was when it was read.

    :ivar uncertain_on: Mailjet cannot have taken it later
    """

    mail_id: int
    claim: str
    server_id: int
    claimed_on: datetime
    uncertain_on: datetime
    recipients: list[Recipient]

    @property
    def custom_ids(self):
        """The CustomIDs by which Mailjet may know it."""
        return {one.custom_id for one in self.recipients if one.custom_id}

    def entries(self, evidence, otherwise, reason=None):
        """Return an `Entry` for each recipient.

        :param Evidence evidence: what Mailjet has shown
        :param Fate otherwise: of those of which it has shown nothing
        """
        entries = []
        for one in self.recipients:
            entry = Entry(one.partner_id)
            for recipient, address in one.addresses.items():
                if not one.custom_id:
                    entry.fates[recipient] = Fate.NOT_BEGUN
                elif evidence.has(one.custom_id, address, self.claimed_on):
                    entry.fates[recipient] = Fate.ACCEPTED
                else:
                    entry.fates[recipient] = otherwise
                    entry.reasons[recipient] = reason
            entries.append(entry)
        return entries


class Recovery:
    """Find out what became of mails that a worker left in flight.

    Events are looked at first, then Mailjet is asked. Nothing is locked meanwhile: what
    follows for a mail is written only if it still is in flight under the same claim.
    """

    def __init__(self, env):
        self.env = env
        self._ends_at = time.monotonic() + BUDGET_SECONDS
        self._silent = set()  # ids of servers whose API has failed in this run
        self._seen = set()
        self._kept = defaultdict(int)

    def run(self):
        """Look at all mails that are due.

        :return: whether some are left that could be looked at now
        """
        self._repeat(self._claim_unclaimed)
        self._settle_undecided()
        while not self._is_over() and (doubts := self._due()) is not None:
            self._recover(doubts)
        if self._kept:
            _logger.info("Mailjet: interrupted emails: %s", dict(self._kept))
        return self._is_over()

    def _commit(self):
        # As a scheduled action does after each step
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _is_over(self):
        return time.monotonic() >= self._ends_at

    # ------------------------------------------------------------------
    # Which mails
    # ------------------------------------------------------------------

    def _claim_unclaimed(self):
        """Give a claim to mails in flight that have none, so that none is forgotten."""
        mails = self.env["mail.mail"].search(
            [
                ("state", "=", IN_FLIGHT),
                "|",
                ("mailjet_claim", "=", False),
                ("mailjet_claimed_on", "=", False),
            ],
            limit=BATCH,
        )
        for mail in mails:
            mail.write(mail._mailjet_late_claim(mail.create_date))

    def _due(self):
        """Return the `Doubt`s of some mails that are due, None if no more are.

        Mails that a worker has in hand are left out.
        """
        now = fields.Datetime.now()
        mails = self.env["mail.mail"].search(
            [
                ("state", "=", IN_FLIGHT),
                ("mailjet_claimed_on", "<=", now - ABANDONED_AFTER),
                "|",
                ("mailjet_next_look", "=", False),
                ("mailjet_next_look", "<=", now),
                ("mailjet_server_id", "not in", list(self._silent)),
                ("id", "not in", list(self._seen)),
            ],
            order="mailjet_claimed_on, id",
            limit=BATCH,
        )
        self._seen.update(mails.ids)
        free = self._free_claims(set(mails.mapped("mailjet_claim")))
        due = mails.filtered(lambda mail: mail.mailjet_claim in free)
        doubts = [self._doubt(mail) for mail in due]
        self._commit()
        return doubts if mails else None

    def _free_claims(self, claims):
        """Return those whose worker is gone: it will never hold them again."""
        self.env.cr.execute(
            SQL(
                """
                SELECT claim FROM unnest(%s::varchar[]) AS claim
                 WHERE pg_try_advisory_xact_lock(hashtextextended(claim, 0))
                """,
                list(claims),
            )
        )
        return {claim for [claim] in self.env.cr.fetchall()}

    def _doubt(self, mail):
        claimed_on = mail.mailjet_claimed_on
        return Doubt(
            mail_id=mail.id,
            claim=mail.mailjet_claim,
            server_id=mail.mailjet_server_id.id or 0,
            claimed_on=claimed_on,
            uncertain_on=mail.mailjet_uncertain_on or claimed_on + LONGEST_HANDOVER,
            recipients=mail._mailjet_doubtful_recipients(),
        )

    # ------------------------------------------------------------------
    # What is known
    # ------------------------------------------------------------------

    def _recover(self, doubts):
        """Settle what can be settled, by what is known here or by asking Mailjet."""
        evidence = self._events(doubts)
        left = self._settle(doubts, evidence)
        by_server = defaultdict(list)
        for doubt in left:
            by_server[doubt.server_id].append(doubt)
        for server_id, group in by_server.items():
            self._ask(server_id, group, evidence)

    def _events(self, doubts):
        """Return what events say, applied or not."""
        evidence = Evidence()
        custom_ids = {one for doubt in doubts for one in doubt.custom_ids}
        if custom_ids:
            since = min(earliest(doubt.claimed_on) for doubt in doubts)
            # Their index is by date; nothing is waiting to be written
            self.env.cr.execute(
                SQL(
                    """
                    SELECT custom_id, email, date FROM mailjet_event
                     WHERE date >= %s AND custom_id = ANY(%s)
                    """,
                    since,
                    list(custom_ids),
                )
            )
            for row in self.env.cr.fetchall():
                evidence.add(*row)
            self._commit()
        return evidence

    def _settle_undecided(self):
        """Settle mails that somebody was to decide on, where events came after all."""
        oldest = fields.Datetime.now() - EVENTS_COME_WITHIN
        mails = self.env["mail.mail"].search(
            [
                ("state", "=", "exception"),
                ("mailjet_is_undecided", "=", True),
                ("mailjet_claimed_on", ">", oldest),
            ],
            limit=BATCH,
        )
        doubts = [self._doubt(mail) for mail in mails]
        evidence = self._events(doubts)
        found = [
            doubt.mail_id
            for doubt in doubts
            if fates_of(doubt.entries(evidence, Fate.UNCERTAIN)) == {Fate.ACCEPTED}
        ]
        if found:
            mails = self.env["mail.mail"].browse(found)
            self._repeat(mails._mailjet_keep_decided)

    def _ask(self, server_id, doubts, evidence):
        """Ask the server's account for mails, as far as time allows.

        :param evidence: what is known already; what Mailjet lists is added
        """
        server = self.env["ir.mail_server"].sudo().browse(server_id or []).exists()
        if not server:
            self._judge(doubts, evidence, None)
            return
        if since := server.mailjet_account_since:
            # A run may have gone on with the key that it had begun with
            since += ABANDONED_AFTER
            elsewhere = [one for one in doubts if one.claimed_on <= since]
            self._judge(elsewhere, evidence, None)
            doubts = [one for one in doubts if one.claimed_on > since]
            if not doubts:
                return
        since = min(doubt.uncertain_on for doubt in doubts)
        try:
            with server._mailjet_client() as client:
                self._commit()
                # Read before the mails are looked for, so that it cannot say too much
                arrivals = client.latest_arrivals(since, LATER_EMAILS)
                listed_until = watermark(arrivals)
                if self._ask_by_pages(client, doubts, evidence, listed_until):
                    return
                for doubt in doubts:
                    if self._is_over():
                        return
                    self._ask_singly(client, doubt, evidence)
                    self._judge([doubt], evidence, listed_until)
        except MailjetApiError as error:
            _logger.info("Mailjet: %s could not be asked: %s", server.name, error)
            self._silent.add(server_id)
            self.env.cr.rollback()
            now = fields.Datetime.now()
            late = [one for one in doubts if is_overdue(one.claimed_on, now)]
            self._judge(late, evidence, None)

    def _ask_singly(self, client, doubt, evidence):
        for custom_id in doubt.custom_ids:
            since = earliest(doubt.claimed_on)
            self._add(evidence, client.messages_of(custom_id, since))

    def _ask_by_pages(self, client, doubts, evidence, listed_until):
        """Read all that Mailjet took meanwhile, where that means fewer requests.

        :return: whether it was done, or begun and the time is up
        """
        if len(doubts) <= MOST_SINGLE:
            return False
        start = min(earliest(doubt.claimed_on) for doubt in doubts)
        end = max(doubt.claimed_on for doubt in doubts) + ABANDONED_AFTER
        if client.message_count(start, end) >= MOST_PAGES * API_PAGE_SIZE:
            return False
        left, offset = doubts, 0
        while not self._is_over():
            messages = client.message_page(
                start, end, offset=offset, limit=API_PAGE_SIZE
            )
            self._add(evidence, messages)
            if len(messages) < API_PAGE_SIZE:
                self._judge(left, evidence, listed_until)
                break
            left = self._settle(left, evidence)
            offset += len(messages)
        return True

    def _add(self, evidence, messages):
        for message in messages:
            if message.custom_id and message.arrived_at:
                evidence.add(message.custom_id, message.email, message.arrived_at)

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _settle(self, doubts, evidence):
        """Keep what is known of mails; return those of which something is not."""
        known, left = [], []
        for doubt in doubts:
            entries = doubt.entries(evidence, Fate.UNCERTAIN)
            fates = fates_of(entries)
            if Fate.UNCERTAIN in fates:
                left.append(doubt)
            else:
                known.append((doubt, entries))
        self._keep(known)
        return left

    def _judge(self, doubts, evidence, listed_until):
        """Decide on mails that Mailjet was asked for.

        :param listed_until: see `watermark`; None: it could not be asked
        """
        now = fields.Datetime.now()
        results, unsure = [], []
        for doubt in doubts:
            otherwise, reason = Fate.UNCERTAIN, None
            if is_missing(doubt.claimed_on, doubt.uncertain_on, listed_until, now):
                otherwise = Fate.NOT_BEGUN
            elif is_overdue(doubt.claimed_on, now):
                otherwise = Fate.REFUSED
                mail = self.env["mail.mail"].browse(doubt.mail_id)
                reason = mail._mailjet_undecided_failure()
            entries = doubt.entries(evidence, otherwise, reason)
            fates = fates_of(entries)
            if Fate.UNCERTAIN in fates:
                unsure.append(doubt)
            if fates != {Fate.UNCERTAIN}:
                results.append((doubt, entries))
        if unsure:
            self._repeat(lambda: self._look_again(unsure, now))
        self._keep(results)

    def _look_again(self, doubts, now):
        for doubt in doubts:
            mail = self.env["mail.mail"].browse(doubt.mail_id)
            if mail._mailjet_held(doubt.claim):
                mail.write(
                    {
                        "mailjet_next_look": next_look(doubt.claimed_on, now),
                        "mailjet_uncertain_on": doubt.uncertain_on,
                    }
                )

    def _keep(self, results):
        """Write down results, those of one claim in one transaction."""
        by_claim = defaultdict(dict)
        for doubt, entries in results:
            by_claim[doubt.claim][doubt.mail_id] = entries
        for claim, found in by_claim.items():
            try:
                self._repeat(lambda c=claim, f=found: self._write(c, f))
            except Exception:
                # One mail's hooks must not keep the others in flight
                self.env.cr.rollback()
                _logger.exception("Mailjet: results are written one by one")
                self._keep_singly(claim, found)

    def _keep_singly(self, claim, found):
        for mail_id, entries in found.items():
            try:
                self._repeat(lambda i=mail_id, e=entries: self._write(claim, {i: e}))
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Mailjet: email %s stays in flight", mail_id)

    def _write(self, claim, found):
        mails = self.env["mail.mail"].browse(found)
        held = mails._mailjet_keep_recovered(claim, found)
        for mail_id in held:
            for entry in found[mail_id]:
                for fate in entry.fates.values():
                    self._kept[fate.value] += 1

    def _repeat(self, write):
        """Write and commit; on a conflict once more."""
        for attempt in range(MOST_CONFLICTS):
            try:
                write()
                self._commit()
                return
            except CONFLICTS:
                self.env.cr.rollback()
                if attempt == MOST_CONFLICTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
