import json
import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import EVENT_TYPES
from ...tools.debounce import Debounced
from ...tools.mailjet.delivery_failure import explain_failure, reason_code

_logger = logging.getLogger(__name__)

_waking = Debounced(0.25)

# What the request writes of an event, with its type in PostgreSQL
COLUMNS = {
    "key": "varchar",
    "event": "varchar",
    "date": "timestamp",
    "mailjet_message_id": "varchar",
    "guid": "varchar",
    "email": "varchar",
    "recipient_domain": "varchar",
    "mailjet_campaign_id": "varchar",
    "mailjet_contact_id": "varchar",
    "custom_campaign": "varchar",
    "custom_id": "varchar",
    "url": "varchar",
    "agent": "varchar",
    "ip": "varchar",
    "geo": "varchar",
    "bounce_type": "varchar",
    "is_blocked": "bool",
    "error_related_to": "varchar",
    "error": "varchar",
    "failure_reason": "varchar",
    "comment": "text",
    "payload": "jsonb",
}

# `tools.delivery_failure.REASON_CODES`, in a few words each
REASONS = [
    ("user_unknown", "No such mailbox"),
    ("mailbox_inactive", "Mailbox no longer used"),
    ("quota_exceeded", "Mailbox full"),
    ("invalid_domain", "No such domain"),
    ("no_mail_host", "Domain takes no mail"),
    ("typofix", "Typing mistake in the domain"),
    ("relay_access_denied", "Address not taken by its server"),
    ("sender_blocked", "Sender refused"),
    ("content_blocked", "Content refused"),
    ("policy_issue", "Refused by a rule of the recipient's server"),
    ("connection_issue", "Recipient's server not reached"),
    ("protocol_issue", "Servers did not understand each other"),
    ("greylisted", "Asked to come again later"),
    ("system_issue", "Technical fault at Mailjet"),
    ("preblocked", "Not tried: bounced lately"),
    ("blacklisted", "Not tried: on your block list"),
    ("spam_reporter", "Not tried: reported spam before"),
    ("spam_preblocked", "Not tried: looks like spam"),
    ("duplicate_in_campaign", "Not tried: twice in a campaign"),
    ("bad_or_empty_template", "Not tried: no content"),
    ("error_in_template_language", "Not tried: mistake in a template"),
    ("other", "Another reason"),
    ("none", "No reason given"),
]
FAILURES = ("bounce", "blocked")


