import json

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.words import words_to_json


class MailjetSuppression(models.Model):
    """An address that Mailjet does not deliver to any more, as its events told.

    It ends, archived, with the first mail that is delivered again.
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
    reason = fields.Char("Why", compute="_compute_words")
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
        """Keep that Mailjet suppresses addresses, with the latest reason.

        :param list rows: dicts with server_id, email, date, reason and cure (`Words`)
        """
        # One row an address: the latest of them, or PostgreSQL refuses them all
        latest = {}
        for row in sorted(rows, key=lambda row: row["date"]):
            latest[row["server_id"], row["email"]] = row
        if not latest:
            return
        values = [
            {
                "server_id": row["server_id"],
                "email": row["email"],
                "date": row["date"].isoformat(),
                "words": words_to_json(reason=row["reason"], cure=row["cure"]),
            }
            for row in latest.values()
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailjet_suppression AS old (
                            server_id, email, date, words, active,
                            create_uid, create_date, write_uid, write_date
                )
                SELECT server_id, email, date, words, TRUE,
                       %(uid)s, now() AT TIME ZONE 'UTC',
                       %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM jsonb_to_recordset(%(rows)s::jsonb)
                       AS row (server_id int, email varchar, date timestamp,
                               words jsonb)
                    ON CONFLICT (server_id, email) DO UPDATE
                   SET date = EXCLUDED.date, words = EXCLUDED.words, active = TRUE,
                       write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                 WHERE old.date <= EXCLUDED.date
                """,
                uid=self.env.uid,
                rows=json.dumps(values),
            )
        )
        self.invalidate_model()

    @api.model
    def _end(self, deliveries):
        """Forget suppressions that were followed by a delivery.

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
    def _of_emails(self, emails):
        """Return the suppressions of these addresses, by address."""
        domain = [("email", "in", list(emails))]
        return self.sudo().search_fetch(domain, ["email", "words"]).grouped("email")
