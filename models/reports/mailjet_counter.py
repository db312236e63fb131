from odoo import api, fields, models

# https://dev.mailjet.com/email/reference/statistics#v3_get_statcounters
SOURCES = [
    ("APIKey", "Account"),
    ("Campaign", "Campaign"),
    ("List", "Contact list"),
    ("Sender", "Sender"),
]
TIMINGS = [("Message", "Time of sending"), ("Event", "Time of event")]
RESOLUTIONS = [
    ("Highest", "5 minutes"),
    ("Hour", "Hour"),
    ("Day", "Day"),
    ("Lifetime", "All time"),
]


class MailjetCounter(models.Model):
    """Mailjet's own figures for one period, for an account or a part of it.

    Periods are in UTC. `opened` counts messages, each once; `opens` counts every open.
    """

    _name = "mailjet.counter"
    _inherit = ["mailjet.imported.mixin"]
    _description = "Mailjet counter"
    _order = "date desc, id desc"

    display_name = fields.Char(compute="_compute_display_name")
    source = fields.Selection(SOURCES, "Counted for", readonly=True)
    mailjet_source_id = fields.Char("Source ID", readonly=True)
    source_name = fields.Char("Source name", compute="_compute_source_name")
    timing = fields.Selection(TIMINGS, "Counted by", readonly=True)
    resolution = fields.Selection(RESOLUTIONS, readonly=True)
    date = fields.Datetime("Start of period", readonly=True)
    processed = fields.Integer(readonly=True)
    delivered = fields.Integer(readonly=True)
    opened = fields.Integer(readonly=True, help="Counts each message once.")
    clicked = fields.Integer(readonly=True, help="Counts each message once.")
    blocked = fields.Integer(readonly=True)
    deferred = fields.Integer(readonly=True)
    queued = fields.Integer(readonly=True)
    hard_bounced = fields.Integer("Hard bounces", readonly=True)
    soft_bounced = fields.Integer("Soft bounces", readonly=True)
    bounced = fields.Integer("Bounces", readonly=True)
    complained = fields.Integer("Complaints", readonly=True)
    unsubscribed = fields.Integer(readonly=True)
    opens = fields.Integer(readonly=True, help="Counts every open.")
    clicks = fields.Integer(readonly=True, help="Counts every click.")
    # The total over all messages overflows an integer field
    open_delay = fields.Float(
        "Open delay (seconds)", readonly=True, help="Total over all messages."
    )
    click_delay = fields.Float(
        "Click delay (seconds)", readonly=True, help="Total over all messages."
    )

    _key_unique = models.UniqueIndex("(server_id, key)")
    _slice = models.Index("(server_id, source, resolution, date)")

    @api.depends("source", "mailjet_source_id", "date")
    def _compute_display_name(self):
        for counter in self:
            names = (counter.source_name, counter.date and str(counter.date))
            counter.display_name = " / ".join(filter(None, names))

    @api.depends("source", "mailjet_source_id", "server_id")
    def _compute_source_name(self):
        models_of = {
            "Campaign": "mailjet.campaign",
            "List": "mailjet.contact.list",
            "Sender": "mailjet.sender",
        }
        for counter in self:
            name = counter.server_id.name
            if counter.source in models_of:
                found = self.env[models_of[counter.source]].search(
                    [
                        ("server_id", "=", counter.server_id.id),
                        ("mailjet_id", "=", counter.mailjet_source_id),
                    ],
                    limit=1,
                )
                name = found.display_name or counter.mailjet_source_id
            counter.source_name = name
