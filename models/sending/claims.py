# Sending is committed step by step: bytes that have left cannot be rolled back
# pylint: disable=invalid-commit
import json
import uuid
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from odoo import fields
from odoo.tools import SQL
from odoo.tools.mail import email_normalize_all

from ...tools.address import address_key
from ..locking import read_committed
from .limits import Allowance

OUTGOING, IN_FLIGHT = "outgoing", "mailjet_in_flight"
# Mails that are set to wait at once when a limit is used up
MOST_AT_ONCE = 10000


@dataclass(frozen=True)
class Taken:
    """What `Claims.take` has done.

    :ivar chosen: ids of the mails that are claimed
    :ivar too_large: ids of mails too large for the limits ever to fit
    :ivar is_empty: no mail may go now, and none was set to wait
    """

    chosen: list[int]
    too_large: list[int]
    is_empty: bool


@dataclass(frozen=True)
class Reservation:
    """What a mail that is about to be sent takes of the limits, and since when."""

    server_id: int
    count: int
    reserved_on: datetime


class Claims:
    """What one worker has taken on to send: committed before the first byte leaves.

    A claimed mail is in flight, under the worker's token. An advisory lock on the token
    shows that the worker lives; it ends with the worker's connection.
    """

    def __init__(self, env):
        self._env = env
        self.token = uuid.uuid4().hex
        # Of each mail that is claimed, until it is known what it has used
        self.reservations = {}
        self._ends = None
        self._cr = None
        self._cursor = None

    def __enter__(self):
        self._cursor = self._env.registry.cursor()
        self._cr = self._cursor.__enter__()
        self._cr.execute(
            "SELECT pg_advisory_lock(hashtextextended(%s, 0))", [self.token]
        )
        self._cr.commit()
        return self

    def __exit__(self, *exc):
        try:
            if not self._cr.closed:
                self._cr.rollback()
                # The connection goes back to the pool, and the lock would go with it
                self._cr.execute("SELECT pg_advisory_unlock_all()")
                self._cr.commit()
        finally:
            self._cursor.__exit__(None, None, None)

    @contextmanager
    def _transaction(self):
        """Give the worker's cursor; commit to disk what is done with it."""
        try:
            read_committed(self._cr)
            self._cr.execute("SET LOCAL synchronous_commit = on")
            yield self._cr
            self._cr.commit()
        except BaseException:
            self._cr.rollback()
            raise

    def take(self, server, limit, ids=None):
        """Claim mails that may go now.

        :param server: a Mailjet server
        :param int limit: how many at the most
        :param ids: choose among these; without, among all that name the server
        :return: `Taken`
        """
        # Before the reservation: what is given back shall not count in a later hour
        now = fields.Datetime.now()
        with self._transaction() as cr:
            counts = self._candidates(cr, server, limit, ids)
            allowance = self._reserve(cr, server, counts, now)
            if allowance.chosen:
                cr.execute(
                    """
                    UPDATE mail_mail
                       SET state = %s, mailjet_claim = %s, mailjet_server_id = %s,
                           mailjet_claimed_on = %s,
                           scheduled_date = CASE WHEN mailjet_waits_for = 'mailing'
                                                 THEN NULL ELSE scheduled_date END,
                           mailjet_waits_for = NULL, mailjet_next_look = NULL,
                           mailjet_uncertain_on = NULL
                     WHERE id = ANY(%s)
                    """,
                    [IN_FLIGHT, self.token, server.id, now, allowance.chosen],
                )
            self._postpone(cr, server, allowance)
            if allowance.more_from and ids is None:
                self._postpone_all(cr, server, allowance.more_from)
        return Taken(allowance.chosen, allowance.too_large, is_empty=not counts)

    def _candidates(self, cr, server, limit, ids):
        """Lock mails that may go, those of no mailing first.

        Whether a mailing is paused is asked here. A mail that is still marked as
        waiting for it when it has been resumed goes.

        :return: id -> number of recipients
        """
        wanted = SQL("mail.id = ANY(%s)", list(ids or []))
        if ids is None:
            wanted = SQL(
                "(%s OR message.mail_server_id = %s"
                " AND mail.mailjet_waits_for = 'mailing')",
                self._is_due(server),
                server.id,
            )
        cr.execute(
            SQL(
                """
                SELECT mail.id, mail.email_to, mail.email_cc,
                       ARRAY(SELECT partner.email
                               FROM mail_mail_res_partner_rel rel
                               JOIN res_partner partner
                                 ON partner.id = rel.res_partner_id
                              WHERE rel.mail_mail_id = mail.id)
                  FROM mail_mail mail
                  JOIN mail_message message ON message.id = mail.mail_message_id
                 WHERE mail.state = %s AND %s
                   AND (mail.mailing_id IS NULL OR mail.mailing_id NOT IN (
                        SELECT id FROM mailing_mailing WHERE mailjet_is_paused))
              ORDER BY mail.mailing_id IS NOT NULL, mail.id
                 LIMIT %s
                   FOR UPDATE OF mail SKIP LOCKED
                """,
                OUTGOING,
                wanted,
                limit,
            )
        )
        return {
            mail_id: recipient_count(email_to, email_cc, partner_emails)
            for mail_id, email_to, email_cc, partner_emails in cr.fetchall()
        }

    def _is_due(self, server):
        return SQL(
            """
            message.mail_server_id = %s
            AND (mail.scheduled_date IS NULL OR mail.scheduled_date <= %s)
            """,
            server.id,
            fields.Datetime.now(),
        )

    def _reserve(self, cr, server, counts, now) -> Allowance:
        """Reserve what the limits allow of these mails."""
        env = server.env(cr=cr)
        allowance = server.with_env(env)._mailjet_reserve(counts)
        if allowance.more_from or allowance.waits:
            times = [allowance.more_from, *allowance.waits.values()]
            for when in {when for when in times if when}:
                env["mail.mail"]._mailjet_trigger_queue(when)
        env.flush_all()
        for mail_id in allowance.chosen:
            self.reservations[mail_id] = Reservation(server.id, counts[mail_id], now)
        self._ends = allowance.ends
        return allowance

    def seconds_left(self, most):
        """Return for how long mails may be begun that `take` has just claimed.

        In the next hour, day or month they would count there.

        :param most: seconds if no limit ends before
        """
        if not self._ends:
            return most
        return min(
            (self._ends - datetime.now(UTC).replace(tzinfo=None)).total_seconds(), most
        )

    def _postpone(self, cr, server, allowance):
        """Have mails wait that do not fit now."""
        if not allowance.waits:
            return
        cr.execute_values(
            f"""
            UPDATE mail_mail mail
               SET mailjet_server_id = {int(server.id)}, mailjet_waits_for = 'limit',
                   scheduled_date = row.until::timestamp
              FROM (VALUES %s) AS row (id, until)
             WHERE mail.id = row.id
            """,
            list(allowance.waits.items()),
        )

    def _postpone_all(self, cr, server, until):
        """Have all mail of the server wait: nothing more may go."""
        cr.execute(
            SQL(
                """
                UPDATE mail_mail
                   SET mailjet_server_id = %s, mailjet_waits_for = 'limit',
                       scheduled_date = %s
                 WHERE id IN (
                    SELECT mail.id
                      FROM mail_mail mail
                      JOIN mail_message message ON message.id = mail.mail_message_id
                     WHERE mail.state = %s AND %s
                     LIMIT %s
                       FOR UPDATE OF mail SKIP LOCKED
                )
                """,
                *(server.id, until, OUTGOING, self._is_due(server), MOST_AT_ONCE),
            )
        )

    def note(self, custom_ids, by_smtp=None):
        """Keep which CustomIDs are about to be used, so that Mailjet can be asked.

        :param dict custom_ids: mail id -> {partner id or "": CustomID}
        :param dict by_smtp: mail id -> `Words` why it goes by SMTP and not by the Send
            API; a mail that is not in it loses the reason it had
        """
        reasons = {
            mail_id: json.dumps(words.to_json())
            for mail_id, words in (by_smtp or {}).items()
        }
        rows = [
            (mail_id, json.dumps(ids), reasons.get(mail_id))
            for mail_id, ids in custom_ids.items()
        ]
        with self._transaction() as cr:
            # A mail that the Send API has refused keeps Mailjet's reason
            cr.execute_values(
                """
                UPDATE mail_mail mail
                   SET mailjet_custom_ids = row.custom_ids::jsonb,
                       mailjet_by_smtp = CASE WHEN mail.mailjet_needs_smtp
                                              THEN mail.mailjet_by_smtp
                                              ELSE row.by_smtp::jsonb END
                  FROM (VALUES %s) AS row (id, custom_ids, by_smtp)
                 WHERE mail.id = row.id
                """,
                rows,
            )

    def give_back(self, server, used):
        """Return to the limits what mails have not used of their reservations.

        :param dict used: id of a mail -> recipients that count at Mailjet
        """
        unused = defaultdict(int)
        for mail_id, count in used.items():
            reservation = self.reservations.pop(mail_id, None)
            if reservation:
                unused[reservation.reserved_on] += reservation.count - count
        if any(unused.values()):
            with self._transaction() as cr:
                env = server.env(cr=cr)
                for reserved_on, count in unused.items():
                    server.with_env(env)._mailjet_give_back(count, reserved_on)
                env.flush_all()

    def release(self, mail_ids):
        """Give back mails of which not a byte left: they are outgoing again."""
        if not mail_ids:
            return
        with self._transaction() as cr:
            cr.execute(
                """
                UPDATE mail_mail
                   SET state = %s, mailjet_claim = NULL, mailjet_claimed_on = NULL
                 WHERE id = ANY(%s) AND mailjet_claim = %s AND state = %s
                """,
                [OUTGOING, list(mail_ids), self.token, IN_FLIGHT],
            )


def recipient_count(email_to, email_cc, partner_emails):
    """Return for how many recipients a mail counts at Mailjet.

    Partners get a mail each; the others get one together, each address once.

    :param partner_emails: the email of each partner, which may hold several addresses
    """
    groups = [f"{email_to or ''},{email_cc or ''}", *partner_emails]
    count = sum(len(addresses_in(group)) for group in groups)
    # What has no valid recipient fails; it shall not pass every limit until then
    return max(count, 1)


def addresses_in(text):
    """Return the different addresses of a text, each as it is compared."""
    return {address_key(email) for email in normalized_emails(text or "")}


@lru_cache(maxsize=2000)
def normalized_emails(text):
    """Return what `email_normalize_all` does, for a mail that is looked at often."""
    return tuple(email_normalize_all(text))
