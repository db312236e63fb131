"""Locks between workers.

Odoo's transactions are REPEATABLE READ: they see the database as it was at their first
query, and fail when they lock or change a row that has changed since, SKIP LOCKED or
not. So whoever locks begins a transaction with `begin`, or repeats what failed.
"""

from contextlib import contextmanager

# What `try_lock` and any write may raise; a new transaction may succeed
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as CONFLICTS
from odoo.sql_db import Cursor
from odoo.tools import SQL

__all__ = ["CONFLICTS", "begin", "read_committed", "try_lock", "worker_lock"]


def begin(env):
    """Commit, and begin a transaction whose queries see what others have committed.

    Its locks and writes wait for other workers or skip what they hold, and never fail
    because of them, unless both wait for each other. Two queries may see different
    states, so lock first and then read what the decision depends on.
    """
    env.cr.commit()
    read_committed(env.cr)
    env.invalidate_all(flush=False)


def read_committed(cr):
    """Let the transaction that begins with this see what others commit meanwhile."""
    # The tests' cursors are in a transaction already
    if isinstance(cr, Cursor):
        cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")


def try_lock(records):
    """Lock the records that nobody else has locked; return them.

    Like `try_lock_for_update`, without an error in the log: conflicts are normal where
    several workers share the work.

    :raise psycopg2.errors.SerializationFailure: in a transaction not begun by `begin`,
        if a record has changed since
    """
    if not records:
        return records
    records.env.cr.execute(
        SQL(
            "SELECT id FROM %s WHERE id IN %s FOR UPDATE SKIP LOCKED",
            SQL.identifier(records._table),
            records._ids,
        ),
        log_exceptions=False,
    )
    locked = {record_id for [record_id] in records.env.cr.fetchall()}
    return records.browse(one for one in records._ids if one in locked)


@contextmanager
def worker_lock(env, name):
    """Hold a lock until the end of the block, across commits and rollbacks.

    It belongs to a connection of its own, and ends with that at the latest.

    :param str name: what only one worker may do at a time
    :return: a context manager that yields whether the lock was free
    """
    with env.registry.cursor() as cr:
        cr.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        is_free = cr.fetchone()[0]
        # The lock stays; an open transaction would only be in the way
        cr.commit()  # pylint: disable=invalid-commit
        try:
            yield is_free
        finally:
            # The connection goes back to the pool, and the lock would go with it
            if is_free:
                cr.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
