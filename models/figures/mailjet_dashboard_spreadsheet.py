from odoo import api, models
from odoo.tools import convert_file

MODULE = "mail_mailjet"
# The module that has the model of the record
SPREADSHEETS = "spreadsheet_dashboard"
DATA = "data/spreadsheet_dashboard.xml"


class MailjetDashboard(models.AbstractModel):
    """Adds a spreadsheet dashboard, if the module for those is installed.

    That module is no dependency: once both modules are installed, in whichever order,
    the record is created from its data file.
    """

    _inherit = "mailjet.dashboard"

    def _register_hook(self):
        super()._register_hook()
        # This hook also runs when a registry in use changes
        is_loading = not self.pool.ready
        if is_loading and {MODULE, SPREADSHEETS} & {*self.pool.updated_modules}:
            self._load_spreadsheet()

    @api.model
    def _load_spreadsheet(self):
        """Create or update the record.

        :return: whether its model exists
        """
        if "spreadsheet.dashboard" not in self.env:
            return False
        convert_file(self.env, MODULE, DATA, idref={}, mode="init", noupdate=True)
        return True
