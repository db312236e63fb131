from odoo import fields, models
from odoo.tools import SQL

from ...const import PROVIDERS


class MailjetDeliverability(models.Model):
    """Delivery results by day, campaign, list, domain and mailbox provider.

    A view of the daily sums, so it stays fast however many events there are.
    """

    _name = "mailjet.deliverability"
    _inherit = ["mailjet.rates.mixin"]
    _description = "Deliverability"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "date"

    server_id = fields.Many2one("ir.mail_server", "Mailjet server", readonly=True)
    date = fields.Date("Day", readonly=True, help="In UTC, as Mailjet counts.")
    mailing_id = fields.Many2one("mailing.mailing", readonly=True)
    campaign_id = fields.Many2one("mailjet.campaign", readonly=True)
    comparison = fields.Char(
        "Mailing or campaign",
        readonly=True,
        help="The mailing of Odoo or else the campaign at Mailjet.",
    )
    list_name = fields.Char("List", readonly=True)
    sender_domain = fields.Char("Sender's domain", readonly=True)
    provider = fields.Selection(
        [*((code, name) for code, (name, _domains) in PROVIDERS.items())]
        + [("other", "Other")],
        "Mailbox provider",
        readonly=True,
    )
    processed = fields.Integer(readonly=True)
    delivered = fields.Integer(readonly=True)
    opened = fields.Integer(
        readonly=True, help="Counts each message once, and people only."
    )
    clicked = fields.Integer(
        readonly=True, help="Counts each message once, and people only."
    )
    opens = fields.Integer(
        readonly=True, help="Counts every open, including those by machines."
    )
    clicks = fields.Integer(
        readonly=True, help="Counts every click, including those by machines."
    )
    machine_opens = fields.Integer("Opens by machines", readonly=True)
    bounced = fields.Integer(readonly=True)
    hard_bounced = fields.Integer("Hard bounces", readonly=True)
    soft_bounced = fields.Integer("Soft bounces", readonly=True)
    blocked = fields.Integer(readonly=True)
    complained = fields.Integer("Complaints", readonly=True)
    unsubscribed = fields.Integer(readonly=True)
    unfollowed = fields.Integer(
        "Delivery unknown",
        readonly=True,
        help="Emails known from imported bounces, opens or clicks alone. Where there "
        "are many, rates would mislead and are left out.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT sums.id, sums.server_id, sums.date, sums.mailing_id, sums.provider,
                   campaign.id AS campaign_id,
                   COALESCE(mailing.name, NULLIF(campaign.subject, ''),
                            NULLIF(campaign.title, ''), %s) AS comparison,
                   COALESCE(list.name, theirs.name, only_list.name) AS list_name,
                   COALESCE(sums.sender_domain, NULLIF(campaign.sender_domain, ''))
                        AS sender_domain,
                   sums.delivered + sums.hard_bounced + sums.soft_bounced
                        + sums.blocked AS processed,
                   sums.delivered, sums.opened, sums.clicked, sums.opens, sums.clicks,
                   sums.machine_opens, sums.hard_bounced, sums.soft_bounced,
                   sums.hard_bounced + sums.soft_bounced AS bounced, sums.blocked,
                   sums.complained, sums.unsubscribed,
                   COALESCE(sums.unfollowed, 0) AS unfollowed
              FROM mailjet_statistic AS sums
         LEFT JOIN mailjet_campaign AS campaign
                ON campaign.server_id = sums.server_id
               AND campaign.key = 'sent/' || sums.mailjet_campaign_id
         LEFT JOIN mailjet_contact_list AS theirs
                ON theirs.server_id = campaign.server_id
               AND theirs.key = campaign.mailjet_list_id
         LEFT JOIN mailing_list AS list ON list.id = theirs.mailing_list_id
         LEFT JOIN (SELECT sent_to.mailing_mailing_id, min(ours.name) AS name
                      FROM mail_mass_mailing_list_rel AS sent_to
                      JOIN mailing_list AS ours ON ours.id = sent_to.mailing_list_id
                  GROUP BY sent_to.mailing_mailing_id
                    HAVING count(*) = 1) AS only_list
                ON only_list.mailing_mailing_id = sums.mailing_id
         LEFT JOIN (SELECT id, CASE WHEN count(*) OVER (PARTITION BY subject) > 1
                                    THEN subject || ' (#' || id || ')'
                                    ELSE subject END AS name
                      FROM mailing_mailing) AS mailing
                ON mailing.id = sums.mailing_id
            """,
            self.env._("Other emails"),
        )
