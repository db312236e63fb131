from odoo import api, fields, models
from odoo.tools import SQL

from ...const import PROVIDERS
from ...tools.mailjet.delivery_failure import (
    DEFERRED_CODES,
    DUPLICATE_CODES,
    HARD_CODES,
)

# The events that the status of a message implies. A click implies an open wherever it
# comes from, see `_mails_query`
IMPLIED = (
    ("sent", "sent"),
    ("opened", "sent"),
    ("opened", "open"),
    ("clicked", "sent"),
    ("clicked", "click"),
    ("spam", "sent"),
    ("spam", "spam"),
    ("unsub", "sent"),
    ("unsub", "unsub"),
    ("bounce", "bounce"),
    ("hardbounced", "bounce"),
    ("softbounced", "bounce"),
    ("blocked", "blocked"),
)
# What each event shows; one may show several things. Machines show nothing.
SIGNS = {
    "open": "event IN ('open', 'click') AND NOT is_machine",
    "click": "event = 'click' AND NOT is_machine",
    "arrival": "event IN ('sent', 'spam', 'unsub')"
    " OR event IN ('open', 'click') AND NOT is_machine",
    "spam": "event = 'spam'",
    "unsub": "event = 'unsub'",
    "hard": "event = 'bounce' AND is_hard",
    "soft": "event = 'bounce' AND NOT is_hard AND NOT is_deferred",
    "blocked": "event = 'blocked' AND NOT is_deferred",
    "banned": "event = 'blocked' AND NOT is_deferred AND NOT is_duplicate",
}


