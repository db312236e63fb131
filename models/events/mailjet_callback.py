from urllib.parse import urlsplit, urlunsplit

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import EVENT_TYPES
from .ir_mail_server import EVENT_PATH

LABELS = [
    ("sent", "Delivered"),
    ("open", "Opened"),
    ("click", "Clicked"),
    ("bounce", "Bounced"),
    ("blocked", "Blocked"),
    ("spam", "Complaint"),
    ("unsub", "Unsubscribed"),
]
# States of events that go elsewhere, which nothing may redirect unasked
ELSEWHERE = ("other", "sibling")


class MailjetCallback(models.Model):
    """Where Mailjet posts the events of one type, as last read.

    Mailjet has one address for each type and API key. An address that is not ours is
    never replaced or deleted before the user has seen it and confirmed.
    """

    _name = "mailjet.callback"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Event address at Mailjet"
    _order = "server_id, id"
    _rec_name = "event"

    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    event = fields.Selection(LABELS, required=True, readonly=True)
    state = fields.Selection(
        [
            ("ours", "This Odoo"),
            ("suspended", "This Odoo, suspended"),
            ("sibling", "Another server of this Odoo"),
            ("other", "Another address"),
            ("none", "Nobody"),
        ],
        "Events go to",
        required=True,
        readonly=True,
        default="none",
    )
    url = fields.Char(
        "Address", readonly=True, help="Shown without password and token."
    )
    mailjet_id = fields.Char("Mailjet ID", readonly=True)
    is_grouped = fields.Boolean("Grouped", readonly=True)

    _event_unique = models.UniqueIndex("(server_id, event)")

    @api.model
    def _sync(self, server, rows):
        """Store Mailjet's registration of each event type.

        :param rows: `tools.mailjet.rows.Callback`
        """
        found = {row.event: row for row in rows if not row.is_backup}
        known = {
            callback.event: callback
            for callback in self.search([("server_id", "=", server.id)])
        }
        for event in EVENT_TYPES:
            vals = self._vals_of(server, found.get(event))
            if event in known:
                known[event].write(vals)
            else:
                self.create({"server_id": server.id, "event": event, **vals})

    @api.model
    def _vals_of(self, server, row):
        if row is None:
            return {"state": "none", "url": False, "mailjet_id": False}
        if server._is_mailjet_event_url(row.url):
            state = "ours" if row.is_alive else "suspended"
        elif server._is_mailjet_sibling_url(row.url):
            state = "sibling"
        else:
            state = "other"
        return {
            "state": state,
            "url": _shown(row.url),
            "mailjet_id": row.id,
            "is_grouped": row.version == 2,
        }

    def action_open_server(self):
        """Open the mail server, where events are set up."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ir.mail_server",
            "res_id": self.server_id.id,
            "view_mode": "form",
        }

    def action_register(self):
        """Have Mailjet post these events here, instead of anywhere else."""
        self.check_access("write")
        for server, callbacks in self.grouped("server_id").items():
            server._mailjet_register_callbacks(callbacks)

    def action_unregister(self):
        """Stop Mailjet from posting these events here."""
        self.check_access("write")
        if self.filtered(lambda callback: callback.state in ELSEWHERE):
            raise UserError(
                self.env._(
                    "An address that does not belong to this Odoo is not deleted from "
                    "here. If nobody needs it, delete it at Mailjet."
                )
            )
        for server, callbacks in self.grouped("server_id").items():
            server._mailjet_unregister(callbacks)


def _shown(url):
    """Return a URL fit to be shown: without password and without any Odoo's token."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    place, event_path, token = parts.path.rpartition(EVENT_PATH)
    path = f"{place}{event_path}…" if event_path and token else parts.path
    netloc = f"{user}:…@{host}" if user else host
    return urlunsplit((parts.scheme, netloc, path, parts.query and "…", ""))
