from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.words import words_to_json
from ..bulk_write import upsert


class MailjetSuppression(models.Model):
    """An address that Mailjet no longer delivers to, according to its events.

    It is archived once Mailjet delivers an email to the address again.
    """

    _name = "mailjet.suppression"
    _inherit = ["mailjet.words"]
    _description = "Address suppressed at Mailjet"
    _order = "date desc, id desc"
    _rec_name = "email"

    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    email = fields.Char("Address", required=True, readonly=True)
    date = fields.Datetime("Since", required=True, readonly=True)
    words = fields.Json(readonly=True)
    reason = fields.Char(compute="_compute_words")
    cure = fields.Char("What to do", compute="_compute_words")
    active = fields.Boolean(default=True)

    _email_unique = models.UniqueIndex("(server_id, email)")
    _email = models.Index("(email) WHERE active")

    @api.depends("words")
    @api.depends_context("lang")
    def _compute_words(self):
        for suppression in self:
            words = suppression.words or {}
            suppression.reason = self._translate_json(words.get("reason"))
            suppression.cure = self._translate_json(words.get("cure"))

    @api.model
    def _note(self, rows):
        """Record suppressed addresses with the latest reason for each.

        :param list rows: dicts with server_id, email, date, reason and cure (`Words`)
        """
        # PostgreSQL rejects a statement that upserts an address twice
        latest = {}
        for row in sorted(rows, key=lambda row: row["date"]):
            latest[row["server_id"], row["email"]] = row
        if not latest:
            return
        values = [
            {
                "server_id": row["server_id"],
                "email": row["email"],
                "date": row["date"],
                "words": words_to_json(reason=row["reason"], cure=row["cure"]),
            }
            for row in latest.values()
        ]
        upsert(
            self,
            values,
            ("server_id", "email"),
            shared={"active": True},
            where=SQL("old.date <= EXCLUDED.date"),
        )

    @api.model
    def _lift(self, deliveries):
        """Archive suppressions that were followed by a delivery.

        :param dict deliveries: (server id, address) -> datetime of the last delivery
        """
        if not deliveries:
            return
        emails = list({email for _server_id, email in deliveries})
        self.search([("email", "in", emails)]).filtered(
            lambda one: (
                deliveries.get((one.server_id.id, one.email), one.date) > one.date
            )
        ).active = False

    @api.model
    def _by_key(self, keys):
        """Return the suppressions of these addresses: `address_key` -> recordset."""
        domain = [("email", "in", list(keys))]
        return self.sudo().search_fetch(domain, ["email", "words"]).grouped("email")
