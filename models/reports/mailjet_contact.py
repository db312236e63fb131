import json

from odoo import api, fields, models
from odoo.tools import SQL


class MailjetContact(models.Model):
    """A contact of a Mailjet account.

    When Mailjet anonymizes a contact, Odoo erases it here, too.
    """

    _name = "mailjet.contact"
    _inherit = ["mailjet.imported.mixin"]
    _description = "Mailjet contact"
    _order = "email, id"
    _rec_name = "email"
    _rec_names_search = ("email", "name")

    mailjet_id = fields.Char("Mailjet ID", readonly=True)
    email = fields.Char(readonly=True)
    name = fields.Char(readonly=True)
    created_on = fields.Datetime("Created at Mailjet", readonly=True)
    last_activity_on = fields.Datetime("Last activity", readonly=True)
    last_update_on = fields.Datetime("Changed at Mailjet", readonly=True)
    delivered_count = fields.Integer("Delivered", readonly=True)
    is_excluded = fields.Boolean(
        "Excluded", readonly=True, help="Mailjet sends no campaigns to this address."
    )
    excluded_changed_on = fields.Datetime("Exclusion changed on", readonly=True)
    is_pending = fields.Boolean("Opt-in pending", readonly=True)
    is_complaining = fields.Boolean("Complained", readonly=True)
    is_anonymized = fields.Boolean(
        "Anonymized",
        readonly=True,
        help="This person asked to be erased. Mailjet and the data imported from it no "
        "longer contain their address.",
    )
    mailing_contact_id = fields.Many2one(
        "mailing.contact",
        "Mailing contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    subscription_ids = fields.Many2many(
        "mailjet.subscription", compute="_compute_subscription_ids", string="Lists"
    )

    _key_unique = models.UniqueIndex("(server_id, key)")
    _email = models.Index("(email)")

    @api.depends("key")
    def _compute_subscription_ids(self):
        subscriptions = self.env["mailjet.subscription"].search(
            [("mailjet_contact_id", "in", self.mapped("key"))]
        )
        for contact in self:
            contact.subscription_ids = subscriptions.filtered(
                lambda one, contact=contact: (
                    one.mailjet_contact_id == contact.key
                    and one.server_id == contact.server_id
                )
            )

    @api.model
    def _link_rows(self, report, rows):
        """Link contacts to those of Odoo, and erase the ones Mailjet anonymized."""
        known = [row for row in rows if not row["is_anonymized"]]
        keys = json.dumps([row["key"] for row in known])
        spellings = self.env["mail.blacklist"]._mailjet_spellings(
            {row["email"] for row in known}
        )
        pairs = json.dumps(
            [
                {"email": email, "spelling": one}
                for email, some in spellings.items()
                for one in some
            ]
        )
        for column, table in (
            ("mailing_contact_id", "mailing_contact"),
            ("partner_id", "res_partner"),
        ):
            self.env.cr.execute(
                self._link_statement(report, keys, pairs, column, table)
            )
        self.env["mailjet.event"]._add_addresses(
            report.server_id.id, [row["key"] for row in rows]
        )
        self._forget(report, [row["key"] for row in rows if row["is_anonymized"]])

    @api.model
    def _link_statement(self, report, keys, pairs, column, table):
        """Return the statement that links contacts to records with their addresses.

        :param str keys: JSON list of the contacts' keys
        :param str pairs: JSON list of addresses and how Odoo spells them
        """
        return SQL(
            """
            UPDATE mailjet_contact AS contact
               SET %(column)s = found.id
              FROM (SELECT pair.email, min(record.id) AS id
                      FROM jsonb_to_recordset(%(pairs)s)
                               AS pair (email varchar, spelling varchar)
                      JOIN %(table)s AS record
                        ON record.email_normalized = pair.spelling
                  GROUP BY pair.email) AS found
             WHERE contact.server_id = %(server)s
               AND contact.key IN (SELECT jsonb_array_elements_text(%(keys)s))
               AND contact.email = found.email
               AND contact.%(column)s IS DISTINCT FROM found.id
            """,
            column=SQL.identifier(column),
            table=SQL.identifier(table),
            server=report.server_id.id,
            keys=SQL("%s::jsonb", keys),
            pairs=SQL("%s::jsonb", pairs),
        )

    @api.model
    def _forget(self, report, keys):
        """Erase these people from everything imported from Mailjet."""
        if not keys:
            return
        server = report.server_id.id
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_contact
                   SET name = NULL, mailing_contact_id = NULL, partner_id = NULL
                 WHERE server_id = %s AND key IN %s
                """,
                server,
                tuple(keys),
            )
        )
        self.env["mailjet.event"]._forget_contacts(server, keys)
        self.env["mailjet.message"]._forget_contacts(server, keys)
