from odoo import api, fields, models
from odoo.tools import SQL


class MailjetDmarcStatisticStale(models.Model):
    """A day whose sums of DMARC reports have to be rebuilt.

    Code that changes rows, or what names their sources, inserts one. They are only ever
    inserted, so that transactions do not wait for each other, and a refresh that finds
    none has nothing to do.
    """

    _name = "mailjet.dmarc.statistic.stale"
    _description = "Day whose sums of DMARC reports are stale"
    _log_access = False

    domain_id = fields.Many2one(
        "mailjet.domain", required=True, index=True, ondelete="cascade"
    )
    day = fields.Date(required=True)

    @api.model
    def _to_rebuild(self):
        """Return (domain id, day) for each day to sum up, the newest first."""
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT DISTINCT domain_id, day FROM mailjet_dmarc_statistic_stale
          ORDER BY day DESC, domain_id
            """
        )
        return self.env.cr.fetchall()

    @api.model
    def _settle(self, domain_id, day):
        """Forget the notes of a day, in the transaction that rebuilds its sums.

        Those that others insert meanwhile are not visible in it, and stay.
        """
        self.env.cr.execute(
            SQL(
                "DELETE FROM mailjet_dmarc_statistic_stale"
                " WHERE domain_id = %s AND day = %s",
                domain_id,
                day,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _note_days(self, days):
        """Have days summed up again.

        :param days: pairs of a domain's id and a date
        """
        domain_ids, dates = zip(*days, strict=True) if days else ((), ())
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailjet_dmarc_statistic_stale (domain_id, day)
                SELECT * FROM unnest(%s::int[], %s::date[])
                """,
                list(domain_ids),
                list(dates),
            )
        )

    @api.model
    def _note_rows(self, condition):
        """Have the days of some rows summed up again.

        :param SQL condition: which rows
        """
        self.env["mailjet.dmarc.row"].flush_model()
        self._note_from("mailjet_dmarc_row", condition)

    @api.model
    def _note_domains(self, domains):
        """Have all days of domains summed up again: their sources have other names."""
        self.env["mailjet.dmarc.statistic"].flush_model()
        condition = SQL("domain_id = ANY(%s)", domains.ids)
        self._note_from("mailjet_dmarc_statistic", condition)

    @api.model
    def _note_from(self, table, condition):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailjet_dmarc_statistic_stale (domain_id, day)
                SELECT DISTINCT domain_id, day FROM %s WHERE %s
                """,
                SQL.identifier(table),
                condition,
            )
        )
