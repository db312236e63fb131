from odoo import api, models
from odoo.exceptions import UserError

# Reports that complete the figures -> values of a new import
IMPORTS = {"bounce": {}, "message": {}, "contact": {"memberships": False}}


class MailjetDashboard(models.AbstractModel):
    """Imports that the screens offer where Odoo knows only a part."""

    _inherit = "mailjet.dashboard"

    @api.model
    def action_import(self, server_id, report):
        """Run an import of an account, creating it if necessary.

        :param int server_id: id of a Mailjet server
        :param str report: a key of `IMPORTS`
        :return: an action that shows the import
        :raise AccessError: for users who may not create imports
        """
        reports = self.env["mailjet.report"]
        reports.check_access("create")
        servers = self.env["ir.mail_server"]._mailjet_of_companies()
        server = servers.filtered(lambda one: one.id == server_id)
        if not server or report not in IMPORTS:
            raise UserError(self.env._("Choose a Mailjet server and a report."))
        domain = [
            ("server_id", "=", server.id),
            ("report", "=", report),
            ("filter_type", "=", "all"),
        ]
        found = reports.search(domain, limit=1) or reports.create(
            {"server_id": server.id, "report": report, **IMPORTS[report]}
        )
        found.action_run()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "mail_mailjet.mailjet_report_action"
            ),
            "res_id": found.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
