from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.mailjet.custom_id import read_custom_id
from ..bulk_write import refresh, rows_as_table


class MailjetMessage(models.Model):
    """An email to one recipient, as Mailjet reports it."""

    _name = "mailjet.message"
    _inherit = ["mailjet.imported.mixin", "mailjet.recipient.mixin"]
    _description = "Mailjet message"
    _order = "date desc, id desc"

    display_name = fields.Char(compute="_compute_display_name")
    mailjet_id = fields.Char("Message ID", readonly=True)
    guid = fields.Char("Message GUID", readonly=True)
    date = fields.Datetime("Accepted on", readonly=True)
    status = fields.Selection(
        [
            ("queued", "Queued"),
            ("deferred", "Deferred"),
            ("sent", "Delivered"),
            ("opened", "Opened"),
            ("clicked", "Clicked"),
            ("bounce", "Bounced"),
            ("hardbounced", "Hard bounce"),
            ("softbounced", "Soft bounce"),
            ("blocked", "Blocked"),
            ("spam", "Complaint"),
            ("unsub", "Unsubscribed"),
            ("unknown", "Unknown"),
        ],
        readonly=True,
    )
    error = fields.Char("Failure reason", readonly=True)
    is_permanent = fields.Boolean("Permanent failure", readonly=True)
    email = fields.Char("Recipient", readonly=True)
    subject = fields.Char(readonly=True)
    custom_id = fields.Char("Custom ID", readonly=True)
    mailjet_campaign_id = fields.Char("Campaign ID", readonly=True)
    mailjet_contact_id = fields.Char("Contact ID", readonly=True)
    attempt_count = fields.Integer("Attempts", readonly=True)
    attachment_count = fields.Integer("Attachments", readonly=True)
    size = fields.Integer("Size (bytes)", readonly=True)
    delay = fields.Float("Delay (seconds)", readonly=True)
    spam_score = fields.Float("Spam score", readonly=True)
    is_open_tracked = fields.Boolean("Opens tracked", readonly=True)
    is_click_tracked = fields.Boolean("Clicks tracked", readonly=True)
    trace_id = fields.Many2one(
        "mailing.trace",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    mailing_id = fields.Many2one(
        "mailing.mailing",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _key_unique = models.UniqueIndex("(server_id, key)")
    _date = models.Index("(date)")
    _contact = models.Index("(mailjet_contact_id)")

    @api.depends("subject", "email", "mailjet_id")
    def _compute_display_name(self):
        for message in self:
            message.display_name = message.subject or message.mailjet_id

    @api.model
    def _link_rows(self, report, rows):
        """Link messages to their traces, and their events likewise."""
        tag, key = self.env["ir.mail_server"]._mailjet_custom_id_keys()
        ours = [
            {"key": row["key"], "trace_id": custom_id.trace_id}
            for row in rows
            if (custom_id := read_custom_id(row["custom_id"], tag, key))
        ]
        server = report.server_id.id
        if ours:
            self._link_traces(server, ours)
        self.env["mailjet.event"]._adopt(
            server,
            [row for row in rows if read_custom_id(row["custom_id"], tag, key)],
        )
        self.env["mailjet.statistic"]._note_messages(
            server, [row["key"] for row in rows]
        )

    @api.model
    def _link_traces(self, server_id, rows):
        """Tie messages to traces and mailings.

        :param list rows: dicts with `key` and `trace_id`
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_message AS message
                   SET trace_id = trace.id, mailing_id = trace.mass_mailing_id
                  FROM %s
                  JOIN mailing_trace AS trace ON trace.id = row.trace_id
                 WHERE message.server_id = %s
                   AND message.key = row.key
                   AND message.trace_id IS DISTINCT FROM trace.id
             RETURNING message.id
                """,
                rows_as_table(self, rows, ("key", "trace_id")),
                server_id,
            )
        )
        messages = self.browse(one for (one,) in self.env.cr.fetchall())
        refresh(messages, ["trace_id", "mailing_id"])

    @api.model
    def _remove_rows(self, server_id, condition):
        """Remove messages, and have the sums of their days rebuilt."""
        self.env.cr.execute(
            SQL(
                """
                WITH removed AS (
                         DELETE FROM mailjet_message
                          WHERE %s
                      RETURNING key AS mailjet_message_id, date)
                %s
                """,
                condition,
                self.env["mailjet.statistic"]._note_statement(
                    server_id, SQL("(SELECT mailjet_message_id, date FROM removed)")
                ),
            )
        )
        self.invalidate_model()

    @api.model
    def _forget_contacts(self, server_id, keys):
        """Erase the addresses of these contacts, and the subjects they received."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_message SET email = NULL, subject = NULL
                 WHERE server_id = %s AND mailjet_contact_id IN %s
                   AND email IS NOT NULL
                """,
                server_id,
                tuple(keys),
            )
        )
