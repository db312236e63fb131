import json

from odoo import api, fields, models
from odoo.tools import SQL


class MailjetCampaign(models.Model):
    """A Mailjet campaign: sent, an A/B test or a draft.

    Mailjet groups emails by their X-Mailjet-Campaign header, which identifies the
    mailing in Odoo.
    """

    _name = "mailjet.campaign"
    _inherit = ["mailjet.imported.mixin"]
    _description = "Mailjet campaign"
    _order = "date desc, id desc"
    _rec_names_search = ("subject", "title", "custom_value")

    display_name = fields.Char(compute="_compute_display_name")
    mailjet_id = fields.Char("Mailjet ID", readonly=True)
    kind = fields.Selection(
        [("sent", "Sent"), ("ab_test", "A/B test"), ("draft", "Draft")], readonly=True
    )
    subject = fields.Char(readonly=True)
    title = fields.Char("Name at Mailjet", readonly=True)
    campaign_type = fields.Selection(
        [
            ("transactional", "Transactional"),
            ("marketing", "Marketing"),
            ("unknown", "Unknown"),
        ],
        "Type",
        readonly=True,
    )
    status = fields.Selection(
        [
            ("draft", "Draft"),
            ("programmed", "Scheduled"),
            ("sent", "Sent"),
            ("archived", "Archived"),
            ("deleted", "Deleted"),
            ("ab_tested", "A/B test sent"),
            ("ab_selected", "A/B winner chosen"),
            ("ab_cancelled", "A/B test cancelled"),
            ("unknown", "Unknown"),
        ],
        readonly=True,
    )
    custom_value = fields.Char("Campaign header", readonly=True)
    from_email = fields.Char("From", readonly=True)
    from_name = fields.Char("Sender's name", readonly=True)
    sender_domain = fields.Char("Sender's domain", readonly=True)
    created_on = fields.Datetime("Created at Mailjet", readonly=True)
    date = fields.Datetime("Sending started", readonly=True)
    sent_until = fields.Datetime("Sending ended", readonly=True)
    mailjet_list_id = fields.Char("Contact list ID", readonly=True)
    mailjet_segment_id = fields.Char("Segment ID", readonly=True)
    is_deleted = fields.Boolean("Deleted at Mailjet", readonly=True)
    is_starred = fields.Boolean("Starred", readonly=True)
    has_counts = fields.Boolean(
        "Figures known",
        readonly=True,
        help="Mailjet lists no figures of deleted campaigns.",
    )
    processed_count = fields.Integer("Processed", readonly=True)
    delivered_count = fields.Integer("Delivered", readonly=True)
    opened_count = fields.Integer("Opened", readonly=True)
    clicked_count = fields.Integer("Clicked", readonly=True)
    mailing_id = fields.Many2one(
        "mailing.mailing",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    contact_list_id = fields.Many2one(
        "mailjet.contact.list",
        "Contact list",
        compute="_compute_contact_list_id",
        search="_search_contact_list_id",
    )

    _key_unique = models.UniqueIndex("(server_id, key)")
    _mailjet = models.Index("(mailjet_id)")

    @api.depends("subject", "title", "custom_value", "mailjet_id")
    def _compute_display_name(self):
        for campaign in self:
            campaign.display_name = (
                campaign.title
                or campaign.subject
                or campaign.custom_value
                or campaign.mailjet_id
            )

    @api.depends("mailjet_list_id")
    def _compute_contact_list_id(self):
        lists = self.env["mailjet.contact.list"].search(
            [("key", "in", self.mapped("mailjet_list_id"))]
        )
        by_key = {(one.server_id, one.key): one for one in lists}
        for campaign in self:
            key = (campaign.server_id, campaign.mailjet_list_id)
            campaign.contact_list_id = by_key.get(key)

    @api.model
    def _search_contact_list_id(self, operator, value):
        lists = self.env["mailjet.contact.list"].search([("id", operator, value)])
        return [("mailjet_list_id", "in", lists.mapped("key"))]

    @api.model
    def _link_rows(self, report, rows):
        """Link campaigns to the mailings whose emails carried their names."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE mailjet_campaign AS campaign
                   SET mailing_id = mailing.id
                  FROM mailing_mailing AS mailing
                 WHERE campaign.server_id = %s
                   AND campaign.key IN (SELECT jsonb_array_elements_text(%s::jsonb))
                   AND campaign.custom_value != ''
                   AND mailing.mailjet_campaign = campaign.custom_value
                   AND campaign.mailing_id IS DISTINCT FROM mailing.id
                """,
                report.server_id.id,
                json.dumps([row["key"] for row in rows]),
            )
        )
