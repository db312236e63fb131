from odoo import api, fields, models
from odoo.tools import SQL


class MailjetDmarcStatisticDay(models.Model):
    """A day whose rows have been summed up, and what they were then.

    A day is summed up again when its rows are others, however they came or went. The
    figures that tell are cheap: how many rows, their messages, and the newest row.
    """

    _name = "mailjet.dmarc.statistic.day"
    _description = "Day of DMARC reports that has been summed up"
    _log_access = False

    domain_id = fields.Many2one(
        "mailjet.domain", required=True, index=True, ondelete="cascade"
    )
    day = fields.Date(required=True)
    is_stale = fields.Boolean()
    row_count = fields.Integer()
    messages = fields.Integer()
    # Ids have no end at which an integer field would do
    last_row = fields.Char()

    _day_unique = models.UniqueIndex("(domain_id, day)")

    @api.model
    def _to_rebuild(self):
        """Return (domain id, day) for each day to sum up, the newest first.

        Once the rows of a day have lost their reports and addresses, its sums stay.
        """
        self.env["mailjet.dmarc.row"].flush_model()
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT domain_id, day
              FROM (SELECT domain_id, day, count(*)::int AS row_count,
                           sum(count)::bigint AS messages, max(id)::varchar AS last_row,
                           bool_or(report_id IS NULL) AS is_final
                      FROM mailjet_dmarc_row
                     WHERE counted
                  GROUP BY domain_id, day) AS found
         FULL JOIN mailjet_dmarc_statistic_day AS known USING (domain_id, day)
             WHERE (known.is_stale OR (found.row_count, found.messages, found.last_row)
                    IS DISTINCT FROM (known.row_count, known.messages, known.last_row))
               AND NOT (known.id IS NOT NULL AND COALESCE(found.is_final, FALSE))
          ORDER BY day DESC, domain_id
            """
        )
        return self.env.cr.fetchall()

    @api.model
    def _note(self, domain_id, day):
        """Note the rows of a day as summed up."""
        self.env.cr.execute(
            SQL(
                """
                WITH found AS (
                    SELECT count(*)::int AS row_count, sum(count)::bigint AS messages,
                           max(id)::varchar AS last_row
                      FROM mailjet_dmarc_row
                     WHERE counted AND domain_id = %(domain)s AND day = %(day)s
                    HAVING count(*) > 0
                ), gone AS (
                    DELETE FROM mailjet_dmarc_statistic_day
                     WHERE domain_id = %(domain)s AND day = %(day)s
                       AND NOT EXISTS (SELECT FROM found)
                )
                INSERT INTO mailjet_dmarc_statistic_day
                            (domain_id, day, is_stale, row_count, messages, last_row)
                SELECT %(domain)s, %(day)s, FALSE, row_count, messages, last_row
                  FROM found
                    ON CONFLICT (domain_id, day) DO UPDATE
                   SET is_stale = FALSE, row_count = EXCLUDED.row_count,
                       messages = EXCLUDED.messages, last_row = EXCLUDED.last_row
                """,
                domain=domain_id,
                day=day,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _mark_stale(self, domains):
        """Have all days of domains summed up again: their sources have other names."""
        self.search([("domain_id", "in", domains.ids)]).is_stale = True

    @api.model
    def _mark_addresses_stale(self, domain, addresses):
        """Have the days summed up again on which these addresses sent."""
        self.flush_model()
        self.env["mailjet.dmarc.row"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_dmarc_statistic_day AS known SET is_stale = TRUE
                  FROM (SELECT DISTINCT day FROM mailjet_dmarc_row
                         WHERE source_ip = ANY(%s) AND domain_id = %s) AS found
                 WHERE known.day = found.day AND known.domain_id = %s
                """,
                list(addresses),
                domain.id,
                domain.id,
            )
        )
        self.invalidate_model(flush=False)
