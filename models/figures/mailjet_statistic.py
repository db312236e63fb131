import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ..locking import worker_lock

_logger = logging.getLogger(__name__)

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
    unfollowed = fields.Integer(
        help="Emails of which Odoo knows an imported failure, open or click, but not "
        "whether those beside it were delivered."
    )

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
