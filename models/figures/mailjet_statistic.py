import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import PROVIDERS
from ..locking import worker_lock

_logger = logging.getLogger(__name__)

# The events that the status of a message implies. A click implies an open wherever it
# comes from, see `opened` in `_rebuild_day`
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
LOCK = "mail_mailjet statistic"


class MailjetStatistic(models.Model):
    """Delivery results of one day, summed up by campaign, domain and provider.

    Sums are always rebuilt from the day's events and messages, never incremented, so
    they match the details however late or often those arrived. Code that changes events
    marks their days as stale, and a cron rebuilds these. Once old events have been
    deleted, the sums of their days stay as they are.
    """

    _name = "mailjet.statistic"
    _description = "Daily sums of Mailjet's events"
    _log_access = False

    server_id = fields.Many2one("ir.mail_server", required=True, ondelete="cascade")
    date = fields.Date(required=True, help="In UTC.")
    mailing_id = fields.Many2one(
        "mailing.mailing", index="btree_not_null", ondelete="cascade"
    )
    mailjet_campaign_id = fields.Char()
    sender_domain = fields.Char()
    provider = fields.Char()
    delivered = fields.Integer()
    opened = fields.Integer()
    clicked = fields.Integer()
    opens = fields.Integer()
    clicks = fields.Integer()
    machine_opens = fields.Integer()
    hard_bounced = fields.Integer()
    soft_bounced = fields.Integer()
    blocked = fields.Integer()
    complained = fields.Integer()
    unsubscribed = fields.Integer()

    # Two transactions that rebuild the same day cannot both succeed
    _key_unique = models.UniqueIndex(
        "(server_id, date, COALESCE(mailing_id, 0), COALESCE(mailjet_campaign_id, ''),"
        " COALESCE(sender_domain, ''), COALESCE(provider, ''))"
    )

    # ------------------------------------------------------------------
    # Stale days
    # ------------------------------------------------------------------

    @api.model
    def _note_messages(self, server_id, message_ids):
        """Mark the days of these messages and their events as stale.

        :param list message_ids: Mailjet's ids, as strings
        """
        messages = SQL(
            "(SELECT unnest(%s::varchar[]) AS mailjet_message_id,"
            " NULL::timestamp AS date)",
            list(message_ids),
        )
        self.env.cr.execute(self._note_statement(server_id, messages))

    @api.model
    def _note_statement(self, server_id, messages):
        """Return the statement that marks the days of messages and events as stale.

        :param SQL messages: rows of `mailjet_message_id` and another `date` to mark
        """
        return SQL(
            """
            INSERT INTO mailjet_statistic_stale (server_id, date)
            SELECT DISTINCT %(server)s, found.date::date
              FROM (SELECT date FROM %(messages)s AS message
                     UNION ALL
                    SELECT event.date
                      FROM %(messages)s AS message
                      JOIN mailjet_event AS event
                        ON event.mailjet_message_id = message.mailjet_message_id
                       AND event.server_id = %(server)s
                     UNION ALL
                    SELECT known.date
                      FROM %(messages)s AS message
                      JOIN mailjet_message AS known
                        ON known.key = message.mailjet_message_id
                       AND known.server_id = %(server)s) AS found
             WHERE found.date IS NOT NULL
            """,
            server=server_id,
            messages=messages,
        )

    @api.model
    def _cron_refresh(self):
        """Rebuild the sums of all stale days."""
        self._refresh()

    @api.model
    def _refresh(self):
        """Rebuild the sums of all stale days, committing each.

        :return: whether no day is left
        """
        with worker_lock(self.env, LOCK) as is_free:
            return is_free and self._refresh_locked()

    @api.model
    def _refresh_locked(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        # A new transaction sees what the last refresh has committed
        commit_progress()
        days = self._stale_days()
        frozen = self._forgotten_until()
        for number, (server_id, date, stale_ids) in enumerate(days):
            if not frozen or date > frozen:
                self._rebuild_day(server_id, date)
            self.env.cr.execute(
                SQL(
                    "DELETE FROM mailjet_statistic_stale WHERE id IN %s",
                    tuple(stale_ids),
                )
            )
            self.invalidate_model()
            if not commit_progress(1, remaining=len(days) - number - 1):
                # After a partial run Odoo waits up to a minute
                self.env.ref("mail_mailjet.ir_cron_refresh_statistics")._trigger()
                return number == len(days) - 1
        return True

    @api.model
    def _stale_days(self):
        self.env.cr.execute(
            """
            SELECT server_id, date, array_agg(id)
              FROM mailjet_statistic_stale
          GROUP BY server_id, date
          ORDER BY date DESC
            """
        )
        return self.env.cr.fetchall()

    @api.model
    def _forget_events_before(self, date):
        """Freeze the sums of earlier days.

        :param date date: the first day that is not frozen
        :return: whether all sums are up to date, so that the events may be deleted
        """
        if not self.env["mailjet.event"].search_count([("date", "<", date)], limit=1):
            return False
        if not self._refresh():
            return False
        last = fields.Date.subtract(date, days=1)
        set_param = self.env["ir.config_parameter"].sudo().set_param
        set_param("mail_mailjet.events_forgotten_until", fields.Date.to_string(last))
        return True

    @api.model
    def _forgotten_until(self):
        """Return the last day whose events have been deleted, or None."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        return fields.Date.to_date(get_param("mail_mailjet.events_forgotten_until"))

    # ------------------------------------------------------------------
    # The sums of a day
    # ------------------------------------------------------------------

    @api.model
    def _rebuild_day(self, server_id, date):
        """Rebuild the sums of one day.

        A message counts once for each kind of event, on the day of the first one. As
        images may be off, a click shows that it was opened, too. `opens` and `clicks`
        count nothing but events.
        """
        end = fields.Date.add(date, days=1)
        providers = [
            (domain, code)
            for code, (_name, domains) in PROVIDERS.items()
            for domain in domains
        ]
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mailjet_statistic WHERE server_id = %s AND date = %s
                """,
                server_id,
                date,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailjet_statistic (
                            server_id, date, mailing_id, mailjet_campaign_id,
                            sender_domain, provider, delivered, opened, clicked, opens,
                            clicks, machine_opens, hard_bounced, soft_bounced, blocked,
                            complained, unsubscribed)
                SELECT %(server)s, %(date)s, fact.mailing_id, fact.mailjet_campaign_id,
                       fact.sender_domain,
                       CASE WHEN fact.recipient_domain IS NOT NULL
                            THEN COALESCE(provider.code, 'other') END,
                       %(delivered)s, %(opened)s, %(clicked)s,
                       count(*) FILTER (WHERE event = 'open' AND is_event),
                       count(*) FILTER (WHERE event = 'click' AND is_event),
                       count(*) FILTER (WHERE event = 'open' AND is_automatic),
                       %(hard)s, %(soft)s, %(blocked)s, %(complained)s, %(unsubscribed)s
                  FROM (%(events)s UNION ALL %(messages)s) AS fact
             LEFT JOIN (VALUES %(providers)s) AS provider (domain, code)
                    ON provider.domain = fact.recipient_domain
              GROUP BY 3, 4, 5, 6
                """,
                server=server_id,
                date=date,
                delivered=_first("sent"),
                opened=SQL("count(*) FILTER (WHERE is_first_open)"),
                clicked=_first("click"),
                hard=_first("bounce", " AND bounce_type = 'hard'"),
                soft=_first("bounce", " AND bounce_type IS DISTINCT FROM 'hard'"),
                blocked=_first("blocked"),
                complained=_first("spam"),
                unsubscribed=_first("unsub"),
                events=self._events_query(server_id, date, end),
                messages=self._messages_query(server_id, date, end),
                providers=SQL(", ").join(SQL("(%s, %s)", *pair) for pair in providers),
            )
        )

    @api.model
    def _events_query(self, server_id, start, end):
        return SQL(
            """
            SELECT mailing_id, mailjet_campaign_id, sender_domain, recipient_domain,
                   event, bounce_type, is_automatic, TRUE AS is_event,
                   NOT COALESCE(is_automatic, FALSE)
                       AND NOT EXISTS (%(earlier)s AND earlier.event = event.event)
                       AS is_first,
                   event IN ('open', 'click') AND NOT COALESCE(is_automatic, FALSE)
                       AND NOT EXISTS (
                           %(earlier)s AND earlier.event IN ('open', 'click'))
                       AS is_first_open
              FROM mailjet_event AS event
             WHERE server_id = %(server)s AND date >= %(start)s AND date < %(end)s
            """,
            earlier=SQL(
                """
                SELECT FROM mailjet_event AS earlier
                 WHERE earlier.mailjet_message_id = event.mailjet_message_id
                   AND earlier.server_id = event.server_id
                   AND earlier.is_automatic IS NOT TRUE
                   AND (earlier.date, earlier.id) < (event.date, event.id)
                """
            ),
            server=server_id,
            start=start,
            end=end,
        )

    @api.model
    def _messages_query(self, server_id, start, end):
        """Return the events that message statuses imply and that are missing."""
        return SQL(
            """
            SELECT message.mailing_id, NULLIF(message.mailjet_campaign_id, ''), NULL,
                   NULLIF(split_part(message.email, '@', 2), ''), implied.event,
                   CASE WHEN message.status = 'hardbounced' OR message.is_permanent
                        THEN 'hard' END,
                   FALSE, FALSE, TRUE,
                   implied.event IN ('open', 'click')
                       AND NOT EXISTS (%(known)s AND event.event IN ('open', 'click')
                                       AND event.is_automatic IS NOT TRUE)
              FROM mailjet_message AS message
              JOIN (VALUES %(implied)s) AS implied (status, event)
                ON implied.status = message.status
             WHERE server_id = %(server)s AND date >= %(start)s AND date < %(end)s
               AND NOT EXISTS (%(known)s AND event.event = implied.event)
            """,
            known=SQL(
                """
                SELECT FROM mailjet_event AS event
                 WHERE event.mailjet_message_id = message.key
                   AND event.server_id = message.server_id
                """
            ),
            implied=SQL(", ").join(SQL("(%s, %s)", *pair) for pair in IMPLIED),
            server=server_id,
            start=start,
            end=end,
        )


def _first(event, more=""):
    return SQL(f"count(*) FILTER (WHERE event = %s AND is_first{more})", event)