class MailjetStatistic(models.Model):
    """How the sums of a day are counted.

    An email counts once for each figure, on the day of the event that first showed it,
    and by the fate that `Summary.status` in tools/mailjet/event_summary.py gives it:
    not as bounced if it was delivered after all, and not as delivered if it bounced for
    good.
    """

    _inherit = "mailjet.statistic"

    @api.model
    def _rebuild_day(self, server_id, date):
        """Rebuild the sums of one day.

        `opens` and `clicks` count nothing but events.
        """
        self.env.cr.execute(
            SQL(
                "DELETE FROM mailjet_statistic WHERE server_id = %s AND date = %s",
                server_id,
                date,
            )
        )
        end = fields.Date.add(date, days=1)
        self.env.cr.execute(
            SQL(
                """
                WITH known AS (%(known)s), fact AS (%(facts)s), mail AS (%(mails)s)
                INSERT INTO mailjet_statistic (
                            server_id, date, mailing_id, mailjet_campaign_id,
                            sender_domain, provider, delivered, opened, clicked, opens,
                            clicks, machine_opens, hard_bounced, soft_bounced, blocked,
                            complained, unsubscribed, unfollowed)
                SELECT %(server)s, %(date)s, fact.mailing_id, fact.mailjet_campaign_id,
                       fact.sender_domain,
                       CASE WHEN fact.recipient_domain IS NOT NULL
                            THEN COALESCE(provider.code, 'other') END,
                       count(*) FILTER (WHERE fact.id = first_arrival
                                          AND fate = 'delivered'),
                       count(*) FILTER (WHERE fact.id = first_open),
                       count(*) FILTER (WHERE fact.id = first_click),
                       count(*) FILTER (WHERE event = 'open' AND is_event),
                       count(*) FILTER (WHERE event = 'click' AND is_event),
                       count(*) FILTER (WHERE event = 'open' AND is_machine),
                       count(*) FILTER (WHERE fact.id = first_hard AND fate = 'hard'),
                       count(*) FILTER (WHERE fact.id = first_soft AND fate = 'soft'),
                       count(*) FILTER (WHERE fact.id = first_blocked
                                          AND fate = 'blocked'),
                       count(*) FILTER (WHERE fact.id = first_spam),
                       count(*) FILTER (WHERE fact.id = first_unsub),
                       count(*) FILTER (WHERE is_unfollowed AND fact.id =
                                        CASE fate WHEN 'delivered' THEN first_arrival
                                                  WHEN 'hard' THEN first_hard
                                                  WHEN 'soft' THEN first_soft
                                                  ELSE first_blocked END)
                  FROM fact
                  JOIN mail USING (key)
             LEFT JOIN (VALUES %(providers)s) AS provider (domain, code)
                    ON provider.domain = fact.recipient_domain
                 WHERE fact.date >= %(date)s AND fact.date < %(end)s
              GROUP BY 3, 4, 5, 6
                """,
                server=server_id,
                date=date,
                end=end,
                known=self._known_query(server_id, date, end),
                facts=self._facts_query(server_id, date, end),
                mails=self._mails_query(),
                providers=self._providers(),
            )
        )

    @api.model
    def _providers(self):
        return SQL(", ").join(
            SQL("(%s, %s)", domain, code)
            for code, (_name, domains) in PROVIDERS.items()
            for domain in domains
        )

    @api.model
    def _known_query(self, server_id, start, end):
        """Return the messages of which something is dated on this day."""
        return SQL(
            """
            SELECT mailjet_message_id AS key
              FROM mailjet_event
             WHERE server_id = %(server)s AND date >= %(start)s AND date < %(end)s
               AND mailjet_message_id IS NOT NULL
             UNION
            SELECT key
              FROM mailjet_message
             WHERE server_id = %(server)s AND date >= %(start)s AND date < %(end)s
            """,
            server=server_id,
            start=start,
            end=end,
        )

    @api.model
    def _facts_query(self, server_id, start, end):
        """Return all events of the known messages, those that statuses imply included.

        Implied ones have negative ids. Each event without a message is one of its own;
        with OR instead of UNION, PostgreSQL reads the whole table for each day.
        """
        return SQL(
            """
            SELECT COALESCE(event.mailjet_message_id, '#' || event.id) AS key, event.id,
                   event.date, event.mailing_id, event.mailjet_campaign_id,
                   event.sender_domain, event.recipient_domain, event.event,
                   COALESCE(event.is_automatic, FALSE) AS is_machine,
                   COALESCE(event.bounce_type = 'hard',
                            event.failure_reason IN %(hard)s, FALSE) AS is_hard,
                   COALESCE(event.failure_reason IN %(deferred)s, FALSE)
                        AND event.bounce_type IS DISTINCT FROM 'hard' AS is_deferred,
                   COALESCE(event.failure_reason IN %(duplicate)s, FALSE)
                        AS is_duplicate,
                   TRUE AS is_event,
                   event.report_key IS NULL OR event.event = 'sent' AS is_followed
              FROM (SELECT *
                      FROM mailjet_event
                     WHERE server_id = %(server)s
                       AND mailjet_message_id IN (SELECT key FROM known)
                 UNION ALL
                    SELECT *
                      FROM mailjet_event
                     WHERE server_id = %(server)s AND mailjet_message_id IS NULL
                       AND date >= %(start)s AND date < %(end)s) AS event
         UNION ALL %(implied)s
            """,
            hard=HARD_CODES,
            deferred=DEFERRED_CODES,
            duplicate=DUPLICATE_CODES,
            server=server_id,
            start=start,
            end=end,
            implied=self._implied_query(server_id),
        )

    @api.model
    def _implied_query(self, server_id):
        """Return the events that message statuses imply and that are missing."""
        return SQL(
            """
            SELECT message.key, -message.id::bigint * 2 + implied.number, message.date,
                   message.mailing_id,
                   NULLIF(message.mailjet_campaign_id, ''), NULL,
                   NULLIF(split_part(message.email, '@', 2), ''), implied.event, FALSE,
                   message.status = 'hardbounced'
                        OR COALESCE(message.is_permanent, FALSE),
                   FALSE, FALSE, FALSE, TRUE
              FROM mailjet_message AS message
              JOIN known ON known.key = message.key
              JOIN (VALUES %(implied)s) AS implied (status, event, number)
                ON implied.status = message.status
             WHERE message.server_id = %(server)s
               AND NOT EXISTS (
                   SELECT FROM mailjet_event AS event
                    WHERE event.mailjet_message_id = message.key
                      AND event.server_id = message.server_id
                      AND event.event = implied.event)
            """,
            implied=SQL(", ").join(
                SQL("(%s, %s, %s)", status, event, number % 2)
                for number, (status, event) in enumerate(IMPLIED)
            ),
            server=server_id,
        )

    @api.model
    def _mails_query(self):
        """Return for each message its fate and the first event that shows each thing.

        The least pair of date and id is the first: an aggregate with an ORDER BY would
        sort for each message and sign, which takes five times as long.

        A delivery lifts a soft bounce and a block as a duplicate; an open lifts all. A
        message is followed if Mailjet posted one of its events, or its delivery or the
        message itself was imported: an import of failures alone has no deliveries.
        """
        firsts = SQL(", ").join(
            SQL(
                "(min(moment) FILTER (WHERE %s))[2] AS %s",
                SQL(condition),
                SQL.identifier(f"first_{sign}"),
            )
            for sign, condition in SIGNS.items()
        )
        return SQL(
            """
            SELECT found.*,
                   CASE WHEN first_open IS NOT NULL THEN 'delivered'
                        WHEN first_hard IS NOT NULL THEN 'hard'
                        WHEN first_banned IS NOT NULL THEN 'blocked'
                        WHEN first_arrival IS NOT NULL THEN 'delivered'
                        WHEN first_blocked IS NOT NULL THEN 'blocked'
                        WHEN first_soft IS NOT NULL THEN 'soft' END AS fate
              FROM (SELECT key, NOT bool_or(is_followed) AS is_unfollowed, %s
                      FROM (SELECT *, ARRAY[extract(epoch FROM date)::bigint, id]
                                          AS moment
                              FROM fact) AS dated
                  GROUP BY key) AS found
            """,
            firsts,
        )
