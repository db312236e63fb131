import logging
import time
from collections import Counter, defaultdict

from odoo import fields

from .claims import OUTGOING
from .results import by_verdict

_logger = logging.getLogger(__name__)

# Watchers are notified, and what is left is counted, after so many seconds
NEWS_SECONDS = 1
COUNT_SECONDS = 10
# Counting a million takes seconds, and nobody needs the exact number
MOST_COUNTED = 10_000


class Progress:
    """What a run has sent so far: for whoever watches, and for the log.

    News are rows of the bus in a transaction of their own, so that nothing disturbs
    the results.
    """

    def __init__(self, server, ids=None, clock=time.monotonic):
        self._server = server
        self._clock = clock
        self._begun_at = clock()
        self._published_at = clock() - NEWS_SECONDS
        self._news = defaultdict(Counter)
        self._mailing_ids = set()
        self._done = 0
        self._has_list = ids is not None
        self._left = len(ids or ())
        self._counted_at = clock() - COUNT_SECONDS

    def note(self, results, mailings, accepted, sessions):
        """Log what a chunk of mails brought, and publish it at most once a second.

        :param dict results: mail id -> list of `Entry`
        :param dict mailings: mail id -> mailing id, 0 for mails of no mailing
        :param int accepted: recipients that Mailjet took
        :param int sessions: how many are open
        """
        self._done += len(results)
        for mail_id, entries in results.items():
            if mailing_id := mailings.get(mail_id):
                self._news[mailing_id][outcome_of(entries)] += 1
        self._mailing_ids.update(self._news)
        _logger.info(
            "Mailjet: %s emails through %s: %s recipients, %.1f emails a second, "
            "%s left",
            len(results),
            self._server.name,
            accepted,
            self._done / max(self._clock() - self._begun_at, 0.001),
            self._count_left(len(results)),
        )
        if self._clock() - self._published_at >= NEWS_SECONDS:
            self._publish({"sessions": sessions})

    def end(self):
        """Publish the rest, and have watchers read what is stored."""
        change = {"is_changed": True}
        for mailing_id in self._mailing_ids:
            self._news[mailing_id].update(change)
        self._publish({"sessions": 0, **change})

    def _publish(self, of_server):
        env = self._server.env
        env["mailing.mailing"]._mailjet_publish(self._news)
        news = {"id": self._server.id, **of_server}
        env["bus.bus"]._sendone(self._server, "mailjet_queue", news)
        env.cr.commit()
        self._news.clear()
        self._published_at = self._clock()

    def _count_left(self, done):
        """Return how many mails are left, as text; other workers may send some."""
        now = self._clock()
        if not self._has_list and now - self._counted_at >= COUNT_SECONDS:
            self._left = self._search_left()
            self._counted_at = now
        elif not self._is_uncounted():
            self._left = max(self._left - done, 0)
        return f"at least {self._left}" if self._is_uncounted() else str(self._left)

    def _is_uncounted(self):
        return not self._has_list and self._left == MOST_COUNTED

    def _search_left(self):
        return self._server.env["mail.mail"].search_count(
            [
                ("state", "=", OUTGOING),
                ("mail_server_id", "=", self._server.id),
                "|",
                ("scheduled_date", "=", False),
                ("scheduled_date", "<=", fields.Datetime.now()),
            ],
            limit=MOST_COUNTED,
        )


def outcome_of(entries):
    """Return what became of a mail for whoever counts: sent, failed or delayed."""
    kinds = {verdict.kind for verdict in by_verdict(entries)}
    if "sent" in kinds:
        return "sent"
    return "failed" if kinds == {"failed"} else "delayed"
