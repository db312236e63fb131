# Sending is committed step by step: bytes that have left cannot be rolled back
# pylint: disable=invalid-commit
import json
import uuid
from contextlib import contextmanager

from odoo.sql_db import Cursor
from odoo.tools import SQL, email_split

OUTGOING, IN_FLIGHT = "outgoing", "mailjet_in_flight"


class Claims:
    """What one worker has taken on to send: committed before the first byte leaves.

    A claimed mail is in flight, under the worker's token. An advisory lock on the token
    shows that the worker lives; it ends with the worker's connection.
    """

    def __init__(self, env):
        self._env = env
        self.token = uuid.uuid4().hex
        # Recipients of each mail that is claimed, as the limits count them
        self.counts = {}
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
            # Under REPEATABLE READ even SKIP LOCKED fails on a row that was changed
            # since the snapshot. The tests' cursors are in a transaction already.
            if isinstance(self._cr, Cursor):
                self._cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
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
        :return: ids claimed, and ids of mails too large for the limits ever to fit
        """
        with self._transaction() as cr:
            rows = self._candidates(cr, server, limit, ids)
            chosen, later, too_large = self._fit(cr, server, rows)
            self.counts.update(row for row in rows if row[0] in set(chosen))
            if chosen:
                cr.execute(
                    """
                    UPDATE mail_mail
                       SET state = %s, mailjet_claim = %s, mailjet_server_id = %s,
                           mailjet_claimed_on = now() AT TIME ZONE 'UTC',
                           mailjet_waits_for = NULL, mailjet_next_look = NULL,
                           mailjet_uncertain_on = NULL
                     WHERE id = ANY(%s)
                    """,
                    [IN_FLIGHT, self.token, server.id, chosen],
                )
            if later:
                waits_for, until, later_ids = later
                cr.execute(
                    """
                    UPDATE mail_mail
                       SET mailjet_server_id = %s, mailjet_waits_for = %s,
                           scheduled_date = %s
                     WHERE id = ANY(%s)
                    """,
                    [server.id, waits_for, until, later_ids],
                )
        return chosen, too_large

    def _candidates(self, cr, server, limit, ids):
        """Lock mails that may go, those of no mailing first.

        :return: list of (id, number of recipients)
        """
        wanted = SQL("mail.id = ANY(%s)", list(ids or []))
        if ids is None:
            wanted = SQL(
                """
                message.mail_server_id = %s
                AND (mail.scheduled_date IS NULL
                     OR mail.scheduled_date <= now() AT TIME ZONE 'UTC')
                """,
                server.id,
            )
        cr.execute(
            SQL(
                """
                SELECT mail.id, mail.email_to, mail.email_cc,
                       (SELECT count(*) FROM mail_mail_res_partner_rel rel
                         WHERE rel.mail_mail_id = mail.id)
                  FROM mail_mail mail
                  JOIN mail_message message ON message.id = mail.mail_message_id
                 WHERE mail.state = %s AND %s
              ORDER BY mail.mailing_id IS NOT NULL, mail.id
                 LIMIT %s
                   FOR UPDATE OF mail SKIP LOCKED
                """,
                OUTGOING,
                wanted,
                limit,
            )
        )
        return [
            (mail_id, recipient_count(email_to, email_cc, partners))
            for mail_id, email_to, email_cc, partners in cr.fetchall()
        ]

    def _fit(self, cr, server, rows):
        """Reserve what the limits allow; smaller mails pass those that do not fit."""
        server = server.with_env(server.env(cr=cr))
        allowance = server._mailjet_reserve([count for _id, count in rows])
        server.env.flush_all()
        if allowance is None:
            return [mail_id for mail_id, _count in rows], None, []
        chosen, waiting, too_large = [], [], []
        for (mail_id, count), fits in zip(rows, allowance.fits, strict=True):
            if fits:
                chosen.append(mail_id)
            elif count > allowance.largest:
                too_large.append(mail_id)
            else:
                waiting.append(mail_id)
        later = waiting and ("limit", allowance.more_from, waiting)
        return chosen, later, too_large

    def note(self, custom_ids):
        """Keep which CustomIDs are about to be used, so that Mailjet can be asked.

        :param dict custom_ids: mail id -> {partner id or "": CustomID}
        """
        with self._transaction() as cr:
            cr.execute_values(
                """
                UPDATE mail_mail mail
                   SET mailjet_custom_ids = row.custom_ids::jsonb
                  FROM (VALUES %s) AS row (id, custom_ids)
                 WHERE mail.id = row.id
                """,
                [(mail_id, json.dumps(ids)) for mail_id, ids in custom_ids.items()],
            )

    def give_back(self, server, count):
        """Return to the limits what was reserved and not used."""
        if count:
            with self._transaction() as cr:
                env = server.env(cr=cr)
                env["mailjet.sending"].sudo()._note(server.with_env(env), -count)
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


def recipient_count(email_to, email_cc, partners):
    """Return for how many recipients a mail counts at Mailjet: each address once."""
    addresses = email_split(f"{email_to or ''},{email_cc or ''}")
    return max(len(set(addresses)) + partners, 1)
