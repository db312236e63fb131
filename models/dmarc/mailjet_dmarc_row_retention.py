from odoo import api, models
from odoo.tools import SQL

from .mailjet_dmarc_report_retention import ROW_DAYS


class MailjetDmarcRow(models.Model):
    """Replacing old rows by sums of a day that name no single machine.

    An IP address may point to a person. The sums are rows as well, so that every screen
    goes on as before; they belong to no report.
    """

    _inherit = "mailjet.dmarc.row"

    @api.autovacuum
    def _gc_rows(self):
        """Sum up the oldest day whose time has come, once its sums are up to date."""
        oldest = self.env["mailjet.dmarc.report"]._days_kept("row", ROW_DAYS)
        if not oldest:
            return None
        self.env.cr.execute(
            """
            SELECT min(day) FROM mailjet_dmarc_row
             WHERE report_id IS NOT NULL
               AND day NOT IN (SELECT day FROM mailjet_dmarc_statistic_stale)
            """
        )
        [day] = self.env.cr.fetchone()
        if not day or day >= oldest:
            return None
        return self._sum_up(day), True

    @api.model
    def _summed_by(self):
        """Return the names of the fields by which sums are kept apart."""
        return [
            "domain_id",
            "day",
            "disposition",
            "dkim_aligned",
            "spf_aligned",
            "passes",
            "header_from",
            "dkim_domain",
            "dkim_selector",
            "spf_domain",
            "is_split",
        ]

    @api.model
    def _sum_up(self, day):
        """Replace the rows of a day by sums; return how many there were."""
        self.flush_model()
        names = SQL(", ").join(map(SQL.identifier, self._summed_by()))
        self.env.cr.execute(
            SQL(
                """
                WITH old AS (
                    DELETE FROM mailjet_dmarc_row
                     WHERE day = %(day)s AND report_id IS NOT NULL
                 RETURNING *
                ), sums AS (
                    INSERT INTO mailjet_dmarc_row (%(names)s, count, counted)
                    SELECT %(names)s, least(sum(count), 2147483647), TRUE
                      FROM old WHERE counted GROUP BY %(names)s
                )
                SELECT count(*) FROM old
                """,
                day=day,
                names=names,
            )
        )
        [count] = self.env.cr.fetchone()
        self.invalidate_model()
        return count
