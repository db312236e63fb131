import json

from odoo import api, fields, models
from odoo.tools import SQL


class MailjetContactList(models.Model):
    """A contact list of a Mailjet account."""

    _name = "mailjet.contact.list"
    _inherit = ["mailjet.imported.mixin"]
    _description = "Mailjet contact list"
    _order = "name, id"

    mailjet_id = fields.Char("Mailjet ID", readonly=True)
    name = fields.Char(readonly=True)
    address = fields.Char(readonly=True, help="The part before @lists.mailjet.com.")
    created_on = fields.Datetime("Created at Mailjet", readonly=True)
    is_deleted = fields.Boolean("Deleted at Mailjet", readonly=True)
    subscriber_count = fields.Integer("Subscribers", readonly=True)
    mailing_list_id = fields.Many2one(
        "mailing.list",
        "Mailing list",
        index="btree_not_null",
        ondelete="set null",
        help="The corresponding list in Odoo. Odoo finds a list of the same name by "
        "itself.",
    )

    _key_unique = models.UniqueIndex("(server_id, key)")

    @api.model
    def _link_rows(self, report, rows):
        """Link lists to Odoo's lists of the same name, unless linked already."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_contact_list AS theirs
                   SET mailing_list_id = ours.id
                  FROM (SELECT name, min(id) AS id
                          FROM mailing_list
                         WHERE active
                      GROUP BY name
                        HAVING count(*) = 1) AS ours
                 WHERE theirs.server_id = %s
                   AND theirs.key IN (SELECT jsonb_array_elements_text(%s::jsonb))
                   AND theirs.mailing_list_id IS NULL
                   AND NOT theirs.is_deleted
                   AND theirs.name = ours.name
                """,
                report.server_id.id,
                json.dumps([row["key"] for row in rows]),
            )
        )
