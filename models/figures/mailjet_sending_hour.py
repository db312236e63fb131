from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..reports.mailjet_report_schedule import WEEKDAYS

# The report that imports the hourly counters
WANTED = {
    "report": "counter",
    "counter_source": "APIKey",
    "counter_timing": "Message",
    "counter_resolution": "Hour",
}


class MailjetSendingHour(models.Model):
    """Delivery results by weekday and hour of sending, in the user's time zone.

    A view of each account's hourly counters, which a report imports.
    """

    _name = "mailjet.sending.hour"
    _inherit = ["mailjet.rates.mixin"]
    _description = "Sending hour"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "hour"

    server_id = fields.Many2one("ir.mail_server", "Mailjet server", readonly=True)
    date = fields.Datetime("Sent on", readonly=True, help="Start of the hour.")
    weekday = fields.Selection(WEEKDAYS, readonly=True, help="In your time zone.")
    hour = fields.Char(readonly=True, help="In your time zone.")
    processed = fields.Integer(readonly=True)
    delivered = fields.Integer(readonly=True)
    opened = fields.Integer(readonly=True, help="Counts each message once.")
    clicked = fields.Integer(readonly=True, help="Counts each message once.")
    bounced = fields.Integer("Bounces", readonly=True)
    blocked = fields.Integer(readonly=True)
    complained = fields.Integer("Complaints", readonly=True)
    unsubscribed = fields.Integer(readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT counter.id, counter.server_id, counter.date,
                   (EXTRACT(isodow FROM sent.local)::int - 1)::varchar AS weekday,
                   to_char(sent.local, 'HH24:00') AS hour,
                   counter.processed, counter.delivered, counter.opened,
                   counter.clicked, counter.bounced, counter.blocked,
                   counter.complained, counter.unsubscribed
              FROM mailjet_counter AS counter,
           LATERAL (SELECT counter.date AT TIME ZONE 'UTC' AT TIME ZONE %s AS local)
                   AS sent
             WHERE counter.source = 'APIKey'
               AND counter.timing = 'Message'
               AND counter.resolution = 'Hour'
            """,
            self.env.tz.zone,
        )

    @api.model
    def get_empty_list_help(self, help_message):
        """Explain that a report is missing, and offer it to those who may run it."""
        title = self.env._("When do people open your emails?")
        text = self.env._("Import the account's counters by hour to find out.")
        if self.env["mailjet.report"].has_access("create"):
            offer = Markup(
                '<a type="action" class="btn btn-primary" data-method="action_import"'
                ' data-model="mailjet.sending.hour">%s</a>'
            ) % self.env._("Import the last year by hour")
        else:
            offer = self.env._("An administrator can import them under “Imports”.")
        return super().get_empty_list_help(
            Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p><p>%s</p>')
            % (title, text, offer)
        )

    @api.model
    def action_import(self):
        """Run the hourly import of each account, creating it if necessary.

        :return: an action that shows the imports
        """
        reports = self.env["mailjet.report"]
        for server in self.env["ir.mail_server"]._mailjet_of_companies():
            domain = [("server_id", "=", server.id)]
            domain += [(name, "=", value) for name, value in WANTED.items()]
            reports += reports.search(domain, limit=1) or reports.create(
                {
                    **WANTED,
                    "name": self.env._("Counters by hour"),
                    "server_id": server.id,
                    "schedule": "daily",
                }
            )
        if not reports:
            raise UserError(self.env._("Set up a Mailjet server first."))
        reports.action_run()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_report_action"
        )
        if len(reports) == 1:
            return {
                **action,
                "res_id": reports.id,
                "view_mode": "form",
                "views": [(False, "form")],
            }
        return {**action, "domain": [("id", "in", reports.ids)]}
