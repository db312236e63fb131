from odoo import api, fields, models

FILE_DAYS = 30
ROW_DAYS = 180
# Records handled in one transaction
GC_STEP = 1000


class MailjetDmarcReport(models.Model):
    """How long files and reports are kept."""

    _inherit = "mailjet.dmarc.report"

    @api.model
    def _days_kept(self, name, default):
        """Return a period from the settings, and the day before which it has passed.

        :return: None if it is kept forever
        """
        get_param = self.env["ir.config_parameter"].sudo().get_param
        days = int(get_param(f"mail_mailjet.dmarc_{name}_days", default))
        return (
            fields.Date.subtract(fields.Date.today(), days=days) if days > 0 else None
        )

    @api.autovacuum
    def _gc_files(self):
        """Delete old files, and the records that consist of nothing else."""
        oldest = self._days_kept("file", FILE_DAYS)
        if not oldest:
            return None
        old = [("create_date", "<", oldest), ("state", "!=", "received")]
        useless = self.search(
            [*old, ("state", "not in", ("done", "partial"))], limit=GC_STEP
        )
        count = len(useless)
        useless.attachment_id.unlink()
        useless.unlink()
        read = self.search([*old, ("attachment_id", "!=", False)], limit=GC_STEP)
        read.attachment_id.unlink()
        return count + len(read), GC_STEP in (count, len(read))

    @api.autovacuum
    def _gc_reports(self):
        """Delete old reports once their rows have been summed up."""
        oldest = self._days_kept("row", ROW_DAYS)
        if not oldest:
            return None
        old = self.search(
            [
                ("state", "in", ("done", "partial")),
                ("create_date", "<", oldest),
                ("row_ids", "=", False),
            ],
            limit=GC_STEP,
        )
        count = len(old)
        old.unlink()
        return count, count == GC_STEP
