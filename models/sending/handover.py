"""The ways a run hands mails over: SMTP, the Send API, or both."""

from ...tools.mailjet.send_request import SendEntry
from ...tools.mailjet.send_session import SendSession
from ...tools.mailjet.send_sessions import SendSessions
from ...tools.pool import Deliveries
from ...tools.smtp.connection import Connector
from ...tools.smtp.exceptions import OneWayError
from ...tools.smtp.pipeline import Delivery, Fate
from ...tools.smtp.sessions import Sessions

SMTP, API = "smtp", "api"


class Handover:
    """A pool of sessions for each way, with the deliveries of all in one list.

    A pool is opened for the first mail that goes its way. To a run it looks like one
    pool; an error that only concerns one of two ways is a `OneWayError`.

    :param server: the mail server's record
    :param Session session: what its `_connect__` returned
    """

    def __init__(self, server, session):
        self._deliveries = Deliveries()
        self._pools = {}
        self._failures = {}
        self._session = session
        # The threads must not touch a record
        self._limit = server._mailjet_session_count()
        self._address = (
            *(server.smtp_host, server.smtp_port),
            *(server.smtp_user, server.smtp_pass),
        )
        if isinstance(session, SendSession):
            # SMTP is for what the API does not carry, or each has mails of its own
            is_both = session.only_mailings or session.refusal
            self._main = set() if is_both else {API}
        else:
            self._main = {SMTP}
            self._pools[SMTP] = self._smtp_pool(session.connection)

    @property
    def pending(self):
        """How many mails are queued or under way."""
        return self._deliveries.pending

    @property
    def running(self):
        """How many sessions are open."""
        return sum(pool.running for pool in self._pools.values())

    @property
    def failure(self):
        """The error for which nothing more can be handed over, or None."""
        for way, pool in self._pools.items():
            error = pool.failure
            if error and (
                way in self._main or self._session.diagnose(OneWayError(error)).pauses
            ):
                return error
        return None

    def put(self, envelopes):
        """Queue mails; wait while more is queued than memory should hold.

        :param envelopes: `Envelope` for SMTP, and `SendEntry` for the API
        """
        ways = {}
        for envelope in envelopes:
            ways.setdefault(way_of(envelope), []).append(envelope)
        for way, some in ways.items():
            if pool := self._pool(way):
                pool.put(some)
            else:
                self._give_up(some, self._failures[way])

    def take(self, at_most_pending=0, seconds=None):
        """Return what is done, see `Deliveries.take`."""
        return self._deliveries.take(at_most_pending, seconds)

    def cancel(self):
        """Take back what no session has begun."""
        for pool in self._pools.values():
            pool.cancel()

    def brake(self, envelope):
        """Halve the number of sessions, as the server has asked for it."""
        self._pools[way_of(envelope)].brake()

    def close(self):
        """End all sessions when nothing is queued any more."""
        for pool in self._pools.values():
            pool.close()
        self._session.quit()

    def errors(self, delivery, reason):
        """Return the errors of a delivery by recipient, as they concern the server.

        :param Words reason: why it did not go by the API, or None
        """
        if way_of(delivery.envelope) in self._main:
            return delivery.errors
        return {to: OneWayError(error, reason) for to, error in delivery.errors.items()}

    def _pool(self, way):
        """Return the pool of a way; None if it cannot be opened, see `_failures`."""
        if way in self._pools or way in self._failures:
            return self._pools.get(way)
        if way == API:
            opener = self._session.open_api
            pool = SendSessions(opener, self._limit, deliveries=self._deliveries)
        else:
            try:
                pool = self._smtp_pool(self._session.open_smtp())
            except OSError as error:
                self._failures[way] = error
                return None
        self._pools[way] = pool
        return pool

    def _smtp_pool(self, connection):
        diagnose = self._session.diagnose
        return Sessions(
            connection,
            Connector.like(connection, *self._address),
            limit=self._limit,
            is_rotation=lambda error: diagnose(error).reconnects,
            deliveries=self._deliveries,
        )

    def _give_up(self, envelopes, error):
        with self._deliveries.changed:
            self._deliveries.pending += len(envelopes)
        for envelope in envelopes:
            self._deliveries.add(Delivery.of(envelope, Fate.NOT_BEGUN, error))


def way_of(envelope):
    """Return the way for which a mail was prepared."""
    return API if isinstance(envelope, SendEntry) else SMTP