class MailjetEvent(models.Model):
    """One event of Mailjet's: what became of one mail to one recipient.

    The request only inserts; `_cron_apply` in mailjet_event_apply.py ties each event to
    what it belongs to and lets it have its effect, once.
    """

    _name = "mailjet.event"
    _inherit = ["mailjet.words"]
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
        required=True, readonly=True, help="The same for an event that is repeated."
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
    agent = fields.Char("Mail program", readonly=True)
    ip = fields.Char("IP address", readonly=True)
    geo = fields.Char("Country code", readonly=True)
    is_automatic = fields.Boolean(
        "By a machine",
        readonly=True,
        help="An image or a link that a mail provider or a virus scanner has fetched, "
        "as its name or its haste tells. It does not count as an open or a click.",
    )
    bounce_type = fields.Selection(
        [("hard", "Hard: the address is bad"), ("soft", "Soft: it may work later")],
        "Bounce type",
        readonly=True,
    )
    is_blocked = fields.Boolean(
        "Blocked from now on",
        readonly=True,
        help="Mailjet will not deliver to this address any more.",
    )
    error_related_to = fields.Char("Error is about", readonly=True)
    error = fields.Char(readonly=True)
    failure_reason = fields.Selection(
        REASONS,
        "Kind of failure",
        readonly=True,
        help="Why it bounced or was blocked.",
    )
    comment = fields.Text("The other server's words", readonly=True)
    reason = fields.Char(compute="_compute_reason")
    detail = fields.Char(
        "Details",
        compute="_compute_detail",
        help="Why it did not arrive, what was clicked, or that it was a machine.",
    )

    # Mailjet's ids have 64 bits, see mailjet.synced.mixin
    mailjet_message_id = fields.Char("Message ID", readonly=True)
    guid = fields.Char("Message GUID", readonly=True)
    mailjet_campaign_id = fields.Char("Campaign ID", readonly=True)
    mailjet_contact_id = fields.Char("Contact ID", readonly=True)
    custom_campaign = fields.Char("Campaign", readonly=True)
    custom_id = fields.Char("Custom ID", readonly=True)
    payload = fields.Json("As it came", readonly=True, prefetch=False)
    payload_text = fields.Text("What Mailjet posted", compute="_compute_payload_text")

    state = fields.Selection(
        [
            ("new", "To be applied"),
            ("applied", "Applied"),
            ("foreign", "Not from this database"),
            ("parked", "Failed"),
        ],
        required=True,
        readonly=True,
        default="new",
    )
    problem = fields.Text("Why it failed", readonly=True)
    has_effect = fields.Boolean(
        "Counted",
        readonly=True,
        help="Counters and lists were changed for it, which happens only once.",
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
    # With the server in it, a new table without statistics is read by it, too
    _mailjet_message = models.Index("(mailjet_message_id, server_id)")
    _trace = models.Index("(trace_id) WHERE trace_id IS NOT NULL")
    _mailing = models.Index("(mailing_id, event) WHERE mailing_id IS NOT NULL")
    _message = models.Index("(mail_message_id) WHERE mail_message_id IS NOT NULL")
    _partner = models.Index("(partner_id) WHERE partner_id IS NOT NULL")
    # Few, and often counted
    _failure = models.Index("(server_id, date) WHERE event IN ('bounce', 'blocked')")

    @api.depends("event", "error", "error_related_to", "bounce_type")
    @api.depends_context("lang")
    def _compute_reason(self):
        for event in self:
            event.reason = False
            if event.event in FAILURES:
                failure = explain_failure(
                    event.error_related_to or "",
                    event.error or "",
                    event._is_hard(),
                )
                event.reason = self._translate_words(failure.reason)

    @api.depends("reason", "url", "is_automatic")
    @api.depends_context("lang")
    def _compute_detail(self):
        for event in self:
            machine = event.is_automatic and self.env._("By a machine, not counted")
            words = filter(None, (machine, event.reason, event.url))
            event.detail = " · ".join(words)

    @api.depends("event", "email")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["event"]._description_selection(self.env))
        for event in self:
            event.display_name = kinds[event.event]
            if event.email:
                event.display_name = self.env._(
                    "%(kind)s: %(email)s", kind=kinds[event.event], email=event.email
                )

    def _is_hard(self):
        """Return Mailjet's own word on a bounce, None if it says nothing."""
        return {"hard": True, "soft": False}.get(self.bounce_type)

    @api.depends("payload")
    def _compute_payload_text(self):
        for event in self:
            event.payload_text = json.dumps(
                event.payload or {}, indent=2, ensure_ascii=False
            )

    @api.model
    def _insert(self, server_id, events, origin="webhook", state="new"):
        """Insert what is not there yet, in one statement; return how many.

        :param int server_id: of the account
        :param events: `tools.mailjet_event.Event`
        """
        if not events:
            return 0
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        types = SQL(", ").join(
            SQL(f"%s {kind}", SQL.identifier(name)) for name, kind in COLUMNS.items()
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailjet_event (server_id, origin, state, %(names)s)
                SELECT %(server_id)s, %(origin)s, %(state)s, %(names)s
                  FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (%(types)s)
                    ON CONFLICT (server_id, key) DO NOTHING
                """,
                names=names,
                types=types,
                server_id=server_id,
                origin=origin,
                state=state,
                rows=json.dumps([_row(event) for event in events]),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _receive(self, server, post):
        """Keep the events of one post, and have them applied soon.

        :param Post post: what was read
        """
        if post.unreadable:
            _logger.warning(
                "Mailjet: %s items of a post for %s are no events",
                post.unreadable,
                server.name,
            )
        if self._insert(server.id, post.events):
            self._wake_cron()

    @api.model
    def _wake_cron(self):
        """Have the cron apply what has come.

        Always, although it may be awake: what triggered it last is still there while it
        runs, and it may have looked for the last time already.
        """
        cron = self.env.ref("mail_mailjet.ir_cron_apply_events").sudo()
        self.env["ir.cron.trigger"].sudo().create(
            {"cron_id": cron.id, "call_at": fields.Datetime.now()}
        )
        # To tell the workers is a connection each time, and a run of the cron
        self.env.cr.postcommit.add(lambda: _waking.request(cron._notifydb))

    @api.model
    def _find_message_ids(self, mailjet_message_ids):
        """Return the Message-Ids that Odoo had given to mails, for those of Mailjet's.

        :param list mailjet_message_ids: as texts
        """
        events = self.search(
            [
                ("mailjet_message_id", "in", mailjet_message_ids),
                ("state", "=", "applied"),
            ]
        )
        found = {event.trace_id.message_id for event in events}
        found.update(event.mail_message_id.message_id for event in events)
        return sorted(found - {False})

    @api.model
    def action_open_parked_first(self):
        """Open the events as they came; only those that failed if there are any."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_event_action_technical"
        )
        if self.search_count([("state", "=", "parked")], limit=1):
            action["context"] = {"search_default_parked": 1}
        return action

    def action_apply_again(self):
        """Try the parked ones among these once more."""
        self.check_access("write")
        parked = self.filtered(lambda event: event.state == "parked")
        parked.write({"state": "new", "problem": False})
        self.env.ref("mail_mailjet.ir_cron_apply_events")._trigger()
        return self.env["ir.mail_server"]._mailjet_notification(
            self.env._("They are applied again within a minute."), "info"
        )

    @api.autovacuum
    def _gc_events(self):
        """Forget old events, a part at a time; what they did and their sums stay."""
        months = int(
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("mail_mailjet.event_months", EVENT_MONTHS)
        )
        if months <= 0:
            return None
        oldest = fields.Date.subtract(fields.Date.today(), months=months)
        if not self.env["mailjet.statistic"]._forget_events_before(oldest):
            return None
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mailjet_event
                 WHERE id IN (SELECT id FROM mailjet_event WHERE date < %s LIMIT %s)
                """,
                oldest,
                GC_STEP,
            )
        )
        self.invalidate_model()
        return self.env.cr.rowcount, self.env.cr.rowcount == GC_STEP


EVENT_MONTHS = 6
GC_STEP = 10_000


def _row(event):
    """Return an `Event` as the values of its columns."""
    return {
        "key": event.key,
        "event": event.event if event.event in EVENT_TYPES else "other",
        "date": event.date.isoformat(),
        "mailjet_message_id": event.message_id or None,
        "guid": event.guid or None,
        "email": event.email or None,
        "recipient_domain": event.email.rpartition("@")[2] or None,
        "mailjet_campaign_id": event.campaign_id or None,
        "mailjet_contact_id": event.contact_id or None,
        "custom_campaign": event.custom_campaign or None,
        "custom_id": event.custom_id or None,
        "url": event.url or None,
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
        "payload": event.raw or None,
    }
