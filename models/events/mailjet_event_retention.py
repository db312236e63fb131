from odoo import api, fields, models
from odoo.tools import SQL

# Unless Settings say otherwise
EVENT_MONTHS = 6
# Rows deleted in one transaction
GC_STEP = 10_000


class MailjetEvent(models.Model):
    """How long events are kept."""

    _inherit = "mailjet.event"

    @api.autovacuum
    def _gc_events(self):
        """Delete old events in steps; their effects and daily sums stay."""
        months = int(
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("mail_mailjet.event_months", EVENT_MONTHS)
        )
        if months <= 0:
            return None
        oldest = fields.Date.subtract(fields.Date.today(), months=months)
        if not self.env["mailjet.statistic"]._forget_events_before(oldest):
            return None
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mailjet_event
                 WHERE id IN (SELECT id FROM mailjet_event WHERE date < %s LIMIT %s)
                """,
                oldest,
                GC_STEP,
            )
        )
        self.invalidate_model()
        return self.env.cr.rowcount, self.env.cr.rowcount == GC_STEP
