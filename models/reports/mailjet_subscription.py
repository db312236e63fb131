from odoo import api, fields, models


class MailjetSubscription(models.Model):
    """The membership of a Mailjet contact in a contact list."""

    _name = "mailjet.subscription"
    _inherit = ["mailjet.imported.mixin"]
    _description = "Mailjet list membership"
    _order = "subscribed_on desc, id desc"

    display_name = fields.Char(compute="_compute_display_name")
    mailjet_list_id = fields.Char("Contact list ID", readonly=True)
    mailjet_contact_id = fields.Char("Contact ID", readonly=True)
    is_active = fields.Boolean("On the list", readonly=True)
    is_unsubscribed = fields.Boolean("Unsubscribed", readonly=True)
    subscribed_on = fields.Datetime("Subscribed on", readonly=True)
    unsubscribed_on = fields.Datetime("Unsubscribed on", readonly=True)
    contact_list_id = fields.Many2one(
        "mailjet.contact.list", "Contact list", compute="_compute_records"
    )
    contact_id = fields.Many2one("mailjet.contact", compute="_compute_records")

    _key_unique = models.UniqueIndex("(server_id, key)")
    _contact = models.Index("(mailjet_contact_id)")
    _list = models.Index("(mailjet_list_id)")

    @api.depends("key")
    def _compute_display_name(self):
        for one in self:
            names = (one.contact_list_id.name, one.contact_id.email)
            one.display_name = " / ".join(filter(None, names)) or one.key

    @api.depends("mailjet_list_id", "mailjet_contact_id")
    def _compute_records(self):
        for name, model, key in (
            ("contact_list_id", "mailjet.contact.list", "mailjet_list_id"),
            ("contact_id", "mailjet.contact", "mailjet_contact_id"),
        ):
            found = self.env[model].search([("key", "in", self.mapped(key))])
            by_key = {(record.server_id, record.key): record for record in found}
            for one in self:
                one[name] = by_key.get((one.server_id, one[key]))
