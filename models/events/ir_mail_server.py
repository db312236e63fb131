import logging
import secrets
from datetime import timedelta
from urllib.parse import quote, urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq

from ...tools.mailjet.event_address import try_address

_logger = logging.getLogger(__name__)

EVENT_PATH = "/mailjet/events/"
EVENT_USER = "mailjet"
# Mailjet goes on trying a post for a day
OLD_TOKEN_TRUSTED_FOR = timedelta(days=2)
# What a post is compared with
PROOFS = (
    "mailjet_event_token",
    "mailjet_event_password",
    "mailjet_event_old_token",
    "mailjet_event_changed_on",
)
SILENCE = timedelta(hours=24)


class IrMail_Server(models.Model):
    """Where Mailjet posts the events of an account, and whether it does."""

    _inherit = "ir.mail_server"

    mailjet_tracking = fields.Selection(
        [
            ("odoo", "Odoo tracks"),
            ("mailjet", "Mailjet tracks"),
            ("account", "As set at Mailjet"),
        ],
        "Opens and clicks",
        default="odoo",
        help="Odoo tracks: Mailjet changes no link, so that links with a token of "
        "yours never pass through another site.\n"
        "Mailjet tracks: Mailjet counts opens and clicks of every mail; those of "
        "mailings are counted by Odoo, too.\n"
        "As set at Mailjet: what the account's own settings say.",
    )
    mailjet_event_token = fields.Char(
        copy=False, groups="base.group_system", readonly=True
    )
    mailjet_event_password = fields.Char(
        copy=False, groups="base.group_system", readonly=True
    )
    mailjet_event_old_token = fields.Char(
        copy=False, groups="base.group_system", readonly=True
    )
    mailjet_event_changed_on = fields.Datetime(readonly=True, copy=False)
    mailjet_event_url = fields.Char(
        "Address for events", compute="_compute_mailjet_event_url"
    )
    mailjet_event_problem = fields.Text(
        "Why Mailjet may not reach it", readonly=True, copy=False
    )
    mailjet_event_checked_on = fields.Datetime(
        "Address tried on", readonly=True, copy=False
    )
    mailjet_callback_ids = fields.One2many(
        "mailjet.callback",
        "server_id",
        "Where events go",
        groups="base.group_system",
    )
    mailjet_gets_events = fields.Boolean(
        "Events are posted here", compute="_compute_mailjet_gets_events"
    )
    mailjet_misses_events = fields.Boolean(
        "Events are posted nowhere", compute="_compute_mailjet_gets_events"
    )
    mailjet_events_suspended = fields.Boolean(
        "Mailjet has given up", compute="_compute_mailjet_gets_events"
    )
    mailjet_callbacks_read_on = fields.Datetime(
        "Registrations read on", readonly=True, copy=False
    )
    mailjet_reports_sent = fields.Boolean(
        "Mailjet reports deliveries",
        readonly=True,
        copy=False,
        help="A mail handed to Mailjet is Sent, and Delivered when Mailjet says so.",
    )
    mailjet_last_event_on = fields.Datetime(
        "Last event", compute="_compute_mailjet_last_event_on"
    )
    mailjet_gap_from = fields.Datetime(readonly=True, copy=False)
    mailjet_gap_to = fields.Datetime(readonly=True, copy=False)
    mailjet_gap_offset = fields.Integer(readonly=True, copy=False)

    def _compute_mailjet_event_url(self):
        """Show the address without what proves a post: for people and for the log."""
        base = self._mailjet_event_base()
        for server in self:
            server.mailjet_event_url = f"{base}{EVENT_PATH}…"

    @api.depends("mailjet_callback_ids.state")
    def _compute_mailjet_gets_events(self):
        for server in self:
            states = set(server.sudo().mailjet_callback_ids.mapped("state"))
            server.mailjet_events_suspended = "suspended" in states
            server.mailjet_gets_events = bool(states & {"ours", "suspended"})
            server.mailjet_misses_events = not states or "none" in states

    def _compute_mailjet_last_event_on(self):
        groups = self.env["mailjet.event"]._read_group(
            [("server_id", "in", self.ids), ("origin", "=", "webhook")],
            ["server_id"],
            ["date:max"],
        )
        dates = {server.id: date for server, date in groups}
        for server in self:
            server.mailjet_last_event_on = dates.get(server.id, False)

    @api.model
    def _mailjet_event_base(self):
        """Return this Odoo's public address, without a slash at its end."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        own = get_param("mail_mailjet.event_base_url")
        return (own or get_param("web.base.url") or "").rstrip("/")

    # ------------------------------------------------------------------
    # Who may post
    # ------------------------------------------------------------------

    def _mailjet_make_token(self):
        """Give each Mailjet server what proves a post, long before it is needed.

        Who answers the first post sees only what is committed.
        """
        for server in self._filter_mailjet().sudo():
            if not server.mailjet_event_token:
                server._mailjet_renew_token()

    @api.model
    def _mailjet_server_of_post(self, token, password):
        """Return the server, be it archived, that a post proves to be for; or none.

        Every server is compared, in constant time: how long it takes tells nothing.

        :param str token: out of the URL
        :param str password: out of the login that the URL carries
        """
        found = self.browse()
        recently = fields.Datetime.now() - OLD_TOKEN_TRUSTED_FOR
        servers = self.sudo().with_context(active_test=False)
        for server in servers.search_fetch([], ["active", "name", *PROOFS]):
            changed = server.mailjet_event_changed_on
            tokens = [server.mailjet_event_token]
            if changed and changed >= recently:
                tokens.append(server.mailjet_event_old_token)
            matches = [_is_same(token, one) for one in tokens if one]
            proven = _is_same(password, server.mailjet_event_password or "")
            if any(matches) and proven and server.mailjet_event_password:
                found = server
        return found

    def _mailjet_private_event_url(self):
        """Return the address to register, with all that proves a post.

        Mailjet signs nothing; its own advice is https and a login in the address.
        """
        server = self.sudo()
        server._mailjet_make_token()  # a copy for testing has none
        parts = urlsplit(self._mailjet_event_base())
        login = f"{EVENT_USER}:{quote(server.mailjet_event_password, safe='')}"
        return (
            f"{parts.scheme}://{login}@{parts.netloc}{parts.path}"
            f"{EVENT_PATH}{server.mailjet_event_token}"
        )

    def _is_mailjet_event_url(self, url):
        """Tell whether an address at Mailjet is this database's, of today or before."""
        token = url.rpartition(EVENT_PATH)[2]
        server = self.sudo()
        return any(
            _is_same(token, one)
            for one in (server.mailjet_event_token, server.mailjet_event_old_token)
            if one
        )

    def _mailjet_renew_token(self):
        """Make a new token; the old one is good for a while, as posts are repeated."""
        server = self.sudo()
        server.write(
            {
                "mailjet_event_old_token": server.mailjet_event_token,
                "mailjet_event_token": secrets.token_urlsafe(32),
                "mailjet_event_password": server.mailjet_event_password
                or secrets.token_urlsafe(24),
                "mailjet_event_changed_on": fields.Datetime.now(),
            }
        )

    # ------------------------------------------------------------------
    # Registering
    # ------------------------------------------------------------------

    def action_mailjet_read_callbacks(self):
        """Read where Mailjet posts the events of these accounts."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_callbacks()

    def _mailjet_read_callbacks(self):
        self.ensure_one()
        with self._mailjet_api() as client:
            rows = list(client.callbacks())
        self._mailjet_keep_callbacks(rows)

    def _mailjet_keep_callbacks(self, rows):
        self.env["mailjet.callback"]._sync(self, rows)
        sent = self.mailjet_callback_ids.filtered(lambda one: one.event == "sent")
        self.write(
            {
                "mailjet_callbacks_read_on": fields.Datetime.now(),
                "mailjet_reports_sent": sent.state == "ours",
            }
        )

    def action_mailjet_register(self):
        """Have Mailjet post here all events that nobody else gets."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_callbacks()
            free = server.mailjet_callback_ids.filtered(
                lambda callback: callback.state != "other"
            )
            server._mailjet_register_callbacks(free)
        return self._mailjet_notification(
            self.env._("Mailjet posts its events here from now on.")
        )

    def action_mailjet_try_address(self):
        """Try whether the address for events answers, and keep what came out."""
        self.check_access("write")
        for server in self:
            problem = server._mailjet_event_base_problem()
            problem = problem or server._mailjet_address_problem()
            server.write(
                {
                    "mailjet_event_problem": problem,
                    "mailjet_event_checked_on": fields.Datetime.now(),
                }
            )

    def _mailjet_address_problem(self):
        """Return why Mailjet would not reach this Odoo, or False."""
        tag, _key = self._mailjet_custom_id_keys()
        words = try_address(
            self._mailjet_private_event_url(), tag, is_public=self._is_mailjet_public()
        )
        return words and self.env["mailjet.words"]._translate_words(words)

    def _is_mailjet_public(self):
        """Tell whether the API is Mailjet's on the internet, and no stand-in here."""
        return urlsplit(self.mailjet_api_url or "").scheme == "https"

    def _mailjet_register_callbacks(self, callbacks):
        """Register this Odoo's address for these; a new one if one is suspended."""
        self.ensure_one()
        if "suspended" in callbacks.mapped("state"):
            self._mailjet_register_anew(callbacks)
        else:
            self._mailjet_register(callbacks.mapped("event"))

    def _mailjet_register(self, events):
        """Register this Odoo's address for some types of events, whatever was there.

        :raise UserError: if Mailjet could not reach it
        """
        self._mailjet_check_address()
        self._mailjet_write_address(events)

    def _mailjet_register_anew(self, callbacks):
        """Register a new address for these and all that are ours already.

        Only a new one wakes Mailjet up when it has given up, see
        https://dev.mailjet.com/email/guides/webhooks/

        :raise UserError: if Mailjet could not reach it, which keeps the old one
        """
        self._mailjet_check_address()
        self._mailjet_renew_token()
        # Who answers a post sees only what is committed
        self.env["ir.cron"]._commit_progress()
        ours = self.mailjet_callback_ids.filtered(
            lambda callback: callback.state in ("ours", "suspended")
        )
        self._mailjet_write_address((callbacks | ours).mapped("event"))

    def _mailjet_check_address(self):
        """Raise a UserError if Mailjet could not reach this Odoo."""
        problem = self._mailjet_event_base_problem() or self._mailjet_address_problem()
        if problem:
            raise UserError(problem)

    def _mailjet_write_address(self, events):
        self.ensure_one()
        url = self._mailjet_private_event_url()
        with self._mailjet_api() as client:
            present = {
                row.event: row for row in client.callbacks() if not row.is_backup
            }
            for event in events:
                row = present.get(event)
                if row:
                    client.update_callback(row.id, url)
                else:
                    client.create_callback(event, url)
            rows = list(client.callbacks())
        self._mailjet_keep_callbacks(rows)

    def _mailjet_event_base_problem(self):
        """Return why the address would not do, whoever answers there, or False."""
        base = self._mailjet_event_base()
        parts = urlsplit(base)
        is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if is_local and self._is_mailjet_public():
            return self.env._(
                "Mailjet cannot reach %(url)s, which means this machine only. Enter "
                "the public address of Odoo as the system parameter web.base.url.",
                url=base,
            )
        if parts.scheme != "https" and not is_local:
            return self.env._(
                "Mailjet would post to %(url)s, without encryption. Have Odoo answer "
                "at an https address, and enter it as the system parameter "
                "web.base.url.",
                url=base,
            )
        return False

    def action_mailjet_unregister(self):
        """Have Mailjet post nothing more here; addresses of others stay."""
        self.check_access("write")
        for server in self:
            server._mailjet_read_callbacks()
            ours = server.mailjet_callback_ids.filtered(
                lambda callback: callback.state in ("ours", "suspended")
            )
            server._mailjet_unregister(ours)

    def _mailjet_unregister(self, callbacks):
        self.ensure_one()
        with self._mailjet_api() as client:
            for callback in callbacks.filtered("mailjet_id"):
                client.delete_callback(callback.mailjet_id)
            rows = list(client.callbacks())
        self._mailjet_keep_callbacks(rows)

    # ------------------------------------------------------------------
    # The daily look
    # ------------------------------------------------------------------

    @api.model
    def _cron_check_callbacks(self):
        """Wake up suspended addresses, and notice that no event comes any more."""
        registered = self._mailjet_in_use().filtered("mailjet_callbacks_read_on")
        registered._mailjet_for_each(
            lambda server: server._mailjet_check_callbacks(),
            "check the event addresses",
        )

    def _mailjet_check_callbacks(self):
        self._mailjet_read_callbacks()
        suspended = self.mailjet_callback_ids.filtered(
            lambda callback: callback.state == "suspended"
        )
        if suspended:
            self._mailjet_wake(suspended)
        elif self._is_mailjet_silent():
            self._mailjet_alert(self.mailjet_callback_ids[:1], _silence_text)

    def _mailjet_wake(self, suspended):
        """Register suspended addresses again, read what was missed, and tell."""
        silent_since = self.mailjet_last_event_on or self.mailjet_event_changed_on
        self._mailjet_register_anew(suspended)
        self._mailjet_fill_gap(silent_since)
        self._mailjet_alert(self.mailjet_callback_ids[:1], _waking_text)

    def _is_mailjet_silent(self):
        """Tell whether mail was sent for a day and no event came of it."""
        now = fields.Datetime.now()
        if not any(one.state == "ours" for one in self.mailjet_callback_ids):
            return False
        begin, end = now - 2 * SILENCE, now - timedelta(hours=1)
        sent = self.env["mailjet.sending"].search_count(
            [
                ("server_id", "=", self.id),
                ("date", ">=", begin),
                ("date", "<=", end),
            ],
            limit=1,
        )
        last = self.mailjet_last_event_on
        return bool(sent and (not last or last < now - SILENCE))

    # ------------------------------------------------------------------
    # What was missed
    # ------------------------------------------------------------------

    def _mailjet_fill_gap(self, since):
        """Have what happened since then read from Mailjet, bit by bit."""
        now = fields.Datetime.now()
        begin = since or now - SILENCE
        if self.mailjet_gap_from:
            begin = min(begin, self.mailjet_gap_from)
        self.write(
            {"mailjet_gap_from": begin, "mailjet_gap_to": now, "mailjet_gap_offset": 0}
        )
        self.env.ref("mail_mailjet.ir_cron_fill_gaps")._trigger()


def _is_same(given, own):
    """Compare texts in constant time, be they what they may."""
    return consteq(given.encode(errors="replace"), own.encode())


def _silence_text(callback):
    env = callback.env
    summary = env._("No event has come from Mailjet for a day")
    note = env._(
        "Emails were sent through “%(name)s” in the last 24 hours, but Mailjet has "
        "posted no event. On the server, under “Events”, check whether the address can "
        "be reached and where the events go.",
        name=callback.server_id.name,
    )
    return summary, note


def _waking_text(callback):
    env = callback.env
    summary = env._("Mailjet had stopped posting events")
    note = env._(
        "Mailjet could not post the events of “%(name)s” for a day and gave up. They "
        "are now registered under a new address, and the missed ones are being read "
        "from Mailjet.",
        name=callback.server_id.name,
    )
    return summary, note
