from odoo import api, fields, models
from odoo.tools import SQL

from ..bulk_write import refresh, rows_as_table

# What a report writes of an event
FIELDS = (
    "key",
    "event",
    "date",
    "mailjet_message_id",
    "mailjet_campaign_id",
    "mailjet_contact_id",
    "url",
    "agent",
    "is_automatic",
    "bounce_type",
    "is_blocked",
    "error",
    "failure_reason",
)
# What Odoo knows of its mail
MAIL_FIELDS = ("custom_id", "email", "recipient_domain", "state")


class MailjetEvent(models.Model):
    """Events imported by reports, beside those that Mailjet posts.

    Both kinds share one key, so an event that comes both ways is stored once. Imported
    events lack address and X-MJ-CustomID, which are copied from other records of the
    same message and contact, at once or when those arrive.
    """

    _inherit = "mailjet.event"
    _report_column = "report_key"

    # Plain numbers: a foreign key or an index would slow down a million inserts
    report_key = fields.Integer("Imported by report", readonly=True, aggregator=None)
    report_run = fields.Integer("In run", readonly=True, aggregator=None)

    # Events that wait for the address of a contact
    _contact = models.Index("(mailjet_contact_id) WHERE email IS NULL")

    @api.model
    def _store_page(self, report, rows):
        """Insert the new events of one page; return how many there were.

        :param report: the `mailjet.report` that imports them
        :param list rows: dicts of values, see `tools.report.row`
        """
        rows = list({row["key"]: row for row in rows}.values())
        if not rows:
            return 0
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH stored AS (%(store)s), noted AS (%(note)s)
                SELECT array_agg(id),
                       count(*) FILTER (WHERE is_new),
                       bool_or(state = 'new') FILTER (WHERE is_new)
                  FROM stored
                """,
                store=self._store_statement(report, rows),
                note=self.env["mailjet.statistic"]._note_statement(
                    report.server_id.id,
                    SQL("(SELECT mailjet_message_id, date FROM stored WHERE is_new)"),
                ),
            )
        )
        event_ids, count, is_to_be_applied = self.env.cr.fetchone()
        if is_to_be_applied:
            self._wake_cron()
        refresh(
            self.browse(event_ids),
            ["server_id", "origin", "report_key", "report_run", *FIELDS, *MAIL_FIELDS],
        )
        return count

    @api.model
    def _store_statement(self, report, rows):
        """Return the statement that inserts rows with known data of their emails."""
        on_conflict = SQL("DO NOTHING")
        if report._replaces():
            on_conflict = SQL(
                "DO UPDATE SET report_run = EXCLUDED.report_run"
                " WHERE known.report_key = EXCLUDED.report_key"
            )
        return SQL(
            """
            INSERT INTO mailjet_event AS known (
                        server_id, origin, report_key, report_run, %(names)s,
                        custom_id, email, recipient_domain, state)
            SELECT %(server)s, 'api', %(report)s, %(run)s, %(values)s,
                   mail.custom_id, mail.email, split_part(mail.email, '@', 2),
                   CASE WHEN mail.custom_id IS NULL THEN 'foreign' ELSE 'new' END
              FROM %(rows)s %(mail)s
                ON CONFLICT (server_id, key) %(on_conflict)s
         RETURNING id, mailjet_message_id, date, state, xmax = 0 AS is_new
            """,
            names=SQL(", ").join(map(SQL.identifier, FIELDS)),
            values=SQL(", ").join(SQL("row.%s", SQL.identifier(n)) for n in FIELDS),
            server=report.server_id.id,
            report=report.id,
            run=report.run,
            rows=rows_as_table(self, rows, FIELDS),
            mail=self._known_mail_joins(report.server_id.id),
            on_conflict=on_conflict,
        )

    @api.model
    def _known_mail_joins(self, server_id):
        """Return the joins that find custom id and address of the email of a `row`."""
        return SQL(
            """
            LEFT JOIN LATERAL (
                      SELECT custom_id, email FROM mailjet_event
                       WHERE mailjet_message_id = row.mailjet_message_id
                         AND server_id = %(server)s AND email IS NOT NULL
                       LIMIT 1) AS event ON TRUE
            LEFT JOIN mailjet_message AS message
                   ON message.key = row.mailjet_message_id
                  AND message.server_id = %(server)s
            LEFT JOIN mailjet_contact AS contact
                   ON contact.key = row.mailjet_contact_id
                  AND contact.server_id = %(server)s
                  AND contact.is_anonymized IS NOT TRUE
           CROSS JOIN LATERAL (
                      SELECT NULLIF(COALESCE(event.custom_id, message.custom_id), '')
                                AS custom_id,
                             COALESCE(event.email, NULLIF(message.email, ''),
                                      contact.email) AS email) AS mail
            """,
            server=server_id,
        )

    @api.model
    def _adopt(self, server_id, rows):
        """Fill in the newly known data of events' emails, and have them applied.

        :param list rows: dicts with `key` (the message's id), `custom_id`, `email`
        """
        if not rows:
            return
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_event AS event
                   SET custom_id = row.custom_id, email = row.email, state = 'new',
                       recipient_domain = split_part(row.email, '@', 2)
                  FROM %s
                 WHERE event.server_id = %s
                   AND event.mailjet_message_id = row.key
                   AND event.state = 'foreign' AND event.custom_id IS NULL
             RETURNING event.id
                """,
                rows_as_table(self, rows, ("key", "custom_id", "email")),
                server_id,
            )
        )
        adopted = self.browse(event_id for (event_id,) in self.env.cr.fetchall())
        if adopted:
            refresh(adopted, MAIL_FIELDS)
            self._wake_cron()

    @api.model
    def _add_addresses(self, server_id, contact_ids):
        """Fill in the missing addresses of events from their contacts.

        :param list contact_ids: of contacts now known
        """
        self.env.cr.execute(
            SQL(
                """
                WITH found AS (
                         UPDATE mailjet_event AS event
                            SET email = contact.email,
                                recipient_domain = split_part(contact.email, '@', 2)
                           FROM mailjet_contact AS contact
                          WHERE event.server_id = %(server)s AND event.email IS NULL
                            AND event.mailjet_contact_id IN %(contacts)s
                            AND contact.server_id = %(server)s
                            AND contact.key = event.mailjet_contact_id
                            AND contact.is_anonymized IS NOT TRUE
                      RETURNING event.date::date AS date)
                INSERT INTO mailjet_statistic_stale (server_id, date)
                SELECT DISTINCT %(server)s, date FROM found
                """,
                server=server_id,
                contacts=tuple(contact_ids),
            )
        )
        self.invalidate_model()

    @api.model
    def _remove_rows(self, server_id, condition):
        """Remove imported events.

        :param int server_id: whose events these are
        :param SQL condition: which events
        """
        self.env.cr.execute(
            SQL(
                """
                WITH removed AS (
                         DELETE FROM mailjet_event
                          WHERE %s
                      RETURNING mailjet_message_id, date)
                %s
                """,
                condition,
                self.env["mailjet.statistic"]._note_statement(
                    server_id, SQL("(SELECT mailjet_message_id, date FROM removed)")
                ),
            )
        )
        self.invalidate_model()

    @api.model
    def _forget_contacts(self, server_id, keys):
        """Erase all that identifies these contacts from their events."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_event
                   SET email = NULL, ip = NULL, geo = NULL, agent = NULL,
                       payload = NULL, damaged = NULL
                 WHERE server_id = %s AND mailjet_contact_id IN %s
                   AND (email IS NOT NULL OR payload IS NOT NULL)
                """,
                server_id,
                tuple(keys),
            )
        )
        self.invalidate_model()
