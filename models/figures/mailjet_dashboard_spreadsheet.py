from odoo import api, models
from odoo.tools import convert_file

MODULE = "mail_mailjet"
# Beside ours, the module whose installation makes a place for the record
SPREADSHEETS = "spreadsheet_dashboard"
DATA = "data/spreadsheet_dashboard.xml"


class MailjetDashboard(models.AbstractModel):
    """A spreadsheet dashboard where there are such, without depending on them.

    Whichever of both modules is installed first: when the other one is, the record is
    made as that of any data file.
    """

    _inherit = "mailjet.dashboard"

    def _register_hook(self):
        super()._register_hook()
        # Called again whenever a registry in use changes, too
        is_loading = not self.pool.ready
        if is_loading and {MODULE, SPREADSHEETS} & {*self.pool.updated_modules}:
            self._load_spreadsheet()

    @api.model
    def _load_spreadsheet(self):
        """Make or update the record.

        :return: whether there is a place for it
        """
        if "spreadsheet.dashboard" not in self.env:
            return False
        convert_file(self.env, MODULE, DATA, idref={}, mode="init", noupdate=True)
        return True
