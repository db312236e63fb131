from odoo import api, models
from odoo.tools import SQL


class MailThreadBlacklist(models.AbstractModel):
    _inherit = "mail.thread.blacklist"

    @api.model
    def _mailjet_odd_emails(self):
        """Return all normalized addresses that can be spelled in several ways."""
        if not self._fields["email_normalized"].store:
            return []
        self.flush_model(["email_normalized"])
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT email_normalized FROM %s
                 WHERE octet_length(email_normalized) > char_length(email_normalized)
                    OR email_normalized LIKE '%%xn--%%'
                """,
                SQL.identifier(self._table),
            )
        )
        return [email for [email] in self.env.cr.fetchall()]
