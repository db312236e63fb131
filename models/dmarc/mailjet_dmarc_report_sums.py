from odoo import api, models


class MailjetDmarcReport(models.Model):
    """Have the rows of new reports summed up at once."""

    _inherit = "mailjet.dmarc.report"

    @api.model
    def _cron_read(self):
        result = super()._cron_read()
        self.env.ref("mail_mailjet.ir_cron_dmarc_refresh")._trigger()
        return result
