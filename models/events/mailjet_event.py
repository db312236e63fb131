import json
import logging

from odoo import api, fields, models

from ...const import EVENT_TYPES
from ...tools.address import address_key
from ...tools.debounce import Debounced
from ...tools.mailjet.delivery_failure import reason_code
from ...tools.mailjet.link import text_without_values, without_values
from ..bulk_write import upsert

_logger = logging.getLogger(__name__)

_waking = Debounced(0.25)

FAILURES = ("bounce", "blocked")


class MailjetEvent(models.Model):
    """One Mailjet event: something that happened to one email to one recipient.

    The web request only inserts events; `_cron_apply` in mailjet_event_apply.py links
    them to their records and applies their effects, once.
    """

    _name = "mailjet.event"
    _inherit = ["mailjet.words", "mailjet.recipient.mixin"]
    _description = "Mailjet event"
    _order = "date desc, id desc"
    _rec_name = "event"
    _log_access = False

    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    key = fields.Char(
        required=True, readonly=True, help="Repeats of an event have the same key."
    )
    event = fields.Selection(
        [
            ("sent", "Delivered"),
            ("open", "Opened"),
            ("click", "Clicked"),
            ("bounce", "Bounced"),
            ("blocked", "Blocked"),
            ("spam", "Complaint"),
            ("unsub", "Unsubscribed"),
            ("other", "Other"),
        ],
        required=True,
        readonly=True,
    )
    date = fields.Datetime(required=True, readonly=True)
    origin = fields.Selection(
        [("webhook", "Posted by Mailjet"), ("api", "Read from Mailjet")],
        readonly=True,
        default="webhook",
    )
    email = fields.Char("Recipient", readonly=True)
    recipient_domain = fields.Char("Recipient's domain", readonly=True)
    sender_domain = fields.Char("Sender's domain", readonly=True)
    url = fields.Char("Link", readonly=True)
    agent = fields.Char("User agent", readonly=True)
    ip = fields.Char("IP address", readonly=True)
    geo = fields.Char("Country code", readonly=True)
    is_automatic = fields.Boolean(
        "By a machine",
        readonly=True,
        help="An image or a link fetched by a mailbox provider or a virus scanner, "
        "judged by its user agent or speed. It does not count as an open or a click.",
    )
    bounce_type = fields.Selection(
        [("hard", "Hard: invalid address"), ("soft", "Soft: may work later")],
        "Bounce type",
        readonly=True,
    )
    is_blocked = fields.Boolean(
        "Blocked by Mailjet",
        readonly=True,
        help="Mailjet no longer delivers to this address.",
    )
    error_related_to = fields.Char("Error related to", readonly=True)
    error = fields.Char(readonly=True)
    comment = fields.Text("Server response", readonly=True)
    detail = fields.Char(
        "Details",
        compute="_compute_detail",
        help="Why the email was not delivered, or which link was clicked.",
    )

    # Mailjet's ids have 64 bits, see mailjet.synced.mixin
    mailjet_message_id = fields.Char("Message ID", readonly=True)
    guid = fields.Char("Message GUID", readonly=True)
    mailjet_campaign_id = fields.Char("Campaign ID", readonly=True)
    mailjet_contact_id = fields.Char("Contact ID", readonly=True)
    custom_campaign = fields.Char("Campaign", readonly=True)
    custom_id = fields.Char("Custom ID", readonly=True)
    payload = fields.Json(readonly=True, prefetch=False)
    payload_text = fields.Text("Raw data", compute="_compute_payload_text")
    damaged = fields.Text(
        "As sent",
        readonly=True,
        prefetch=False,
        help="Mailjet's text before it was repaired, with bytes such as \\xe9.",
    )
    # Its date is Mailjet's, whose clock may be wrong
    received_on = fields.Datetime(readonly=True)

    state = fields.Selection(
        [
            ("new", "To apply"),
            ("applied", "Applied"),
            ("foreign", "Not from this database"),
            ("parked", "Failed"),
        ],
        required=True,
        readonly=True,
        default="new",
    )
    retry_on = fields.Datetime(
        readonly=True, help="The email's record may not be committed yet."
    )
    problem = fields.Text(readonly=True)
    has_effect = fields.Boolean(
        "Counted",
        readonly=True,
        help="Counters and lists were updated for this event; that happens only once.",
    )
    trace_id = fields.Many2one("mailing.trace", readonly=True, ondelete="set null")
    mailing_id = fields.Many2one("mailing.mailing", readonly=True, ondelete="set null")
    mail_message_id = fields.Many2one(
        "mail.message", "Message", readonly=True, ondelete="set null"
    )
    partner_id = fields.Many2one(
        "res.partner", "Contact", readonly=True, ondelete="set null"
    )

    _key_unique = models.UniqueIndex("(server_id, key)")
    _new = models.Index("(date, id) WHERE state = 'new'")
    _parked = models.Index("(id) WHERE state = 'parked'")
    _date = models.Index("(date)")
    # The server makes PostgreSQL use it for a table without statistics, too
    _mailjet_message = models.Index("(mailjet_message_id, server_id)")
    _custom_id = models.Index("(custom_id) WHERE custom_id IS NOT NULL")
    _trace = models.Index("(trace_id) WHERE trace_id IS NOT NULL")
    _mailing = models.Index("(mailing_id, event) WHERE mailing_id IS NOT NULL")
    _message = models.Index("(mail_message_id) WHERE mail_message_id IS NOT NULL")
    _partner = models.Index("(partner_id) WHERE partner_id IS NOT NULL")
    # By when it had happened for sure, see `_compute_mailjet_last_event_on`
    _posted = models.Index(
        "(server_id, LEAST(date, received_on)) WHERE origin = 'webhook'"
    )
    # Few, and often counted
    _failure = models.Index("(server_id, date) WHERE event IN ('bounce', 'blocked')")

    @api.depends("reason", "url", "is_automatic")
    @api.depends_context("lang")
    def _compute_detail(self):
        for event in self:
            machine = event.is_automatic and self.env._("By a machine, not counted")
            words = filter(None, (machine, event.reason, event.url))
            event.detail = " · ".join(words)

    @api.depends("label", "email")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for event in self:
            event.display_name = event.label
            if event.email:
                event.display_name = self.env._(
                    "%(kind)s: %(email)s", kind=event.label, email=event.email
                )

    @api.depends("payload")
    def _compute_payload_text(self):
        for event in self:
            event.payload_text = json.dumps(
                event.payload or {}, indent=2, ensure_ascii=False
            )

    @api.model
    def _insert(self, server_id, events, origin="webhook", state="new"):
        """Insert new events in one statement; return how many there were.

        :param int server_id: the account's
        :param events: `tools.mailjet.event.Event` objects
        """
        inserted = upsert(
            self,
            [_row(event) for event in events],
            ("server_id", "key"),
            shared={
                "server_id": server_id,
                "origin": origin,
                "state": state,
                "received_on": fields.Datetime.now(),
            },
            update=(),
        )
        return len(inserted)

    @api.model
    def _receive(self, server, post):
        """Store the events of one post, and have them applied soon.

        :param Post post: the parsed post
        """
        if post.unreadable:
            _logger.warning(
                "Mailjet: ignored %s items of a post for %s that are no events; the "
                "first: %r",
                len(post.unreadable),
                server.name,
                post.unreadable[0],
            )
        if self._insert(server.id, post.events):
            self._wake_cron()

    @api.model
    def _wake_cron(self):
        """Have the cron apply new events.

        It is triggered even while it runs, as it may already have looked for the last
        time.
        """
        cron = self.env.ref("mail_mailjet.ir_cron_apply_events").sudo()
        self.env["ir.cron.trigger"].sudo().create(
            {"cron_id": cron.id, "call_at": fields.Datetime.now()}
        )
        # Each notification opens a connection and starts the cron
        self.env.cr.postcommit.add(lambda: _waking.request(cron._notifydb))

    @api.model
    def _find_message_ids(self, mailjet_message_ids, email):
        """Return the Message-Ids in Odoo of emails to one address.

        :param list mailjet_message_ids: their ids at Mailjet, as strings
        :param str email: what their events must give as the recipient
        """
        groups = self._read_group(
            [
                ("mailjet_message_id", "in", mailjet_message_ids),
                ("state", "=", "applied"),
            ],
            ["email", "trace_id", "mail_message_id"],
        )
        own = [
            group
            for group in groups
            if address_key(group[0] or "") == address_key(email)
        ]
        found = {trace.message_id for _email, trace, _message in own}
        found.update(message.message_id for _email, _trace, message in own)
        return sorted(found - {False})

    @api.model
    def action_open_parked_first(self):
        """Open all events, or only those that failed if there are any."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_event_action_technical"
        )
        if self.search_count([("state", "=", "parked")], limit=1):
            action["context"] = {"search_default_parked": 1}
        return action

    def action_apply_again(self):
        """Apply the failed ones among these again."""
        self.check_access("write")
        parked = self.filtered(lambda event: event.state == "parked")
        parked.write({"state": "new", "problem": False})
        self.env.ref("mail_mailjet.ir_cron_apply_events")._trigger()
        return self.env["ir.mail_server"]._mailjet_notification(
            self.env._("Odoo will apply these events again within a minute."), "info"
        )


def _row(event):
    """Return the column values of an `Event`.

    Links lose their values: nothing here works with them, and what is not stored is in
    no export, backup or copy. The key is of the whole link, so two stay two.
    """
    payload = dict(event.raw)
    if isinstance(payload.get("url"), str):
        payload["url"] = without_values(payload["url"])
    return {
        "key": event.key,
        "event": event.event if event.event in EVENT_TYPES else "other",
        "date": event.date,
        "mailjet_message_id": event.message_id or None,
        "guid": event.guid or None,
        "email": event.email or None,
        "recipient_domain": event.email.rpartition("@")[2] or None,
        "mailjet_campaign_id": event.campaign_id or None,
        "mailjet_contact_id": event.contact_id or None,
        "custom_campaign": event.custom_campaign or None,
        "custom_id": event.custom_id or None,
        "url": without_values(event.url) or None,
        "agent": event.agent or None,
        "ip": event.ip or None,
        "geo": event.geo or None,
        "bounce_type": {True: "hard", False: "soft"}.get(event.is_hard),
        "is_blocked": event.is_blocked,
        "error_related_to": event.error_related_to or None,
        "error": event.error or None,
        "failure_reason": reason_code(event.error_related_to, event.error)
        if event.event in FAILURES
        else None,
        "comment": event.comment or None,
        "payload": payload or None,
        "damaged": text_without_values(event.damaged) or None,
    }
